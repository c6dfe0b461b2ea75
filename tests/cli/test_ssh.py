"""Rows S1 S2 S3 S5 S6 S7 S13: ssh servers that are wrong, unknown, slow, far.

Every row goes through `git bbkey init` and through a plain `git clone` of an
enrolled instance.  Where the transport cannot help, the clone has to end as
plain ssh would have ended it: the same command under BBKEY_AUTO=never.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading
import urllib.parse
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pexpect
import pytest

with warnings.catch_warnings():  # cryptography complains about old ciphers
    warnings.simplefilter("ignore")
    import asyncssh
from home import BIN, Home, Result, Running
from invariants import check_all
from sweeps import OVER_HTTPS

HOSTKEY, NETWORK, DENIED, NOT_BITBUCKET = 6, 7, 11, 12


# --- helpers -----------------------------------------------------------------

def port_of(home: Home) -> int:
    return urllib.parse.urlsplit(home.sandbox.ready["ssh_url"]).port


def host_keys(home: Home) -> list[dict[str, str]]:
    return home.sandbox.control("GET", "/state")["host_keys"]


def swap(home: Home, *types: str, publish: bool = False) -> None:
    """New host keys; the first one's fingerprint is published, or the old."""
    home.sandbox.control("POST", "/hostkey",
                         {"types": list(types), "publish": publish})


def silence(home: Home) -> None:
    """The instance publishes no fingerprint (old releases do not)."""
    home.sandbox.set(fingerprint="none")


def know(home: Home, *lines: str) -> Path:
    """The person's known_hosts."""
    path = home.make_ssh_folder() / "known_hosts"
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(0o600)
    return path


def known_line(home: Home, name: str | None = None) -> str:
    return f"{name or f'[localhost]:{port_of(home)}'} " \
        f"{host_keys(home)[0]['public']}"


def add_place(home: Home, place: str) -> None:
    """Another SSH name of the instance, as its hint tells people to add it."""
    assert home.git("config", "--global", "--add", f"bbkey.{home.base}.ssh",
                    place).status == 0
    home.enrol("always")
    home.forget_log()


def ours_out(text: str) -> str:
    """Standard error without the lines of git-bbkey, and without https'."""
    return "".join(line for line in text.splitlines(True)
                   if not line.startswith(("git-bbkey: ", "hint: ",
                                           OVER_HTTPS)))


def plain_clone(home: Home, url: str, **how: Any) -> Result:
    """The same clone by plain ssh."""
    env = {**how.pop("env", {}), "BBKEY_AUTO": "never"}
    return home.git("clone", url, "app", env=env, **how)


def as_plain(run: Result, plain: Result) -> None:
    """I10: exit status, stdout and ssh's own words are those of plain ssh."""
    assert run.status == plain.status, (run, plain)
    assert run.out == plain.out, (run, plain)
    assert ours_out(run.err) == ours_out(plain.err), (run, plain)


def nothing_registered(home: Home) -> None:
    assert [r for r in home.requests() if not r.startswith("GET ")] == []
    assert home.keys_registered() == []


def logged_in(home: Home) -> list[dict[str, Any]]:
    return [e for e in home.events("ssh_auth") if e["ok"]]


class Terminal:
    """A program on a terminal, and all that it printed."""

    def __init__(self, home: Home, *argv: str, **how: Any) -> None:
        self.child: pexpect.spawn = home.terminal(*argv, **how)
        self.said = ""

    def until(self, pattern: str) -> str:
        self.child.expect(pattern)
        self.said += self.child.before + self.child.after
        return self.child.after

    def answer(self, line: str) -> None:
        self.child.sendline(line)

    def end(self) -> int:
        self.child.expect(pexpect.EOF)
        self.said += self.child.before
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None \
            else 128 + self.child.signalstatus


# --- S1: the host key changed ------------------------------------------------
#
# `init` of a project that is not on record asks REST for the project before it
# connects (the published fingerprint itself is one of the answers), so there
# "nothing registered" is the rule; the transport knows what it needs to know
# and has to stop without a request.

@pytest.mark.row("S1")
def test_s1_init_stops_at_a_changed_host_key(home: Home):
    known = know(home, "# mine", known_line(home))
    home.enrol()
    swap(home, "rsa")
    home.forget_log()
    before = home.snapshot()
    init = home.bbkey("init", home.https_url())
    assert (init.status, init.error_class) == (HOSTKEY, "hostkey"), init
    assert host_keys(home)[0]["fingerprint"] in init.err
    nothing_registered(home)
    assert logged_in(home) == []
    assert home.private_keys() == []
    after = home.snapshot()
    assert {p: v for p, v in before.items() if "lock" not in p} == \
        {p: v for p, v in after.items() if "lock" not in p}
    assert known.read_text() == before[".ssh/known_hosts"][1].decode()


@pytest.mark.row("S1")
@pytest.mark.parametrize("known", ["nothing", "the old key"])
def test_s1_a_first_clone_stops_without_a_request(home: Home, known: str):
    know(home, *([known_line(home)] if known == "the old key" else []))
    home.enrol()
    swap(home, "rsa")
    home.forget_log()
    before = home.snapshot()
    clone = home.git("clone", home.https_url(), "app")
    assert clone.error_class == "hostkey", clone
    # a wrong host key is the one thing that ssh is not left to judge alone
    assert clone.status == plain_clone(home, home.https_url()).status
    assert home.requests() == []
    assert home.events("ssh_auth") == []
    nothing_registered(home)
    after = home.snapshot()
    after.pop(".local/state/git-bbkey/lock", None)
    before.pop(".local/state/git-bbkey/lock", None)
    assert after == before


