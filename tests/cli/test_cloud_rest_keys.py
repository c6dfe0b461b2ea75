"""Keys that Cloud has already, here or elsewhere: R4, R5."""

from __future__ import annotations

from typing import Any

import pytest
from cloud_checks import KEYS, a_home_with_a_key, error, key_error
from cloudhome import CloudHome
from home import Result
from rest_checks import (forget_state, init, like_plain_ssh, refused,
                         sandbox_keys, trust_ssh_host, unchanged)

NOTHING_YET = {"values": []}
HERE = "Someone has already added that access key to this repository."
REGISTERED = "Someone has already registered that SSH key."
DELETED = ("SSH keys must be unique and deleted keys may take up to 30 days "
           "to be removed. Please use a unique SSH key.")


def without_a_record(cloud: CloudHome, scope: str) -> None:
    """Set up once, then as with a copied ~/.ssh."""
    tracing, cloud.tracing = cloud.tracing, False
    cloud.token = "admin"
    assert init(cloud, "--scope", scope).status == 0
    cloud.tracing = tracing
    forget_state(cloud)
    cloud.forget_log()


# --- R4: the same key, the same place ----------------------------------------

@pytest.mark.row("R4")
@pytest.mark.parametrize("scope", ["project", "repo", "personal"])
def test_r04_no_post_at_all_where_the_list_has_it(cloud: CloudHome,
                                                  scope: str):
    """By its blob: Cloud returns the key without the comment."""
    without_a_record(cloud, scope)
    result = init(cloud, "--scope", scope)
    assert result.status == 0, result
    assert cloud.requests("POST") == [] and len(sandbox_keys(cloud)) == 1


@pytest.mark.row("R4")
@pytest.mark.parametrize("shape", ["key", "standard"])
@pytest.mark.parametrize("scope", ["project", "repo", "personal"])
def test_r04_a_duplicate_of_the_key_that_is_there_is_success(
        cloud: CloudHome, scope: str, shape: str):
    """Between our GET and our POST somebody registered the same key."""
    cloud.sandbox.set(project_error_shape=shape, user_error_shape=shape)
    without_a_record(cloud, scope)
    cloud.sandbox.fault(method="GET", path="-keys", times=1,
                        merge=NOTHING_YET)
    result = init(cloud, "--scope", scope)
    assert result.status == 0, result
    assert len(cloud.requests("POST")) == 1, "0 further POST"
    assert len(sandbox_keys(cloud)) == 1
    log = [line.split()[0] for line in cloud.requests() if "-keys" in line]
    assert log[:3] == ["GET", "POST", "GET"]


@pytest.mark.row("R4")
@pytest.mark.parametrize("status", [400, 409])
def test_r04_a_duplicate_of_an_account_by_either_status(cloud: CloudHome,
                                                        status: int):
    """UNCONFIRMED which; the specification says 400."""
    cloud.sandbox.set(user_duplicate_status=status)
    without_a_record(cloud, "personal")
    cloud.sandbox.fault(method="GET", path="/ssh-keys", times=1,
                        merge=NOTHING_YET)
    result = init(cloud, "--scope", "personal")
    assert result.status == 0, result
    assert len(cloud.requests("POST")) == 1


@pytest.mark.row("R4")
def test_r04_a_plain_clone_takes_a_duplicate_of_its_own_key_as_success(
        cloud: CloudHome):
    without_a_record(cloud, "project")
    cloud.enrol()
    cloud.forget_log()
    cloud.sandbox.fault(method="GET", path=KEYS, times=1, merge=NOTHING_YET)
    clone = cloud.git("clone", cloud.ssh_url(), "app")
    assert clone.status == 0, clone
    assert len(cloud.requests("POST")) == 1


@pytest.mark.row("R4")
@pytest.mark.parametrize("cursor", [False, True])
def test_r04_the_one_after_the_first_page_is_found(cloud: CloudHome,
                                                   cursor: bool):
    """Seven other keys before ours, pages of three; `next` is opaque."""
    cloud.tracing = False
    line = a_home_with_a_key(cloud)
    for number in range(7):
        cloud.add_key("project", cloud.make_key(cloud.work / f"k{number}"))
    cloud.add_key("project", line)
    cloud.sandbox.set(page_cap=3, page_cursor=cursor, page_size=False)
    result = init(cloud)
    assert result.status == 0, result
    assert cloud.requests("POST") == []
    assert len([x for x in cloud.requests("GET") if KEYS in x]) == 3


@pytest.mark.row("R4")
def test_r04_the_same_key_on_a_second_project_is_no_conflict(
        cloud: CloudHome):
    cloud.tracing = False
    assert init(cloud).status == 0
    result = cloud.bbkey("init", cloud.https_url(repo="core"))
    assert result.status == 0, result
    assert len(cloud.private_keys()) == 1 and len(sandbox_keys(cloud)) == 2


# --- R5: the key of somebody or something else -------------------------------

def conflict(cloud: CloudHome, result: Result, before: list[Any],
             words: str) -> None:
    """One conflict that leads on; nothing was deleted or changed."""
    refused(result, "conflict")
    assert words in result.error and "--new-key" in result.hint, result
    assert len(cloud.requests("POST")) == 1
    assert cloud.requests("DELETE") == [] == cloud.requests("PUT")
    assert sandbox_keys(cloud) == before


