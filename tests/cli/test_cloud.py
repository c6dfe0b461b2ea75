"""Bitbucket Cloud: from a URL to a clone, as a person there would do it."""

from __future__ import annotations

import json

import pytest

from cloudhome import CloudHome


def test_one_plain_clone_of_a_project_that_never_saw_this_machine(
        cloud: CloudHome):
    cloud.enrol("always")
    cloud.forget_log()
    clone = cloud.git("clone", cloud.https_url())
    assert clone.status == 0, clone
    assert cloud.requests() == [
        "GET /2.0/repositories/acme/app",
        "POST /2.0/workspaces/acme/projects/PROJ/deploy-keys"]
    (key,) = cloud.private_keys()
    assert key.name == "bbkey_bitbucket.org"
    status = json.loads(cloud.bbkey("status", "--json",
                                    cwd=cloud.work / "app").out)
    assert status["ready"] is True
    assert status["instance"]["edition"] == "cloud"
    assert status["target"] == {"workspace": "acme", "project": "PROJ",
                                "repo": "app"}
    assert status["grants"][0]["scope"] == "project"
    assert status["ssh"]["access"] == "read"


def test_another_repository_of_the_project_takes_no_request(cloud: CloudHome):
    cloud.enrol("always")
    assert cloud.git("clone", cloud.https_url()).status == 0
    cloud.forget_log()
    assert cloud.git("clone", cloud.https_url(repo="tool")).status == 0
    assert cloud.requests() == []
    assert len(cloud.events("ssh_connect")) == 1


def test_a_repository_of_another_project_is_set_up_as_it_comes(
        cloud: CloudHome):
    """The workspace's key is tried first; no URL says the project."""
    cloud.enrol("always")
    assert cloud.git("clone", cloud.https_url()).status == 0
    clone = cloud.git("clone", cloud.https_url(repo="core"))
    assert clone.status == 0, clone
    assert "registered on project LIB" in clone.err
    assert "no longer" not in clone.err
    cloud.forget_log()
    assert cloud.git("fetch", cwd=cloud.work / "core").status == 0
    assert cloud.requests() == []
    assert len(cloud.events("ssh_connect")) == 1


# --- which project, which workspace -------------------------------------------


def test_a_workspace_on_record_is_not_each_of_its_projects(cloud: CloudHome):
    assert cloud.bbkey("init", cloud.https_url()).status == 0
    run = cloud.bbkey("init", "https://bitbucket.org/acme/workspace/projects/"
                              "LIB", "--json")
    assert run.status == 0, run
    assert json.loads(run.out)["target"]["project"] == "LIB"
    assert len(cloud.deploy_keys(
        "/2.0/workspaces/acme/projects/LIB/deploy-keys")) == 1


def test_a_key_that_was_deleted_is_registered_again_where_it_is_needed(
        cloud: CloudHome):
    """The other repository of the workspace has no record of its own."""
    cloud.enrol("always")
    assert cloud.git("clone", cloud.https_url()).status == 0
    (key,) = cloud.deploy_keys()
    cloud.sandbox.control("DELETE", "/keys", {"id": key["id"]})
    clone = cloud.git("clone", cloud.https_url(repo="core"))
    assert clone.status == 0, clone
    assert "registered on project LIB" in clone.err


@pytest.mark.parametrize("entry, allowed", [
    ("*", True), ("acme", True), ("acme/PROJ", True), ("PROJ", True),
    ("acme/LIB", False), ("other", False), ("other/PROJ", False),
    ("LIB", False), ("proj", False)])
def test_projects_that_are_set_up_without_a_question(
        cloud: CloudHome, entry: str, allowed: bool):
    cloud.enrol("ask")
    cloud.git("config", "--global", "bbkey.https://bitbucket.org.projects",
              entry)
    clone = cloud.git("clone", cloud.https_url())
    assert (clone.status == 0) is allowed, clone
    assert bool(cloud.requests("POST")) is allowed


@pytest.mark.row("M9")
@pytest.mark.parametrize("entry", ["acme/PROJ", "PROJ", "proj"])
def test_m9_a_submodule_of_another_workspace_costs_no_request(
        cloud: CloudHome, entry: str):
    cloud.enrol("always")
    cloud.git("config", "--global", "bbkey.https://bitbucket.org.projects",
              entry)
    cloud.forget_log()
    fetch = cloud.git("clone", cloud.https_url("other", "app"),
                      env={"GIT_PROTOCOL_FROM_USER": "0"})
    assert fetch.status == 128
    assert cloud.requests() == []


@pytest.mark.parametrize("name, value", [("expires", "90"),
                                         ("permission", "write")])
