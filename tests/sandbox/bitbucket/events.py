"""Events: what happened, in order, for tests to count.

Every event is one JSON object: in memory for ``GET /events`` and as a line of
``events.jsonl``, flushed at once.  ``n`` counts from 0, ``t`` is the monotonic
clock in seconds.  No event ever holds a token, a password or a private key.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any


class Events:
    """The log of one sandbox."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._list: list[dict[str, Any]] = []
        self._file = open(path, "a", encoding="utf-8")

    def add(self, kind: str, **fields: Any) -> None:
        """Append one event."""
        event = {"n": len(self._list), "t": round(time.monotonic(), 6),
                 "kind": kind, **fields}
        self._list.append(event)
        self._file.write(json.dumps(event) + "\n")
        self._file.flush()

    def since(self, number: int) -> list[dict[str, Any]]:
        """All events whose ``n`` is at least `number`."""
        return self._list[max(number, 0):]

    def clear(self) -> None:
        """Forget everything; the next event has ``n`` 0 again."""
        self._list.clear()
        self._file.truncate(0)

    def close(self) -> None:
        """Close the file; nothing may be added afterwards."""
        self._file.close()
