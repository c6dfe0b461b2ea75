"""--submodules, and row M9: what a .gitmodules can make us do, which is little.

A submodule's URL chooses among projects of enrolled instances and nothing
more; leave comes from a person at a terminal, or bbkey.<base>.projects.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pexpect
import pytest
from home import Home, Result

UPDATE = ("submodule", "update", "--init", "--recursive")
SOME_COMMIT = "1" * 40


# --- helpers -----------------------------------------------------------------

def as_admin(home: Home, *words: str, cwd: Path | None = None) -> str:
    """git over https with the admin's token, past the product."""
    token = home.sandbox.tokens["admin"]
    env = {**os.environ, "GIT_SSL_CAINFO": home.sandbox.ca,
           "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
           "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@localhost",
           "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@localhost",
           "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader",
           "GIT_CONFIG_VALUE_0": f"Authorization: Bearer {token}"}
    return subprocess.run(["git", *words], cwd=cwd or home.work, env=env,
                          check=True, capture_output=True, text=True).stdout


def head_of(home: Home, project: str, repo: str) -> str:
    return as_admin(home, "ls-remote", home.https_url(project, repo),
                    "HEAD").split()[0]


def gitmodules(urls: dict[str, str]) -> str:
    """git's own quoting: a value in quotes, its escapes in front."""
    def quoted(url: str) -> str:
        for char, code in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
            url = url.replace(char, code)
        return f'"{url}"'

    return "".join(f'[submodule "{name}"]\n\tpath = {name}\n'
                   f"\turl = {quoted(url)}\n" for name, url in urls.items())


def add_links(home: Home, folder: Path, urls: dict[str, str],
              commits: dict[str, str] | None = None) -> None:
    """Commits .gitmodules with these URLs, and the gitlinks."""
    with open(folder / ".gitmodules", "w", newline="") as file:
        file.write(gitmodules(urls))
    for name in urls:
        commit = (commits or {}).get(name, SOME_COMMIT)
        as_admin(home, "update-index", "--add", "--cacheinfo",
                 f"160000,{commit},{name}", cwd=folder)
    as_admin(home, "add", ".gitmodules", cwd=folder)
    as_admin(home, "commit", "-qm", "submodules", cwd=folder)


def superproject(home: Home, urls: dict[str, str],
                 commits: dict[str, str] | None = None,
                 remote: str | None = None) -> Path:
    """A repository that says it is PROJ/app, with these submodules."""
    folder = home.work / "super"
    as_admin(home, "init", "-q", str(folder))
    as_admin(home, "remote", "add", "origin", remote or home.ssh_url(),
             cwd=folder)
    add_links(home, folder, urls, commits)
    return folder


def publish(home: Home, project: str, repo: str, urls: dict[str, str],
            commits: dict[str, str] | None = None) -> str:
    """The same into a repository of the server; gives its new commit."""
    folder = home.work / f"seed-{project}-{repo}"
    as_admin(home, "clone", "-q", home.https_url(project, repo), str(folder))
    add_links(home, folder, urls, commits)
    as_admin(home, "push", "-q", "origin", "HEAD", cwd=folder)
    return as_admin(home, "rev-parse", "HEAD", cwd=folder).strip()


def ready(home: Home, urls: dict[str, str], **more: Any) -> Path:
    """Its own project is set up; from here on events are counted."""
    folder = superproject(home, urls, **more)
    home.tracing = False
    ok(home.bbkey("init", "--auto", "always", cwd=folder))
    home.tracing = True
    home.forget_log()
    return folder


def ok(run: Result) -> Result:
    assert run.status == 0, run
    return run


def states(run: Result) -> dict[str, str]:
    data = json.loads(run.out)
    for part in data["submodules"]:
        assert set(part) == {"name", "url", "base_url", "project", "repo",
                             "state"}
    return {part["name"]: part["state"] for part in data["submodules"]}


def nothing_was_done(home: Home) -> None:
    assert [e for e in home.events("http") if e["auth"] != "none"] == []
    assert home.requests("POST") == []


def allow(home: Home, project: str) -> None:
    subprocess.run(["git", "config", "--file", home.folder / ".gitconfig",
                    "--add", f"bbkey.{home.base}.projects", project],
                   check=True)


def whole(child: pexpect.spawn) -> tuple[str, int]:
    child.expect(pexpect.EOF)
    child.close()
    return child.before, child.exitstatus