@pytest.mark.row("S1")
def test_s1_a_changed_key_is_not_taken_for_a_new_one(home: Home):
    """Positive evidence of a wrong key is no case of "cannot help": plain
    ssh under accept-new would trust the stranger and write that down."""
    home.make_ssh_folder().joinpath("config").write_text(
        "Host *\n\tStrictHostKeyChecking accept-new\n")
    home.enrol()
    swap(home, "rsa")
    home.forget_log()
    clone = home.git("clone", home.https_url(), "app")
    assert clone.error_class == "hostkey", clone
    assert home.events("ssh_auth") == [], clone
    assert not (home.ssh_folder / "known_hosts").exists()


@pytest.mark.row("S1")
def test_s1_a_fetch_on_record_stops(home: Home):
    home.enrol()
    assert home.git("clone", home.https_url(), "app").status == 0
    ours = (home.state / "known_hosts").read_bytes()
    swap(home, "rsa")
    home.forget_log()
    fetch = home.git("fetch", cwd=home.work / "app")
    assert fetch.status == 128
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in fetch.err
    assert home.requests() == []
    assert home.events("ssh_auth") == []
    assert (home.state / "known_hosts").read_bytes() == ours
    status = home.bbkey("status", "--json", "--exit-code",
                        cwd=home.work / "app")
    assert status.status in (1, HOSTKEY), status
    assert json.loads(status.out)["host_key"]["state"] == "changed"
    assert home.requests() == [] or set(home.requests("GET")) == \
        set(home.requests())


@pytest.mark.row("S1")
@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_s1_a_new_published_key_is_verified_anew(home: Home, kind: str):
    home.enrol()
    assert home.git("clone", home.https_url(), "app").status == 0
    swap(home, kind, publish=True)
    home.forget_log()
    init = home.bbkey("init", "--json", cwd=home.work / "app")
    assert init.status == 0, init
    assert home.requests("POST") == []
    fetch = home.git("fetch", cwd=home.work / "app")
    assert fetch.status == 0, fetch
    status = json.loads(home.bbkey("status", "--json",
                                   cwd=home.work / "app").out)
    assert status["host_key"]["state"] == "verified"
    assert status["host_key"]["fingerprint"] == \
        host_keys(home)[0]["fingerprint"]
    blobs = (home.state / "known_hosts").read_text()
    assert host_keys(home)[0]["public"].split()[1] in blobs


@pytest.mark.row("S1")
def test_s1_a_new_published_key_serves_another_project_too(home: Home):
    home.enrol()
    assert home.git("clone", home.https_url(), "app").status == 0
    swap(home, "rsa", publish=True)
    init = home.bbkey("init", home.https_url("lib", "core"))
    assert init.status == 0, init
    assert home.git("fetch", cwd=home.work / "app").status == 0


@pytest.mark.row("S1", "S7")
def test_s1_a_new_published_key_and_a_lost_grant(home: Home):
    """The project is looked up in the middle, and found anew."""
    home.allow_posts = 2
    assert home.bbkey("init", home.https_url()).status == 0
    swap(home, "ed25519", publish=True)
    home.sandbox.control("DELETE", "/keys", {
        "id": home.keys_registered()[0]["key"]["id"]})
    assert home.keys_registered() == []
    init = home.bbkey("init", home.https_url())
    assert init.status == 0, init
    assert len(home.keys_registered()) == 1


@pytest.mark.row("S1")
def test_s1_a_pinned_key_is_not_replaced_by_a_published_one(home: Home):
    old = host_keys(home)[0]["fingerprint"]
    home.enrol("always", "--host-key", old)
    swap(home, "rsa", publish=True)
    home.forget_log()
    init = home.bbkey("init", home.https_url())
    assert (init.status, init.error_class) == (HOSTKEY, "hostkey"), init
    nothing_registered(home)


@pytest.mark.row("S1")
def test_s1_a_changed_unpublished_key_stops_init(home: Home):
    silence(home)
    known = know(home, known_line(home))
    content = known.read_bytes()
    swap(home, "rsa")
    init = home.bbkey("init", home.https_url())
    assert (init.status, init.error_class) == (HOSTKEY, "hostkey"), init
    nothing_registered(home)
    assert known.read_bytes() == content
    assert home.private_keys() == []


# --- S2: the host key is unknown ---------------------------------------------

@pytest.mark.row("S2")
@pytest.mark.parametrize("answer", ["n", "", "no", "x"])
def test_s2_on_a_terminal_no_stops(home: Home, answer: str):
    silence(home)
    init = Terminal(home, "git", "bbkey", "init", home.https_url())
    init.until(r"\[y/N\] ")
    assert host_keys(home)[0]["fingerprint"] in init.said
    assert "localhost" in init.said
    init.answer(answer)
    assert init.end() == HOSTKEY, init.said
    assert "git-bbkey: hostkey: " in init.said
    nothing_registered(home)
    assert home.private_keys() == []
    assert not (home.state / "known_hosts").exists()


@pytest.mark.row("S2")
def test_s2_on_a_terminal_yes_goes_on(home: Home):
    silence(home)
    init = Terminal(home, "git", "bbkey", "init", home.https_url())
    init.until(r"\[y/N\] ")
    assert host_keys(home)[0]["fingerprint"] in init.said
    assert home.keys_registered() == []
    init.answer("y")
    assert init.end() == 0, init.said
    assert len(home.keys_registered()) == 1
    assert not (home.ssh_folder / "known_hosts").exists()
    assert host_keys(home)[0]["public"].split()[1] in \
        (home.state / "known_hosts").read_text()
    # and from then on nobody is asked
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone


