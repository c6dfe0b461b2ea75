"""Cloud's key ring: deploy keys of places, keys of accounts.

A deploy key is registered at each place for itself, with an id and a label of
its own; together they are one key to SSH.
"""

from __future__ import annotations

import datetime
import time
import uuid
from dataclasses import dataclass, field

from .cloud_settings import CloudSettings
from .cloud_world import Project, Repo
from .keyring import (DAY, AlreadyExists, AlreadyGranted, IsAccessKey,
                      OwnedByUser)
from .publickey import InvalidPublicKey, PublicKey

# Shortest lengths; other types, such as those of security keys, are unknown.
LENGTHS = {"RSA": 2048, "DSA": 1024, "ECDSA": 256, "ED25519": 256}
BLOCKED_DAYS = 30
ACCOUNT, ACCESS = "account", "access"
GIT = "git"


class RecentlyDeleted(Exception):
    """The key was deleted less than 30 days ago."""


@dataclass
class DeployKey:
    """An access key, registered at one project or repository."""

    id: int
    public: PublicKey
    place: Project | Repo
    label: str
    comment: str
    created: float
    honoured: float
    last_used: float | None = None


@dataclass
class AccountKey:
    """A key of an account."""

    uuid: str
    public: PublicKey
    user: str
    label: str
    comment: str
    created: float
    honoured: float
    expires: datetime.datetime | None = None
    last_used: float | None = None


@dataclass
class Admitted:
    """A key that may log in: of an account, or deploy keys of places."""

    user: str | None = None
    deploy_keys: list[DeployKey] = field(default_factory=list)
    account_key: AccountKey | None = None


class CloudKeyRing:
    """All keys of the sandbox's Cloud."""

    def __init__(self, settings: CloudSettings) -> None:
        self._settings = settings
        self._made = 0
        self._deleted: list[tuple[bytes, str, float]] = []
        self.deploy_keys: list[DeployKey] = []
        self.account_keys: list[AccountKey] = []

    def now(self) -> float:
        """The clock, which tests can set forward."""
        return time.time() + self._settings.clock_days * DAY

    def add_deploy_key(self, place: Project | Repo, text: str, label: str,
                       strict: bool = True) -> DeployKey:
        """Register an access key at a place.

        What is not `strict` is honoured at once, whatever was deleted.
        """
        public = accepted(text)
        owner = self.owner(public.blob)
        if owner:
            raise OwnedByUser(owner.user)
        if any(k.public.blob == public.blob for k in self.keys_at(place)):
            raise AlreadyGranted()
        self._check_deleted(public.blob, ACCESS, strict)
        self._made += 1
        key = DeployKey(self._made, public, place, label, public.comment,
                        self.now(), self._honoured(strict))
        self.deploy_keys.append(key)
        return key

    def add_account_key(self, user: str, text: str, label: str,
                        expires: datetime.datetime | None = None,
                        strict: bool = True) -> AccountKey:
        """Register a key of an account."""
        public = accepted(text)
        if self.owner(public.blob):
            raise AlreadyExists()
        if self._deploy_keys_with(public.blob):
            raise IsAccessKey()
        self._check_deleted(public.blob, ACCOUNT, strict)
        key = AccountKey(f"{{{uuid.uuid4()}}}", public, user, label,
                         public.comment, self.now(), self._honoured(strict),
                         expires)
        self.account_keys.append(key)
        return key

    def owner(self, blob: bytes) -> AccountKey | None:
        """The account's key with these bytes."""
        return next((k for k in self.account_keys if k.public.blob == blob),
                    None)

    def keys_at(self, place: Project | Repo) -> list[DeployKey]:
        """The access keys of a place."""
        return [k for k in self.deploy_keys if k.place is place]

    def keys_of(self, user: str) -> list[AccountKey]:
        """The keys of an account."""
        return [k for k in self.account_keys if k.user == user]

    def delete(self, key: DeployKey | AccountKey) -> None:
        """Delete one key, and remember that."""
        if isinstance(key, AccountKey):
            self.account_keys.remove(key)
            kind = ACCOUNT
        else:
            self.deploy_keys.remove(key)
            kind = ACCESS
        self._deleted.append((key.public.blob, kind, self.now()))

    def forget(self, keys: list[DeployKey | AccountKey]) -> None:
        """Remove keys without a trace, for tests."""
        gone = {id(key) for key in keys}
        self.deploy_keys = [k for k in self.deploy_keys if id(k) not in gone]
        self.account_keys = [k for k in self.account_keys
                             if id(k) not in gone]

    def admits(self, login: str, blob: bytes) -> Admitted | None:
        """What a key logs in as.

        ``git`` takes every key, an account's name only the keys of that
        account.  UNCONFIRMED: other names are refused.
        """
        mine = self.owner(blob)
        if mine and login in (GIT, mine.user) and self.honours(mine):
            return Admitted(mine.user, account_key=mine)
        keys = [k for k in self._deploy_keys_with(blob) if self.honours(k)]
        return Admitted(None, keys) if keys and login == GIT else None

    def honours(self, key: DeployKey | AccountKey) -> bool:
        """True unless the key is too new or its days are over."""
        expires = getattr(key, "expires", None)
        return (time.time() >= key.honoured
                and (expires is None or self.now() < expires.timestamp()))

    def used(self, admitted: Admitted) -> None:
        """Somebody has logged in with these keys."""
        for key in [admitted.account_key, *admitted.deploy_keys]:
            if key:
                key.last_used = time.time()

    def _deploy_keys_with(self, blob: bytes) -> list[DeployKey]:
        return [k for k in self.deploy_keys if k.public.blob == blob]

    def _check_deleted(self, blob: bytes, kind: str, strict: bool) -> None:
        rule = self._settings.deleted_keys_block
        if not strict or rule == "none":
            return
        for old, old_kind, when in self._deleted:
            if (old == blob and (rule == "all" or old_kind != kind)
                    and self.now() < when + BLOCKED_DAYS * DAY):
                raise RecentlyDeleted()

    def _honoured(self, strict: bool) -> float:
        """When SSH begins to honour what is registered now."""
        return time.time() + self._settings.key_delay if strict else 0.0


def accepted(text: str) -> PublicKey:
    """A key of a type and length that Cloud takes."""
    public = PublicKey.parse(text)
    if public.bits < LENGTHS.get(public.algorithm, public.bits + 1):
        raise InvalidPublicKey(text[:40])
    return public
