"""The SSH server: only public keys, no shell, real git behind it."""

from __future__ import annotations

import asyncio
import itertools
import socket
from pathlib import Path
from typing import Any, Callable

import asyncssh

from .instance import Instance
from .publickey import PublicKey, bare_sha256
from .ssh_faults import CONNECTION_FAULTS, BrokenServer, Cutting
from .ssh_session import CommandSession

BITS = {"rsa": "2048", "ecdsa": "256", "ed25519": "256"}
BACKLOG = 512
CONNECTIONS = itertools.count(1)


async def make_host_key(folder: Path, kind: str, name: str) -> Path:
    """Make a host key with ssh-keygen; returns the private file."""
    path = folder / name
    process = await asyncio.create_subprocess_exec(
        "ssh-keygen", "-q", "-t", kind, "-b", BITS[kind], "-N", "", "-C",
        "sandbox", "-f", str(path), stdin=asyncio.subprocess.DEVNULL)
    if await process.wait():
        raise RuntimeError(f"ssh-keygen can't make a host key '{kind}'")
    return path


class Login(asyncssh.SSHServer):
    """One SSH connection: who it is, and the commands it asks for."""

    def __init__(self, instance: Instance,
                 session: Callable[["Login"], CommandSession]) -> None:
        self.instance = instance
        self._session = session
        self.number = next(CONNECTIONS)
        self.key: Any = None    # what the key ring admitted
        self.fingerprint: str | None = None
        self._user = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A client has connected."""
        self._conn = conn
        self.instance.events.add("ssh_connect", connection=self.number)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended, one way or another."""
        self.instance.events.add(
            "ssh_close", connection=self.number,
            reason=type(exc).__name__ if exc else None)

    def begin_auth(self, username: str) -> bool:
        """Any user name is taken; the key ring decides."""
        self._user = username
        return True

    def public_key_auth_supported(self) -> bool:
        """The only way in."""
        return True

    def validate_public_key(self, username: str,
                            key: asyncssh.SSHKey) -> bool:
        """True when the key ring admits the key under this name."""
        blob = key.public_data
        found = self.instance.keyring.admits(username, blob)
        if found and self.instance.faults.for_ssh({"refuse-auth"}):
            found = None
        self.fingerprint = "SHA256:" + bare_sha256(blob)
        self.key = found
        if found is None:
            self._log_auth(False)
        return found is not None

    def auth_completed(self) -> None:
        """The client has proved that it holds the key."""
        if self.key:
            self.instance.keyring.used(self.key)
        self._log_auth(True)

    def session_requested(self) -> tuple:
        """A channel for one command; its data are bytes."""
        return (self._conn.create_server_channel(encoding=None),
                self._session(self))

    def _log_auth(self, ok: bool) -> None:
        self.instance.events.add(
            "ssh_auth", connection=self.number, user=self._user,
            fingerprint=self.fingerprint, ok=ok)


class Connection(asyncssh.SSHServerConnection):
    """asyncssh's connection, with the faults of `ssh_faults`."""

    fault: dict[str, Any] | None = None
    sig_algs = True

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Put the fault between the connection and its transport."""
        if self.fault:
            transport = Cutting(transport, int(self.fault.get("after", 0)))
        super().connection_made(transport)

    @property
    def _can_send_ext_info(self) -> bool:
        """False hides server-sig-algs, as older releases do (BSERV-13013)."""
        return self.sig_algs and self._ext_info

    @_can_send_ext_info.setter
    def _can_send_ext_info(self, value: bool) -> None:
        self._ext_info = value


class SshServer:
    """The listener, with the host keys it shows."""

    def __init__(self, instance: Instance, folder: Path,
                 session: Callable[[Login], CommandSession]) -> None:
        self._instance = instance
        self._folder = folder
        self._session = session
        self._made = 0
        self._server: asyncio.AbstractServer | None = None
        self._options: asyncssh.SSHServerConnectionOptions
        self._start_files: list[Path] = []

    async def start(self, kinds: list[str], port: int,
                    address: str = "127.0.0.1") -> None:
        """Make host keys, take a port, and listen unless SSH is off.

        With SSH off the port is bound all the same, and refuses connections.
        """
        self._start_files = await self._make(kinds)
        self.use_host_keys(self._start_files)
        self._address = address
        self._reserve = bound(address, port)
        self._instance.ssh_port = self._reserve.getsockname()[1]
        await self.follow_settings()

    async def follow_settings(self) -> None:
        """Listen, or stop, as the setting ssh_enabled says."""
        wanted = self._instance.settings.ssh_enabled
        if wanted and self._server is None:
            self._reserve.close()
            sock = bound(self._address, self._instance.ssh_port)
            self._server = await asyncio.get_running_loop().create_server(
                self._accept, sock=sock, backlog=BACKLOG)
        elif not wanted and self._server is not None:
            self._server.close()
            self._server = None
            self._reserve = bound(self._address, self._instance.ssh_port)

    def reset(self) -> None:
        """Show the first host keys again."""
        self.use_host_keys(self._start_files)

    async def change_host_keys(self, kinds: list[str], publish: bool) -> None:
        """Swap the host keys for new ones.

        What is published stays the old one unless `publish` is set.
        """
        before = self._instance.published_host_keys
        self.use_host_keys(await self._make(kinds))
        if not publish:
            self._instance.published_host_keys = before

    def use_host_keys(self, files: list[Path]) -> None:
        """Show these host keys to every new connection."""
        self._files = files
        self._options = asyncssh.SSHServerConnectionOptions(
            server_factory=lambda: Login(self._instance,
                                         self._session),
            server_host_keys=[str(f) for f in files], config=None,
            server_version=self._instance.settings.ssh_banner, gss_host=None,
            password_auth=False, kbdint_auth=False, host_based_auth=False,
            agent_forwarding=False, line_editor=False)
        keys = [PublicKey.parse(f.with_suffix(".pub").read_text())
                for f in files]
        self._instance.host_keys = keys
        self._instance.published_host_keys = keys

    def show_banner(self) -> None:
        """Take the setting ssh_banner over; host keys stay."""
        published = self._instance.published_host_keys
        self.use_host_keys(self._files)
        self._instance.published_host_keys = published

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _make(self, kinds: list[str]) -> list[Path]:
        self._made += 1
        return list(await asyncio.gather(*(
            make_host_key(self._folder, kind, f"host-{self._made}-{kind}")
            for kind in kinds)))

    def _accept(self) -> asyncio.Protocol:
        """A protocol for a new connection: SSH, or a fault."""
        faults = self._instance.faults
        fault = faults.for_ssh(CONNECTION_FAULTS)
        if fault:
            self._instance.events.add("ssh_connect", fault=fault["ssh"],
                                      connection=next(CONNECTIONS))
            return BrokenServer(fault)
        connection = Connection(asyncio.get_running_loop(), self._options)
        connection.fault = faults.for_ssh({"drop"})
        connection.sig_algs = self._instance.settings.server_sig_algs
        return connection


def bound(address: str, port: int) -> socket.socket:
    """A socket that is bound to a port and does not listen."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    return sock
