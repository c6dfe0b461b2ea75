"""Somebody whose project is set up: one clone ours, one as by hand."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import urllib.parse
from pathlib import Path
from typing import Iterator

import stopwatch
from instance import BIN, Running, environment, person
from pairs import Took
from server import Sshd

BIG = 200 << 20


def make_big(path: Path, size: int) -> None:
    """A bare repository that nothing can make smaller."""
    script = ("git init -q --bare -b main \"$1\" && cd \"$1\" && "
              "git config core.compression 0 && "
              f"blob=$(head -c {size} /dev/urandom | "
              "git hash-object -w --stdin) && "
              "tree=$(printf '100644 blob %s\\tbig\\n' $blob | "
              "git mktree) && git update-ref refs/heads/main "
              "$(git -c user.name=T -c user.email=t@localhost "
              "commit-tree -m big $tree) && git repack -q -a -d")
    subprocess.run(["/bin/sh", "-ec", script, "sh", str(path)], check=True)


class Settled:
    """A home after a first clone; nothing in it was written by hand but
    the command line of the other clone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o755, exist_ok=True)
        server = folder / "sandbox"
        with Running("--dir", str(server), "--context",
                     "/bitbucket") as sandbox:
            self.home = person(folder, sandbox)
            self.home.enrol("always")
            self._git("clone", "-q", self.home.ssh_url(), "ours")
            host_key = next(p for p in (server / "ssh").iterdir()
                            if p.suffix != ".pub")
            (self.key,) = self.home.private_keys()
            (known,) = sandbox.ready["host_keys"]
            self.url = urllib.parse.urlsplit(self.home.ssh_url())
            self.sshd = Sshd(folder / "sshd", self.url.port, host_key,
                             Path(f"{self.key}.pub").read_text())
            (self.sshd.folder / "git" / "proj").mkdir()
            shutil.copytree(server / "git" / "proj" / "app.git",
                            self.sshd.folder / "git" / "proj" / "app.git")
        (self.home.ssh_folder / "known_hosts").write_text(
            f"[{self.url.hostname}]:{self.url.port} {known['public']}\n")
        self.env = environment(self.home)
        # for what asks nobody where the home is
        self.bare = {k: v for k, v in self.env.items() if k != "LD_PRELOAD"}
        self._git("clone", "-q", "--no-hardlinks", "ours", "theirs")
        self._git("remote", "set-url", "origin", self.home.ssh_url(),
                  cwd=self.theirs)
        self.as_by_hand(self.theirs)
        assert self._transport_of(self.ours).endswith("git-bbkey-ssh")
        assert self._transport_of(self.theirs).startswith("ssh -i ")

    def _git(self, *words: str, cwd: Path | None = None) -> str:
        done = self.home.git(*words, cwd=cwd)
        assert done.status == 0, done
        return done.out.strip()

    def _transport_of(self, clone: Path) -> str:
        return self._git("config", "core.sshCommand", cwd=clone)

    def as_by_hand(self, clone: Path) -> None:
        """What a person writes who knows ssh."""
        self._git("config", "core.sshCommand",
                  f"ssh -i {self.key} -o IdentitiesOnly=yes", cwd=clone)

    @property
    def ours(self) -> Path:
        """The clone that goes through git-bbkey-ssh."""
        return self.home.work / "ours"

    @property
    def theirs(self) -> Path:
        """The other one."""
        return self.home.work / "theirs"

    def make_big(self) -> str:
        """A large repository on the server; its URL."""
        make_big(self.sshd.folder / "git" / "proj" / "big.git", BIG)
        return self.home.ssh_url(repo="big")

    def transport(self, project: str = "proj") -> list[str]:
        """The command line that git gives to the transport."""
        return [str(BIN / "git-bbkey-ssh"), "-o", "SendEnv=GIT_PROTOCOL",
                "-p", str(self.url.port), f"git@{self.url.hostname}",
                f"git-upload-pack '/{project}/app.git'"]

    def stub_path(self) -> str:
        """A PATH on which `ssh` only tells the time."""
        folder = self.home.work / "stub"
        folder.mkdir(exist_ok=True)
        if not (folder / "ssh").exists():
            os.symlink(stopwatch.PROGRAMS / "bench-clock", folder / "ssh")
        return f"{folder}:{self.env['PATH']}"


def way_to_ssh(settled: Settled, project: str = "proj") -> Took:
    """From the start of git-bbkey-ssh to the first line of ssh's main()."""
    run = stopwatch.run(settled.transport(project),
                        settled.bare | {"PATH": settled.stub_path()},
                        settled.home.work)
    return Took((int(run.out) - run.start) / 1e9, run.cpu)


@contextlib.contextmanager
def settled(folder: Path) -> Iterator[Settled]:
    """For a benchmark; the server runs inside."""
    found = Settled(folder)
    found.sshd.start()
    try:
        yield found
    finally:
        found.sshd.stop()
