"""What the paging of both editions has in common."""

from __future__ import annotations


def number(text: str | None, default: int) -> int:
    """A query parameter as a number that makes sense."""
    return int(text) if text and text.isdigit() else default
