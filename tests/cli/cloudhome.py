"""A person on Bitbucket Cloud.

The names are Cloud's own, https://bitbucket.org; that its REST API and its SSH
are the sandbox's, two settings of protected configuration say:

    bbkey.https://bitbucket.org.apiUrl = https://localhost:<port>/2.0
    bbkey.https://bitbucket.org.ssh    = ssh://git@localhost:<port>

Tests with the real names of SSH, in a network namespace: test_cloud_names.py.
"""

from __future__ import annotations

import urllib.parse
from typing import Any

from home import Home

BASE = "https://bitbucket.org"


class CloudHome(Home):
    """`token` is a name of the sandbox's tokens, as for Data Center."""

    def __post_init__(self) -> None:
        super().__post_init__()
        config = self.folder / ".gitconfig"
        config.write_text(
            config.read_text() +
            f"[http \"{self.sandbox.api_url}\"]\n"
            f"\tsslCAInfo = {self.sandbox.ca}\n"
            f"[bbkey \"{BASE}\"]\n\tapiUrl = {self.sandbox.api_url}\n"
            f"\tssh = {self.sandbox.ready['ssh_url']}\n")

    @property
    def base(self) -> str:
        return BASE

    @property
    def ssh_place(self) -> str:
        """As records are kept: localhost:<port>."""
        return urllib.parse.urlsplit(self.sandbox.ready["ssh_url"]
                                     ).netloc.split("@")[1]

    def https_url(self, project: str = "acme", repo: str = "app") -> str:
        return f"{BASE}/{project}/{repo}.git"

    def ssh_url(self, project: str = "acme", repo: str = "app") -> str:
        return f"{self.sandbox.ready['ssh_url']}/{project}/{repo}.git"

    def old_url(self, project: str = "acme", repo: str = "app") -> str:
        """As it was before November 2026."""
        return f"git@bitbucket.org:{project}/{repo}.git"

    def environment(self, **more: str | None) -> dict[str, str]:
        given: dict[str, str | None] = {}
        if self.token:
            token = self.sandbox.tokens[self.token]
            given = {"BBKEY_TOKEN": token["token"], "BBKEY_URL": BASE,
                     "BBKEY_USER": token["user"]}
        name, self.token = self.token, None
        try:
            return super().environment(**(given | more))
        finally:
            self.token = name

    def deploy_keys(self, place: str = "project") -> list[dict[str, Any]]:
        """What the server has: of the project PROJ, or a path of its own."""
        path = {"project": "/2.0/workspaces/acme/projects/PROJ/deploy-keys",
                "repo": "/2.0/repositories/acme/app/deploy-keys",
                }.get(place, place)
        return self.sandbox.rest("GET", path, "admin").json["values"]

    def add_key(self, scope: str, line: str, **more: Any) -> None:
        """An admin pastes a public key: scope project, repo or user."""
        where: dict[str, Any] = {"scope": scope, "text": line,
                                 "workspace": "acme"}
        where |= {"project": {"project": "PROJ"}, "repo": {"repo": "app"},
                  "user": {"user": "member"}}[scope]
        self.sandbox.control("POST", "/keys", where | more)
