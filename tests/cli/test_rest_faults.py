"""REST answers that are slow, cut short, endless, deep, or lost.

Rows R10, R12, R14 to R16, R20 and R25.  Each goes through `git bbkey init`
and, on an enrolled instance, through a plain `git clone`: there the POST is
the first request, and what cannot be helped must end as plain ssh would (I10).
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from home import Home, Result
from invariants import check_all
from rest_checks import (KEYS, PROPERTIES, REPO, SETTINGS, a_home_with_a_key,
                         clear_faults, forget_state, hits, init,
                         like_plain_ssh, nothing_made, refused, sandbox_keys,
                         trust_ssh_host, unchanged)
from rest_faults import CUT, DEEP, ENDLESS, MEMORY, SLOW, measured

JSON = "application/json;charset=UTF-8"
# Requests that a test gives up stay in the log of these until they end.
slow = pytest.mark.sandbox("--context", "/slow")


def a_clone_that_cannot_be_helped(home: Home, **fault: object) -> Result:
    """Enrolled; the registration meets the fault; as plain ssh (I10)."""
    home.enrol()
    trust_ssh_host(home)
    home.forget_log()
    home.sandbox.fault(**{"times": -1, "path": KEYS, **fault})
    clone = like_plain_ssh(home)
    assert clone.status == 128 and "Permission denied" in clone.err, clone
    return clone


def next_time(home: Home, posts: int) -> None:
    """The fault is over: the same key serves, and so many POSTs are sent."""
    (key,) = home.private_keys()
    clear_faults(home)
    home.forget_log()
    clone = home.git("clone", home.ssh_url(), "later")
    assert clone.status == 0, clone
    assert home.private_keys() == [key]
    assert len(home.keys_registered()) == 1
    assert len(home.requests("POST")) == posts


# --- R10: slow ---------------------------------------------------------------

@slow
@pytest.mark.row("R10")
def test_r10_a_slow_answer_is_given_up_within_15_seconds(home: Home,
                                                         tmp_path: Path):
    """All kinds at once, each with its own home and repository."""
    people = {}
    for kind, fault in SLOW.items():
        home.sandbox.fault(path=f"/repos/r10-{kind}$", times=-1, **fault)
        people[kind] = Home(tmp_path / kind, tmp_path / f"{kind}-work",
                            home.sandbox)

    def try_it(kind: str) -> Result:
        return people[kind].bbkey("init",
                                  home.https_url("proj", f"r10-{kind}"))

    with ThreadPoolExecutor(len(people)) as pool:
        results = dict(zip(people, pool.map(try_it, people)))
    for kind, person in people.items():
        check_all(person)
        refused(results[kind], "network")
        assert "in time" in results[kind].error
        nothing_made(person)
    seconds = {kind: result.seconds for kind, result in results.items()}
    assert seconds.pop("body") < 20, "15 s in all"
    assert max(seconds.values()) < 13, f"5 s of silence: {seconds}"


@slow
@pytest.mark.row("R10")
def test_r10_a_clone_waits_for_one_slow_answer_only(home: Home):
    """Not for a second one, to the question of what the POST did."""
    clone = a_clone_that_cannot_be_helped(home, drip=0.5)
    assert "git-bbkey: network: " in clone.err and "in time" in clone.err
    assert clone.seconds < 28, "15 s, and what the clone itself takes"
    assert hits(home, KEYS, "GET") == 0
    # what it did was to register the key: R25
    next_time(home, posts=0)


# --- R12: cut short ----------------------------------------------------------

@pytest.mark.row("R12")
@pytest.mark.parametrize("kind", CUT)
def test_r12_an_answer_cut_short_is_server(home: Home, kind: str):
    """On a connection of its own, and on one that served before."""
    home.tracing = False
    for path in (PROPERTIES, REPO):
        clear_faults(home)
        home.sandbox.fault(path=path, times=-1, **CUT[kind])
        with unchanged(home):
            result = init(home)
        refused(result, "server")
        assert result.seconds < 10
        assert kind != "HTTP/0.9" or "is not HTTP" in result.error
    nothing_made(home)


@pytest.mark.row("R12")
@pytest.mark.parametrize("kind", ["truncated chunk", "empty reply",
                                  "HTTP/0.9"])
def test_r12_a_registration_cut_short_stores_nothing(home: Home, kind: str):
    home.sandbox.fault(path=KEYS, times=-1, **CUT[kind])
    result = init(home)
    refused(result, "server")
    assert "--expires" not in result.hint, "it is not the key that is refused"
    assert not home.config.exists() and not home.state.joinpath(
        "records").exists()


@pytest.mark.row("R12")
@pytest.mark.parametrize("kind", ["short Content-Length", "empty reply",
                                  "HTTP/0.9"])
def test_r12_a_clone_ends_as_ssh_would(home: Home, kind: str):
    clone = a_clone_that_cannot_be_helped(home, **CUT[kind])
    assert "git-bbkey: server: " in clone.err
    assert len(home.requests("POST")) <= 2
    next_time(home, posts=0 if "short" in kind else 1)


def settings(home: Home) -> str:
    """The body that SETTINGS has, as text."""
    return json.dumps(home.sandbox.rest("GET", "/rest" + SETTINGS,
                                        "project_admin").json)


# --- R14, R15: too much ------------------------------------------------------

@pytest.mark.row("R14")
@pytest.mark.parametrize("kind", ENDLESS)
def test_r14_what_never_ends_is_not_waited_for(home: Home, kind: str):
    home.sandbox.fault(path=SETTINGS, times=-1, **ENDLESS[kind])
    with unchanged(home):
        result, memory = measured(home, "git", "bbkey", "init",
                                  home.https_url())
    refused(result, "server")
    assert "larger than" in result.error
    assert result.seconds < 10 and memory < MEMORY
    nothing_made(home)


@pytest.mark.row("R14")
def test_r14_a_clone_with_an_endless_answer_ends_as_ssh_would(home: Home):
    clone = a_clone_that_cannot_be_helped(home, endless=True)
    assert "git-bbkey: server: " in clone.err
    assert clone.seconds < 20
    next_time(home, posts=1)


@pytest.mark.row("R14")
@pytest.mark.parametrize("more, status", [(0, 0), (1, 8)])
def test_r14_a_body_may_have_a_mebibyte(home: Home, more: int, status: int):
    home.tracing = False
    body = settings(home)
    home.sandbox.fault(path=SETTINGS, times=-1, status=200, content_type=JSON,
                       body=body + " " * (2**20 + more - len(body)))
    assert init(home).status == status


@pytest.mark.row("R14")
@pytest.mark.parametrize("size, status", [(60_000, 0), (65_536, 8)])
def test_r14_headers_may_have_64_kibibytes(home: Home, size: int,
                                           status: int):
    home.tracing = False
    home.sandbox.fault(path=SETTINGS, times=-1, big_headers=size)
    assert init(home).status == status


@pytest.mark.row("R15")
@pytest.mark.parametrize("kind", DEEP)
def test_r15_json_that_wants_memory_is_server(home: Home, kind: str):
    home.sandbox.fault(path=SETTINGS, times=-1, status=200, content_type=JSON,
                       body=DEEP[kind])
    with unchanged(home):
        result, memory = measured(home, "git", "bbkey", "init",
                                  home.https_url())
    refused(result, "server")
    assert result.seconds < 10 and memory < MEMORY
    nothing_made(home)


@pytest.mark.row("R15")
@pytest.mark.parametrize("twice", ['"enabled": true',
                                   '"x": {"id": 1, "id": 1}'])
def test_r15_a_name_that_is_given_twice_is_server(home: Home, twice: str):
    """Also where both say the same, and where nobody asks for it."""
    home.tracing = False
    body = settings(home)
    home.sandbox.fault(path=SETTINGS, times=-1, status=200, content_type=JSON,
                       body=f"{body[:-1]}, {twice}}}")
    refused(init(home), "server")
    nothing_made(home)


@pytest.mark.row("R15")
@pytest.mark.parametrize("kind", ["many objects", "the same id twice"])
def test_r15_a_clone_ends_as_ssh_would(home: Home, kind: str):
    body = DEEP.get(kind, '{"key": {"id": 1, "id": 2}, '
                          '"permission": "PROJECT_READ"}')
    clone = a_clone_that_cannot_be_helped(
        home, status=201, content_type=JSON, body=body)
    assert "git-bbkey: server: " in clone.err
    home.allow_posts = 2  # neither was carried out
    next_time(home, posts=1)


# --- R16: lists without an end -----------------------------------------------

def go_on(home: Home, *starts: int) -> None:
    """The pages say in turn that the next one begins there."""
    for i, start in enumerate(starts):
        home.sandbox.fault(method="GET", path=KEYS, times=1 if
                           i + 1 < len(starts) else -1,
                           merge={"isLastPage": False,
                                  "nextPageStart": start})


@pytest.mark.row("R16")
@pytest.mark.parametrize("starts, pages", [
    ([0], 1), ([100, 100], 2), ([100, 200, 50], 3), ([100, -1], 2),
    ([2**62, 2**62 + 1, 7], 3)],
    ids=["nowhere", "stuck", "back", "below zero", "far"])
def test_r16_a_list_that_does_not_advance_is_left(home: Home, starts: list,
                                                  pages: int):
    a_home_with_a_key(home)
    go_on(home, *starts)
    result = init(home)
    refused(result, "server")
    assert hits(home, KEYS, "GET") == pages
    assert home.requests("POST") == [], "half a list does not say: not there"


@pytest.mark.row("R16")
@pytest.mark.parametrize("cap", [1, 1000])
def test_r16_a_list_of_a_million_pages_is_left_after_fifty(home: Home,
                                                           cap: int):
    a_home_with_a_key(home)
    home.sandbox.set(page_loop="forever", page_cap=cap)
    result = init(home)
    refused(result, "server")
    assert hits(home, KEYS, "GET") == 50
    assert home.requests("POST") == []
    assert result.seconds < 30


@pytest.mark.row("R16")
@pytest.mark.parametrize("loop", ["stuck", "back", "forever"])
def test_r16_a_clone_with_an_endless_list_ends_as_ssh_would(home: Home,
                                                            loop: str):
    home.enrol()
    a_home_with_a_key(home)
    trust_ssh_host(home)
    home.sandbox.set(page_loop=loop)
    clone = like_plain_ssh(home)
    assert "git-bbkey: server: " in clone.err
    assert hits(home, KEYS, "GET") == (50 if loop == "forever" else 1)
    assert home.requests("POST") == []
    home.sandbox.set(page_loop="")
    next_time(home, posts=1)


# --- R20: the token is revoked meanwhile -------------------------------------

REVOKED = {"errors": [{
    "context": None, "message": "Authentication failed. Please check your "
    "credentials and try again.", "exceptionName": "com.atlassian.bitbucket."
    "auth.IncorrectPasswordAuthenticationException"}]}


@pytest.mark.user
@pytest.mark.row("R20")
def test_r20_a_token_revoked_before_the_post_leaves_the_key(home: Home):
    home.sandbox.fault(method="POST", path=KEYS, status=401, json=REVOKED)
    result = init(home)
    refused(result, "auth")
    assert "BBKEY_TOKEN" in result.error
    assert len(home.requests("POST")) == 1
    assert hits(home, KEYS) == 1, "a refused token is not tried again"
    assert not home.config.exists(), "nothing is switched on"
    (key,) = home.private_keys()
    again = init(home)
    assert again.status == 0, again
    assert home.private_keys() == [key]
    assert len(home.keys_registered()) == 1


@pytest.mark.row("R20")
def test_r20_a_clone_whose_token_was_revoked_ends_as_ssh_would(home: Home):
    """Really revoked: the instance was enrolled with it."""
    token = home.sandbox.control("POST", "/tokens", {
        "user": "dev", "permissions": ["PROJECT_ADMIN"]})["token"]
    home.more_secrets = [token]
    home.extra = {"BBKEY_TOKEN": token}
    home.enrol()
    trust_ssh_host(home)
    home.sandbox.control("DELETE", "/tokens", {"token": token})
    home.forget_log()
    clone = like_plain_ssh(home)
    assert "git-bbkey: auth: " in clone.err and "BBKEY_TOKEN" in clone.err
    assert "Permission denied" in clone.err
    assert [line.split()[0] for line in home.requests()] == ["POST"]
    assert sandbox_keys(home) == []
    home.extra = {}
    next_time(home, posts=1)


# --- R25: done, but nobody was told ------------------------------------------

@pytest.mark.row("R25")
@pytest.mark.parametrize("how", [{"close": "after"}, {"truncate": 20},
                                 {"apply": True, "raw": ""}])
def test_r25_a_lost_answer_is_looked_up_not_asked_for_again(home: Home,
                                                            how: dict):
    """libcurl by itself would send the POST a second time."""
    home.sandbox.fault(method="POST", path=KEYS, **how)
    result = init(home)
    assert result.status == 0, result
    log = [line.split()[0] for line in home.requests() if KEYS in line]
    assert log[:2] == ["POST", "GET"] and log.count("POST") == 1
    assert len(home.keys_registered()) == 1


@pytest.mark.row("R25")
def test_r25_the_next_init_finds_it(home: Home):
    """The connection ended, and so did that of the look at the list."""
    home.sandbox.fault(method="POST", path=KEYS, close="after")
    home.sandbox.fault(method="GET", path=KEYS, close="before", times=-1)
    refused(init(home), "server")
    assert len(sandbox_keys(home)) == 1
    assert not home.config.exists()
    (key,) = home.private_keys()
    clear_faults(home)
    home.forget_log()
    again = init(home)
    assert again.status == 0, again
    assert home.requests("POST") == []
    assert home.private_keys() == [key] and len(home.keys_registered()) == 1


@pytest.mark.row("R25")
def test_r25_the_next_init_finds_it_among_others(home: Home):
    """By its blob, on a later page: others have the same label."""
    home.tracing = False
    (home.work / "keys").mkdir()
    for i in range(4):
        line = home.make_key(home.work / "keys" / str(i), comment="other")
        home.sandbox.control("POST", "/keys", {
            "scope": "project", "project": "PROJ", "text": line,
            "permission": "PROJECT_READ", "label": "bbkey tester@vm"})
    home.sandbox.set(page_cap=2, page_gap=2)
    home.sandbox.fault(method="POST", path=KEYS, close="after")
    home.sandbox.fault(method="GET", path=KEYS, close="before", times=-1)
    refused(init(home), "server")
    clear_faults(home)
    home.forget_log()
    assert init(home).status == 0
    assert home.requests("POST") == []


@pytest.mark.row("R25")
def test_r25_the_next_clone_finds_it(home: Home):
    home.enrol()
    trust_ssh_host(home)
    home.forget_log()
    home.sandbox.fault(method="POST", path=KEYS, close="after")
    home.sandbox.fault(method="GET", path=KEYS, close="before", times=-1)
    clone = like_plain_ssh(home)
    assert "Permission denied" in clone.err
    assert len(sandbox_keys(home)) == 1
    next_time(home, posts=0)


@pytest.mark.row("R25")
def test_r25_a_clone_finds_it_at_once(home: Home):
    home.enrol()
    home.forget_log()
    home.sandbox.fault(method="POST", path=KEYS, close="after")
    clone = home.git("clone", home.ssh_url(), "app")
    assert clone.status == 0, clone
    assert len(home.requests("POST")) == 1
    forget_state(home)
    assert init(home).status == 0
    assert len(home.requests("POST")) == 1
