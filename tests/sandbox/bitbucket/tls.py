"""TCP connections that become TLS, counted and watched.

aiohttp would hide connections that fail in the handshake.  Here each TCP
connection gets a number first and becomes TLS afterwards, so that the log
shows both.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
from typing import Callable

from .events import Events

HANDSHAKE_LIMIT = 60
CONNECTIONS = itertools.count(1)


class Watched:
    """Mixed into a protocol: counts the bytes that came through TLS.

    A request may arrive together with the end of the handshake, before the
    protocol knows its transport; it is kept until `secured`.
    """

    number = 0
    received = 0
    requests = 0
    is_secured = False
    early = b""

    def secured(self, transport: asyncio.Transport) -> None:
        """The handshake is done; begin with what came already."""
        self.connection_made(transport)
        self.is_secured = True
        if self.early:
            super().data_received(self.early)

    def data_received(self, data: bytes) -> None:
        """Count, then do what the protocol does."""
        self.received += len(data)
        if self.is_secured:
            super().data_received(data)
        else:
            self.early += data


class Accepting(asyncio.Protocol):
    """A new TCP connection, until its handshake is done.

    `inner` makes the protocol that speaks through TLS; it has the attributes
    of `Watched`.  Connections that end before they carried a request are
    logged as "tls_fail".
    """

    def __init__(self, context: ssl.SSLContext, inner: Callable,
                 events: Events, listener: str) -> None:
        self._context = context
        self._inner = inner
        self._events = events
        self._listener = listener
        self._number = next(CONNECTIONS)
        self._task: asyncio.Task | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Start the handshake before anything is read."""
        transport.pause_reading()
        self._task = asyncio.ensure_future(self._handshake(transport))

    async def _handshake(self, transport: asyncio.Transport) -> None:
        inner = self._inner()
        inner.number = self._number
        loop = asyncio.get_running_loop()
        try:
            secure = await loop.start_tls(
                transport, inner, self._context, server_side=True,
                ssl_handshake_timeout=HANDSHAKE_LIMIT)
        except (OSError, ConnectionError) as problem:
            transport.abort()
            self._failed(getattr(problem, "reason", None)
                         or type(problem).__name__, 0)
            return
        after = inner.connection_lost
        inner.connection_lost = lambda error: self._lost(inner, after, error)
        inner.secured(secure)

    def _lost(self, inner: Watched, after: Callable,
              error: Exception | None) -> None:
        """The end of a connection that had passed the handshake."""
        if inner.requests == 0:
            reason = getattr(error, "reason", None) or "no request"
            self._failed(reason, inner.received)
        after(error)

    def _failed(self, reason: str, received: int) -> None:
        self._events.add("tls_fail", connection=self._number, reason=reason,
                         listener=self._listener, app_bytes=received)
