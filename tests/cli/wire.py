"""What lies between a person and Bitbucket: proxies, and lines that break.

Each is a TCP server on loopback, a thread a connection, and ends with its
`with` block.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from selectors import EVENT_READ, DefaultSelector

Address = tuple[str, int]


class Server:
    """A TCP server; `talk` is called with each new connection."""

    def __init__(self, talk: Callable[[socket.socket], None] | None = None):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        if talk:
            self.talk = talk

    def talk(self, client: socket.socket) -> None:
        """What happens on a connection."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def connections(self) -> int:
        """How many there were."""
        return len(self._open)

    def __enter__(self) -> Server:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for each in [self._listener, *self._open]:
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # until it is closed
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,),
                                 daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            self.talk(client)


def relay(client: socket.socket, target: Address,
          limit: int | None = None) -> None:
    """Carries bytes both ways to the end of either side.

    With a limit: until so many have come back from the target.
    """
    with socket.create_connection(target) as server, \
            DefaultSelector() as ready:
        ready.register(client, EVENT_READ, server)
        ready.register(server, EVENT_READ, client)
        while limit is None or limit > 0:
            for key, _ in ready.select():
                data = key.fileobj.recv(65536)
                if key.fileobj is server and limit is not None:
                    data = data[:limit]
                    limit -= len(data)
                if not data:
                    return
                key.data.sendall(data)


def reset(client: socket.socket) -> None:
    """Ends a connection by a TCP reset."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    client.close()


class Cut(Server):
    """A line that breaks when so many bytes have come back."""

    def __init__(self, target: Address, after: int, how: str):
        super().__init__()
        self._target, self._after, self._how = target, after, how

    def talk(self, client: socket.socket) -> None:
        if self._after:
            relay(client, self._target, self._after)
        if self._how == "reset":
            reset(client)


class Proxy(Server):
    """A proxy for CONNECT; `answer` is what it says instead of serving.

    `heads` has the whole of each request that it got, `carried` what went
    from the client through the tunnels.
    """

    def __init__(self, answer: str | None = None,
                 password: bytes | None = None):
        super().__init__()
        self.heads: list[bytes] = []
        self._answer, self._password = answer, password

    def url(self, user: str = "") -> str:
        return f"http://{user}localhost:{self.port}"

    def talk(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(65536)
            if not data:
                return
            head += data
        self.heads.append(head)
        if self._answer is not None:
            client.sendall(self._answer.encode())
            client.shutdown(socket.SHUT_WR)
            client.recv(1)
            return
        if self._password and self._password not in head:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                           b"Proxy-Authenticate: Basic realm=\"p\"\r\n"
                           b"Content-Length: 0\r\n\r\n")
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        relay(client, (host, int(port)))
