"""Existing access is respected, and what somebody else has registered."""

from __future__ import annotations

import json
from pathlib import Path

import pexpect
import pytest

from cloudhome import CloudHome
from home import Home, Result


def own_key(home: Home, user: str = "member") -> str:
    """A person's id_ed25519, on their account."""
    line = home.make_key(home.make_ssh_folder() / "id_ed25519")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": user,
                                           "text": line})
    return line


def steps(run: Result) -> dict[str, str]:
    return {s["step"]: s["action"] for s in json.loads(run.out)["steps"]}


def request_key(home: Home, *words: str) -> str:
    """`git bbkey request`, and the line that an admin would paste."""
    run = home.bbkey("request", *words, "--json")
    assert run.status == 0, run
    return json.loads(run.out)["request"]["public_key"]


# --- keys of the person's own -------------------------------------------------


@pytest.mark.parametrize("token", ["project_admin", None])
def test_on_cloud_a_person_with_access_is_asked_and_registered_nothing(
        cloud: CloudHome, token: str | None):
    own_key(cloud)
    cloud.token = token
    run = cloud.bbkey("init", cloud.https_url(), "--json")
    assert run.status == 0, run
    assert steps(run)["register"] == "none"
    assert steps(run)["key"] == "none"
    assert steps(run)["automatic"] == "enabled"
    assert json.loads(run.out)["key"] == {"path": None, "fingerprint": None}
    assert cloud.private_keys() == []
    assert cloud.requests("POST") == []
    cloud.forget_log()
    assert cloud.git("clone", cloud.https_url()).status == 0
    assert cloud.requests() == []
    status = cloud.bbkey("status", cwd=cloud.work / "app")
    assert "Your own SSH keys open it" in status.out
    assert status.out.endswith("Ready.\n")
    again = cloud.bbkey("init", cloud.https_url(), "--json")
    assert json.loads(again.out)["changed"] is False


def test_on_data_center_a_person_with_access_registers_nothing(home: Home):
    own_key(home)
    run = home.bbkey("init", home.https_url())
    assert run.status == 0, run
    assert "Your own SSH keys open" in run.err
    assert home.private_keys() == []
    assert home.requests("POST") == []
    home.forget_log()
    assert home.git("clone", home.https_url()).status == 0
    assert home.requests() == []


def test_on_an_enrolled_instance_it_takes_no_token(home: Home):
    home.enrol("ask")
    own_key(home)
    home.token = None
    home.forget_log()
    run = home.bbkey("init", home.https_url())
    assert run.status == 0, run
    assert home.requests() == []
    assert len(home.events("ssh_connect")) == 1


@pytest.mark.parametrize("words", [["--scope", "project"], ["--new-key"],
                                   ["--label", "x"]])
def test_who_asks_for_a_key_gets_one(cloud: CloudHome, words: list[str]):
    own_key(cloud)
    run = cloud.bbkey("init", cloud.https_url(), *words)
    assert run.status == 0, run
    assert len(cloud.private_keys()) == 1
    assert len(cloud.deploy_keys()) == 1


def test_a_key_of_theirs_that_opens_nothing_here_does_not_count(
        cloud: CloudHome):
    own_key(cloud, "stranger")
    run = cloud.bbkey("init", cloud.https_url())
    assert run.status == 0, run
    assert len(cloud.deploy_keys()) == 1


def test_to_push_their_key_must_be_allowed_to(home: Home):
    """The member of PROJ may read it alone."""
    own_key(home)
    run = home.bbkey("init", home.https_url(), "--write")
    assert run.status == 0, run
    (key,) = home.keys_registered()
    assert key["permission"] == "PROJECT_WRITE"


# --- registered by somebody else ----------------------------------------------


@pytest.mark.parametrize("scope", ["project", "repo"])
def test_on_cloud_the_whole_setup_takes_one_paste_and_no_token(
        cloud: CloudHome, scope: str):
    cloud.token = None
    run = cloud.bbkey("init", cloud.https_url(), "--scope", scope)
    assert run.status == 3, run
    assert "git bbkey request" in run.hint
    line = request_key(cloud, cloud.https_url(), "--scope", scope)
    cloud.add_key(scope, line)
    run = cloud.bbkey("init", cloud.https_url(), "--scope", scope)
    assert run.status == 0, run
    assert "Registered by somebody else, read access" in run.err
    assert cloud.git("clone", cloud.https_url()).status == 0
    status = cloud.bbkey("status", "--json", cwd=cloud.work / "app")
    assert json.loads(status.out)["ready"] is True
    status = cloud.bbkey("status", cwd=cloud.work / "app")
    # as what, nobody here knows
    assert "Registered on " in status.out and ', as "' not in status.out
    assert [e for e in cloud.events("http") if e["auth"] != "none"] == []


