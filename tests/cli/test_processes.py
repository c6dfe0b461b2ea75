"""Rows L12, L13, L15, L20, L25: other processes: a crowd, agents, signals."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from home import Home
from sweeps import FAST_PATH, one_key_everywhere, stand_in

CROWD = 50
CROWD_SECONDS = 60


# --- L12: a crowd ------------------------------------------------------------

@pytest.mark.row("L12")
def test_l12_fifty_clones_at_once_make_one_key_and_one_post(home: Home):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    home.forget_log()
    script = " ".join(f"git clone -q {home.https_url()} c{i} & p{i}=$!;"
                      for i in range(CROWD))
    script += " ".join(f"wait $p{i} || exit 1;" for i in range(CROWD))
    run = home.run("bash", "-c", script, timeout=2 * CROWD_SECONDS)
    assert run.status == 0, run
    assert run.seconds <= CROWD_SECONDS, run.seconds
    assert len(home.requests("POST")) == 1
    one_key_everywhere(home)
    assert all((home.work / f"c{i}" / "README.md").exists()
               for i in range(CROWD))


# --- L20: agents -------------------------------------------------------------

@contextlib.contextmanager
def agent(kind: str) -> Iterator[str]:
    """A socket where an agent should be."""
    folder = Path(subprocess.run(["mktemp", "-d"], check=True, text=True,
                                 capture_output=True).stdout.strip())
    path = folder / "agent"
    listener = socket.socket(socket.AF_UNIX)
    held: list[socket.socket] = [listener]
    answers = {"huge": struct.pack(">IB", 0xfffffff0, 12) + b"x" * 70000,
               "half": struct.pack(">IBI", 200_000, 12, 3) + b"x" * 999,
               "foreign": b"HTTP/1.1 400 Bad Request\r\n\r\n",
               "refusing": struct.pack(">IB", 1, 5)}

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                held.append(client)
                if kind == "gone":
                    client.close()
                elif kind in answers:
                    while client.recv(4096):
                        client.sendall(answers[kind])

    listener.bind(str(path))
    if kind != "dead":
        listener.listen(0 if kind == "full" else 16)
    if kind == "full":  # nobody accepts, and the queue has no place left
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(str(path))
        held += waiting
    elif kind != "dead":
        threading.Thread(target=serve, daemon=True).start()
    try:
        yield str(path)
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        for one in held:
            one.close()
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()


@pytest.mark.row("L20")
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("kind", ["dead", "hung", "full", "half", "huge",
                                  "foreign", "refusing", "gone"])
def test_l20_an_agent_that_is_none_is_ignored(home: Home, kind: str,
                                              own: bool):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    if own:  # a key that opens nothing here
        home.make_key(home.make_ssh_folder() / "id_ed25519")
    with agent(kind) as path:
        clone = home.git("clone", "-q", home.https_url(), "app",
                         env={"SSH_AUTH_SOCK": path})
        assert clone.status == 0, clone
        fetch = home.git("fetch", cwd=home.work / "app",
                         env={"SSH_AUTH_SOCK": path})
    assert clone.seconds < 3 + 3, clone.seconds  # 3 s more, and the clone
    assert fetch.status == 0 and fetch.seconds < 3, fetch
    one_key_everywhere(home)


@pytest.mark.row("L20")
def test_l20_a_configured_agent_that_hangs_is_ignored(home: Home):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    home.make_key(home.make_ssh_folder() / "id_ed25519")
    with agent("hung") as path:
        (home.ssh_folder / "config").write_text(
            f"Host *\n\tIdentityAgent {path}\n")
        clone = home.git("clone", "-q", home.https_url(), "app")
    assert clone.status == 0, clone
    assert clone.seconds < 3 + 3, clone.seconds
    one_key_everywhere(home)


@pytest.mark.row("L20")
@pytest.mark.parametrize("count", [10, 100])
def test_l20_an_agent_full_of_other_keys_does_not_stand_in_the_way(
        home: Home, count: int):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    keys = home.work / "keys"
    keys.mkdir()
    script = (f"cd {keys}; eval $(ssh-agent -a {keys}/s) >/dev/null; "
              f"for i in $(seq {count}); do ssh-keygen -q -t ed25519 -N '' "
              "-f k$i & [ $((i % 20)) != 0 ] || wait; done; wait; "
              "ssh-add -q k*[0-9]; "
              f"git clone -q {home.https_url()} {home.work}/app; s=$?; "
              "kill $SSH_AGENT_PID; exit $s")
    clone = home.run("bash", "-c", script, env={"SSH_AUTH_SOCK": None})
    assert clone.status == 0, clone
    one_key_everywhere(home)


# --- L15: signals while a question waits -------------------------------------

QUESTIONS = {
    # what is run: (words, environment, what it asks)
    "confirm": (["git-bbkey", "ensure", "--user", "git", "--port", "PORT",
                 "--", "localhost", "proj", "app"], {},
                "set up SSH access to project"),
    "secret": (["git-bbkey", "init", "URL"], {"BBKEY_TOKEN": None},
               "HTTP access token for"),
}


def question(home: Home, name: str) -> tuple[list[str], dict, str]:
    words, env, text = QUESTIONS[name]
    port = home.ssh_url().split(":")[2].split("/")[0]
    return [{"URL": home.https_url(), "PORT": port}.get(w, w)
            for w in words], env, text


def echoes(terminal: int) -> bool:
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


@pytest.mark.row("L15")
@pytest.mark.parametrize("name", list(QUESTIONS))
@pytest.mark.parametrize("how", ["^C", "SIGINT", "SIGTERM", "SIGHUP",
                                 "SIGQUIT"])
def test_l15_a_signal_at_a_question_puts_the_terminal_back(
        home: Home, name: str, how: str):
    home.enrol("ask")
    home.forget_log()
    words, env, text = question(home, name)
    child = home.terminal(*words, env=env)
    was = echoes(child.child_fd)
    child.expect(text)
    if name == "secret":
        assert child.waitnoecho(10)
    if how == "^C":
        child.sendintr()
    else:
        child.kill(getattr(signal, how))
    child.expect(pexpect.EOF)
    assert echoes(child.child_fd) == was, "the echo stays off"
    child.close()
    assert child.exitstatus == 130, (child.exitstatus, child.signalstatus)
    assert home.private_keys() == [] and home.requests("POST") == []


@pytest.mark.row("L15")
def test_l15_control_c_at_a_clones_question_ends_the_clone(home: Home):
    home.enrol("ask")
    home.forget_log()
    child = home.terminal("sh", "-c", f"git clone -q {home.https_url()} app; "
                          "echo status $?; stty -a | tr ' ' '\\n' | grep echo$")
    child.expect("set up SSH access to project")
    child.sendintr()
    child.expect(pexpect.EOF)
    # the shell dies of the same signal, as it should
    assert not (home.work / "app").exists()
    assert home.requests() == [] and home.private_keys() == []


SHELL = """
import os, signal, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
def run():
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(sys.argv[1], sys.argv[1:])
    return pid