def both(home: Home) -> tuple[dict[str, str], dict[str, str]]:
    """A neighbour in the same project, and one in LIB, as git resolves it."""
    return ({"tool": "../tool.git", "core": "../../lib/core.git"},
            {"tool": head_of(home, "proj", "tool"),
             "core": head_of(home, "lib", "core")})


# --- setting up ---------------------------------------------------------------

@pytest.mark.user
def test_a_yes_sets_the_projects_up_and_git_gets_them(home: Home):
    urls, commits = both(home)
    folder = ready(home, urls | {"far": "https://github.com/x/y.git"},
                   commits=commits)
    child = home.terminal("git", "bbkey", "init", "--submodules", cwd=folder)
    child.expect(r"Set up access to this project, too\? \[y/N\] ")
    shown = child.before
    assert "project PROJ (1 submodule) is set up already" in shown
    assert "project LIB (1 submodule) is not set up" in shown
    assert "1 submodule on other hosts is left alone: github.com" in shown
    assert home.requests("POST") == []
    child.sendline("y")
    rest, status = whole(child)
    assert status == 0, rest
    assert "project LIB (1 submodule) is set up now" in rest
    assert "git submodule update" in rest
    assert len(home.requests("POST")) == 1
    assert len(home.keys_registered("LIB")) == 1
    assert len(home.private_keys()) == 1
    home.forget_log()
    ok(home.git("submodule", "update", "--init", "tool", "core", cwd=folder))
    assert (folder / "core" / "README.md").exists()
    assert (folder / "tool" / "README.md").exists()
    assert home.requests() == []


@pytest.mark.parametrize("answer", ["", "n"])
def test_no_is_the_default_and_the_way_to_allow_is_shown(home: Home,
                                                         answer: str):
    folder = ready(home, {"core": "../../lib/core.git"})
    child = home.terminal("git", "bbkey", "init", "--submodules", cwd=folder)
    child.expect(r"\[y/N\] ")
    child.sendline(answer)
    shown, status = whole(child)
    assert status == 0, shown
    nothing_was_done(home)
    assert f"bbkey.{home.base}.projects LIB" in shown


def test_the_command_that_is_shown_allows_it_without_a_terminal(home: Home):
    urls, commits = both(home)
    folder = ready(home, urls, commits=commits)
    first = ok(home.bbkey("init", "--submodules", cwd=folder))
    nothing_was_done(home)
    (command,) = re.findall(r"^    (git config .*)$", first.err, re.M)
    ok(home.run("sh", "-c", command))
    second = ok(home.bbkey("init", "--submodules", cwd=folder))
    assert "project LIB (1 submodule) is set up now" in second.err
    assert len(home.requests("POST")) == 1
    home.forget_log()
    ok(home.git(*UPDATE, cwd=folder))
    assert (folder / "core" / "README.md").exists()
    third = ok(home.bbkey("init", "--submodules", "--json", cwd=folder))
    assert states(third) == {"tool": "ready", "core": "ready"}
    assert json.loads(third.out)["changed"] is False
    nothing_was_done(home)


def test_a_personal_project_can_be_allowed_by_the_same_command(home: Home):
    """A shell would make a home folder of ~dev."""
    folder = ready(home, {"notes": "../../~dev/notes.git"})
    first = ok(home.bbkey("init", "--submodules", cwd=folder))
    (command,) = re.findall(r"^    (git config .*)$", first.err, re.M)
    ok(home.run("sh", "-c", command))
    home.token = None
    again = home.bbkey("init", "--submodules", "--dry-run", "--json",
                       cwd=folder)
    assert states(again) == {"notes": "planned"}


def test_yes_asks_nothing_and_takes_the_no(home: Home):
    folder = ready(home, {"core": "../../lib/core.git"})
    child = home.terminal("git", "bbkey", "init", "--submodules", "--yes",
                          cwd=folder)
    shown, status = whole(child)
    assert status == 0 and "[y/N]" not in shown, shown
    nothing_was_done(home)


def test_a_build_server_that_has_never_seen_the_instance(home: Home):
    """No terminal, no enrolment: one command, then git."""
    urls, commits = both(home)
    folder = superproject(home, urls, commits=commits,
                          remote=home.https_url())
    allow(home, "lib")
    run = ok(home.bbkey("init", "--submodules", "--base", home.base, "--json",
                        cwd=folder))
    assert states(run) == {"tool": "ready", "core": "set-up"}
    ok(home.git(*UPDATE, cwd=folder))
    assert (folder / "core" / "README.md").exists()


