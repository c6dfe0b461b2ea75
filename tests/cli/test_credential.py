"""git-credential-bbkey: the token of an enrolled instance, for git over https.

Where the protocol of git 2.46 and newer is meant, the helper is fed by hand:
the git at hand may be older.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from home import BIN, Home, Result, Running
from rest_checks import configure, secret_file, users, with_token

STARTED = re.compile(r'^\d+ +execve\("([^"]*)", .*(?:\) = 0| <unfinished \.\.\.>)$',
                     re.MULTILINE)
NEWER = "capability[]=authtype\ncapability[]=state\n"
BBKEY = "git-credential-bbkey"
CANARY = "Y2FuYXJ5LXRva2VuLW9mLXRoZS1wZXJzb24"


@dataclass
class Answer:
    """What a helper said: its lines, its words, what it started."""

    lines: list[str]
    run: Result

    @property
    def err(self) -> str:
        return self.run.err

    @property
    def programs(self) -> list[str]:
        trace = self.run.trace.read_text(errors="replace")
        return [Path(name).name for name in STARTED.findall(trace)][1:]


def feed(home: Home, command: str, request: str | bytes,
         **how: Any) -> Answer:
    """Runs it with the request; its output, a secret, goes by a file."""
    given, said = home.work / "request", home.work / "answer"
    given.write_bytes(request if isinstance(request, bytes)
                      else request.encode())
    run = home.run("sh", "-c", f"exec <'{given}' >'{said}'; exec {command}",
                   **how)
    return Answer(said.read_text("utf-8", "surrogateescape").splitlines(), run)


def helper(home: Home, operation: str, request: str | bytes,
           **how: Any) -> Answer:
    answer = feed(home, f"git-credential-bbkey {operation}", request, **how)
    assert answer.run.status == 0, answer
    return answer


def fill(home: Home, request: str | None = None, **how: Any) -> Answer:
    """`git credential fill`, with nobody to ask."""
    how["env"] = {"GIT_TERMINAL_PROMPT": "0", **how.get("env", {})}
    return feed(home, "git credential fill",
                request or about(home, "path=bitbucket/scm/proj/app.git"),
                **how)


def place(home: Home) -> str:
    return home.base.split("/")[2]


def about(home: Home, *more: str, host: str | None = None,
          protocol: str = "https") -> str:
    """A request about the instance, as git writes it."""
    return "".join(line + "\n" for line in [
        f"protocol={protocol}", f"host={host or place(home)}", *more])


def token(home: Home, name: str = "project_admin") -> str:
    return home.sandbox.tokens[name]


def from_file(home: Home, value: str | None = None) -> Path:
    """bbkey.<base>.tokenFile, with this token in it."""
    path = secret_file(home, "token", (value or token(home)) + "\n")
    configure(home, f"bbkey.{home.base}.tokenFile", str(path))
    return path


def recorder(home: Home, answer: str = "") -> Path:
    """The person's own helper: notes what it is told, says `answer`."""
    log = home.work / "told"
    script = home.work / "own-helper"
    script.write_text(f"#!/bin/sh\necho \"- $1\" >>'{log}'\n"
                      f"cat >>'{log}'\n"
                      f"test \"$1\" != get || printf '{answer}'\n")
    script.chmod(0o700)
    log.touch()
    configure(home, "credential.helper", str(script))
    return log


def told(log: Path, operation: str) -> list[list[str]]:
    """The lines of each call with this operation."""
    calls = [part.splitlines() for part in log.read_text().split("- ")[1:]]
    return [call[1:] for call in calls if call[0] == operation]


@pytest.fixture
def home(home: Home) -> Home:
    """Enrolled, https stays https, and no token yet."""
    home.tracing = False
    home.enrol("never")
    home.token = None
    home.tracing = True
    home.forget_log()
    return home


# --- what is answered ---------------------------------------------------------

def test_the_name_is_the_servers_and_asked_for_once(home: Home):
    from_file(home)
    wanted = ["username=dev", f"password={token(home)}"]
    assert helper(home, "get", about(home)).lines == wanted
    assert len(home.requests()) == 2 and users(home) == {"dev"}
    home.forget_log()
    again = fill(home)
    assert again.lines == about(home).splitlines() + wanted
    assert home.requests() == []


