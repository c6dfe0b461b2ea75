"""Keys on the server: R4, R5, permissions, expiry, types, releases."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from home import Home
from rest_checks import (KEYS, clear_faults, forget_state, hits, init,
                         like_plain_ssh, nothing_made, permissions, refused,
                         sandbox_keys, trust_ssh_host, unchanged)

NOTHING_YET = {"values": [], "size": 0, "isLastPage": True}


def public(home: Home) -> str:
    (key,) = home.private_keys()
    return Path(f"{key}.pub").read_text().strip()


def with_a_key(home: Home, *more: str) -> str:
    """Set up once, then without a record, as with a copied ~/.ssh."""
    tracing, home.tracing = home.tracing, False
    assert init(home, *more).status == 0
    home.tracing = tracing
    forget_state(home)
    home.forget_log()
    return public(home)


# --- R4: the same key, the same place ----------------------------------------

@pytest.mark.user
@pytest.mark.row("R4")
def test_r04_a_409_for_the_key_that_is_there_is_success(home: Home):
    """Between our GET and our POST somebody registered the same key."""
    with_a_key(home)
    home.sandbox.fault(method="GET", path=KEYS, times=1, merge=NOTHING_YET)
    result = init(home)
    assert result.status == 0, result
    assert len(home.requests("POST")) == 1, "0 further POST"
    assert permissions(home) == ["PROJECT_READ"]
    assert init(home).status == 0
    assert len(home.requests("POST")) == 1


@pytest.mark.row("R4")
def test_r04_no_post_at_all_where_the_list_has_it(home: Home):
    with_a_key(home)
    result = init(home)
    assert result.status == 0, result
    assert home.requests("POST") == [] == home.requests("PUT")


@pytest.mark.row("R4")
def test_r04_a_plain_clone_takes_a_409_of_its_own_key_as_success(home: Home):
    with_a_key(home)
    home.enrol()
    home.forget_log()
    home.sandbox.fault(method="GET", path=KEYS, times=1, merge=NOTHING_YET)
    clone = home.git("clone", home.ssh_url(), "app")
    assert clone.status == 0, clone
    assert len(home.requests("POST")) == 1


@pytest.mark.row("R4")
def test_r04_the_one_after_the_first_page_is_found(home: Home):
    """Twenty other keys are registered before ours; pages are of five."""
    line = with_a_key(home)
    for key in sandbox_keys(home):
        home.sandbox.control("DELETE", "/keys", {"id": key["id"]})
    for number in range(12):
        other = home.work / f"other{number}"
        home.sandbox.control("POST", "/keys", {
            "scope": "project", "project": "PROJ", "text": home.make_key(
                other), "permission": "PROJECT_READ"})
    home.sandbox.control("POST", "/keys", {
        "scope": "project", "project": "PROJ", "text": line,
        "permission": "PROJECT_READ"})
    home.sandbox.set(page_cap=5)
    result = init(home)
    assert result.status == 0, result
    assert home.requests("POST") == []
    assert hits(home, KEYS, "GET") == 3


# --- R5: the key of somebody or something else -------------------------------

def given_to_an_account(home: Home) -> list:
    line = with_a_key(home)
    for key in sandbox_keys(home):
        home.sandbox.control("DELETE", "/keys", {"id": key["id"]})
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "member",
                                           "text": line})
    return sandbox_keys(home)


@pytest.mark.user
@pytest.mark.row("R5")
@pytest.mark.parametrize("exception", [
    "com.atlassian.bitbucket.ssh.DuplicateSshKeyException", None])
def test_r05_the_key_of_an_account_is_a_conflict(home: Home,
                                                 exception: str | None):
    """The two kinds of 409 differ in what the list says, not in words."""
    home.sandbox.set(user_key_exception=exception)
    before = given_to_an_account(home)
    with unchanged(home):
        result = init(home)
    refused(result, "conflict")
    assert "--new-key" in result.hint
    assert len(home.requests("POST")) == 1
    assert home.requests("DELETE") == [] == home.requests("PUT")
    assert sandbox_keys(home) == before, "nothing is deleted"


@pytest.mark.row("R5")
def test_r05_the_hint_leads_out(home: Home):
    given_to_an_account(home)
    assert init(home).status == 5
    result = init(home, "--new-key")
    home.allow_posts = 2    # the first one was taken away above
    assert result.status == 0, result
    assert permissions(home) == ["PROJECT_READ"]
    assert len(home.private_keys()) == 2
    clone = home.git("clone", home.ssh_url(), "app")
    assert clone.status == 0, clone


@pytest.mark.row("R5")
def test_r05_a_persons_own_key_given_by_option_stays_theirs(home: Home):
    home.make_ssh_folder()
    line = home.make_key(home.ssh_folder / "id_ed25519")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": "dev",
                                           "text": line})
    before = sandbox_keys(home)
    with unchanged(home):
        result = init(home, "--key", str(home.ssh_folder / "id_ed25519"))
    refused(result, "conflict")
    assert sandbox_keys(home) == before


@pytest.mark.row("R5")
@pytest.mark.parametrize("words", [
    "This SSH key is already used to access a repository or project.",
    "keys must be unique", ""])
def test_r05_other_words_for_it_are_a_conflict_too(home: Home, words: str):
    """What the list says decides, whatever the 409 says."""
    home.sandbox.fault(method="POST", status=409, times=-1, json={
        "errors": [{"context": None, "message": words,
                    "exceptionName": None}]})
    result = init(home)
    refused(result, "conflict")
    assert words in result.error
    assert len(home.requests("POST")) == 1
    assert not home.config.exists()


@pytest.mark.row("R5")
def test_r05_a_plain_clone_with_a_key_of_an_account_ends_as_ssh_would(
        home: Home):
    given_to_an_account(home)
    home.enrol()
    trust_ssh_host(home)
    before = sandbox_keys(home)
    clone = like_plain_ssh(home)
    assert "git-bbkey: conflict: " in clone.err
    assert sandbox_keys(home) == before


@pytest.mark.row("R5")
def test_r05_the_same_key_on_a_second_project_is_no_conflict(home: Home):
    home.tracing = False
    assert init(home).status == 0
    result = home.bbkey("init", home.https_url("lib", "core"))
    assert result.status == 0, result
    assert len(home.private_keys()) == 1 == len(sandbox_keys(home))
    assert permissions(home) == permissions(home, "LIB") == ["PROJECT_READ"]


# --- a read wish takes no write access away ----------------------------------

@pytest.mark.user
@pytest.mark.row("R4")
@pytest.mark.parametrize("how", ["init", "init --read", "clone", "key"])
def test_r04_a_second_registration_does_not_downgrade(home: Home, how: str):
    """A POST with another permission would change it without a word."""
    with_a_key(home, "--write")
    assert permissions(home) == ["PROJECT_WRITE"]
    if how == "clone":
        home.enrol()
        result = home.git("clone", home.ssh_url(), "app")
    elif how == "key":
        result = init(home, "--read", "--key", str(home.private_keys()[0]))
    else:
        result = init(home, *how.split()[1:])
    assert result.status == 0, result
    assert permissions(home) == ["PROJECT_WRITE"]
    assert home.requests("POST") == [] == home.requests("PUT")


@pytest.mark.row("R4")
@pytest.mark.parametrize("how", ["init --read", "clone"])
def test_r04_not_even_where_the_first_look_is_broken(home: Home, how: str):
    """One broken element is a broken list: see R13, half a key list."""
    home.allow_posts = 2
    with_a_key(home, "--write")
    if how == "clone":
        home.enrol()
        home.forget_log()
    home.sandbox.fault(method="GET", path=KEYS, status=200, times=-1,
                       json={"values": [{"key": None}], "isLastPage": True})
    if how == "clone":
        home.git("clone", home.ssh_url(), "app")
    else:
        refused(init(home, "--read"), "server")
    clear_faults(home)
    assert permissions(home) == ["PROJECT_WRITE"]
    assert home.requests("POST") == []


@pytest.mark.row("R4")
@pytest.mark.parametrize("record", [True, False])
def test_r04_a_write_wish_upgrades_once(home: Home, record: bool):
    home.tracing = False
    assert init(home).status == 0
    if not record:
        forget_state(home)
    home.forget_log()
    result = init(home, "--write")
    assert result.status == 0, result
    assert permissions(home) == ["PROJECT_WRITE"]
    assert len(home.requests("PUT")) + len(home.requests("POST")) == 1
    home.forget_log()
    assert init(home, "--write").status == 0
    assert init(home, "--read").status == 0
    assert home.requests("PUT") == [] == home.requests("POST")
    assert permissions(home) == ["PROJECT_WRITE"]


@pytest.mark.row("R4")
def test_r04_an_upgrade_that_was_refused_is_not_remembered(home: Home):
    home.tracing = False
    assert init(home).status == 0
    home.sandbox.fault(method="PUT", status=401, times=-1, json={"errors": [{
        "message": "no", "exceptionName":
        "com.atlassian.bitbucket.AuthorisationException"}]})
    refused(init(home, "--write"), "permission")
    clear_faults(home)
    assert permissions(home) == ["PROJECT_READ"]
    home.forget_log()
    assert init(home, "--write").status == 0
    assert permissions(home) == ["PROJECT_WRITE"]


@pytest.mark.row("R4")
def test_r04_an_upgrade_whose_answer_was_lost_is_found(home: Home):
    home.tracing = False
    assert init(home).status == 0
    home.sandbox.fault(method="PUT", status=503, apply=True, times=1)
    first = init(home, "--write")
    assert first.status in (0, 8), first
    assert init(home, "--write").status == 0
    assert permissions(home) == ["PROJECT_WRITE"]


# --- expiry ------------------------------------------------------------------

@pytest.mark.row("R4")
def test_r04_expires_is_sent_and_remembered(home: Home):
    result = init(home, "--expires", "30")
    assert result.status == 0, result
    (grant,) = home.keys_registered()
    assert grant["key"]["expiryDays"] == 30
    home.tracing = False
    assert home.git("clone", home.ssh_url(), "app").status == 0
    status = home.bbkey("status", "--json", cwd=home.work / "app")
    assert json.loads(status.out)["grants"][0]["expires"] == time.strftime(
        "%Y-%m-%d", time.gmtime(grant["key"]["createdDate"] / 1000
                                + 30 * 86400)), status


@pytest.mark.row("R4")
def test_r04_expires_of_the_configuration_reaches_a_plain_clone(home: Home):
    home.enrol()
    assert home.git("config", "--global", f"bbkey.{home.base}.expires",
                    "7").status == 0
    assert home.git("clone", home.ssh_url(), "app").status == 0
    (grant,) = home.keys_registered()
    assert grant["key"]["expiryDays"] == 7


@pytest.mark.row("R4")
@pytest.mark.parametrize("days", ["0", "-1", "abc", "1.5", "", "1e3", "0x10",
                                  " 7", "99999999999999999999"])
def test_r04_an_expiry_that_is_no_number_of_days_is_usage(home: Home,
                                                          days: str):
    refused(init(home, "--expires", days), "usage")
    assert home.requests() == []


@pytest.mark.row("R4")
@pytest.mark.parametrize("days", ["365", None])
def test_r04_the_servers_limit_is_told(home: Home, days: str | None):
    """Longer than the policy, or none where one is demanded."""
    home.sandbox.set(max_expiry_days=90)
    result = init(home, *(["--expires", days] if days else []))
    refused(result, "server", "permission")
    assert "expiry" in result.error
    assert "--expires" in result.hint, "the way out"
    assert sandbox_keys(home) == [] and not home.config.exists()
    assert init(home, "--expires", "90").status == 0


@pytest.mark.row("R4")
def test_r04_an_admins_token_finds_the_servers_limit_by_itself(home: Home):
    home.token = "admin"
    home.sandbox.set(max_expiry_days=90)
    home.forget_log()
    result = init(home)
    assert result.status == 0, result
    (grant,) = home.keys_registered()
    assert grant["key"]["expiryDays"] == 90
    asked = [r.split("/rest")[1] for r in home.requests()
             if r.startswith("POST") or r.endswith("/admin")]
    assert asked == ["/keys/latest/projects/PROJ/ssh", "/ssh/latest/admin",
                     "/keys/latest/projects/PROJ/ssh"]


@pytest.mark.row("R4")
def test_r04_what_an_admin_asks_for_is_not_changed(home: Home):
    home.token = "admin"
    home.sandbox.set(max_expiry_days=90)
    home.forget_log()
    result = init(home, "--expires", "365")
    refused(result, "server", "permission")
    assert len(home.requests("POST")) == 1


# --- types of keys -----------------------------------------------------------

@pytest.mark.row("R4")
def test_r04_a_new_key_is_no_shared_one_where_rsa_must_be(home: Home):
    """The transport makes what is taken, and notes nothing of types."""
    home.sandbox.set(allowed_key_types=["RSA"])
    home.enrol("always")
    assert home.git("clone", home.https_url(), "app").status == 0
    (shared,) = home.private_keys()
    assert shared.name.endswith("_rsa")
    home.allow_posts = 4    # each is refused first
    run = init(home, "--new-key")
    assert run.status == 0, run
    (own,) = set(home.private_keys()) - {shared}
    assert own.name.endswith("+proj++rsa")
    texts = {key["key"]["text"].split()[1] for key in home.keys_registered()}
    assert texts == {Path(f"{key}.pub").read_text().split()[1]
                     for key in (shared, own)}
    assert json.loads(init(home, "--new-key", "--json").out)["changed"] is False


@pytest.mark.user
@pytest.mark.row("R4")
@pytest.mark.parametrize("setting", [{"ed25519_invalid": True},
                                     {"allowed_key_types": ["RSA"]}])
def test_r04_where_ed25519_is_not_welcome_rsa_takes_its_place(home: Home,
                                                              setting: dict):
    if "allowed_key_types" in setting:
        home.sandbox.set(**setting)
    else:
        home.sandbox.set(ed25519_invalid=True)
    result = init(home)
    assert result.status == 0, result
    (key,) = home.private_keys()
    assert Path(f"{key}.pub").read_text().startswith("ssh-rsa ")
    (grant,) = home.keys_registered()
    assert grant["key"]["text"].startswith("ssh-rsa ")
    assert grant["key"]["bitLength"] == 4096
    assert len(home.requests("POST")) == 2
    home.forget_log()
    assert init(home).status == 0
    assert home.bbkey("init", home.https_url("lib", "core")).status == 0
    assert len(home.private_keys()) == 1, "and it stays the one key"
    assert len(home.requests("POST")) == 1, "no second try with ed25519"


@pytest.mark.row("R4")
def test_r04_a_plain_clone_where_ed25519_is_not_welcome(home: Home):
    home.sandbox.set(ed25519_invalid=True)
    home.enrol()
    clone = home.git("clone", home.ssh_url(), "app")
    assert clone.status == 0, clone
    assert home.git("clone", home.ssh_url("lib", "core"), "lib").status == 0
    assert len(home.private_keys()) == 1


@pytest.mark.row("R4")
def test_r04_a_persons_own_ed25519_key_is_not_replaced(home: Home):
    home.sandbox.set(ed25519_invalid=True)
    home.make_ssh_folder()
    home.make_key(home.ssh_folder / "mine")
    with unchanged(home):
        result = init(home, "--key", str(home.ssh_folder / "mine"))
    refused(result, "server", "keyfile", "permission")
    assert len(home.requests("POST")) == 1


@pytest.mark.row("R4")
def test_r04_no_type_at_all_is_allowed(home: Home):
    """A known corruption of Data Center: an end, not a circle."""
    home.sandbox.set(allowed_key_types=[])
    result = init(home)
    assert result.status != 0 and len(home.requests("POST")) <= 2, result
    assert sandbox_keys(home) == [] and not home.config.exists()


# --- releases, fingerprints, context -----------------------------------------

@pytest.mark.row("R4")
@pytest.mark.parametrize("release, dates", [
    ("8.5", "epoch"), ("8.14", "epoch"), ("9.2", "epoch"), ("9.4", "epoch"),
    ("10.0", "epoch"), ("8.5", "iso"), ("9.4", "iso")])
def test_r04_every_release_is_set_up(home: Home, release: str, dates: str):
    home.tracing = False
    home.sandbox.set(release=release, dates=dates)
    result = init(home, "--expires", "30")
    assert result.status == 0, result
    assert release in result.err
    forget_state(home)
    home.forget_log()
    assert init(home).status == 0, "found again in this release's list"
    assert home.requests("POST") == []


@pytest.mark.row("R4", "S2")
@pytest.mark.parametrize("form", ["sha256", "sha256-bare", "md5",
                                  "md5-prefixed"])
def test_r04_every_form_of_fingerprint_vouches(home: Home, form: str):
    home.tracing = False
    home.sandbox.set(fingerprint=form)
    result = init(home)
    assert result.status == 0, result
    assert "publishes" in result.err


@pytest.mark.row("R4", "S2")
@pytest.mark.parametrize("form", ["sha256", "md5"])
def test_r04_a_published_fingerprint_of_another_key_stops_it(home: Home,
                                                             form: str):
    home.sandbox.set(fingerprint=form)
    home.sandbox.control("POST", "/hostkey", {"types": ["ed25519"],
                                              "publish": False})
    result = init(home)
    refused(result, "hostkey")
    nothing_made(home)


@pytest.mark.row("R4", "S2")
@pytest.mark.parametrize("value", [
    "none", "", "SHA256:", "SHA256:AAAA", "MD5:00", "SHA256:" + "A" * 43,
    "00:11", "$(id)"])
def test_r04_a_fingerprint_that_is_none_vouches_for_nothing(home: Home,
                                                            value: str):
    home.tracing = False
    if value == "none":
        home.sandbox.set(fingerprint="none")
    else:
        home.sandbox.fault(path="/ssh/latest/settings", times=-1, merge={
            "fingerprint": {"algorithm": "SHA-256", "value": value}})
    refused(init(home), "hostkey", "server")
    nothing_made(home)


@pytest.mark.user
@pytest.mark.row("R4")
@pytest.mark.sandbox()
def test_r04_an_instance_without_a_context_path(home: Home):
    assert home.base.count("/") == 2
    home.enrol()
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 0, clone
    assert home.bbkey("init", home.https_url("lib", "core")).status == 0
    assert all(line.split()[1].startswith("/rest/")
               for line in home.requests())
