"""What the key rings of both editions have in common: why they refuse."""

from __future__ import annotations

DAY = 86400


class AlreadyGranted(Exception):
    """The key already gives access here, with this permission."""


class OwnedByUser(Exception):
    """The key belongs to a user's account; args[0] is the user's name."""


class IsAccessKey(Exception):
    """The key is an access key and can't be a personal one."""


class AlreadyExists(Exception):
    """Some account has this personal key already."""
