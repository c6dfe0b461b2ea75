"""Git LFS over ssh: git-lfs goes through the transport, with the record's key.

A real git-lfs, a real sshd whose one command knows git-lfs-authenticate, and a
batch server of git-lfs's public protocol that it hands out.  Nothing of it is
Bitbucket's: what Data Center does is said as what is not known, and so is what
Cloud tells the key of an account; that its access keys get nothing is documented.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cloudhome import CloudHome
from home import Home, Result

LINE = "Git LFS is used here: this key may not open its files, a token does"


def ok(run: Result) -> Result:
    assert run.status == 0, run
    return run


# --- the batch server --------------------------------------------------------------

class Batch(BaseHTTPRequestHandler):
    """POST /objects/batch, and PUT and GET of what it points to."""

    server: "BatchServer"

    def reply(self, status: int, body: bytes,
              kind: str = "application/vnd.git-lfs+json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def object_for(self, oid: str, operation: str) -> dict[str, Any]:
        href = f"{self.server.url}/data/{oid}"
        if operation == "upload" and oid in self.server.objects:
            return {}
        return {"actions": {operation: {
            "href": href, "header": {"X-Ticket": "from-ssh"}}}}

    def do_POST(self) -> None:
        asked = json.loads(self.body())
        if not self.path.endswith("/objects/batch"):
            self.reply(404, b"{}")  # locks: not served
            return
        assert self.headers["X-Ticket"] == "from-ssh"
        self.server.batches.append(asked["operation"])
        self.reply(200, json.dumps({"transfer": "basic", "objects": [
            {"oid": o["oid"], "size": o["size"], "authenticated": True,
             **self.object_for(o["oid"], asked["operation"])}
            for o in asked["objects"]]}).encode())

    def do_PUT(self) -> None:
        self.server.objects[Path(self.path).name] = self.body()
        self.reply(200, b"")

    def do_GET(self) -> None:
        content = self.server.objects.get(Path(self.path).name)
        self.reply(200 if content is not None else 404, content or b"",
                   "application/octet-stream")

    def log_message(self, *_: Any) -> None:
        pass


class BatchServer(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Batch)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.objects: dict[str, bytes] = {}
        self.batches: list[str] = []


@pytest.fixture
def batch() -> Iterator[BatchServer]:
    server = BatchServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


# --- sshd --------------------------------------------------------------------------

COMMAND = """#!/bin/sh
printf '%s\\n' "$SSH_ORIGINAL_COMMAND" >>{log}
eval "set -- $SSH_ORIGINAL_COMMAND"
case $1 in
git-upload-pack | git-receive-pack)
	exec "$1" "{root}/${{2#/}}" ;;
git-lfs-authenticate)
	test -d "{root}/${{2#/}}" || exit 1
	echo '{{"href": "{url}", "header": {{"X-Ticket": "from-ssh"}}}}' ;;
*)
	echo "no such command: $1" >&2
	exit 127 ;;
esac
"""

CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
ForceCommand {folder}/command
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin yes
LogLevel VERBOSE
"""


class Sshd:
    """OpenSSH's own, as the user who runs the tests, on a high port."""

    def __init__(self, folder: Path, batch: BatchServer) -> None:
        self.folder = folder
        self.user = pwd.getpwuid(os.getuid()).pw_name
        folder.mkdir()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        str(folder / "host_key")], check=True)
        (folder / "authorized_keys").touch()
        (folder / "commands").touch()
        command = folder / "command"
        command.write_text(COMMAND.format(
            log=folder / "commands", root=folder / "git", url=batch.url))
        command.chmod(0o755)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main",
                        str(folder / "git/proj/app.git")], check=True)
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "config").write_text(CONFIG.format(port=self.port,
                                                     folder=folder))
        self.process = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "config")],
            stderr=subprocess.PIPE, text=True)
        self.said: list[str] = []
        for line in self.process.stderr:  # it says when it listens
            if "Server listening" in line:
                break
        self.reader = threading.Thread(
            target=lambda: self.said.extend(self.process.stderr))
        self.reader.start()

    @property
    def place(self) -> str:
        return f"ssh://{self.user}@localhost:{self.port}"

    def fingerprint(self) -> str:
        return fingerprint(self.folder / "host_key.pub")

    def commands(self) -> list[str]:
        return (self.folder / "commands").read_text().splitlines()

    def keys(self) -> set[str]:
        """Of those who got in, as its log has them; ends the server."""
        self.stop()
        return {line.split()[-1] for line in self.said
                if line.startswith("Accepted publickey")}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.reader.join(10)


def fingerprint(path: Path) -> str:
    return subprocess.run(["ssh-keygen", "-l", "-f", str(path)], check=True,
                          capture_output=True, text=True).stdout.split()[1]


@pytest.fixture
def sshd(tmp_path: Path, batch: BatchServer) -> Iterator[Sshd]:
    server = Sshd(tmp_path / "sshd", batch)
    yield server
    server.stop()


