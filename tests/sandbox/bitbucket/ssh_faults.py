"""SSH faults: servers that are silent, flood, speak SSH 1 or break off."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

FLOOD_DEFAULT = 1024 * 1024
FLOOD_LINE = b"x" * 78 + b"\r\n"
SSH1 = b"SSH-1.0-\x1b[31mold\r\n"

# Faults that replace the whole connection, from its first byte.
CONNECTION_FAULTS = {"silent", "close", "banner-flood", "ssh1"}


class BrokenServer(asyncio.Protocol):
    """A connection on which nobody speaks SSH 2."""

    def __init__(self, fault: dict[str, Any]) -> None:
        self._fault = fault

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Do the damage at once; "silent" does nothing at all."""
        kind = self._fault["ssh"]
        if kind == "close":
            transport.write_eof()
        elif kind == "ssh1":
            transport.write(SSH1)
        elif kind == "banner-flood":
            size = int(self._fault.get("bytes", FLOOD_DEFAULT))
            transport.write(FLOOD_LINE * (size // len(FLOOD_LINE)))

    def eof_received(self) -> bool:
        """The client gave up: close this side, too."""
        return False


class Cutting:
    """A transport that breaks off after a number of bytes sent.

    Stands between an SSH connection and its TCP transport.
    """

    def __init__(self, transport: asyncio.Transport, after: int) -> None:
        self._transport = transport
        self._left = after

    def write(self, data: bytes) -> None:
        """Send as much as is left, then break off."""
        self._transport.write(bytes(data)[:self._left])
        self._left -= min(len(data), self._left)
        if self._left == 0:
            self._transport.close()

    def writelines(self, chunks: list[bytes]) -> None:
        """Send all chunks, as far as the number allows."""
        self.write(b"".join(chunks))

    def __getattr__(self, name: str) -> Callable:
        return getattr(self._transport, name)
