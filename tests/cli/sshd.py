"""The system's own sshd, without privileges, with a git repository behind it.

`Sshd` starts one for each connection, as inetd would, so that what it is
configured to do may change between two of them; `Daemon` is one that listens,
with OpenSSH's own limits.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from wire import Server

PROGRAM = "/usr/sbin/sshd"
ME = pwd.getpwuid(os.getuid()).pw_name

SHELL = """#!/bin/sh
case $SSH_ORIGINAL_COMMAND in
git-upload-pack*) exec git-upload-pack {repo} ;;
git-receive-pack*) exec git-receive-pack {repo} ;;
*) echo "'$SSH_ORIGINAL_COMMAND' is not allowed" >&2; exit 1 ;;
esac
"""


@functools.cache
def host_keys() -> dict[str, bytes]:
    """File name -> content; the same for all of a test run."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("ed25519", "rsa"):
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-b", "2048",
                            "-N", "", "-f", f"{folder}/{kind}"], check=True)
        return {path.name: path.read_bytes()
                for path in Path(folder).iterdir()}


class Sshd(Server):
    """`more` is further configuration: a profile."""

    def __init__(self, folder: Path, keys: Path):
        super().__init__()
        self.folder = folder
        self.more = ""
        self._keys = keys
        folder.mkdir()
        for name, content in host_keys().items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
        self._make_repository()
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def place(self) -> str:
        return f"ssh://{ME}@localhost:{self.port}"

    @property
    def pin(self) -> str:
        """The fingerprint of its ed25519 host key."""
        return subprocess.run(
            ["ssh-keygen", "-lf", f"{self.folder}/ed25519.pub"], check=True,
            capture_output=True, text=True).stdout.split()[1]

    def configuration(self) -> Path:
        path = self.folder / "config"
        path.write_text(
            f"{self.more}\nListenAddress 127.0.0.1\nPort {self.port}\n"
            f"HostKey {self.folder}/ed25519\nHostKey {self.folder}/rsa\n"
            f"AuthorizedKeysFile {self._keys}\nForceCommand "
            f"{self.folder}/shell\nPermitRootLogin yes\nStrictModes no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "PidFile none\nUsePAM no\nLogLevel VERBOSE\n")
        return path

    def talk(self, client: socket.socket) -> None:
        subprocess.run([PROGRAM, "-i", "-f", str(self.configuration()), "-E",
                        str(self.log)], stdin=client, stdout=client)

    def _make_repository(self) -> None:
        repo = self.folder / "app.git"
        git = ["git", "-C", str(repo), "-c", "user.name=T", "-c",
               "user.email=t@localhost", "-c", "safe.directory=*"]
        subprocess.run(["git", "init", "-q", "-b", "main", str(repo)],
                       check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"],
                       check=True)
        shell = self.folder / "shell"
        shell.write_text(SHELL.format(repo=repo))
        shell.chmod(0o755)


class Daemon(Sshd):
    """A listening one; its port is free until it is entered."""

    def __enter__(self) -> Daemon:
        self._port = super().port
        self._listener.close()
        self._process = subprocess.Popen(
            [PROGRAM, "-D", "-f", str(self.configuration()), "-E",
             str(self.log)])
        self.until_logged("Server listening")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    @property
    def port(self) -> int:
        return getattr(self, "_port", None) or super().port

    def until_logged(self, words: str, times: int = 1) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(FileNotFoundError):
                if self.log.read_text().count(words) >= times:
                    return
            time.sleep(0.02)
        raise AssertionError(f"sshd never said '{words}'")