def test_another_token_is_asked_about_anew(home: Home):
    from_file(home)
    assert "username=dev" in helper(home, "get", about(home)).lines
    secret_file(home, "token", token(home, "reader"))
    answer = helper(home, "get", about(home))
    assert answer.lines == ["username=member",
                            f"password={token(home, 'reader')}"]


def test_newer_git_gets_a_bearer_token_and_no_request_is_made(home: Home):
    from_file(home)
    answer = helper(home, "get", NEWER + about(home, "wwwauth[]=Basic x"))
    assert answer.lines == ["capability[]=authtype", "authtype=Bearer",
                            f"credential={token(home)}", "ephemeral=1"]
    assert home.requests() == []


@pytest.mark.parametrize("capability", ["", NEWER])
def test_with_a_user_it_is_a_name_and_a_password(home: Home, capability: str):
    from_file(home)
    configure(home, f"bbkey.{home.base}.user", "robot")
    answer = helper(home, "get", capability + about(home))
    assert answer.lines == ["username=robot", f"password={token(home)}"]
    assert home.requests() == []


def test_bbkey_token_goes_with_bbkey_user(home: Home):
    env = {"BBKEY_URL": home.base, "BBKEY_TOKEN": token(home),
           "BBKEY_USER": "robot"}
    answer = helper(home, "get", about(home), env=env)
    assert answer.lines == ["username=robot", f"password={token(home)}"]
    env["BBKEY_URL"] = "https://localhost"
    assert helper(home, "get", about(home), env=env).lines == []
    assert home.requests() == []


def test_a_token_command_is_run(home: Home):
    path = secret_file(home, "token", token(home))
    configure(home, f"bbkey.{home.base}.tokenCommand", f"cat '{path}'")
    assert f"credential={token(home)}" in \
        helper(home, "get", NEWER + about(home)).lines


def test_a_projects_token_is_no_password(home: Home):
    """Bearer only; and wrong passwords again and again lock an account."""
    made = home.sandbox.control("POST", "/tokens", {
        "user": "dev", "permissions": ["REPO_READ"], "project": "PROJ"})
    home.more_secrets = [made["token"]]
    from_file(home, made["token"])
    assert helper(home, "get", about(home)).lines == []
    assert len(with_token(home)) == 2
    assert helper(home, "get", about(home)).lines == []
    assert len(with_token(home)) == 2, "no is remembered, too"
    assert f"credential={made['token']}" in \
        helper(home, "get", NEWER + about(home)).lines


@pytest.mark.parametrize("name, answered", [("dev", True), ("DEV", True),
                                            ("member", False), ("", True)])
def test_a_name_in_the_url_must_be_the_tokens_own(home: Home, name: str,
                                                  answered: bool):
    from_file(home)
    answer = helper(home, "get", about(home, f"username={name}"))
    assert bool(answer.lines) == answered, answer


def test_a_refused_token_is_said_and_not_handed_out(home: Home):
    path = from_file(home, CANARY)
    home.more_secrets = [CANARY]
    answer = helper(home, "get", about(home))
    assert answer.lines == []
    assert answer.run.error_class == "auth"
    assert str(path) in answer.run.error


def test_a_server_that_is_away_is_gits_to_complain_about(home: Home):
    from_file(home)
    home.sandbox.fault(path="/application-properties", close="before",
                       times=-1)
    answer = helper(home, "get", about(home))
    assert (answer.lines, answer.err) == ([], "")


def test_without_a_token_the_next_helper_has_its_turn(home: Home):
    log = recorder(home, "username=own\\npassword=own-password\\n")
    assert helper(home, "get", about(home)).lines == []
    assert log.read_text() == "", "the others are git's to ask"
    answer = fill(home)
    assert "password=own-password" in answer.lines, answer
    assert answer.err == ""
    assert with_token(home) == []


