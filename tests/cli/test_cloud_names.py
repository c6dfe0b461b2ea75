"""Bitbucket Cloud under its real names, and the move to ssh.bitbucket.org.

Nothing is configured but the sandbox's CA, and bitbucket.org answers no SSH:
what works here works because of `git bbkey init` or `install.sh --system`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from home import Result
from realnames import ALTSSH, MOVED, SSH, WEB, RealHome, connections
from test_install import install, own_system

OLD = "git@bitbucket.org:acme/app.git"
NEW = "git@ssh.bitbucket.org:acme/app.git"
DEPLOY_KEYS = "POST /2.0/workspaces/acme/projects/PROJ/deploy-keys"


# --- helpers -----------------------------------------------------------------

def git(home: RealHome, *words: str, cwd: Path | None = None, **how) -> str:
    """git that must succeed."""
    run = home.git(*words, cwd=cwd, **how)
    assert run.status == 0, run
    return run.out.strip()


def host_keys(home: RealHome) -> list[str]:
    return [key["public"] for key in
            home.sandbox.control("GET", "/state")["host_keys"]]


def fingerprints(home: RealHome) -> list[str]:
    return [key["fingerprint"] for key in
            home.sandbox.control("GET", "/state")["host_keys"]]


def know_hosts(home: RealHome) -> None:
    """As whoever went there before has them."""
    (home.make_ssh_folder() / "known_hosts").write_text("".join(
        f"bitbucket.org,ssh.bitbucket.org,altssh.bitbucket.org,"
        f"[altssh.bitbucket.org]:443 {key}\n" for key in host_keys(home)))


def own_key(home: RealHome, user: str = "member") -> None:
    """The person has a key on their account, and knows the hosts."""
    line = home.make_key(home.make_ssh_folder() / "id_ed25519")
    home.sandbox.control("POST", "/keys", {"scope": "user", "user": user,
                                           "text": line})
    know_hosts(home)


def before_the_move(home: RealHome) -> dict[str, str]:
    """An environment in which bitbucket.org still answers, without us."""
    key, hosts = home.work / ".before", home.work / ".before.hosts"
    if not key.exists():
        line = home.make_key(key)
        home.sandbox.control("POST", "/keys", {
            "scope": "user", "user": "member", "text": line})
        hosts.write_text("".join(f"was.bitbucket.org {key}\n"
                                 for key in host_keys(home)))
    return {"GIT_SSH_COMMAND":
            f"ssh -F none -i {key} -o IdentitiesOnly=yes "
            "-o HostName=ssh.bitbucket.org -o HostKeyAlias=was.bitbucket.org "
            f"-o UserKnownHostsFile={hosts}",
            "PATH": "/usr/bin:/bin"}


def old_clone(home: RealHome, url: str = OLD, name: str = "app") -> Path:
    git(home, "clone", "-q", url, name, env=before_the_move(home))
    return home.work / name


def publish_submodules(home: RealHome, links: dict[str, str]) -> None:
    """acme/app gets submodules, as somebody added them years ago."""
    env = before_the_move(home)
    folder = old_clone(home, name="seed")
    for name, url in links.items():
        git(home, "submodule", "--quiet", "add", url, name, cwd=folder,
            env=env)
    git(home, "commit", "-qm", "submodules", cwd=folder, env=env)
    git(home, "push", "-q", "origin", "main", cwd=folder, env=env)


def new_commit(home: RealHome, repo: str = "app") -> str:
    """Somebody else pushes; what a fetch can bring."""
    env, folder = before_the_move(home), home.work / f"other-{repo}"
    if not folder.exists():
        git(home, "clone", "-q", home.old_url(repo=repo), folder.name, env=env)
    git(home, "commit", "-q", "--allow-empty", "-m", "more", cwd=folder,
        env=env)
    git(home, "push", "-q", "origin", "main", cwd=folder, env=env)
    return git(home, "rev-parse", "HEAD", cwd=folder, env=env)


def switch_on(home: RealHome, *more: str) -> None:
    home.enrol("always", *more)
    home.forget_log()


def origin(home: RealHome, folder: Path) -> str:
    return git(home, "config", "remote.origin.url", cwd=folder)


def status(home: RealHome, folder: Path) -> dict:
    return json.loads(home.bbkey("status", "--json", cwd=folder).out)


def posts(home: RealHome) -> list[str]:
    return home.requests("POST")


def stopped_at_host_key(run: Result) -> None:
    assert run.status != 0, run
    assert run.error_class == "hostkey", run
    assert run.hint, run


# --- a first clone -----------------------------------------------------------

@pytest.mark.user
@pytest.mark.parametrize("url", [
    "https://bitbucket.org/acme/app.git", "https://bitbucket.org/acme/app",
    "git@bitbucket.org:acme/app.git", "ssh://git@bitbucket.org/acme/app.git",
    "ssh://git@bitbucket.org:22/acme/app", "git@ssh.bitbucket.org:acme/app.git",
    "ssh://git@ssh.bitbucket.org/acme/app.git"])
def test_a_plain_clone_works_by_every_url_that_cloud_ever_showed(
        names: RealHome, url: str):
    assert names.settings() == []
    switch_on(names)
    clone = names.git("clone", url, "app")
    assert clone.status == 0, clone
    assert posts(names) == [DEPLOY_KEYS]
    assert set(connections(clone)) <= {("ssh", SSH), ("git-bbkey", WEB)}
    assert origin(names, names.work / "app") == url, "git wrote it, not we"
    names.forget_log()
    assert names.git("fetch", cwd=names.work / "app").status == 0
    assert names.requests() == []


def test_the_form_with_a_persons_name_works_once_it_was_seen(names: RealHome):
    """https://member@bitbucket.org/: what Cloud's pages show to a member."""
    url = "https://dev@bitbucket.org/acme/app.git"
    init = names.bbkey("init", url, "--auto", "always")
    assert init.status == 0, init
    names.forget_log()
    clone = names.git("clone", url, "app")
    assert clone.status == 0, clone
    assert connections(clone) == [("ssh", SSH)]
    assert names.requests() == [], "init has registered the key"
    clone = names.git("clone", "https://dev@bitbucket.org/acme/tool.git")
    assert clone.status == 0, clone


