"""Several accounts and keys on one instance: which key goes where, and why.

The transport takes the narrowest record: repository, then project (on Cloud
workspace), then instance; and in a URL that names an account, keys of that
account alone.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from cloudhome import CloudHome
from home import Home, Result


# --- helpers -----------------------------------------------------------------

def fingerprint(key: Path) -> str:
    return subprocess.run(["ssh-keygen", "-lf", str(key)], check=True,
                          capture_output=True, text=True).stdout.split()[1]


def ready(run: Result) -> Result:
    assert run.status == 0, run
    return run


def init(home: Home, url: str, token: str, *words: str) -> str:
    """Sets it up with this token; gives the fingerprint of the key."""
    home.token = token
    run = ready(home.bbkey("init", url, "--auto", "always", "--json", *words))
    home.token = None
    return json.loads(run.out)["key"]["fingerprint"]


def second_key(home: Home) -> Path:
    """A key that no ssh would find by itself."""
    path = home.make_ssh_folder() / "second"
    home.make_key(path)
    return path


def offered(home: Home, *words: str, cwd: Path | None = None,
            status: int = 0) -> list[tuple[str, str]]:
    """(user, fingerprint) of each login that this git brings about."""
    home.forget_log()
    run = home.git(*words, cwd=cwd)
    assert run.status == status, run
    assert home.requests() == []
    return [(e["user"], e["fingerprint"]) for e in home.events("ssh_auth")]


def clone(home: Home, url: str, name: str) -> list[tuple[str, str]]:
    return offered(home, "clone", "-q", url, name)


def chosen(home: Home, name: str) -> tuple[str, str, str]:
    """The key, and why, as status has it: (fingerprint, scope, level)."""
    seen = json.loads(home.bbkey("status", "--json",
                                 cwd=home.work / name).out)
    assert seen["ready"] is True, seen
    (grant,) = seen["grants"]
    return seen["key"]["fingerprint"], grant["scope"], grant["chosen_by"]


def why(home: Home, name: str) -> str:
    return " ".join(home.bbkey("status", cwd=home.work / name).out.split())


def named(url: str, user: str) -> str:
    """ssh://git@localhost:... with an account's name."""
    return url.replace("ssh://git@", f"ssh://{user}@")


def account_key(home: Home, user: str) -> str:
    """id_ed25519, which ssh offers by itself, on this account."""
    path = home.make_ssh_folder() / "id_ed25519"
    line = home.make_key(path)
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": user,
                                           "text": line})
    return fingerprint(path)


# --- which key ---------------------------------------------------------------

def test_on_cloud_it_is_by_repository_then_workspace_then_instance(
        cloud: CloudHome):
    cloud.allow_posts = 2       # to the keys of two accounts
    cloud.sandbox.control("POST", "/rights", {
        "user": "stranger", "rights": {"other/PROJ": "write"}})
    mine = init(cloud, cloud.https_url(), "project_admin", "--scope",
                "personal")
    theirs = init(cloud, cloud.https_url("other"), "none", "--scope",
                  "personal", "--key", str(second_key(cloud)))
    project = init(cloud, cloud.https_url(repo="core"), "project_admin")
    assert len({mine, theirs, project}) == 3
    rows = [("acme", "app", mine, "personal", "instance"),
            ("acme", "secret", mine, "personal", "instance"),
            ("dev", "notes", mine, "personal", "instance"),
            ("other", "app", theirs, "personal", "workspace"),
            ("acme", "core", project, "project", "repository")]
    for workspace, repo, key, scope, level in rows:
        folder = f"{workspace}-{repo}"
        assert clone(cloud, cloud.https_url(workspace, repo), folder) == \
            [("git", key)], folder
        assert chosen(cloud, folder) == (key, scope, level), folder
        assert f"on record for this {level}" in why(cloud, folder)
    assert "Registered on your account" in why(cloud, "other-app")
    assert "Registered on project LIB" in why(cloud, "acme-core")


@pytest.mark.parametrize("how", ["refuse", "as nobody"])
def test_a_data_center_that_takes_no_token_for_an_account(home: Home,
                                                          how: str):
    """UNCONFIRMED in which words: the page is named in each case."""
    home.sandbox.set(token_personal_keys=how)
    home.token = "project_admin"
    run = home.bbkey("init", "--scope", "personal", home.https_url())
    assert run.error_class == "permission", run
    assert f"{home.base}/plugins/servlet/ssh/account/keys" in run.hint
    assert "make a new HTTP access token" not in run.hint


def test_on_data_center_it_is_by_repository_then_project_then_instance(
        home: Home):
    home.sandbox.set(token_personal_keys="allow")
    home.allow_posts = 2        # to the keys of two accounts
    mine = init(home, home.https_url(), "project_admin", "--scope",
                "personal")
    theirs = init(home, home.https_url("other", "secret"), "admin", "--scope",
                  "personal", "--key", str(second_key(home)))
    project = init(home, home.https_url("lib", "core"), "project_admin")
    repo = init(home, home.https_url(repo="tool"), "project_admin", "--scope",
                "repo", "--new-key")
    assert len({mine, theirs, project, repo}) == 4
    rows = [("proj", "app", mine, "personal", "instance"),
            ("~dev", "notes", mine, "personal", "instance"),
            ("other", "secret", theirs, "personal", "project"),
            ("lib", "core", project, "project", "project"),
            ("proj", "tool", repo, "repo", "repository")]
    for where, name, key, scope, level in rows:
        assert clone(home, home.https_url(where, name), name) == \
            [("git", key)], name
        assert chosen(home, name) == (key, scope, level), name
        assert f"on record for this {level}" in why(home, name)