def test_that_there_is_no_token_costs_one_look(home: Home):
    """Who has git's own login for https pays for ours once."""
    for path in (home.folder / ".gitconfig", home.config / "config"):
        os.utime(path, (1, 1))  # else it may be younger than what was noted
    assert "git-bbkey" in helper(home, "get", about(home)).programs
    for operation in ("get", "store", "erase"):
        answer = helper(home, operation, about(home, "username=u",
                                               "password=p"))
        assert answer.programs == [BBKEY] and answer.lines == []
    home.token = "project_admin"
    assert f"password={token(home)}" in helper(home, "get", about(home)).lines
    home.token = None
    from_file(home)
    assert f"password={token(home)}" in helper(home, "get", about(home)).lines


def test_of_two_instances_on_one_host_one_may_have_a_token(home: Home):
    other = home.base.removesuffix("/bitbucket")
    configure(home, f"bbkey.{other}.ssh", "ssh://git@elsewhere.example")
    configure(home, f"bbkey.{other}.edition", "datacenter")
    for _ in range(2):
        answer = helper(home, "get", about(home, "path=bitbucket/scm/p/r"))
        assert "git-bbkey" in answer.programs, answer


# --- R19: a source that is broken ---------------------------------------------

@pytest.mark.user
@pytest.mark.row("R19")
@pytest.mark.parametrize("what", ["empty", "CRLF", "inner line", "large",
                                  "mode 0644", "link", "FIFO", "missing",
                                  "folder"])
def test_r19_a_broken_token_file_is_named_and_no_answer(home: Home, what: str):
    path = home.work / "token"
    content = {"empty": b"", "CRLF": CANARY.encode() + b"\r\n",
               "inner line": CANARY.encode() + b"\npassword=x\n",
               "large": b"a" * 1_000_000}.get(what, CANARY.encode())
    home.more_secrets = [CANARY]
    if what == "FIFO":
        os.mkfifo(path, 0o600)
    elif what == "folder":
        path.mkdir()
    elif what == "link":
        path.symlink_to(secret_file(home, "other", content))
    elif what != "missing":
        secret_file(home, "token", content,
                    0o644 if what == "mode 0644" else 0o600)
    configure(home, f"bbkey.{home.base}.tokenFile", str(path))
    for capability in ("", NEWER):
        answer = helper(home, "get", capability + about(home))
        assert answer.lines == []
        assert answer.run.error_class in ("auth", "local"), answer
        assert str(path) in answer.run.error
        assert answer.run.seconds < 5
    assert with_token(home) == []


@pytest.mark.row("R19")
def test_r19_a_token_file_of_another_user_is_refused(home: Home):
    if os.getuid() != 0:
        pytest.skip("needs a file of another user")
    path = from_file(home)
    os.chown(path, 65534, 65534)
    answer = helper(home, "get", NEWER + about(home))
    assert answer.lines == [] and "another user" in answer.run.error


@pytest.mark.row("R19")
@pytest.mark.parametrize("command", ["exit 3", "true", "echo a b",
                                     "printf 'a\\r\\n'", "kill -9 $$"])
def test_r19_a_token_command_that_fails_is_no_answer(home: Home, command: str):
    configure(home, f"bbkey.{home.base}.tokenCommand", command)
    answer = helper(home, "get", NEWER + about(home))
    assert answer.lines == [] and answer.run.error_class == "auth"


@pytest.mark.row("R19")
def test_r19_a_user_name_with_a_line_end_is_no_answer(home: Home):
    from_file(home)
    configure(home, f"bbkey.{home.base}.user", "dev\nquit=1")
    answer = helper(home, "get", about(home))
    assert answer.lines == [] and answer.run.error_class == "auth"


# --- M15 and 3.2: requests ----------------------------------------------------