@pytest.mark.row("S2")
def test_s2_yes_option_does_not_vouch_for_a_host_key(home: Home):
    """--yes takes the default, which is no; where there is none it fails."""
    silence(home)
    init = Terminal(home, "git", "bbkey", "init", "--yes", home.https_url())
    assert init.end() == HOSTKEY, init.said
    nothing_registered(home)


@pytest.mark.row("S2")
def test_s2_a_clone_on_a_terminal_asks_and_goes_on(home: Home):
    silence(home)
    home.enrol()
    clone = Terminal(home, "git", "clone", home.https_url(), "app")
    clone.until(r"\[y/N\] ")
    assert host_keys(home)[0]["fingerprint"] in clone.said
    clone.answer("y")
    assert clone.end() == 0, clone.said
    assert "yes/no" not in clone.said
    assert (home.work / "app" / "README.md").exists()


@pytest.mark.row("S2")
def test_s2_a_clone_on_a_terminal_stops_at_no(home: Home):
    """Who said no to a fingerprint is not asked about it a second time."""
    silence(home)
    home.enrol()
    clone = Terminal(home, "git", "clone", home.https_url(), "app")
    clone.until(r"\[y/N\] ")
    clone.answer("n")
    again = clone.child.expect([pexpect.EOF, r"yes/no.*\? "])
    clone.child.close(force=True)
    assert again == 0, "ssh asks the same once more"
    nothing_registered(home)
    assert not (home.ssh_folder / "known_hosts").exists()


@pytest.mark.row("S2")
def test_s2_without_a_terminal_init_fails(home: Home):
    silence(home)
    init = home.bbkey("init", home.https_url())
    assert (init.status, init.error_class) == (HOSTKEY, "hostkey"), init
    assert "--host-key" in init.hint
    nothing_registered(home)


@pytest.mark.row("S2")
def test_s2_without_a_terminal_a_clone_is_plain_ssh(home: Home):
    silence(home)
    home.enrol()
    clone = home.git("clone", home.https_url(), "app")
    assert clone.error_class == "hostkey", clone
    as_plain(clone, plain_clone(home, home.https_url()))
    nothing_registered(home)
    assert home.private_keys() == []


@pytest.mark.row("S2")
@pytest.mark.parametrize("published", [True, False])
def test_s2_git_terminal_prompt_0_is_no_terminal(home: Home, published: bool):
    if not published:
        silence(home)
    init = Terminal(home, "git", "bbkey", "init", home.https_url(),
                    env={"GIT_TERMINAL_PROMPT": "0"})
    assert init.end() == (0 if published else HOSTKEY), init.said
    assert "[y/N]" not in init.said


@pytest.mark.row("S2")
def test_s2_a_submodule_never_asks_about_a_host_key(home: Home):
    """Even a listed project: a fingerprint needs a person who meant it."""
    silence(home)
    home.enrol()
    home.git("config", "--global", f"bbkey.{home.base}.projects", "PROJ")
    clone = Terminal(home, "git", "clone", home.https_url(), "app",
                     env={"GIT_PROTOCOL_FROM_USER": "0",
                          "GIT_SSH_COMMAND": None})
    # plain ssh may ask its own question; ours must not be there
    found = clone.child.expect([r"\[y/N\] ", r"yes/no.*\? ", pexpect.EOF])
    assert found != 0, clone.child.before
    clone.child.close(force=True)
    nothing_registered(home)
    assert home.private_keys() == []


@pytest.mark.row("S2")
def test_s2_a_submodule_without_a_terminal_is_plain_ssh(home: Home):
    silence(home)
    home.enrol()
    home.git("config", "--global", f"bbkey.{home.base}.projects", "PROJ")
    env = {"GIT_PROTOCOL_FROM_USER": "0"}
    clone = home.git("clone", home.https_url(), "app", env=env)
    as_plain(clone, plain_clone(home, home.https_url(), env=env))
    nothing_registered(home)


@pytest.mark.row("S2")
@pytest.mark.user
def test_s2_the_right_pin_verifies(home: Home):
    silence(home)
    pin = host_keys(home)[0]["fingerprint"]
    init = home.bbkey("init", home.https_url(), "--host-key", pin)
    assert init.status == 0, init
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    status = json.loads(home.bbkey("status", "--json",
                                   cwd=home.work / "app").out)
    assert status["host_key"]["state"] == "verified"
    assert status["host_key"]["fingerprint"] == pin


@pytest.mark.row("S2")
def test_s2_a_pin_given_at_enrolment_serves_the_first_clone(home: Home):
    silence(home)
    home.enrol("always", "--host-key", host_keys(home)[0]["fingerprint"])
    home.forget_log()
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    assert len(home.requests("POST")) == 1


WRONG_PIN = "SHA256:" + "A" * 43


@pytest.mark.row("S2")
@pytest.mark.parametrize("published", [True, False])
def test_s2_a_wrong_pin_stops(home: Home, published: bool):
    if not published:
        silence(home)
    know(home, known_line(home))
    init = home.bbkey("init", home.https_url(), "--host-key", WRONG_PIN)
    assert (init.status, init.error_class) == (HOSTKEY, "hostkey"), init
    nothing_registered(home)


@pytest.mark.row("S2")
@pytest.mark.parametrize("pin", ["", "SHA256:", "SHA256:short", "MD5:00",
                                 "SHA256:" + "!" * 43, "no",
                                 "SHA256:" + "A" * 44])
def test_s2_a_pin_that_is_none_is_refused(home: Home, pin: str):
    """A mistyped pin must not mean "no pin": what is published would do."""
    init = home.bbkey("init", home.https_url(), f"--host-key={pin}")
    assert (init.status, init.error_class) == (129, "usage"), init
    assert home.requests() == []