def test_on_data_center_an_ssh_url_and_the_host_key_are_enough(home: Home):
    """Of an instance that nobody has enrolled there is nothing else."""
    home.token = None
    pin = home.sandbox.ready["host_keys"][0]["fingerprint"]
    words = [home.ssh_url(), "--base", home.base]
    run = home.bbkey("init", *words, "--host-key", pin)
    assert run.status == 3, run
    home.sandbox.control("POST", "/keys", {
        "scope": "project", "project": "PROJ",
        "text": request_key(home, *words), "permission": "PROJECT_READ"})
    run = home.bbkey("init", *words, "--host-key", pin)
    assert run.status == 0, run
    assert home.git("clone", home.ssh_url()).status == 0
    assert home.requests("POST") == []


def test_a_registered_key_is_found_before_a_person_is_asked_for_a_token(
        cloud: CloudHome):
    cloud.token = None
    cloud.add_key("project", request_key(cloud, cloud.https_url()))
    spawned = cloud.terminal("git", "bbkey", "init", cloud.https_url())
    spawned.expect(pexpect.EOF)
    assert "token" not in spawned.before
    spawned.close()
    assert spawned.exitstatus == 0


def test_who_may_not_look_believes_ssh(cloud: CloudHome):
    """A member's token, and a key that an admin has registered."""
    cloud.token = "member"
    run = cloud.bbkey("init", cloud.https_url())
    assert run.error_class == "permission", run
    (key,) = cloud.private_keys()
    cloud.add_key("project", Path(f"{key}.pub").read_text())
    run = cloud.bbkey("init", cloud.https_url())
    assert run.status == 0, run
    assert run.err.count("Registered") == 1


def test_wait_goes_on_when_the_key_is_there(cloud: CloudHome):
    cloud.token = None
    line = request_key(cloud, cloud.https_url())
    cloud.forget_log()
    spawned = cloud.terminal("git", "bbkey", "init", "--wait", "--scope",
                             "project", cloud.https_url())
    spawned.expect("none")  # Enter: I have none
    spawned.sendline("")
    spawned.expect("Waiting until")
    # nothing is locked meanwhile
    assert cloud.bbkey("status", "--offline").status != 10
    cloud.add_key("project", line)
    spawned.expect(pexpect.EOF)
    spawned.close()
    assert spawned.exitstatus == 0, spawned.before
    assert len(cloud.private_keys()) == 1


def test_wait_goes_on_after_a_refusal_too(home: Home):
    home.token = "reader"
    home.enrol("ask")
    spawned = home.terminal("git", "bbkey", "init", "--wait",
                            home.https_url())
    spawned.expect("Waiting until")
    (key,) = home.private_keys()
    home.sandbox.control("POST", "/keys", {
        "scope": "project", "project": "PROJ",
        "text": Path(f"{key}.pub").read_text(),
        "permission": "PROJECT_READ"})
    spawned.expect(pexpect.EOF)
    spawned.close()
    assert spawned.exitstatus == 0, spawned.before


# --- an account's key ----------------------------------------------------------


def test_a_key_of_an_account_may_push_and_expires_when_told(cloud: CloudHome):
    cloud.token = "member"
    run = cloud.bbkey("init", cloud.https_url(), "--scope", "personal",
                      "--expires", "30")
    assert run.status == 0, run
    assert ", until 20" in " ".join(run.err.split())
    assert cloud.git("clone", cloud.https_url()).status == 0
    app = cloud.work / "app"
    assert cloud.git("commit", "--allow-empty", "-qm", "x",
                     cwd=app).status == 0
    assert cloud.git("push", "origin", "HEAD", cwd=app).status == 0
    (key,) = cloud.private_keys()
    assert key.name == "bbkey_bitbucket.org_account"


@pytest.mark.parametrize("words, class_", [
    (["--write"], "permission"),
    (["--expires", "30"], "permission"),
    (["--scope", "repo", "--write"], "permission")])
def test_what_an_access_key_of_cloud_cannot_do_is_said_before(
        cloud: CloudHome, words: list[str], class_: str):
    run = cloud.bbkey("init", cloud.https_url(), *words)
    assert run.error_class == class_, run
    assert "personal" in run.hint
    assert cloud.requests() == []
    assert cloud.private_keys() == []


def test_a_push_with_an_access_key_of_cloud_is_refused_before_it_is_sent(
        cloud: CloudHome):
    cloud.enrol("always")
    assert cloud.git("clone", cloud.https_url()).status == 0
    app = cloud.work / "app"
    assert cloud.git("commit", "--allow-empty", "-qm", "x",
                     cwd=app).status == 0
    push = cloud.git("push", "origin", "HEAD", cwd=app)
    assert push.error_class == "permission", push
    assert "--scope personal" in push.hint
    assert cloud.events("ssh_exec")[-1]["command"].startswith(
        "git-upload-pack")


# --- what must not happen -------------------------------------------------------


