"""Every scope, on both editions, for an admin, a member and who has no token.

docs/scopes.md has the table; each of its rows is a test here, so that page and
programs cannot drift apart.
"""

from __future__ import annotations

import itertools
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest
from cloudhome import CloudHome
from home import TREE, Home, Result

PAGE = TREE / "docs" / "scopes.md"
EDITIONS, SCOPES = ("datacenter", "cloud"), ("project", "repo", "personal")
TOKENS = ("admin", "member", "none")
NAMES = {"datacenter": {"admin": "project_admin", "member": "reader"},
         "cloud": {"admin": "admin", "member": "member"}}


@dataclass(frozen=True)
class Row:
    """A line of the table, as it stands there."""

    edition: str
    scope: str
    token: str
    init: str       # "done", or the class of the error
    next: str       # what its hint says; '' where it is done
    status: str     # "read" or "write": what the key may do
    push: str
    push_next: str
    then: str       # what that command does

    def __str__(self) -> str:
        return f"{self.edition}-{self.scope}-{self.token}"


def table() -> list[Row]:
    lines = [line for line in PAGE.read_text().splitlines()
             if line.startswith(tuple(f"| {e} |" for e in EDITIONS))]
    return [Row(*(cell.strip().strip("`")
                  for cell in line.strip("|").split("|"))) for line in lines]


# --- who does what -----------------------------------------------------------


def person(row: Row, request: pytest.FixtureRequest) -> Home:
    home = request.getfixturevalue(
        "cloud" if row.edition == "cloud" else "home")
    home.token = NAMES[row.edition].get(row.token)
    return home


def add_key(home: Home, row: Row, line: str) -> None:
    """As an admin pastes it on the page; or a person, for their account."""
    if isinstance(home, CloudHome):
        home.add_key({"personal": "user"}.get(row.scope, row.scope), line)
        return
    home.sandbox.control("POST", "/keys", {"text": line} | {
        "project": {"scope": "project", "project": "PROJ",
                    "permission": "PROJECT_READ"},
        "repo": {"scope": "repo", "project": "PROJ", "repo": "app",
                 "permission": "REPO_READ"},
        "personal": {"scope": "user", "user": "dev" if row.token == "admin"
                     else "member"}}[row.scope])


def public_line(text: str) -> str:
    """The one line of a request that is to be pasted."""
    (line,) = [x for x in text.splitlines() if x.startswith("ssh-ed25519 ")]
    return line


def filled(home: Home, words: str) -> str:
    return words.replace("<url>", home.https_url()).replace("<base>",
                                                            home.base)


def follow(home: Home, words: str, **how: Path) -> Result:
    """Types what the screen says."""
    return home.run(*shlex.split(words), **how)


def fits_the_screen(text: str) -> None:
    """80 columns, but for a word that is longer, and what has one line."""
    for line in text.splitlines():
        assert len(line) <= 80 or " " not in line.strip() or line.startswith(
            ("git-bbkey: ", "hint: ", "ssh-", "printf ", "git bbkey ")), line


# --- the parts of a row ------------------------------------------------------


def no_access_yet(home: Home) -> None:
    """git says what it would have said without us."""
    clone = home.git("clone", home.ssh_url())
    assert clone.status == 128 and "git-bbkey" not in clone.err, clone
    assert not (home.work / "app").exists()


def finish_without_token(home: Home, row: Row, refused: Result) -> Result:
    """On a Data Center that nobody has enrolled: an SSH URL, a host key."""
    if row.edition == "cloud":
        return home.bbkey("init", "--scope", row.scope, home.https_url())
    again = f"git bbkey init --scope {row.scope} --base {home.base}"
    assert f"{again} <the SSH URL" in refused.hint
    run = follow(home, f"{again} {home.ssh_url()}")
    assert run.error_class == "hostkey" and "--host-key" in run.hint, run
    pin = home.sandbox.ready["host_keys"][0]["fingerprint"]
    return follow(home, f"{again} --host-key {pin} {home.ssh_url()}")


