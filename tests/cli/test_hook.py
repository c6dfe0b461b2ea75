"""What the hooks do: the offer after a clone, the check before a push."""

from __future__ import annotations

import os
import re
import subprocess
import urllib.parse
from pathlib import Path

import pexpect
import pytest
from home import BIN, Home, Result

HINT = ("hint: this clone came over https; to switch it to ssh: "
        "git bbkey init")
QUESTION = r"Switch it to ssh\? \[y/N\] "


# --- helpers -----------------------------------------------------------------

@pytest.fixture
def person(home: Home) -> Home:
    """Enrolled, https stays https, a password for it, hooks enabled."""
    home.tracing = False
    home.enrol("never")
    host = urllib.parse.urlsplit(home.base)
    stored = home.work / "credentials"
    stored.write_text(f"https://dev:{home.sandbox.tokens['project_admin']}@"
                      f"{host.netloc}\n")
    config(home, "credential.helper", f"store --file={stored}")
    config(home, "protocol.file.allow", "always")
    enable(home)
    home.forget_log()
    return home


def config(home: Home, key: str, value: str) -> None:
    assert home.git("config", "--global", key, value).status == 0


def enable(home: Home) -> None:
    run = home.run("git-bbkey", "hooks", "enable")
    assert run.status == 0, run


def ok(run: Result) -> Result:
    assert run.status == 0, run
    return run


def url_of(folder: Path) -> str:
    return subprocess.run(
        ["/usr/bin/git", "config", "--file", folder / ".git/config",
         "remote.origin.url"], capture_output=True, text=True).stdout.strip()


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


# --- after a clone -----------------------------------------------------------

def test_without_a_terminal_a_clone_over_https_gets_one_hint(person: Home):
    run = ok(person.git("clone", "-q", person.https_url(), "app"))
    assert run.err.splitlines() == [HINT]
    assert url_of(person.work / "app") == person.https_url()
    # the credential helper asks whose token it hands out, the hook nothing
    assert not [r for r in person.requests() if "/rest/" in r
                and not r.endswith("/application-properties")]


def test_nothing_is_said_to_whoever_does_not_want_to_hear(person: Home):
    for env in ({"BBKEY_AUTO": "never"}, {"GIT_ADVICE": "0"},
                {"GIT_PROTOCOL_FROM_USER": "0"}):
        name = "".join(env)
        run = ok(person.git("clone", "-q", person.https_url(), name, env=env))
        assert run.err == "", run
    config(person, "bbkey.advice", "false")
    run = ok(person.git("clone", "-q", person.https_url(), "app"))
    assert run.err == "", run


def test_nothing_is_said_where_there_is_nothing_to_offer(person: Home):
    run = ok(person.git("clone", "-q", person.https_url(), "app"))
    elsewhere = f"file://{person.work}/app"
    assert ok(person.git("clone", "-q", elsewhere, "far")).err == ""
    person.enrol("always")
    for number, url in enumerate((person.https_url(), person.ssh_url())):
        run = ok(person.git("clone", "-q", url, str(number)))
        assert "hint: " not in run.err, run


def test_a_copy_in_a_clone_does_nothing_once_they_are_disabled(person: Home):
    app = person.work / "app"
    ok(person.git("init", "-q", "app"))
    ok(person.run("git-bbkey", "hooks", "disable"))
    assert (app / ".git/hooks/post-checkout").exists()
    ok(person.git("remote", "add", "origin", person.https_url(), cwd=app))
    ok(person.git("fetch", "-q", "origin", cwd=app))
    assert ok(person.git("checkout", "-q", "main", cwd=app)).err == ""


def test_the_first_checkout_of_a_fetched_repository_gets_the_hint(
        person: Home):
    app = person.work / "app"
    ok(person.git("init", "-q", "app"))
    ok(person.git("remote", "add", "origin", person.https_url(), cwd=app))
    ok(person.git("fetch", "-q", "origin", cwd=app))
    assert HINT in ok(person.git("checkout", "-q", "main", cwd=app)).err
    assert ok(person.git("checkout", "-q", "-b", "x", cwd=app)).err == ""


def test_only_a_new_clone_starts_the_program(person: Home):
    ok(person.git("clone", "-q", person.https_url(), "app"))
    person.tracing = True
    run = ok(person.git("checkout", "-q", "-b", "x", cwd=person.work / "app"))
    trace = run.trace.read_text()
    started = re.findall(r'execve\("([^"]*)"', trace)
    assert any(name.endswith("hooks/post-checkout") for name in started)
    assert not any(name.endswith("/git-bbkey") for name in started)


