"""Rows S4 S8 S9 S10 S14: servers that refuse, break off, have no room.

What a fetch on record comes to is compared with plain ssh and the same key;
what a first clone comes to, with plain ssh alone (BBKEY_AUTO=never).
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

import pytest
from home import Home, Result
from sshd import ME, PROGRAM, Daemon, Sshd
from test_ssh import (account_key, as_plain, know, known_line,
                      nothing_registered, plain_clone)
from test_transport import cloned, plain, said_by_us
from wire import Server, relay, reset

DENIED = 11
SSHD = pytest.mark.skipif(not Path(PROGRAM).exists(),
                          reason="sshd is not installed")


# --- helpers -----------------------------------------------------------------

def our_key(home: Home) -> Path:
    """Where the key of the instance will be, before it is made."""
    name = home.base.split("//")[1].replace(":", "_").replace("/", "__")
    return home.ssh_folder / f"bbkey_{name}.pub"


def enrol_at(home: Home, place: str, *more: str) -> None:
    """The instance has one SSH name alone; the log starts here."""
    assert home.git("config", "--global", f"bbkey.{home.base}.ssh",
                    place).status == 0
    home.enrol("always", *more)
    home.forget_log()


def sandbox_address(home: Home) -> tuple[str, int]:
    return "127.0.0.1", int(home.sandbox.ready["ssh_url"].rsplit(":")[-1])


def directly(home: Home, url: str, command: str = "git-upload-pack",
             **how) -> Result:
    """The transport, as git would run it, so that its exit status shows."""
    place, path = re.fullmatch(r"ssh://(.*?)(/.*)", url).groups()
    host, port = place.split(":")
    return home.run("git-bbkey-ssh", "-p", port, host, f"{command} '{path}'",
                    stdin="0000", **how)


def plain_directly(home: Home, url: str, **how) -> Result:
    """The same by ssh, with the key on record."""
    (key,) = home.private_keys()
    place, path = re.fullmatch(r"ssh://(.*?)(/.*)", url).groups()
    host, port = place.split(":")
    return home.run("ssh", "-i", str(key), "-o", "IdentitiesOnly=yes", "-o",
                    f"GlobalKnownHostsFile={home.state}/known_hosts", "-p",
                    port, host, f"git-upload-pack '{path}'", stdin="0000",
                    **how)


@pytest.fixture
def sshd(home: Home, tmp_path: Path) -> Iterator[Sshd]:
    """A real one, that takes our key as soon as it is made."""
    with Sshd(tmp_path / "sshd", our_key(home)) as server:
        yield server


# --- S4: no common algorithm -------------------------------------------------

PROFILES = {
    "key exchange": ("KexAlgorithms diffie-hellman-group1-sha1",
                     "diffie-hellman-group1-sha1"),
    "host key": ("HostKeyAlgorithms ssh-rsa", "ssh-rsa"),
    "cipher": ("Ciphers aes128-cbc", "aes128-cbc"),
    "MAC": ("Ciphers aes128-ctr\nMACs hmac-md5", "hmac-md5"),
}


@SSHD
@pytest.mark.row("S4")
@pytest.mark.parametrize("name", PROFILES)
def test_s4_a_first_clone_shows_the_offer(home: Home, sshd: Sshd, name: str):
    sshd.more, offer = PROFILES[name]
    enrol_at(home, sshd.place, "--host-key", sshd.pin)
    url = f"{sshd.place}/proj/app.git"
    clone = home.git("clone", url, "app")
    assert clone.error_class == "negotiate", clone
    assert f"Their offer: {offer}" in clone.error
    assert sshd.connections == 1
    assert home.requests() == []
    assert home.private_keys() == []
    as_plain(clone, plain_clone(home, url))


@SSHD
@pytest.mark.row("S4")
def test_s4_init_shows_the_offer(home: Home, sshd: Sshd):
    enrol_at(home, sshd.place, "--host-key", sshd.pin)
    for profile, offer in PROFILES.values():
        sshd.more = profile
        init = home.bbkey("init", f"{sshd.place}/proj/app.git")
        assert (init.status, init.error_class) == (DENIED, "negotiate"), init
        assert f"Their offer: {offer}" in init.error
    nothing_registered(home)
    assert home.private_keys() == []


@SSHD
@pytest.mark.row("S4")
def test_s4_a_fetch_on_record_ends_as_ssh_does(home: Home, sshd: Sshd):
    enrol_at(home, sshd.place, "--host-key", sshd.pin)
    url = f"{sshd.place}/proj/app.git"
    clone = home.git("clone", url, "app")
    assert clone.status == 0, clone
    home.forget_log()
    for profile, offer in PROFILES.values():
        sshd.more, before = profile, sshd.connections
        fetch = home.git("fetch", cwd=home.work / "app")
        assert offer in fetch.err and fetch.status == 128
        assert sshd.connections == before + 1
        same = plain(home, "fetch", cwd=home.work / "app")
        assert (fetch.status, fetch.out, fetch.err) == \
            (same.status, same.out, same.err)
    assert home.requests() == []


def hostile_offer(client: socket.socket) -> None:
    """A key exchange whose names are a terminal's commands."""
    names = [b"kex\x1b]0;owned\x07\xe2\x80\xae"] + [b"x"] * 7 + [b"", b""]
    body = b"\x14" + bytes(16) + b"".join(
        struct.pack(">I", len(n)) + n for n in names) + bytes(5)
    padding = 16 - (len(body) + 5) % 8
    client.sendall(b"SSH-2.0-x\r\n" + struct.pack(
        ">IB", len(body) + padding + 1, padding) + body + bytes(padding))
    while client.recv(65536):
        pass


