"""Where a right or a token is missing, `init` asks on the terminal what now."""

from __future__ import annotations

import re
from pathlib import Path

import pexpect
import pytest
from cloud_checks import sandbox_keys
from cloudhome import CloudHome
from home import Home

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NO_TOKEN = "Enter: I have none"
NO_WAY = "Without a token no key can be put on"
WAITING = "Ctrl-C ends this"


@pytest.fixture(params=["plain", "coloured"])
def env(request: pytest.FixtureRequest) -> dict[str, str]:
    return {"NO_COLOR": "1"} if request.param == "plain" else {}


class Talk:
    """One `git bbkey init` on a terminal of 80 columns."""

    def __init__(self, home: Home, *words: str, **env: str):
        self.home, self.env, self.text = home, env, ""
        self.spawned = home.terminal("git", "bbkey", "init", *words, env=env)

    def until(self, words: str) -> None:
        self.spawned.expect_exact(words)
        self.text += self.spawned.before + self.spawned.after

    def answer(self, question: str, *choice: str) -> None:
        """The line that begins so is the question; "3 of 4": of so many."""
        self.until(question)
        if choice and " of " in choice[0]:
            number, of = choice[0].split(" of ")
            self.until(f"\r\n  {of}  stop here\r\n[1] ")
            self.spawned.sendline(number)
        else:
            self.spawned.sendline(*choice or [""])

    def end(self, status: int) -> str:
        self.spawned.expect(pexpect.EOF)
        self.text += self.spawned.before
        self.spawned.close()
        assert self.spawned.exitstatus == status, self.text
        assert ("\x1b[3" in self.text) == ("NO_COLOR" not in self.env)
        lines = [line.split("\x1b[K")[-1] for line in
                 COLOUR.sub("", self.text).replace("\r\n", "\n").split("\n")]
        for line in lines:
            assert len(line) <= 80 or " " not in line.strip() or \
                line.startswith(("git-bbkey: ", "hint: ", "ssh-ed25519 ",
                                 "printf ", "git bbkey init ")), line
        return "\n".join(lines)


def add_key(home: Home, scope: str) -> None:
    """What the screen asks for, done by whoever may."""
    key = home.private_keys()[-1]  # bbkey_..., bbkey_..._account
    line = Path(f"{key}.pub").read_text().strip()
    if isinstance(home, CloudHome):
        home.add_key(scope, line)
        return
    home.sandbox.control("POST", "/keys", {"text": line, "scope": scope} | {
        "project": {"project": "PROJ", "permission": "PROJECT_READ"},
        "repo": {"project": "PROJ", "repo": "app", "permission": "REPO_READ"},
        "user": {"user": "member"}}[scope])


def wait_for(talk: Talk, scope: str) -> str:
    """The request is on the screen; then it waits, and sees the key."""
    talk.until(WAITING)
    add_key(talk.home, scope)
    text = talk.end(0)
    assert "ssh-ed25519 AAAA" in text and "git bbkey init --wait" in text
    # once it is known that there is no way, nothing is tried again
    assert [e for e in talk.home.events("http") if e["method"] == "POST" and
            e["status"] in (200, 201)] == []
    return text


def opens(home: Home, url: str | None = None) -> None:
    clone = home.git("clone", "-q", url or home.https_url(), "app")
    assert clone.status == 0, clone


def member(home: Home, env: dict[str, str]) -> Talk:
    """Somebody with a token of their own who administrates nothing."""
    if not isinstance(home, CloudHome):
        home.token = "reader"
        return Talk(home, home.https_url(), **env)
    home.token = "member"
    talk = Talk(home, home.https_url(), **env)
    talk.answer("What is this machine to do with acme/app?\r\n", "1")
    return talk


def nobody(home: Home, env: dict[str, str]) -> Talk:
    """Somebody without a token, and, on Data Center, all that is known."""
    home.token = None
    if isinstance(home, CloudHome):
        talk = Talk(home, home.https_url(), **env)
        talk.answer("What is this machine to do with acme/app?\r\n", "1")
        talk.answer(NO_TOKEN)
    else:
        talk = Talk(home, "--base", home.base, home.ssh_url(), **env)
        talk.answer(NO_TOKEN)
        talk.answer("[y/N]", "y")
    return talk