def test_neither_worktrees_nor_bare_clones_get_a_hint(person: Home):
    ok(person.git("clone", "-q", person.https_url(), "app"))
    tree = ok(person.git("worktree", "add", "-q", "../tree",
                         cwd=person.work / "app"))
    assert tree.err == ""
    assert ok(person.git("clone", "-q", "--bare", person.https_url())).err == ""
    assert ok(person.git("clone", "-q", "-n", person.https_url(), "n")).err == ""


def test_a_submodule_is_not_spoken_of(person: Home):
    ok(person.git("clone", "-q", person.https_url(), "app"))
    app = person.work / "app"
    added = ok(person.git("submodule", "add", "-q",
                          person.https_url("lib", "core"), "core", cwd=app))
    assert HINT not in added.err, added
    ok(person.git("commit", "-q", "-m", "core", cwd=app))
    run = ok(person.git("clone", "-q", "--recurse-submodules", str(app),
                        "two"))
    assert (person.work / "two/core/README.md").exists()
    assert run.err == "", run
    deep = ok(person.git("checkout", "-q", "--orphan", "x",
                         cwd=app / "core"))
    assert deep.err == ""


def on_terminal(person: Home, *words: str, **env: str) -> pexpect.spawn:
    return person.terminal("git", "clone", "-q", *words, env=env)


def ends(spawned: pexpect.spawn) -> str:
    spawned.expect(pexpect.EOF)
    spawned.close()
    assert spawned.exitstatus == 0, spawned.before
    return spawned.before


def test_on_a_terminal_a_yes_switches_the_clone(person: Home):
    spawned = on_terminal(person, person.https_url(), "app")
    spawned.expect(QUESTION)
    spawned.sendline("y")
    shown = ends(spawned)
    assert "Remote 'origin' now uses ssh" in shown, shown
    # what the hook exits with is lost; a shell tells of a signal
    assert "New clones from" in shown.splitlines()[-1], shown
    app = person.work / "app"
    assert url_of(app) == person.ssh_url()
    ok(person.git("fetch", "-q", cwd=app))


@pytest.mark.parametrize("answer", ["\r", "n\r", "\x04", "\x03"])
def test_every_other_answer_leaves_the_clone_as_it_is(person: Home,
                                                      answer: str):
    spawned = on_terminal(person, person.https_url(), "app")
    spawned.expect(QUESTION)
    spawned.send(answer)
    spawned.expect(pexpect.EOF)
    spawned.close()
    if answer != "\x03":  # git itself ends by it
        assert spawned.exitstatus == 0, spawned.before
    assert url_of(person.work / "app") == person.https_url()
    assert (person.work / "app/README.md").exists()
    assert person.keys_registered() == []


def test_an_offer_that_fails_does_not_fail_the_clone(person: Home):
    person.sandbox.fault(method="GET", path="/rest/", status=401, times=-1)
    spawned = on_terminal(person, person.https_url(), "app")
    spawned.expect(QUESTION)
    spawned.sendline("y")
    shown = ends(spawned)
    assert "git-bbkey: auth: " in shown, shown
    assert url_of(person.work / "app") == person.https_url()


def test_nobody_is_asked_who_said_no_or_is_not_looking(person: Home):
    shown = ends(on_terminal(person, person.https_url(), "a",
                             GIT_TERMINAL_PROMPT="0"))
    assert "[y/N]" not in shown and HINT in shown
    shown = ends(on_terminal(person, person.https_url(), "b",
                             BBKEY_AUTO="never"))
    assert shown == ""
    spawned = person.terminal(
        "sh", "-c", f"git clone -q {person.https_url()} c 2>err; cat err")
    shown = ends(spawned)
    assert "[y/N]" not in shown and HINT in shown


# --- before a push -----------------------------------------------------------

REFS = "refs/heads/x 7bc0 refs/heads/x 0000\n"


@pytest.fixture
def reader(home: Home) -> Home:
    """A clone over ssh with a key that may read; a chained pre-push."""
    home.tracing = False
    script(home.folder / "template/hooks/pre-push",
           f'echo "$@" >{home.work}/args; cat >{home.work}/refs')
    config(home, "init.templateDir", str(home.folder / "template"))
    home.enrol("always")
    enable(home)
    ok(home.git("clone", "-q", home.ssh_url(), "app"))
    home.forget_log()
    return home


def pre_push(home: Home, url: str | None = None, **env: str | None) -> Result:
    """The hook as git runs it."""
    app = home.work / "app"
    return home.run(str(app / ".git/hooks/pre-push"), "origin",
                    url or home.ssh_url(), cwd=app, stdin=REFS, env=env)