@pytest.mark.row("S4")
def test_s4_a_hostile_offer_is_scrubbed(home: Home):
    with Server(hostile_offer) as server:
        place = f"ssh://git@localhost:{server.port}"
        enrol_at(home, place)
        clone = home.git("clone", f"{place}/proj/app.git", "app")
        init = home.bbkey("init", f"{place}/proj/app.git")
    for run in (clone, init):  # that it is clean, I7 checks
        assert run.error_class == "negotiate", run
        assert "Their offer: kex" in run.error and "\x1b" not in run.err
    nothing_registered(home)


# --- S8: the line breaks -----------------------------------------------------

class Line(Server):
    """Carries bytes to a server until `after` have come back (None: all).

    `turns`: how many had come back, each time that the client went on.
    """

    def __init__(self, target: tuple[str, int]):
        super().__init__()
        self._target = target
        self.after: int | None = None
        self.turns: list[int] = []

    def talk(self, client: socket.socket) -> None:
        left, back = self.after, 0
        turns = [0]
        with socket.create_connection(self._target) as server, \
                DefaultSelector() as ready:
            ready.register(client, EVENT_READ)
            ready.register(server, EVENT_READ)
            while left is None or left > back:
                for key, _ in ready.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        self.turns = turns
                        return
                    if key.fileobj is server:
                        data = data[:None if left is None else left - back]
                        back += len(data)
                        client.sendall(data)
                    else:
                        if back > turns[-1]:
                            turns.append(back)
                        server.sendall(data)


@pytest.fixture
def line(home: Home) -> Iterator[Line]:
    with Line(sandbox_address(home)) as proxy:
        enrol_at(home, f"ssh://git@localhost:{proxy.port}")
        yield proxy


def line_url(line: Line, project: str = "proj", repo: str = "app") -> str:
    return f"ssh://git@localhost:{line.port}/{project}/{repo}.git"


def how_far(home: Home) -> str:
    """How far the last connection came, by the server's own log."""
    if home.events("ssh_exec"):
        return "git"
    return "let in" if any(e["ok"] for e in home.events("ssh_auth")) else \
        "not let in"


def broken(text: str) -> str:
    """TCP may tell of a broken line in several ways, and so may git."""
    return re.sub(r"(?ms)^((client_loop|fetch-pack|fatal|banner exchange|"
                  r"ssh_dispatch_run_fatal|kex_exchange_identification): |"
                  r"Connection ).*\Z", "<broken>", text)


def measured(home: Home, line: Line) -> list[int]:
    """A clone on record; at how many bytes to break the next ones."""
    assert home.git("clone", line_url(line), "first").status == 0
    line.turns = []
    assert home.git("clone", "--bare", line_url(line), "second").status == 0
    assert len(line.turns) >= 6
    return [0, 10, *(turn - 1 for turn in line.turns[1:])]


