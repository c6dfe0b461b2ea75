"""`git bbkey init --all`: clones that still say bitbucket.org for SSH.

Nothing here needs a server: URLs are read and written, not used.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest
from home import Home, Result
from sweeps import FAST_PATH, NthCall, spread

OLD = "git@bitbucket.org:ws/{}.git"
NEW = "git@ssh.bitbucket.org:ws/{}.git"
ROOT = os.geteuid() == 0
as_user = pytest.mark.skipif(ROOT, reason="root may write anywhere")


# --- helpers -----------------------------------------------------------------

@pytest.fixture(autouse=True)
def quick(home: Home) -> None:
    home.tracing = False


def git(home: Home, *words: str, cwd: Path | None = None) -> str:
    run = subprocess.run(["/usr/bin/git", *words], cwd=cwd or home.work,
                         env=home.environment(), capture_output=True,
                         text=True)
    assert run.returncode == 0, run
    return run.stdout


def repository(home: Home, name: str = "app", url: str | None = None,
               *options: str) -> Path:
    """With a remote, and with a commit where it is not bare."""
    folder = home.work / name
    git(home, "init", "-q", *options, str(folder))
    git(home, "remote", "add", "origin",
        url or OLD.format(folder.name), cwd=folder)
    if "--bare" not in options:
        git(home, "commit", "-q", "--allow-empty", "-m", "one", cwd=folder)
    return folder


def config(folder: Path) -> Path:
    return folder / (".git/config" if (folder / ".git").is_dir() else "config")


def origin(home: Home, folder: Path) -> str:
    return git(home, "config", "remote.origin.url", cwd=folder).strip()


def every(home: Home, *words: str, status: int = 0, **how) -> Result:
    run = home.run("git-bbkey", "init", "--all", *words, **how)
    assert run.status == status, run
    return run


def told(home: Home, *words: str, **how) -> dict:
    return json.loads(every(home, "--json", *words, **how).out)


def changes(report: dict) -> set[tuple[str, str, str]]:
    """(repository's name, key, state)"""
    return {(Path(x["repository"]).name, x["key"], x["state"])
            for x in report["rewritten"]}


def said(run: Result) -> str:
    """Its talk, unfolded."""
    return " ".join(run.err.split())


def started(run: Result) -> list[str]:
    """The names of all programs that ran."""
    return [Path(x).name for x in re.findall(
        r'execve\("([^"]*)"', run.trace.read_text(errors="replace"))]


# --- which URLs --------------------------------------------------------------

def test_every_form_of_the_old_address_is_rewritten_and_nothing_else(
        home: Home):
    forms = {
        "git@bitbucket.org:ws/a.git": "git@ssh.bitbucket.org:ws/a.git",
        "alice@bitbucket.org:ws/a": "alice@ssh.bitbucket.org:ws/a",
        "ssh://git@bitbucket.org/ws/a.git":
            "ssh://git@ssh.bitbucket.org/ws/a.git",
        "ssh://git@bitbucket.org:22/ws/a": "ssh://git@ssh.bitbucket.org/ws/a",
        "git@ssh.bitbucket.org:ws/a.git": None,
        "ssh://git@altssh.bitbucket.org:443/ws/a.git": None,
        "https://bitbucket.org/ws/a.git": None,
        "git@bitbucket.org.evil.example:ws/a.git": None,
        "git@github.com:ws/bitbucket.org.git": None,
        "../bitbucket.org/a.git": None,
    }
    app = repository(home)
    for i, url in enumerate(forms):
        git(home, "remote", "add", f"r{i}", url, cwd=app)
    every(home)
    for i, (old, new) in enumerate(forms.items()):
        assert git(home, "config", f"remote.r{i}.url",
                   cwd=app).strip() == (new or old)
    assert changes(told(home)) == set(), "running it again changes nothing"


def test_one_value_of_many_changes_and_the_rest_of_the_file_does_not(
        home: Home):
    text = ("# mine\n[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
            "[remote \"origin\"] ; odd\n   url = https://bitbucket.org/w/a\n"
            "\turl = {}\n\turl = git@bitbucket-org:w/a.git\n#\tpushurl = no\n"
            "\tpushurl = {}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n"
            "[Remote \"Origin\"]\n\turl = x\n[foo]\n\turl = {}\n\n")
    app = repository(home)
    old = "git@bitbucket.org:w/a.git", "ssh://git@bitbucket.org/w/a.git"
    new = ("git@ssh.bitbucket.org:w/a.git",
           "ssh://git@ssh.bitbucket.org/w/a.git")
    config(app).write_text(text.format(*old, old[0]))
    config(app).chmod(0o640)
    every(home)
    assert config(app).read_text() == text.format(*new, old[0])
    assert config(app).stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in (app / ".git").glob("config*")) == ["config"]


