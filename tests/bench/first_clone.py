"""The first clone of a project, on a machine without keys.

Ours is a plain `git clone` (on an enrolled instance) or `git bbkey clone` (on
a machine that has never seen it); theirs is by-hand.sh, from the same start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator

import stopwatch
from instance import HERE, Distant, Person, distant, environment, person
from pairs import Pairs, Took, measure, quartiles
from proxy import Count
from result import Result


@dataclass
class Cost:
    """What the network saw of one side's last run."""

    https: Count = field(default_factory=Count)
    ssh: Count = field(default_factory=Count)
    requests: int = 0

    def words(self) -> str:
        """For people."""
        return (f"{self.https.round_trips} + {self.ssh.round_trips} round "
                f"trips, {self.requests} requests, "
                f"{self.https.connections} + {self.ssh.connections} "
                "connections")


@dataclass
class Side:
    """One way to get a clone."""

    home: Person
    instance: Distant
    argv: list[str]
    cost: Cost = field(default_factory=Cost)

    def __call__(self) -> Took:
        """From the start to a clone."""
        self.instance.reset()
        self.home.put_back()
        run = stopwatch.run(self.argv, environment(self.home),
                            self.home.work)
        self.cost = Cost(*self.instance.counts())
        if not (self.home.work / "clone" / "README.md").exists():
            raise RuntimeError(f"{self.argv}: nothing cloned\n{run.err}")
        if self.instance.keys() != 1:
            raise RuntimeError(f"{self.argv}: not one key registered")
        return run.took


def by_hand(folder: Path, instance: Distant) -> Side:
    """Theirs."""
    home = person(folder / "by-hand", instance)
    home.keep()
    return Side(home, instance, [str(HERE / "by-hand.sh"), home.base, "PROJ",
                                 "app", "clone"])


def enrolled(folder: Path, instance: Distant) -> Side:
    """Ours: the instance is enrolled, the project is new."""
    home = person(folder / "ours", instance)
    home.enrol("always")
    home.keep()
    return Side(home, instance,
                ["git", "clone", "-q", home.ssh_url(), "clone"])


def unseen(folder: Path, instance: Distant) -> Side:
    """Ours: nothing is known but the address."""
    home = person(folder / "unseen", instance)
    home.keep()
    return Side(home, instance,
                ["git", "bbkey", "clone", "-q", "-y", home.https_url(),
                 "clone"])


@dataclass
class Distance:
    """The comparison at one latency."""

    latency: int
    pairs: Pairs
    ours: Cost
    theirs: Cost


def compare(ours: Side, theirs: Side, latency: int,
            repetitions: int) -> Distance:
    """At one latency, given in milliseconds."""
    ours.instance.proxy.set_latency(latency / 1000)
    try:
        pairs = measure(ours, theirs, repetitions)
    finally:
        ours.instance.proxy.set_latency(0)
    return Distance(latency, pairs, ours.cost, theirs.cost)


def results(what: str, ours: Side, theirs: Side,
            limits: dict[int, float | None],
            repetitions: int) -> Iterator[Result]:
    """At each latency; the last one says what follows from all."""
    medians = {}
    for latency, limit in limits.items():
        found = compare(ours, theirs, latency, repetitions)
        medians[latency] = [quartiles([took.wall for took in side])[1]
                            for side in (found.pairs.ours,
                                         found.pairs.theirs)]
        notes = [f"ours: {found.ours.words()}",
                 f"theirs: {found.theirs.words()}"]
        if latency == 80 and 20 in medians:
            ours_far, theirs_far = (
                (far - near) / 0.060
                for near, far in zip(medians[20], medians[80]))
            notes.append("one after the other, by what 60 ms more cost: "
                         f"{ours_far:.1f} and {theirs_far:.1f} round trips")
        yield Result.of(f"{what}, {latency} ms", found.pairs, limit, *notes)


def first_clone(folder: Path, repetitions: int) -> Iterator[Result]:
    """A new project of an enrolled instance."""
    with distant() as instance:
        yield from results("`git clone` / by-hand.sh",
                           enrolled(folder, instance),
                           by_hand(folder, instance),
                           {0: 0.95, 20: None, 80: 0.9}, repetitions)


def unseen_clone(folder: Path, repetitions: int) -> Iterator[Result]:
    """An instance that this machine has never seen."""
    with distant() as instance:
        yield from results("`git bbkey clone` / by-hand.sh",
                           unseen(folder, instance),
                           by_hand(folder, instance),
                           {0: None, 20: None, 80: 1.0}, repetitions)