BAD = {
    "nothing": b"", "an empty line": b"\n", "no host": b"protocol=https\n",
    "no protocol": b"host={h}\n", "an empty host": b"protocol=https\nhost=\n",
    "an empty protocol": b"protocol=\nhost={h}\n",
    "only the first line": b"protocol=https\nhos",
    "an end in mid-line": b"protocol=https\nhost={h}",
    "two hosts": b"protocol=https\nhost=evil\nhost={h}\n",
    "the same host twice": b"protocol=https\nhost={h}\nhost={h}\n",
    "two protocols": b"protocol=http\nprotocol=https\nhost={h}\n",
    "two paths": b"protocol=https\nhost={h}\npath=a\npath=b\n",
    "two users": b"protocol=https\nhost={h}\nusername=a\nusername=b\n",
    "CR for a line end": b"protocol=https\rhost={h}\r",
    "CR LF": b"protocol=https\r\nhost={h}\r\n\r\n",
    "a host behind a CR": b"protocol=https\nhost=evil\rhost={h}\n",
    "a CR in another value": b"protocol=https\nhost={h}\nx=a\rb\n",
    "NUL": b"protocol=https\nhost={h}\0.evil\n",
    "a NUL at the end": b"protocol=https\nhost={h}\n\0\n",
    "a line without a name": b"protocol=https\nhost={h}\n=x\n",
    "a line without a value": b"protocol=https\nhost={h}\nx\n",
    "a line of 70 kB": b"protocol=https\nhost={h}\nx=" + b"a" * 70_000 +
                       b"\n",
    "a line of 200 kB": b"protocol=https\nhost={h}\nx=" + b"a" * 200_000 +
                        b"\n",
    "65 lines": b"protocol=https\nhost={h}\n" + b"x=1\n" * 63,
    "a million lines": b"protocol=https\nhost={h}\n" + b"x=1\n" * 1_000_000,
    "binary": bytes(range(256)) * 64,
}


@pytest.mark.row("M15")
@pytest.mark.parametrize("operation", ["get", "store", "erase"])
def test_m15_half_a_request_is_none(home: Home, operation: str):
    """Silent, status 0, and no other program is started."""
    from_file(home)
    log = recorder(home)
    wrong = {}
    for name, request in BAD.items():
        answer = helper(home, operation,
                        request.replace(b"{h}", place(home).encode()))
        if answer.lines or answer.err or answer.programs != [BBKEY]:
            wrong[name] = answer
    assert not wrong, wrong
    assert home.requests() == [] and log.read_text() == ""


@pytest.mark.row("M15")
def test_m15_the_longest_request_that_is_one_is_answered(home: Home):
    from_file(home)
    request = about(home, *["x=1"] * 60, "y=" + "a" * 65_533)
    answer = helper(home, "get", NEWER.splitlines()[0] + "\n" + request)
    assert f"credential={token(home)}" in answer.lines


def other_places(home: Home) -> dict[str, str]:
    host, _, port = place(home).partition(":")
    return {
        "suffix": about(home, host=f"{host}.evil:{port}"),
        "prefix": about(home, host=f"evil{host}:{port}"),
        "with a dash": about(home, host=f"evil-{host}:{port}"),
        "trailing dot": about(home, host=f"{host}.:{port}"),
        "another name": about(home, host=f"127.0.0.1:{port}"),
        "no port": about(home, host=host),
        "another port": about(home, host=f"{host}:{int(port) - 1}"),
        "a port with a zero": about(home, host=f"{host}:0{port}"),
        "a longer port": about(home, host=f"{host}:{port}1"),
        "a part of the port": about(home, host=f"{host}:{port[:-1]}"),
        "http": about(home, protocol="http"),
        "HTTPS": about(home, protocol="HTTPS"),
        "ssh": about(home, protocol="ssh"),
        "a user": about(home, host=f"{host}:{port}@evil"),
        "our host as a user": about(home, host=f"u@{host}:{port}"),
        "a path in the host": about(home, host=f"{host}:{port}/bitbucket"),
        "a query": about(home, host=f"{host}:{port}?x"),
        "a percent": about(home, host=f"{host}%3a{port}"),
        "a Cyrillic letter": about(home, host=f"l\u043ecalhost:{port}"),
    }


@pytest.mark.row("M15")
def test_m15_a_place_that_is_not_ours_starts_no_program(home: Home):
    """Acceptance 3.2: exact scheme, host and port."""
    from_file(home)
    wrong = {}
    for name, request in other_places(home).items():
        answer = helper(home, "get", NEWER + request)
        if answer.lines or answer.err or answer.programs != [BBKEY]:
            wrong[name] = answer
    assert not wrong, wrong


def test_upper_case_is_the_same_host(home: Home):
    from_file(home)
    request = NEWER + about(home, host=place(home).upper())
    assert f"credential={token(home)}" in helper(home, "get", request).lines