@pytest.mark.parametrize("url", [
    "https://bitbucket.org/acme/app",
    "https://bitbucket.org/acme/app/src/main/",
    "https://bitbucket.org/acme/app/pull-requests/1/a-title?w=1#comment",
    "https://bitbucket.org/acme/workspace/projects/PROJ"])
def test_init_takes_the_address_of_a_page(names: RealHome, url: str):
    init = names.bbkey("init", url, "--json", "--auto", "always")
    assert init.status == 0, init
    assert posts(names) == [DEPLOY_KEYS]
    said = json.loads(init.out)
    assert said["target"]["project"] == "PROJ"
    names.forget_log()
    assert names.git("clone", NEW).status == 0
    assert names.requests() == []


# --- clones made before the move ---------------------------------------------

@pytest.mark.user
def test_an_old_clone_fetches_once_init_has_run(names: RealHome):
    app = old_clone(names)
    commit = new_commit(names)
    before = names.git("fetch", cwd=app)
    assert before.status == 128, "what this is about"
    assert connections(before) == [("ssh", MOVED)]
    switch_on(names)
    fetch = names.git("fetch", cwd=app)
    assert fetch.status == 0, fetch
    assert git(names, "rev-parse", "origin/main", cwd=app) == commit
    assert origin(names, app) == OLD
    assert git(names, "ls-remote", cwd=app).split()[0] == commit
    assert posts(names) == [DEPLOY_KEYS]


def test_an_old_clones_submodules_come_along(names: RealHome):
    """By their own old URL, and by one that is relative to it."""
    publish_submodules(names, {"tool": "git@bitbucket.org:acme/tool.git",
                               "near": "../tool.git"})
    app = old_clone(names)
    git(names, "submodule", "init", cwd=app)
    assert names.git("submodule", "update", cwd=app).status != 0
    switch_on(names)
    assert names.git("fetch", cwd=app).status == 0
    update = names.git("submodule", "update", cwd=app)
    assert update.status == 0, update
    commit = new_commit(names, "tool")
    update = names.git("submodule", "update", "--remote", cwd=app)
    assert update.status == 0, update
    for name in ("tool", "near"):
        assert git(names, "rev-parse", "HEAD", cwd=app / name) == commit
        assert origin(names, app / name) == "git@bitbucket.org:acme/tool.git"
    assert posts(names) == [DEPLOY_KEYS]


