"""A Bitbucket that is some way off: the sandbox behind the proxy."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import Iterator

TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "tests" / "cli"))
from home import BIN, NSS_WRAPPER, Home, Running  # noqa: E402,F401

from proxy import Count, Proxy  # noqa: E402

HERE = Path(__file__).parent


class Distant(Running):
    """A sandbox whose addresses, all of them, are the proxy's."""

    def __init__(self) -> None:
        self.proxy = Proxy(2)
        https, ssh = self.proxy.ports
        super().__init__("--context", "/bitbucket",
                         "--public-https-port", str(https),
                         "--public-ssh-port", str(ssh))
        listens = self.ready["listens"]
        self.proxy.forward([listens["https"], listens["ssh"]])

    def stop(self) -> int:
        """Both end."""
        status = super().stop()
        self.proxy.stop()
        return status

    def counts(self) -> tuple[Count, Count, int]:
        """Since the last reset: HTTPS, SSH, and how many requests."""
        https, ssh = self.proxy.counts()
        return https, ssh, len(self.events("http"))

    def keys(self) -> int:
        """How many keys are registered, asked behind the proxy."""
        return len(self.control("GET", "/state")["keys"])

    def reset(self) -> None:
        """Nothing is registered, nothing is counted."""
        self.control("POST", "/reset")
        self.proxy.counts()


class Person(Home):
    """A home that can be put back to what it was."""

    def keep(self) -> None:
        """This is what it was."""
        shutil.copytree(self.folder, self._kept, symlinks=True)

    def put_back(self) -> None:
        """As at keep(), and no clones."""
        for path in [self.folder, *self.work.glob("clone*")]:
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self._kept, self.folder, symlinks=True)

    @property
    def _kept(self) -> Path:
        return self.folder.with_name(self.folder.name + ".kept")


def person(folder: Path, instance: Running) -> Person:
    """Somebody on a machine without keys."""
    return Person(folder / "home", folder / "work", instance, tracing=False)


@contextlib.contextmanager
def distant() -> Iterator[Distant]:
    """One for a benchmark."""
    with Distant() as instance:
        yield instance


def environment(home: Home) -> dict[str, str]:
    """What both sides run in."""
    return home.environment(CURL_CA_BUNDLE=home.sandbox.ca,
                            GIT_TERMINAL_PROMPT="0",
                            TMPDIR=os.environ.get("TMPDIR"))