@pytest.mark.row("S2")
@pytest.mark.parametrize("first", ["rsa", "ed25519", "ecdsa"])
@pytest.mark.parametrize("way", ["init", "clone"])
def test_s2_one_of_several_host_keys_is_published(home: Home, first: str,
                                                  way: str):
    others = [t for t in ("rsa", "ed25519", "ecdsa") if t != first]
    swap(home, first, *others, publish=True)
    home.enrol()
    if way == "init":
        init = home.bbkey("init", home.https_url())
        assert init.status == 0, init
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    status = json.loads(home.bbkey("status", "--json",
                                   cwd=home.work / "app").out)
    assert status["host_key"]["state"] == "verified"
    assert status["host_key"]["fingerprint"] == \
        host_keys(home)[0]["fingerprint"]


@pytest.mark.row("S2")
def test_s2_several_host_keys_and_none_published_stop(home: Home):
    old = host_keys(home)[0]["fingerprint"]
    swap(home, "rsa", "ed25519", "ecdsa")
    init = home.bbkey("init", home.https_url())
    assert (init.status, init.error_class) == (HOSTKEY, "hostkey"), init
    assert old not in init.err
    nothing_registered(home)


# --- S3: known_hosts as people have them -------------------------------------

def other_key(folder: Path, kind: str = "rsa") -> str:
    """A public key of somebody else."""
    path = folder / f"other-{kind}"
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "",
                        "-f", str(path)], check=True)
    return Path(f"{path}.pub").read_text().strip()


def hashed(text: str, folder: Path) -> str:
    path = folder / "to-hash"
    path.write_text(text)
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True,
                   capture_output=True)
    return path.read_text()


#: n: [localhost]:port, k: the server's key, o: another of its type
FIXTURES: dict[str, str] = {
    "exact": "{n} {k}\n",
    "no line end": "{n} {k}",
    "hashed": "HASH:{n} {k}\n",
    "hashed, changed": "HASH:{n} {o}\n",
    "changed": "{n} {o}\n",
    "changed with port, good without": "{n} {o}\nlocalhost {k}\n",
    "good without port": "localhost {k}\n",
    "changed without port": "localhost {o}\n",
    "changed and good": "{n} {o}\n{n} {k}\n",
    "wildcard": "[local*]:* {k}\n",
    "negated": "[*]:*,!{n} {k}\n",
    "revoked for all": "@revoked * {k}\n{n} {k}\n",
    "revoked, nothing else": "@revoked {n} {k}\n",
    "another is revoked": "@revoked * {o}\n{n} {k}\n",
    "authority without a certificate": "@cert-authority {n} {k}\n",
    "CRLF": "# mine\r\n{n} {k}\r\n",
    "garbage first": "\x01\x02 garbage\nword\n{n} ssh-rsa !!!\n{n} {k}\n",
    "5 kB line first": "x" * 5000 + " {k}\n{n} {k}\n",
    "another type": "{n} {e}\n",
    "among names": "a.example,{n},b.example {k}\n",
    "empty": "",
}


@pytest.mark.row("S3")
@pytest.mark.parametrize("name", FIXTURES)
def test_s3_known_hosts_have_opensshs_verdict(home: Home, name: str):
    silence(home)
    place = f"[localhost]:{port_of(home)}"
    text = FIXTURES[name].format(
        n=place, k=host_keys(home)[0]["public"],
        o=other_key(home.work), e=other_key(home.work, "ed25519"))
    if text.startswith("HASH:"):
        text = hashed(text[5:], home.work)
    known = home.make_ssh_folder() / "known_hosts"
    known.write_text(text, newline="")
    known.chmod(0o600)
    home.tracing = False
    home.enrol()
    plain = home.run("ssh", "-o", "BatchMode=yes", "-p", str(port_of(home)),
                     "git@localhost", "whoami")
    trusted = "Permission denied" in plain.err
    assert trusted or "Host key verification failed" in plain.err, plain

    tried = home.bbkey("init", "--dry-run", home.https_url())
    assert tried.status == (0 if trusted else HOSTKEY), (plain, tried)
    home.tracing = True
    clone = home.git("clone", home.https_url(), "app")
    assert (clone.status == 0) == trusted, (plain, clone)
    if not trusted:
        assert tried.error_class == "hostkey"
        assert clone.error_class == "hostkey"
        nothing_registered(home)
    assert known.read_bytes() == text.encode()


