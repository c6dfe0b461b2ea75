"""The instance: one Bitbucket, with its state and its addresses.

Everything that answers requests holds a reference to the one `Instance`.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from . import world as worlds
from .events import Events
from .faults import Faults
from .keyring import KeyRing
from .publickey import PublicKey
from .repositories import Repositories
from .settings import Settings


class Instance:
    """State that a reset puts back, and addresses that it leaves alone."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self._start = dataclasses.replace(settings)
        self.settings = settings
        self.events = Events(folder / "events.jsonl")
        self.faults = Faults()
        self.repositories = Repositories(folder)
        self.world, self._tokens = worlds.seed()
        self.keyring = KeyRing(settings)
        self.https_port = 0
        self.ssh_port = 0
        self.host_keys: list[PublicKey] = []
        self.published_host_key: PublicKey
        self._seed_tokens = [dataclasses.replace(t)
                             for t in self.world.tokens]

    def reset(self) -> None:
        """Back to the seed: state, repositories, settings, faults, log.

        Tokens keep their values and addresses stay.
        """
        for name, value in dataclasses.asdict(self._start).items():
            setattr(self.settings, name, value)
        self.world, _ = worlds.seed()
        self.world.tokens = [dataclasses.replace(t)
                             for t in self._seed_tokens]
        self.keyring = KeyRing(self.settings)
        self.repositories.reset()
        self.faults.clear()
        self.events.clear()

    @property
    def base_url(self) -> str:
        """The instance's web address, with its context path."""
        port = self.settings.public_https_port or self.https_port
        return f"https://{self.settings.host}:{port}{self.settings.context}"

    @property
    def public_ssh_port(self) -> int:
        """The port of SSH addresses: ours, or that of a proxy in front."""
        return self.settings.public_ssh_port or self.ssh_port

    def ssh_base_url(self, user: bool) -> str:
        """The SSH base URL, with ``git@`` as in clone links or without."""
        port = ("" if self.settings.ssh_base_url_without_port
                else f":{self.public_ssh_port}")
        return f"ssh://{'git@' if user else ''}{self.settings.host}{port}"

    def ready(self) -> dict:
        """What tests need to know, for the line on standard output."""
        return {
            "base_url": self.base_url,
            "ssh_url": f"ssh://git@{self.settings.host}"
                       f":{self.public_ssh_port}",
            "listens": {"https": self.https_port, "ssh": self.ssh_port},
            "ca": str(self.folder / "tls" / "ca.pem"),
            "log": str(self.events.path),
            "host_keys": [host_key_json(k) for k in self.host_keys],
            "tokens": self._tokens,
            "users": {u.name: u.password for u in self.world.users.values()},
        }


def host_key_json(key: PublicKey) -> dict[str, str]:
    """A host key for the ready line and for ``GET /state``."""
    return {"type": key.kind, "fingerprint": "SHA256:" + key.sha256,
            "md5": "MD5:" + key.md5, "public": key.line}
