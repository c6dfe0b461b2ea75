"""Every day: a fetch of a project that is set up."""

from __future__ import annotations

import collections
import os
import re
import shutil
from pathlib import Path
from typing import Callable, Iterator

import stopwatch
from pairs import Took, measure
from result import Result
from settled import BIG, Settled, way_to_ssh, settled

CALL = re.compile(r"(\d+) +(\w+)\(.*\) += (\d+)")
COPYING = ("read,write,readv,writev,pread64,pwrite64,splice,sendfile,tee,"
           "copy_file_range,recvfrom,sendto,recvmsg,sendmsg,vmsplice")


def ls_remote(here: Settled, repetitions: int) -> Iterator[Result]:
    """The smallest thing that git does over ssh."""
    def in_clone(clone: Path) -> Callable[[], Took]:
        return lambda: stopwatch.run(["git", "ls-remote", "-q"], here.env,
                                     clone).took

    yield Result.of("`git ls-remote` / with core.sshCommand=\"ssh -i ...\"",
                    measure(in_clone(here.ours), in_clone(here.theirs),
                            repetitions, warm_up=3), 1.02)


def wrapper(here: Settled, repetitions: int) -> Iterator[Result]:
    """git-bbkey-ssh by itself."""
    def ssh_alone() -> Took:
        run = stopwatch.run([str(stopwatch.PROGRAMS / "bench-clock")],
                            here.bare, here.home.work)
        return Took((int(run.out) - run.start) / 1e9, run.cpu)

    pairs = measure(lambda: way_to_ssh(here), ssh_alone, repetitions * 5,
                    warm_up=3)
    ours = [took.wall * 1000 for took in pairs.ours]
    more = [(a.wall - b.wall) * 1000
            for a, b in zip(pairs.ours, pairs.theirs)]
    yield Result("from the start of git-bbkey-ssh to main() of ssh", ours)
    # what is left is from its start to its posix_spawn()
    yield Result("the same, without what it takes to start that stand-in "
                 "for ssh alone", more, limit=1.0)


def fetch(here: Settled, url: str, repetitions: int) -> Iterator[Result]:
    """200 MB into an empty repository."""
    clone = here.home.work / "clone-big"

    def empty(by_hand: bool) -> None:
        shutil.rmtree(clone, ignore_errors=True)
        here.home.git("init", "-q", str(clone))
        here.home.git("remote", "add", "origin", url, cwd=clone)
        # neither the disk nor zlib is compared
        here.home.git("config", "core.fsync", "none", cwd=clone)
        if by_hand:
            here.as_by_hand(clone)

    def side(by_hand: bool) -> Took:
        empty(by_hand)
        return stopwatch.run(["git", "fetch", "-q", "origin", "main"],
                             here.env, clone).took

    pairs = measure(lambda: side(False), lambda: side(True), repetitions)
    empty(False)
    trace = here.home.work / "trace"
    command = (f"strace -f -qq -s 0 -e trace=execve,{COPYING} -o {trace} "
               f"{here.transport()[0]}")
    stopwatch.run(["git", "fetch", "-q", "origin", "main"],
                  here.env | {"GIT_SSH_COMMAND": command}, clone)
    moved = bytes_moved(trace.read_text())
    yield Result.of("`git fetch` of 200 MB / with core.sshCommand=\"ssh -i "
                    "...\"", pairs, 1.01,
                    "read and written under strace by git-bbkey-ssh: "
                    f"{moved['git-bbkey-ssh']:,} bytes, by ssh: "
                    f"{moved['ssh']:,} bytes")
    yield Result("bytes that git-bbkey-ssh moves for 200 MB",
                 [moved["git-bbkey-ssh"] / BIG * 100], unit="% of them",
                 limit=0.1)


def bytes_moved(trace: str) -> collections.Counter[str]:
    """By the program that the process ran at the time."""
    moved: collections.Counter[str] = collections.Counter()
    image: dict[str, str] = {}
    for line in trace.splitlines():
        found = re.match(r"(\d+) +execve\(\"([^\"]*)\".* = 0$", line)
        if found:
            image[found[1]] = Path(found[2]).name
            continue
        call = CALL.match(line)
        if call:
            moved[image.get(call[1], "git-bbkey-ssh")] += int(call[3])
    return moved


def steady(folder: Path, repetitions: int) -> Iterator[Result]:
    """The small things."""
    with settled(folder) as here:
        yield from ls_remote(here, repetitions)
        yield from wrapper(here, repetitions)


def big_fetch(folder: Path, repetitions: int) -> Iterator[Result]:
    """The large one, all of it on one core: work has nowhere to hide."""
    here = Settled(folder)
    url = here.make_big()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    here.sshd.start()
    try:
        yield from fetch(here, url, repetitions)
    finally:
        here.sshd.stop()
        os.sched_setaffinity(0, cores)