class OtherServer:
    """An SSH server of our own: lets every key in, forwards, serves nothing.

    Its host key may be certified, as the sandbox's cannot.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = asyncssh.generate_private_key("ssh-ed25519")
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        certificate = self.authority.generate_host_certificate(
            self.key, "the host", principals=["localhost"])
        self.key.write_private_key(folder / "host")
        certificate.write_certificate(folder / "host-cert.pub")
        self.host_key = str(folder / "host")
        self.logins: list[str] = []
        self.forwards: list[tuple[str, int]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever,
                                        daemon=True)
        self._thread.start()
        self._acceptor = asyncio.run_coroutine_threadsafe(
            self._listen(), self._loop).result(10)
        self.port = self._acceptor.sockets[0].getsockname()[1]

    async def _listen(self) -> Any:
        outer = self

        class Login(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                return True

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: Any) -> bool:
                outer.logins.append(username)
                return True

            def connection_requested(self, host: str, port: int,
                                     *_: Any) -> bool:
                outer.forwards.append((host, port))
                return True

        async def serve(process: Any) -> None:
            process.stdout.write("0000")
            await process.stdin.read(4)  # git's own; it dies of a closed pipe
            process.exit(0)

        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Login, process_factory=serve,
            server_host_keys=[self.host_key], config=None)

    def line(self, name: str) -> str:
        return f"{name} {self.key.export_public_key().decode().strip()}"

    def authority_line(self, name: str) -> str:
        return f"@cert-authority {name} " \
            f"{self.authority.export_public_key().decode().strip()}"

    def stop(self) -> None:
        async def close() -> None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def other_server(tmp_path: Path) -> Iterator[OtherServer]:
    server = OtherServer(tmp_path / "other-server")
    yield server
    server.stop()


@pytest.mark.row("S3")
@pytest.mark.parametrize("name", ["right authority", "wrong authority",
                                  "authority for another host",
                                  "authority revoked"])
def test_s3_certificates_have_opensshs_verdict(home: Home, name: str,
                                               other_server: OtherServer):
    silence(home)
    place = f"[localhost]:{other_server.port}"
    line = other_server.authority_line(place)
    known = know(home, *{
        "right authority": [line],
        "wrong authority": [f"@cert-authority {place} "
                            f"{other_key(home.work, 'ed25519')}"],
        "authority for another host":
            [other_server.authority_line("[other.example]:*")],
        "authority revoked":
            [line, line.replace("@cert-authority", "@revoked")],
    }[name])
    content = known.read_bytes()
    home.make_key(home.ssh_folder / "mine")
    home.enrol()
    add_place(home, f"ssh://git@localhost:{other_server.port}")
    plain = home.run("ssh", "-o", "BatchMode=yes", "-i",
                     str(home.ssh_folder / "mine"), "-p",
                     str(other_server.port), "git@localhost", "whoami")
    trusted = plain.status == 0
    assert trusted or "Host key verification failed" in plain.err, plain
    assert trusted == (name == "right authority")
    url = f"ssh://git@localhost:{other_server.port}/proj/app.git"
    tried = home.bbkey("init", "--dry-run", url)
    assert tried.status == (0 if trusted else HOSTKEY), (plain, tried)
    init = home.bbkey("init", url)
    assert init.status == (0 if trusted else HOSTKEY), (plain, init)
    assert known.read_bytes() == content
    if not trusted:
        nothing_registered(home)


# --- S5: no answer, or a mad one ---------------------------------------------

class Broken:
    """A TCP listener that is no SSH server."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._held: list[socket.socket] = []
        self._thread: threading.Thread | None = None
        if kind == "closed":
            self._socket.close()
            return
        self._socket.listen(0 if kind == "filtered" else 64)
        if kind == "filtered":
            self._fill()
            return
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _fill(self) -> None:
        """Takes what the backlog has: the next SYN gets no answer."""
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.port))
            self._held.append(filler)

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self._held.append(peer)
            threading.Thread(target=self._talk, args=(peer,),
                             daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.kind == "flood":
                for _ in range(1024):
                    peer.sendall(b"\x1b]0;owned\x07" + b"x" * 1011 + b"\r\n")
                peer.shutdown(socket.SHUT_WR)
            elif self.kind == "ssh1":
                peer.sendall(b"SSH-1.0-\x1b[31mold\x1b]0;x\x07\r\n")
                peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):
                pass

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for peer in self._held:
            peer.close()


def person(folder: Path, sandbox: Running, who: str) -> Home:
    return Home(folder / who / "home", folder / who / "work", sandbox)


