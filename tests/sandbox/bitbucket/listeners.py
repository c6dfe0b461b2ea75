"""Extra listeners: wrong certificates, sinks, and ports that misbehave."""

from __future__ import annotations

import asyncio
import datetime
import functools
import socket
import ssl
import struct
from typing import Any

from .ca import NAMES, Authority, only_tls_1_1, self_signed
from .events import Events
from .tls import Accepting, Watched

KINDS = ("tls-wrong-host", "tls-expired", "tls-not-yet-valid",
         "tls-self-signed", "tls-unknown-ca", "tls1.1", "tls-sink",
         "plain-http", "sink", "closed", "accept-silent", "rst")
OK = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\n"
      b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
BAD = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
TLS_HANDSHAKE = b"\x16\x03"


class Tally:
    """What arrived at one listener."""

    def __init__(self, kind: str, port: int) -> None:
        self.kind = kind
        self.port = port
        self.connections = 0
        self.bytes = 0
        self.requests: list[str] = []

    def as_dict(self) -> dict[str, Any]:
        """Counts, and the request lines without anything secret."""
        return {"kind": self.kind, "port": self.port, "bytes": self.bytes,
                "connections": self.connections,
                "requests": len(self.requests), "lines": self.requests}


class SinkEnd(asyncio.Protocol):
    """Takes a request, counts it, answers 200 and closes."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._data = b""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Count the connection."""
        self._transport = transport
        self._tally.connections += 1

    def data_received(self, data: bytes) -> None:
        """Count the bytes; answer at the end of the head."""
        self._tally.bytes += len(data)
        if data.startswith(TLS_HANDSHAKE) and not self._data:
            self._transport.write(BAD)
            self._transport.close()
            return
        complete = b"\r\n\r\n" in self._data
        self._data += data
        if not complete and b"\r\n\r\n" in self._data:
            self.requests = 1
            line = self._data.split(b"\r\n", 1)[0]
            self._tally.requests.append(line.decode("utf-8", "replace"))
            self._transport.write(OK)
            self._transport.close()


class Sink(Watched, SinkEnd):
    """A sink behind TLS."""


class Resetting(asyncio.Protocol):
    """Breaks every connection with a TCP reset."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def connection_made(self, transport: asyncio.Transport) -> None:
        """SO_LINGER 0 turns the close into a reset."""
        self._tally.connections += 1
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


class Silent(asyncio.Protocol):
    """Takes connections and bytes, and never says anything."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Count the connection."""
        self._tally.connections += 1

    def data_received(self, data: bytes) -> None:
        """Count the bytes."""
        self._tally.bytes += len(data)


class Listeners:
    """All extra listeners of a sandbox."""

    def __init__(self, authority: Authority, events: Events) -> None:
        self._authority = authority
        self._events = events
        self._servers: list[asyncio.AbstractServer] = []
        self._held: list[socket.socket] = []
        self._tallies: list[Tally] = []

    async def open(self, kind: str) -> int:
        """Open one more listener; returns its port."""
        if kind not in KINDS:
            raise ValueError(f"no listener is called '{kind}'")
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        tally = Tally(kind, sock.getsockname()[1])
        self._tallies.append(tally)
        if kind == "closed":
            self._held.append(sock)
            return tally.port
        self._servers.append(
            await asyncio.get_running_loop().create_server(
                self._factory(kind, tally), sock=sock))
        return tally.port

    def tallies(self) -> list[dict[str, Any]]:
        """What arrived at each listener, in the order of opening."""
        return [tally.as_dict() for tally in self._tallies]

    def close(self) -> None:
        """Close them all and forget what arrived."""
        for server in self._servers:
            server.close()
        for sock in self._held:
            sock.close()
        self._servers, self._held, self._tallies = [], [], []

    def _factory(self, kind: str, tally: Tally) -> functools.partial:
        if kind == "rst":
            return functools.partial(Resetting, tally)
        if kind == "accept-silent":
            return functools.partial(Silent, tally)
        if kind in ("sink", "plain-http"):
            return functools.partial(SinkEnd, tally)
        inner = functools.partial(Sink, tally)
        return functools.partial(Accepting, self._context(kind, tally.port),
                                 inner, self._events, kind)

    def _context(self, kind: str, port: int) -> ssl.SSLContext:
        """The certificate of a kind of listener."""
        name, ours = f"{kind}-{port}", self._authority
        if kind == "tls-wrong-host":
            return ours.issue(name, "DNS:elsewhere.invalid")
        if kind == "tls-expired":
            return ours.issue(name, NAMES, span(-10, -1))
        if kind == "tls-not-yet-valid":
            return ours.issue(name, NAMES, span(5, 20))
        if kind == "tls-self-signed":
            return self_signed(ours.folder, name)
        if kind == "tls-unknown-ca":
            stranger = Authority(ours.folder, f"stranger-{port}")
            return stranger.issue(name)
        context = ours.issue(name)
        return only_tls_1_1(context) if kind == "tls1.1" else context


def span(first: int, last: int) -> tuple[str, str]:
    """Two dates as openssl wants them, in days from now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return tuple((now + datetime.timedelta(days=days)).strftime(
        "%Y%m%d%H%M%SZ") for days in (first, last))
