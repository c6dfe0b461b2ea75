"""A Data Center instance."""

from __future__ import annotations

from . import datacenter_world
from .datacenter_keyring import KeyRing
from .datacenter_settings import DatacenterSettings
from .datacenter_world import World
from .instance import Instance


class DatacenterInstance(Instance):
    """One Data Center: a base URL with a context path, and an SSH port."""

    settings: DatacenterSettings
    world: World
    keyring: KeyRing

    def seed(self) -> tuple[World, dict[str, str]]:
        """The world, and each token's value."""
        return datacenter_world.seed()

    def new_keyring(self) -> KeyRing:
        """A key ring without keys."""
        return KeyRing(self.settings)

    @property
    def base_url(self) -> str:
        """The instance's web address, with its context path."""
        return (f"https://{self.settings.host}:{self.public_https_port}"
                f"{self.settings.context}")

    def ssh_base_url(self, user: bool) -> str:
        """The SSH base URL, with ``git@`` as in clone links or without."""
        port = ("" if self.settings.ssh_base_url_without_port
                else f":{self.public_ssh_port}")
        return f"ssh://{'git@' if user else ''}{self.settings.host}{port}"

    def addresses(self) -> dict[str, str]:
        """The addresses of the ready line."""
        return {"base_url": self.base_url,
                "ssh_url": f"ssh://git@{self.settings.host}"
                           f":{self.public_ssh_port}"}

    def users(self) -> dict[str, str]:
        """Each user's password."""
        return {u.name: u.password for u in self.world.users.values()}
