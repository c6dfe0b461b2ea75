"""One SSH command: a real git program, joined to an SSH channel.

Data flows both ways without waiting for each other: a channel that does not
read stops the program's output, a program that does not read stops the
channel.
"""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING

import asyncssh

if TYPE_CHECKING:
    from .ssh_server import Login

PROGRAMS = {"git-upload-pack": 1, "git-upload-archive": 1,
            "git-receive-pack": 2}
CHUNK = 65536


class CommandSession(asyncssh.SSHServerSession):
    """A session that runs exactly one command, and no shell.

    An edition says what commands there are, in `obey`.
    """

    def __init__(self, login: "Login") -> None:
        self.login = login
        self.instance = login.instance
        self._command = ""
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task | None = None
        self._early: list[bytes] = []
        self._ended = False
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, chan: asyncssh.SSHServerChannel) -> None:
        """Remember the channel."""
        self._chan = chan

    def exec_requested(self, command: str) -> bool:
        """Any command is taken; whether it exists shows later."""
        if isinstance(command, bytes):
            command = command.decode("utf-8", "replace")
        self._command = command
        return True

    def session_started(self) -> None:
        """Begin with the command."""
        self._task = asyncio.ensure_future(self._run())

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """The client's data, for the program."""
        if self._process is None:
            self._early.append(data)
            return
        self._feed(data)

    def eof_received(self) -> bool:
        """The client sends nothing more, but still reads."""
        self._ended = True
        if self._process is not None:
            self._process.stdin.close()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went away: so does the program."""
        self._writable.set()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def pause_writing(self) -> None:
        """The client does not read; hold the program's output."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._writable.set()

    async def _run(self) -> None:
        """Run the command, end the channel and log."""
        status = 1
        try:
            status = await self._execute()
        finally:
            self.instance.events.add(
                "ssh_exec", connection=self.login.number,
                command=self._command, exit=status,
                fingerprint=self.login.fingerprint)
            if not self._chan.is_closing():
                self._chan.exit(status)

    async def _execute(self) -> int:
        fault = self.instance.faults.for_ssh({"exit"}, self._command)
        if fault:
            self.say(fault.get("stderr", ""))
            return int(fault.get("status", 1))
        return await self.obey(command_words(self._command))

    async def obey(self, words: list[str]) -> int:
        """Carry out a command; returns its exit status."""
        raise NotImplementedError

    async def serve(self, program: str, folder: str, slug: str) -> int:
        """Run git's program on a repository."""
        repositories = self.instance.repositories
        sent = {k: v for k, v in self._chan.get_environment().items()
                if k == "GIT_PROTOCOL"}
        self._process = process = await asyncio.create_subprocess_exec(
            "git", program.removeprefix("git-"),
            str(repositories.path(folder, slug)),
            env=repositories.environment(**sent),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE)
        for data in self._early:
            self._feed(data)
        if self._ended:
            process.stdin.close()
        await asyncio.gather(
            self._pump(process.stdout, None),
            self._pump(process.stderr, asyncssh.EXTENDED_DATA_STDERR))
        return await process.wait()

    async def _pump(self, source: asyncio.StreamReader,
                    datatype: int | None) -> None:
        """The program's output, into the channel."""
        while data := await source.read(CHUNK):
            await self._writable.wait()
            if self._chan.is_closing():
                return
            self._chan.write(data, datatype)

    def _feed(self, data: bytes) -> None:
        """Give data to the program; stop the channel while it is slow."""
        sink = self._process.stdin
        if sink.is_closing():
            return
        sink.write(data)
        if sink.transport.get_write_buffer_size() > CHUNK:
            self._chan.pause_reading()
            asyncio.ensure_future(self._drain(sink))

    async def _drain(self, sink: asyncio.StreamWriter) -> None:
        try:
            await sink.drain()
        except ConnectionError:
            pass
        self._chan.resume_reading()

    def say(self, text: str) -> None:
        """Tell the person something, on standard error."""
        self._chan.write_stderr(text.encode())

    def tell(self, text: str) -> None:
        """Give data, on standard output."""
        self._chan.write(text.encode())


def command_words(command: str) -> list[str]:
    """A command's words; ``git upload-pack`` counts as ``git-upload-pack``."""
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    if len(words) > 1 and words[0] == "git":
        words[:2] = ["git-" + words[1]]
    return words
