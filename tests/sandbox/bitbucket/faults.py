"""Faults: what goes wrong on request, and how often.

`Faults` only chooses; `http_faults` and `ssh_faults` do the damage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

MATCHERS = {"method", "path", "times", "skip"}
HTTP_ACTIONS = {"status", "headers", "body", "json", "content_type", "delay",
                "truncate", "close", "redirect", "drip", "drip_headers",
                "endless", "big_headers", "apply", "merge", "raw", "chunked"}
SSH_ACTIONS = {"ssh", "after", "stderr", "status", "match", "bytes"}
SSH_KINDS = {"silent", "close", "banner-flood", "ssh1", "refuse-auth", "drop",
             "exit"}


@dataclass
class Fault:
    """One fault: when it applies, how often, and what it does."""

    what: dict[str, Any]
    times: int = 1
    skip: int = 0

    def spend(self) -> bool:
        """Count one occasion; True if the fault happens now."""
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times == 0:
            return False
        self.times -= self.times > 0
        return True

    def as_dict(self) -> dict[str, Any]:
        """The fault with what is left of it."""
        return {**self.what, "times": self.times, "skip": self.skip}


class Faults:
    """The faults that are set, in the order in which they were set."""

    def __init__(self) -> None:
        self._list: list[Fault] = []

    def add(self, what: dict[str, Any]) -> None:
        """Set a fault; raises ValueError for one that can't be."""
        known = MATCHERS | (SSH_ACTIONS if "ssh" in what else HTTP_ACTIONS)
        unknown = set(what) - known
        if unknown:
            raise ValueError(f"no fault is called {sorted(unknown)}")
        if "ssh" in what and what["ssh"] not in SSH_KINDS:
            raise ValueError(f"no SSH fault is called '{what['ssh']}'")
        re.compile(what.get("path", ""))
        re.compile(what.get("match", ""))
        self._list.append(Fault(what, int(what.get("times", 1)),
                                int(what.get("skip", 0))))

    def clear(self) -> None:
        """Take all faults away."""
        self._list.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """All faults, for ``GET /state``."""
        return [fault.as_dict() for fault in self._list]

    def for_request(self, method: str, path: str) -> dict[str, Any] | None:
        """The fault for a request; `path` contains the query."""
        for fault in self._list:
            what = fault.what
            if ("ssh" not in what and what.get("method", method) == method
                    and re.search(what.get("path", ""), path)
                    and fault.spend()):
                return what
        return None

    def for_ssh(self, kinds: set[str], command: str = "") -> dict | None:
        """The fault for an SSH connection, authentication or command."""
        for fault in self._list:
            what = fault.what
            if (what.get("ssh") in kinds
                    and re.search(what.get("match", ""), command)
                    and fault.spend()):
                return what
        return None
