"""Rows M10, M12, M13, M16: what other people's repositories and servers say."""

from __future__ import annotations

import asyncio
import threading
import urllib.parse
import warnings
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():  # cryptography complains about old ciphers
    warnings.simplefilter("ignore")
    import asyncssh
from home import BIN, Home, Running
from invariants import CONTROL, check_all
from sweeps import FAST_PATH


# --- M10: what is in a repository --------------------------------------------

TRAPS = ("bin/ssh", "bin/git", "ssh", "git", "git-bbkey", "git-bbkey-ssh",
         "ssh-keygen", ".ssh/config", ".ssh/id_ed25519", ".gitconfig",
         ".config/git-bbkey/config", "hooks/post-checkout",
         "templates/hooks/post-checkout", ".git-templates/hooks/pre-push")


@pytest.mark.row("M10")
@pytest.mark.user
def test_m10_nothing_in_a_work_tree_is_run_or_read(home: Home):
    home.enrol("always")
    assert home.git("clone", "-q", home.https_url(), "app").status == 0
    tree = home.work / "app"
    for name in TRAPS:
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {home.work}/TRAPPED\n")
        path.chmod(0o755)
    (tree / ".ssh" / "config").write_text(
        f"Match exec \"touch {home.work}/TRAPPED\"\n")
    home.forget_log()
    home.tracing = False  # by a tracer of its own
    for words in (["bbkey", "init"], ["bbkey", "status"], ["fetch"],
                  ["bbkey", "init", home.https_url(repo="tool")]):
        log = home.work / ".opened"
        run = home.run("strace", "-f", "-qq", "-o", str(log), "-e",
                       "trace=execve,openat", "git", *words, cwd=tree)
        assert run.status == 0, run
        opened = log.read_text(errors="replace")
        for name in TRAPS:
            assert f'"{tree}/{name}"' not in opened, (words, name)
            assert f'execve("{name}"' not in opened, (words, name)
            assert f'AT_FDCWD, "{name}"' not in opened, (words, name)
    assert not (home.work / "TRAPPED").exists()
    assert home.requests("POST") == []


@pytest.mark.row("M10")
@pytest.mark.user
@pytest.mark.parametrize("kind", ["branch", "remote", "link", "loop",
                                  "no-head"])
def test_m10_a_strange_repository_is_no_crash(home: Home, kind: str):
    home.enrol("always")
    assert home.git("clone", "-q", home.https_url(), "app").status == 0
    tree = home.work / "app"
    config = tree / ".git" / "config"
    long = "/".join(["b" * 99] * 100)
    if kind == "branch":
        (tree / ".git" / "HEAD").write_text(f"ref: refs/heads/{long}\n")
        with config.open("a") as file:
            file.write(f'[branch "{long}"]\n\tremote = origin\n')
    elif kind == "remote":
        with config.open("a") as file:
            file.write(f'[remote "{long}"]\n\turl = {home.ssh_url()}\n')
    elif kind == "link":
        (tree / ".git").rename(home.work / "elsewhere")
        (tree / ".git").symlink_to(home.work / "elsewhere")
    elif kind == "loop":
        (tree / ".git").rename(home.work / "elsewhere")
        (tree / ".git").symlink_to(".git")
    else:
        (tree / ".git" / "HEAD").unlink()
    home.forget_log()
    for words in (["init"], ["status"], ["status", "--offline"]):
        run = home.bbkey(*words, cwd=tree)
        assert run.status in (0, 12, 128, 129), run
        assert run.status == 0 or kind != "link", run
        assert len(run.out) + len(run.err) < 4000, run
    assert home.requests("POST") == []


# --- M12: a hostile ssh server -----------------------------------------------

ESCAPES = "\x1b]0;owned\x07\x1b[2J\u202e\u009b31m"