def test_a_url_that_is_no_url_of_bitbucket_is_left_alone_and_named_with_v(
        home: Home):
    app = repository(home, url="ssh://git:hunter2@bitbucket.org/ws/app")
    git(home, "remote", "add", "two", "git@bitbucket.org:ws/a b", cwd=app)
    before = config(app).read_bytes()
    run = every(home)
    assert "2 URLs that no repository of Bitbucket has" in said(run)
    assert "remote.two" not in run.err
    loud = every(home, "-v")
    assert "remote.origin.url" in loud.err and "remote.two.url" in loud.err
    assert "hunter2" not in run.err + loud.err + every(home, "--json").out
    assert config(app).read_bytes() == before


def test_an_instance_with_another_ssh_address_is_written(home: Home):
    app = repository(home)
    git(home, "config", "--global", "bbkey.https://bitbucket.org.ssh",
        "ssh://git@relay.example.com:2222")
    every(home)
    assert origin(home, app) == "ssh://git@relay.example.com:2222/ws/app.git"


# --- which repositories ------------------------------------------------------

def test_submodules_and_worktrees_are_found_each_once(home: Home):
    lib, app = repository(home, "lib"), repository(home)
    git(home, "-c", "protocol.file.allow=always", "submodule", "-q", "add",
        str(lib), "deep/lib", cwd=app)
    git(home, "config", "submodule.deep/lib.url", OLD.format("lib"), cwd=app)
    git(home, "config", "remote.origin.url", OLD.format("lib"),
        cwd=app / "deep/lib")
    git(home, "commit", "-q", "-m", "lib", cwd=app)
    git(home, "worktree", "add", "-q", str(home.work / "tree"), cwd=app)
    shutil.rmtree(lib)
    report = told(home, str(home.work), str(app), str(app / "deep"),
                  str(home.work / "tree"))
    assert report["repositories"] == 2
    assert changes(report) == {("app", "remote.origin.url", "done"),
                               ("app", "submodule.deep/lib.url", "done"),
                               ("lib", "remote.origin.url", "done")}
    for folder, name in ((home.work / "tree", "app"),
                         (app / "deep/lib", "lib")):
        assert origin(home, folder) == NEW.format(name)
    assert git(home, "config", "submodule.deep/lib.url",
               cwd=app).strip() == NEW.format("lib")


def test_a_worktree_leads_to_its_repository_elsewhere(home: Home):
    app = repository(home)
    git(home, "worktree", "add", "-q", str(home.work / "below/tree"), cwd=app)
    every(home, str(home.work / "below"))
    assert origin(home, app) == NEW.format("app")


def test_every_kind_of_repository_is_found(home: Home):
    plain = repository(home)
    bare = repository(home, "bare.git", None, "--bare")
    sha256 = repository(home, "sha256", None, "--object-format=sha256")
    apart = repository(home, "apart", None, "--separate-git-dir",
                       str(home.work / "kept"))
    nested = repository(home, "app/build/nested")
    own = repository(home, "own")
    git(home, "config", "extensions.worktreeConfig", "true", cwd=own)
    git(home, "config", "--worktree", "remote.up.url", OLD.format("up"),
        cwd=own)
    report = told(home)
    assert report["repositories"] == 6, report
    for folder in (plain, bare, sha256, apart, nested, own):
        assert origin(home, folder) == NEW.format(folder.name), folder
    assert git(home, "config", "remote.up.url", cwd=own).strip() == \
        NEW.format("up")


def test_a_folder_given_may_be_the_repository_or_a_link_to_it(home: Home):
    for words in (["app"], ["app/.git"], ["link"], ["bare.git"], ["app", "."]):
        shutil.rmtree(home.work / "app", ignore_errors=True)
        shutil.rmtree(home.work / "bare.git", ignore_errors=True)
        app = repository(home)
        bare = repository(home, "bare.git", None, "--bare")
        if not (home.work / "link").exists():
            (home.work / "link").symlink_to("app")
        every(home, *words)
        found = bare if words == ["bare.git"] else app
        assert origin(home, found) == NEW.format(found.name), words


