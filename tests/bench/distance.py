"""The proxy itself: is it as far away as it says, and no farther?"""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Iterator

from proxy import Proxy
from result import Result

LATENCY = 80        # milliseconds
TOLERANCE = 2


class Echo:
    """A server that speaks first, as ssh's does, and then repeats."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with client:
                client.sendall(b"!")
                while data := client.recv(1024):
                    client.sendall(data)


def exchange(port: int) -> tuple[float, float]:
    """Milliseconds from connect() to the first byte, and for an answer."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.recv(1)
        first = time.monotonic()
        sock.sendall(b"?")
        sock.recv(1)
        return (first - start) * 1000, (time.monotonic() - first) * 1000


def distance(_: Path, repetitions: int) -> Iterator[Result]:
    """Far: twice and once the latency.  Near: what the proxy costs."""
    echo, proxy = Echo(), Proxy(1)
    proxy.forward([echo.port])
    proxy.set_latency(LATENCY / 1000)
    far = [exchange(proxy.ports[0]) for _ in range(repetitions)]
    yield Result(f"{LATENCY} ms away: connect, and the first byte of a "
                 "server that speaks first", [f for f, _ in far],
                 limit=2 * LATENCY + TOLERANCE)
    yield Result(f"{LATENCY} ms away: one answer", [a for _, a in far],
                 limit=LATENCY + TOLERANCE)
    proxy.set_latency(0)
    near, direct = [], []
    for _ in range(repetitions):
        near.append(exchange(proxy.ports[0])[1])
        direct.append(exchange(echo.port)[1])
    yield Result("0 ms away: one answer, through the proxy / without it",
                 near, direct)
    proxy.stop()
