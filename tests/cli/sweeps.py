"""Faults at every point of a run: where they can be, and what must hold after.

A sweep tries a spread sample; BBK_SWEEP=all makes it try every point.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from home import BIN, TREE, Home, Result

EVERY_POINT = os.environ.get("BBK_SWEEP") == "all"

# The sweeps start hundreds of programs; sanitizers triple their time.
_release = TREE / "build" / "release" / "plugin"
_built = [_release / p for p in ("git-bbkey", "git-bbkey-ssh")]
_newest = max(p.stat().st_mtime for p in (TREE / "plugin").rglob("*.[ch]"))
# a change of a source makes one of the two anew, not both
FAST = _release if all(p.exists() for p in _built) and max(
    p.stat().st_mtime for p in _built) >= _newest else BIN
no_sanitizers = pytest.mark.skipif(
    FAST == BIN, reason="the release build is missing or old: "
    "sanitizers need memory of their own")
FAST_PATH = {"PATH": f"{FAST}:/usr/local/bin:/usr/bin:/bin"}


# git's own https, which is tried for an https URL once ssh cannot be had
OVER_HTTPS = "fatal: could not read Username for 'https://"


def own_lines(text: str) -> list[str]:
    """Without what is ours, and without the folder's name."""
    return [line for line in text.splitlines()
            if not line.startswith(("git-bbkey: ", "hint: ", "Cloning into",
                                    OVER_HTTPS))]


def assert_as_plain(home: Home, url: str, **how: Any) -> Result:
    """I10: our help fails, so the result is what plain ssh gives."""
    plain = home.git("clone", url, "plain",
                     env={"BBKEY_AUTO": "never"} | how.pop("env", {}), **how)
    ours = home.git("clone", url, "ours", **how)
    assert ours.status == plain.status != 0, (plain, ours)
    assert own_lines(ours.err) == own_lines(plain.err), (plain, ours)
    assert ours.out == plain.out
    return ours


def refused(home: Home, run: Result, name: str, status: int) -> None:
    assert run.status == status, run
    assert run.error_class == name, run
    assert run.seconds < 30
    assert home.requests("POST") == [], "I9: registered all the same"


def modes(*paths: Path) -> list[str]:
    return [stat.filemode(p.lstat().st_mode) for p in paths]


def key_name(home: Home) -> str:
    """What our key of this instance is called."""
    where = home.base.removeprefix("https://")
    return "bbkey_" + where.replace(":", "_").replace("/", "__")


def one_key_everywhere(home: Home) -> None:
    """I3, I9: one key here, the same one on the server."""
    (key,) = home.private_keys()
    public = subprocess.run(["ssh-keygen", "-y", "-P", "", "-f", str(key)],
                            capture_output=True, text=True)
    assert public.returncode == 0, public.stderr
    (grant,) = home.keys_registered()
    assert grant["key"]["text"].split()[1] == public.stdout.split()[1], \
        "the server has another key than we have"


