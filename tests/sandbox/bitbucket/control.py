"""The control API: plain HTTP with JSON, for tests only.

It is no part of Bitbucket and listens on a port of its own.  Every call but
GET is logged as an event "control".
"""

from __future__ import annotations

import json
from typing import Any, Awaitable, Callable

from aiohttp import web

from .instance import Instance, host_key_json
from .keyring import Grant, Key
from .listeners import Listeners
from .ssh_server import SshServer
from .world import Project, Repo

Body = dict[str, Any]


class Control:
    """Changes what the product itself would not let a test change."""

    def __init__(self, instance: Instance, ssh: SshServer,
                 listeners: Listeners) -> None:
        self._instance = instance
        self._ssh = ssh
        self._listeners = listeners
        self._calls: dict[tuple[str, str], Callable[..., Awaitable[Any]]] = {
            ("GET", "/state"): self._state,
            ("GET", "/events"): self._events,
            ("GET", "/sink"): self._sink,
            ("POST", "/reset"): self._reset,
            ("POST", "/faults"): self._add_faults,
            ("DELETE", "/faults"): self._clear_faults,
            ("POST", "/set"): self._set,
            ("POST", "/keys"): self._add_key,
            ("DELETE", "/keys"): self._delete_key,
            ("POST", "/hostkey"): self._host_key,
            ("POST", "/tokens"): self._add_token,
            ("DELETE", "/tokens"): self._delete_token,
            ("POST", "/projects"): self._add_project,
            ("POST", "/listen"): self._listen,
        }

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one call; 400 with "error" when it can't be done."""
        call = self._calls.get((request.method, request.path))
        if call is None:
            return web.json_response({"error": "no such call"}, status=404)
        try:
            body = json.loads(await request.content.read(-1) or b"{}")
            answer = await call(body if body else dict(request.query))
        except (ValueError, KeyError, TypeError) as problem:
            text = f"{type(problem).__name__}: {problem}"
            return web.json_response({"error": text}, status=400)
        if request.method != "GET" and request.path != "/reset":
            self._instance.events.add("control", method=request.method,
                                      path=request.path)
        return web.json_response({} if answer is None else answer)

    async def _state(self, _: Body) -> Body:
        instance = self._instance
        return {
            "settings": instance.settings.as_dict(),
            "keys": [key_state(instance, k) for k in instance.keyring.keys],
            "grants": [grant_state(g) for g in instance.keyring.grants],
            "policy": instance.keyring.restrictions,
            "faults": instance.faults.as_list(),
            "host_keys": [host_key_json(k) for k in instance.host_keys],
            "users": [u.name for u in instance.world.users.values()],
            "projects": [p.key for p in instance.world.projects.values()],
            "repos": [f"{r.project.key}/{r.slug}"
                      for r in instance.world.repos],
            "tokens": [{"id": t.id, "user": t.user, "name": t.name,
                        "permissions": t.permissions, "expired": t.expired}
                       for t in instance.world.tokens]}

    async def _events(self, query: Body) -> list[Body]:
        return self._instance.events.since(int(query.get("since", 0)))

    async def _sink(self, _: Body) -> list[Body]:
        return self._listeners.tallies()

    async def _reset(self, _: Body) -> None:
        self._instance.reset()
        self._ssh.reset()
        self._listeners.close()
        await self._ssh.follow_settings()

    async def _add_faults(self, body: Any) -> list[Body]:
        for fault in body if isinstance(body, list) else [body]:
            self._instance.faults.add(fault)
        return self._instance.faults.as_list()

    async def _clear_faults(self, _: Body) -> None:
        self._instance.faults.clear()

    async def _set(self, body: Body) -> Body:
        """Settings, and "restricted": [project keys] (since 8.8)."""
        settings, keyring = self._instance.settings, self._instance.keyring
        restricted = body.pop("restricted", None)
        settings.change(body)
        if "allowed_key_types" in {k.replace("-", "_") for k in body}:
            keyring.apply_types(settings.allowed_key_types)
        if restricted is not None:
            for project in self._instance.world.projects.values():
                project.restricted = project.key in restricted
        self._ssh.show_banner()
        await self._ssh.follow_settings()
        return settings.as_dict()

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

    async def _host_key(self, body: Body) -> list[Body]:
        await self._ssh.change_host_keys(body.get("types", ["rsa"]),
                                         bool(body.get("publish")))
        return [host_key_json(k) for k in self._instance.host_keys]

    async def _add_token(self, body: Body) -> Body:
        """Make a token; with project (and repo) it is good as Bearer only."""
        if body["user"] not in self._instance.world.users:
            raise ValueError("no such user")
        token = self._instance.world.add_token(
            body["user"], body.get("name", "made by a test"),
            body.get("permissions", []), project=body.get("project"),
            repo=body.get("repo"), expired=bool(body.get("expired")))
        return {"id": token.id, "token": token.value}

    async def _delete_token(self, body: Body) -> None:
        """Revoke a token, by its id or its value."""
        world = self._instance.world
        world.tokens = [t for t in world.tokens
                        if t.value != body.get("token")
                        and t.id != body.get("id")]

    async def _add_project(self, body: Body) -> None:
        """Add many projects at once, without repositories, for paging."""
        for key in body["keys"]:
            project = self._instance.world.add_project(key, key, [])
            for user, right in body.get("rights", {}).items():
                self._instance.world.users[user].rights[project.key] = right

    async def _listen(self, body: Body) -> Body:
        return {"port": await self._listeners.open(body["kind"])}


def key_state(instance: Instance, key: Key) -> Body:
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