def all_at_once(jobs: dict[Any, Callable[[], Any]]) -> dict[Any, Any]:
    """These wait for the most part: 40 s one by one, 10 s together."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        return {name: done.result() for name, done in
                {name: pool.submit(job) for name, job in jobs.items()}.items()}


S5_KINDS = ["closed", "filtered", "no name", "silent", "flood", "ssh1"]


def broken_runs(folder: Path, sandbox: Running, way: str
                ) -> dict[str, tuple[Home, Result, Result | None]]:
    """kind -> (home, run, plain run), made at the same time."""
    servers = {kind: Broken(kind) for kind in S5_KINDS if kind != "no name"}

    def job(kind: str) -> tuple[Home, Result, Result | None]:
        home = person(folder, sandbox, kind.replace(" ", "-"))
        place = "ssh://git@nothing.invalid:7999" if kind == "no name" else \
            f"ssh://git@localhost:{servers[kind].port}"
        home.make_ssh_folder().joinpath("config").write_text(
            "Host *\n\tConnectTimeout 2\n")
        home.tracing = False
        home.git("config", "--global", f"bbkey.{home.base}.ssh", place)
        home.enrol()
        home.tracing = True
        url = f"{place}/proj/app.git"
        if way == "init":
            return home, home.bbkey("init", url), None
        run = home.git("clone", url, "app")
        return home, run, plain_clone(home, url)

    try:
        return all_at_once({kind: (lambda k=kind: job(k))
                            for kind in S5_KINDS})
    finally:
        for server in servers.values():
            server.stop()


@pytest.mark.row("S5")
def test_s5_init_says_network(sandbox: Running, tmp_path: Path):
    for kind, (home, run, _) in broken_runs(tmp_path, sandbox,
                                            "init").items():
        assert (run.status, run.error_class) == (NETWORK, "network"), \
            (kind, run)
        assert run.seconds < 13, (kind, run.seconds)
        assert "\x1b" not in run.err and "\x07" not in run.err, (kind, run)
        assert len(run.err) < 4096, kind
        assert home.private_keys() == [], kind
        nothing_registered(home)
        check_all(home)


@pytest.mark.row("S5")
def test_s5_a_clone_ends_as_plain_ssh_does(sandbox: Running, tmp_path: Path):
    for kind, (home, run, plain) in broken_runs(tmp_path, sandbox,
                                                "clone").items():
        assert plain is not None
        assert run.error_class == "network", (kind, run)
        as_plain(run, plain)
        # our ten seconds, and plain ssh's own
        assert run.seconds < 13 + plain.seconds, (kind, run.seconds)
        assert "\x1b" not in run.error + run.hint, (kind, run)
        assert home.private_keys() == [], kind
        nothing_registered(home)
        check_all(home)


# --- S6, S7: a key that is honoured later, or never --------------------------

def slow_runs(folder: Path, delays: list[float]
              ) -> dict[tuple[float, str], tuple[Home, Result]]:
    """(delay, way) -> (home, run), made at the same time."""
    sandboxes = {delay: Running("--context", "/bitbucket",
                                "--key-delay", str(delay)) for delay in delays}

    def job(delay: float, way: str) -> tuple[Home, Result]:
        home = person(folder, sandboxes[delay], f"{delay}-{way}")
        home.tracing = False
        home.enrol()
        home.tracing = True
        if way == "init":
            run = home.bbkey("init", home.https_url())
        else:
            run = home.git("clone", home.https_url("lib", "core"), "core")
        project = "PROJ" if way == "init" else "LIB"
        assert len(home.keys_registered(project)) == 1, run
        posts = [e for e in home.sandbox.events("http")
                 if e["method"] == "POST" and f"/{project}/" in e["path"]]
        assert len(posts) == 1, run
        check_all(home)
        return home, run

    try:
        return all_at_once({(delay, way): (lambda d=delay, w=way: job(d, w))
                            for delay in delays for way in ("init", "clone")})
    finally:
        for sandbox in sandboxes.values():
            sandbox.stop()


def fingerprint_of(home: Home) -> str:
    (key,) = home.private_keys()
    said = subprocess.run(["ssh-keygen", "-l", "-f", str(key)], check=True,
                          capture_output=True, text=True).stdout
    return said.split()[1]


NEVER = 3600


@pytest.mark.row("S6", "S7")
def test_s6_s7_a_key_that_is_honoured_later_or_never(tmp_path: Path):
    """Together, for they take 16 s each.  In S7 the key stays, here and
    there: the next run goes on with it."""
    bad = []
    for (delay, way), (home, run) in slow_runs(
            tmp_path, [0.5, 3.0, 8.0, NEVER]).items():
        assert run.seconds <= 23, (delay, way, run.seconds)
        if delay != NEVER:
            assert run.status == 0, (delay, way, run)
            assert delay <= run.seconds, (delay, way, run.seconds)
            assert "Permission denied" not in run.err, (delay, way, run)
            assert way == "init" or (home.work / "core/README.md").exists()
            continue
        assert run.status == (DENIED if way == "init" else 128), (way, run)
        told = [x for x in run.err.splitlines()
                if x.startswith("git-bbkey: propagation: ")]
        if len(told) != 1 or fingerprint_of(home) not in told[0] or \
                "dev" not in told[0] or not run.hint:
            bad.append((way, run))
    assert not bad, "no word of the fingerprint, and of whose token it was"


@pytest.mark.row("S7")
def test_s7_a_second_run_goes_on_with_the_same_key(home: Home):
    home.enrol()
    home.sandbox.fault(ssh="refuse-auth", times=-1)
    with pytest.raises(AssertionError, match="did not end"):
        home.bbkey("init", home.https_url(), timeout=2)
    home.sandbox.control("DELETE", "/faults")
    again = home.bbkey("init", home.https_url())
    assert again.status == 0, again
    assert len(home.keys_registered()) == 1
    assert len(home.private_keys()) == 1
    home.may_leave = True  # the first run was killed


# --- S13: the person's own ssh configuration ---------------------------------

def configure(home: Home, text: str) -> Path:
    path = home.make_ssh_folder() / "config"
    path.write_text(text)
    path.chmod(0o600)
    return path


def alias(home: Home, url: str, config: str, **env: str) -> None:
    """init and a plain clone of an SSH name that ssh_config defines."""
    configure(home, config)
    home.extra |= env
    place = url.rsplit("/proj/", 1)[0]
    home.enrol()
    add_place(home, place)
    before = (home.ssh_folder / "config").read_bytes()
    init = home.bbkey("init", url)
    assert init.status == 0, init
    clone = home.git("clone", url, "app")
    assert clone.status == 0, clone
    assert len(home.keys_registered()) == 1
    assert (home.ssh_folder / "config").read_bytes() == before
    # and a first clone of a project that has no record
    first = home.git("clone", url.replace("/proj/app", "/lib/core"), "core")
    assert first.status == 0, first
    assert len(home.keys_registered("LIB")) == 1


@pytest.mark.row("S13")
@pytest.mark.user
def test_s13_hostname_alias_is_honoured(home: Home):
    alias(home, f"ssh://git@bb:{port_of(home)}/proj/app.git",
          "Host bb\n\tHostName localhost\n")


@pytest.mark.row("S13")
def test_s13_port_is_honoured(home: Home):
    """The URL has none: git gives ssh no -p, and ssh_config decides."""
    alias(home, "ssh://git@bb/proj/app.git",
          f"Host bb\n\tHostName localhost\n\tPort {port_of(home)}\n")


@pytest.mark.row("S13")
def test_s13_an_scp_like_url_of_an_alias(home: Home):
    configure(home, f"Host bb\n\tHostName localhost\n\tPort {port_of(home)}\n"
                    "\tUser git\n")
    home.enrol()
    add_place(home, "ssh://git@bb")
    clone = home.git("clone", "git@bb:proj/app.git", "app")
    assert clone.status == 0, clone
    assert len(home.keys_registered()) == 1


RELAY = """
import os, socket, sys, threading
open(sys.argv[1], "a").write(" ".join(sys.argv[2:]) + "\\n")
peer = socket.create_connection((sys.argv[2], int(sys.argv[3])))
def up():
    while chunk := os.read(0, 65536):
        peer.sendall(chunk)
    peer.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while chunk := peer.recv(65536):
    os.write(1, chunk)
