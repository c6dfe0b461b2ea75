#!/usr/bin/python3
"""A network of one's own in which Bitbucket Cloud has its real names.

    unshare -nm ownnet.py <folder> <program> [<argument>...]

To be run where network and mounts are already one's own: see realnames.py.
The names lead to loopback addresses, altssh's port leads to that of the real
SSH, and sockets in <folder> lead in from outside.  Ends with the program.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

HOSTS = """127.0.0.1 localhost
127.0.0.1 bitbucket.org api.bitbucket.org
127.0.0.2 ssh.bitbucket.org
127.0.0.3 altssh.bitbucket.org
"""
CONTROL_PORT = 8000
LEADS_TO = {"https": ("127.0.0.1", 443), "control": ("127.0.0.1", CONTROL_PORT),
            ("127.0.0.3", 443): ("127.0.0.2", 22)}

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 1 << 18


def loopback_up() -> None:
    """`ip link set lo up`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = fcntl.ioctl(any_socket, SIOCGIFFLAGS,
                              struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", request)[1] | IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS,
                    struct.pack("16sh14x", b"lo", flags))


def mount(source: str, target: str, flags: int) -> None:
    """mount(2); the program of this name wants to be root."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), None, flags, None):
        raise OSError(ctypes.get_errno(), f"mount {target}")


def name_hosts(folder: Path) -> None:
    """These names, and no others."""
    (folder / "hosts").write_text(HOSTS)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.9\n")
    mount("none", "/", MS_REC | MS_PRIVATE)
    for name in ("hosts", "resolv.conf"):
        mount(str(folder / name), f"/etc/{name}", MS_BIND)
    # what install.sh --system writes there is for nobody else
    (folder / "ssh_config.d").mkdir()
    mount(str(folder / "ssh_config.d"), "/etc/ssh/ssh_config.d", MS_BIND)


async def pump(reader: asyncio.StreamReader,
               writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def lead(folder: Path, source: str | tuple[str, int],
               target: tuple[str, int]) -> None:
    async def accept(reader: asyncio.StreamReader,
                     writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection(*target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
        there[1].close()
        writer.close()

    if isinstance(source, str):
        await asyncio.start_unix_server(accept, folder / source)
    else:
        await asyncio.start_server(accept, *source)


async def main(folder: Path, *program: str) -> int:
    loopback_up()
    name_hosts(folder)
    for source, target in LEADS_TO.items():
        await lead(folder, source, target)
    running = await asyncio.create_subprocess_exec(*program)
    return await running.wait()


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:])))
