"""`status -v`: which of a person's keys the server knows."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from home import Home
from sshd import PROGRAM, Sshd
from test_ssh import account_key, agent, configure
from test_ssh_faults import enrol_at, our_key
from test_transport import cloned, fingerprint

assert agent  # a fixture

SSHD = pytest.mark.skipif(not Path(PROGRAM).exists(),
                          reason="sshd is not installed")
MOST = 32  # keys that are asked about


# --- helpers -----------------------------------------------------------------

def known(home: Home, folder: Path, **env: str) -> list[str]:
    """What `status -v` says that the server knows."""
    run = home.bbkey("status", "-v", cwd=folder, env=env)
    assert run.status == 0, run
    assert "Ready." in run.out, run
    text = " ".join(run.out.replace("✓", "\n").split(" ")).split("\n\n")
    lines = " ".join(" ".join(text).split()).split("The server knows ")[1:]
    return [line.split(" Git LFS")[0].removesuffix(" Ready.").strip()
            for line in lines]


def as_json(home: Home, folder: Path, *words: str, **env: str) -> dict:
    run = home.bbkey("status", "--json", *words, cwd=folder, env=env)
    assert run.status == 0, run
    return json.loads(run.out)


def print_of(public: str) -> str:
    return subprocess.run(["ssh-keygen", "-lf", "-"], input=public, text=True,
                          capture_output=True, check=True).stdout.split()[1]


def add(agent: dict[str, str], *keys: Path) -> None:
    subprocess.run(["ssh-add", "-q", *map(str, keys)], check=True,
                   env=os.environ | agent)


def stranger(home: Home, path: Path) -> str:
    """A key that nobody has registered."""
    path.parent.mkdir(exist_ok=True)
    return home.make_key(path, comment=path.name)


@contextlib.contextmanager
def answering(reply: bytes | None) -> Iterator[dict[str, str]]:
    """An agent that gives this answer to everybody, or none."""
    path = subprocess.run(["mktemp", "-d"], check=True, text=True,
                          capture_output=True).stdout.strip() + "/s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(8)
        kept = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    kept.append(client)
                    client.recv(100)
                    if reply is not None:
                        client.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield {"SSH_AUTH_SOCK": path}
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        for client in kept:
            client.close()


# --- where keys are ----------------------------------------------------------

def test_keys_in_the_ssh_folder_are_asked_about(home: Home):
    folder = cloned(home)
    account_key(home, home.ssh_folder / "id_other")
    stranger(home, home.ssh_folder / "id_unknown")
    (home.ssh_folder / "notes.pub").write_text("a note\n")
    assert known(home, folder) == [f"~/.ssh/{home.private_keys()[0].name}.pub",
                                   "~/.ssh/id_other.pub"]


def test_keys_that_the_configuration_names_are_asked_about(home: Home):
    folder = cloned(home)
    account_key(home, home.folder / "elsewhere")
    account_key(home, home.folder / "half")
    stranger(home, home.folder / "unknown")
    configure(home, "".join(
        f"Host *\n\tIdentityFile {home.folder}/{name}\n"
        for name in ("unknown", "elsewhere", "half.pub")))
    assert known(home, folder)[:2] == ["~/elsewhere.pub", "~/half.pub"]


def test_keys_in_the_agent_are_asked_about(home: Home,
                                           agent: dict[str, str]):
    folder = cloned(home)
    account_key(home, home.work / "card")
    stranger(home, home.work / "unknown")
    add(agent, home.work / "unknown", home.work / "card")
    assert known(home, folder, **agent)[0] == \
        'the key "person@home" in your agent'


def test_one_key_in_three_places_is_one(home: Home, agent: dict[str, str]):
    folder = cloned(home)
    public = account_key(home, home.ssh_folder / "id_work")
    (home.folder / "copy.pub").write_text(public + "\n")
    (home.folder / "copy").write_bytes(
        (home.ssh_folder / "id_work").read_bytes())
    configure(home, f"Host *\n\tIdentityFile {home.folder}/copy\n")
    add(agent, home.ssh_folder / "id_work")
    assert as_json(home, folder, "-v", **agent)["known_keys"] == [
        {"path": str(home.folder / "copy.pub"),
         "fingerprint": print_of(public), "agent": True},
        {"path": f"{home.private_keys()[0]}.pub",
         "fingerprint": fingerprint(home), "agent": False}]


def test_json_has_them_only_when_they_were_asked_for(home: Home):
    folder = cloned(home)
    assert "known_keys" not in as_json(home, folder)
    assert as_json(home, folder, "-v", "--offline")["known_keys"] is None
    (key,) = as_json(home, folder, "-v")["known_keys"]
    assert set(key) == {"path", "fingerprint", "agent"}


def test_a_key_that_is_in_the_agent_alone_has_no_path(home: Home,
                                                      agent: dict[str, str]):
    folder = cloned(home)
    public = account_key(home, home.work / "card")
    add(agent, home.work / "card")
    assert as_json(home, folder, "-v", **agent)["known_keys"][0] == {
        "path": None, "fingerprint": print_of(public), "agent": True}


# --- what it costs -----------------------------------------------------------

def test_no_private_key_is_touched_and_one_connection_is_made(home: Home):
    folder = cloned(home)
    for name in ("id_one", "id_two"):
        account_key(home, home.ssh_folder / name)
        (home.ssh_folder / name).unlink()
    # whoever opened it would wait for ever
    os.mkfifo(home.ssh_folder / "id_one")
    home.forget_log()
    assert len(known(home, folder)) == 3
    assert len(home.events("ssh_connect")) == 2, "status's own, and this one"
    assert len({e["connection"] for e in home.events("ssh_connect")}) == 2
    home.forget_log()
    assert home.bbkey("status", cwd=folder).status == 0
    assert len(home.events("ssh_connect")) == 1, "without -v"


def test_no_more_than_so_many_are_asked_about(home: Home):
    folder = cloned(home)
    for number in range(MOST + 3):
        stranger(home, home.ssh_folder / f"a{number:02}")
    home.forget_log()
    assert known(home, folder) == []
    asked = [e for e in home.events("ssh_auth") if not e["ok"]]
    assert len(asked) <= MOST
    assert len(home.events("ssh_connect")) <= 1 + 3


# --- a server that ends the connection after six ------------------------------

@SSHD
@pytest.mark.parametrize("place, found", [(3, True), (8, True), (14, True),
                                          (20, False)])
def test_sshds_limit_is_gone_round_by_three_connections(
        home: Home, tmp_path: Path, place: int, found: bool):
    """MaxAuthTries 6, the default: five keys a connection."""
    with Sshd(tmp_path / "sshd", our_key(home)) as server:
        enrol_at(home, server.place, "--host-key", server.pin)
        clone = home.git("clone", f"{server.place}/proj/app.git", "app")
        assert clone.status == 0, clone
        for number in range(place):
            stranger(home, home.ssh_folder / f"a{number:02}")
        before = server.connections
        assert bool(known(home, home.work / "app")) == found
        made = server.connections - before
        assert made == 1 + min(3, place // 5 + 1)
        asked = server.log.read_text().count("Failed publickey")
        assert asked <= 18


# --- who answers wrongly -----------------------------------------------------

STRANGE = {
    "nothing": None,
    "not its number": b"\0\0\0\5\5\0\0\0\1",
    "no keys at all": b"\0\0\0\5\x0c\0\0\0\1",
    "half a key": b"\0\0\0\x0d\x0c\0\0\0\1\0\0\0\xffssh-",
    "a long key": b"\0\0\0\x0d\x0c\0\0\0\1\xff\xff\xff\xffssh-",
    "a key without a type": b"\0\0\0\x12\x0c\0\0\0\1\0\0\0\5\0\0\0\5a"
                            b"\0\0\0\0",
    "a huge answer": b"\x7f\xff\xff\xff\x0c",
}


@pytest.mark.parametrize("kind", STRANGE)
def test_an_agent_that_answers_strangely_is_none(home: Home, kind: str):
    folder = cloned(home)
    with answering(STRANGE[kind]) as env:
        assert known(home, folder, **env) == [
            f"~/.ssh/{home.private_keys()[0].name}.pub"]


def test_a_comment_is_scrubbed(home: Home, agent: dict[str, str]):
    folder = cloned(home)
    path = home.work / "card"
    account_key(home, path)
    subprocess.run(["ssh-keygen", "-q", "-c", "-C", "a\x1b[31mb\u202ec", "-f",
                    str(path)], check=True)
    add(agent, path)
    assert known(home, folder, **agent)[0] == 'the key "a?[31mb?c" in your agent'


def test_a_server_that_hangs_up_leaves_the_rest_of_status(home: Home):
    folder = cloned(home)
    home.sandbox.fault(ssh="drop", after=10, skip=1, times=-1)
    run = home.bbkey("status", "-v", cwd=folder)
    assert run.status == 0, run
    assert "SSH answers" in run.out and "knows" not in run.out