@pytest.fixture(params=["cloud", "home"], ids=["cloud", "datacenter"])
def anyone(request: pytest.FixtureRequest) -> Home:
    return request.getfixturevalue(request.param)


PROJECT = "You may not put this machine's key on project PROJ. What now?\r\n"


# --- a member ----------------------------------------------------------------


def test_a_member_writes_a_request_and_waits(anyone: Home,
                                             env: dict[str, str]):
    talk = member(anyone, env)
    talk.answer(PROJECT, "1 of 4")
    text = wait_for(talk, "project")
    assert "Please add an SSH access key to project PROJ" in text
    assert "Registered by somebody else, read access" in text
    opens(anyone)


def test_a_member_tries_the_repository_and_asks_for_that(anyone: Home):
    talk = member(anyone, {})
    talk.answer(PROJECT, "2 of 4")
    talk.answer("/app. What now?\r\n", "1 of 3")
    text = wait_for(talk, "repo")
    assert "Please add an SSH access key to repository" in text
    opens(anyone)


def test_on_cloud_a_member_takes_their_own_account(cloud: CloudHome):
    talk = member(cloud, {})
    talk.answer(PROJECT, "3 of 4")
    assert "Registered on your account" in talk.end(0)
    assert cloud.deploy_keys() == []
    opens(cloud)


def test_where_tokens_are_refused_for_that_it_is_pasted(home: Home):
    talk = member(home, {})
    talk.answer(PROJECT, "3 of 4")
    talk.answer("key on your account. What now?\r\n", "1 of 2")
    text = wait_for(talk, "user")
    assert f"{home.base}/plugins/servlet/ssh/account/keys" in text
    assert "Registered on your account" in text
    opens(home)


def test_who_stops_gets_the_error(anyone: Home, env: dict[str, str]):
    talk = member(anyone, env)
    talk.answer(PROJECT, "4 of 4")
    text = talk.end(4)
    assert "\ngit-bbkey: permission: cannot register the key on project" in text
    assert f"\nhint: run: git bbkey request {anyone.https_url()}, " in text
    assert not (anyone.folder / ".config" / "git-bbkey").exists()


# --- without a token ---------------------------------------------------------


def test_without_a_token_an_admin_is_asked(anyone: Home, env: dict[str, str]):
    talk = nobody(anyone, env)
    talk.answer(NO_WAY, "1 of 3")
    text = wait_for(talk, "project")
    assert text.count(NO_TOKEN) == 1
    opens(anyone, anyone.ssh_url())


def test_with_no_repository_to_try_there_is_nothing_to_wait_for(home: Home):
    page = f"{home.base}/projects/PROJ"
    home.token = None
    talk = Talk(home, page, NO_COLOR="1")
    talk.answer(NO_TOKEN)
    text = talk.end(3)
    assert NO_WAY not in text
    assert f"git bbkey request {page}" in " ".join(text.split())


def test_without_a_token_the_key_is_pasted_into_the_account(anyone: Home):
    talk = nobody(anyone, {})
    talk.answer(NO_WAY, "2 of 3")
    text = wait_for(talk, "user")
    assert "Add this SSH key to your own Bitbucket account" in text
    assert "Waiting until the key is added there" in talk.text
    assert text.count(NO_TOKEN) == 1
    opens(anyone, anyone.ssh_url())


def test_without_a_token_who_stops_gets_the_error(anyone: Home):
    talk = nobody(anyone, {})
    talk.answer(NO_WAY, "3 of 3")
    text = talk.end(3)
    assert "\ngit-bbkey: auth: there is no token for" in text
    assert "\nhint: without a token, run: git bbkey request" in text


# --- Ctrl-C ------------------------------------------------------------------


def shell(home: Home, *words: str) -> pexpect.spawn:
    """`init` in a shell that outlives it and tells the terminal's state;
    not through git, whose own end by the signal would hide ours."""
    return home.terminal(
        "sh", "-c", 'trap : INT; stty -g; git-bbkey init "$@"; '
        'echo "status $?"; stty -g', "sh", *words)


def interrupted(home: Home, spawned: pexpect.spawn) -> None:
    spawned.sendintr()
    spawned.expect(r"status (\d+)\r\n(\S+)\r\n")
    assert spawned.match[1] == "130"
    after = spawned.match[2]
    spawned.expect(pexpect.EOF)
    spawned.close()
    assert after == home.before
    assert not (home.folder / ".config" / "git-bbkey").exists()
    assert [e for e in home.events("http") if e["method"] == "POST" and
            e["status"] in (200, 201)] == []