LIB = "/2.0/workspaces/acme/projects/LIB/deploy-keys"


@pytest.mark.parametrize("entry, allowed", [
    ("acme/LIB", True), ("LIB", True), ("acme", True), ("acme/OTHER", False),
    ("other/LIB", False), (None, False)])
def test_a_listed_project_is_set_up_for_submodules(names: RealHome,
                                                   entry: str | None,
                                                   allowed: bool):
    env, seed = before_the_move(names), names.work / "seed"
    publish_submodules(names, {"core": "git@bitbucket.org:acme/tool.git"})
    git(names, "config", "-f", ".gitmodules", "submodule.core.url",
        "git@bitbucket.org:acme/core.git", cwd=seed)
    git(names, "commit", "-qam", "another", cwd=seed)
    git(names, "push", "-q", "origin", "main", cwd=seed, env=env)
    names.enrol("always")
    if entry:
        git(names, "config", "--global", "bbkey.https://bitbucket.org.projects",
            entry)
    names.forget_log()
    assert names.git("clone", "-q", OLD, "app").status == 0
    run = names.bbkey("init", "--submodules", cwd=names.work / "app")
    assert run.status == 0, run
    keys = names.sandbox.rest("GET", LIB, "admin").json["values"]
    assert len(keys) == allowed, run
    if not allowed:  # no more than that project: not the whole workspace
        assert "bbkey.https://bitbucket.org.projects acme/LIB\n" in run.err


@pytest.mark.parametrize("way", ["init", "install.sh --system"])
def test_whoever_has_keys_of_their_own_goes_on_with_them(names: RealHome,
                                                         way: str):
    own_key(names)
    publish_submodules(names, {"tool": "git@bitbucket.org:acme/tool.git",
                               "near": "../tool.git"})
    app = old_clone(names)
    git(names, "submodule", "init", cwd=app)
    assert names.git("ls-remote", OLD).status == 128
    if way == "init":
        switch_on(names)
    else:
        own_system(names)
        install(names)
    assert names.git("ls-remote", OLD).status == 0, "outside a repository"
    for words in (("fetch",), ("submodule", "update"), ("ls-remote",),
                  ("commit", "-q", "--allow-empty", "-m", "mine"),
                  ("push",)):
        run = names.git(*words, cwd=app)
        assert run.status == 0, run
    assert posts(names) == [] and names.private_keys() == []


@pytest.mark.user
def test_the_machine_of_everyone_vouches_for_the_new_name(names: RealHome):
    """A job with a key of its own, which nobody looks at, knows the old name
    alone: after `install.sh --system` its clones fetch."""
    own_key(names)
    publish_submodules(names, {"tool": "git@bitbucket.org:acme/tool.git"})
    app = old_clone(names)
    git(names, "submodule", "init", cwd=app)
    known = names.ssh_folder / "known_hosts"
    known.write_text("".join(f"bitbucket.org {key}\n"
                             for key in host_keys(names)))
    own_system(names)
    del names.extra["BBK_SSH_CONFIG_FOLDER"]    # here it is one's own
    said = install(names)
    assert "ssh knows the host keys of ssh.bitbucket.org" in said.out
    for words in (("fetch",), ("submodule", "update")):
        run = names.git(*words, cwd=app)
        assert run.status == 0, run
    install(names, "--uninstall")
    run = names.git("-c", "url.ssh://git@ssh.bitbucket.org/.insteadOf="
                    "git@bitbucket.org:", "fetch", cwd=app)
    assert "Host key verification failed" in run.err, "what this is about"