def test_a_key_for_everything_comes_after_what_is_there_already(
        cloud: CloudHome):
    """It is for what has none; what init was asked about, it takes over."""
    project = init(cloud, cloud.https_url(repo="core"), "project_admin")
    mine = init(cloud, cloud.https_url(), "project_admin", "--scope",
                "personal")
    assert clone(cloud, cloud.https_url(repo="core"), "core") == \
        [("git", project)]
    assert clone(cloud, cloud.https_url(), "app") == [("git", mine)]
    assert clone(cloud, cloud.https_url("dev", "notes"), "notes") == \
        [("git", mine)]


@pytest.mark.parametrize("asked_again", ["instance", "workspace"])
def test_init_again_changes_nothing_of_it(cloud: CloudHome, asked_again: str):
    cloud.sandbox.control("POST", "/rights", {
        "user": "stranger", "rights": {"other/PROJ": "write"}})
    init(cloud, cloud.https_url(), "project_admin", "--scope", "personal")
    init(cloud, cloud.https_url("other"), "none", "--scope", "personal",
         "--key", str(second_key(cloud)))
    before = cloud.snapshot()
    cloud.token = "project_admin" if asked_again == "instance" else "none"
    again = ready(cloud.bbkey(
        "init", cloud.https_url("acme" if asked_again == "instance"
                                else "other"),
        "--scope", "personal", "--json"))
    assert json.loads(again.out)["changed"] is False
    assert cloud.snapshot() == before


# --- alice@bitbucket.org -----------------------------------------------------

def test_a_url_with_an_accounts_name_never_gets_an_access_key(
        cloud: CloudHome):
    access = init(cloud, cloud.https_url(), "project_admin")
    url = named(cloud.ssh_url(), "member")
    assert offered(cloud, "clone", url, "no", status=128) == []
    mine = account_key(cloud, "member")
    assert clone(cloud, url, "member") == [("member", mine)] * 2, \
        "asked once, then used"
    assert offered(cloud, "fetch", cwd=cloud.work / "member") == \
        [("member", mine)]
    assert clone(cloud, cloud.ssh_url(), "git") == [("git", access)]


def test_a_url_with_an_accounts_name_is_not_set_up_with_an_access_key(
        cloud: CloudHome):
    cloud.enrol("always")
    url = named(cloud.ssh_url(), "member")
    cloud.forget_log()
    plain = cloud.git("clone", url)
    assert plain.status == 128
    for words in (("init", url), ("clone", url)):
        run = cloud.bbkey(*words)
        assert run.error_class == "permission", run
        assert "'member'" in run.error
        assert "--scope personal" in run.hint
    assert cloud.requests("POST") == [] and cloud.private_keys() == []


def test_the_key_of_a_named_account_is_for_its_urls_alone(cloud: CloudHome):
    access = init(cloud, cloud.https_url(), "project_admin")
    url = named(cloud.ssh_url(), "member")
    mine = init(cloud, url, "member", "--scope", "personal")
    assert mine != access
    assert clone(cloud, url, "member") == [("member", mine)]
    assert chosen(cloud, "member") == (mine, "personal", "instance")
    assert clone(cloud, cloud.ssh_url(), "git") == [("git", access)]
    assert chosen(cloud, "git") == (access, "project", "repository")
    records = sorted(p.name for p in (cloud.state / "records").iterdir())
    assert records == [cloud.ssh_place, f"member@{cloud.ssh_place}"]
    cloud.token = "member"
    assert offered(cloud, "-c", "user.name=T", "commit", "-q",
                   "--allow-empty", "-m", "x", cwd=cloud.work / "member") == []
    assert offered(cloud, "push", cwd=cloud.work / "member") == \
        [("member", mine)]


def test_two_named_accounts_do_not_share_a_key(cloud: CloudHome):
    second = second_key(cloud)
    one = init(cloud, named(cloud.ssh_url(), "member"), "member", "--scope",
               "personal")
    two = init(cloud, named(cloud.ssh_url(repo="core"), "dev"),
               "project_admin", "--scope", "personal", "--key", str(second))
    assert clone(cloud, named(cloud.ssh_url(), "member"), "one") == \
        [("member", one)]
    assert clone(cloud, named(cloud.ssh_url(), "dev"), "two") == \
        [("dev", two)]


def test_on_data_center_a_users_name_in_the_url_makes_no_difference(
        home: Home):
    home.enrol()
    assert home.git("clone", home.ssh_url(), "one").status == 0
    (key,) = home.private_keys()
    assert clone(home, named(home.ssh_url(repo="tool"), "dev"), "two") == \
        [("dev", fingerprint(key))]
