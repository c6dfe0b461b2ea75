"""Cloud's world: workspaces, projects, repositories, accounts and tokens.

A repository belongs to a workspace and has a slug of its own there; its
project is only one of its properties.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from .world import ADMIN, READ, WRITE, Caller, random_token

WORDS = {"read": READ, "write": WRITE, "admin": ADMIN}
API_TOKEN, OAUTH, APP_PASSWORD = "api-token", "oauth", "app-password"
ACCESS_TOKENS = ("repository", "project", "workspace")
KINDS = (API_TOKEN, OAUTH, APP_PASSWORD,
         *(f"{place}-access-token" for place in ACCESS_TOKENS))


def new_uuid(name: str) -> str:
    """A UUID in braces, the same for the same name."""
    return f"{{{uuid.uuid5(uuid.NAMESPACE_OID, name)}}}"


@dataclass
class User:
    """An account.

    `rights` maps ``ws``, ``ws/KEY`` or ``ws/slug`` to read, write or admin.
    """

    name: str
    rights: dict[str, str]

    @property
    def email(self) -> str:
        """What goes with an API token in REST."""
        return f"{self.name}@example.com"

    @property
    def uuid(self) -> str:
        """The UUID, in braces."""
        return new_uuid("user " + self.name)

    @property
    def account_id(self) -> str:
        """The Atlassian account id."""
        return "557058:" + new_uuid("account " + self.name).strip("{}")


@dataclass
class Workspace:
    """A workspace."""

    slug: str

    @property
    def uuid(self) -> str:
        """The UUID, in braces."""
        return new_uuid("workspace " + self.slug)


@dataclass
class Project:
    """A project of a workspace."""

    workspace: Workspace
    key: str
    name: str

    @property
    def path(self) -> str:
        """Its name in a user's rights."""
        return f"{self.workspace.slug}/{self.key}"

    @property
    def uuid(self) -> str:
        """The UUID, in braces."""
        return new_uuid("project " + self.path)


@dataclass
class Repo:
    """A repository of a workspace, in a project."""

    slug: str
    project: Project

    @property
    def workspace(self) -> Workspace:
        """The workspace of its project."""
        return self.project.workspace

    @property
    def folder(self) -> str:
        """The folder of its bare repository."""
        return self.workspace.slug

    @property
    def path(self) -> str:
        """Its full name, ``ws/slug``."""
        return f"{self.workspace.slug}/{self.slug}"

    @property
    def uuid(self) -> str:
        """The UUID, in braces."""
        return new_uuid("repository " + self.path)


@dataclass
class Token:
    """Any of Cloud's credentials, with its scopes.

    `user` is whose it is; the access token of a place (``ws``, ``ws/KEY`` or
    ``ws/slug``) has `place` instead and acts for nobody.
    """

    id: int
    value: str
    kind: str
    scopes: list[str]
    user: str | None = None
    place: str | None = None
    expired: bool = False

    @property
    def bearer(self) -> bool:
        """True for what REST takes as Bearer and not as a password."""
        return self.kind not in (API_TOKEN, APP_PASSWORD)

    def has(self, scope: str) -> bool:
        """True for a scope it has; no scope contains another."""
        return scope in self.scopes


class World:
    """Accounts, tokens and places of the seed, and later ones."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.tokens: list[Token] = []
        self.workspaces: dict[str, Workspace] = {}
        self.projects: list[Project] = []
        self.repos: list[Repo] = []
        self._tokens_made = 0

    def add_user(self, name: str, rights: dict[str, str]) -> User:
        """Add an account."""
        user = self.users[name] = User(name, rights)
        return user

    def add_project(self, workspace: str, key: str, name: str,
                    slugs: list[str]) -> Project:
        """Add a project with its repositories, and the workspace."""
        home = self.workspaces.setdefault(workspace, Workspace(workspace))
        project = Project(home, key, name)
        self.projects.append(project)
        self.repos += [Repo(slug, project) for slug in slugs]
        return project

    def add_token(self, kind: str, scopes: list[str],
                  user: str | None = None, place: str | None = None,
                  expired: bool = False) -> Token:
        """Add a token with a random value."""
        self._tokens_made += 1
        token = Token(self._tokens_made, random_token(), kind, scopes, user,
                      place, expired)
        self.tokens.append(token)
        return token

    def workspace(self, name: str) -> Workspace | None:
        """Find a workspace by slug or by {uuid}."""
        return next((w for w in self.workspaces.values()
                     if name.lower() == w.slug or name == w.uuid), None)

    def project(self, workspace: str, key: str) -> Project | None:
        """Find a project by its key; UNCONFIRMED whether case matters."""
        home = self.workspace(workspace)
        return next((p for p in self.projects if p.workspace is home
                     and key.upper() == p.key), None)

    def repo(self, workspace: str, slug: str) -> Repo | None:
        """Find a repository by slug or by {uuid}."""
        home = self.workspace(workspace)
        return next((r for r in self.repos if r.workspace is home
                     and (slug.lower() == r.slug or slug == r.uuid)), None)

    def selected_user(self, name: str) -> User | None:
        """Find an account by account id or {uuid}, and by nothing else."""
        return next((u for u in self.users.values()
                     if name in (u.account_id, u.uuid)), None)

    def repos_of(self, project: Project) -> list[Repo]:
        """The repositories of a project."""
        return [r for r in self.repos if r.project is project]

    def user_level(self, user: User, place: Project | Repo) -> int:
        """What an account may: 0 nothing, 1 read, 2 write, 3 administrate."""
        return max(WORDS.get(user.rights.get(name, ""), 0)
                   for name in places_of(place))

    def level(self, caller: Caller, place: Project | Repo) -> int:
        """What the caller may, scopes aside."""
        if caller.user:
            return self.user_level(caller.user, place)
        if caller.token and caller.token.place in places_of(place):
            return ADMIN
        return 0

    def find_token(self, value: str) -> Token | None:
        """The token with this value, unless it has expired."""
        return next((t for t in self.tokens
                     if t.value == value and not t.expired), None)


def places_of(place: Project | Repo) -> list[str]:
    """The names that give a right on a place, from the outside in."""
    outer = [place.workspace.slug]
    if isinstance(place, Repo):
        outer.append(place.project.path)
    return [*outer, place.path]