"""


@pytest.mark.row("S13")
def test_s13_proxy_command_is_honoured(home: Home):
    relay, log = home.work / "relay.py", home.work / "relay.log"
    relay.write_text(RELAY)
    alias(home, f"ssh://git@bb:{port_of(home)}/proj/app.git",
          "Host bb\n\tHostName localhost\n"
          f"\tProxyCommand /usr/bin/python3 {relay} {log} %h %p\n")
    lines = log.read_text().splitlines()
    assert set(lines) == {f"localhost {port_of(home)}"}
    assert len(lines) == len(home.events("ssh_connect"))


@pytest.mark.row("S13")
def test_s13_proxy_jump_is_honoured(home: Home, other_server: OtherServer):
    """The jump host's own host key is the person's business: known hosts."""
    home.make_key(home.make_ssh_folder() / "jump_key")
    know(home, other_server.line(f"[localhost]:{other_server.port}"))
    alias(home, f"ssh://git@bb:{port_of(home)}/proj/app.git",
          f"Host jump\n\tHostName localhost\n\tPort {other_server.port}\n"
          f"\tUser hop\n\tIdentityFile {home.ssh_folder}/jump_key\n"
          "Host bb\n\tHostName localhost\n\tProxyJump jump\n")
    assert set(other_server.forwards) == {("localhost", port_of(home))}
    assert set(other_server.logins) == {"hop"}
    assert len(other_server.forwards) == len(home.events("ssh_connect"))


@pytest.mark.row("S13")
def test_s13_match_exec_is_honoured(home: Home):
    mark = home.work / "match"
    alias(home, f"ssh://git@bb:{port_of(home)}/proj/app.git",
          f"Match originalhost bb exec \"echo %n >> {mark}\"\n"
          "\tHostName localhost\n")
    assert set(mark.read_text().splitlines()) == {"bb"}


@pytest.mark.row("S13")
def test_s13_canonical_names_are_honoured(home: Home):
    hosts = home.work / "hosts"
    hosts.write_text("127.0.0.1 bb.example.test bb.example.test.\n"
                     "127.0.0.1 localhost\n")
    home.extra["NSS_WRAPPER_HOSTS"] = str(hosts)
    config = ("CanonicalizeHostname yes\nCanonicalDomains example.test\n"
              "CanonicalizeFallbackLocal no\n")
    configure(home, config)
    home.enrol()
    port = port_of(home)
    add_place(home, f"ssh://git@bb:{port}")
    url = f"ssh://git@bb:{port}/proj/app.git"
    # both must be listed: the URL's host, and where ssh goes
    init = home.bbkey("init", url)
    assert (init.status, init.error_class) == (NOT_BITBUCKET,
                                               "not-bitbucket"), init
    assert "bb.example.test" in init.hint
    nothing_registered(home)
    add_place(home, f"ssh://git@bb.example.test:{port}")
    init = home.bbkey("init", url)
    assert init.status == 0, init
    clone = home.git("clone", url, "app")
    assert clone.status == 0, clone


@pytest.mark.row("S13")
@pytest.mark.parametrize("way", ["init", "clone"])
def test_s13_a_host_that_ssh_config_sends_elsewhere(home: Home, way: str,
                                                    other_server: OtherServer):
    """The allow-list is about where ssh goes, too."""
    home.make_key(home.make_ssh_folder() / "id_ed25519")
    know(home, other_server.line(f"[127.0.0.1]:{other_server.port}"))
    configure(home, "Host localhost\n\tHostName 127.0.0.1\n"
                    f"\tPort {other_server.port}\n")
    home.enrol()
    home.forget_log()
    if way == "init":
        init = home.bbkey("init", home.https_url())
        assert (init.status, init.error_class) == (
            NOT_BITBUCKET, "not-bitbucket"), init
        assert other_server.logins == []
    else:
        clone = home.git("clone", home.ssh_url(), "app")
        as_plain(clone, plain_clone(home, home.ssh_url()))
    nothing_registered(home)
    assert not (home.state / "known_hosts").exists()


# --- a key that the person has already ---------------------------------------

def account_key(home: Home, path: Path, kind: str = "ed25519") -> str:
    home.make_ssh_folder()
    public = home.make_key(path, kind)
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": public})
    return public


def cloned_with_own_key(home: Home, **env: str) -> None:
    home.enrol()
    home.forget_log()
    home.extra |= env
    for repo in ("app", "tool"):
        clone = home.git("clone", home.https_url(repo=repo), repo)
        assert clone.status == 0, clone
    assert home.requests() == []
    assert home.keys_registered() == []
    assert home.private_keys() == []
    home.forget_log()
    assert home.git("fetch", cwd=home.work / "app").status == 0
    assert home.requests() == []
    assert len(home.events("ssh_connect")) == 1


@pytest.mark.row("S13")
@pytest.mark.user
def test_s13_the_persons_default_key_is_enough(home: Home):
    account_key(home, home.folder / ".ssh" / "id_ed25519")
    before = home.snapshot()
    cloned_with_own_key(home)
    after = home.snapshot()
    assert {p: v for p, v in after.items() if p.startswith(".ssh")} == \
        {p: v for p, v in before.items() if p.startswith(".ssh")}


@pytest.mark.row("S13")
def test_s13_identity_file_is_honoured(home: Home):
    account_key(home, home.folder / ".ssh" / "work_key")
    configure(home, "Host localhost\n"
                    f"\tIdentityFile {home.ssh_folder}/work_key\n")
    cloned_with_own_key(home)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An ssh-agent of the test's own."""
    path = Path(subprocess.run(["mktemp", "-d"], check=True, text=True,
                               capture_output=True).stdout.strip())
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path / "s")],
                               stdout=subprocess.PIPE)
    process.stdout.readline()  # it says where it listens, when it does
    yield {"SSH_AUTH_SOCK": str(path / "s")}
    process.terminate()
    process.wait(10)
    process.stdout.close()
    shutil.rmtree(path)