@pytest.fixture
def url(home: Home, sshd: Sshd) -> str:
    """PROJ/app at the sshd, with a record, and git-lfs switched on."""
    assert shutil.which("git-lfs"), "git-lfs is missing"
    home.tracing = False
    ok(home.bbkey("init", home.https_url()))
    (key,) = home.private_keys()
    (sshd.folder / "authorized_keys").write_text(
        Path(f"{key}.pub").read_text())
    ok(home.git("config", "--global", "--add", f"bbkey.{home.base}.ssh",
                sshd.place))
    ok(home.bbkey("init", "--write", "--host-key", sshd.fingerprint(),
                  f"{sshd.place}/proj/app.git"))
    ok(home.git("lfs", "install", "--skip-repo"))
    home.tracing = True
    return f"{sshd.place}/proj/app.git"


def with_a_big_file(home: Home, url: str) -> tuple[Path, bytes]:
    """A clone with big.bin in LFS, committed and pushed."""
    content = os.urandom(100_000)
    ok(home.git("clone", url, "one"))
    folder = home.work / "one"
    ok(home.git("lfs", "install", "--local", cwd=folder))
    ok(home.git("lfs", "track", "*.bin", cwd=folder))
    (folder / "big.bin").write_bytes(content)
    ok(home.git("add", ".", cwd=folder))
    ok(home.git("commit", "-qm", "big", cwd=folder))
    ok(home.git("push", "origin", "HEAD:main", cwd=folder))
    return folder, content


# --- through the transport ---------------------------------------------------------

@pytest.mark.row("S17")
def test_s17_lfs_goes_with_the_records_key(home: Home, sshd: Sshd, url: str,
                                           batch: BatchServer):
    _, content = with_a_big_file(home, url)
    assert list(batch.objects.values()) == [content]
    assert "git-lfs-authenticate /proj/app.git upload" in sshd.commands()
    (sshd.folder / "commands").write_text("")
    clone = ok(home.git("clone", url, "two"))
    assert (home.work / "two" / "big.bin").read_bytes() == content
    assert "git-lfs-authenticate /proj/app.git download" in sshd.commands()
    trace = clone.trace.read_text()
    assert '"git-lfs-authenticate /proj/app.git download"' in trace
    assert "git-bbkey-ssh" in trace
    shutil.rmtree(home.work / "two" / ".git" / "lfs")
    (home.work / "two" / "big.bin").unlink()
    ok(home.git("lfs", "pull", cwd=home.work / "two"))
    assert (home.work / "two" / "big.bin").read_bytes() == content
    assert batch.batches[0] == "upload" and set(batch.batches[1:]) == {
        "download"}
    (key,) = home.private_keys()
    assert sshd.keys() == {fingerprint(Path(f"{key}.pub"))}
    assert len(home.requests("POST")) == 1, "registered once, and only once"


def test_git_ssh_of_the_caller_is_what_git_lfs_runs(home: Home, sshd: Sshd,
                                                    url: str):
    """git-lfs takes GIT_SSH before core.sshCommand; so does our transport."""
    with_a_big_file(home, url)
    (key,) = home.private_keys()
    log = home.work / "git-ssh"
    program = home.work / "jenkins-ssh"
    program.write_text(f'#!/bin/sh\necho "$@" >>{log}\nexec ssh -i {key} '
                       f'-o GlobalKnownHostsFile={home.state}/known_hosts '
                       '"$@"\n')
    program.chmod(0o755)
    ok(home.git("clone", url, "two", env={"GIT_SSH": str(program)}))
    told = log.read_text()
    assert "git-upload-pack" in told and "git-lfs-authenticate" in told


# --- said before anyone is surprised -----------------------------------------------

def test_status_and_init_say_it_where_lfs_is_used(home: Home):
    folder = home.work / "r"
    ok(home.git("init", "-q", "r"))
    ok(home.git("remote", "add", "origin", home.ssh_url(), cwd=folder))
    none = ok(home.bbkey("init", "--json", cwd=folder))
    assert json.loads(none.out)["lfs"] == {"used": False, "served": None}
    (folder / ".gitattributes").write_text("*.bin filter=lfs -text\n")
    init = ok(home.bbkey("init", cwd=folder))
    (line,) = [x for x in init.err.splitlines() if LINE in x]
    assert len(line) <= 80
    status = ok(home.bbkey("status", cwd=folder))
    assert any(LINE in x for x in status.out.splitlines()), status
    assert "Ready." in status.out, "git itself works"
    for words in (("init",), ("status", "--offline")):
        run = ok(home.bbkey(*words, "--json", cwd=folder))
        assert json.loads(run.out)["lfs"] == {"used": True, "served": None}
    url = ok(home.bbkey("init", home.https_url(), "--json", cwd=folder))
    assert json.loads(url.out)["lfs"] is None, "another repository is meant"


@pytest.mark.parametrize("where", ["work tree", "HEAD", "info", "bare HEAD",
                                   "sha256 HEAD"])