def test_an_old_clone_by_an_accounts_name_goes_on(names: RealHome):
    """insteadOf cannot know the names; the transport does."""
    own_key(names)
    publish_submodules(names, {"tool": "member@bitbucket.org:acme/tool.git"})
    app = old_clone(names, "member@bitbucket.org:acme/app.git")
    git(names, "submodule", "init", cwd=app)
    assert names.git("fetch", cwd=app).status == 128
    switch_on(names)
    for words in (("fetch",), ("submodule", "update"), ("ls-remote",),
                  ("push",)):
        run = names.git(*words, cwd=app)
        assert run.status == 0, run
    assert {e["user"] for e in names.events("ssh_auth")} == {"member"}
    assert posts(names) == []


def test_push_by_a_key_of_ours_on_the_account(names: RealHome):
    app = old_clone(names)
    names.token = "member"
    init = names.bbkey("init", "--scope", "personal", "--keep-remote",
                       "--auto", "always", cwd=app)
    assert init.status == 0, init
    git(names, "commit", "-q", "--allow-empty", "-m", "mine", cwd=app)
    push = names.git("push", cwd=app)
    assert push.status == 0, push
    assert origin(names, app) == OLD


# --- the new name ------------------------------------------------------------

def test_status_says_what_the_remote_still_says_and_init_rewrites_it(
        names: RealHome):
    app = old_clone(names)
    names.token = None
    shown = names.bbkey("status", cwd=app)
    assert "nothing answers since 12 November 2026" in \
        " ".join(shown.out.split()), shown
    names.token = "project_admin"
    init = names.bbkey("init", "--keep-remote", "--auto", "always", cwd=app)
    assert init.status == 0, init
    assert origin(names, app) == OLD
    shown = names.bbkey("status", cwd=app)
    text = " ".join(shown.out.split())
    assert f"Remote 'origin' is {OLD}, carried to ssh.bitbucket.org" in text
    assert "To write the new address into this remote: git bbkey init" in text
    assert "Ready." in text
    assert status(names, app)["moved"] is True
    init = names.bbkey("init", "--json", cwd=app)
    assert init.status == 0, init
    assert {"step": "remote", "action": "switched"} in \
        json.loads(init.out)["steps"]
    assert origin(names, app) == NEW
    assert status(names, app)["moved"] is False
    assert "new address" not in names.bbkey("status", cwd=app).out
    assert names.git("fetch", cwd=app).status == 0
    again = json.loads(names.bbkey("init", "--json", cwd=app).out)
    assert again["changed"] is False


@pytest.mark.parametrize("url, new", [
    ("https://bitbucket.org/acme/app.git", NEW),
    ("ssh://git@bitbucket.org/acme/app.git", NEW),
    ("member@bitbucket.org:acme/app.git",
     "member@ssh.bitbucket.org:acme/app.git")])
def test_what_init_writes_into_a_remote_is_the_new_name(
        names: RealHome, url: str, new: str):
    if url.startswith("member@"):
        own_key(names)
    app = old_clone(names, NEW)
    git(names, "remote", "set-url", "origin", url, cwd=app)
    init = names.bbkey("init", "--auto", "always", cwd=app)
    assert init.status == 0, init
    assert origin(names, app) == new
    assert names.git("fetch", cwd=app).status == 0


def test_init_all_rewrites_clones_and_submodules_and_they_fetch(
        names: RealHome):
    own_key(names)
    publish_submodules(names, {"tool": "git@bitbucket.org:acme/tool.git"})
    env = before_the_move(names)
    app = old_clone(names)
    git(names, "submodule", "--quiet", "update", "--init", cwd=app, env=env)
    named = old_clone(names, "member@bitbucket.org:acme/tool.git", "named")
    shown = names.run("git-bbkey", "init", "--all", str(names.work), "-n")
    assert shown.status == 0, shown
    assert origin(names, app) == OLD, "--dry-run"
    done = names.run("git-bbkey", "init", "--all", str(names.work))
    assert done.status == 0, done
    assert origin(names, app) == NEW
    assert origin(names, app / "tool") == "git@ssh.bitbucket.org:acme/tool.git"
    assert origin(names, named) == "member@ssh.bitbucket.org:acme/tool.git"
    for folder in (app, app / "tool", named):
        fetch = names.git("fetch", cwd=folder)
        assert fetch.status == 0, fetch
        assert status(names, folder)["moved"] is False


