"""How long it takes until a small command has said what it has to say."""

from __future__ import annotations

import random
import shutil
import urllib.parse
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import stopwatch
from instance import BIN
from pairs import Pairs, Took
from result import Result
from settled import Settled

STORE = "/usr/lib/git-core/git-credential-store"


@dataclass
class Command:
    """One that is started; `program` is what it cannot be without."""

    name: str
    argv: list[str]
    cwd: Path
    stdin: str = ""
    program: str = "git"

    @property
    def missing(self) -> bool:
        """Not installed here."""
        return not shutil.which(self.program)


def asking(host: str) -> str:
    """What git sends to a credential helper."""
    return f"protocol=https\nhost={host}\npath=scm/proj/app.git\n\n"


def commands(here: Settled) -> list[tuple[list[Command], list[Command]]]:
    """Ours, and others that do a job of that size."""
    address = urllib.parse.urlsplit(here.home.base)
    enrolled, other = asking(address.netloc), asking("example.com")
    store = here.home.folder / ".git-credentials"
    store.write_text(f"https://u:secret@{address.netloc}\n")
    work, ours = here.home.work, here.ours
    helper = str(BIN / "git-credential-bbkey")
    return [([
        Command("`git bbkey -h`", ["git", "bbkey", "-h"], work),
        Command("`git bbkey status --offline`",
                ["git", "bbkey", "status", "--offline"], ours),
    ], [
        Command("`gh --version`", ["gh", "--version"], work, "", "gh"),
    ]), ([
        Command("`git-credential-bbkey get`, another host",
                [helper, "get"], work, other),
        Command("`git-credential-bbkey get`, an enrolled host",
                [helper, "get"], work, enrolled),
    ], [
        Command("`git-credential-store get`", [STORE, "get"], work,
                enrolled, STORE),
        Command("`git-credential-oauth get`, another host",
                ["git-credential-oauth", "get"], work, other,
                "git-credential-oauth"),
    ])]


def rounds(here: Settled, them: list[Command],
           repetitions: int) -> dict[str, list[Took]]:
    """Each once a round, in random order; the first two are thrown away."""
    found: dict[str, list[Took]] = {c.name: [] for c in them}
    for turn in range(-2, repetitions):
        for command in random.sample(them, len(them)):
            took = stopwatch.run(command.argv, here.bare, command.cwd,
                                 command.stdin, status=None).took
            if turn >= 0:
                found[command.name].append(took)
    return found


def starting(folder: Path, repetitions: int) -> Iterator[Result]:
    """Every one of ours beside every one of its others; no limits."""
    here = Settled(folder)
    for ours, others in commands(here):
        there = [c for c in others if not c.missing]
        found = rounds(here, ours + there, repetitions)
        for mine in ours:
            said = stopwatch.run(mine.argv, here.bare, mine.cwd, mine.stdin,
                                 status=None).out
            for other in there:
                yield Result.of(f"{mine.name} / {other.name}", Pairs(
                    found[mine.name], found[other.name]), None,
                    *([] if said else ["ours has nothing to say"]))
        for other in others:
            if other.missing:
                yield Result(other.name, skipped="not installed")
