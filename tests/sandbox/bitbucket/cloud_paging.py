"""Paging as Cloud does it: pagelen, page, and an absolute `next`."""

from __future__ import annotations

import base64
from typing import Any, Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from .cloud_settings import CloudSettings
from .paging import number

PAGELEN_DEFAULT = 10
CURSOR = "cursor:"


def page(rows: Sequence[Any], query: Mapping[str, str],
         settings: CloudSettings, url: str) -> dict[str, Any]:
    """One page of `rows`; `url` is the list's own address.

    Only `values` and `next` are promised; the last page has no `next`.
    UNCONFIRMED that a pagelen beyond the maximum is cut and not refused.
    """
    pagelen = number(query.get("pagelen"), 0) or PAGELEN_DEFAULT
    pagelen = min(pagelen, settings.page_cap)
    current = page_number(query.get("page"))
    first = (current - 1) * pagelen
    answer: dict[str, Any] = {
        "values": list(rows[first:first + pagelen]), "pagelen": pagelen}
    if not settings.page_cursor:
        answer["page"] = current
        if settings.page_size:
            answer["size"] = len(rows)
    follower = following(settings, current, first + pagelen < len(rows))
    if follower is not None:
        words = {**query, "pagelen": str(pagelen),
                 "page": shown(follower, settings)}
        answer["next"] = f"{place(url, settings)}?{urlencode(words)}"
    return answer


def following(settings: CloudSettings, current: int,
              more: bool) -> int | None:
    """The number of the next page, true or not; None at the end."""
    if settings.page_loop:
        return {"stuck": current, "back": max(current - 1, 1)}.get(
            settings.page_loop, current + 1)
    return current + 1 if more or settings.page_next_origin else None


def place(url: str, settings: CloudSettings) -> str:
    """The list's address, at the origin that the setting wants."""
    origin = settings.page_next_origin
    if not origin:
        return url
    parts = urlsplit(url)
    if origin == "http":
        return f"http://{parts.netloc}{parts.path}"
    return origin + parts.path


def shown(follower: int, settings: CloudSettings) -> str:
    """A page's number, or a cursor that says nothing to the client."""
    if not settings.page_cursor:
        return str(follower)
    plain = f"{CURSOR}{follower}".encode()
    return base64.urlsafe_b64encode(plain).decode()


def page_number(text: str | None) -> int:
    """The page that is meant by a number or a cursor."""
    if not text or text.isdigit():
        return max(number(text, 1), 1)
    try:
        plain = base64.urlsafe_b64decode(text).decode()
    except ValueError:
        plain = ""
    return max(number(plain.removeprefix(CURSOR), 1), 1)
