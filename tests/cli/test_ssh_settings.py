"""Rows S12 S15 S16 S17 S19: what a person has set up around ssh."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from home import Home, Result
from test_ssh import (Terminal, account_key, agent, as_plain, configure,
                      know, known_line, port_of, silence)
from test_transport import (cloned, configure as set_bbkey, plain, revoke,
                            said_by_us)

assert agent  # a fixture

KEYFILE, DENIED = 9, 11
ASKS = r"passphrase for .*: |yes/no.*\? |\[[Yy]/[Nn]\] "


# --- S12: ControlMaster auto -------------------------------------------------

@pytest.fixture
def master(home: Home) -> Iterator[Home]:
    """The person's configuration shares connections, and one is open: by a
    key of their account, that opens everything."""
    home.tracing = False  # strace would wait for the master
    sockets = Path(tempfile.mkdtemp(prefix="mux"))  # a path of 108 bytes
    home.enrol("always")
    account_key(home, home.work / "account")
    know(home, known_line(home))
    configure(home, "Host *\n\tControlMaster auto\n\tControlPersist 60\n"
                    f"\tControlPath {sockets}/%C\n")
    opened = home.run("ssh", "-i", str(home.work / "account"), "-p",
                      str(port_of(home)), "git@localhost", "whoami")
    assert opened.status == 0, opened
    (socket,) = sockets.iterdir()
    junk = home.run("ssh", "-i", "/dev/null", "-p", str(port_of(home)),
                    "git@localhost", "whoami")
    assert junk.status == 0, "the master lets anybody in"
    home.forget_log()
    yield home
    home.run("ssh", "-o", f"ControlPath={socket}", "-O", "exit", "x")
    shutil.rmtree(sockets)


@pytest.mark.row("S12")
def test_s12_a_first_clone_is_not_fooled(master: Home):
    """A first clone registers, and does not take the master's word."""
    clone = master.git("clone", master.https_url(), "app")
    assert clone.status == 0, clone
    assert len(master.requests("POST")) == 1
    assert len(master.keys_registered()) == 1
    fingerprints = {e["fingerprint"] for e in master.events("ssh_auth")
                    if e["ok"]}
    assert len(fingerprints) == 1


@pytest.mark.row("S12")
def test_s12_init_is_not_fooled(master: Home):
    """The key is checked on a connection of its own."""
    master.sandbox.fault(ssh="refuse-auth", times=-1)
    key = master.ssh_folder / "junk"
    master.make_key(key)
    init = master.run("timeout", "8", "git", "bbkey", "init", "--key",
                      str(key), master.https_url())
    assert init.status != 0, init
    assert len(master.events("ssh_connect")) >= 1


@pytest.mark.row("S12")
def test_s12_status_is_not_fooled(master: Home):
    assert master.git("clone", master.https_url(), "app").status == 0
    revoke(master)
    status = master.bbkey("status", "--json", cwd=master.work / "app")
    told = json.loads(status.out)
    assert not told["ready"] and told["ssh"]["state"] == "denied"


@pytest.mark.row("S12")
def test_s12_a_repair_is_not_fooled(master: Home):
    assert master.git("clone", master.https_url(), "app").status == 0
    revoke(master)
    master.forget_log()
    fetch = master.git("fetch", cwd=master.work / "app")
    assert fetch.status == 0, fetch
    assert len(said_by_us(fetch)) == 1
    assert len(master.keys_registered()) == 1


# --- S15: keys with a passphrase ---------------------------------------------

def locked_key(home: Home, path: Path) -> None:
    """A key of the person's account, with a passphrase."""
    home.make_ssh_folder()
    line = home.make_key(path, passphrase="open sesame")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": line})
    know(home, known_line(home))


def prompts_of(terminal: Terminal, answer: str) -> int:
    """Answers each question for a passphrase; how many there were."""
    count = 0
    while terminal.child.expect([r"passphrase for .*: ", pexpect.EOF]) == 0:
        terminal.said += terminal.child.before
        terminal.answer(answer)
        count += 1
    terminal.said += terminal.child.before
    terminal.child.close()
    return count


