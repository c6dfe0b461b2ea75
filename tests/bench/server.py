"""The system's own OpenSSH server, unprivileged, on a port of loopback.

It takes the place of a sandbox that has ended: the same port, the same host
key, repositories under the same paths.  Whoever was set up with the sandbox
cannot tell.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from instance import NSS_WRAPPER

NOBODY = 65534
CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
AcceptEnv GIT_PROTOCOL
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
PidFile none
UsePAM no
"""
SERVE = """\
#!/bin/sh
# git's own quoting: git-upload-pack '/proj/app.git'
eval "set -- $SSH_ORIGINAL_COMMAND"
exec "$1" "{folder}/git$2"
"""


def drop_to() -> tuple[int, int]:
    """Who serves: the caller, or nobody where that is root."""
    if os.getuid():
        return os.getuid(), os.getgid()
    return NOBODY, NOBODY


class Sshd:
    """A running one; `git` is its only user."""

    def __init__(self, folder: Path, port: int, host_key: Path,
                 public: str) -> None:
        self.folder, self.port = folder, port
        folder.mkdir()
        (folder / "git").mkdir()
        shutil.copy(host_key, folder / "host_key")
        (folder / "host_key").chmod(0o600)
        serve = folder / "serve"
        serve.write_text(SERVE.format(folder=folder))
        serve.chmod(0o755)
        (folder / "authorized_keys").write_text(
            f'restrict,command="{serve}" {public}\n')
        (folder / "config").write_text(
            CONFIG.format(port=port, folder=folder))
        uid, gid = drop_to()
        (folder / "passwd").write_text(
            f"git:x:{uid}:{gid}::{folder}:/bin/sh\n")
        (folder / "group").write_text(f"git:x:{gid}:\n")

    def start(self) -> None:
        """Serve what is in `git/` by now."""
        uid, gid = drop_to()
        for parent in [self.folder, *list(self.folder.parents)[:-2]]:
            if parent.stat().st_uid == os.getuid():
                parent.chmod(0o755)
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, uid, gid)
        change = {} if os.getuid() else {
            "user": uid, "group": gid, "extra_groups": []}
        self._process = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-f", str(self.folder / "config"),
             "-E", str(self.folder / "log")], **change, env={
                 "PATH": "/usr/bin:/bin", "LD_PRELOAD": str(NSS_WRAPPER),
                 "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
                 "NSS_WRAPPER_GROUP": str(self.folder / "group")})
        end = time.monotonic() + 10
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=10)