@pytest.mark.parametrize("path, answered", [
    ("bitbucket/scm/proj/app.git", True), ("bitbucket", True), ("", True),
    ("scm/proj/app.git", False), ("bitbucket-evil/scm/proj/app.git", False),
    ("stash/../bitbucket/scm/proj/app.git", False),
    ("bitbucket/../stash/app.git", False), ("/bitbucket", False),
    ("bitbucke", False), ("BITBUCKET/scm/proj/app.git", False)])
def test_a_path_must_be_below_the_context(home: Home, path: str,
                                          answered: bool):
    from_file(home)
    answer = helper(home, "get", NEWER + about(home, f"path={path}"))
    assert bool(answer.lines) == answered, answer
    assert answer.err == ""


def test_two_instances_on_one_host_need_a_path(home: Home):
    path = from_file(home)
    other = home.base.replace("/bitbucket", "/stash")
    configure(home, f"bbkey.{other}.edition", "datacenter")
    configure(home, f"bbkey.{other}.tokenFile", str(path))
    request = NEWER + about(home)
    assert helper(home, "get", request).lines == []
    answer = helper(home, "get", request + "path=bitbucket/scm/proj/app.git\n")
    assert f"credential={token(home)}" in answer.lines


def test_the_repositorys_own_configuration_does_not_count(home: Home):
    repo = home.work / "repo"
    home.git("init", "-q", str(repo))
    path = secret_file(home, "token", token(home))
    for key, value in {"tokenFile": str(path), "user": "evil"}.items():
        home.git("config", f"bbkey.{home.base}.{key}", value, cwd=repo)
    assert helper(home, "get", NEWER + about(home), cwd=repo).lines == []
    from_file(home)
    assert f"credential={token(home)}" in \
        helper(home, "get", NEWER + about(home), cwd=repo).lines


def test_an_instance_that_is_no_longer_configured_gets_nothing(home: Home):
    """The state folder only says who may be worth a look."""
    from_file(home)
    home.config.joinpath("config").unlink()
    assert helper(home, "get", NEWER + about(home)).lines == []


@pytest.mark.parametrize("operation", ["", "capability", "list", "get get",
                                       "--help", "GET"])
def test_what_it_does_not_know_is_ignored(home: Home, operation: str):
    from_file(home)
    answer = helper(home, operation, NEWER + about(home))
    assert (answer.lines, answer.err) == ([], "")
    assert answer.programs == [BBKEY]


def test_without_git_bbkey_it_is_silent(home: Home):
    from_file(home)
    alone = home.work / "alone"
    alone.mkdir()
    alone.joinpath(BBKEY).symlink_to(BIN / BBKEY)
    answer = helper(home, "get", NEWER + about(home),
                    env={"PATH": f"{alone}:/usr/bin:/bin"})
    assert (answer.lines, answer.err) == ([], "")


# --- it never asks itself ------------------------------------------------------

def test_git_bbkey_does_not_ask_its_own_helper(home: Home):
    """The token is looked for among the helpers, and ours is one of them."""
    run = home.bbkey("init", home.https_url())
    assert run.status == 3, run
    programs = Answer([], run).programs
    assert programs.count(BBKEY) == 1
    assert programs.count("git-bbkey") == 1


@pytest.mark.parametrize("command", ["git credential fill <'{request}'",
                                     "git ls-remote {url}"])
def test_a_token_command_that_runs_git_is_not_asked_by_it(home: Home,
                                                          command: str):
    asked = home.work / "asked"
    asked.write_text(about(home, "path=bitbucket/scm/proj/app.git"))
    configure(home, f"bbkey.{home.base}.tokenCommand", command.format(
        request=asked, url=home.https_url()) + f"; cat '{asked}.token'")
    secret_file(home, "asked.token", token(home))
    answer = helper(home, "get", NEWER + about(home),
                    env={"GIT_TERMINAL_PROMPT": "0"})
    assert f"credential={token(home)}" in answer.lines, answer
    assert answer.programs.count(BBKEY) == 2, "once by git in the command"
    assert answer.programs.count("git-bbkey") == 1


