"""Routes: a table of methods, path patterns and handlers."""

from __future__ import annotations

import re
from typing import Callable, Iterable
from urllib.parse import unquote


class Routes:
    """Finds the handler for a method and a path.

    A pattern is a path in which ``{name}`` stands for one segment; segments
    are percent-decoded.
    """

    def __init__(self, rows: Iterable[tuple[str, str, Callable]]) -> None:
        self._rows = [(method, compiled(pattern), handler)
                      for method, pattern, handler in rows]

    def find(self, method: str, path: str) -> tuple[Callable, dict] | None:
        """The handler and the path's variables, or None."""
        for row_method, pattern, handler in self._rows:
            match = pattern.fullmatch(path)
            if match and row_method == method:
                return handler, {name: unquote(value) for name, value
                                 in match.groupdict().items()}
        return None


def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression for a path pattern."""
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern) + "/?")
