"""What the worlds of both editions have in common: callers and tokens."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import Any

LETTERS = string.ascii_letters + string.digits
TOKEN_LENGTH = 44
READ, WRITE, ADMIN = 1, 2, 3


def random_token() -> str:
    """A new token's value."""
    return "".join(secrets.choice(LETTERS) for _ in range(TOKEN_LENGTH))


@dataclass(frozen=True)
class Caller:
    """Who sends a request, and through what."""

    user: Any = None        # the edition's User
    token: Any = None       # the edition's Token
    means: str = "none"     # none | basic | bearer