def test_nobody_is_asked(home: Home):
    script = home.work / "askpass"
    script.write_text(f"#!/bin/sh\ntouch '{home.work}/ASKED'\necho x\n")
    script.chmod(0o700)
    answer = helper(home, "get", about(home),
                    env={"GIT_ASKPASS": str(script)})
    assert answer.lines == []
    assert not (home.work / "ASKED").exists()


# --- store and erase ------------------------------------------------------------

def test_what_is_not_ours_is_passed_on(home: Home):
    from_file(home)
    log = recorder(home)
    request = about(home, "username=own", "password=own-password")
    helper(home, "store", request)
    assert told(log, "store") == [request.splitlines()]
    helper(home, "erase", request)
    assert told(log, "erase") == [request.splitlines()]
    assert told(log, "get") == []


@pytest.mark.parametrize("lines", [["username=dev", "password={t}"],
                                   ["authtype=Bearer", "credential={t}"]])
def test_our_own_token_is_not(home: Home, lines: list[str]):
    from_file(home)
    log = recorder(home)
    request = about(home, *[line.format(t=token(home)) for line in lines])
    for operation in ("store", "erase"):
        answer = helper(home, operation, request)
        assert (answer.lines, answer.err) == ([], "")
    assert log.read_text() == ""


def test_erase_forgets_the_name(home: Home):
    from_file(home)
    first = helper(home, "get", about(home))
    assert (home.state / "users").is_dir()
    request = "".join(line + "\n" for line in
                      about(home).splitlines() + first.lines)
    for _ in range(2):
        helper(home, "erase", request)
    assert list((home.state / "users").iterdir()) == []
    home.forget_log()
    assert helper(home, "get", about(home)).lines == first.lines
    assert len(home.requests()) == 2


def test_a_broken_token_file_is_not_said_twice(home: Home):
    """git asks, and stores what another helper knew: one complaint."""
    configure(home, f"bbkey.{home.base}.tokenFile", str(home.work / "none"))
    log = recorder(home, "username=dev\\npassword=dev-password\\n")
    run = home.git("ls-remote", home.https_url())
    assert run.status == 0, run
    assert run.err.count("git-bbkey: ") == 1 and "none" in run.error
    assert told(log, "store")


# --- real git -------------------------------------------------------------------

def ok(run: Result) -> Result:
    assert run.status == 0, run
    return run


@pytest.mark.user
def test_clone_fetch_and_push_over_https_need_no_password(home: Home):
    from_file(home)
    home.extra["GIT_TERMINAL_PROMPT"] = "0"
    ok(home.git("clone", home.https_url(), "app"))
    app = home.work / "app"
    (app / "new").write_text("new\n")
    ok(home.git("add", "new", cwd=app))
    ok(home.git("commit", "-q", "-m", "new", cwd=app))
    ok(home.git("push", cwd=app))
    ok(home.git("fetch", cwd=app))
    heads = ok(home.git("ls-remote", home.https_url(), "main"))
    assert ok(home.git("rev-parse", "main", cwd=app)).out.strip() in heads.out
    assert home.events("ssh_connect") == []
    assert sum("/rest/" in line for line in home.requests()) == 2
    assert users(home) == {"dev"}
    assert home.private_keys() == []


def test_without_a_token_git_fails_as_it_would_without_us(home: Home):
    home.extra["GIT_TERMINAL_PROMPT"] = "0"
    with_us = home.git("ls-remote", home.https_url())
    configure(home, f"credential.{home.base}.helper", "")
    without = home.git("ls-remote", home.https_url())
    assert with_us.status == without.status == 128
    assert with_us.err == without.err
    assert with_token(home) == []


@pytest.mark.parametrize("remembered", [True, False])
def test_a_revoked_token_ends_in_one_refusal(home: Home, remembered: bool):
    made = home.sandbox.control("POST", "/tokens", {
        "user": "dev", "permissions": ["REPO_READ"]})
    home.more_secrets = [made["token"]]
    from_file(home, made["token"])
    home.extra["GIT_TERMINAL_PROMPT"] = "0"
    if remembered:
        ok(home.git("ls-remote", home.https_url()))
    home.sandbox.control("DELETE", "/tokens", {"token": made["token"]})
    home.forget_log()
    run = home.git("ls-remote", home.https_url())
    assert run.status == 128, run
    assert run.seconds < 10
    assert len(with_token(home)) == 1, "a refused token is not sent again"
    assert ("git-bbkey: auth: " in run.err) == (not remembered)
    assert list(home.state.glob("users/*")) == []


