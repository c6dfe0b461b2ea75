"""A site: what an edition shows at its web address.

`front` asks it; it asks the edition's resources.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from aiohttp import web

from .answer import Answer
from .instance import Instance

BODY_LIMIT = 16 * 1024 * 1024


class Site:
    """One edition's web pages, REST and git, as `Front` sees them.

    `answer` puts the caller into ``request["caller"]`` as soon as it knows.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def answer(self, request: web.BaseRequest, body: bytes) -> Answer:
        """The answer to anything but git; raises Refusal."""
        raise NotImplementedError

    def headers(self, request: web.BaseRequest) -> dict[str, str]:
        """The headers of every answer."""
        raise NotImplementedError

    def git_path(self, request: web.BaseRequest) -> str | None:
        """The repository's path and what follows, for a request of git."""
        raise NotImplementedError

    async def git(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request of git."""
        raise NotImplementedError


def credentials(request: web.BaseRequest) -> tuple[str, str | None, str]:
    """Kind, user name and secret of the Authorization header."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return "bearer", None, value.strip()
    if kind.lower() == "basic":
        try:
            plain = base64.b64decode(value).decode()
        except (binascii.Error, UnicodeDecodeError):
            plain = ":"
        name, _, secret = plain.partition(":")
        return "basic", name, secret
    return "none", None, ""


def as_answer(value: Any) -> Answer:
    """What a handler returned: an answer, JSON, or nothing (204)."""
    if isinstance(value, Answer):
        return value
    return Answer(204) if value is None else Answer.json(value)
