"""A key whose time runs out: what a fetch, and `status`, say of it.

Nobody's clock is turned: a key is registered for N days, or, by a server whose
clock is behind, was a month ago.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from home import Home, Result
from test_transport import cloned, commit, configure, fingerprint, said_by_us

DAY = 86400
HINT = "hint: for another one, run here: git bbkey init --new-key"


def day(days: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + days * DAY))


def expiring(home: Home, days: int) -> Path:
    """A clone whose key has that many days left, or had, when negative."""
    if days < 0:
        home.sandbox.set(clock_days=days - 30)
    configure(home, "expires", str(30 if days < 0 else days))
    return cloned(home)


def fetch(home: Home, folder: Path, **how) -> Result:
    result = home.git("fetch", cwd=folder, **how)
    assert (result.status, result.out) == (0, ""), result
    return result


def stamps(home: Home) -> list[Path]:
    folder = home.state / "expiry"
    return sorted(folder.iterdir()) if folder.exists() else []


def status(home: Home, folder: Path) -> str:
    """The human words as one line."""
    result = home.bbkey("status", cwd=folder)
    assert result.status == 0, result
    return " ".join(result.out.split())


# --- the transport -----------------------------------------------------------

@pytest.mark.parametrize("days, words", [
    (14, "expires in 14 days"), (2, "expires in 2 days"),
    (1, "expires tomorrow"), (-3, "expired")])
def test_a_fetch_says_when_the_key_expires(home: Home, days: int, words: str):
    folder = expiring(home, days)
    comma = "" if days < 0 else ","
    assert said_by_us(fetch(home, folder)) == [
        f"git-bbkey: the key of this machine for project PROJ {words}{comma} "
        f"on {day(days)}", HINT]


@pytest.mark.parametrize("days", [None, 15, 90])
def test_a_date_that_is_far_away_costs_nothing(home: Home, days: int | None):
    folder = expiring(home, days) if days else cloned(home)
    assert fetch(home, folder).err == ""
    assert stamps(home) == []


def test_it_is_said_once_a_day(home: Home):
    folder = expiring(home, 3)
    assert len(said_by_us(fetch(home, folder))) == 2
    assert fetch(home, folder).err == ""
    (stamp,) = stamps(home)
    os.utime(stamp, (time.time() - DAY,) * 2)
    assert len(said_by_us(fetch(home, folder))) == 2
    assert fetch(home, folder).err == ""
    os.utime(stamp, (time.time() + 99 * DAY,) * 2)
    assert len(said_by_us(fetch(home, folder))) == 2


def test_another_project_of_the_same_key_does_not_say_it_again(home: Home):
    folder = expiring(home, 3)
    clone = home.git("clone", home.https_url("lib", "core"), "core")
    assert clone.status == 0, clone
    assert len(said_by_us(fetch(home, folder))) == 2
    assert fetch(home, home.work / "core").err == ""


def test_git_advice_leaves_the_hint_out(home: Home):
    folder = expiring(home, 3)
    (line,) = said_by_us(fetch(home, folder, env={"GIT_ADVICE": "0"}))
    assert line.startswith("git-bbkey: the key ")


def test_cron_is_told_as_well(home: Home):
    folder = expiring(home, 3)
    quiet = {"GIT_TERMINAL_PROMPT": "0"}
    assert len(said_by_us(fetch(home, folder, env=quiet))) == 2
    assert fetch(home, folder, env=quiet).err == ""


def test_a_first_clone_says_nothing_of_the_key_it_has_just_made(home: Home):
    configure(home, "expires", "3")
    home.enrol("always")
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    assert "expires" not in clone.err
    assert stamps(home) == []


def test_a_push_says_it_and_names_write(home: Home):
    configure(home, "expires", "3")
    init = home.bbkey("init", "--write", home.https_url())
    assert init.status == 0, init
    assert home.git("clone", "-q", home.https_url(), "app").status == 0
    for stamp in stamps(home):
        stamp.unlink()
    folder = home.work / "app"
    commit(home, folder)
    push = home.git("push", cwd=folder)
    assert push.status == 0, push
    assert [x for x in said_by_us(push) if x.startswith("hint: ")] == [
        HINT + " --write"]


@pytest.mark.user
def test_a_home_that_is_read_only_is_told_each_time(home: Home):
    folder = expiring(home, 3)
    # a file is in the way: root may write where nobody may
    (home.state / "expiry").write_text("")
    home.state.chmod(0o500)
    try:
        for _ in range(2):
            assert len(said_by_us(fetch(home, folder))) == 2
    finally:
        home.state.chmod(0o700)


@pytest.mark.user
def test_an_expired_key_is_told_of_and_then_replaced(home: Home):
    folder = expiring(home, -3)
    home.sandbox.set(clock_days=0)
    home.allow_posts = 2
    before = fingerprint(home)
    said = said_by_us(fetch(home, folder))
    assert [line for line in said if "expired on" in line], said
    assert [line for line in said if "a new one is registered" in line], said
    assert fingerprint(home) != before
    assert said_by_us(fetch(home, folder)) == []


def test_an_expired_key_is_replaced_by_one_of_its_type(home: Home):
    """The server takes no other."""
    home.sandbox.set(allowed_key_types=["RSA"])
    home.allow_posts = 4
    folder = expiring(home, -3)
    home.sandbox.set(clock_days=0)
    before = fingerprint(home)
    said = said_by_us(fetch(home, folder))
    assert [line for line in said if "a new one is registered" in line], said
    assert fingerprint(home) != before
    (key,) = home.private_keys()
    assert Path(f"{key}.pub").read_text().startswith("ssh-rsa ")
    assert said_by_us(fetch(home, folder)) == []


def test_the_hint_makes_a_key_that_does_not_expire_soon(home: Home):
    folder = expiring(home, 3)
    home.allow_posts = 2
    fetch(home, folder)
    configure(home, "expires", "90")
    init = home.bbkey("init", "--new-key", cwd=folder)
    assert init.status == 0, init
    for stamp in stamps(home):
        stamp.unlink()
    assert fetch(home, folder).err == ""


@pytest.mark.user
def test_the_hint_helps_a_second_time(home: Home):
    """A project's own key, too, gives way; only then."""
    folder = expiring(home, 3)
    home.allow_posts = 5  # the clone, and four times --new-key
    prints = set()
    for names in (["proj"], ["proj", "proj++2"],
                  ["proj", "proj++2", "proj++3"]):
        init = home.bbkey("init", "--new-key", cwd=folder)
        assert init.status == 0, init
        assert [key.name.rsplit("_bitbucket+")[-1]
                for key in home.private_keys()][1:] == names
        on_record = json.loads(home.bbkey("status", "--json",
                                          cwd=folder).out)["key"]
        assert on_record["fingerprint"] not in prints
        prints.add(on_record["fingerprint"])
    configure(home, "expires", "90")
    for _ in range(2):
        init = home.bbkey("init", "--new-key", cwd=folder)
        assert init.status == 0, init
        assert len(home.private_keys()) == 1 + 4
    assert fetch(home, folder).err == ""


# --- status --------------------------------------------------------------------

@pytest.mark.parametrize("days, words", [
    (90, "until {}"), (15, "until {}"), (14, "expires in 14 days, on {}"),
    (1, "expires tomorrow, on {}"), (-3, "expired on {}")])
def test_status_says_how_long_the_key_lasts(home: Home, days: int, words: str):
    folder = expiring(home, days)
    said = status(home, folder)
    assert ", " + words.format(day(days)) in said
    mark = said.split(" Registered on ")[0].split()[-1]
    assert mark == ("✗" if days < 0 else "✓"), said
    data = json.loads(home.bbkey("status", "--json", cwd=folder).out)
    assert data["key"]["expires"] == day(days)


def test_status_says_nothing_of_the_days_where_there_is_no_date(home: Home):
    said = status(home, cloned(home))
    assert "until" not in said and "expire" not in said
