"""Data Center's world: users, tokens, projects, repositories, and rights."""

from __future__ import annotations

from dataclasses import dataclass, field

from .world import Caller, random_token

LEVELS = ("READ", "WRITE", "ADMIN")


def level(permission: str) -> int:
    """Rank of a permission's last word: READ 1, WRITE 2, ADMIN 3.

    PROJECT_VIEW counts as READ, anything unknown as 0.
    """
    word = permission.rpartition("_")[2].replace("VIEW", "READ")
    return LEVELS.index(word) + 1 if word in LEVELS else 0


@dataclass
class User:
    """An account.  `rights` maps a project's key to a permission."""

    id: int
    name: str
    password: str
    admin: bool = False
    licensed: bool = True
    rights: dict[str, str] = field(default_factory=dict)


@dataclass
class Token:
    """An HTTP access token.

    A token with `project` (and `repo`) belongs to that place and is good as
    Bearer only; the others belong to their user and are also a password.
    """

    id: int
    value: str
    user: str
    name: str
    permissions: list[str]
    project: str | None = None
    repo: str | None = None
    expired: bool = False

    def allows(self, scope: str) -> int:
        """Highest level for "PROJECT" or "REPO".

        A right on projects contains the same right on repositories.
        """
        good = [p for p in self.permissions
                if p.startswith(scope) or p.startswith("PROJECT")]
        return max((level(p) for p in good), default=0)


@dataclass
class Project:
    """A project; a personal one has an owner and a key like ``~dev``."""

    id: int
    key: str
    name: str
    owner: str | None = None
    # Since 8.8: only project administrators manage the keys of repositories.
    restricted: bool = False

    @property
    def personal(self) -> bool:
        """True for somebody's personal project."""
        return self.owner is not None


@dataclass
class Repo:
    """A repository of a project."""

    id: int
    slug: str
    project: Project

    @property
    def folder(self) -> str:
        """The folder of its bare repository."""
        return self.project.key


class World:
    """Users, tokens, projects and repositories of the seed, and later ones."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.tokens: list[Token] = []
        self.projects: dict[str, Project] = {}
        self.repos: list[Repo] = []
        self._tokens_made = 0

    def add_user(self, name: str, **fields: object) -> User:
        """Add an account with a password of its own."""
        user = User(len(self.users) + 1, name, f"{name}-password", **fields)
        self.users[name] = user
        return user

    def add_token(self, user: str, name: str, permissions: list[str],
                  **fields: object) -> Token:
        """Add a token of a user; its value is random."""
        self._tokens_made += 1
        token = Token(self._tokens_made, random_token(), user, name,
                      permissions, **fields)
        self.tokens.append(token)
        return token

    def add_project(self, key: str, name: str, slugs: list[str],
                    owner: str | None = None) -> Project:
        """Add a project with its repositories."""
        project = Project(len(self.projects) + 1, key, name, owner)
        self.projects[key.upper()] = project
        for slug in slugs:
            self.repos.append(Repo(len(self.repos) + 1, slug, project))
        return project

    def project(self, key: str) -> Project | None:
        """Find a project; case does not matter."""
        return self.projects.get(key.upper())

    def repo(self, key: str, slug: str) -> Repo | None:
        """Find a repository; case does not matter."""
        for repo in self.repos:
            if (repo.project.key.upper() == key.upper()
                    and repo.slug == slug.lower()):
                return repo
        return None

    def repos_of(self, project: Project) -> list[Repo]:
        """The repositories of a project."""
        return [r for r in self.repos if r.project is project]

    def level(self, caller: Caller, project: Project,
              repo: Repo | None = None) -> int:
        """What the caller may: 0 nothing, 1 read, 2 write, 3 administrate."""
        if caller.token and caller.token.project:
            return place_token_level(caller.token, project, repo)
        if caller.user is None:
            return 0
        if caller.user.admin or project.owner == caller.user.name:
            own = 3
        else:
            own = level(caller.user.rights.get(project.key, ""))
        if caller.token is None:
            return own
        return min(own, caller.token.allows("REPO" if repo else "PROJECT"))

    def authenticate(self, name: str | None, secret: str) -> Caller | None:
        """Basic (with a name) or Bearer (without); None if it is wrong."""
        user = self.users.get(name) if name is not None else None
        if name is not None and user and user.password == secret:
            return Caller(user, None, "basic")
        for token in self.tokens:
            if token.value != secret or token.expired:
                continue
            if name is None:
                return Caller(self.users[token.user], token, "bearer")
            if token.user == name and token.project is None:
                return Caller(user, token, "basic")
        return None


def place_token_level(token: Token, project: Project,
                      repo: Repo | None) -> int:
    """What a token of a project or of a repository may."""
    if token.project.upper() != project.key.upper():
        return 0
    if token.repo and (repo is None or token.repo != repo.slug):
        return 0
    return token.allows("REPO" if repo else "PROJECT")


def seed() -> tuple[World, dict[str, str]]:
    """The world every test begins with, and its tokens by name."""
    world = World()
    world.add_user("admin", admin=True)
    world.add_user("dev", rights={"PROJ": "PROJECT_ADMIN",
                                  "LIB": "PROJECT_ADMIN",
                                  "OTHER": "PROJECT_READ"})
    world.add_user("member", rights={"PROJ": "PROJECT_READ"})
    world.add_user("stranger")
    world.add_user("unlicensed", licensed=False)
    world.add_project("PROJ", "Project", ["app", "tool"])
    world.add_project("LIB", "Library", ["core"])
    world.add_project("OTHER", "Other", ["secret"])
    world.add_project("~dev", "dev", ["notes"], owner="dev")
    tokens = {
        "admin": ("admin", ["PROJECT_ADMIN"]),
        "project_admin": ("dev", ["PROJECT_ADMIN"]),
        "repo_admin": ("dev", ["PROJECT_READ", "REPO_ADMIN"]),
        "reader": ("member", ["PROJECT_READ"]),
        "unlicensed": ("unlicensed", ["PROJECT_ADMIN"]),
        "none": ("stranger", ["PROJECT_ADMIN"]),
    }
    made = {name: world.add_token(user, name, rights).value
            for name, (user, rights) in tokens.items()}
    return world, made