@pytest.mark.row("S15")
@pytest.mark.parametrize("answer, prompts", [("open sesame", 1),
                                             ("wrong", 3)])
def test_s15_ssh_asks_in_the_real_run_alone(home: Home, answer: str,
                                            prompts: int):
    locked_key(home, home.folder / ".ssh" / "id_ed25519")
    home.enrol("always")
    home.forget_log()
    clone = Terminal(home, "git", "clone", home.https_url(), "app")
    assert prompts_of(clone, answer) == prompts, clone.said
    assert clone.child.exitstatus == (0 if prompts == 1 else 128), clone.said
    assert home.requests() == [] and home.private_keys() == []


@pytest.mark.row("S15")
@pytest.mark.parametrize("batch", [False, True])
def test_s15_without_a_terminal_nobody_asks(home: Home, batch: bool):
    locked_key(home, home.folder / ".ssh" / "id_ed25519")
    if batch:
        configure(home, "Host *\n\tBatchMode yes\n")
    home.enrol("always")
    home.forget_log()
    clone = home.git("clone", home.https_url(), "app")
    as_plain(clone, home.git("clone", home.ssh_url(), "app",
                             env={"BBKEY_AUTO": "never"}))
    assert "Permission denied (publickey)" in clone.err
    assert home.requests() == [] and home.private_keys() == []


@pytest.mark.row("S15")
def test_s15_batch_mode_asks_nobody_on_a_terminal(home: Home):
    locked_key(home, home.folder / ".ssh" / "id_ed25519")
    configure(home, "Host *\n\tBatchMode yes\n")
    home.enrol("always")
    clone = Terminal(home, "git", "clone", home.https_url(), "app")
    assert prompts_of(clone, "open sesame") == 0, clone.said
    assert clone.child.exitstatus == 128


def on_record_with_passphrase(home: Home) -> Path:
    key = home.make_ssh_folder() / "work"
    locked_key(home, key)
    home.sandbox.control("DELETE", "/keys", {"fingerprint": subprocess.run(
        ["ssh-keygen", "-lf", f"{key}.pub"], check=True, text=True,
        capture_output=True).stdout.split()[1]})
    home.enrol("always")
    init = home.bbkey("init", "--key", str(key), home.https_url())
    assert init.status == 0, init
    clone = Terminal(home, "git", "clone", home.https_url(), "app")
    assert prompts_of(clone, "open sesame") == 1, clone.said
    assert clone.child.exitstatus == 0, clone.said
    home.forget_log()
    return key


@pytest.mark.row("S15")
def test_s15_a_key_on_record_that_nobody_unlocks_is_not_broken(
        home: Home, agent: dict[str, str]):
    key = on_record_with_passphrase(home)
    folder = home.work / "app"
    fetch = Terminal(home, "git", "fetch", cwd=folder)
    assert prompts_of(fetch, "wrong") == 3, fetch.said
    assert fetch.child.exitstatus == 128
    assert "git-bbkey" not in fetch.said
    fetch = home.git("fetch", cwd=folder)  # without a terminal
    assert fetch.status == 128 and said_by_us(fetch) == [], fetch
    assert home.requests() == []
    subprocess.run(["ssh-add", "-q", str(key)], check=True, input="",
                   text=True, env={
                       **os.environ, **agent, "SSH_ASKPASS_REQUIRE": "force",
                       "SSH_ASKPASS": str(askpass(home, "open sesame"))})
    fetch = home.git("fetch", cwd=folder, env=agent)
    assert (fetch.status, fetch.err) == (0, ""), fetch


# --- S16: a key file that ssh will not use -----------------------------------