class Template:
    """A home to come back to, as often as a sweep needs it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.copy = home.work / ".template"
        shutil.copytree(home.folder, self.copy, symlinks=True)

    def restore(self) -> None:
        home = self.home
        shutil.rmtree(home.folder)
        shutil.copytree(self.copy, home.folder, symlinks=True)
        for name in ("clone", "again"):
            shutil.rmtree(home.work / name, ignore_errors=True)
        home.sandbox.control("POST", "/reset")
        home.forget_log()


def points(home: Home, argv: list[str], env: dict[str, str],
           calls: tuple[str, ...], wanted: int,
           program: str | None = None) -> list[tuple[str, int]]:
    """(system call, N) of one undisturbed run: where it could be hit.

    strace counts a call's N in each process by itself.  Only what touches
    something outside the process's own libraries is worth it.
    """
    known = {e for e in calls if subprocess.run(
        ["strace", "-o", "/dev/null", "-e", f"trace={e}", "true"],
        capture_output=True).returncode == 0}
    log = home.work / ".points"
    home.tracing = False
    run = home.run("strace", "-f", "-qq", "-s", "300", "-o", str(log), "-e",
                   "trace=execve," + ",".join(sorted(known)), "--", *argv,
                   env=env)
    assert run.status == 0, run
    counts: Counter[tuple[str, str]] = Counter()
    name_of: dict[str, str] = {}
    found: dict[tuple[str, int], None] = {}
    for line in log.read_text(errors="replace").splitlines():
        started = re.match(r'(\d+) +execve\("([^"]*)".*(?: = 0| <unfinished \.\.\.>)$', line)
        if started:
            name_of[started[1]] = Path(started[2]).name
        match = re.match(r"(\d+) +(\w+)\((.*)", line)
        if not match or match[2] not in known:
            continue
        counts[match[1], match[2]] += 1
        if program and name_of.get(match[1]) != program:
            continue
        if match[2] in ("openat", "connect") and not (
                "O_CREAT" in match[3] or "AF_INET" in match[3]
                or str(home.folder) in match[3]):
            continue
        found[match[2], counts[match[1], match[2]]] = None
    every = sorted(found)
    assert len(every) >= 6, (every, run)
    return spread(every, wanted, lambda point: point[0])


def inject(what: str, call: str, n: int) -> list[str]:
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
            "-e", f"inject={call}:{what}:when={n}", "--"]


def assert_saved_before_posted(home: Home) -> None:
    """Whatever was registered can be used from this machine."""
    grants = home.keys_registered()
    assert len(grants) <= 1, grants
    for grant in grants:
        blobs = [subprocess.run(["ssh-keygen", "-y", "-P", "", "-f", str(key)],
                                capture_output=True, text=True
                                ).stdout.split()[1:2]
                 for key in home.private_keys()]
        assert [grant["key"]["text"].split()[1]] in blobs, \
            "registered a key that is not on disk"


def assert_mends_itself(home: Home, what: str) -> None:
    """A plain clone afterwards, undisturbed, is a working one."""
    clone = home.git("clone", "-q", home.https_url(), "again", env=FAST_PATH)
    assert clone.status == 0, (what, clone)
    assert (home.work / "again" / "README.md").exists(), what
    one_key_everywhere(home)
    # one that was cut off before its body was there is not counted
    posts = [e for e in home.events("http") if e["method"] == "POST"
             and e["status"] == 201]
    assert len(posts) <= 1, (what, home.requests())


def spread(every: list, wanted: int, kind: Any = None) -> list:
    """One of each kind, and the rest in even steps; all where all is asked."""
    if EVERY_POINT or len(every) <= wanted:
        return every
    chosen = {(kind(x) if kind else 0): x for x in every}
    step = len(every) / max(1, wanted - len(chosen))
    more = [every[int(i * step)] for i in range(wanted - len(chosen))]
    return sorted({*chosen.values(), *more})


# --- all programs at once: nthcall.c ------------------------------------------

@dataclass
class NthCall:
    """Counts the calls of all processes together, and acts at one of them."""

    program: Path
    list: Path

    def argv(self, n: int, action: str, *argv: str) -> list[str]:
        return [str(self.program), str(self.list), str(n), action, *argv]

    def points(self, home: Home, *argv: str) -> list[tuple[int, str, str]]:
        """(N, program, call) of one undisturbed run."""
        run = home.run(*self.argv(0, "kill", *argv))
        assert run.status == 0, run
        found = []
        for line in self.list.read_text().splitlines():
            n, _, rest = line.split(" ", 2)
            program, call = rest.rsplit(" ", 1)
            found.append((int(n), program, call))
        return found


# --- one program is disturbed, the others are not ----------------------------

@contextmanager
def stand_in(home: Home, *prefix: str) -> Iterator[Path]:
    """Below a clone, and as `git bbkey`, git-bbkey runs behind this prefix."""
    programs = home.work / ".programs"
    programs.mkdir(exist_ok=True)
    shutil.copy(FAST / "git-bbkey-ssh", programs)
    script = programs / "git-bbkey"
    script.write_text(f"#!/bin/sh\nexec {shlex.join(prefix)} "
                      f"{FAST}/git-bbkey \"$@\"\n")
    script.chmod(0o755)
    transport = home.config / "transport"
    link = home.config / "https" / "git-bbkey-ssh"
    good = transport.read_text()
    transport.write_text(good.replace(f"{FAST}/git-bbkey-ssh",
                                      f"{programs}/git-bbkey-ssh"))
    link.unlink()
    link.symlink_to(programs / "git-bbkey-ssh")
    try:
        yield programs
    finally:
        transport.write_text(good)
        link.unlink()
        link.symlink_to(FAST / "git-bbkey-ssh")