def refused(home: Home, run: Result) -> None:
    assert run.status == 1, run
    assert run.error_class == "permission"
    assert "git bbkey init --write" in run.hint
    assert not (home.work / "refs").exists()


def passed(home: Home, run: Result, url: str | None = None) -> None:
    assert run.status == 0 and run.err == "" and run.out == "", run
    assert (home.work / "refs").read_text() == REFS
    (home.work / "refs").unlink()
    assert (home.work / "args").read_text().split() == [
        "origin", url or home.ssh_url()]


def test_a_push_that_the_key_may_not_make_is_refused(reader: Home):
    reader.tracing = True
    run = pre_push(reader)
    refused(reader, run)
    assert "project 'PROJ'" in run.error
    assert run.out == ""
    assert reader.events("ssh_connect") == [] == reader.requests()


def test_a_refusal_obeys_the_setting_for_hints(reader: Home):
    config(reader, "bbkey.advice", "false")
    run = pre_push(reader)
    assert run.status == 1 and run.hint == "" and run.error, run


def test_a_push_to_anywhere_else_passes(reader: Home):
    for other in ("https://bitbucket.example.com/scm/proj/app.git",
                  "ssh://git@example.com/proj/app.git",
                  "git@github.com:proj/app.git", "/srv/git/app.git",
                  "ssh://git@-oProxyCommand=x/proj/app.git", "--json"):
        passed(reader, pre_push(reader, other), other)


def test_a_push_that_nobody_knows_to_fail_passes(reader: Home):
    app = reader.work / "app"
    (record,) = reader.state.glob("records/*/*/@project")
    good = record.read_bytes()
    for env in ({"BBKEY_AUTO": "never"}, {"GIT_SSH_COMMAND": "ssh"},
                {"GIT_SSH": "/usr/bin/ssh"}):
        passed(reader, pre_push(reader, **env))
    for where, key, value in (
            ("--global", f"bbkey.{reader.base}.permission", "write"),
            ("--local", "core.sshCommand", "ssh -4")):
        ok(reader.git("config", where, key, value, cwd=app))
        passed(reader, pre_push(reader))
        ok(reader.git("config", where, "--unset", key, cwd=app))
    record.unlink()
    passed(reader, pre_push(reader))
    record.write_bytes(b"no such\0line")
    passed(reader, pre_push(reader))
    record.write_bytes(good)
    refused(reader, pre_push(reader))
    ok(reader.run("git-bbkey", "hooks", "disable"))
    passed(reader, pre_push(reader))


def test_whatever_is_wrong_with_us_the_push_goes_on(reader: Home):
    config(reader, f"bbkey.{reader.base}.auto", "nonsense")
    passed(reader, pre_push(reader))
    broken = reader.work / "broken"
    script(broken, "kill -SEGV $$")
    hook = reader.work / "app/.git/hooks/pre-push"
    hook.write_text(hook.read_text().replace(str(BIN / "git-bbkey"),
                                             str(broken)))
    run = pre_push(reader)
    assert run.status == 0, run
    assert (reader.work / "refs").read_text() == REFS


def test_a_real_push_that_may_go_through_goes_through(reader: Home):
    app = reader.work / "app"
    ok(reader.bbkey("init", "--write", cwd=app))
    passed(reader, pre_push(reader))
    ok(reader.git("commit", "-q", "--allow-empty", "-m", "x", cwd=app))
    ok(reader.git("push", "-q", "origin", "HEAD:refs/heads/x", cwd=app))
    assert " refs/heads/x 000" in (reader.work / "refs").read_text()
    assert "refs/heads/x" in ok(reader.git("ls-remote", "origin", cwd=app)).out


def test_a_real_push_by_the_person_s_own_key_passes(reader: Home):
    """What is on record may not push: the transport found that theirs may."""
    line = reader.make_key(reader.ssh_folder / "id_ed25519")
    app = reader.work / "app"
    reader.sandbox.control("POST", "/keys", {
        "scope": "user", "user": "dev", "text": line})
    ok(reader.git("commit", "-q", "--allow-empty", "-m", "x", cwd=app))
    run = ok(reader.git("push", "-q", "origin", "HEAD:refs/heads/x", cwd=app))
    assert run.err == ""
    assert "refs/heads/x" in ok(reader.git("ls-remote", "origin",
                                           cwd=app)).out


def test_the_hook_of_a_later_version_is_passed_over(home: Home):
    assert ok(home.run("git-bbkey", "hook", "post-merge", "--json")).err == ""
    assert home.run("git-bbkey", "hook").status == 129
    assert os.access(BIN.parent / "share/git-bbkey/hooks/pre-push", os.X_OK)
