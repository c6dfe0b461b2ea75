"""Two things measured in turn, and what their numbers say."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass
from typing import Callable, NamedTuple


def quartiles(numbers: list[float]) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper one."""
    if len(numbers) < 2:
        return (numbers[0],) * 3
    low, middle, high = statistics.quantiles(numbers, n=4,
                                             method="inclusive")
    return low, middle, high


def certainty(numbers: list[float]) -> tuple[float, float]:
    """Where the true median is, 19 times of 20: two of the numbers, counted
    from the ends by the binomial distribution.  The outermost if few."""
    n = len(numbers)
    k, outside = 0, 0.0
    while k < n // 2:
        outside += math.comb(n, k) / 2 ** n
        if 2 * outside > 0.05:
            break
        k += 1
    ordered = sorted(numbers)
    k = max(k - 1, 0)
    return ordered[k], ordered[n - 1 - k]


class Took(NamedTuple):
    """Seconds, on the wall and of the CPU."""

    wall: float
    cpu: float


@dataclass
class Pairs:
    """Ours and theirs, repetition by repetition."""

    ours: list[Took]
    theirs: list[Took]


def measure(ours: Callable[[], Took], theirs: Callable[[], Took],
            repetitions: int, warm_up: int = 1) -> Pairs:
    """Pairs in random order within; the first ones are thrown away."""
    found = Pairs([], [])
    for turn in range(-warm_up, repetitions):
        sides = [(ours, found.ours), (theirs, found.theirs)]
        random.shuffle(sides)
        for side, found_by_it in sides:
            took = side()
            if turn >= 0:
                found_by_it.append(took)
    return found