def test_one_that_fails_is_told_and_the_others_are_set_up(home: Home):
    folder = ready(home, {"secret": "../../other/secret.git",
                          "core": "../../lib/core.git"})
    allow(home, "*")
    run = home.bbkey("init", "--submodules", cwd=folder)
    assert (run.status, run.error_class) == (4, "permission"), run
    assert "'OTHER'" in run.error
    assert "project OTHER (1 submodule) could not be set up: " in \
        " ".join(run.err.split())
    assert "project LIB (1 submodule) is set up now" in run.err
    assert len(home.keys_registered("LIB")) == 1
    assert home.keys_registered("OTHER") == []


def test_the_token_is_asked_for_once(home: Home):
    """By the first project that needs it, for all of them."""
    folder = ready(home, {"core": "../../lib/core.git",
                          "notes": "../../~dev/notes.git"})
    home.token = None
    child = home.terminal("git", "bbkey", "init", "--submodules", cwd=folder)
    child.expect(r"these 2 projects, too\? \[y/N\] ")
    child.sendline("y")
    child.expect("HTTP access token for .*: ")
    child.sendline(home.sandbox.tokens["project_admin"])
    shown, status = whole(child)
    assert "HTTP access token for" not in shown, "asked again"
    assert "project LIB (1 submodule) is set up now" in shown
    assert status in (0, 4), shown


def test_scope_repo_sets_up_each_repository(home: Home):
    urls, commits = both(home)
    folder = superproject(home, urls, commits=commits)
    allow(home, "*")
    run = ok(home.bbkey("init", "--submodules", "--scope", "repo", "--json",
                        cwd=folder))
    assert states(run) == {"tool": "set-up", "core": "set-up"}
    assert home.keys_registered("LIB") == []
    posts = [r for r in home.requests("POST") if "/repos/" in r]
    assert len(posts) == 3, posts
    home.allow_posts = 1
    ok(home.git(*UPDATE, cwd=folder))


def test_write_is_for_the_own_project_only(home: Home):
    folder = superproject(home, {"core": "../../lib/core.git"})
    allow(home, "*")
    ok(home.bbkey("init", "--submodules", "--write", cwd=folder))
    (own,), (other,) = home.keys_registered(), home.keys_registered("LIB")
    assert own["permission"] == "PROJECT_WRITE"
    assert other["permission"] == "PROJECT_READ"


def test_a_dry_run_says_it_and_changes_nothing(home: Home):
    folder = superproject(home, {"core": "../../lib/core.git",
                                 "tool": "../tool.git"})
    allow(home, "LIB")
    before = home.snapshot()
    run = ok(home.bbkey("init", "--submodules", "--dry-run", cwd=folder))
    assert "project LIB (1 submodule) would be set up" in run.err
    assert "Nothing was changed" in run.err
    assert home.snapshot() == before
    assert home.requests("POST") == []


def test_where_there_is_nothing_to_look_at(home: Home):
    folder = ready(home, {"core": "../../lib/core.git"})
    url = home.bbkey("init", "--submodules", home.https_url(), cwd=folder)
    assert (url.status, url.error_class) == (129, "usage"), url
    (folder / ".gitmodules").rename(folder / "elsewhere")
    none = ok(home.bbkey("init", "--submodules", cwd=folder))
    assert "no submodules" in none.err
    (folder / ".gitmodules").symlink_to("elsewhere")
    link = home.bbkey("init", "--submodules", cwd=folder)
    assert (link.status, link.error_class) == (9, "local"), link
    nothing_was_done(home)


# --- clone --submodules -----------------------------------------------------------

@pytest.mark.user
def test_clone_submodules_gets_all_of_it(home: Home):
    urls, commits = both(home)
    publish(home, "proj", "app", urls, commits)
    allow(home, "LIB")
    home.forget_log()
    run = ok(home.bbkey("clone", "--submodules", "--json", home.https_url(),
                        "there"))
    assert states(run) == {"tool": "ready", "core": "set-up"}
    assert (home.work / "there" / "core" / "README.md").exists()
    assert (home.work / "there" / "tool" / "README.md").exists()
    assert len(home.requests("POST")) == 2


def test_clone_submodules_ends_as_git_does_where_one_is_not_allowed(
        home: Home):
    urls, commits = both(home)
    publish(home, "proj", "app", urls, commits)
    run = home.bbkey("clone", "--submodules", "--auto", "always",
                     home.https_url())
    assert run.status in (1, 128), run
    assert f"bbkey.{home.base}.projects LIB" in run.err
    assert home.keys_registered("LIB") == []
    assert (home.work / "app" / "README.md").exists()


