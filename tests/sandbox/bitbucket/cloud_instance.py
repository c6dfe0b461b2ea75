"""Cloud: one web host that also has the API, and an SSH server."""

from __future__ import annotations

from typing import Any

from . import cloud_seed
from .cloud_keyring import CloudKeyRing
from .cloud_settings import CloudSettings
from .cloud_world import World
from .instance import Instance

HTTPS, SSH = 443, 22


class CloudInstance(Instance):
    """Bitbucket Cloud under the names that were chosen at start."""

    settings: CloudSettings
    world: World
    keyring: CloudKeyRing

    def seed(self) -> tuple[World, dict[str, dict[str, Any]]]:
        """The world, and each token with what belongs to it."""
        return cloud_seed.seed()

    def new_keyring(self) -> CloudKeyRing:
        """A key ring without keys."""
        return CloudKeyRing(self.settings)

    @property
    def web(self) -> str:
        """Name and port of the web host."""
        return with_port(self.settings.host, self.public_https_port, HTTPS)

    @property
    def base_url(self) -> str:
        """The web address."""
        return f"https://{self.web}"

    @property
    def api_url(self) -> str:
        """The address of REST."""
        host = self.settings.api_host or self.settings.host
        return f"https://{with_port(host, self.public_https_port, HTTPS)}/2.0"

    @property
    def ssh_host(self) -> str:
        """The name of the SSH server."""
        return self.settings.ssh_host or self.settings.host

    def ssh_link(self, path: str) -> str:
        """An SSH clone link, with the new or the old name.

        Where the port is not 22, scp's form can't say so.
        """
        host = (self.ssh_host if self.settings.clone_links == "new"
                else self.settings.host)
        if self.public_ssh_port == SSH:
            return f"git@{host}:{path}"
        return f"ssh://git@{host}:{self.public_ssh_port}/{path}"

    def known_hosts(self) -> str:
        """The published host keys, a line for each name and key."""
        return "".join(f"{name} {key.line}\n"
                       for name in self.settings.site_ssh_names
                       for key in self.published_host_keys)

    def addresses(self) -> dict[str, str]:
        """The addresses of the ready line."""
        ssh = with_port(self.ssh_host, self.public_ssh_port, SSH)
        return {"base_url": self.base_url, "api_url": self.api_url,
                "ssh_url": f"ssh://git@{ssh}"}

    def users(self) -> dict[str, dict[str, str]]:
        """How each account is called; nobody has a password here."""
        return {u.name: {"email": u.email, "username": u.name,
                         "uuid": u.uuid, "account_id": u.account_id}
                for u in self.world.users.values()}


def with_port(host: str, port: int, default: int) -> str:
    """Host and port, without the port that goes without saying."""
    return host if port == default else f"{host}:{port}"
