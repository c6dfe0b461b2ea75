"""What of the control API is said in Cloud's words."""

from __future__ import annotations

from typing import Callable

from .cloud_instance import CloudInstance
from .cloud_keyring import AccountKey, DeployKey
from .cloud_keys import moment
from .cloud_seed import full, shown
from .cloud_world import API_TOKEN, KINDS, Project, Repo
from .control import Body, Control


class CloudControl(Control):
    """Keys at places and accounts, tokens with scopes, workspaces."""

    _instance: CloudInstance
    host_key_types = ["rsa", "ecdsa", "ed25519"]

    def _own_calls(self) -> dict[tuple[str, str], Callable]:
        return {("POST", "/keys"): self._add_key,
                ("DELETE", "/keys"): self._delete_key,
                ("POST", "/tokens"): self._add_token,
                ("POST", "/projects"): self._add_project,
                ("POST", "/rights"): self._set_rights}

    def _world_state(self) -> Body:
        world, keyring = self._instance.world, self._instance.keyring
        return {
            "keys": [self._key_state(key) for key in
                     [*keyring.deploy_keys, *keyring.account_keys]],
            "users": [u.name for u in world.users.values()],
            "rights": {u.name: u.rights for u in world.users.values()},
            "projects": [p.path for p in world.projects],
            "repos": [f"{r.project.path}/{r.slug}" for r in world.repos],
            "tokens": [{"id": t.id, "kind": t.kind, "user": t.user,
                        "place": t.place, "scopes": t.scopes,
                        "expired": t.expired} for t in world.tokens]}

    def _key_state(self, key: DeployKey | AccountKey) -> Body:
        """A key as the sandbox sees it."""
        state = {"fingerprint": "SHA256:" + key.public.sha256,
                 "text": key.public.line, "label": key.label,
                 "comment": key.comment, "last_used": key.last_used,
                 "honoured": self._instance.keyring.honours(key)}
        if isinstance(key, AccountKey):
            expires = key.expires.isoformat() if key.expires else None
            return {**state, "id": key.uuid, "scope": "user",
                    "user": key.user, "expires_on": expires}
        repo = key.place if isinstance(key.place, Repo) else None
        project = repo.project if repo else key.place
        return {**state, "id": key.id, "scope": "repo" if repo else "project",
                "user": None, "workspace": project.workspace.slug,
                "project": project.key, "repo": repo.slug if repo else None}

    async def _add_key(self, body: Body) -> Body:
        """Register a key behind the product's back: no rights, no block."""
        keyring, label = self._instance.keyring, body.get("label", "")
        if body["scope"] == "user":
            key = keyring.add_account_key(
                self._user(body), body["text"], label,
                moment(body.get("expires_on")), strict=False)
        else:
            key = keyring.add_deploy_key(self._place(body), body["text"],
                                         label, strict=False)
        return self._key_state(key)

    async def _delete_key(self, body: Body) -> None:
        """Remove a key everywhere, by fingerprint or by id."""
        keyring = self._instance.keyring
        keys = [*keyring.deploy_keys, *keyring.account_keys]
        wanted = body.get("fingerprint", "").removeprefix("SHA256:")
        number = body.get("id")
        keyring.forget([
            key for key in keys if key.public.sha256 == wanted
            or number is not None
            and self._key_state(key)["id"] in (number, str(number))])

    async def _add_token(self, body: Body) -> Body:
        """Make a token; that of a place needs no user."""
        kind = body.get("kind", API_TOKEN)
        if kind not in KINDS:
            raise ValueError(f"no token is called '{kind}'")
        scopes = body.get("scopes", [])
        expired = bool(body.get("expired"))
        world = self._instance.world
        if kind.endswith("access-token"):
            token = world.add_token(kind, scopes, None,
                                    self._token_place(kind, body), expired)
        else:
            scopes = full(scopes) if kind == API_TOKEN else scopes
            token = world.add_token(kind, scopes, self._user(body), None,
                                    expired)
        return {"id": token.id, **shown(world, token)}

    def _token_place(self, kind: str, body: Body) -> str:
        """The name of the place that an access token belongs to."""
        if kind.startswith("workspace"):
            return body.get("workspace", "acme")
        scope = "repo" if kind.startswith("repository") else "project"
        return self._place({**body, "scope": scope}).path

    def _user(self, body: Body) -> str:
        if body["user"] not in self._instance.world.users:
            raise ValueError("no such user")
        return body["user"]

    def _place(self, body: Body) -> Project | Repo:
        """The project or repository; the workspace is acme unless given."""
        world, workspace = self._instance.world, body.get("workspace", "acme")
        place = (world.repo(workspace, body["repo"])
                 if body["scope"] == "repo"
                 else world.project(workspace, body["project"]))
        if place is None:
            raise ValueError("no such project or repository")
        return place

    async def _add_project(self, body: Body) -> None:
        """Add many projects at once, without repositories."""
        world = self._instance.world
        for key in body["keys"]:
            project = world.add_project(body.get("workspace", "acme"), key,
                                        key, [])
            for user, right in body.get("rights", {}).items():
                world.users[user].rights[project.path] = right

    async def _set_rights(self, body: Body) -> Body:
        """Lay rights over those of a user: {place: word, or null}."""
        user = self._instance.world.users[self._user(body)]
        merged = {**user.rights, **body["rights"]}
        user.rights = {k: v for k, v in merged.items() if v}
        return user.rights