def test_a_submodule_of_a_submodule_waits_for_its_own_turn(home: Home):
    """It is not in .gitmodules here; by records alone git cannot get it."""
    nested = publish(home, "lib", "core", {"notes": "../../~dev/notes.git"},
                     {"notes": head_of(home, "~dev", "notes")})
    publish(home, "proj", "app", {"core": "../../lib/core.git"},
            {"core": nested})
    allow(home, "LIB")
    home.forget_log()
    run = home.bbkey("clone", "--submodules", "--auto", "always",
                     home.https_url())
    assert run.status in (1, 128), run
    assert (home.work / "app" / "core" / "README.md").exists()
    assert home.keys_registered("~dev") == []
    assert len(home.requests("POST")) == 2


# --- M9: hostile .gitmodules --------------------------------------------------------

def hostile(home: Home) -> dict[str, str]:
    port = home.sandbox.ready["ssh_url"].rsplit(":", 1)[1]
    web = home.base.removeprefix("https://")
    return {
        "lookalike-ssh": f"ssh://git@localhost.evil.invalid:{port}/lib/c.git",
        "lookalike-https": "https://localhost.evil.invalid:"
                           f"{web.split(':')[1]}/scm/lib/core.git",
        "user": f"https://{web.split('/')[0]}@evil.invalid/scm/lib/core.git",
        "homograph": f"ssh://git@l\u043ecalhost:{port}/lib/core.git",
        "port": f"ssh://git@localhost:{int(port) ^ 1}/lib/core.git",
        "plain-http": f"http://{web}/scm/lib/core.git",
        "evil": "../../evil",
        "up": "../../../../../../evil/lib/core.git",
        "up-to-the-host": "../../../evil.invalid/lib/core.git",
        "cr": f"ssh://git@localhost:{port}/lib/core\r.git",
        "lf": f"ssh://git@localhost:{port}/lib/core\n.git",
        "dash": f"ssh://-oProxyCommand=x@localhost:{port}/lib/core.git",
        "dash-path": f"ssh://git@localhost:{port}/-lib/core.git",
        "dots": f"ssh://git@localhost:{port}/lib/../lib/core.git",
        "ext": "ext::sh -c touch% pwned",
        "file": "file:///etc",
        "path": "/etc",
        "option": "--upload-pack=touch pwned",
        "escape": f"ssh://git@localhost:{port}/lib/\x1b[2Jcore.git",
    }


@pytest.mark.row("M9")
def test_m9_hostile_urls_are_told_scrubbed_and_never_acted_on(home: Home):
    """Even where every project may be set up without a question."""
    folder = ready(home, hostile(home))
    allow(home, "*")
    child = home.terminal("git", "bbkey", "init", "--submodules", cwd=folder)
    shown, status = whole(child)
    assert status == 0, shown
    assert "[y/N]" not in shown and "[Y/n]" not in shown
    assert "\x1b[2J" not in shown
    nothing_was_done(home)
    run = ok(home.bbkey("init", "--submodules", "--json", cwd=folder))
    assert set(states(run).values()) == {"refused", "elsewhere"}, run
    assert len(states(run)) == len(hostile(home))
    assert {n for n, s in states(run).items() if s == "elsewhere"} == {
        "lookalike-ssh", "lookalike-https", "user", "port", "plain-http",
        "up-to-the-host"}
    nothing_was_done(home)
    assert not list(home.work.rglob("pwned"))


@pytest.mark.row("M9")
def test_m9_a_hostile_name_is_shown_scrubbed(home: Home):
    folder = ready(home, {})
    (folder / ".gitmodules").write_text(
        '[submodule "\x1b]0;x\x07\u202e"]\n\turl = file:///x\n')
    child = home.terminal("git", "bbkey", "init", "--submodules", cwd=folder)
    shown, status = whole(child)
    assert status == 0 and "\x07" not in shown and "\u202e" not in shown
    assert "?]0;x??" in shown


@pytest.mark.row("M9")
def test_m9_a_password_in_a_url_is_not_shown(home: Home):
    folder = ready(home, {
        "a": f"https://u:pa55word@{home.base.removeprefix('https://')}"
             "/scm/lib/core.git",
        "b": "https://u:pa55word@github.com/x.git",
        "c": "https://u:pa55word@github.com/x;y.git"})
    for words in (("--json",), ()):
        run = ok(home.bbkey("init", "--submodules", *words, cwd=folder))
        assert "pa55word" not in run.out + run.err, run


