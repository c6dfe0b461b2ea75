"""A TCP proxy that is as far away as it is told to be, and counts.

Run as a program it listens on as many ports as its argument says, prints one
line of JSON with them, and then answers each line of JSON on standard input
with one on standard output: {"upstream": [ports]}, {"latency": seconds},
{"count": true} (counts since the last time).  It ends with its standard input.

The model, for a round trip of L seconds:

 * A byte that is read on one side is written on the other L/2 later, however
   many are under way: nothing waits for anything but its own time.
 * connect() to a listening port of loopback returns at once; over a real
   network it returns after L, and the first byte follows then.  So what a
   client sends in the first L counts as sent at L, and arrives at 1.5 L; the
   connection to the server is made at 1.5 L, which is when its accept() would
   return.  A server that speaks first is therefore heard at 2 L, as in truth.
   What a client computes between connect() and its first byte is hidden in
   that L; over a network it would come after it.
 * Bandwidth is not limited, and there is no slow start.

The kernel's timers are good to about 0.05 ms; with a latency of 0 a byte is
written in the same turn of the loop that read it.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Iterator

CHUNK = 1 << 18


@dataclass
class Count:
    """What one port saw."""

    connections: int = 0
    round_trips: int = 0   # one to connect, one for each answer
    bytes: int = 0


class Way:
    """One direction of a connection: read here, written there, later."""

    def __init__(self, source: socket.socket) -> None:
        self.source: socket.socket | None = source
        self.sink: socket.socket | None = None
        self._queue: collections.deque[tuple[float, bytes]] = (
            collections.deque())
        self._rest = b""
        self.done = False

    def read(self, delay: float, not_before: float = 0) -> int:
        """Take what is there; an end travels like a byte.  Its length."""
        try:
            data = self.source.recv(CHUNK)
        except OSError:
            data = b""
        if not data:
            self.source = None
        due = max(time.monotonic(), not_before) + delay
        self._queue.append((due, data))
        return len(data)

    def due(self) -> float | None:
        """When something is to be written next."""
        if self._rest or not self._queue or not self.sink:
            return None
        return self._queue[0][0]

    def blocked(self) -> bool:
        """Waits for the sink to take more."""
        return bool(self._rest)

    def write(self, now: float) -> None:
        """Write all whose time has come."""
        while self._rest or (self._queue and self._queue[0][0] <= now):
            data = self._rest or self._queue.popleft()[1]
            try:
                if not data:
                    self.done = True
                    self.sink.shutdown(socket.SHUT_WR)
                    return
                self._rest = data[self.sink.send(data):]
            except BlockingIOError:
                self._rest = data
                return
            except OSError:
                self._rest = b""
                self.done = True
                return


class Link:
    """One connection: a client, and from 1.5 round trips on a server."""

    def __init__(self, client: socket.socket, port: int, latency: float,
                 count: Count) -> None:
        now = time.monotonic()
        self.latency, self.count, self._port = latency, count, port
        self.connected_at = now + latency
        self.dial_at: float | None = now + 1.5 * latency
        self.client, self.server = prepared(client), None
        self.up, self.down = Way(client), None
        self._last = "up"
        count.connections += 1
        count.round_trips += 1

    def ways(self) -> list[Way]:
        """The directions that there are."""
        return [self.up] + ([self.down] if self.down else [])

    def dial(self) -> None:
        """Connect to the server; raises OSError."""
        self.dial_at = None
        self.server = prepared(
            socket.create_connection(("127.0.0.1", self._port)))
        self.up.sink, self.down = self.server, Way(self.server)
        self.down.sink = self.client

    def read(self, way: Way) -> None:
        """Take what a side has sent, and see whose turn it is."""
        if way is self.up:
            n = way.read(self.latency / 2, self.connected_at)
        else:
            n = way.read(self.latency / 2)
        name = "up" if way is self.up else "down"
        if n and name != self._last:
            self.count.round_trips += name == "down"
            self._last = name
        self.count.bytes += n

    def close(self) -> None:
        """Both ends."""
        for side in (self.client, self.server):
            if side:
                side.close()

    def over(self) -> bool:
        """Nothing is to come in either direction."""
        return all(way.done for way in self.ways()) and self.dial_at is None


def prepared(sock: socket.socket) -> socket.socket:
    """Without Nagle, and never waited for."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    return sock


def listening() -> socket.socket:
    """A port of loopback."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(512)
    sock.setblocking(False)
    return sock


class Loop:
    """All ports and their connections."""

    def __init__(self, ports: int) -> None:
        self._listeners = [listening() for _ in range(ports)]
        self._upstream = [0] * ports
        self._latency = 0.0
        self._counts = [Count() for _ in range(ports)]
        self._links: list[Link] = []
        self._input = b""

    def run(self) -> None:
        """Until standard input ends."""
        say({"ports": [s.getsockname()[1] for s in self._listeners]})
        while True:
            readable, _, _ = select.select(
                [0, *self._listeners, *self._sources()],
                [w.sink for link in self._links for w in link.ways()
                 if w.blocked()], [], self._patience())
            if 0 in readable and not self._obey():
                return
            self._accept([s for s in self._listeners if s in readable])
            for link in self._links:
                for way in link.ways():
                    if way.source in readable:
                        link.read(way)
            self._advance(time.monotonic())

    def _sources(self) -> Iterator[socket.socket]:
        for link in self._links:
            for way in link.ways():
                if way.source:
                    yield way.source

    def _patience(self) -> float | None:
        times = [t for link in self._links
                 for t in (link.dial_at, *(w.due() for w in link.ways()))
                 if t is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _accept(self, ready: list[socket.socket]) -> None:
        for listener in ready:
            with contextlib.suppress(BlockingIOError):
                client, _ = listener.accept()
                n = self._listeners.index(listener)
                self._links.append(Link(client, self._upstream[n],
                                        self._latency, self._counts[n]))

    def _advance(self, now: float) -> None:
        for link in list(self._links):
            try:
                if link.dial_at is not None and link.dial_at <= now:
                    link.dial()
                for way in link.ways():
                    if way.sink:
                        way.write(now)
                over = link.over()
            except OSError:
                over = True
            if over:
                link.close()
                self._links.remove(link)

    def _obey(self) -> bool:
        data = os.read(0, CHUNK)
        self._input += data
        *lines, self._input = self._input.split(b"\n")
        for line in lines:
            self._order(json.loads(line))
        return bool(data)

    def _order(self, order: dict) -> None:
        self._upstream = order.get("upstream", self._upstream)
        self._latency = order.get("latency", self._latency)
        answer = [asdict(count) for count in self._counts]
        if order.get("count"):
            for count in self._counts:
                count.connections = count.round_trips = count.bytes = 0
        say(answer)


def say(answer: object) -> None:
    """One line of JSON."""
    print(json.dumps(answer), flush=True)


class Proxy:
    """The program, run as a child."""

    def __init__(self, ports: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(ports)], text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ports = json.loads(self._process.stdout.readline())["ports"]

    def _order(self, **order: object) -> list[dict]:
        self._process.stdin.write(json.dumps(order) + "\n")
        return json.loads(self._process.stdout.readline())

    def forward(self, ports: list[int]) -> None:
        """Where the listening ports lead to."""
        self._order(upstream=ports)

    def set_latency(self, seconds: float) -> None:
        """The round trip, for connections from now on."""
        self._order(latency=seconds)

    def counts(self) -> list[Count]:
        """For each port, what it saw since the last call."""
        return [Count(**count) for count in self._order(count=True)]

    def stop(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()


if __name__ == "__main__":
    Loop(int(sys.argv[1])).run()