def get_it_registered(home: Home, row: Row, refused: Result) -> Result:
    """What a person does who reads nothing but the screen."""
    request = follow(home, f"git bbkey request --scope {row.scope} "
                           f"{home.https_url()}")
    assert request.status == 0, request
    fits_the_screen(request.out)
    add_key(home, row, public_line(request.out))
    if row.token == "none":
        return finish_without_token(home, row, refused)
    return home.bbkey("init", "--scope", row.scope, home.https_url())


def initialise(home: Home, row: Row) -> None:
    run = home.bbkey("init", "--scope", row.scope, home.https_url())
    fits_the_screen(run.err)
    if row.init == "done":
        assert run.status == 0, run
        assert row.next == ""
    else:
        assert run.error_class == row.init, run
        assert run.status == {"auth": 3, "permission": 4}[row.init]
        assert filled(home, row.next) in run.hint, run
        no_access_yet(home)
        run = get_it_registered(home, row, run)
    assert run.status == 0, run
    words = "the access that you have" if row.scope == "personal" else \
        f"{row.status} access"
    assert words in run.err.replace("\n  ", " "), run
    assert len(home.private_keys()) == 1


def look(home: Home, row: Row, app: Path) -> None:
    said = home.bbkey("status", cwd=app)
    assert said.status == 0 and said.out.endswith("Ready.\n"), said
    fits_the_screen(said.out)
    run = home.bbkey("status", "--json", cwd=app)
    status = json.loads(run.out)
    assert status["ready"] is True, run
    assert status["instance"]["edition"] == row.edition
    (grant,) = status["grants"]
    assert (grant["scope"], grant["permission"]) == (
        row.scope, "write" if row.scope == "personal" else row.status)
    assert status["ssh"]["state"] == "ok"
    assert status["ssh"]["access"] == row.status
    assert ("and lets you read and push" in said.out) == \
        (row.status == "write"), said


def push(home: Home, app: Path) -> Result:
    return home.git("push", "origin", "HEAD:refs/heads/topic", cwd=app)


def follow_after_push(home: Home, row: Row, app: Path) -> None:
    run = follow(home, row.push_next, cwd=app)
    fits_the_screen(run.err)
    if row.then == "done":
        assert run.status == 0, run
        assert push(home, app).status == 0
        return
    assert run.error_class == row.then, run
    scope = re.search(r"--scope (\w+)", row.push_next)
    assert "git bbkey request" + (f" --scope {scope[1]}" if scope else "") + \
        (" --write" if "--write" in row.push_next else "") in run.hint, run


@pytest.mark.user
@pytest.mark.parametrize("row", table(), ids=str)
def test_each_row_of_the_page_does_what_it_says(
        row: Row, request: pytest.FixtureRequest):
    home = person(row, request)
    initialise(home, row)
    home.forget_log()
    clone = home.git("clone", home.https_url()
                     if row.edition == "cloud" or row.token != "none"
                     else home.ssh_url())
    assert clone.status == 0, clone
    assert home.requests() == [], "a record takes no request"
    app = home.work / "app"
    look(home, row, app)
    assert home.git("commit", "--allow-empty", "-qm", "x", cwd=app).status == 0
    run = push(home, app)
    if row.push == "done":
        assert run.status == 0, run
        return
    assert run.status == 128, run
    if row.push == "refused":
        assert row.push_next in run.err and "git-bbkey" not in run.err, run
        return
    assert run.error_class == row.push, run
    assert run.hint.endswith(row.push_next), run
    assert [e for e in home.events("ssh_exec") if e["exit"] == 0 and
            e["command"].startswith("git-receive-pack")] == []
    if row.then:
        follow_after_push(home, row, app)


def test_the_page_has_each_of_the_18_combinations_once():
    rows = [(row.edition, row.scope, row.token) for row in table()]
    assert rows == list(itertools.product(EDITIONS, SCOPES, TOKENS))