@pytest.mark.row("M9")
def test_m9_a_thousand_submodules_are_one_look(home: Home):
    """No question, no request, no ssh: and not much time."""
    port = home.sandbox.ready["ssh_url"].rsplit(":", 1)[1]
    folder = ready(home, {})
    (folder / ".gitmodules").write_text(gitmodules(
        {f"s{i}": f"ssh://git@localhost:{port}/p{i}/r.git"
         for i in range(500)} |
        {f"t{i}": f"git@h{i}.invalid:p/r.git" for i in range(250)} |
        {f"u{i}": f"git@localhost:p{i}/r.git" for i in range(250)}))
    run = ok(home.bbkey("init", "--submodules", "--dry-run", "--json",
                        cwd=folder))
    found = list(states(run).values())
    assert len(found) == 1000
    assert (found.count("not-allowed"), found.count("elsewhere")) == (500, 500)
    nothing_was_done(home)
    starts = re.findall(r'execve\("[^"]*/ssh", \[[^]]*"-G"',
                        run.trace.read_text())
    assert len(starts) <= 2, "one ssh -G a submodule"
    child = home.terminal("git", "bbkey", "init", "--submodules", cwd=folder)
    shown, status = whole(child)
    assert status == 0, shown
    assert "[y/N]" not in shown, "nobody can read a list of 500"
    assert "and 480 more projects" in shown
    nothing_was_done(home)


@pytest.mark.row("M9")
def test_m9_an_update_of_many_makes_no_request_and_asks_nothing(home: Home):
    """Plain git, by the transport: each ends as plain ssh would end it."""
    port = home.sandbox.ready["ssh_url"].rsplit(":", 1)[1]
    folder = ready(home, {f"s{i}": f"ssh://git@localhost:{port}/p{i}/r.git"
                          for i in range(8)})
    update = home.git("submodule", "update", "--init", "--jobs", "4",
                      cwd=folder)
    assert update.status != 0
    assert home.requests() == []
    child = home.terminal("git", "submodule", "update", cwd=folder,
                          env={"GIT_SSH_COMMAND": "git-bbkey-ssh -oBatchMode="
                               "yes", "GIT_SSH_VARIANT": "ssh"})
    shown, _ = whole(child)
    assert "set up SSH access" not in shown
    assert home.requests() == []


def as_plain_git(home: Home, *words: str, cwd: Path | None = None) -> None:
    """The same exit status, and the same words of git, as without us."""
    ours = home.git(*words, cwd=cwd)
    assert home.requests() == [], ours
    for name in ("app", "super/sub", "super/.git/modules"):
        subprocess.run(["rm", "-rf", str(home.work / name)], check=True)
    plain = home.git(*words, cwd=cwd, env={"BBKEY_AUTO": "never"})

    def gits(run: Result) -> list[str]:
        return [line for line in run.err.splitlines()
                if line.startswith(("fatal:", "Cloning", "error:"))]

    assert ours.status == plain.status, (ours, plain)
    assert gits(ours) == gits(plain), (ours, plain)


@pytest.mark.row("M9")
@pytest.mark.parametrize("which", ["lookalike-ssh", "evil", "cr", "ext",
                                   "file", "other-project"])
def test_m9_plain_git_ends_as_without_us(home: Home, which: str):
    urls = hostile(home) | {"other-project": home.ssh_url("other", "secret")}
    folder = ready(home, {"sub": urls[which]})
    home.extra["GIT_ALLOW_PROTOCOL"] = "ssh:https:ext:file" \
        if which == "file" else "ssh:https"
    as_plain_git(home, "submodule", "update", "--init", cwd=folder)
    assert home.keys_registered("OTHER") == []
    assert not list(home.work.rglob("pwned"))


@pytest.mark.row("M9")
def test_m9_two_hops_do_not_bring_trust_along(home: Home):
    """A listed project's submodule points to one that is not listed."""
    nested = publish(home, "lib", "core", {"notes": "../../~dev/notes.git"},
                     {"notes": head_of(home, "~dev", "notes")})
    publish(home, "proj", "app", {"core": "../../lib/core.git"},
            {"core": nested})
    home.enrol("always")
    allow(home, "LIB")
    home.forget_log()
    clone = home.git("clone", "--recurse-submodules", home.https_url(), "app")
    assert clone.status != 0, clone
    assert (home.work / "app" / "core" / "README.md").exists()
    assert len(home.keys_registered()) == len(home.keys_registered("LIB")) == 1
    assert home.keys_registered("~dev") == []
    assert {r.split("/projects/")[1].split("/")[0]
            for r in home.requests("POST")} == {"PROJ", "LIB"}