def test_git_tells_the_persons_helpers_and_nothing_hangs(home: Home):
    """git calls each helper itself: what it says twice must do no harm."""
    log = recorder(home, "username=dev\\npassword=dev-password\\n")
    ok(home.git("ls-remote", home.https_url()))
    stored = told(log, "store")
    assert 1 <= len(stored) <= 2
    assert all("password=dev-password" in call for call in stored)


def test_a_wrong_password_of_the_person_is_erased(home: Home):
    log = recorder(home, "username=dev\\npassword=wrong\\n")
    run = home.git("ls-remote", home.https_url(),
                   env={"GIT_TERMINAL_PROMPT": "0"})
    assert run.status == 128, run
    erased = told(log, "erase")
    assert 1 <= len(erased) <= 2
    assert told(log, "store") == []


@pytest.mark.row("M9")
def test_a_strangers_submodule_gets_nothing(home: Home):
    """Two hops: ours, a folder, and from there a host that wants a login."""
    from_file(home)
    configure(home, "credential.helper", "bbkey")
    configure(home, "protocol.file.allow", "always")
    home.extra["GIT_TERMINAL_PROMPT"] = "0"
    with Running("--context", "/bitbucket") as stranger:
        configure(home, f"http.{stranger.base_url}.sslCAInfo", stranger.ca)
        middle, app = home.work / "middle", home.work / "app"
        ok(home.git("init", "-q", str(middle)))
        ok(home.git("clone", "-q", home.https_url(), "app"))
        nest(home, middle, f"{stranger.base_url}/scm/proj/app.git")
        nest(home, app, str(middle))
        ok(home.git("push", "-q", cwd=app))
        home.git("clone", "--recurse-submodules", home.https_url(), "two")
        seen = stranger.events("http")
        assert seen and all(e["auth"] == "none" for e in seen)
    assert (home.work / "two" / "inner" / ".gitmodules").exists()
    assert users(home) == {"dev"}


def nest(home: Home, folder: Path, url: str) -> None:
    """A commit with a submodule `inner` from that address."""
    folder.joinpath(".gitmodules").write_text(
        f'[submodule "inner"]\n\tpath = inner\n\turl = {url}\n')
    source = folder.parent / "middle"
    commit = home.git("rev-parse", "HEAD", cwd=source).out.strip()
    if len(commit) != 40:
        commit = "1" * 40
    ok(home.git("add", ".gitmodules", cwd=folder))
    ok(home.git("update-index", "--add", "--cacheinfo",
                f"160000,{commit},inner", cwd=folder))
    ok(home.git("commit", "-q", "-m", "inner", cwd=folder))


# --- init -----------------------------------------------------------------------

def helpers(home: Home) -> list[str]:
    run = home.git("config", "--get-all", f"credential.{home.base}.helper")
    return run.out.splitlines()


def test_init_adds_itself_beside_the_persons_helpers(home: Home):
    configure(home, f"credential.{home.base}.helper", "own")
    home.token = "project_admin"
    before = home.snapshot()
    again = home.bbkey("init", home.base, "--auto", "never", "--json")
    assert '"changed": false' in again.out, again
    assert home.snapshot() == before
    assert sorted(helpers(home)) == ["bbkey", "own"]
    assert "helper = bbkey" not in \
        (home.folder / ".gitconfig").read_text()


def test_an_older_enrolment_gets_it_with_the_next_init(home: Home):
    config = home.config / "config"
    ok(home.git("config", "--file", str(config), "--unset-all",
                f"credential.{home.base}.helper"))
    home.token = "project_admin"
    dry = home.bbkey("init", home.base, "--auto", "never", "--dry-run",
                     "--json")
    assert '"changed": true' in dry.out and helpers(home) == [], dry
    assert home.bbkey("init", home.base, "--auto", "never").status == 0
    assert helpers(home) == ["bbkey"]
