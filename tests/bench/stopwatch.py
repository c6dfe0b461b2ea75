"""One run of a program, measured from outside by `bench-launch`."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pairs import Took

PROGRAMS = Path(os.environ.get("BBK_BENCH", ""))


@dataclass
class Run:
    """What one run was."""

    start: int          # nanoseconds of CLOCK_MONOTONIC
    seconds: float
    cpu: float          # seconds, with its children
    resident: int       # kB at most, of it or of a larger child
    status: int
    out: str
    err: str

    @property
    def took(self) -> Took:
        """For a comparison."""
        return Took(self.seconds, self.cpu)


def run(argv: list[str], env: dict[str, str], cwd: Path,
        stdin: str = "", status: int | None = 0) -> Run:
    """Run to the end; another exit status than `status` is an error."""
    with tempfile.TemporaryFile() as report, \
            tempfile.TemporaryFile() as given:
        given.write(stdin.encode())
        given.seek(0)
        done = subprocess.run(
            ["/bin/sh", "-c", f'exec "$0" "$@" 3>&{report.fileno()}',
             str(PROGRAMS / "bench-launch"), *argv],
            env=env, cwd=cwd, stdin=given, capture_output=True, text=True,
            pass_fds=[report.fileno()], timeout=300)
        report.seek(0)
        words = report.read().split()
    if done.returncode or len(words) != 5:
        raise RuntimeError(f"{argv}: cannot be run: {done.stderr}")
    start, end, cpu, resident, code = map(int, words)
    if status is not None and code != status:
        raise RuntimeError(f"{argv}: status {code}\n{done.stdout}"
                           f"{done.stderr}")
    return Run(start, (end - start) / 1e9, cpu / 1e6, resident, code,
               done.stdout, done.stderr)