@pytest.mark.row("S13")
@pytest.mark.parametrize("others", [0, 3])
def test_s13_the_agents_key_is_enough(home: Home, agent: dict[str, str],
                                      others: int):
    key = home.work / "in-agent"
    account_key(home, key)
    for path in [home.work / f"junk-{i}" for i in range(others)]:
        home.make_key(path)
        subprocess.run(["ssh-add", "-q", str(path)], check=True,
                       env={**os.environ, **agent})
        path.unlink()
    subprocess.run(["ssh-add", "-q", str(key)], check=True,
                   env={**os.environ, **agent})
    key.unlink()
    cloned_with_own_key(home, **agent)


@pytest.mark.row("S13")
def test_s13_an_own_key_that_opens_nothing_is_left_alone(home: Home):
    """Then a key of ours is made and registered; theirs stays theirs."""
    home.make_key(home.make_ssh_folder() / "id_ed25519")
    public = (home.ssh_folder / "id_ed25519.pub").read_text().split()[1]
    home.enrol()
    home.forget_log()
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    (grant,) = home.keys_registered()
    assert public not in json.dumps(grant)


# --- an instance that nobody enrolled: plain ssh, to the byte ----------------

SHIM = """#!/bin/sh
{ printf '%s\\0' "$0" "$@"; printf '\\n'; } >> "$ARGV_LOG"
exec /usr/bin/ssh "$@"
"""


@pytest.fixture
def recorded(home: Home) -> Callable[..., tuple[Result, bytes]]:
    """Runs git with a recording `ssh` first on the PATH."""
    folder = home.work / "shim"
    folder.mkdir()
    shim = folder / "ssh"
    shim.write_text(SHIM)
    shim.chmod(0o755)
    home.extra["PATH"] = f"{folder}:{BIN}:/usr/local/bin:/usr/bin:/bin"

    def run(*argv: str, **env: str) -> tuple[Result, bytes]:
        log = home.work / "argv"
        log.unlink(missing_ok=True)
        result = home.run(*argv, env={"ARGV_LOG": str(log), **env})
        return result, log.read_bytes() if log.exists() else b""

    return run


@pytest.mark.row("S13")
@pytest.mark.parametrize("how", ["git alone", "the transport"])
@pytest.mark.parametrize("command", ["clone", "ls-remote"])
def test_s13_an_instance_that_is_not_enrolled_is_plain_ssh(
        home: Home, recorded: Callable, how: str, command: str):
    know(home, known_line(home))
    words = ["git", command, home.ssh_url()]
    words += ["app"] if command == "clone" else []
    env = {} if how == "git alone" else {
        "GIT_SSH_COMMAND": "git-bbkey-ssh", "GIT_SSH_VARIANT": "ssh"}
    plain, expected = recorded(*words, BBKEY_AUTO="never")
    assert expected.count(b"\n") == 1 and plain.status == 128, plain
    home.forget_log()
    run, argv = recorded(*words, **env)
    assert argv == expected
    as_plain(run, plain)
    assert home.requests() == []
    assert home.private_keys() == []
    assert not home.state.exists() and not home.config.exists()


@pytest.mark.row("S13")
def test_s13_another_remote_of_an_enrolled_person_is_plain_ssh(
        home: Home, recorded: Callable, other_server: OtherServer):
    home.enrol()
    home.forget_log()
    know(home, other_server.line(f"[localhost]:{other_server.port}"))
    home.make_key(home.ssh_folder / "id_ed25519")
    url = f"ssh://git@localhost:{other_server.port}/proj/app.git"
    plain, expected = recorded("git", "ls-remote", url, BBKEY_AUTO="never")
    for env in ({}, {"GIT_SSH_COMMAND": "git-bbkey-ssh"}):
        run, argv = recorded("git", "ls-remote", url, **env)
        assert argv.splitlines()[-1] == expected.splitlines()[-1]
        as_plain(run, plain)
    assert home.requests() == []


@pytest.mark.row("S13")
def test_s13_never_is_plain_ssh_on_an_enrolled_instance(home: Home,
                                                        recorded: Callable):
    know(home, known_line(home))
    home.enrol()
    home.forget_log()
    url = home.ssh_url()
    run, argv = recorded("git", "clone", url, "app", BBKEY_AUTO="never")
    place = urllib.parse.urlsplit(url)
    words = argv.rstrip(b"\n").rstrip(b"\0").split(b"\0")
    assert words[1:] == [b"-o", b"SendEnv=GIT_PROTOCOL", b"-p",
                         str(place.port).encode(), b"git@localhost",
                         b"git-upload-pack '/proj/app.git'"], argv
    assert run.status == 128
    assert home.requests() == []
