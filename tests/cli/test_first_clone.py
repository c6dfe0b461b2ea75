"""The main job: one plain `git clone` of a project that never saw this key."""

from __future__ import annotations

import fcntl
from urllib.parse import urlsplit

import pytest
from home import Home


def connections(home: Home) -> set[int]:
    return {e["connection"] for e in home.events("http")}


@pytest.mark.user
@pytest.mark.parametrize("form", ["https", "ssh"])
def test_a_plain_clone_registers_once_and_goes_through(home: Home, form: str):
    home.enrol("always")
    home.forget_log()
    url = home.https_url() if form == "https" else home.ssh_url()
    clone = home.git("clone", url, "app")
    assert clone.status == 0, clone
    assert (home.work / "app" / "README.md").exists()
    assert len(home.requests("POST")) == 1
    assert len(home.requests()) <= 3
    assert len(connections(home)) == 1
    assert len(home.events("ssh_connect")) <= 2
    assert len(home.private_keys()) == 1
    (grant,) = home.keys_registered()
    assert grant["permission"] == "PROJECT_READ"
    assert grant["key"]["label"].startswith("bbkey ")


def test_a_second_clone_costs_no_request_and_one_connection(home: Home):
    home.enrol("always")
    assert home.git("clone", home.ssh_url(), "one").status == 0
    home.forget_log()
    assert home.git("clone", home.ssh_url(repo="tool"), "two").status == 0
    assert home.requests() == []
    assert len(home.events("ssh_connect")) == 1


def test_a_fetch_makes_no_request_and_one_connection(home: Home):
    home.enrol("always")
    assert home.git("clone", home.https_url(), "app").status == 0
    home.forget_log()
    fetch = home.git("fetch", cwd=home.work / "app")
    assert fetch.status == 0, fetch
    assert home.requests() == []
    assert len(home.events("ssh_connect")) == 1


def test_twenty_clones_at_once_make_one_key_and_one_post(home: Home):
    home.enrol("always")
    home.forget_log()
    script = " ".join(f"git clone -q {home.ssh_url()} c{i} & p{i}=$!;"
                      for i in range(20))
    script += " ".join(f"wait $p{i} || exit 1;" for i in range(20))
    home.tracing = False
    assert home.run("bash", "-c", script, timeout=120).status == 0
    assert len(home.requests("POST")) == 1
    assert len(home.private_keys()) == 1
    assert all((home.work / f"c{i}" / "README.md").exists() for i in range(20))


def test_a_typing_error_is_called_one_and_not_waited_for(home: Home):
    home.enrol("always")
    home.forget_log()
    clone = home.git("clone", home.https_url(repo="aap"))
    assert clone.status == 128 and clone.error_class == "denied", clone
    assert "no repository 'aap' in project 'PROJ'" in clone.error
    assert "check the URL" in clone.hint
    assert clone.seconds < 8, clone
    assert "propagation" not in clone.err
    right = home.git("clone", "-q", home.https_url(), "app")
    assert right.status == 0, right
    assert len(home.requests("POST")) == 1


def test_doubt_waits_for_no_lock_and_says_ready(home: Home):
    """What git-bbkey-ssh asks of a key that is let in, but not here yet."""
    home.enrol("always")
    assert home.git("clone", "-q", home.https_url(), "app").status == 0
    port = urlsplit(home.ssh_url()).port
    with open(home.state / "lock", "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = home.bbkey("ensure", f"--port={port}", "--repair=not-yet", "--",
                         "localhost", "proj", "app", stdin="")
    assert (run.status, run.out) == (0, "ready\n"), run
    assert run.seconds < 5, run