@pytest.mark.row("R5")
@pytest.mark.parametrize("shape", ["key", "standard"])
@pytest.mark.parametrize("scope", ["project", "repo"])
def test_r05_the_key_of_an_account_is_a_conflict(cloud: CloudHome,
                                                 scope: str, shape: str):
    cloud.sandbox.set(project_error_shape=shape)
    cloud.token = "admin"
    line = a_home_with_a_key(cloud)
    cloud.add_key("user", line)
    before = sandbox_keys(cloud)
    with unchanged(cloud):
        result = init(cloud, "--scope", scope)
    conflict(cloud, result, before, REGISTERED)


@pytest.mark.row("R5")
@pytest.mark.parametrize("status", [400, 409])
def test_r05_an_access_key_cannot_become_an_accounts(cloud: CloudHome,
                                                     status: int):
    """Without --key an account gets one of its own."""
    cloud.sandbox.set(user_duplicate_status=status)
    cloud.make_ssh_folder()
    line = cloud.make_key(cloud.ssh_folder / "mine")
    cloud.add_key("repo", line)
    before = sandbox_keys(cloud)
    with unchanged(cloud):
        result = init(cloud, "--scope", "personal", "--key",
                      str(cloud.ssh_folder / "mine"))
    conflict(cloud, result, before, REGISTERED)


@pytest.mark.row("R5")
@pytest.mark.parametrize("block", ["moves", "all"])
def test_r05_a_deleted_key_that_is_still_blocked_is_a_conflict(
        cloud: CloudHome, block: str):
    """For 30 days: what was an account's key, or any that was deleted."""
    line = a_home_with_a_key(cloud)
    cloud.token = "admin"
    cloud.sandbox.set(deleted_keys_block=block)
    where = "/2.0/workspaces/acme/projects/PROJ/deploy-keys"
    if block == "moves":
        who = cloud.sandbox.users["admin"]["uuid"]
        where = f"/2.0/users/{who}/ssh-keys"
    made = cloud.sandbox.rest("POST", where, "admin", {
        "key": line, "label": "x"}).json
    cloud.sandbox.rest("DELETE", f"{where}/{made.get('uuid') or made['id']}",
                       "admin")
    cloud.forget_log()
    with unchanged(cloud):
        result = init(cloud)
    conflict(cloud, result, [], "30 days")
    again = cloud.run("sh", "-c", result.hint.split(": ", 2)[2])
    assert again.status == 0, (again, "the hint leads out")
    assert len(cloud.deploy_keys()) == 1 and len(cloud.private_keys()) == 2


@pytest.mark.row("R5")
def test_r05_a_new_key_that_was_deleted_is_not_offered_again(
        cloud: CloudHome):
    """And one of another repository is another one."""
    cloud.sandbox.set(deleted_keys_block="all")
    cloud.tracing = False
    cloud.allow_posts = 9
    names = []
    for _ in range(3):
        run = init(cloud, "--new-key")
        assert run.status == 0, run
        (grant,) = cloud.deploy_keys()
        names = [key.name for key in cloud.private_keys()]
        assert f"Key ~/.ssh/{names[-1]} made" in run.err, run
        cloud.sandbox.rest(
            "DELETE", "/2.0/workspaces/acme/projects/PROJ/deploy-keys/"
            f"{grant['id']}", "admin")
    begin = "bbkey_bitbucket.org+acme+app"
    assert names == [begin, begin + "++2", begin + "++3"]
    run = cloud.bbkey("init", "--new-key", cloud.https_url(repo="tool"))
    assert run.status == 0, run
    assert [key.name for key in cloud.private_keys()][-1] == \
        "bbkey_bitbucket.org+acme+tool"


@pytest.mark.row("R5")
@pytest.mark.parametrize("words", [HERE, REGISTERED, DELETED])
@pytest.mark.parametrize("shape", ["key", "standard"])
def test_r05_what_the_list_says_decides(cloud: CloudHome, words: str,
                                        shape: str):
    """The words say "already"; the key is not in the list."""
    cloud.sandbox.fault(
        method="POST", path=KEYS, status=400, times=-1,
        json=key_error(words) if shape == "key" else error(words))
    result = init(cloud)
    conflict(cloud, result, [], words[:60])
    assert not cloud.config.exists()


@pytest.mark.row("R5")
@pytest.mark.parametrize("message", ["Invalid SSH key.", "Bad request", ""])
def test_r05_any_other_400_is_no_conflict(cloud: CloudHome, message: str):
    cloud.sandbox.fault(method="POST", path=KEYS, status=400, times=-1,
                        json=key_error(message))
    result = init(cloud)
    refused(result, "server")
    assert message in result.error
    assert len(cloud.requests("POST")) == 1 and sandbox_keys(cloud) == []


@pytest.mark.row("R5")
def test_r05_a_plain_clone_with_a_key_of_an_account_ends_as_ssh_would(
        cloud: CloudHome):
    """It is let in nowhere: the account may not read this."""
    line = a_home_with_a_key(cloud)
    cloud.sandbox.control("POST", "/keys", {"scope": "user",
                                            "user": "stranger", "text": line})
    cloud.enrol()
    trust_ssh_host(cloud)
    before = sandbox_keys(cloud)
    clone = like_plain_ssh(cloud)
    assert "git-bbkey: conflict: " in clone.err
    assert sandbox_keys(cloud) == before
