"""What a benchmark hands back: numbers, a limit, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

from pairs import Pairs, certainty, quartiles


@dataclass
class Result:
    """One line of a report.

    With `theirs` the limit is for the ratio; without, for ours itself.
    """

    what: str
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    unit: str = "ms"
    limit: float | None = None
    notes: list[str] = field(default_factory=list)
    skipped: str = ""

    @staticmethod
    def of(what: str, pairs: Pairs, limit: float | None,
           *notes: str) -> "Result":
        """From what both sides took."""
        cpu = [quartiles([took.cpu * 1000 for took in side])[1]
               for side in (pairs.ours, pairs.theirs)]
        return Result(what, [took.wall * 1000 for took in pairs.ours],
                      [took.wall * 1000 for took in pairs.theirs],
                      limit=limit, notes=[
                          f"CPU time: ours {cpu[0]:.1f} ms, theirs "
                          f"{cpu[1]:.1f} ms", *notes])

    @property
    def ratios(self) -> list[float]:
        """Of each pair."""
        return [a / b for a, b in zip(self.ours, self.theirs)]

    @property
    def judged(self) -> list[float]:
        """What the limit is for."""
        return self.ratios if self.theirs else self.ours

    @property
    def failed(self) -> bool:
        """The median is beyond the limit."""
        return (not self.skipped and self.limit is not None
                and quartiles(self.judged)[1] > self.limit)

    @property
    def verdict(self) -> str:
        """One word, or two where the numbers are too few to be sure."""
        if self.skipped:
            return "skipped"
        if self.limit is None:
            return "no limit"
        low, high = certainty(self.judged)
        sure = not low <= self.limit <= high
        return ("FAIL" if self.failed else "pass") + ("" if sure else ", just")


def spread(numbers: list[float], digits: int) -> str:
    """The median, and the quartiles around it."""
    low, middle, high = quartiles(numbers)
    return f"{middle:.{digits}f} ({low:.{digits}f} .. {high:.{digits}f})"


def digits_for(numbers: list[float]) -> int:
    """Three figures or so."""
    middle = quartiles(numbers)[1]
    return 0 if middle >= 100 else 1 if middle >= 10 else 2
