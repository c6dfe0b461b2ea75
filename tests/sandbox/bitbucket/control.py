"""The control API: plain HTTP with JSON, for tests only.

It is no part of Bitbucket and listens on a port of its own.  Every call but
GET is logged as an event "control".  What is said in the words of an edition
(keys, tokens, projects) is in the edition's own `Control`.
"""

from __future__ import annotations

import json
from typing import Any, Awaitable, Callable

from aiohttp import web

from .instance import Instance, host_key_json
from .keyring import KeyRefused
from .listeners import Listeners
from .ssh_server import SshServer

Body = dict[str, Any]


class Control:
    """Changes what the product itself would not let a test change."""

    host_key_types: list[str]

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
            ("POST", "/hostkey"): self._host_key,
            ("DELETE", "/tokens"): self._delete_token,
            ("POST", "/listen"): self._listen,
            **self._own_calls(),
        }

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one call; 400 with "error" when it can't be done."""
        call = self._calls.get((request.method, request.path))
        if call is None:
            return web.json_response({"error": "no such call"}, status=404)
        try:
            body = json.loads(await request.content.read(-1) or b"{}")
            answer = await call(body if body else dict(request.query))
        except (ValueError, KeyError, TypeError, KeyRefused) as problem:
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
            "faults": instance.faults.as_list(),
            "host_keys": [host_key_json(k) for k in instance.host_keys],
            **self._world_state()}

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
        self._instance.settings.change(body)
        self._ssh.show_banner()
        await self._ssh.follow_settings()
        return self._instance.settings.as_dict()

    async def _host_key(self, body: Body) -> list[Body]:
        await self._ssh.change_host_keys(
            body.get("types", self.host_key_types), bool(body.get("publish")))
        return [host_key_json(k) for k in self._instance.host_keys]

    async def _delete_token(self, body: Body) -> None:
        """Revoke a token, by its id or its value."""
        world = self._instance.world
        world.tokens = [t for t in world.tokens
                        if t.value != body.get("token")
                        and t.id != body.get("id")]

    async def _listen(self, body: Body) -> Body:
        return {"port": await self._listeners.open(body["kind"])}

    def _own_calls(self) -> dict[tuple[str, str], Callable]:
        """The calls of this edition."""
        raise NotImplementedError

    def _world_state(self) -> Body:
        """Keys, users, places and tokens, for ``GET /state``."""
        raise NotImplementedError
