"""What the REST rows of the acceptance table share.

Every failing run is held against the same rule: one line of the right class,
the exit status that belongs to it, nothing made, nothing registered, nothing
left switched on.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any, Iterator

from home import Home, Result

# CONTRACT.md, "Exit status"
STATUS = {"not-ready": 1, "auth": 3, "permission": 4, "conflict": 5,
          "hostkey": 6, "network": 7, "tls": 7, "server": 8, "local": 9,
          "keyfile": 9, "busy": 10, "denied": 11, "negotiate": 11,
          "propagation": 11, "not-bitbucket": 12, "fatal": 128, "usage": 129}

PROPERTIES = "/application-properties"
SETTINGS = "/ssh/latest/settings"
REPO = "/projects/proj/repos/app$"
KEYS = "/keys/latest/projects/PROJ/ssh"


def init(home: Home, *more: str, **how: Any) -> Result:
    """`git bbkey init <the https clone URL>`"""
    return home.bbkey("init", home.https_url(), *more, **how)


def hits(home: Home, path: str, method: str | None = None) -> int:
    """How many requests since forget_log() had this in their path."""
    return sum(path.rstrip("$") in line for line in home.requests(method))


def with_token(home: Home) -> list[str]:
    """The requests that came with credentials."""
    return [f"{e['method']} {e['path']}" for e in home.events("http")
            if e["auth"] != "none"]


def users(home: Home) -> set[str]:
    """Who the server took the requests with credentials for."""
    return {e["user"] for e in home.events("http") if e["auth"] != "none"}


def clear_faults(home: Home) -> None:
    home.sandbox.control("DELETE", "/faults")


def sandbox_keys(home: Home) -> list[Any]:
    """Every key of the server, but for when it was last used."""
    return [{k: v for k, v in key.items() if k != "last_used"}
            for key in home.sandbox.control("GET", "/state")["keys"]]


def permissions(home: Home, project: str = "PROJ") -> list[str]:
    return [grant["permission"] for grant in home.keys_registered(project)]


def refused(result: Result, *classes: str) -> None:
    """One line of one of these classes, and its exit status."""
    assert result.status in [STATUS[name] for name in classes], result
    assert result.error_class in classes, result
    assert result.status == STATUS[result.error_class], result
    assert result.out == "", result
    ours = [line for line in result.err.splitlines()
            if line.startswith(("git-bbkey: ", "hint: "))]
    assert len(ours) <= 2, result


def nothing_made(home: Home) -> None:
    """No key here, none on the server, no POST, nothing switched on."""
    assert home.private_keys() == []
    assert not home.config.exists()
    assert home.requests("POST") == [] == home.requests("PUT")
    assert sandbox_keys(home) == []


@contextlib.contextmanager
def unchanged(home: Home) -> Iterator[None]:
    """No file changes but those of our own state folder (I4)."""
    def files() -> dict[str, tuple]:
        return {name: what for name, what in home.snapshot().items()
                if not name.startswith(".local")}
    before = files()
    yield
    assert files() == before


def sinks(home: Home) -> list[dict[str, Any]]:
    """What arrived at the extra listeners."""
    return home.sandbox.control("GET", "/sink")


def listen(home: Home, kind: str) -> int:
    return home.sandbox.control("POST", "/listen", {"kind": kind})["port"]


def untouched(home: Home) -> None:
    """No listener saw a connection, let alone a request."""
    for sink in sinks(home):
        assert sink["connections"] == 0 == sink["requests"], sink


def trust_ssh_host(home: Home) -> None:
    """The person has met this server: its keys are in ~/.ssh/known_hosts."""
    host, _, port = home.sandbox.ready["ssh_url"].split("@")[1].partition(":")
    home.make_ssh_folder()
    (home.ssh_folder / "known_hosts").write_text("".join(
        f"[{host}]:{port} {key['public']}\n"
        for key in home.sandbox.control("GET", "/state")["host_keys"]))


def own_lines(text: str) -> list[str]:
    """Standard error without ours: what git and ssh said."""
    return [line for line in text.splitlines()
            if not line.startswith(("git-bbkey: ", "hint: "))]


def like_plain_ssh(home: Home, **how: Any) -> Result:
    """I10: a clone that we cannot help ends as it would without us."""
    clear = how.pop("url", home.ssh_url())
    ours = home.git("clone", clear, "with", **how)
    environment = {**how.pop("env", {}), "BBKEY_AUTO": "never"}
    plain = home.git("clone", clear, "with", env=environment, **how)
    assert (ours.status, ours.out) == (plain.status, plain.out), (ours, plain)
    assert own_lines(ours.err) == own_lines(plain.err), (ours, plain)
    assert "git-bbkey: " not in plain.err, plain
    return ours


def secret_file(home: Home, name: str, content: str | bytes,
                mode: int = 0o600) -> Path:
    """A file that may hold a secret, as a person would keep one."""
    path = home.work / name
    path.write_bytes(content if isinstance(content, bytes)
                     else content.encode())
    os.chmod(path, mode)
    return path


def configure(home: Home, key: str, value: str) -> None:
    """`git config --global`, without a trace."""
    tracing, home.tracing = home.tracing, False
    assert home.git("config", "--global", "--add", key, value).status == 0
    home.tracing = tracing


def forget_state(home: Home) -> None:
    """As after a lost or copied home: keys are there, no record is."""
    for path in sorted(home.state.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def a_home_with_a_key(home: Home) -> None:
    """Registered once, and then forgotten on both sides but for the key."""
    home.tracing = False
    assert init(home).status == 0
    for key in sandbox_keys(home):
        home.sandbox.control("DELETE", "/keys", {"id": key["id"]})
    forget_state(home)
    home.forget_log()
    home.allow_posts = 99


def seconds_between(home: Home, path: str) -> list[float]:
    """Pauses between the requests with this in their path."""
    times = [e["t"] for e in home.events("http") if path in e["path"]]
    return [b - a for a, b in zip(times, times[1:])]


def http_date(ahead: float) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT",
                         time.gmtime(time.time() + ahead))
