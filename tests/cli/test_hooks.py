"""`git bbkey hooks`: enabled, in force beside others' hooks, and undone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from home import BIN, TREE, Home, Result

NAMES = ("post-checkout", "pre-push")


# --- helpers -----------------------------------------------------------------

def hooks(home: Home, word: str, *more: str, **how) -> Result:
    run = home.run("git-bbkey", "hooks", word, *more, **how)
    assert run.status == 0, run
    return run


def status(home: Home, cwd: Path | None = None) -> dict:
    return json.loads(hooks(home, "status", "--json", cwd=cwd).out)


def files(home: Home) -> dict:
    """The home without our lock, and without folders that are empty."""
    return {name: entry for name, entry in home.snapshot().items()
            if entry[1] is not None and not name.startswith(".local/")}


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def source(home: Home, name: str = "source") -> Path:
    """A repository with one commit, to clone from."""
    folder = home.work / name
    for words in (["init", "-q", name], ["-C", name, "commit", "-q",
                                         "--allow-empty", "-m", "one"]):
        assert subprocess.run(["/usr/bin/git", *words], cwd=home.work,
                              env=home.environment()).returncode == 0
    return folder


def clone(home: Home, name: str = "app", *options: str) -> Path:
    if not (home.work / "source").exists():
        source(home)
    run = home.git("clone", "-q", *options, "source", name)
    assert run.status == 0, run
    return home.work / name


def is_ours(path: Path) -> bool:
    return "# git-bbkey: " in path.read_text()


@pytest.fixture(autouse=True)
def quick(home: Home) -> None:
    home.tracing = False


# --- undo, byte for byte -----------------------------------------------------

USER = "[user]\n\tname = T\n\temail = t@localhost\n"
FORMS = {
    "plain": USER,
    "no-line-end": USER.rstrip("\n"),
    "crlf": USER.replace("\n", "\r\n"),
    "comments": "# mine\n" + USER + "; end\n\n\n",
    "own-section": USER + "[init]\n\tdefaultBranch = main\n# after\n",
    "own-template": USER + "[init]  ; x\n   templateDir=~/template   # odd\n"
                           "[core]\n\n\tpager=cat\n",
    "own-template-crlf": (USER + "[init]\n  templateDir =  ~/template\n"
                          ).replace("\n", "\r\n"),
    "own-template-twice": USER + "[init]\n templateDir=/nowhere\n"
                                 "[init]\n templateDir =~/template",
    "no-template": USER + "[init]\n\ttemplateDir =\n",
    "own-path": "[CORE]\n HooksPath = \"~/hooks\" ; mine\n" + USER,
    "own-path-last": USER + "[core]\n\thooksPath = ~/hooks",
    "empty": "",
}


@pytest.mark.user
@pytest.mark.parametrize("form", [*FORMS, "plain linked",
                                  "own-template linked"])
def test_disable_restores_every_byte(home: Home, form: str):
    config = home.folder / ".gitconfig"
    form, _, linked = form.partition(" ")
    config.unlink()
    if linked:
        (home.folder / "dotfiles").mkdir()
        config.symlink_to("dotfiles/gitconfig")
    config.write_bytes(FORMS[form].encode())
    config.chmod(0o640)
    script(home.folder / "hooks" / "post-checkout", "exit 0")
    script(home.folder / "template" / "hooks" / "pre-commit", "exit 0")
    before = files(home)
    hooks(home, "enable")
    enabled = files(home)
    assert enabled != before
    assert status(home)["hidden_by"] is None
    hooks(home, "enable")
    assert files(home) == enabled, "a second enable changed something"
    hooks(home, "disable")
    assert files(home) == before
    hooks(home, "disable")
    assert files(home) == before


def test_where_there_was_no_configuration_there_is_none_again(home: Home):
    (home.folder / ".gitconfig").unlink()
    hooks(home, "disable")
    assert files(home) == {}
    hooks(home, "enable")
    assert (home.folder / ".gitconfig").exists()
    hooks(home, "disable")
    assert files(home) == {}


def test_the_xdg_configuration_is_the_one_that_is_changed(home: Home):
    config = home.folder / ".config" / "git" / "config"
    config.parent.mkdir(parents=True)
    (home.folder / ".gitconfig").rename(config)
    before = files(home)
    hooks(home, "enable")
    assert not (home.folder / ".gitconfig").exists()
    assert status(home)["hidden_by"] is None
    hooks(home, "disable")
    assert files(home) == before


def test_dry_run_changes_nothing(home: Home):
    before = home.snapshot()
    run = hooks(home, "enable", "-n")
    assert "template" in run.out
    assert home.snapshot() == before
    hooks(home, "enable")
    enabled = home.snapshot()
    hooks(home, "disable", "--dry-run")
    assert home.snapshot() == enabled


@pytest.mark.parametrize("first", ["hooks", "init"])
def test_hooks_and_init_do_not_get_in_each_others_way(home: Home, first: str):
    config = home.folder / ".gitconfig"
    odd = config.read_text() + "[init]\n   templateDir=~/mine ; odd\n"
    config.write_text(odd)
    if first == "init":
        home.enrol("never")
        odd = config.read_text()
        hooks(home, "enable")
        hooks(home, "disable")
        assert config.read_text() == odd
        return
    hooks(home, "enable")
    home.enrol("never")
    hooks(home, "disable")
    text = config.read_text()
    assert text.startswith(odd)
    assert text[len(odd):] == f"[include]\n\tpath = {home.config}/config\n"


def test_what_the_person_changed_meanwhile_stays_and_is_said(home: Home):
    hooks(home, "enable")
    home.git("config", "--global", "init.templateDir", "/their/own")
    changed = (home.folder / ".gitconfig").read_bytes()
    assert status(home)["hidden_by"] == "init.templateDir"
    run = hooks(home, "disable")
    assert "init.templateDir" in run.out and "/their/own" in run.out
    assert (home.folder / ".gitconfig").read_bytes() == changed
    assert not (home.config / "template").exists()


def test_settings_written_beside_ours_stay_where_they_are(home: Home):
    (home.folder / ".gitconfig").write_text(USER.rstrip())
    hooks(home, "enable")
    for key in ("init.defaultBranch", "core.editor", "user.nick"):
        home.git("config", "--global", key, "x")
    hooks(home, "disable")
    left = home.git("config", "--global", "--list").out.splitlines()
    assert sorted(left) == ["core.editor=x", "init.defaultbranch=x",
                            "user.email=t@localhost", "user.name=T",
                            "user.nick=x"]


def test_a_later_template_of_the_person_is_taken_up(home: Home):
    hooks(home, "enable")
    script(home.folder / "mine" / "hooks" / "commit-msg", "exit 0")
    home.git("config", "--global", "init.templateDir", "~/mine")
    hooks(home, "enable")
    app = clone(home)
    assert (app / ".git/hooks/commit-msg").exists()
    assert is_ours(app / ".git/hooks/pre-push")
    hooks(home, "disable")
    assert home.git("config", "--global", "init.templateDir").out == "~/mine\n"


# --- refused -----------------------------------------------------------------

@pytest.mark.parametrize("key", ["core.hooksPath", "init.templateDir"])
def test_a_folder_in_each_repository_is_not_taken_over(home: Home, key: str):
    home.git("config", "--global", key, ".githooks")
    before = files(home)
    run = home.bbkey("hooks", "enable")
    assert run.status == 9 and key in run.error, run
    assert run.hint
    assert files(home) == before


def test_a_setting_that_comes_after_ours_is_left_in_force(home: Home):
    last = home.folder / "last"
    last.write_text("[init]\n\ttemplateDir = /nowhere\n")
    with (home.folder / ".gitconfig").open("a") as config:
        config.write(f"[include]\n\tpath = {last}\n")
    before = files(home)
    run = home.bbkey("hooks", "enable")
    assert run.status == 9 and "init.templateDir" in run.error, run
    assert files(home) == before


def test_a_configuration_that_is_locked_is_left_alone(home: Home):
    before = files(home)
    lock = home.folder / ".gitconfig.lock"
    lock.touch()
    run = home.bbkey("hooks", "enable")
    assert run.status == 9 and run.error, run
    lock.unlink()
    assert files(home) == before
    hooks(home, "enable")
    lock.touch()
    enabled = files(home)
    run = home.bbkey("hooks", "disable")
    assert run.status == 9 and ".gitconfig.lock" in run.error, run
    assert files(home) == enabled
    lock.unlink()
    hooks(home, "disable")
    assert files(home) == before


def test_a_word_that_is_none_is_usage(home: Home):
    assert home.bbkey("hooks", "enabel").status == 129


# --- git 2.54: config hooks --------------------------------------------------

def newer_git(home: Home, version: str = "2.54.0") -> None:
    """Only says that it is newer; there is none to run here."""
    script(home.work / "stub" / "git",
           f'[ "$*" != version ] || {{ echo "git version {version}"; exit; }}\n'
           'exec /usr/bin/git "$@"')
    home.extra = {"PATH": f"{home.work}/stub:{home.environment()['PATH']}"}


def own(home: Home, key: str) -> str:
    return home.git("config", "--file", str(home.config / "config"),
                    key).out.strip()


@pytest.mark.parametrize("first", ["hooks", "init"])
def test_a_newer_git_gets_config_hooks(home: Home, first: str):
    (home.folder / ".gitconfig").write_text(
        (home.folder / ".gitconfig").read_text().rstrip())
    newer_git(home)
    if first == "init":
        home.enrol("never")
    before = files(home)
    hooks(home, "enable")
    for name in NAMES:
        assert own(home, f"hook.bbkey-{name}.event") == name
        command = own(home, f"hook.bbkey-{name}.command")
        assert is_ours(Path(command)) and os.access(command, os.X_OK)
    enabled = files(home)
    assert status(home)["way"] == "config"
    hooks(home, "enable")
    assert files(home) == enabled
    hooks(home, "disable")
    assert files(home) == before


def test_an_instance_that_was_enrolled_meanwhile_stays_enrolled(home: Home):
    newer_git(home)
    hooks(home, "enable")
    home.enrol("never")
    hooks(home, "disable")
    assert own(home, f"bbkey.{home.base}.auto") == "never"
    assert home.git("config", f"bbkey.{home.base}.auto").out == "never\n"
    assert not own(home, "hook.bbkey-pre-push.event")


def test_an_update_of_git_changes_the_way(home: Home):
    before = files(home)
    hooks(home, "enable")
    newer_git(home)
    hooks(home, "enable")
    assert status(home)["way"] == "config"
    assert not home.git("config", "--global", "init.templateDir").out
    hooks(home, "disable")
    assert files(home) == before


# --- beside other hooks ------------------------------------------------------

def test_a_clone_gets_the_hooks_and_a_bare_one_too(home: Home):
    hooks(home, "enable")
    app = clone(home)
    for name in NAMES:
        assert is_ours(app / ".git/hooks" / name)
    assert status(home, app)["repository"]["in_force"] is True
    bare = clone(home, "bare.git", "--bare")
    assert status(home, bare)["repository"]["in_force"] is True


def test_git_init_in_a_clone_that_is_there_gives_it_the_hooks(home: Home):
    app = clone(home)
    script(app / ".git/hooks/pre-push", "exit 0")
    hooks(home, "enable")
    told = status(home, app)["repository"]
    assert told["in_force"] is False and told["post-checkout"] == "none"
    home.git("init", "-q", cwd=app)
    assert is_ours(app / ".git/hooks/post-checkout")
    told = status(home, app)["repository"]
    assert (told["pre-push"], told["hidden_by"]) == ("other", "another hook")


@pytest.mark.parametrize("code", [0, 3])
def test_a_hook_in_the_persons_template_runs_after_ours(home: Home, code: int):
    theirs = home.folder / "template" / "hooks"
    script(theirs / "post-checkout",
           f'. "$(dirname "$0")/lib"\nsay "$(basename "$0") $*"\nexit {code}')
    (theirs / "lib").write_text(f'say() {{ echo "$1" >>{home.work}/said; }}\n')
    home.git("config", "--global", "init.templateDir", "~/template")
    hooks(home, "enable")
    source(home)
    run = home.git("clone", "-q", "source", "app")
    assert run.status == code, run
    (said,) = (home.work / "said").read_text().splitlines()
    assert said.startswith("post-checkout 0000") and said.endswith(" 1")


def test_a_global_hooks_folder_goes_on_working_whole(home: Home):
    source(home)
    theirs = home.folder / "their hooks"
    for name in ("post-checkout", "pre-commit"):
        script(theirs / name, f'. "$(dirname "$0")/lib"\nsay {name}')
    (theirs / "lib").write_text(f'say() {{ echo "$1" >>{home.work}/said; }}\n')
    home.git("config", "--global", "core.hooksPath", "~/their hooks")
    before = files(home)
    hooks(home, "enable")
    app = clone(home)
    script(theirs / "commit-msg", f"echo later >>{home.work}/said")
    run = home.git("commit", "-q", "--allow-empty", "-m", "x", cwd=app)
    assert run.status == 0 and "hint" not in run.err, run
    assert (home.work / "said").read_text().split() == [
        "post-checkout", "pre-commit", "later"]
    told = status(home, app)
    assert told["way"] == "path" and told["repository"]["in_force"] is True
    (theirs / "commit-msg").unlink()
    hooks(home, "disable")
    assert files(home) == before


def husky(app: Path, version: int) -> None:
    """What husky leaves in a repository."""
    log = app.parent / "husky"
    if version == 4:
        for name in NAMES:
            (app / ".git/hooks" / name).unlink(missing_ok=True)
            script(app / ".git/hooks" / name, f"echo {name} >>{log}")
        return
    for name in NAMES:
        script(app / ".husky/_" / name, f". ./.husky/{name}")
        (app / ".husky" / name).write_text(f"echo {name} >>{log}\n")
    subprocess.run(["/usr/bin/git", "config", "core.hooksPath", ".husky/_"],
                   cwd=app, check=True)


@pytest.mark.parametrize("way", ["template", "path"])
@pytest.mark.parametrize("version", [4, 9])
def test_husky_comes_first_and_works(home: Home, version: int, way: str):
    if way == "path":
        home.git("config", "--global", "core.hooksPath",
                 str(home.folder / "theirs"))
    hooks(home, "enable")
    app = clone(home)
    (app / "sub").mkdir()
    husky(app, version)
    home.git("checkout", "-q", "-b", "x", cwd=app)
    push = home.git("push", "-q", "origin", "x", cwd=app)
    assert push.status == 0 and push.err == "", push
    told = status(home, app / "sub")["repository"]
    if (way, version) == ("path", 4):  # as before: the global folder hides it
        assert told["in_force"] is True
        return
    assert (home.work / "husky").read_text().split() == list(NAMES)
    assert told["in_force"] is False
    assert told["pre-push"] == "other", "looked in another folder than git"
    assert told["hidden_by"] == ("core.hooksPath" if version == 9 else
                                 "another hook")
    shown = hooks(home, "status", cwd=app).out
    assert ".husky/_" in shown if version == 9 else "Another hook" in shown


def test_status_says_what_hides_them_on_this_machine(home: Home):
    assert status(home)["enabled"] is False
    hooks(home, "enable")
    told = json.loads(hooks(home, "status", "--json",
                            env={"GIT_TEMPLATE_DIR": "/nowhere"}).out)
    assert told["hidden_by"] == "GIT_TEMPLATE_DIR"
    home.git("config", "--global", "core.hooksPath", "/nowhere")
    told = status(home)
    assert told["hidden_by"] == "core.hooksPath"
    assert list(told)[0] == "version" and told["way"] == "template"
    assert told["repository"] is None


# --- gone, hostile, odd ------------------------------------------------------

def installed(home: Home) -> Path:
    """An installation of its own, which a test may take away."""
    prefix = home.work / "prefix"
    (prefix / "bin").mkdir(parents=True)
    for name in ("git-bbkey", "git-bbkey-ssh"):
        shutil.copy(BIN / name, prefix / "bin")
    shutil.copytree(TREE / "hooks", prefix / "share/git-bbkey/hooks")
    home.extra = {"PATH": f"{prefix}/bin:/usr/bin:/bin"}
    return prefix


TRAP = "touch {}/trapped"


def hostile(home: Home) -> Path:
    """A repository whose files have the names that ours have."""
    folder = source(home)
    trap = TRAP.format(home.work)
    for name in ("git-bbkey", "bin/git-bbkey", "git", "hooks/post-checkout",
                 "hooks/pre-push", "bbkey-chained/post-checkout",
                 "bbkey-chained/pre-push"):
        script(folder / name, trap)
    (folder / ".gitconfig").write_text(
        f"[core]\n\tfsmonitor = {trap}\n\tsshCommand = {trap}\n")
    for words in (["add", "-A"], ["commit", "-q", "-m", "two"]):
        assert home.run("/usr/bin/git", *words, cwd=folder).status == 0
    return folder


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("path", [".:{}", ":{}", "{}:", "bin:{}"])
def test_nothing_in_a_work_tree_is_run(home: Home, path: str, gone: bool):
    prefix = installed(home)
    hooks(home, "enable")
    hostile(home)
    if gone:
        shutil.rmtree(prefix / "bin")
    # the directory of the real git is first for git's own sake
    home.extra = {"PATH": path.format(home.extra["PATH"])}
    for name, cwd in (("one", home.work), ("two", home.work / "source")):
        run = home.run("/usr/bin/git", "clone", "-q", str(home.work / "source"),
                       str(home.work / name), cwd=cwd)
        assert run.status == 0, run
    app = home.work / "one"
    run = home.run("/usr/bin/git", "push", "-q", "origin", "HEAD:x", cwd=app)
    assert run.status == 0, run
    script_run = home.run(str(app / ".git/hooks/pre-push"), "origin",
                          home.ssh_url(), cwd=app, stdin="")
    assert script_run.status == 0, script_run
    assert not (home.work / "trapped").exists()


def test_without_git_bbkey_the_chained_hook_is_all(home: Home):
    prefix = installed(home)
    script(home.folder / "t/hooks/post-checkout",
           f"echo ran >>{home.work}/said; exit 5")
    home.git("config", "--global", "init.templateDir", "~/t")
    hooks(home, "enable")
    shutil.rmtree(prefix)
    source(home)
    run = home.git("clone", "-q", "source", "app")
    assert run.status == 5 and run.err == "", run
    run = home.git("push", "-q", "origin", "HEAD:x", cwd=home.work / "app")
    assert run.status == 0 and run.err == "", run
    assert (home.work / "said").read_text() == "ran\n"


@pytest.mark.user
def test_uninstalling_undoes_the_hooks(home: Home):
    prefix = installed(home)
    config = home.folder / ".gitconfig"
    config.write_text(config.read_text() + "[init]\n templateDir=~/t ;odd")
    before = files(home)
    hooks(home, "enable")
    run = home.run(str(TREE / "install.sh"), "--uninstall", "--prefix",
                   str(prefix))
    assert run.status == 0, run
    assert files(home) == before
    assert not (prefix / "bin/git-bbkey").exists()


@pytest.mark.parametrize("name", ["it's  $HOME `id`", "a\"b\\c", "100%h"])
def test_a_home_with_an_odd_name_works(home: Home, name: str):
    odd = home.work / name
    odd.mkdir()
    shutil.copy(home.folder / ".gitconfig", odd)
    home.extra = {"HOME": str(odd)}
    before = (odd / ".gitconfig").read_bytes()
    script(odd / "h/post-checkout", f"echo ran >>{home.work}/said")
    home.git("config", "--global", "core.hooksPath", "~/h")
    hooks(home, "enable")
    app = clone(home)
    assert (home.work / "said").read_text() == "ran\n"
    assert status(home, app)["repository"]["in_force"] is True
    newer_git(home)
    home.extra["HOME"] = str(odd)
    hooks(home, "enable")
    command = own_command(odd, home)
    ran = home.run("sh", "-c", command + ' "$@"', "sh", "0", "1", "2")
    assert ran.status == 0, ran
    hooks(home, "disable")
    home.git("config", "--global", "--unset", "core.hooksPath")
    assert (odd / ".gitconfig").read_bytes() == before


def own_command(odd: Path, home: Home) -> str:
    return home.git("config", "--file", str(odd / ".config/git-bbkey/config"),
                    "hook.bbkey-pre-push.command").out.strip()


# --- killed in the middle ----------------------------------------------------

def killing_git(home: Home, number: int, after: bool) -> None:
    """A git that kills whoever called it the n-th time, before or after."""
    count = home.work / "count"
    count.write_text("")
    script(home.work / "stub" / "git",
           f"echo >>{count}; n=$(wc -l <{count})\n"
           + ('/usr/bin/git "$@"\n' if after else "")
           + f'[ "$n" -ne {number} ] || {{ kill -9 $PPID; exit 1; }}\n'
           + ("" if after else 'exec /usr/bin/git "$@"'))


def test_an_enable_or_disable_that_was_killed_is_undone_all_the_same(
        home: Home):
    config = home.folder / ".gitconfig"
    config.write_text(USER + "[init]\n\ttemplateDir = /nowhere\n")
    before = files(home)
    path = {"PATH": f"{home.work}/stub:{home.environment()['PATH']}"}
    for word in ("enable", "disable"):
        for number in range(1, 12):
            if word == "disable":
                hooks(home, "enable")
            killing_git(home, number, after=bool(number % 2))
            run = home.run("git-bbkey", "hooks", word, env=path)
            Path(f"{config}.lock").unlink(missing_ok=True)
            hooks(home, "disable")
            assert files(home) == before, (word, number)
            if run.status == 0:
                break
        assert number > 2, "killed nothing"
