"""Rows L2, L9 to L11, L14, M14: any one thing fails, at any moment.

The first plain `git clone` is disturbed at one point, in whichever process
that is; then what is left is looked at, and a normal clone follows.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from home import NSS_WRAPPER, Home
from sweeps import (FAST, FAST_PATH, NthCall, Template, assert_mends_itself,
                    assert_saved_before_posted, key_name, no_sanitizers,
                    one_key_everywhere, spread, stand_in)

KILL_POINTS = 12  # of all the processes of a first clone


# --- L9: all processes of a first clone --------------------------------------

@pytest.mark.row("L9")
@pytest.mark.parametrize("git", ["git", "git bbkey"])
@pytest.mark.parametrize("who", ["kill", "kill-one"])
def test_l9_a_first_clone_killed_in_any_process_leaves_a_next_that_works(
        fast: Home, nthcall: NthCall, who: str, git: str):
    """The machine goes down, or one process is taken out of the middle."""
    start = Template(fast)
    command = [*git.split(), "clone", "-q", fast.https_url(), "clone"]
    every = nthcall.points(fast, *command)
    programs = {program for _, program, _ in every}
    assert {"git-bbkey", "git-bbkey-ssh", "ssh-keygen", "ssh",
            "git"} <= programs, programs
    # a process that reads the configuration or unpacks is git's own business
    every = [p for p in every if p[1] != "git" or p[2] != "write"]
    plan = spread(every, KILL_POINTS, lambda p: (p[1], p[2] == "execve"))
    killed = 0
    for n, program, call in plan:
        start.restore()
        run = fast.run(*nthcall.argv(n, who, *command))
        killed += run.status != 0
        what = f"{who} at {n}: {call} of {program}"
        assert run.seconds < 30, (what, run)
        assert_saved_before_posted(fast)
        assert_mends_itself(fast, what)
    print(f"{who}: {len(plan)} of {len(every)} points, {killed} fatal")
    assert killed >= len(plan) // 3, "the sweep hit nothing"


# --- L10: no memory ----------------------------------------------------------

ALLOC_POINTS = 6  # of each

L10 = {
    "init": ["git-bbkey", "init", "URL", "--auto", "always"],
    "status": ["git-bbkey", "status", "--json"],
    "clone": ["git", "clone", "-q", "URL", "clone"],
    "fetch": ["git", "fetch", "-q"],
    "help": ["git-bbkey", "help"],
}
NO_MEMORY = ("out of memory", "memory")


def begin(home: Home, name: str) -> Path:
    """What has to be there before; where to run it."""
    if name not in ("init", "help"):
        home.enrol("always")
    if name in ("status", "fetch"):
        assert home.git("clone", "-q", home.https_url(), "app").status == 0
        return home.work / "app"
    return home.work


@pytest.mark.row("L10")
@no_sanitizers
@pytest.mark.parametrize("name,program", [
    ("init", "git-bbkey"), ("status", "git-bbkey"), ("help", "git-bbkey"),
    ("clone", "git-bbkey"), ("clone", "git-bbkey-ssh"),
    ("fetch", "git-bbkey-ssh")])
def test_l10_no_memory_at_any_allocation_is_an_error_and_no_crash(
        home: Home, nthalloc: Path, name: str, program: str):
    home.tracing = False
    home.may_leave = True  # the next run tidies up
    home.extra = dict(FAST_PATH)
    cwd = begin(home, name)
    start = Template(home)
    command = [w.replace("URL", home.https_url()) for w in L10[name]]
    count = home.work / ".count"
    env = {"LD_PRELOAD": f"{nthalloc}:{NSS_WRAPPER}",
           "NTHALLOC_PROGRAM": program}
    whole = home.run(*command, cwd=cwd, env=env | {
        "NTHALLOC_COUNT": str(count)})
    assert whole.status == 0, whole
    plan = spread(list(range(1, int.from_bytes(
        count.read_bytes(), sys.byteorder) + 1)), ALLOC_POINTS)
    failed = 0
    for n in plan:
        start.restore()
        run = home.run(*command, cwd=cwd, env=env | {"NTHALLOC_N": str(n)})
        what = f"allocation {n} of {program} in {name}"
        failed += run.status != 0
        assert run.status in (0, 3, 4, 7, 8, 9, 11, 12, 128), (what, run)
        assert run.status < 128 or "fatal: " in run.err, (what, run)
        assert run.seconds < 30, (what, run)
        assert_saved_before_posted(home)
        if name in ("init", "clone"):
            home.enrol("always")
            assert_mends_itself(home, what)
    print(f"{name}, {program}: {len(plan)} points, {failed} failed")


# --- L2: other errors of a file system ---------------------------------------

L2 = [("EDQUOT", "write"), ("EIO", "fsync"), ("EIO", "write"),
      ("EROFS", "openat"), ("EROFS", "mkdir"), ("EXDEV", "linkat"),
      ("EPERM", "linkat"), ("EXDEV", "renameat"), ("EROFS", "renameat"),
      ("ENOSPC", "mkdir"), ("ENOSPC", "openat"), ("EIO", "fchmod")]
L2_POINTS = 1  # of each


def calls_of(home: Home, call: str, argv: list[str]) -> list[int]:
    """Which of git-bbkey's calls touch the home; the N of each."""
    log = home.work / ".calls"
    with stand_in(home, "strace", "-qq", "-o", str(log), "-e",
                  f"trace={call}", "-s", "500", "--"):
        run = home.run(*argv)
    assert run.status == 0, run
    quiet = {"openat": "O_CREAT", "mkdir": str(home.folder)}
    return [n for n, line in enumerate(log.read_text(
        errors="replace").splitlines(), 1) if quiet.get(call, "") in line
        and line.startswith(call)]