@pytest.mark.row("S8")
def test_s8_on_record_a_broken_line_ends_as_ssh_does(home: Home, line: Line):
    home.tracing = False
    cuts, seen = measured(home, line), set()
    for cut in cuts:
        home.forget_log()
        line.after, before = cut, line.connections
        run = home.git("clone", "--bare", line_url(line), "third")
        if run.status == 0:  # git had it all
            break
        assert line.connections == before + 1, (cut, run)
        seen.add(how_far(home))
        assert said_by_us(run) == []
        same = plain(home, "clone", "--bare", line_url(line), "third")
        if same.status == 0:  # a few bytes of the handshake less
            break
        assert (run.status, run.out, broken(run.err)) == \
            (same.status, same.out, broken(same.err)), cut
        assert home.requests() == []
    assert seen == {"not let in", "let in", "git"}


@pytest.mark.row("S8")
def test_s8_a_first_clone_survives_a_broken_line(home: Home, line: Line):
    """It is not repeated (but S9), and the next one goes through."""
    home.tracing = False
    cuts, seen = measured(home, line)[3:], set()  # behind "SSH-2.0-..."
    for cut in cuts:
        for path in [*home.ssh_folder.glob("bbkey_*"),
                     *home.state.rglob("record")]:
            path.unlink()
        shutil.rmtree(home.state)
        home.sandbox.control("POST", "/reset")
        line.after = None
        home.enrol("always")
        home.forget_log()
        line.after, before = cut, line.connections
        run = home.git("clone", "--bare", line_url(line), "third")
        if run.status == 0:  # git had it all
            break
        assert line.connections == before + 1, (cut, run)
        seen.add(how_far(home))
        line.after = None
        again = home.git("clone", "--bare", line_url(line), "third")
        assert again.status == 0, (cut, again)
        shutil.rmtree(home.work / "third")
        assert len(home.keys_registered()) == 1
        assert len(home.requests("POST")) == 1
        assert len(home.private_keys()) == 1
    assert seen == {"not let in", "let in", "git"}


# --- S9: the server has no room ----------------------------------------------

class Busy(Server):
    """Hangs up on the first few, before a word was said."""

    def __init__(self, target: tuple[str, int]):
        super().__init__()
        self._target = target
        self.turned_away = 0
        self.full = 0

    def talk(self, client: socket.socket) -> None:
        if self.full:
            client.recv(1)
            self.full -= 1
            self.turned_away += 1
            if self.full % 2:
                reset(client)
            return
        relay(client, self._target)


@pytest.fixture
def busy(home: Home) -> Iterator[Busy]:
    with Busy(sandbox_address(home)) as proxy:
        enrol_at(home, f"ssh://git@localhost:{proxy.port}")
        yield proxy


@pytest.mark.row("S9")
@pytest.mark.parametrize("own_key", [False, True])
def test_s9_a_first_clone_comes_again(home: Home, busy: Busy, own_key: bool):
    if own_key:
        account_key(home, home.folder / ".ssh" / "id_ed25519")
    busy.full = 3
    clone = home.git("clone", line_url(busy), "app")
    assert clone.status == 0, clone
    assert busy.turned_away == 3
    assert len(home.requests("POST")) == (0 if own_key else 1)
    assert "kex_exchange" not in clone.err


@pytest.mark.row("S9")
def test_s9_git_s_own_ssh_comes_again_after_our_probe(home: Home, busy: Busy):
    """With a key of the person's own there are two connections: one of ours,
    then git's, and either may be turned away."""
    account_key(home, home.folder / ".ssh" / "id_ed25519")
    shim = home.work / "shim"
    shim.mkdir()
    (shim / "ssh").write_text(
        "#!/bin/sh\ncase $* in *BatchMode*|*-G*) ;; *) "
        "[ -e $HOME/first ] || { touch $HOME/first; echo "
        "'kex_exchange_identification: Connection closed by remote host' >&2; "
        "exit 255; }; esac\nexec /usr/bin/ssh \"$@\"\n")
    (shim / "ssh").chmod(0o755)
    clone = home.git("clone", line_url(busy), "app", env={
        "PATH": f"{shim}:{home.environment()['PATH']}"})
    assert clone.status == 0, clone
    assert (home.folder / "first").exists()
    assert home.requests() == []