def wait(pid):
    _, status = os.waitpid(pid, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    echo = bool(termios.tcgetattr(0)[3] & termios.ECHO)
    what = "stopped" if os.WIFSTOPPED(status) else "ended"
    code = 0 if what == "stopped" else os.waitstatus_to_exitcode(status)
    print("SHELL", what, code, "echo", echo, flush=True)
pid = run()
wait(pid)
input()
os.tcsetpgrp(0, pid)
os.killpg(pid, signal.SIGCONT)
wait(pid)
"""


@pytest.mark.row("L15")
@pytest.mark.parametrize("name", list(QUESTIONS))
def test_l15_control_z_gives_the_terminal_back_and_takes_it_again(
        home: Home, name: str):
    home.enrol("ask")
    words, env, text = question(home, name)
    child = home.terminal("/usr/bin/python3", "-c", SHELL, *words, env=env)
    child.expect(text)
    if name == "secret":
        assert child.waitnoecho(10)
    child.send("\x1a")
    child.expect("SHELL stopped 0 echo True")
    child.sendline()
    if name == "secret":
        assert child.waitnoecho(10)
        child.sendline(home.sandbox.tokens["project_admin"])
    else:
        child.sendline("y")
    child.expect("SHELL ended 0 echo True")
    child.expect(pexpect.EOF)
    child.close()
    assert home.sandbox.tokens["project_admin"] not in child.before
    one_key_everywhere(home)


# --- L13: who holds the lock -------------------------------------------------

def clone_in_background(home: Home, name: str, **env: str | None
                        ) -> subprocess.Popen:
    return subprocess.Popen(
        ["git", "clone", "-q", home.https_url(), name], cwd=home.work,
        env=home.environment(**env), stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, start_new_session=True)


def until_there(path: Path) -> str:
    end = time.monotonic() + 30
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < end, f"{path} did not come"
        time.sleep(0.01)
    return path.read_text().strip()


@contextlib.contextmanager
def holding(home: Home) -> Iterator[tuple[subprocess.Popen, int, Path]]:
    """A clone whose git-bbkey has the lock: it waits for its tokenCommand.

    Gives the clone, git-bbkey's process and the file that sets it free.
    """
    gate = home.work / "gate"
    os.mkfifo(gate)
    told = home.work / "told"
    command = home.work / "token-command"
    command.write_text(f"#!/bin/sh\necho $PPID > {told}\n"
                       f"read -r token < {gate}\necho \"$token\"\n")
    command.chmod(0o755)
    assert home.git("config", "--global", f"bbkey.{home.base}.tokenCommand",
                    f"exec {command}").status == 0
    clone = clone_in_background(home, "first", BBKEY_TOKEN=None)
    try:
        yield clone, int(until_there(told)), gate
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(clone.pid, signal.SIGCONT)
        writer = os.open(gate, os.O_RDWR | os.O_NONBLOCK)
        line = home.sandbox.tokens["project_admin"].encode() + b"\n"
        end = time.monotonic() + 60
        # a line for each that waits: an orphan, and, over https, git again
        while True:
            os.write(writer, line)
            try:
                clone.communicate(timeout=0.1)
                break
            except subprocess.TimeoutExpired:
                assert time.monotonic() < end
        os.close(writer)


@pytest.mark.row("L13")
def test_l13_a_lock_of_a_killed_run_is_free_though_its_child_lives(home: Home):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    with holding(home) as (_, holder, _):
        os.kill(holder, signal.SIGKILL)
        second = home.git("clone", "-q", home.https_url(), "second")
        assert second.status == 0 and second.seconds < 10, second
    one_key_everywhere(home)


@pytest.mark.row("L13")
def test_l13_a_stopped_holder_is_waited_for_and_then_done_without(home: Home):
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    with holding(home) as (first, holder, _):
        os.kill(holder, signal.SIGSTOP)
        second = home.git("clone", home.ssh_url(), "second")
        assert second.error_class == "busy" and second.hint, second
        assert 19 < second.seconds < 26, second.seconds
        plain = home.git("clone", home.ssh_url(), "plain",
                         env={"BBKEY_AUTO": "never"})
        assert second.status == plain.status == 128
        assert home.requests("POST") == []
        os.kill(holder, signal.SIGCONT)
    assert first.returncode == 0
    one_key_everywhere(home)


# --- L25: what a dump would show ---------------------------------------------

@pytest.mark.row("L25")
@pytest.mark.user
def test_l25_a_token_in_memory_gets_into_no_dump(home: Home):
    """While the POST waits for its answer, so while the token is in use."""
    home.tracing = False
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    told = home.work / "pid"
    with stand_in(home, "sh", "-c", f'echo $$ > {told}; exec "$0" "$@"'):
        home.sandbox.control("POST", "/faults", {"method": "POST", "delay": 2})
        clone = clone_in_background(home, "app")
        pid = until_there(told)
        end = time.monotonic() + 20
        # then comes the POST
        while not home.private_keys() or \
                list(home.ssh_folder.glob(".bbkey-new-*")):
            assert time.monotonic() < end and clone.poll() is None
            time.sleep(0.01)
        proc = Path("/proc") / pid
        limits = (proc / "limits").read_text()
        (core,) = [x for x in limits.splitlines() if "core file" in x]
        assert core.split()[4:6] == ["0", "0"], core
        assert (proc / "mem").stat().st_uid == 0, \
            "what is not dumpable belongs to root"
        if os.geteuid() == 0:
            token = home.sandbox.tokens["project_admin"].encode()
            assert token not in (proc / "environ").read_bytes()
        else:
            with pytest.raises(PermissionError):
                (proc / "mem").open("rb")
            with pytest.raises(PermissionError):
                (proc / "environ").read_bytes()
        os.kill(int(pid), signal.SIGSEGV)
        clone.communicate(timeout=30)
    assert not list(home.work.rglob("core*"))


@pytest.mark.row("L25")
def test_l25_dumps_are_off_before_the_token_is_read(home: Home):
    log = home.work / "prctl"
    home.tracing = False
    run = home.run("strace", "-o", str(log), "-e",
                   "trace=prctl,prlimit64,openat", "git-bbkey", "init",
                   home.base)
    assert run.status == 0, run
    lines = log.read_text().splitlines()
    off = next(i for i, x in enumerate(lines) if "PR_SET_DUMPABLE, 0" in x
               or "PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in x)
    limit = next(i for i, x in enumerate(lines) if "RLIMIT_CORE" in x
                 and "rlim_cur=0" in x)
    ours = next(i for i, x in enumerate(lines) if str(home.folder) in x)
    assert max(off, limit) < ours