@pytest.mark.row("L2")
@pytest.mark.parametrize("error,call", L2)
def test_l2_an_error_of_the_file_system_leaves_what_was_there(
        fast: Home, error: str, call: str):
    start = Template(fast)
    before = fast.snapshot()
    command = ["git", "clone", "-q", fast.https_url(), "clone"]
    every = calls_of(fast, call, command)
    assert every, f"git-bbkey makes no {call}"
    for n in spread(every, L2_POINTS):
        start.restore()
        with stand_in(fast, "strace", "-qq", "-o", "/dev/null", "-e",
                      f"trace={call}", "-e",
                      f"inject={call}:error={error}:when={n}", "--"):
            run = fast.run(*command)
        what = f"{error} at {call} {n}"
        assert run.status in (0, 128), (what, run)
        assert run.status == 0 or run.error_class in ("local", "keyfile"), \
            (what, run)
        after = fast.snapshot()
        assert {k: after.get(k) for k in before} == before, what
        assert_saved_before_posted(fast)
        assert_mends_itself(fast, what)


@pytest.mark.row("L2")
@pytest.mark.parametrize("left", [0, 1, 2, 4, 8])
def test_l2_a_home_with_few_inodes_left(home: Home, left: int):
    home.tracing = False
    home.may_leave = True
    home.extra = dict(FAST_PATH)
    home.enrol("always")
    home.forget_log()
    before = home.snapshot()
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else \
        ["unshare", "-Um", "--map-current-user", "--keep-caps"]
    script = (
        f"cp -a {home.folder} {home.work}/old\n"
        f"n=$(find {home.work}/old | wc -l)\n"
        f"mount -t tmpfs -o nr_inodes=$((n + {left})),mode=700 tmpfs "
        f"{home.folder} || exit 77\n"
        f"cp -a {home.work}/old/. {home.folder}/\n"
        f"git clone -q {home.https_url()} {home.work}/clone; status=$?\n"
        f"cp -a {home.folder} {home.work}/dump; exit $status")
    run = home.run(*unshare, "sh", "-c", script)
    if run.status == 77:
        pytest.skip("no mounts of our own here")
    assert run.status in (0, 128), run
    shutil.rmtree(home.folder)
    shutil.move(home.work / "dump", home.folder)
    after = home.snapshot()
    assert {k: after.get(k) for k in before} == before, run
    assert_saved_before_posted(home)
    assert_mends_itself(home, f"{left} inodes")


# --- L11: system calls that fail ---------------------------------------------

L11 = {
    # what a call may say for a moment: it is made again, nothing is lost
    "EINTR": ["read", "write", "poll", "wait4", "flock", "openat"],
    "EAGAIN": ["clone", "read", "socket"],
    "ENOMEM": ["clone", "openat", "execve", "poll"],
    "EMFILE": ["openat", "pipe", "socket", "fcntl"],
    "EIO": ["read", "newfstatat", "unlinkat", "fstat"],
}
L11_POINTS = 2  # of each
SPARED = ("/etc/", "/lib/", "/usr/", "/proc/", "/dev/")


def places(home: Home, call: str, program: str, argv: list[str]) -> list[int]:
    """Our own calls: what the loader and the libraries open is left out."""
    log = home.work / ".calls"
    with disturbed(home, program, "strace", "-qq", "-y", "-o", str(log), "-e",
                   f"trace={call}", "-s", "300", "--"):
        run = home.run(*argv)
    assert run.status == 0, run
    return [n for n, line in enumerate(log.read_text(
        errors="replace").splitlines(), 1) if line.startswith(call)
        and not any(spared in line.split(" = ")[0] for spared in SPARED)
        and not (call == "execve" and n == 1)]


