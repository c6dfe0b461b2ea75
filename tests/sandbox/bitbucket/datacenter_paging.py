"""Paging as Data Center does it: start, limit, isLastPage, nextPageStart."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .datacenter_settings import DatacenterSettings
from .paging import number

LIMIT_DEFAULT = 25


def page(rows: Sequence[Any], query: Mapping[str, str],
         settings: DatacenterSettings) -> dict[str, Any]:
    """One page of `rows`.

    With the setting page_gap, entries that the caller may not see lie between
    the rows, so that nextPageStart is not start + size.
    """
    stride = settings.page_gap + 1
    start = number(query.get("start"), 0)
    limit = number(query.get("limit"), 0) or LIMIT_DEFAULT
    limit = min(limit, settings.page_cap)
    first = -(-start // stride)
    values = list(rows[first:first + limit])
    last = first + len(values) >= len(rows)
    answer = {"size": len(values), "limit": limit, "isLastPage": last,
              "values": values, "start": start}
    if not last:
        answer["nextPageStart"] = (first + len(values) - 1) * stride + 1
    if settings.page_loop:
        answer["isLastPage"] = False
        answer["nextPageStart"] = looping(settings.page_loop, start, limit)
    return answer


def looping(kind: str, start: int, limit: int) -> int:
    """The next start of a server whose pages never end."""
    return {"stuck": start, "back": max(start - 1, 0)}.get(kind, start + limit)
