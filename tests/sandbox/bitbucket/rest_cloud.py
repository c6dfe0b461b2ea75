"""Cloud's REST resources, except those of keys.

``PATHS`` is a table of method, path below ``/2.0`` and `Resource`: a handler
and what credentials it takes.  A handler takes a `Call`, returns JSON, an
`Answer` or None (204), and raises `Refusal`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping

from . import cloud_errors as errors
from . import cloud_json as show
from .cloud_instance import CloudInstance
from .cloud_paging import page
from .cloud_seed import full
from .cloud_world import API_TOKEN, OAUTH, Project, Repo, User
from .world import READ, Caller

EVERY_KIND = "every"        # any credentials with the scopes
NO_ACCESS_TOKEN = "person"  # no token of a repository, project, workspace
PROJECT_KEYS = "project"    # so, but for a setting about workspaces' tokens


@dataclass
class Call:
    """One request, parsed and authenticated."""

    instance: CloudInstance
    caller: Caller
    path: str
    query: Mapping[str, str]
    body: bytes
    names: dict[str, str] = field(default_factory=dict)

    def user(self) -> User:
        """The caller's account; access tokens have none."""
        if self.caller.user is None:
            raise errors.unauthenticated()
        return self.caller.user

    def project(self, least: int) -> Project:
        """The path's project, if the caller has this level on it."""
        project = self.instance.world.project(self.names["workspace"],
                                              self.names["project"])
        if project is None or self.level(project) < READ:
            raise errors.no_resource()
        return self.checked(project, least)

    def repo(self, least: int) -> Repo:
        """The path's repository, if the caller has this level on it."""
        repo = self.instance.world.repo(self.names["workspace"],
                                        self.names["slug"])
        if repo is None or self.level(repo) < READ:
            raise errors.no_repo()
        return self.checked(repo, least)

    def level(self, place: Project | Repo) -> int:
        """What the caller may do at a place, scopes aside."""
        return self.instance.world.level(self.caller, place)

    def checked(self, place: Any, least: int) -> Any:
        """The place; 403 for who may not do this much there."""
        if self.level(place) < least:
            raise errors.forbidden(self.instance.settings.forbidden_message)
        return place

    def json(self) -> dict[str, Any]:
        """The body as an object.  UNCONFIRMED: the error of a bad one."""
        try:
            value = json.loads(self.body or b"null")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise errors.Refusal(400, "Bad request")
        return value

    def page(self, rows: list[Any]) -> dict[str, Any]:
        """One page of rows, as the query wants it."""
        url = self.instance.api_url + self.path
        return page(rows, self.query, self.instance.settings, url)


@dataclass(frozen=True)
class Resource:
    """A handler, and the credentials that it takes.

    All of the scopes are needed.  `anonymous` is what those without
    credentials get: 401, or 0 for the setting anonymous_status.
    """

    handler: Callable[[Call], Any]
    oauth: tuple[str, ...] = ()
    api: tuple[str, ...] = ()
    kinds: str = EVERY_KIND
    anonymous: int = 0

    def check(self, call: Call) -> None:
        """Refuse credentials that are missing, of a wrong kind, too weak."""
        token, settings = call.caller.token, call.instance.settings
        if token is None:
            raise errors.anonymous(self.anonymous
                                   or settings.anonymous_status)
        if not self._takes(token.kind, settings):
            raise errors.wrong_mechanism()
        needed = full(self.api) if token.kind == API_TOKEN else self.oauth
        if not all(token.has(scope) for scope in needed):
            raise errors.lacks_scopes(list(needed), token.scopes,
                                      settings.scope_error == "detail")

    def _takes(self, kind: str, settings: Any) -> bool:
        if kind in (API_TOKEN, OAUTH) or self.kinds == EVERY_KIND:
            return True
        return (self.kinds == PROJECT_KEYS
                and kind == "workspace-access-token"
                and settings.workspace_token_project_keys == "allow")


def get_user(call: Call) -> dict[str, Any]:
    """The caller's own account."""
    return show.user_json(call.instance, call.user())


def get_repo(call: Call) -> dict[str, Any]:
    """One repository."""
    return show.repo_json(call.instance, call.repo(READ), call.caller.user)


def get_project(call: Call) -> dict[str, Any]:
    """One project."""
    return show.project_json(call.instance, call.project(READ))


def visible(call: Call, places: list[Any]) -> list[Any]:
    """Those of the path's workspace that the caller may see."""
    return [place for place in places
            if place.workspace.slug == call.names["workspace"]
            and call.level(place) >= READ]


def workspace_projects(call: Call) -> dict[str, Any]:
    """The projects of a workspace."""
    return call.page([show.project_json(call.instance, project) for project
                      in visible(call, call.instance.world.projects)])


def workspace_repos(call: Call) -> dict[str, Any]:
    """The repositories of a workspace."""
    return call.page([show.repo_json(call.instance, repo, call.caller.user)
                      for repo in visible(call, call.instance.world.repos)])


def user_workspaces(call: Call) -> dict[str, Any]:
    """The caller's workspaces.

    UNCONFIRMED: scopes and fields; `workspace` and `administrator` are those
    of the specification's workspace_access.
    """
    user = call.user()
    rows = [{"type": "workspace_access",
             "administrator": user.rights.get(home.slug) == "admin",
             "workspace": show.workspace_json(call.instance, home)}
            for home in call.instance.world.workspaces.values()
            if any(name.split("/")[0] == home.slug for name in user.rights)]
    return call.page(rows)


def removed(call: Call) -> None:
    """A list across workspaces."""
    raise errors.removed(call.instance.settings.removed_status)


REPO = "/repositories/{workspace}/{slug}"
PROJECT = "/workspaces/{workspace}/projects/{project}"
PATHS = [
    ("GET", REPO, Resource(get_repo, ("repository",), ("read:repository",))),
    ("GET", PROJECT, Resource(get_project, ("project",), ("read:project",),
                              anonymous=401)),
    ("GET", "/user", Resource(get_user, ("account",), ("read:user",),
                              anonymous=401)),
    ("GET", "/user/workspaces", Resource(user_workspaces, anonymous=401,
                                         kinds=NO_ACCESS_TOKEN)),
    ("GET", "/workspaces/{workspace}/projects",
     Resource(workspace_projects, ("project",), ("read:project",),
              anonymous=401)),
    ("GET", "/repositories/{workspace}",
     Resource(workspace_repos, ("repository",), ("read:repository",))),
    ("GET", "/repositories", Resource(removed)),
    ("GET", "/workspaces", Resource(removed)),
]