def test_links_below_a_folder_are_not_followed(home: Home):
    outside = repository(home, "outside/app")
    inside = repository(home, "inside/app")
    (home.work / "inside/out").symlink_to(outside)
    (home.work / "inside/loop").symlink_to(".")
    (home.work / "inside/app/up").symlink_to("../..")
    kept = repository(home, "inside/kept")
    (kept / ".git").rename(home.work / "outside/kept.git")
    (kept / ".git").symlink_to(home.work / "outside/kept.git")
    shared = repository(home, "inside/shared")
    config(shared).rename(home.work / "outside/config")
    config(shared).symlink_to(home.work / "outside/config")
    report = told(home, str(home.work / "inside"))
    assert changes(report) == {("app", "remote.origin.url", "done")}
    assert origin(home, inside) == NEW.format("app")
    assert origin(home, outside) == OLD.format("app")
    assert {(Path(x["path"]).parts[-1], x["why"])
            for x in report["left_alone"]} == {("kept", "link"),
                                               (".git", "link")}
    assert "/inside/kept" in said(every(home, "inside"))


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_a_repository_of_another_user_is_left_alone_and_named(home: Home):
    theirs, ours = repository(home, "theirs"), repository(home)
    before = config(theirs).read_bytes()
    for path in [theirs, *theirs.rglob("*")]:
        os.lchown(path, 65534, 65534)
    run = every(home)
    assert "repository of another user: " in said(run) and "theirs" in said(run)
    assert config(theirs).read_bytes() == before
    assert origin(home, ours) == NEW.format("app")


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_a_git_file_of_another_user_leads_nowhere(home: Home):
    app = repository(home, "elsewhere/app")
    trap = home.work / "below/trap"
    trap.mkdir(parents=True)
    (trap / ".git").write_text(f"gitdir: {app}/.git\n")
    os.chown(trap / ".git", 65534, 65534)
    report = told(home, str(home.work / "below"))
    assert [x["why"] for x in report["left_alone"]] == ["foreign"]
    assert origin(home, app) == OLD.format("app")


@as_user
@pytest.mark.user
def test_what_may_not_be_read_or_written_is_told_and_the_rest_is_done(
        home: Home):
    app, locked = repository(home), repository(home, "locked")
    closed = home.work / "closed"
    closed.mkdir()
    closed.chmod(0)
    (locked / ".git").chmod(0o555)
    try:
        run = every(home, status=9)
        assert origin(home, locked) == OLD.format("locked")
        assert origin(home, app) == NEW.format("app")
        assert run.error_class == "local" and "locked" in run.error
        assert "1 folder that cannot be read" in said(run)
    finally:
        closed.chmod(0o700)
        (locked / ".git").chmod(0o755)


def test_a_folder_that_is_not_there_stops_it_before_anything_is_done(
        home: Home):
    app = repository(home)
    (home.work / "file").write_text("")
    for name in ("nowhere", "file"):
        run = every(home, "app", name, status=9)
        assert run.error_class == "local" and name in run.error
    assert origin(home, app) == OLD.format("app")


def test_nothing_found_says_how_much_was_looked_at(home: Home):
    (home.work / "empty").mkdir()
    repository(home, "app", "git@github.com:ws/app.git")
    assert "1 repository found; it has no old" in every(home).err
    assert "0 repositories found" in every(home, "empty").err


def test_two_thousand_folders_cost_no_process_and_little_time(home: Home):
    for i in range(2000):
        (home.work / f"src/{i % 40}/{i}").mkdir(parents=True)
    home.run("chmod", "-R", "u+rwX", "src")
    other = repository(home, "src/other", "git@github.com:ws/app.git")
    for i in range(50):
        shutil.copytree(other, home.work / f"src/{i % 40}/clone{i}")
    every(home, "src/3")  # the first run also switches Cloud on
    repository(home, "src/7/app")
    home.tracing = True
    run = every(home, "src")
    assert "1 URL rewritten in 1 of 52 repositories." in run.err
    assert run.trace.read_text(errors="replace").count("execve(") <= 9
    assert run.seconds < 5


