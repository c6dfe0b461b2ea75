"""The command: which benchmarks there are, and what becomes of them."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import breakdown
import distance
import first_clone
import machine
import memory
import over_https
import records
import report
import starting
import steady
from result import Result

TREE = Path(__file__).resolve().parents[2]
PAGE = TREE / "docs" / "performance.md"


@dataclass
class Benchmark:
    """A section of the report."""

    name: str
    title: str
    repetitions: int
    run: Callable[[Path, int], Iterator[Result]]


BENCHMARKS = [
    Benchmark("distance", "The distance: is the proxy as far away as it "
              "says?", 30, distance.distance),
    Benchmark("first-clone", "First clone of a project on an enrolled "
              "instance, on a machine without keys", 15,
              first_clone.first_clone),
    Benchmark("unseen-clone", "First clone on a machine that has never seen "
              "the instance, enrolment included", 9,
              first_clone.unseen_clone),
    Benchmark("steady", "Every day, in a clone that is set up", 60,
              steady.steady),
    Benchmark("fetch", "Every day, and a lot of it (row S18)", 7,
              steady.big_fetch),
    Benchmark("over-https", "An https URL that ssh cannot be had for", 7,
              over_https.over_https),
    Benchmark("records", "Many projects on record", 100, records.records),
    Benchmark("starting", "Starting times, beside other programs", 25,
              starting.starting),
    Benchmark("memory", "Memory: the most that is resident", 3,
              memory.memory),
]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(prog="tests/bench/run",
                                description="Measure git-bbkey.")
    p.add_argument("--only", action="append", metavar="NAME",
                   choices=[b.name for b in BENCHMARKS])
    p.add_argument("--repetitions", type=int, metavar="N",
                   help="pairs of each comparison (default: by benchmark)")
    p.add_argument("--write", action="store_true",
                   help="write docs/performance.md; not with --only")
    p.add_argument("--breakdown", action="store_true",
                   help="measure nothing; show which programs a first clone "
                   "starts, when, and for how long")
    return p


def run(benchmark: Benchmark, repetitions: int) -> list[Result]:
    """In a folder of its own; prints as it goes."""
    print(f"=== {benchmark.name}: {benchmark.title}\n", flush=True)
    results = []
    with tempfile.TemporaryDirectory(prefix="bbkey-bench-") as folder:
        for result in benchmark.run(Path(folder), repetitions):
            results.append(result)
            print(report.text(result), flush=True)
    return results


def show_breakdown() -> int:
    """Instead of measuring."""
    with tempfile.TemporaryDirectory(prefix="bbkey-bench-") as folder:
        for text in breakdown.show(Path(folder)):
            print(text, flush=True)
    return 0


def main() -> int:
    """0: no limit is passed."""
    args = parser().parse_args()
    if args.breakdown:
        return show_breakdown()
    if args.write and args.only:
        parser().error("--write needs all of them")
    facts = machine.describe(Path(tempfile.gettempdir()))
    print("".join(f"{k}: {v}\n" for k, v in facts.items()))
    found = [(b, run(b, args.repetitions or b.repetitions))
             for b in BENCHMARKS if not args.only or b.name in args.only]
    if args.write:
        PAGE.write_text(report.page(facts, [(b.title, r) for b, r in found]))
    results = [r for _, rs in found for r in rs]
    failed = [r for r in results if r.failed]
    skipped = [r for r in results if r.skipped]
    print(f"{len(results) - len(failed) - len(skipped)} within limits or "
          f"without, {len(failed)} beyond, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
