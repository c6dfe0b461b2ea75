"""What the key rings of both editions have in common: why they refuse."""

from __future__ import annotations

DAY = 86400


class KeyRefused(Exception):
    """A key ring does not take a key."""


class AlreadyGranted(KeyRefused):
    """The key already gives access here, with this permission."""


class OwnedByUser(KeyRefused):
    """The key belongs to a user's account; args[0] is the user's name."""


class IsAccessKey(KeyRefused):
    """The key is an access key and can't be a personal one."""


class AlreadyExists(KeyRefused):
    """Some account has this personal key already."""
