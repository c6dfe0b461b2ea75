"""Answers: what a handler gives back, before it is put on the wire.

Keeping the answer apart from the web server lets a fault change, cut or
withhold it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """A whole HTTP response in memory."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200,
             content_type: str = "application/json;charset=UTF-8",
             **headers: str) -> "Answer":
        """A JSON answer, with Bitbucket's spelling of the content type."""
        return cls(status, json.dumps(value).encode(),
                   {"Content-Type": content_type, **headers})

    @classmethod
    def text(cls, text: str, status: int = 200,
             content_type: str = "text/plain;charset=UTF-8",
             **headers: str) -> "Answer":
        """A plain text answer."""
        return cls(status, text.encode(),
                   {"Content-Type": content_type, **headers})


class Refusal(Exception):
    """An error answer, raised from anywhere in a handler."""

    def answer(self) -> Answer:
        """The answer in the edition's own shape."""
        raise NotImplementedError
