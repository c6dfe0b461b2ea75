"""The most that is resident at one time."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import stopwatch
from breakdown import Stay, stays, watched
from first_clone import enrolled, unseen
from instance import BIN, distant
from result import Result
from settled import Settled

TRANSPORT, COMMAND = 3000, 20000       # kB


def most(found: list[Stay]) -> float:
    """Of every git-bbkey in a run."""
    return float(max(stay.resident for stay in found
                     if Path(stay.argv[0]).name == "git-bbkey"))


def of_command(here: Settled, *words: str) -> float:
    """Of `git-bbkey <words>` in a clone."""
    trace = here.home.work / "trace"
    stopwatch.run(["/bin/sh", "-c", 'exec "$0" "$@" 3>' + str(trace),
                   str(stopwatch.PROGRAMS / "bench-watch"),
                   str(BIN / "git-bbkey"), *words], here.bare, here.ours)
    return most(stays(trace.read_text()))


def memory(folder: Path, repetitions: int) -> Iterator[Result]:
    """The transport with a record; git-bbkey at its work."""
    here = Settled(folder)
    transport = [float(stopwatch.run(
        here.transport(), here.bare | {"PATH": here.stub_path()},
        here.home.work).resident) for _ in range(repetitions)]
    floor = stopwatch.run([str(stopwatch.PROGRAMS / "bench-clock")],
                          here.bare, here.home.work).resident
    yield Result("git-bbkey-ssh, with a record", transport, unit="kB",
                 limit=TRANSPORT, notes=[
                     f"a program that does nothing has {floor} kB"])
    yield Result("`git bbkey status --offline`", [
        of_command(here, "status", "--offline")
        for _ in range(repetitions)], unit="kB", limit=COMMAND)
    with distant() as instance:
        plain = enrolled(folder / "far", instance)
        yield Result("`git-bbkey ensure`, in a first clone", [
            most(watched(plain)) for _ in range(repetitions)], unit="kB",
            limit=COMMAND)
        all_of_it = unseen(folder / "far", instance)
        yield Result("`git bbkey clone`: enrolment, init and clone", [
            most(watched(all_of_it)) for _ in range(repetitions)],
            unit="kB", limit=COMMAND)