def test_a_default_that_cloud_cannot_have_is_none(cloud: CloudHome, name: str,
                                                  value: str):
    cloud.git("config", "--global", f"bbkey.https://bitbucket.org.{name}",
              value)
    assert cloud.bbkey("init", cloud.https_url()).status == 0


@pytest.mark.parametrize("base, url", [
    ("https://bitbucket.org", "ssh://git@localhost:1/proj/app.git"),
    ("https://bitbucket.org/", "ssh://git@localhost:1/acme/app.git"),
    ("https://bitbucket.org/", "https://bitbucket.org/acme/app.git")])
def test_a_base_that_the_person_says_decides_what_the_parts_mean(
        cloud: CloudHome, base: str, url: str):
    run = cloud.bbkey("init", "--base", base, url)
    if url.startswith("https"):
        assert run.status == 0, run
        assert len(cloud.deploy_keys()) == 1
    else:
        assert run.error_class in ("not-bitbucket", "permission"), run
        assert "(null)" not in run.err + "".join(cloud.requests())


# --- tokens -------------------------------------------------------------------


def keep_credentials(home: CloudHome, base: str, user: str, token: str) -> None:
    """As git's own helper has them, in a file that only its owner reads."""
    host = base.removeprefix("https://")
    store = home.folder / ".git-credentials"
    store.write_text(f"https://{user.replace('@', '%40')}:{token}@{host}\n")
    store.chmod(0o600)
    home.may_hold_secrets = [str(store)]
    home.git("config", "--global", "credential.helper", "store")


def test_a_token_of_gits_own_helper_keeps_its_user(cloud: CloudHome):
    token = cloud.sandbox.tokens["project_admin"]
    cloud.token = None
    keep_credentials(cloud, "https://bitbucket.org", token["user"],
                     token["token"])
    run = cloud.bbkey("init", cloud.https_url())
    assert run.status == 0, run
    assert {e["auth"] for e in cloud.events("http")} == {"none", "basic"}


def test_what_git_keeps_for_itself_is_no_token(cloud: CloudHome):
    """The Bitbucket user name goes with git, and not with REST."""
    token = cloud.sandbox.tokens["project_admin"]
    cloud.token = None
    keep_credentials(cloud, "https://bitbucket.org", "dev", token["token"])
    run = cloud.bbkey("init", cloud.https_url())
    assert run.error_class == "auth", run
    assert "28 July 2026" in run.error
    assert [e for e in cloud.events("http") if e["auth"] != "none"] == []


def test_an_app_password_is_sent_nowhere(cloud: CloudHome):
    cloud.enrol("ask")
    cloud.forget_log()
    run = cloud.bbkey("init", cloud.https_url(), env={"BBKEY_USER": "dev"})
    assert run.error_class == "auth", run
    assert "28 July 2026" in run.error and "e-mail" in run.hint
    assert [e for e in cloud.events("http") if e["auth"] != "none"] == []


@pytest.mark.parametrize("token, user", [
    ("project_admin", "x-bitbucket-api-token-auth"),
    ("oauth", "x-token-auth")])
def test_https_gets_the_user_that_git_needs(cloud: CloudHome, token: str,
                                            user: str):
    cloud.enrol("never")
    cloud.token = token
    fill = cloud.run("git", "credential", "fill", stdin=(
        "protocol=https\nhost=bitbucket.org\npath=acme/app.git\n\n"),
        env={"GIT_TERMINAL_PROMPT": "0"})
    assert f"username={user}\n" in fill.out, fill
    fill.out = ""  # the secret is what git asked for


def test_lfs_is_warned_of_before_an_access_key_is_relied_on(cloud: CloudHome):
    cloud.enrol("always")
    assert cloud.git("clone", cloud.https_url()).status == 0
    app = cloud.work / "app"
    (app / ".gitattributes").write_text("*.bin filter=lfs\n")
    status = cloud.bbkey("status", cwd=app)
    assert "this key does not open its files" in " ".join(status.out.split())
    status = cloud.bbkey("status", "--json", cwd=app)
    assert json.loads(status.out)["lfs"] == {"used": True, "served": False}


def test_a_key_that_is_on_another_project_says_where_to_go(cloud: CloudHome):
    """The workspace has a record; nobody is there to be asked."""
    cloud.token = "admin"
    assert cloud.bbkey("init", cloud.https_url(), "--auto",
                       "ask").status == 0
    cloud.token = None
    url = cloud.https_url(repo="core")
    clone = cloud.git("clone", cloud.ssh_url(repo="core"), "core")
    assert clone.status == 128 and clone.error_class == "denied", clone
    assert clone.hint.endswith(f"is not registered on: git bbkey init {url}, "
                               f"or git bbkey request {url}"), clone
    request = cloud.run("sh", "-c", clone.hint.rsplit(" or ", 1)[1])
    assert request.status == 0 and "ssh-ed25519 " in request.out, request
