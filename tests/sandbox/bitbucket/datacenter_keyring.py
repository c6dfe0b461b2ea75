"""Data Center's key ring: SSH keys, whose they are, and what they open.

A key is either of a user's account or an access key with grants; it can't be
both.  Refusals are exceptions; the edition turns them into its own answers.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from .datacenter_settings import DatacenterSettings
from .datacenter_world import Project, Repo, level
from .keyring import (DAY, AlreadyExists, AlreadyGranted, IsAccessKey,
                      OwnedByUser)
from .publickey import PublicKey

# Shortest lengths with which the global policy starts.  The product page
# gives only RSA 2048; the others are OpenSSH's own sizes.
LENGTHS = {"RSA": 2048, "DSA": 1024, "ECDSA": 256, "ED25519": 256,
           "ECDSA_SK": 256, "ED25519_SK": 256}


class AgainstPolicy(Exception):
    """The policy refuses the key; args[0] is "type" or "expiry"."""


class Refused(Exception):
    """The text is not a key this instance understands."""


@dataclass
class Key:
    """One SSH key, as the server stores it."""

    id: int
    public: PublicKey
    text: str
    label: str
    created: float
    honoured: float
    expiry_days: int | None = None
    user: str | None = None
    last_used: float | None = None


@dataclass
class Grant:
    """A key, registered at a project or a repository with a permission."""

    key: Key
    project: Project
    repo: Repo | None
    permission: str
    honoured: float = 0.0

    @property
    def place(self) -> Project | Repo:
        """The project or the repository."""
        return self.repo or self.project


class KeyRing:
    """All keys and grants of one instance."""

    def __init__(self, settings: DatacenterSettings) -> None:
        self._settings = settings
        self._made = 0
        self.keys: list[Key] = []
        self.grants: list[Grant] = []
        self.restrictions: list[dict] = []
        self.apply_types(settings.allowed_key_types)

    def now(self) -> float:
        """The instance's clock, which tests can set forward."""
        return time.time() + self._settings.clock_days * DAY

    def apply_types(self, types: list[str] | None) -> None:
        """Make the restriction table from a list of allowed types."""
        if types == []:
            self.restrictions = []
            return
        self.restrictions = [
            {"algorithm": name, "allowed": types is None or name in types,
             "minKeyLength": bits} for name, bits in LENGTHS.items()]

    def find(self, blob: bytes) -> Key | None:
        """The key with these bytes."""
        return next((k for k in self.keys if k.public.blob == blob), None)

    def by_id(self, number: int) -> Key | None:
        """The key with this id."""
        return next((k for k in self.keys if k.id == number), None)

    def grants_of(self, key: Key) -> list[Grant]:
        """Every place the key gives access to."""
        return [g for g in self.grants if g.key is key]

    def grant_at(self, key: Key | None, place: Project | Repo) -> Grant | None:
        """The key's grant at one place."""
        return next((g for g in self.grants
                     if g.key is key and g.place is place), None)

    def register(self, place: Project | Repo, text: str, permission: str,
                 label: str | None, expiry_days: int | None,
                 strict: bool = True) -> Grant:
        """Register an access key; `strict` asks the policy first.

        What is not strict is honoured at once, without key_delay.
        """
        public = self._accept(text, expiry_days, strict)
        key = self.find(public.blob)
        if key and key.user:
            raise OwnedByUser(key.user)
        grant = self.grant_at(key, place)
        if grant:
            if (grant.permission == permission
                    or not self._settings.repost_updates):
                raise AlreadyGranted()
            grant.permission = permission
            return grant
        honoured = self._honoured(strict)
        key = key or self._make(public, text, label, expiry_days, honoured)
        project = place.project if isinstance(place, Repo) else place
        repo = place if isinstance(place, Repo) else None
        grant = Grant(key, project, repo, permission, honoured)
        self.grants.append(grant)
        return grant

    def register_personal(self, user: str, text: str, label: str | None,
                          expiry_days: int | None,
                          strict: bool = True) -> Key:
        """Register a key of a user's account."""
        public = self._accept(text, expiry_days, strict)
        key = self.find(public.blob)
        if key and key.user is None:
            raise IsAccessKey()
        if key:
            raise AlreadyExists()
        key = self._make(public, text, label, expiry_days,
                         self._honoured(strict))
        key.user = user
        return key

    def revoke(self, grant: Grant) -> None:
        """Take one grant away; a key without grants goes, too."""
        self.grants.remove(grant)
        if not self.grants_of(grant.key):
            self.keys.remove(grant.key)

    def remove(self, key: Key) -> None:
        """Remove a key and all its grants."""
        self.grants = [g for g in self.grants if g.key is not key]
        self.keys.remove(key)

    def expired(self, key: Key) -> bool:
        """True when the key's days are over."""
        return (key.expiry_days is not None
                and self.now() >= key.created + key.expiry_days * DAY)

    def honours(self, blob: bytes) -> Key | None:
        """The key, if SSH lets it in now."""
        key = self.find(blob)
        if key is None or self.expired(key) or time.time() < key.honoured:
            return None
        if key.user is None and not self._settings.access_keys_enabled:
            return None
        return key

    def admits(self, login: str, blob: bytes) -> Key | None:
        """The key, if it may log in; any user name is taken."""
        del login
        return self.honours(blob)

    def used(self, key: Key) -> None:
        """Somebody has logged in with the key."""
        key.last_used = time.time()

    def level(self, key: Key, repo: Repo) -> int:
        """What an access key may do with a repository; see world.level."""
        return max((level(g.permission) for g in self.grants_of(key)
                    if g.place in (repo, repo.project)
                    and time.time() >= g.honoured), default=0)

    def _accept(self, text: str, expiry_days: int | None,
                strict: bool) -> PublicKey:
        """Parse the text and ask the policy."""
        public = PublicKey.parse(text)
        if not strict:
            return public
        if self._settings.ed25519_invalid and public.algorithm == "ED25519":
            raise Refused()
        if not any(rule["algorithm"] == public.algorithm and rule["allowed"]
                   and public.bits >= (rule.get("minKeyLength") or 0)
                   for rule in self.restrictions):
            raise AgainstPolicy("type")
        most = self._settings.max_expiry_days
        if most is not None and expiry_days is None:
            if self._settings.missing_expiry == "refuse":
                raise AgainstPolicy("expiry")
        elif most is not None and expiry_days > most:
            raise AgainstPolicy("expiry")
        return public

    def _honoured(self, strict: bool) -> float:
        """When SSH begins to honour what is registered now."""
        return time.time() + self._settings.key_delay if strict else 0.0

    def _make(self, public: PublicKey, text: str, label: str | None,
              expiry_days: int | None, honoured: float) -> Key:
        if expiry_days is None:
            expiry_days = self._settings.max_expiry_days
        self._made += 1
        key = Key(self._made, public, text.strip(), label or public.comment,
                  self.now(), honoured, expiry_days)
        self.keys.append(key)
        return key
