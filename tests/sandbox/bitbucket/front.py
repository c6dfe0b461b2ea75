"""The web front: every HTTPS request of the instance comes through here.

It applies faults, hands over to REST or to git, and logs.  Who is calling,
what is where and which headers betray a Bitbucket, the edition's `Site` knows.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from . import http_faults
from .answer import Answer, Refusal
from .site import Site, credentials
from .tls import Watched
from .world import Caller


class FrontHandler(Watched, RequestHandler):
    """aiohttp's connection, with a number and a count of bytes."""

    __slots__ = ("__dict__",)


class FrontServer(web.Server):
    """aiohttp's server, with our connections."""

    def __call__(self) -> RequestHandler:
        return FrontHandler(self, loop=self._loop, access_log=None,
                            max_field_size=65536)


class Front:
    """The web front of one instance."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._instance = site.instance

    def server(self) -> FrontServer:
        """The factory of connections, for a listener."""
        return FrontServer(self.handle)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, with its fault, and log it."""
        request.protocol.requests += 1
        request["caller"] = Caller()
        request["status"] = request["carried_out"] = 0
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        fault = self._instance.faults.for_request(
            request.method, request.path_qs)
        try:
            response = await self._respond(request, fault)
            request["status"] = response.status
            return response
        except http_faults.Gone:
            return web.Response(status=500)
        finally:
            self._log(request, fault)

    async def _respond(self, request: web.BaseRequest,
                       fault: dict[str, Any] | None) -> web.StreamResponse:
        await asyncio.sleep(self._instance.settings.latency)
        if fault is None and self._site.git_path(request) is not None:
            return await self._site.git(request)
        if fault is None:
            return to_response(await self._answer(request))
        await asyncio.sleep(fault.get("delay", 0))
        answer = Answer(200, b"", self._site.headers(request))
        if http_faults.needs_answer(fault):
            if self._site.git_path(request) is not None:
                return await self._site.git(request)
            answer = await self._answer(request)
        answer = http_faults.changed(fault, answer)
        request["status"] = http_faults.status_sent(fault, answer)
        await http_faults.send(fault, request, answer)
        return to_response(answer)

    async def _answer(self, request: web.BaseRequest) -> Answer:
        """The right answer to a request for anything but git."""
        body = await request.content.read(-1)
        try:
            answer = self._site.answer(request, body)
        except Refusal as refusal:
            answer = refusal.answer()
        request["carried_out"] = answer.status
        answer.headers = {**self._site.headers(request), **answer.headers}
        return answer

    def _log(self, request: web.BaseRequest, fault: dict | None) -> None:
        caller = request["caller"]
        self._instance.events.add(
            "http", connection=request.protocol.number,
            method=request.method, path=request.path_qs,
            status=request["status"], carried_out=request["carried_out"],
            auth=credentials(request)[0],
            user=caller.user.name if caller.user else None,
            fault=bool(fault))


def to_response(answer: Answer) -> web.Response:
    """An answer in aiohttp's terms."""
    return web.Response(status=answer.status, body=answer.body,
                        headers=answer.headers)
