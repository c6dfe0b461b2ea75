"""What of the control API is said in Data Center's words."""

from __future__ import annotations

from typing import Callable

from .control import Body, Control
from .datacenter_instance import DatacenterInstance
from .datacenter_keyring import Grant, Key
from .datacenter_world import Project, Repo


class DatacenterControl(Control):
    """Keys with permissions, tokens with rights, projects by their key."""

    _instance: DatacenterInstance
    host_key_types = ["rsa"]

    def _own_calls(self) -> dict[tuple[str, str], Callable]:
        return {("POST", "/keys"): self._add_key,
                ("DELETE", "/keys"): self._delete_key,
                ("POST", "/tokens"): self._add_token,
                ("POST", "/projects"): self._add_project}

    def _world_state(self) -> Body:
        instance = self._instance
        return {
            "keys": [key_state(instance, k) for k in instance.keyring.keys],
            "grants": [grant_state(g) for g in instance.keyring.grants],
            "policy": instance.keyring.restrictions,
            "users": [u.name for u in instance.world.users.values()],
            "projects": [p.key for p in instance.world.projects.values()],
            "repos": [f"{r.project.key}/{r.slug}"
                      for r in instance.world.repos],
            "tokens": [{"id": t.id, "user": t.user, "name": t.name,
                        "permissions": t.permissions, "expired": t.expired}
                       for t in instance.world.tokens]}

    async def _set(self, body: Body) -> Body:
        """Settings, and "restricted": [project keys] (since 8.8)."""
        settings, keyring = self._instance.settings, self._instance.keyring
        restricted = body.pop("restricted", None)
        answer = await super()._set(body)
        if "allowed_key_types" in {k.replace("-", "_") for k in body}:
            keyring.apply_types(settings.allowed_key_types)
        if restricted is not None:
            for project in self._instance.world.projects.values():
                project.restricted = project.key in restricted
        return answer

    async def _add_key(self, body: Body) -> Body:
        """Register a key behind the product's back: no policy, no rights."""
        instance, keyring = self._instance, self._instance.keyring
        label, days = body.get("label"), body.get("expiryDays")
        if body["scope"] == "user":
            key = keyring.register_personal(body["user"], body["text"], label,
                                            days, strict=False)
            return key_state(instance, key)
        place = self._place(body)
        scope = "REPO" if isinstance(place, Repo) else "PROJECT"
        grant = keyring.register(
            place, body["text"], body.get("permission", f"{scope}_READ"),
            label, days, strict=False)
        return {**key_state(instance, grant.key), **grant_state(grant)}

    def _place(self, body: Body) -> Project | Repo:
        world = self._instance.world
        place = (world.repo(body["project"], body["repo"])
                 if body["scope"] == "repo" else world.project(
                     body["project"]))
        if place is None:
            raise ValueError("no such project or repository")
        return place

    async def _delete_key(self, body: Body) -> None:
        """Remove a key and all its grants, by fingerprint or by id."""
        wanted = body.get("fingerprint", "").removeprefix("SHA256:")
        for key in list(self._instance.keyring.keys):
            if key.public.sha256 == wanted or key.id == body.get("id"):
                self._instance.keyring.remove(key)

    async def _add_token(self, body: Body) -> Body:
        """Make a token; with project (and repo) it is good as Bearer only."""
        if body["user"] not in self._instance.world.users:
            raise ValueError("no such user")
        token = self._instance.world.add_token(
            body["user"], body.get("name", "made by a test"),
            body.get("permissions", []), project=body.get("project"),
            repo=body.get("repo"), expired=bool(body.get("expired")))
        return {"id": token.id, "token": token.value}

    async def _add_project(self, body: Body) -> None:
        """Add many projects at once, without repositories, for paging."""
        for key in body["keys"]:
            project = self._instance.world.add_project(key, key, [])
            for user, right in body.get("rights", {}).items():
                self._instance.world.users[user].rights[project.key] = right


def key_state(instance: DatacenterInstance, key: Key) -> Body:
    """A key as the sandbox sees it."""
    return {"id": key.id, "text": key.text, "label": key.label,
            "fingerprint": "SHA256:" + key.public.sha256, "user": key.user,
            "expiryDays": key.expiry_days, "last_used": key.last_used,
            "honoured": instance.keyring.honours(key.public.blob) is key}


def grant_state(grant: Grant) -> Body:
    """A grant as the sandbox sees it."""
    return {"key": grant.key.id, "project": grant.project.key,
            "repo": grant.repo.slug if grant.repo else None,
            "permission": grant.permission,
            "fingerprint": "SHA256:" + grant.key.public.sha256}
