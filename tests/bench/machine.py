"""What the numbers were measured on; no names, no paths."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path


def said(*argv: str) -> str:
    """The first line that a program prints, or ''."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True,
                              timeout=10, check=False)
    except OSError:
        return ""
    return (done.stdout or done.stderr).strip().split("\n")[0]


def cpu() -> str:
    """Its own words."""
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*:\s*(.*)$", text, re.M)
    return found[1] if found else platform.machine()


def system() -> str:
    """The distribution."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def scheduling() -> str:
    """Whether other programs could take part."""
    if os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        return "real time, in front of all that is not"
    return "as any other program"


def describe(folder: Path) -> dict[str, str]:
    """Name and value, in order; `folder` is where the homes are."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": f"{cpu()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{memory / 2 ** 30:.0f} GiB",
        "system": f"{system()}, Linux {platform.release().split('-')[0]}",
        "file system of the homes": said("stat", "-f", "-c", "%T",
                                         str(folder)),
        "git": said("git", "--version").removeprefix("git version "),
        "ssh": said("ssh", "-V").split(",")[0],
        "curl": said("curl", "--version").split(" (")[0],
        "compiler": said("cc", "--version"),
        "load before the first run": f"{os.getloadavg()[0]:.1f}",
        "scheduled": scheduling(),
    }
