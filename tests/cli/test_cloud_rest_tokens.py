"""Where a token for Cloud comes from, and whose it is: R19.

What a file, a variable or a command may hold is the same on both editions:
test_rest_tokens.py.  On Cloud a user goes with it, BBKEY_USER or
bbkey.<base>.user: an e-mail address makes it an API token, x-token-auth or
none an access token; any other is refused before anything is sent.
"""

from __future__ import annotations

import os

import pytest
from cloudhome import BASE, CloudHome
from rest_checks import (configure, init, like_plain_ssh, nothing_made,
                         refused, sandbox_keys, secret_file, trust_ssh_host,
                         users, with_token)



def give(cloud: CloudHome, how: str, name: str = "project_admin"
         ) -> tuple[list[str], dict[str, str]]:
    """Options and environment that bring the token in this way."""
    source, _, whose = how.partition(" with ")
    token = cloud.sandbox.tokens[name]
    secret, mail = token["token"], token["user"]
    cloud.token = None
    more: list[str] = []
    if source == "option":
        more = ["--token-file", str(secret_file(cloud, "token", secret))]
    elif source == "file":
        configure(cloud, f"bbkey.{BASE}.tokenFile",
                  str(secret_file(cloud, "token", secret)))
    elif source == "command":
        configure(cloud, f"bbkey.{BASE}.tokenCommand",
                  f"cat '{secret_file(cloud, 'token', secret)}'")
    else:
        user = {"helper": mail.replace("@", "%40")}.get(how, "x")
        if how == "helper of git":
            user = "x-bitbucket-api-token-auth"
        stored = cloud.folder / ".git-credentials"
        stored.write_text(f"https://{user}:{secret}@bitbucket.org\n")
        stored.chmod(0o600)
        cloud.may_hold_secrets = [str(stored)]
        configure(cloud, "credential.helper", "store")
    if whose == "user":
        configure(cloud, f"bbkey.{BASE}.user", mail)
    return more, {"BBKEY_USER": mail} if whose == "BBKEY_USER" else {}


# --- whose it is -------------------------------------------------------------

@pytest.mark.row("R19")
@pytest.mark.parametrize("how", ["file with user", "option with user",
                                 "command with user", "helper"])
def test_r19_each_source_with_its_user_registers_a_key(cloud: CloudHome,
                                                       how: str):
    more, env = give(cloud, how)
    result = init(cloud, *more, env=env)
    assert result.status == 0, result
    assert users(cloud) == {"dev"}
    assert {e["auth"] for e in cloud.events("http")} == {"none", "basic"}
    assert len(cloud.deploy_keys()) == 1


@pytest.mark.row("R19")
@pytest.mark.parametrize("how", ["file", "option"])
def test_r19_bbkey_user_belongs_to_bbkey_token_alone(cloud: CloudHome,
                                                     how: str):
    """As CONTRACT.md has it: `bbkey.<base>.user` is for all others."""
    more, env = give(cloud, f"{how} with BBKEY_USER")
    result = init(cloud, *more, env=env)
    refused(result, "auth")
    assert "bbkey.<base>.user" in result.hint and "e-mail" in result.hint
    nothing_made(cloud)


@pytest.mark.row("R19")
def test_r19_what_a_helper_keeps_for_git_goes_nowhere(cloud: CloudHome):
    """Its user, x-bitbucket-api-token-auth, is no e-mail address."""
    more, env = give(cloud, "helper of git")
    result = init(cloud, *more, env=env)
    refused(result, "auth")
    assert "BBKEY_USER" in result.hint
    assert with_token(cloud) == []
    nothing_made(cloud)


@pytest.mark.row("R19")
@pytest.mark.parametrize("user", ["x-token-auth", None])
def test_r19_an_access_token_is_a_bearer(cloud: CloudHome, user: str | None):
    cloud.token = "oauth"
    result = init(cloud, env={"BBKEY_USER": user})
    assert result.status == 0, result
    assert {e["auth"] for e in cloud.events("http")} == {"none", "bearer"}


@pytest.mark.row("R19")
def test_r19_bbkey_user_comes_before_the_setting(cloud: CloudHome):
    configure(cloud, f"bbkey.{BASE}.user", "nobody@example.com")
    assert init(cloud).status == 0
    assert users(cloud) == {"dev"}


