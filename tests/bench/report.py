"""Results for people: on the terminal, and as docs/performance.md."""

from __future__ import annotations

from result import Result, certainty, digits_for, spread

HEAD = """\
# Performance

Written by `tests/bench/run --write`; these are the numbers of its last run.
How each is measured is in `tests/bench/README.md`.

Each line compares two things in one run: pairs of runs in random order, the
first pair thrown away.  A cell is the median and, in brackets, the quartiles;
*ratio* is that of the two runs of a pair.  "just" means that another run of
as many pairs could have gone the other way.
"""


def cells(result: Result) -> tuple[str, str, str, str]:
    """Ours, theirs, ratio, limit."""
    ours = spread(result.ours, digits_for(result.ours)) + " " + result.unit
    limit = "" if result.limit is None else f"{result.limit:g}"
    if not result.theirs:
        return ours, "", "", f"{limit} {result.unit}" if limit else ""
    theirs = spread(result.theirs, digits_for(result.theirs))
    return (ours, f"{theirs} {result.unit}", spread(result.ratios, 3), limit)


def text(result: Result) -> str:
    """A few lines for the terminal."""
    if result.skipped:
        return f"SKIP {result.what}: {result.skipped}\n"
    ours, theirs, ratio, limit = cells(result)
    low, high = certainty(result.judged)
    lines = [result.what, f"    ours    {ours}"]
    if theirs:
        lines += [f"    theirs  {theirs}",
                  f"    ratio   {ratio}, {len(result.ratios)} pairs; "
                  f"median within {low:.3f} .. {high:.3f}"]
    if limit:
        lines += [f"    limit   {limit}: {result.verdict}"]
    return "\n".join(lines + [f"    {x}" for x in result.notes]) + "\n"


def table(results: list[Result]) -> str:
    """The same, as Markdown."""
    rows = ["| what | ours | theirs | ratio | limit | |",
            "|---|---|---|---|--:|---|"]
    for result in results:
        middle = (("", "", "", "") if result.skipped else cells(result))
        last = result.skipped and f"skipped: {result.skipped}"
        rows.append("| " + " | ".join(
            [result.what, *middle, last or result.verdict]) + " |")
    notes = [f"* {r.what}: {'; '.join(r.notes)}"
             for r in results if r.notes]
    return "\n".join(rows) + "\n" + ("\n" + "\n".join(notes) + "\n"
                                     if notes else "")


def page(facts: dict[str, str],
         sections: list[tuple[str, list[Result]]]) -> str:
    """docs/performance.md."""
    parts = [HEAD, "## The machine\n\n| | |\n|---|---|\n" + "".join(
        f"| {name} | {value} |\n" for name, value in facts.items())]
    parts += [f"## {title}\n\n{table(results)}"
              for title, results in sections]
    return "\n".join(parts)