def test_init_all_says_how_ssh_comes_to_know_the_new_name(names: RealHome):
    own_key(names)
    app = old_clone(names)
    known = names.ssh_folder / "known_hosts"
    known.write_text("".join(f"bitbucket.org {key}\n"
                             for key in host_keys(names)))
    names.token = None
    done = names.run("git-bbkey", "init", "--all", str(names.work))
    assert "To have it checked for you:\n" \
        "    git bbkey init https://bitbucket.org\n" in done.err, done
    fetch = names.git("fetch", cwd=app)
    assert "Host key verification failed" in fetch.err, "what this is about"
    init = names.run("git-bbkey", "init", "https://bitbucket.org")
    assert init.status == 0, init
    assert names.git("fetch", cwd=app).status == 0
    again = names.run("git-bbkey", "init", "--all", str(names.work))
    assert again.status == 0 and "checked for you" not in again.err, again


# --- altssh.bitbucket.org:443 ------------------------------------------------

def test_altssh_stays_as_it_is_and_shares_the_records(names: RealHome):
    alt = "ssh://git@altssh.bitbucket.org:443/acme/"
    switch_on(names)
    clone = names.git("clone", alt + "app.git")
    assert clone.status == 0, clone
    assert ("ssh", ALTSSH) in connections(clone)
    assert ("ssh", SSH) not in connections(clone)
    assert posts(names) == [DEPLOY_KEYS]
    names.forget_log()
    for name, url in (("new", "git@ssh.bitbucket.org:acme/tool.git"),
                      ("alt", alt + "tool.git")):
        clone = names.git("clone", url, name)
        assert clone.status == 0, clone
    assert names.requests() == [], "one record for all three names"
    app = names.work / "app"
    init = names.bbkey("init", cwd=app)
    assert init.status == 0, init
    assert origin(names, app) == alt + "app.git"
    assert status(names, app)["ready"] is True
    assert status(names, app)["moved"] is False


# --- host keys ---------------------------------------------------------------

def test_the_published_host_key_is_the_one_that_counts(names: RealHome):
    switch_on(names)
    assert names.git("clone", NEW).status == 0
    seen = status(names, names.work / "app")["host_key"]
    assert seen["state"] == "verified" and seen["source"] == "site"
    assert seen["fingerprint"] in fingerprints(names)
    assert connections(names.runs[-1]) == [("ssh", SSH)]
    survey = names.bbkey("status", "-v", cwd=names.work / "app")
    assert "The server knows ~/.ssh/bbkey_bitbucket.org" in survey.out
    assert ("git-bbkey", SSH) in connections(survey)


@pytest.mark.row("S1")
@pytest.mark.parametrize("page", ["404", "html", "names nobody", "words"])
def test_s01_without_the_page_the_built_in_host_keys_stand(names: RealHome,
                                                           page: str):
    """And the sandbox's is none of them."""
    if page == "words":
        names.sandbox.fault(path="/site/ssh$", status=200, times=-1,
                            body="three words each\nand no keys\n")
    else:
        names.sandbox.set(**({"site_ssh_names": []} if page == "names nobody"
                             else {"site_ssh": page}))
    switch_on(names)
    clone = names.git("clone", NEW)
    stopped_at_host_key(clone)
    init = names.bbkey("init", NEW)
    stopped_at_host_key(init)
    assert init.status == 6
    assert "https://bitbucket.org/site/ssh" in init.hint
    assert posts(names) == [] and names.deploy_keys() == []
    assert names.events("ssh_auth") == []
    known = names.bbkey("hostkeys").out
    assert sorted(line.split()[1] for line in known.splitlines()) == [
        "ecdsa-sha2-nistp256", "ssh-ed25519", "ssh-rsa"], known
    assert not any(key["public"].split()[1] in known for key in
                   names.sandbox.control("GET", "/state")["host_keys"])