class HostileServer:
    """Talks a lot before anybody is in, asks for passwords, then talks on."""

    def __init__(self, folder: Path, lets_in: bool, banner: str) -> None:
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.lets_in = lets_in
        self.banner = banner
        self.methods: list[str] = []
        self.requests: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever,
                                        daemon=True)
        self._thread.start()
        self._acceptor = self._call(self._listen())
        self.port = self._acceptor.sockets[0].getsockname()[1]

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> Any:
        outer = self

        class Login(asyncssh.SSHServer):
            def connection_made(self, conn: Any) -> None:
                self.conn = conn

            def begin_auth(self, username: str) -> bool:
                for start in range(0, len(outer.banner), 30000):
                    self.conn.send_auth_banner(
                        outer.banner[start:start + 30000])
                return True

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: Any) -> bool:
                outer.methods.append("publickey")
                return outer.lets_in

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                outer.methods.append("password")
                return False

            def kbdint_auth_supported(self) -> bool:
                return True

            def get_kbdint_challenge(self, *_: Any) -> Any:
                outer.methods.append("keyboard-interactive")
                return ("", "", "en", [("Password for https://x: ", False)])

            def validate_kbdint_response(self, *_: Any) -> bool:
                return False

        async def serve(process: Any) -> None:
            outer.requests += list(process.channel.get_environment() or {})
            process.stderr.write(ESCAPES + "x" * 200000 + "\n")
            process.exit(1)

        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Login, process_factory=serve,
            server_host_keys=[self.key], config=None,
            agent_forwarding=True)

    @property
    def fingerprint(self) -> str:
        return self.key.get_fingerprint("sha256")

    def stop(self) -> None:
        async def close() -> None:
            self._acceptor.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._call(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.mark.row("M12")
@pytest.mark.parametrize("lets_in", [False, True])
@pytest.mark.parametrize("banner", ["1 MB", "escapes", "forged"])
def test_m12_a_hostile_ssh_server_gets_no_word_on_the_terminal(
        home: Home, tmp_path: Path, lets_in: bool, banner: str):
    """It is even the enrolled one: its host key is pinned."""
    text = {"1 MB": "banner " * 150000, "escapes": ESCAPES * 50 + "\n",
            "forged": "Authenticated to localhost\n"
                      "git-bbkey host key: x ssh-rsa AAAA SHA256:x\n"
                      "Permission denied (publickey).\n"}[banner]
    server = HostileServer(tmp_path, lets_in, text)
    try:
        home.extra = dict(FAST_PATH) | {"DISPLAY": ":7",
                                        "SSH_ASKPASS": "/bin/false"}
        home.make_key(home.make_ssh_folder() / "id_ed25519")
        home.enrol("always", "--host-key", server.fingerprint)
        assert home.git("config", "--global", "--add",
                        f"bbkey.{home.base}.ssh",
                        f"ssh://git@localhost:{server.port}").status == 0
        home.enrol("always", "--host-key", server.fingerprint)
        url = f"ssh://git@localhost:{server.port}/proj/app.git"
        init = home.bbkey("init", url)
        assert init.status != 0 and init.seconds < 30, init
        assert not CONTROL.search(init.err.replace("\n", "")), init
        assert len(init.err) < 4000
        assert set(server.methods) <= {"publickey"}, \
            f"asked for a password: {server.methods}"
        assert "SSH_AUTH_SOCK" not in server.requests
    finally:
        server.stop()


# --- M13: who answers at the instance's address ------------------------------

@pytest.mark.row("M13")
def test_m13_somebody_else_at_the_same_address_gets_nothing(tmp_path: Path):
    """The name leads to an attacker: same ports, another CA and host key."""
    with Running("--context", "/bitbucket") as real:
        home = Home(tmp_path / "home", tmp_path / "work", real)
        home.enrol("always")
        token = real.tokens["project_admin"]
        port = urllib.parse.urlsplit(real.base_url).port
        ssh_port = urllib.parse.urlsplit(real.ready["ssh_url"]).port
        ca = tmp_path / "ca.pem"
        ca.write_bytes(Path(real.ca).read_bytes())
    with Running("--context", "/bitbucket", "--https-port", str(port),
                 "--ssh-port", str(ssh_port)) as attacker:
        assert home.git("config", "--global",
                        f"http.{real.base_url}.sslCAInfo", str(ca)).status == 0
        url, home.sandbox = home.ssh_url(), attacker
        home.extra = {"BBKEY_TOKEN": token, "BBKEY_URL": attacker.base_url}
        init = home.bbkey("init", home.https_url())
        assert init.error_class in ("tls", "hostkey"), init
        clone = home.git("clone", url, "app")
        assert clone.status == 128, clone
        assert clone.error_class in ("tls", "hostkey"), clone
        assert [e for e in attacker.events("http")
                if e["auth"] != "none"] == []
        assert attacker.events("ssh_auth") == []
        assert home.private_keys() == []
        home.more_secrets = [token]
        check_all(home)


# --- M16: the transport's own argv -------------------------------------------

RECORDER = """#!/bin/sh
for each in "$@"; do printf '%s\\0' "$each"; done > "$ARGV_LOG"
exit 7
"""


@pytest.fixture
def recorded(home: Home):
    """git-bbkey-ssh with these words; the status and what ssh was given."""
    home.enrol("always")
    assert home.git("clone", "-q", home.https_url(), "app").status == 0
    home.tracing = False
    folder = home.work / "recorder"
    folder.mkdir()
    (folder / "ssh").write_text(RECORDER)
    (folder / "ssh").chmod(0o755)
    log = home.work / "argv"

    def run(*words: str, **env: str) -> tuple[int, list[str]]:
        log.write_text("")
        done = home.run(str(BIN / "git-bbkey-ssh"), *words, env={
            "PATH": f"{folder}:{home.environment()['PATH']}",
            "ARGV_LOG": str(log), **env})
        return done.status, log.read_text().split("\0")[:-1]

    return run


def of_git(home: Home) -> list[str]:
    port = home.ssh_url().split(":")[2].split("/")[0]
    return ["-p", port, "git@localhost", "git-upload-pack '/proj/app.git'"]


@pytest.mark.row("M16")
def test_m16_two_hundred_options_are_handed_on_in_order(home: Home, recorded):
    many = [w for i in range(100) for w in ("-o", f"SetEnv=A{i}=b c")]
    status, argv = recorded(*many, *of_git(home))
    assert status == 7
    assert argv[-len(many) - 4:] == [*many, *of_git(home)]
    assert any(x.startswith("IdentityFile=") for x in argv)


@pytest.mark.row("M16")
@pytest.mark.parametrize("words,ours", [
    (["-oProxyCommand=nc %h %p"], True),  # the person's own, so trusted
    (["-o", "ProxyCommand=nc %h %p"], True),
    (["-4A"], True), (["-4Avvv", "-C"], True), (["-o", "BatchMode=yes"], True),
    (["-Z"], False), (["-4Z"], False), (["-9"], False), (["--long"], False),
    (["-G"], False), (["-4AV"], False), (["-i", "/dev/null"], False),
    (["-F", "/dev/null"], False), (["-oIdentityFile=/x"], False)])
def test_m16_options_are_read_as_ssh_reads_them(home: Home, recorded,
                                                words: list[str], ours: bool):
    home.forget_log()
    status, argv = recorded(*words, *of_git(home))
    assert status == 7
    assert argv[-len(words) - 4:] == [*words, *of_git(home)]
    assert (len(argv) > len(words) + 4) == ours, argv
    assert home.requests() == []


@pytest.mark.row("M16")
def test_m16_a_port_in_a_bundle_of_letters_is_the_port(home: Home, recorded):
    port = of_git(home)[1]
    words = [f"-4Ap{port}", *of_git(home)[2:]]
    status, argv = recorded(*words)
    assert status == 7 and argv[-3:] == words
    assert any(x.startswith("IdentityFile=") for x in argv)
    status, argv = recorded("-4Ap22", *of_git(home)[2:])  # another place
    assert argv == ["-4Ap22", *of_git(home)[2:]]


@pytest.mark.row("M16")
@pytest.mark.parametrize("words", [[], ["-p"], ["-o"], ["-4"], ["--"],
                                   ["localhost"], ["-p", "22"], [""],
                                   ["localhost", "a", "b"], ["-"],
                                   ["x" * 100000]])
def test_m16_half_a_command_line_is_sshs_to_refuse(home: Home, recorded,
                                                   words: list[str]):
    status, argv = recorded(*words)
    assert (status, argv) == (7, words) or (status == 12 and argv == [])
