"""What the tests of `login` and `logout` share: tokens, and git's helpers."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from cloudhome import CloudHome
from home import Home, Result
from rest_checks import configure, secret_file

FOR_GIT = "x-bitbucket-api-token-auth"
NOBODY = "x-token-auth"
APART = ".bbkey.invalid"
CANARY = "Y2FuYXJ5LXRva2VuLW9mLXRoZS1wZXJzb24"


@dataclass
class Token:
    """A token of the sandbox, and how it must be kept."""

    value: str
    user: str | None = None   # --user
    kept_as: str = ""         # the user name in git's helper
    apart: bool = False
    means: str = "bearer"     # how REST is to be asked with it
    who: str | None = None    # "user" of --json
    for_git: bool = True      # git can fetch over https with it


def token_of(home: Home, kind: str) -> Token:
    """"person", "password", "project"; of Cloud "api" and "oauth"."""
    tokens = home.sandbox.tokens
    if kind == "person":
        return Token(tokens["project_admin"], None, "dev", who="dev")
    if kind == "password":
        return Token(home.sandbox.users["dev"], "dev", "dev", means="basic",
                     who="dev")
    if kind == "project":
        made = home.sandbox.control("POST", "/tokens", {
            "user": "dev", "permissions": ["PROJECT_ADMIN"],
            "project": "PROJ"})["token"]
        home.more_secrets = [*getattr(home, "more_secrets", []), made]
        return Token(made, None, NOBODY, apart=True, for_git=False)
    if kind == "api":
        found = tokens["project_admin"]
        return Token(found["token"], found["user"], FOR_GIT, means="basic",
                     who="dev")
    return Token(tokens["oauth"]["token"], None, NOBODY, who="dev")


KINDS = ["person", "password", "project", "api", "oauth"]
DC_KINDS, CLOUD_KINDS = KINDS[:3], KINDS[3:]


def place(home: Home) -> str:
    """The host, as git writes it."""
    return urllib.parse.urlsplit(home.base).netloc


def store_file(home: Home) -> Path:
    return home.folder / ".git-credentials"


def use_store(home: Home) -> Path:
    """git-credential-store, in the home: the one file with secrets in it."""
    configure(home, "credential.helper", "store")
    home.may_hold_secrets = [str(store_file(home))]
    return store_file(home)


def stored(home: Home) -> list[tuple[str, str, str]]:
    """(host, user name, secret) of each line of git-credential-store."""
    if not store_file(home).exists():
        return []
    found = []
    for line in store_file(home).read_text().splitlines():
        url = urllib.parse.urlsplit(line)
        userinfo, _, host = url.netloc.rpartition("@")
        user, _, secret = userinfo.partition(":")
        found.append((urllib.parse.unquote(host), urllib.parse.unquote(user),
                      urllib.parse.unquote(secret)))
    return found


def kept(home: Home, token: Token) -> tuple[str, str, str]:
    """How this one must stand in there."""
    host, colon, port = place(home).partition(":")
    return (host + (APART if token.apart else "") + colon + port,
            token.kept_as, token.value)


def give(home: Home, token: Token, *words: str, url: str | None = None,
         **how: object) -> Result:
    """`git bbkey login`, the token by standard input."""
    user = ["--user", token.user] if token.user else []
    return home.bbkey("login", url or home.base, "--stdin", *user, *words,
                      stdin=token.value + "\n", **how)


def good(result: Result) -> Result:
    assert result.status == 0, result
    return result


def logged_in(home: Home, token: Token) -> None:
    good(give(home, token))
    home.forget_log()


def secrets_sent(home: Home) -> list[str]:
    """How each request with credentials authenticated itself."""
    return [e["auth"] for e in home.events("http") if e["auth"] != "none"]


def is_cloud(home: Home) -> bool:
    return isinstance(home, CloudHome)


def wrong_token(home: Home) -> Token:
    home.more_secrets = [*getattr(home, "more_secrets", []), CANARY]
    return Token(CANARY, "dev@example.com" if is_cloud(home) else None)


def askpass(home: Home, *answers: str) -> dict[str, str]:
    """GIT_ASKPASS that gives the answers in turn; the secret is the last."""
    for number, answer in enumerate(answers):
        secret_file(home, f"answer-{number}", answer + "\n")
    script = home.work / "askpass"
    script.write_text(f"#!/bin/sh\ncd '{home.work}'\n"
                      "n=$(cat asked 2>/dev/null || echo 0)\n"
                      "echo $((n + 1)) >asked\nexec cat answer-$n\n")
    script.chmod(0o700)
    return {"GIT_ASKPASS": str(script)}
