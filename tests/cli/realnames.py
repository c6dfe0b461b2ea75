"""A person on Bitbucket Cloud under its real names: https://bitbucket.org,
api.bitbucket.org, ssh.bitbucket.org at port 22, altssh.bitbucket.org at 443.

The sandbox has them in a network of its own (ownnet.py), and what a person
runs is run in there.  Nothing is configured but the sandbox's CA.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
from cloudhome import CloudHome
from home import Home, Result, Running
from invariants import CHILD, EXEC
from ownnet import CONTROL_PORT

ROOT = os.geteuid() == 0
UNSHARE = ["unshare", "-nm"] if ROOT else \
    ["unshare", "-Unm", "--map-current-user", "--keep-caps"]
OWNNET = [sys.executable, str(Path(__file__).with_name("ownnet.py"))]
OPTIONS = ["--edition", "cloud", "--host", "bitbucket.org",
           "--api-host", "api.bitbucket.org",
           "--ssh-host", "ssh.bitbucket.org", "--ssh-address", "127.0.0.2",
           "--https-port", "443", "--ssh-port", "22",
           "--control-port", str(CONTROL_PORT),
           "--site-ssh-names", "bitbucket.org,ssh.bitbucket.org"]
WEB, SSH, ALTSSH = "127.0.0.1:443", "127.0.0.2:22", "127.0.0.3:443"
MOVED = "127.0.0.1:22"          # bitbucket.org, as an SSH server
# An ordinary user's strace may not read a git-bbkey that has a token.
UNREAD = re.compile(r"^(\d+) +execve\(0x")
TO = re.compile(r'^(\d+) +connect\(\d+, \{sa_family=AF_INET6?, '
                r'sin6?_port=htons\((\d+)\), .*?"([0-9a-f.:]+)"')


def is_possible() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run([*UNSHARE, *OWNNET, folder, "true"],
                              capture_output=True).returncode == 0


class RealNames(Running):
    """The sandbox in its network; talked to through sockets in a folder."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bbk-names-"))
        super().__init__(*OPTIONS,
                         before=[*UNSHARE, *OWNNET, str(self.folder)])
        # its root, too: where the tests are in a chroot, so is it
        self.enter = ["nsenter", f"--target={self._process.pid}", "--net",
                      "--mount", "--root"]
        if not ROOT:
            self.enter += ["--user", "--preserve-credentials"]

    def stop(self) -> int:
        status = super().stop()
        shutil.rmtree(self.folder)
        return status

    def _reach(self, name: str) -> socket.socket:
        there = socket.socket(socket.AF_UNIX)
        there.settimeout(10)
        there.connect(str(self.folder / name))
        return there

    def connection(self) -> http.client.HTTPSConnection:
        name = "api.bitbucket.org"
        connection = http.client.HTTPSConnection(name, context=self._tls)
        connection.sock = self._tls.wrap_socket(self._reach("https"),
                                                server_hostname=name)
        return connection

    def control_connection(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("localhost", CONTROL_PORT)
        connection.sock = self._reach("control")
        return connection


@dataclass(repr=False)
class RealHome(CloudHome):
    """In there.  Its only setting is the CA."""

    def __post_init__(self) -> None:
        Home.__post_init__(self)
        self.allow_connects = ['inet_addr("127.0.0.2")',
                               'inet_addr("127.0.0.3")']
        self._folder = self.work

    def _enter(self, folder: Path) -> list[str]:
        return [*self.sandbox.enter, "env", f"--chdir={folder}"]

    def _traced(self, argv: list[str]) -> tuple[list[str], Path | None]:
        traced, trace = super()._traced(argv)
        return [*self._enter(self._folder), *traced], trace

    def run(self, *argv: str, cwd: Path | None = None, **how: Any) -> Result:
        self._folder = cwd or self.work
        return super().run(*argv, **how)

    def terminal(self, *argv: str, cwd: Path | None = None,
                 **how: Any) -> pexpect.spawn:
        return super().terminal(*self._enter(cwd or self.work), *argv, **how)

    def new_url(self, project: str = "acme", repo: str = "app") -> str:
        return f"git@ssh.bitbucket.org:{project}/{repo}.git"

    def settings(self) -> list[str]:
        """What git itself has for bbkey.*, in the files that a person has."""
        run = self.run("/usr/bin/git", "config", "--global", "--includes",
                       "--get-regexp", r"^bbkey\.")
        return run.out.splitlines()


def connections(run: Result) -> list[tuple[str, str]]:
    """(program, address:port) of each connect() but the resolver's probes."""
    lines = run.trace.read_text(errors="replace").splitlines()
    parents = {m[2]: m[1] for m in map(CHILD.match, lines) if m}
    programs: dict[str, str] = {}
    found = []
    for line in lines:
        started, to = EXEC.match(line), TO.match(line)
        unread = UNREAD.match(line)
        if started:
            programs[started[1]] = Path(started[2]).name
        if unread:
            programs[unread[1]] = "?"
        if to and to[2] != "0":
            pid = to[1]
            while pid not in programs and pid in parents:
                pid = parents[pid]
            found.append((programs.get(pid, "?"), f"{to[3]}:{to[2]}"))
    return found


def check_connections(home: RealHome) -> None:
    """I5: the three places, no name server; and SSH is for ssh alone."""
    for run in home.runs:
        may_ask = {"ssh"} if ROOT else {"ssh", "?"}
        if {"-v", "--verbose"} & set(run.argv):
            may_ask.add("git-bbkey")
        for program, place in connections(run) if run.trace else ():
            assert place in (WEB, SSH, ALTSSH, MOVED), \
                f"{program} connected to {place}\n{run}"
            assert place == WEB or program in may_ask, \
                f"{program} asked {place}\n{run}"