@pytest.mark.row("S9")
def test_s9_four_times_is_enough(home: Home, busy: Busy):
    busy.full = 1000
    clone = home.git("clone", line_url(busy), "app")
    assert clone.status == 128
    assert busy.connections == 4
    assert clone.error_class == "network", clone
    assert home.requests() == [] and home.private_keys() == []
    same = plain_clone(home, line_url(busy))
    assert (clone.status, clone.out) == (same.status, same.out)
    before = busy.connections
    init = home.bbkey("init", line_url(busy))
    assert (init.status, init.error_class) == (7, "network"), init
    assert busy.connections == before + 4
    nothing_registered(home)


@pytest.mark.row("S9")
def test_s9_init_and_status_come_again(home: Home, busy: Busy):
    busy.full = 2
    init = home.bbkey("init", line_url(busy))
    assert init.status == 0, init
    assert home.git("clone", line_url(busy), "app").status == 0
    busy.full = 1
    status = home.bbkey("status", "--exit-code", cwd=home.work / "app")
    assert status.status == 0, status
    assert busy.turned_away == 3


@pytest.mark.row("S9")
def test_s9_a_fetch_on_record_does_not(home: Home, busy: Busy):
    assert home.git("clone", line_url(busy), "app").status == 0
    home.forget_log()
    busy.full = 2
    before = busy.connections
    fetch = home.git("fetch", cwd=home.work / "app")
    assert busy.connections == before + 1
    same = plain(home, "fetch", cwd=home.work / "app")
    assert (fetch.status, fetch.out, broken(fetch.err)) == \
        (same.status, same.out, broken(same.err))
    assert fetch.status == 128 and home.requests() == []


@SSHD
@pytest.mark.row("S9")
def test_s9_many_first_clones_at_a_real_server(home: Home, tmp_path: Path):
    """MaxStartups 10:30:100, sshd's default, and thirty others at the door,
    who go when the first of ours has been turned away."""
    clones = 16
    with Daemon(tmp_path / "sshd", our_key(home)) as server, \
            contextlib.ExitStack() as others:
        enrol_at(home, server.place, "--host-key", server.pin)
        for _ in range(30):
            others.enter_context(
                socket.create_connection(("127.0.0.1", server.port)))
        server.until_logged("past MaxStartups")
        turned_away = server.log.read_text().count("past MaxStartups")
        run = subprocess.Popen(
            ["bash", "-c", f"for i in $(seq {clones}); do git clone -q "
             f"{server.place}/proj/app.git c$i & pids+=($!); done\n"
             "for p in ${pids[@]}; do wait $p || exit 1; done"],
            cwd=home.work, env=home.environment(), stderr=subprocess.PIPE)
        server.until_logged("past MaxStartups", turned_away + 1)
        others.close()
        _, err = run.communicate(timeout=60)
        assert run.returncode == 0, err.decode()
    assert len(home.requests("POST")) == 1
    assert len(home.private_keys()) == 1


# --- S10: let in, and turned away --------------------------------------------

WORDS = "fatal: this account is locked: you are not allowed in\n"


@pytest.mark.row("S10")
def test_s10_what_a_git_shell_says_passes_through(home: Home):
    cloned(home)
    home.tracing = False
    for status in (1, 2, 42, 126, 127, 128, 254):
        home.sandbox.fault(ssh="exit", status=status, stderr=WORDS, times=2)
        run = directly(home, home.ssh_url())
        same = plain_directly(home, home.ssh_url())
        assert (run.status, run.out, run.err) == (status, "", WORDS)
        assert (same.status, same.out, same.err) == (status, "", WORDS)
    assert len(home.events("ssh_connect")) == 14
    assert home.requests() == []


