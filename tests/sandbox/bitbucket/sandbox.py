"""The sandbox: all servers together, from start to end."""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from .ca import Authority
from .editions import Edition
from .front import Front
from .listeners import Listeners
from .settings import Settings
from .ssh_server import SshServer
from .tls import Accepting

BACKLOG = 512


@dataclass
class Ports:
    """Ports to listen on; 0 lets the kernel choose."""

    https: int = 0
    ssh: int = 0
    control: int = 0
    ssh_address: str = "127.0.0.1"


class Sandbox:
    """One Bitbucket with its HTTPS, SSH and control listeners."""

    def __init__(self, folder: Path, edition: Edition,
                 settings: Settings) -> None:
        self._edition = edition
        self.instance = edition.instance(folder, settings)
        (folder / "ssh").mkdir()
        self._ssh = SshServer(self.instance, folder / "ssh", edition.session)
        self._servers: list[asyncio.AbstractServer] = []

    async def start(self, ports: Ports,
                    host_keys: list[str] | None = None) -> dict:
        """Start everything; returns the content of the ready line."""
        repos = [(r.folder, r.slug) for r in self.instance.world.repos]
        host_keys = host_keys or self._edition.control.host_key_types
        _, _, (authority, context) = await asyncio.gather(
            self._ssh.start(host_keys, ports.ssh, ports.ssh_address),
            asyncio.to_thread(self.instance.repositories.seed, repos),
            asyncio.to_thread(self._certificates))
        self._listeners = Listeners(authority, self.instance.events)
        control = self._edition.control(self.instance, self._ssh,
                                        self._listeners)
        front = Front(self._edition.site(self.instance))
        front = functools.partial(Accepting, context, front.server(),
                                  self.instance.events, "https")
        self.instance.https_port = await self._listen(front, ports.https)
        port = await self._listen(web.Server(control.handle, access_log=None),
                                  ports.control)
        return {**self.instance.ready(), "control": f"http://127.0.0.1:{port}"}

    def stop(self) -> None:
        """Stop listening and close the log."""
        for server in self._servers:
            server.close()
        self._ssh.close()
        self._listeners.close()

    def _certificates(self) -> tuple[Authority, ssl.SSLContext]:
        authority = Authority(self.instance.folder / "tls")
        return authority, authority.issue("server", self._edition.certificate)

    async def _listen(self, factory: object, port: int) -> int:
        """Listen on loopback; returns the port."""
        server = await asyncio.get_running_loop().create_server(
            factory, "127.0.0.1", port, backlog=BACKLOG,
            family=socket.AF_INET)
        self._servers.append(server)
        return server.sockets[0].getsockname()[1]