@pytest.mark.skipif(not ROOT, reason="only root can mount")
def test_another_file_system_is_not_entered_but_named(home: Home):
    app = repository(home)
    script = ("mount -t tmpfs none mounted && cp -R app mounted/ && "
              "git-bbkey init --all && git -C mounted/app config "
              "remote.origin.url")
    (home.work / "mounted").mkdir()
    if home.run("unshare", "-m", "mount", "-t", "tmpfs", "none",
                "mounted").status:
        pytest.skip("mounting is not allowed here")
    run = home.run("unshare", "-m", "sh", "-c", script)
    assert run.status == 0 and run.out == OLD.format("app") + "\n", run
    assert "folder on another file system: " in said(run)
    assert origin(home, app) == NEW.format("app")


def test_a_folder_that_is_too_deep_is_told(home: Home):
    near = repository(home, "/".join(["n"] * 47))
    far = repository(home, "/".join(["f"] * 50))
    report = told(home)
    assert [x["why"] for x in report["left_alone"]] == ["deep"]
    assert "1 folder that is too deep" in said(every(home))
    assert origin(home, near) != OLD.format("n")
    assert origin(home, far) == OLD.format("f")


# --- what a repository may not bring about -----------------------------------

@pytest.mark.row("M7")
def test_m7_a_repositorys_own_configuration_has_no_say(home: Home):
    app = repository(home)
    ran = home.work / "ran"
    evil = home.work / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {ran}\n")
    evil.chmod(0o755)
    outside = home.work / "outside"
    outside.write_text(f"[remote \"inc\"]\n\turl = {OLD.format('inc')}\n")
    for key, value in {"core.fsmonitor": str(evil),
                       "core.sshCommand": str(evil),
                       "core.pager": str(evil), "core.editor": str(evil),
                       "alias.config": f"!{evil}",
                       "include.path": str(outside),
                       "bbkey.https://bitbucket.org.ssh":
                           "ssh://git@evil.example",
                       "url.git@evil.example:.insteadOf":
                           "git@ssh.bitbucket.org:"}.items():
        git(home, "config", key, value, cwd=app)
    home.tracing = True
    report = told(home, "app")
    assert changes(report) == {("app", "remote.origin.url", "done")}
    assert not ran.exists()
    assert OLD.format("inc") in outside.read_text()
    assert git(home, "config", "--local", "--no-includes",
               "remote.origin.url", cwd=app).strip() == NEW.format("app")
    assert set(started(home.runs[-1])) <= {"git-bbkey", "git"}


def test_names_with_control_characters_are_shown_without_them(home: Home):
    app = repository(home, "a\x1b]0;x\x07\nb", OLD.format("app"))
    git(home, "config", "remote.x\x1b[31m.url", OLD.format("x"), cwd=app)
    for words in (["-n"], ["-v"], []):
        run = every(home, *words)
        assert "\x1b" not in run.err and "\x07" not in run.err, run
    assert git(home, "config", "remote.x\x1b[31m.url",
               cwd=app).strip() == NEW.format("x")


def test_a_configuration_that_git_cannot_read_is_named(home: Home):
    app, broken = repository(home), repository(home, "broken")
    with config(broken).open("a") as file:
        file.write("[remote \"x\"\n\turl = git@bitbucket.org:ws/x\n")
    run = every(home)
    assert "configuration that git cannot read: " in said(run)
    assert "broken/.git/config" in said(run)
    assert origin(home, app) == NEW.format("app")


# --- changing it -------------------------------------------------------------

def test_a_dry_run_shows_it_and_changes_nothing(home: Home):
    app = repository(home, str(home.folder / "app"))
    before = config(app).read_bytes()
    run = every(home, "--dry-run", str(app))
    assert f"{OLD.format('app')} would become {NEW.format('app')}" in \
        said(run)
    assert "Nothing was changed (--dry-run)." in run.err and run.out == ""
    assert max(map(len, run.err.splitlines())) <= 80
    report = told(home, "-n", str(app))
    assert report["changed"] is True
    assert report["rewritten"] == [{
        "repository": str(app), "key": "remote.origin.url",
        "from": OLD.format("app"), "to": NEW.format("app"),
        "state": "planned", "problem": None}]
    assert config(app).read_bytes() == before


