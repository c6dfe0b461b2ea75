"""Where the time of a first clone goes: each program, when and how long.

A run of its own, under `bench-watch`, slows no measured one.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import stopwatch
from first_clone import Side, by_hand, enrolled, unseen
from instance import distant

WIDTH = 46


@dataclass
class Stay:
    """One program in one process, from execve to its end or the next: ms."""

    start: float
    end: float
    argv: list[str]
    resident: int = 0      # kB at most; known for the last of a process


def stays(trace: str) -> list[Stay]:
    """In the order of their starts."""
    found: list[Stay] = []
    current: dict[str, Stay] = {}
    for line in trace.splitlines():
        time, pid, what, *words = line.split(" ", 3)
        now = int(time) / 1e6
        if pid in current:
            current[pid].end = now
        if what == "exec":
            argv = words[0].rstrip("\x1f").split("\x1f")
            current[pid] = Stay(now, now, argv)
            found.append(current[pid])
        elif pid in current:
            current[pid].resident = int(words[0])
    return found


def short(argv: list[str]) -> str:
    """The program and its first words, without paths and options."""
    words = [Path(argv[0]).name]
    skip = False
    for word in argv[1:]:
        if not skip and word[:1] not in ("-", "") and "'" not in word:
            words.append(word.rsplit("/", 1)[-1])
        elif word in ("--host-key", "-G", "-y", "-t"):
            words.append(word)
        skip = word in ("-o", "-i", "-l", "-p", "-C", "-N", "-f")
    return shlex.join(words)[:WIDTH]


def watched(side: Side, latency: int = 0) -> list[Stay]:
    """One run of it, without a measurement."""
    trace = side.home.work / "trace"
    plain = side.argv
    side.argv = ["/bin/sh", "-c", 'exec "$0" "$@" 3>' + str(trace),
                 str(stopwatch.PROGRAMS / "bench-watch"), *plain]
    side.instance.proxy.set_latency(latency / 1000)
    try:
        side()
    finally:
        side.argv = plain
        side.instance.proxy.set_latency(0)
    return stays(trace.read_text())


def timeline(side: Side, latency: int) -> Iterator[str]:
    """One line a program: start, length, its words."""
    found = watched(side, latency)
    begin = found[0].start
    yield f"{Path(side.argv[0]).name} ..., {latency} ms a round trip"
    for stay in found:
        yield (f"{stay.start - begin:8.1f} ms "
               f"{stay.end - stay.start:+8.1f}  {short(stay.argv)}")


def show(folder: Path) -> Iterator[str]:
    """All of them, near and far."""
    with distant() as instance:
        for make in (by_hand, enrolled, unseen):
            side = make(folder, instance)
            for latency in (0, 80):
                yield "\n".join(timeline(side, latency)) + "\n"