def test_on_data_center_a_token_of_gits_own_helper_keeps_its_user(home: Home):
    store = home.folder / ".git-credentials"
    host = home.base.removeprefix("https://").split("/")[0]
    store.write_text(f"https://dev:dev-password@{host}\n")
    store.chmod(0o600)
    home.may_hold_secrets = [str(store)]
    home.git("config", "--global", "credential.helper", "store")
    home.token = None
    run = home.bbkey("init", home.https_url())
    assert run.status == 0, run
    assert {e["auth"] for e in home.events("http")} == {"none", "basic"}


def test_a_token_command_runs_once(home: Home):
    count = home.work / "count"
    script = home.work / "token.sh"
    script.write_text(f"#!/bin/sh\necho x >> {count}\n"
                      f"cat {home.work}/token\n")
    script.chmod(0o755)
    (home.work / "token").write_text(home.sandbox.tokens["project_admin"])
    home.git("config", "--global", f"bbkey.{home.base}.tokenCommand",
             str(script))
    home.token = None
    assert home.bbkey("init", home.https_url()).status == 0
    assert count.read_text() == "x\n"


def test_a_remote_of_a_repository_names_no_place_for_an_instance(home: Home):
    """Nobody has enrolled it, and there is no token to ask it with."""
    home.token = None
    request_key(home, home.ssh_url(), "--base", home.base)
    home.git("init", "-q", "app")
    home.git("remote", "add", "origin", home.ssh_url(), cwd=home.work / "app")
    run = home.bbkey("init", "--base", home.base, cwd=home.work / "app")
    assert run.error_class in ("auth", "not-bitbucket"), run
    assert not (home.config / "config").exists()
    assert home.events("ssh_connect") == []


def test_only_an_https_url_of_a_confirmed_place_goes_over_ssh(home: Home):
    """Without a token nobody but the person has named the ssh place."""
    home.token = None
    pin = home.sandbox.ready["host_keys"][0]["fingerprint"]
    words = [home.ssh_url(), "--base", home.base]
    home.sandbox.control("POST", "/keys", {
        "scope": "project", "project": "PROJ",
        "text": request_key(home, *words), "permission": "PROJECT_READ"})
    assert home.bbkey("init", *words, "--host-key", pin).status == 0
    for file in home.config.rglob("*"):
        if file.is_file() and file.name in ("config", "transport"):
            assert "insteadof" not in file.read_text().lower(), file
    home.forget_log()
    clone = home.git("clone", home.https_url(), "app")
    assert clone.status == 128 and home.events("ssh_connect") == [], clone
    assert home.git("clone", home.ssh_url(), "app").status == 0


def test_a_key_that_comes_and_goes_is_said_so(cloud: CloudHome):
    cloud.token = None
    cloud.add_key("project", request_key(cloud, cloud.https_url()))
    cloud.sandbox.control("POST", "/faults", {"ssh": "refuse-auth",
                                              "skip": 2, "times": -1})
    run = cloud.bbkey("init", cloud.https_url())
    assert run.error_class == "propagation", run


def test_a_project_alone_says_nothing_of_its_repositories(cloud: CloudHome):
    cloud.token = None
    cloud.add_key("project", request_key(cloud, cloud.https_url()))
    run = cloud.bbkey("init", "https://bitbucket.org/acme/workspace/projects/"
                              "LIB")
    assert run.error_class == "auth", run


def test_a_name_that_is_not_there_is_no_matter_of_rights(cloud: CloudHome):
    spawned = cloud.terminal("git", "bbkey", "init", "--scope", "project",
                             cloud.https_url(repo="no-such"))
    spawned.expect(pexpect.EOF)
    spawned.close()
    assert spawned.exitstatus == 4
    assert "What now?" not in spawned.before


def test_waiting_outlives_a_server_that_is_gone_for_a_while(cloud: CloudHome):
    cloud.token = None
    line = request_key(cloud, cloud.https_url())
    spawned = cloud.terminal("git", "bbkey", "init", "--wait", "--scope",
                             "project", cloud.https_url())
    spawned.expect("none")
    spawned.sendline("")
    spawned.expect("Waiting until")
    cloud.sandbox.control("POST", "/faults", {"ssh": "close", "times": 8})
    cloud.add_key("project", line)
    spawned.expect(pexpect.EOF, timeout=60)
    spawned.close()
    assert spawned.exitstatus == 0, spawned.before


def test_keys_that_do_not_open_it_are_tried_once(home: Home):
    home.enrol("ask")
    own_key(home, "stranger")
    home.forget_log()
    assert home.bbkey("init", home.https_url()).status == 0
    (own,) = [e for e in home.events("ssh_auth")
              if e["fingerprint"] not in str(home.keys_registered())][:1]
    assert len({e["connection"] for e in home.events("ssh_auth")
                if e["fingerprint"] == own["fingerprint"]}) == 1