def test_every_place_of_the_attributes_counts(home: Home, where: str):
    folder = home.work / "r"
    home.tracing = False
    ok(home.git("init", "-q", *(["--object-format=sha256"]
                                if "sha256" in where else []), "r"))
    ok(home.git("remote", "add", "origin", home.ssh_url(), cwd=folder))
    file = folder / (".git/info/attributes" if where == "info" else
                     ".gitattributes")
    file.write_text("*.bin filter=lfs\n")
    if "HEAD" in where:
        ok(home.git("add", ".gitattributes", cwd=folder))
        ok(home.git("commit", "-qm", "a", cwd=folder))
        file.unlink()
    if "bare" in where:
        ok(home.git("config", "core.bare", "true", cwd=folder))
    run = home.bbkey("status", "--json", "--offline", cwd=folder / ".git"
                     if "bare" in where else folder)
    home.enrol()
    run = ok(home.bbkey("status", "--json", "--offline", cwd=folder / ".git"
                        if "bare" in where else folder))
    assert json.loads(run.out)["lfs"]["used"] is True, run


def test_looking_runs_no_filter_and_follows_no_link(home: Home):
    folder = home.work / "r"
    ok(home.git("init", "-q", "r"))
    ok(home.git("remote", "add", "origin", home.ssh_url(), cwd=folder))
    mark = home.work / "ran"
    for name in ("clean", "smudge", "process"):
        ok(home.git("config", f"filter.lfs.{name}", f"touch {mark}",
                    cwd=folder))
    (home.work / "other").write_text("* filter=lfs\n")
    (folder / ".gitattributes").symlink_to(home.work / "other")
    run = ok(home.bbkey("init", "--json", cwd=folder))
    assert json.loads(run.out)["lfs"]["used"] is False
    (folder / ".gitattributes").unlink()
    (folder / ".gitattributes").write_text("* filter=lfs\n")
    run = ok(home.bbkey("init", "--json", cwd=folder))
    assert json.loads(run.out)["lfs"]["used"] is True
    assert not mark.exists()


def test_clone_says_it_even_where_the_checkout_fails(home: Home, sshd: Sshd,
                                                     url: str):
    """An instance without git-lfs-authenticate: the case that surprises."""
    with_a_big_file(home, url)
    ok(home.git("config", "--global", "lfs.ssh.retries", "1"))
    command = sshd.folder / "command"
    command.write_text(command.read_text().replace(
        "git-lfs-authenticate)", "no-such-command)"))
    clone = home.bbkey("clone", url, "two")
    assert clone.status != 0
    assert any(LINE in x for x in clone.err.splitlines()), clone


# --- Cloud -------------------------------------------------------------------------

NO_FILES = "Git LFS is used here: this key does not open its files, a token does"


def as_a_person(cloud: CloudHome, batch: BatchServer) -> None:
    """With a key on their account, and Cloud's LFS at the batch server."""
    cloud.sandbox.set(lfs_answer={"href": batch.url,
                                  "header": {"X-Ticket": "from-ssh"}})
    cloud.tracing = False
    cloud.token = "admin"
    ok(cloud.bbkey("init", "--scope", "personal", cloud.https_url()))
    ok(cloud.git("lfs", "install", "--skip-repo"))


def test_on_cloud_a_key_of_an_account_gets_the_files(cloud: CloudHome,
                                                     batch: BatchServer):
    as_a_person(cloud, batch)
    folder, content = with_a_big_file(cloud, cloud.https_url())
    assert batch.batches == ["upload"]
    ok(cloud.git("clone", cloud.https_url(), "two"))
    assert (cloud.work / "two" / "big.bin").read_bytes() == content
    assert NO_FILES not in cloud.bbkey("status", cwd=folder).out


@pytest.mark.user
def test_on_cloud_an_access_key_gets_the_pointers_alone(cloud: CloudHome,
                                                        batch: BatchServer):
    """The refusal is not taken for a key that was taken away."""
    as_a_person(cloud, batch)
    ok(cloud.git("config", "--global", "lfs.ssh.retries", "1"))
    with_a_big_file(cloud, cloud.https_url())
    shutil.rmtree(cloud.state / "records")
    cloud.allow_posts = 2
    ok(cloud.bbkey("init", "--scope", "project", cloud.https_url()))
    before = len(cloud.requests())
    ok(cloud.git("clone", cloud.ssh_url(), "two",
                 env={"GIT_LFS_SKIP_SMUDGE": "1"}))
    pointer = (cloud.work / "two" / "big.bin").read_text()
    assert pointer.startswith("version https://git-lfs.github.com/spec/v1")
    pull = cloud.git("lfs", "pull", cwd=cloud.work / "two")
    assert pull.status != 0 and "repository access denied" in pull.err, pull
    # of an https URL it is asked over https, where a token may do it
    clone = cloud.git("clone", cloud.https_url(), "three")
    assert clone.status != 0
    assert f"{cloud.https_url()}/info/lfs/objects/batch" in clone.err, clone
    assert len(cloud.requests()) == before, "nothing is to be mended"
    status = cloud.bbkey("status", cwd=cloud.work / "two").out
    assert NO_FILES in " ".join(status.split()), status