@contextmanager
def disturbed(home: Home, program: str, *prefix: str) -> Iterator[None]:
    if program == "git-bbkey":
        with stand_in(home, *prefix):
            yield
        return
    with stand_in(home) as programs:
        real = programs / "transport"
        real.mkdir(exist_ok=True)
        shutil.copy(programs / program, real)
        script = programs / program
        script.unlink()
        # ssh's own questions about the host key are not what is disturbed
        script.write_text("#!/bin/sh\ncase $1 in --host-key | --gate) p=;; *) p='"
                          f"{shlex.join(prefix)}';; esac\n"
                          f"exec $p {FAST}/{program} \"$@\"\n")
        script.chmod(0o755)
        yield


@pytest.mark.row("L11")
@pytest.mark.parametrize("program", ["git-bbkey", "git-bbkey-ssh"])
@pytest.mark.parametrize("error", list(L11))
def test_l11_a_failing_system_call_is_made_again_or_is_an_error(
        fast: Home, error: str, program: str):
    start = Template(fast)
    command = ["git", "clone", "-q", fast.https_url(), "clone"]
    tried = 0
    for call in L11[error]:
        start.restore()
        for n in spread(places(fast, call, program, command), L11_POINTS):
            start.restore()
            with disturbed(fast, program, "strace", "-qq", "-o", "/dev/null",
                           "-e", f"trace={call}", "-e",
                           f"inject={call}:error={error}:when={n}", "--"):
                run = fast.run(*command)
            what = f"{error} at {call} {n} of {program}"
            tried += 1
            assert run.status == 0 or (error != "EINTR" and
                                       run.status == 128), (what, run)
            assert run.seconds < 30, what
            assert_saved_before_posted(fast)
            assert_mends_itself(fast, what)
    assert tried >= 2
    print(f"{error}: {tried} points")


# --- L14: a home where nothing can be locked ---------------------------------

@pytest.mark.row("L14")
@pytest.mark.parametrize("count", [1, 6])
def test_l14_without_locks_link_says_whose_key_it_is(fast: Home, count: int):
    fast.forget_log()
    fast.allow_posts = count  # of the same key; the server has it once
    script = " ".join(f"git clone -q {fast.https_url()} c{i} & p{i}=$!;"
                      for i in range(count))
    script += " ".join(f"wait $p{i} || exit 1;" for i in range(count))
    with stand_in(fast, "strace", "-qq", "-o", "/dev/null", "-e",
                  "trace=flock", "-e", "inject=flock:error=ENOLCK", "--"):
        run = fast.run("bash", "-c", script)
    assert run.status == 0, run
    one_key_everywhere(fast)
    (key,) = fast.private_keys()
    assert Path(f"{key}.pub").exists()


# --- M14: another folder is put in the place of ~/.ssh -----------------------

M14_POINTS = 8


@pytest.mark.row("M14")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: chown")
@pytest.mark.parametrize("command", ["clone", "init"])
def test_m14_a_swapped_ssh_folder_gets_no_key_and_gives_none(
        fast: Home, nthcall: NthCall, command: str):
    """Stopped before any of our calls, ~/.ssh becomes the attacker's, who has
    put a key of their own under our name there."""
    real = fast.folder / "real-ssh"
    real.mkdir(mode=0o700)
    fast.ssh_folder.symlink_to(real)
    evil = fast.work / "evil"
    evil.mkdir()
    fast.make_key(evil / key_name(fast), comment="bbkey dev@laptop")
    for path in (evil, *evil.iterdir()):
        os.chown(path, 12345, 12345)
    theirs = (evil / f"{key_name(fast)}.pub").read_text().split()[1]
    planted = sorted(p.name for p in evil.iterdir())
    start = Template(fast)
    swap = f"ln -sfn {evil} {fast.ssh_folder}"
    argv = (["git", "clone", "-q", fast.https_url(), "clone"]
            if command == "clone" else ["git-bbkey", "init", fast.https_url()])
    every = [p for p in nthcall.points(fast, *argv)
             if p[1] in ("git-bbkey", "ssh-keygen")
             and p[2] not in ("write", "connect", "sendto")]
    for n, program, call in spread(every, M14_POINTS, lambda p: p[1:]):
        start.restore()
        real.chmod(0o700)
        fast.run(*nthcall.argv(n, swap, *argv))
        what = f"swapped before {n}: {call} of {program}"
        if os.readlink(fast.ssh_folder) != str(evil):
            continue  # this run made fewer calls, and ended before it
        for grant in fast.keys_registered():
            assert grant["key"]["text"].split()[1] != theirs, what
        assert sorted(p.name for p in evil.iterdir()) == planted, what