def spoil(key: Path, how: str) -> None:
    if how == "0644":
        key.chmod(0o644)
    elif how == "a folder":
        key.unlink()
        key.mkdir()
    else:
        content = key.read_bytes()
        key.write_bytes(content[:len(content) // 2 if how == "half" else 0])


def mode_and_content(path: Path) -> tuple:
    return path.lstat().st_mode, path.is_file() and path.read_bytes()


@pytest.mark.row("S16")
@pytest.mark.parametrize("automatic", ["always", "ask"])
@pytest.mark.parametrize("how", ["0644", "a folder"])
def test_s16_our_key_that_ssh_ignores_is_said_to_be(home: Home, how: str,
                                                    automatic: str):
    folder = cloned(home, automatic)
    (key,) = home.private_keys()
    home.not_ours = [str(key)]
    spoil(key, how)
    before = mode_and_content(key)
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 128
    assert fetch.error_class == "keyfile", fetch
    assert str(key) in fetch.err
    assert how == "a folder" or f"chmod 600 '{key}'" in fetch.hint
    assert "Permission denied (publickey)" in fetch.err  # ssh's own words
    assert home.requests() == []
    assert mode_and_content(key) == before
    init = home.bbkey("init", cwd=folder)
    assert (init.status, init.error_class) == (KEYFILE, "keyfile"), init
    status = home.bbkey("status", cwd=folder)
    assert "cannot be used" in status.out + status.err, status
    assert mode_and_content(key) == before
    if how == "0644":
        key.chmod(0o600)
        home.not_ours = []
        assert home.git("fetch", cwd=folder).status == 0


@pytest.mark.row("S16")
@pytest.mark.parametrize("how", ["half", "empty"])
def test_s16_a_wreck_of_ours_moves_aside(home: Home, how: str):
    folder = cloned(home)
    home.allow_posts = 2
    (key,) = home.private_keys()
    spoil(key, how)
    wreck = key.read_bytes()
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 0, fetch.err
    (aside,) = [p for p in home.ssh_folder.glob("*.corrupt-*")
                if p.suffix != ".pub"]
    assert aside.read_bytes() == wreck
    assert home.private_keys() == [key]


@pytest.mark.row("S16")
@pytest.mark.parametrize("how", ["0644", "half", "empty", "a folder"])
def test_s16_a_person_s_key_is_never_replaced(home: Home, how: str):
    key = home.make_ssh_folder() / "work"
    home.make_key(key)
    home.enrol("always")
    assert home.bbkey("init", "--key", str(key),
                      home.https_url()).status == 0
    folder = home.work / "app"
    assert home.git("clone", home.https_url(), "app").status == 0
    home.forget_log()
    spoil(key, how)
    before = mode_and_content(key)
    fetch = home.git("fetch", cwd=folder)
    assert fetch.status == 128
    assert fetch.error_class == "keyfile", fetch
    assert home.requests() == []
    assert home.private_keys() == []
    assert mode_and_content(key) == before
    assert mode_and_content(Path(f"{key}.pub"))[1]


# --- S17: the command line ---------------------------------------------------

RECORDER = """#!/bin/sh
case $1 in -lgit) exec /usr/bin/ssh "$@" ;; esac  # our own question, -G
for word in "$@"; do printf '%s\\0' "$word"; done > "$ARGV_LOG"
exit 42
"""


class Recorder:
    """The transport on an `ssh` that but writes down its arguments."""

    def __init__(self, home: Home):
        self.home = home
        self.log = home.work / "argv"
        folder = home.work / "recorder"
        folder.mkdir()
        (folder / "ssh").write_text(RECORDER)
        (folder / "ssh").chmod(0o755)
        self.path = f"{folder}:{home.environment()['PATH']}"

    def __call__(self, *argv: str, **env: str) -> list[str]:
        self.log.unlink(missing_ok=True)
        run = self.home.run("git-bbkey-ssh", *argv, env={
            "PATH": self.path, "ARGV_LOG": str(self.log), **env})
        assert (run.status, run.out, run.err) == (42, "", ""), run
        return self.log.read_text().split("\0")[:-1]


PLACE = ["-p", "PORT", "git@localhost"]
FOREIGN = [
    ["-G", "-o", "SendEnv=GIT_PROTOCOL", *PLACE],
    ["-G", *PLACE, "git-upload-pack '/proj/app.git'"],
    ["-V"],
    ["-Q", "cipher"],
    ["-O", "check", *PLACE],
    ["-O", "exit", *PLACE, "git-upload-pack '/proj/app.git'"],
    PLACE,
    [*PLACE, "uptime"],
    [*PLACE, "ls", "-l", "a b", ""],
    [*PLACE, "--", "git-upload-pack", "'/proj/app.git'"],
    ["-T", *PLACE, "whoami"],
    ["-N", "-L", "1:localhost:2", *PLACE],
    ["-W", "localhost:1", *PLACE],
    ["-i", "/k", *PLACE, "git-upload-pack '/proj/app.git'"],
    ["-F", "/dev/null", *PLACE, "git-upload-pack '/proj/app.git'"],
    ["-oIdentityFile=/k", *PLACE, "git-upload-pack '/proj/app.git'"],
    ["-Z", *PLACE, "git-upload-pack '/proj/app.git'"],
    [],
]
GIT = [
    "git-upload-pack '/proj/app.git'",
    "git upload-pack '/proj/app.git'",
    "git-receive-pack '/proj/app.git'",
    "git-upload-archive '/proj/app.git'",
    "git-lfs-authenticate proj/app.git download",
    "git-lfs-authenticate proj/app.git upload",
    "git-lfs-transfer proj/app.git download",
]


@pytest.fixture
def recorder(home: Home) -> Recorder:
    """With a record for PROJ, that may push."""
    set_bbkey(home, "permission", "write")
    cloned(home)
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_WRITE"
    home.forget_log()
    home.tracing = False
    return Recorder(home)


def with_port(home: Home, words: list[str]) -> list[str]:
    return [str(port_of(home)) if word == "PORT" else word for word in words]


@pytest.mark.row("S17")
@pytest.mark.parametrize("prompt", ["1", "0"])
def test_s17_what_is_not_git_s_is_not_touched(recorder: Recorder,
                                              prompt: str):
    for words in FOREIGN:
        argv = with_port(recorder.home, words)
        assert recorder(*argv, GIT_TERMINAL_PROMPT=prompt) == argv
    assert recorder.home.requests() == []


@pytest.mark.row("S17")
def test_s17_git_s_own_get_our_options_in_front(recorder: Recorder):
    (key,) = recorder.home.private_keys()
    for command in GIT:
        argv = with_port(recorder.home, ["-o", "SendEnv=GIT_PROTOCOL", "-4",
                                         *PLACE, command])
        got = recorder(*argv)
        front = got[:-len(argv)]
        assert got[-len(argv):] == argv, command
        assert set(front[::2]) == {"-o"}
        assert {option.split("=")[0] for option in front[1::2]} == {
            "IdentityFile", "IdentitiesOnly", "IdentityAgent", "ControlPath",
            "GlobalKnownHostsFile"}
        assert f'IdentityFile="{key}"' in front
    assert recorder.home.requests() == []


@pytest.mark.row("S17")
def test_s17_another_host_is_not_touched(recorder: Recorder):
    for command in GIT:
        for place in (["git@localhost"], ["-p", "1", "git@localhost"],
                      ["git@elsewhere.example"]):
            for prompt in ("0", "1"):
                assert recorder(*place, command,
                                GIT_TERMINAL_PROMPT=prompt) == \
                    [*place, command]


@pytest.mark.row("S17")
def test_s17_never_touches_nothing(recorder: Recorder):
    for command in GIT:
        argv = with_port(recorder.home, [*PLACE, command])
        assert recorder(*argv, BBKEY_AUTO="never") == argv


# --- S19: nobody may be asked ------------------------------------------------

def askpass(home: Home, answer: str) -> Path:
    """A program that answers, and leaves a trace.  It has nothing for git's own
    https, which asks GIT_ASKPASS where ssh cannot be had, as without us."""
    program = home.work / "askpass"
    program.write_text("#!/bin/sh\ncase $1 in *\\'https://*) exit 1;; esac\n"
                       f"touch {home.work}/asked\necho {answer}\n")
    program.chmod(0o755)
    return program


def quietly(home: Home, *argv: str, prompt: str = "0", **how) -> int:
    """On a terminal, with programs at hand that would ask, and leave to use
    them: the exit status; fails where anybody was asked."""
    (home.work / "asked").unlink(missing_ok=True)
    run = home.terminal(*argv, env={
        "GIT_TERMINAL_PROMPT": prompt, "DISPLAY": ":0",
        "SSH_ASKPASS": str(askpass(home, "yes")),
        "GIT_ASKPASS": str(askpass(home, "yes")),
        "SSH_ASKPASS_REQUIRE": "force"}, **how)
    asked = run.expect([pexpect.EOF, ASKS])
    said = run.before
    run.close(force=True)
    assert asked == 0, said
    assert not (home.work / "asked").exists(), said
    return run.exitstatus


@pytest.mark.row("S19")
@pytest.mark.parametrize("prompt", ["0", "false"])
def test_s19_no_passphrase_of_the_person_s_key(home: Home, prompt: str):
    locked_key(home, home.folder / ".ssh" / "id_ed25519")
    home.enrol("always")
    assert quietly(home, "git", "clone", home.https_url(), "app",
                   prompt=prompt) == 128
    assert home.private_keys() == []


@pytest.mark.row("S19")
def test_s19_no_passphrase_of_the_key_on_record(home: Home):
    on_record_with_passphrase(home)
    assert quietly(home, "git", "fetch", cwd=home.work / "app") == 128
    assert home.requests() == []


@pytest.mark.row("S19")
@pytest.mark.parametrize("own_key", [False, True])
def test_s19_no_unknown_host_key(home: Home, own_key: bool):
    silence(home)
    if own_key:
        account_key(home, home.folder / ".ssh" / "id_ed25519")
    home.enrol("always")
    assert quietly(home, "git", "clone", home.https_url(), "app") == 128
    assert home.private_keys() == []


@pytest.mark.row("S19")
@pytest.mark.parametrize("command", ["clone", "fetch", "push"])
def test_s19_no_question_of_ours(home: Home, command: str):
    if command == "clone":
        home.enrol("ask")
        know(home, known_line(home))
        words, folder = ["clone", home.https_url(), "app"], home.work
    else:
        folder, words = cloned(home, "ask"), [command]
    if command == "fetch":
        revoke(home)
    if command == "push":
        home.git("commit", "-q", "--allow-empty", "-m", "x", cwd=folder)
    home.forget_log()
    assert quietly(home, "git", *words, cwd=folder) == 128
    assert home.requests() == []


@pytest.mark.row("S19")
def test_s19_what_needs_no_answer_goes_through(home: Home):
    home.enrol("always")
    assert quietly(home, "git", "clone", home.https_url(), "app") == 0
    assert quietly(home, "git", "fetch", cwd=home.work / "app") == 0


@pytest.mark.row("S19")
def test_s19_askpass_is_asked_where_it_may_be(home: Home):
    """Not by us, who read a terminal or nothing, but by ssh."""
    locked_key(home, home.folder / ".ssh" / "id_ed25519")
    home.enrol("always")
    clone = home.git("clone", home.https_url(), "app", env={
        "SSH_ASKPASS": str(askpass(home, "open sesame")), "DISPLAY": ":0",
        "SSH_ASKPASS_REQUIRE": "force"})
    assert clone.status == 0, clone
    assert (home.work / "asked").exists()
