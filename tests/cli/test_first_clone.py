"""The main job: one plain `git clone` of a project that never saw this key."""

from __future__ import annotations

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
