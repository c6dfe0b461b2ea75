"""The instance: one Bitbucket, with its state and its addresses.

Everything that answers requests holds a reference to the one `Instance`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from .events import Events
from .faults import Faults
from .publickey import PublicKey
from .repositories import Repositories
from .settings import Settings


class Instance:
    """State that a reset puts back, and addresses that it leaves alone.

    An edition says how its world and its key ring are made, and where it is
    to be found.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self._start = dataclasses.replace(settings)
        self.settings = settings
        self.events = Events(folder / "events.jsonl")
        self.faults = Faults()
        self.repositories = Repositories(folder)
        self.world, self.tokens = self.seed()
        self.keyring = self.new_keyring()
        self.https_port = 0
        self.ssh_port = 0
        self.host_keys: list[PublicKey] = []
        self.published_host_keys: list[PublicKey] = []
        self._seed_tokens = [dataclasses.replace(t)
                             for t in self.world.tokens]

    def seed(self) -> tuple[Any, dict[str, Any]]:
        """A new world, and what the ready line says of its tokens."""
        raise NotImplementedError

    def new_keyring(self) -> Any:
        """A key ring without keys."""
        raise NotImplementedError

    def addresses(self) -> dict[str, str]:
        """The addresses of the ready line."""
        raise NotImplementedError

    def users(self) -> dict[str, Any]:
        """What the ready line says of each user."""
        raise NotImplementedError

    def reset(self) -> None:
        """Back to the seed: state, repositories, settings, faults, log.

        Tokens keep their values and addresses stay.
        """
        for name, value in dataclasses.asdict(self._start).items():
            setattr(self.settings, name, value)
        self.world, _ = self.seed()
        self.world.tokens = [dataclasses.replace(t)
                             for t in self._seed_tokens]
        self.keyring = self.new_keyring()
        self.repositories.reset()
        self.faults.clear()
        self.events.clear()

    @property
    def public_https_port(self) -> int:
        """The port of web addresses: ours, or that of a proxy in front."""
        return self.settings.public_https_port or self.https_port

    @property
    def public_ssh_port(self) -> int:
        """The port of SSH addresses: ours, or that of a proxy in front."""
        return self.settings.public_ssh_port or self.ssh_port

    def ready(self) -> dict[str, Any]:
        """What tests need to know, for the line on standard output."""
        return {
            **self.addresses(),
            "listens": {"https": self.https_port, "ssh": self.ssh_port},
            "ca": str(self.folder / "tls" / "ca.pem"),
            "log": str(self.events.path),
            "host_keys": [host_key_json(k) for k in self.host_keys],
            "tokens": self.tokens,
            "users": self.users(),
        }


def host_key_json(key: PublicKey) -> dict[str, str]:
    """A host key for the ready line and for ``GET /state``."""
    return {"type": key.kind, "fingerprint": "SHA256:" + key.sha256,
            "md5": "MD5:" + key.md5, "public": key.line}
