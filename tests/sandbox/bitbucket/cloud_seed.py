"""The world that every test on Cloud begins with."""

from __future__ import annotations

from typing import Any

from .cloud_world import API_TOKEN, APP_PASSWORD, OAUTH, Token, World

READ_USER, READ_PROJECT, ADMIN_PROJECT = (
    "read:user", "read:project", "admin:project")
READ_REPO, WRITE_REPO, ADMIN_REPO = (
    "read:repository", "write:repository", "admin:repository")
READ_KEY, WRITE_KEY, DELETE_KEY = (
    "read:ssh-key", "write:ssh-key", "delete:ssh-key")
ALL = [READ_USER, READ_PROJECT, ADMIN_PROJECT, READ_REPO, WRITE_REPO,
       ADMIN_REPO, READ_KEY, WRITE_KEY, DELETE_KEY]
OAUTH_SCOPES = ["repository", "repository:admin", "project", "project:admin",
                "account", "account:write"]
REPO_SCOPES = ["repository", "repository:write", "repository:admin"]

# Name: account and scopes.
API_TOKENS = {
    "admin": ("admin", ALL),
    "project_admin": ("dev", ALL),
    "repo_admin": ("repoadmin", ALL),
    "member": ("member", ALL),
    "project_only": ("dev", [READ_REPO, ADMIN_PROJECT, WRITE_KEY]),
    "repo_only": ("repoadmin", [READ_REPO, ADMIN_REPO, WRITE_KEY]),
    "personal_only": ("member", [READ_USER, READ_KEY, WRITE_KEY]),
    "reader": ("member", [READ_REPO]),
    "no_write_key": ("dev", [s for s in ALL if s != WRITE_KEY]),
    "unscoped": ("dev", []),
    "none": ("stranger", ALL),
}
# Name: kind, place and scopes.  A project's token can't have project:admin.
ACCESS_TOKENS = {
    "repository_token": ("repository", "acme/app", REPO_SCOPES),
    "project_token": ("project", "acme/PROJ", [*REPO_SCOPES, "project"]),
    "workspace_token": ("workspace", "acme", [*REPO_SCOPES, "project",
                                              "project:admin"]),
}


def full(scopes: list[str]) -> list[str]:
    """Scopes of API tokens end with ``:bitbucket``."""
    return [s if s.endswith(":bitbucket") else s + ":bitbucket"
            for s in scopes]


def new_world() -> World:
    """Accounts and places."""
    world = World()
    world.add_user("admin", {"acme": "admin"})
    world.add_user("dev", {"acme/PROJ": "admin", "acme/LIB": "admin",
                           "acme/OTHER": "read", "dev": "admin"})
    world.add_user("repoadmin", {"acme/PROJ": "read", "acme/app": "admin"})
    world.add_user("member", {"acme/PROJ": "write"})
    world.add_user("stranger", {})
    world.add_project("acme", "PROJ", "Project", ["app", "tool"])
    world.add_project("acme", "LIB", "Library", ["core"])
    world.add_project("acme", "OTHER", "Other", ["secret"])
    world.add_project("other", "PROJ", "Project", ["app"])
    world.add_project("dev", "DEV", "dev", ["notes"])
    return world


def seed() -> tuple[World, dict[str, dict[str, Any]]]:
    """The world, and its tokens as the ready line shows them."""
    world = new_world()
    made = {name: world.add_token(API_TOKEN, full(scopes), user)
            for name, (user, scopes) in API_TOKENS.items()}
    made["expired"] = world.add_token(API_TOKEN, full(ALL), "dev",
                                      expired=True)
    made["oauth"] = world.add_token(OAUTH, list(OAUTH_SCOPES), "dev")
    for name, (kind, place, scopes) in ACCESS_TOKENS.items():
        made[name] = world.add_token(f"{kind}-access-token", list(scopes),
                                     place=place)
    made["app_password"] = world.add_token(APP_PASSWORD, [], "dev")
    return world, {name: shown(world, token) for name, token in made.items()}


def shown(world: World, token: Token) -> dict[str, Any]:
    """A token for tests; `user` goes before it in Basic, null: Bearer."""
    email = None if token.bearer else world.users[token.user].email
    return {"token": token.value, "user": email, "kind": token.kind}