def begin(home: Home) -> pexpect.spawn:
    home.token = "member" if isinstance(home, CloudHome) else "reader"
    spawned = shell(home, "--scope", "project", home.https_url())
    spawned.expect(r"^(\S+)\r\n")
    home.before = spawned.match[1]
    spawned.expect_exact("stop here\r\n[1] ")
    return spawned


def test_ctrl_c_at_the_question_leaves_all_as_it_was(anyone: Home):
    interrupted(anyone, begin(anyone))


def test_ctrl_c_while_it_waits_leaves_all_as_it_was(anyone: Home):
    spawned = begin(anyone)
    spawned.sendline("1")
    spawned.expect_exact(WAITING)
    interrupted(anyone, spawned)
    # and it goes on where it was
    add_key(anyone, "project")
    run = anyone.bbkey("init", "--scope", "project", anyone.https_url())
    assert run.status == 0, run
    assert len(anyone.private_keys()) == 1


# --- more than was given -----------------------------------------------------


def test_wait_for_write_is_not_content_with_read(home: Home):
    home.token = "reader"
    talk = Talk(home, "--wait", "--write", home.https_url())
    talk.until(WAITING)
    add_key(home, "project")
    talk.until(WAITING)  # it has looked, and waits on
    (key,) = home.private_keys()
    (grant,) = home.keys_registered()
    home.sandbox.control("DELETE", "/keys", {"id": grant["key"]["id"]})
    home.sandbox.control("POST", "/keys", {
        "text": Path(f"{key}.pub").read_text(), "scope": "project",
        "project": "PROJ", "permission": "PROJECT_WRITE"})
    assert "Registered by somebody else, write access" in talk.end(0)


# --- said before -------------------------------------------------------------

LIMITS = "Cloud lets those read, not push, and not get Git LFS files"


@pytest.mark.parametrize("answer, scope", [("", "user"), ("n", None)])
def test_to_push_to_cloud_the_account_is_offered(cloud: CloudHome,
                                                 answer: str,
                                                 scope: str | None):
    cloud.token = "admin"
    talk = Talk(cloud, "--write", cloud.https_url(), NO_COLOR="1")
    talk.answer("may do what you may?", answer)
    text = talk.end(0 if scope else 4)
    assert "An access key of Bitbucket Cloud can only read." in text
    assert LIMITS not in " ".join(text.split())
    assert len(sandbox_keys(cloud)) == (1 if scope else 0)
    assert cloud.deploy_keys() == []
    if not scope:
        assert f"git bbkey init --scope personal {cloud.https_url()}" in text


@pytest.mark.parametrize("scope", ["project", "repo", "personal"])
def test_what_an_access_key_of_cloud_cannot_do_is_said_before(
        cloud: CloudHome, scope: str):
    cloud.token = "admin"
    run = cloud.bbkey("init", "--scope", scope, cloud.https_url())
    text = " ".join(run.err.split())
    assert run.status == 0 and (LIMITS in text) == (scope != "personal"), run
    if scope != "personal":
        assert text.index(LIMITS) < text.index("Registered on ")
    again = cloud.bbkey("init", "--scope", scope, cloud.https_url())
    assert LIMITS not in " ".join(again.err.split()), again


def test_a_clone_says_it_before_too_and_once(cloud: CloudHome):
    cloud.token = "admin"
    clone = cloud.bbkey("clone", "--scope", "project", cloud.https_url(),
                        "app")
    text = " ".join(clone.err.split())
    assert clone.status == 0 and text.count(LIMITS) == 1, clone
    assert text.index(LIMITS) < text.index("Registered on ")


def test_a_key_of_the_person_is_not_made_an_access_key_unwarned(anyone: Home):
    anyone.token = "admin" if isinstance(anyone, CloudHome) else \
        "project_admin"
    key = anyone.make_ssh_folder() / "id_ed25519"
    anyone.make_key(key)
    for words in (["--dry-run"], []):
        run = anyone.bbkey("init", "--scope", "project", "--key", str(key),
                           *words, anyone.https_url())
        text = " ".join(run.err.split())
        assert run.status == 0 and (
            "An access key cannot be on your account, too: without --key, "
            "one is made for this") in text, run