@pytest.mark.row("S10")
def test_s10_a_first_clone_that_a_shell_turns_away(home: Home):
    """The person's own key is let in, and the account is locked: that is no
    reason to make and register another key."""
    account_key(home, home.folder / ".ssh" / "id_ed25519")
    know(home, known_line(home))
    home.enrol("always")
    home.forget_log()
    home.sandbox.fault(ssh="exit", status=3, stderr=WORDS, times=-1)
    clone = home.git("clone", home.ssh_url(), "app")
    assert WORDS.strip() in clone.error, clone
    as_plain(clone, plain_clone(home, home.ssh_url()))
    assert home.requests() == []
    assert home.private_keys() == []


@SSHD
@pytest.mark.row("S10")
@pytest.mark.parametrize("why", ["locked", "wrong user"])
def test_s10_a_refused_account_is_not_mended_by_a_key(home: Home, sshd: Sshd,
                                                      why: str):
    """To ssh that is a refused key.  The server has the key, so nothing is
    registered, and ssh's own words stay."""
    enrol_at(home, sshd.place, "--host-key", sshd.pin)
    url = f"{sshd.place}/proj/app.git"
    assert home.git("clone", url, "app").status == 0
    (key,) = home.private_keys()
    content = key.read_bytes()
    if why == "locked":
        sshd.more = f"DenyUsers {ME}"
    else:
        url = url.replace(f"{ME}@", "nobody-at-all@")
        home.git("remote", "set-url", "origin", url, cwd=home.work / "app")
    home.forget_log()
    fetch = home.git("fetch", cwd=home.work / "app")
    assert fetch.status == 128
    assert "Permission denied (publickey)" in fetch.err
    assert fetch.error_class == "denied", fetch
    assert len(home.requests("GET")) == len(home.requests())
    assert key.read_bytes() == content and home.private_keys() == [key]


# --- S14: RSA at a server of old ---------------------------------------------

@pytest.fixture
def old(home: Home) -> Home:
    """A release that names no signatures: ssh then has none for RSA."""
    home.sandbox.set(server_sig_algs=False)
    home.enrol("always")
    home.forget_log()
    return home


@pytest.mark.row("S14")
def test_s14_a_first_clone_makes_an_ed25519_key(old: Home):
    account_key(old, old.folder / ".ssh" / "id_rsa", "rsa")
    clone = old.git("clone", old.https_url(), "app")
    assert clone.status == 0, clone
    (line,) = said_by_us(clone)
    assert "RSA" in line and "SHA-1" in line
    (grant,) = old.keys_registered()
    assert grant["key"]["text"].startswith("ssh-ed25519 ")


@pytest.mark.row("S14")
def test_s14_init_says_what_to_do_before_it_registers(old: Home):
    key = old.make_ssh_folder() / "id_rsa"
    old.make_key(key, "rsa")
    init = old.bbkey("init", "--key", str(key), old.https_url())
    assert (init.status, init.error_class) == (DENIED, "negotiate"), init
    assert "--key-type ed25519" in init.hint
    nothing_registered(old)
    old.allow_posts = 2
    init = old.bbkey("init", "--key-type", "ed25519", old.https_url())
    assert init.status == 0, init
    clone = old.git("clone", old.https_url(), "app")
    assert clone.status == 0, clone


@pytest.mark.row("S14")
def test_s14_a_fetch_on_record_says_what_to_do(home: Home):
    home.make_key(home.make_ssh_folder() / "work_key", "rsa")
    home.enrol("always")
    assert home.bbkey("init", "--key", str(home.ssh_folder / "work_key"),
                      home.https_url()).status == 0
    assert home.git("clone", home.https_url(), "app").status == 0
    home.forget_log()
    home.sandbox.set(server_sig_algs=False)
    fetch = home.git("fetch", cwd=home.work / "app")
    assert fetch.status == 128
    assert fetch.error_class == "negotiate", fetch
    assert "--key-type ed25519" in fetch.hint
    assert home.requests() == []


@pytest.mark.row("S14")
def test_s14_where_ed25519_is_refused_too_ecdsa_does(old: Home):
    old.sandbox.set(ed25519_invalid=True)
    init = old.bbkey("init", old.https_url())
    assert (init.status, init.error_class) == (DENIED, "negotiate"), init
    assert "ecdsa" in init.hint
    old.allow_posts = 3
    init = old.bbkey("init", "--key-type", "ecdsa", old.https_url())
    assert init.status == 0, init
