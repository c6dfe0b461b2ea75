"""Many projects on record: does the way to ssh grow?"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

from pairs import measure
from result import Result
from settled import Settled, way_to_ssh


def multiply(here: Settled, number: int) -> str:
    """That many projects on record, by copies of ours; the last one."""
    (one,) = here.home.state.glob("records/*/proj/@project")
    last = "proj"
    for n in range(2, number + 1):
        last = f"proj{n}"
        copy = one.parent.with_name(last) / one.name
        if not copy.exists():
            copy.parent.mkdir(mode=0o700)
            copy.write_text(one.read_text().replace("PROJ", last.upper()))
            copy.chmod(0o600)
    return last


def records(folder: Path, repetitions: int) -> Iterator[Result]:
    """10, 100 and 1,000 against 1; two homes, so that they take turns."""
    few = Settled(folder / "few")
    many = Settled(folder / "many")
    for number in (10, 100, 1000):
        last = multiply(many, number)
        pairs = measure(lambda: way_to_ssh(many, last),
                        lambda: way_to_ssh(few), repetitions, warm_up=3)
        yield Result.of(f"git-bbkey-ssh with {number} projects on record / "
                        "with 1", pairs, 1.05)