@pytest.mark.row("R19")
@pytest.mark.parametrize("user", ["dev", "a\r\nX-Injected: 1", "a\nb", "a:b",
                                  "a\x1b]0;x\x07", "x" * 5000, "dev ",
                                  "\u202egro"])
def test_r19_a_user_that_is_no_address_is_refused_before_anything_is_sent(
        cloud: CloudHome, user: str):
    result = init(cloud, env={"BBKEY_USER": user})
    refused(result, "auth")
    assert with_token(cloud) == []
    assert len(result.error) < 1500
    nothing_made(cloud)


@pytest.mark.row("R19")
@pytest.mark.parametrize("user", ["a@b\r\nX-Injected: 1", "a@b\nc", "@",
                                  "a@b:c", "a@b\x1b]0;x\x07",
                                  "@" + "x" * 5000])
def test_r19_an_address_cannot_carry_a_header(cloud: CloudHome, user: str):
    """Basic is base64: what it holds is not of the request."""
    result = init(cloud, env={"BBKEY_USER": user})
    refused(result, "auth")
    assert users(cloud) <= {None}
    nothing_made(cloud)


# --- files -------------------------------------------------------------------

BAD = {"empty": b"", "CRLF": b"abc\r\n", "two lines": b"abc\ndef\n",
       "inner CRLF": b"abc\r\nX-Injected: 1\r\n", "NUL": b"abc\0def",
       "1 MB": b"a" * 1_000_000}


@pytest.mark.user
@pytest.mark.row("R19")
@pytest.mark.parametrize("user", ["dev@example.com", None])
def test_r19_a_file_with_anything_but_a_token_is_refused(cloud: CloudHome,
                                                         user: str | None):
    """With a user it is a password, which may have any character of a line."""
    cloud.tracing = False
    cloud.token = None
    if user:
        configure(cloud, f"bbkey.{BASE}.user", user)
    wrong = {}
    for name, content in BAD.items():
        path = secret_file(cloud, "token", content)
        result = init(cloud, "--token-file", str(path))
        if result.status not in (3, 9) or with_token(cloud) or \
                str(path) not in result.err or result.seconds > 5:
            wrong[name] = (result, with_token(cloud))
            cloud.forget_log()
    nothing_made(cloud)
    assert not wrong, wrong


@pytest.mark.user
@pytest.mark.row("R19")
@pytest.mark.parametrize("kind", ["0644", "FIFO", "link", "folder"])
def test_r19_a_file_that_is_not_the_persons_own_is_refused(cloud: CloudHome,
                                                           kind: str):
    good = cloud.sandbox.tokens["project_admin"]["token"]
    cloud.token = None
    path = cloud.work / "it"
    if kind == "0644":
        secret_file(cloud, "it", good, 0o644)
    elif kind == "FIFO":
        os.mkfifo(path, 0o600)
    elif kind == "link":
        path.symlink_to(secret_file(cloud, "good", good))
    else:
        path.mkdir()
    result = init(cloud, "--token-file", str(path), timeout=20)
    refused(result, "auth")
    assert str(path) in result.err and with_token(cloud) == []
    assert kind != "0644" or "chmod 600" in result.hint
    nothing_made(cloud)


@pytest.mark.row("R19")
def test_r19_a_plain_clone_with_a_bad_token_file_ends_as_ssh_would(
        cloud: CloudHome):
    cloud.enrol()
    trust_ssh_host(cloud)
    cloud.token = None
    cloud.forget_log()
    configure(cloud, f"bbkey.{BASE}.tokenFile",
              str(secret_file(cloud, "token", "a b\nc")))
    clone = like_plain_ssh(cloud)
    assert "Permission denied" in clone.err
    assert with_token(cloud) == [] == sandbox_keys(cloud)


# --- nobody has one ----------------------------------------------------------

@pytest.mark.row("R19")
def test_r19_the_answer_without_any_says_how_to_give_one(cloud: CloudHome):
    cloud.token = None
    result = init(cloud)
    refused(result, "auth")
    for word in ("BBKEY_URL", "BBKEY_USER", "BBKEY_TOKEN", "--token-file",
                 "admin:project:bitbucket", "id.atlassian.com"):
        assert word in result.hint, word
    nothing_made(cloud)