@pytest.mark.row("S1")
@pytest.mark.user
def test_s01_another_host_key_than_the_published_is_a_hard_stop(
        names: RealHome):
    switch_on(names)
    names.sandbox.control("POST", "/hostkey", {"publish": False})
    clone = names.git("clone", NEW)
    stopped_at_host_key(clone)
    assert not (names.work / "app").exists()
    ours = names.bbkey("clone", NEW)
    stopped_at_host_key(ours)
    assert ours.status == 6
    assert posts(names) == [] and names.events("ssh_auth") == []


@pytest.mark.row("S1")
def test_s01_a_host_key_that_changed_stops_a_fetch_until_init_has_looked(
        names: RealHome):
    switch_on(names)
    assert names.git("clone", NEW).status == 0
    app = names.work / "app"
    names.sandbox.control("POST", "/hostkey", {"publish": False})
    names.forget_log()
    assert names.git("fetch", cwd=app).status == 128
    init = names.bbkey("init", cwd=app)
    stopped_at_host_key(init)
    assert names.events("ssh_auth") == [], "and init does not believe it"
    names.sandbox.control("POST", "/hostkey", {"publish": True})
    assert names.git("fetch", cwd=app).status == 128
    init = names.bbkey("init", cwd=app)
    assert init.status == 0, init
    fetch = names.git("fetch", cwd=app)
    assert fetch.status == 0, fetch
    assert status(names, app)["host_key"]["fingerprint"] in \
        fingerprints(names)
    alt = names.git("ls-remote",
                    "ssh://git@altssh.bitbucket.org:443/acme/app.git",
                    cwd=app)
    assert alt.status == 0, "the other name has the new one, too"


@pytest.mark.row("S1")
def test_s01_git_bbkey_clone_asks_the_page_on_a_machine_that_knows_nothing(
        names: RealHome):
    clone = names.bbkey("clone", NEW)
    assert clone.status == 0, clone
    assert names.requests()[0] == "GET /site/ssh"
    assert posts(names) == [DEPLOY_KEYS]


def test_a_fingerprint_that_the_person_gives_goes_before_the_page(
        names: RealHome):
    names.sandbox.set(site_ssh="404")
    wrong = names.bbkey("init", NEW, "--host-key", "SHA256:" + "A" * 43)
    stopped_at_host_key(wrong)
    assert posts(names) == []
    pins = [word for pin in fingerprints(names)
            for word in ("--host-key", pin)]
    init = names.bbkey("init", NEW, *pins, "--auto", "always")
    assert init.status == 0, init
    assert names.git("clone", NEW).status == 0
    assert status(names, names.work / "app")["host_key"]["source"] == "config"


# --- a key that ssh_config names for the old name -----------------------------

def person_with_a_host_block(home: RealHome) -> Path:
    """As most people have it; ssh does not look there for the new name."""
    key = home.make_ssh_folder() / "work"
    home.sandbox.control("POST", "/keys", {
        "scope": "user", "user": "member", "text": home.make_key(key)})
    config = home.ssh_folder / "config"
    config.write_text(f"Host bitbucket.org\n\tIdentityFile {key}\n")
    config.chmod(0o600)
    return key


@pytest.mark.parametrize("way", ["init", "clone"])
def test_a_key_that_ssh_config_has_for_the_old_name_counts(names: RealHome,
                                                           way: str):
    person_with_a_host_block(names)
    names.token = None
    if way == "init":
        run = names.bbkey("init", "https://bitbucket.org/acme/app")
        assert run.status == 0, run
        assert "Your own SSH keys open" in run.err
    else:
        switch_on(names)
    clone = names.git("clone", "git@bitbucket.org:acme/app.git", "app")
    assert clone.status == 0, clone
    assert posts(names) == [] and names.private_keys() == []
    app = names.work / "app"
    assert status(names, app)["ready"] is True
    names.forget_log()
    assert names.git("fetch", cwd=app).status == 0
    assert names.requests() == []
    (used,) = {e["fingerprint"] for e in names.events("ssh_auth") if e["ok"]}
    # what is refused later is theirs to mend: it is registered nowhere
    names.sandbox.control("DELETE", "/keys", {"fingerprint": used})
    assert names.git("fetch", cwd=app).status == 128
    assert posts(names) == []