def test_the_command_that_undoes_it_does(home: Home):
    app = repository(home, "my app", OLD.format("app"))
    before = config(app).read_bytes()
    run = every(home)
    (line,) = [x for x in run.err.splitlines()
               if x.startswith("    git config ")]
    git(home, *shlex.split(line)[1:], cwd=home.folder)
    assert config(app).read_bytes() == before


@pytest.mark.parametrize("answer, becomes", [("", NEW), ("y", NEW),
                                             ("n", OLD)])
def test_on_a_terminal_it_asks_once(home: Home, answer: str, becomes: str):
    one, two = repository(home, "one"), repository(home, "two")
    terminal = home.terminal("git-bbkey", "init", "--all")
    terminal.expect("would become")
    terminal.expect(r"Rewrite 2 URLs in 2 repositories\? \[Y/n\] ")
    terminal.sendline(answer)
    terminal.expect("2 URLs rewritten in 2 of 2" if becomes == NEW else
                    "Nothing was changed.")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert [origin(home, x) for x in (one, two)] == \
        [becomes.format(x) for x in ("one", "two")]


def test_yes_asks_nothing_on_a_terminal(home: Home):
    app = repository(home)
    terminal = home.terminal("git-bbkey", "init", "--all", "--yes")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert "?" not in terminal.before and terminal.exitstatus == 0
    assert origin(home, app) == NEW.format("app")


def test_a_url_that_changes_while_the_question_waits_stays(home: Home):
    app, other = repository(home), repository(home, "other")
    terminal = home.terminal("git-bbkey", "init", "--all")
    terminal.expect("Rewrite 2 URLs")
    git(home, "remote", "set-url", "origin", "git@github.com:a/b", cwd=app)
    before = config(app).read_bytes()
    terminal.sendline("y")
    terminal.expect("changed in the meantime")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 9
    assert config(app).read_bytes() == before
    assert origin(home, other) == NEW.format("other")


def test_the_lock_of_another_git_is_respected(home: Home):
    app, other = repository(home), repository(home, "other")
    lock = app / ".git/config.lock"
    lock.write_text("")
    before = config(app).read_bytes()
    run = every(home, status=10)
    assert run.error_class == "busy" and str(lock) in run.hint
    assert config(app).read_bytes() == before and lock.exists()
    assert not list(lock.parent.glob("config.bbkey*"))
    assert origin(home, other) == NEW.format("other")
    report = json.loads(every(home, "--json", status=10).out)
    assert changes(report) == {("app", "remote.origin.url", "failed")}
    assert report["changed"] is False


@pytest.mark.row("L9")
def test_l9_killed_anywhere_each_configuration_is_the_old_or_the_new_one(
        home: Home, nthcall: NthCall):
    home.extra = dict(FAST_PATH)
    home.may_leave = True
    every(home, str(home.make_ssh_folder()))  # Cloud is switched on by then
    folders = [repository(home, name) for name in ("one", "two")]
    for folder in folders:
        git(home, "remote", "add", "up", OLD.format("up"), cwd=folder)
    old = [config(x).read_bytes() for x in folders]
    argv = ("git-bbkey", "init", "--all", str(home.work))
    found = nthcall.points(home, *argv)
    new = [config(x).read_bytes() for x in folders]
    assert new != old
    killed = 0
    for n, program, call in spread(found, 24, lambda x: x[1:]):
        for folder, text in zip(folders, old):
            config(folder).write_bytes(text)
        killed += home.run(*nthcall.argv(n, "kill", *argv)).status != 0
        for i, folder in enumerate(folders):
            assert config(folder).read_bytes() in (old[i], new[i]), \
                (n, program, call)
            assert origin(home, folder)
            # between taking git's lock and giving it back
            config(folder).with_name("config.lock").unlink(missing_ok=True)
        every(home, str(home.work))
        assert [config(x).read_bytes() for x in folders] == new
    assert killed > 12, "the sweep hit nothing"


# --- the command line --------------------------------------------------------

@pytest.mark.parametrize("more", [["--scope", "repo"], ["--write"],
                                  ["--remote", "x"], ["--submodules"]])
def test_options_for_one_repository_do_not_go_with_all(home: Home, more: list):
    app = repository(home)
    run = every(home, ".", *more, status=129)
    assert run.error_class == "usage" and "--all" in run.hint
    assert origin(home, app) == OLD.format("app")


def test_help_tells_of_all(home: Home):
    assert "init --all [<folder>...]" in every(home, "-h", status=129).out
