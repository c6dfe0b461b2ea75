"""The web front: every HTTPS request of the instance comes through here.

It authenticates, applies faults, hands over to REST or to git, adds the
headers that betray a Bitbucket, and logs.  What is special about an edition
it gets from the edition's module.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from typing import Any
from urllib.parse import quote

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from . import datacenter_errors as errors
from . import datacenter_keys, git_http, http_faults, rest_datacenter
from .answer import Answer
from .instance import Instance
from .rest_datacenter import Call
from .routes import Routes
from .tls import Watched
from .world import Caller

BODY_LIMIT = 16 * 1024 * 1024


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

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._routes = Routes(rest_datacenter.PATHS + datacenter_keys.PATHS)

    def server(self) -> FrontServer:
        """The factory of connections, for a listener."""
        return FrontServer(self.handle)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, with its fault, and log it."""
        request.protocol.requests += 1
        request["caller"] = Caller()
        request["status"] = 0
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
        if fault is None and self._git_path(request) is not None:
            return await self._git(request)
        if fault is None:
            return to_response(await self._answer(request))
        await asyncio.sleep(fault.get("delay", 0))
        answer = Answer(200, b"", self._headers(request))
        if http_faults.needs_answer(fault):
            if self._git_path(request) is not None:
                return await self._git(request)
            answer = await self._answer(request)
        answer = http_faults.changed(fault, answer)
        request["status"] = 0 if fault.get("close") else answer.status
        await http_faults.send(fault, request, answer)
        return to_response(answer)

    async def _answer(self, request: web.BaseRequest) -> Answer:
        """The right answer to a request for anything but git."""
        body = await request.content.read(-1)
        try:
            if len(body) > BODY_LIMIT:
                raise errors.bad_request("body", "The request is too large")
            answer = self._dispatch(request, body)
        except errors.Refusal as refusal:
            answer = refusal.answer()
        answer.headers = {**self._headers(request), **answer.headers}
        return answer

    def _dispatch(self, request: web.BaseRequest, body: bytes) -> Answer:
        path = request.rel_url.raw_path
        context = self._instance.settings.context
        if not path.startswith(context + "/"):
            return Answer.text("Not Found", 404)
        path = path[len(context):]
        if not path.startswith("/rest/"):
            return self._page(request, path)
        request["caller"] = caller = self._authenticate(request)
        call = Call(self._instance, caller, request.method, path,
                    request.query, body)
        redirect = rest_datacenter.moved(call)
        if redirect:
            return redirect
        found = self._routes.find(request.method, path[len("/rest"):])
        if found is None or found[1].get("version") not in (
                None, "1.0", "latest"):
            raise errors.unknown_route(path)
        handler, call.names = found
        return as_answer(handler(call))

    def _page(self, request: web.BaseRequest, path: str) -> Answer:
        """A page outside REST, where tokens have no meaning any more.

        Bearer is sent to the login page; a token as a password is wrong.
        """
        means, name, secret = credentials(request)
        base = self._instance.base_url
        if means == "bearer":
            return Answer(302, b"", {"Location": f"{base}/login"})
        caller = (self._instance.world.authenticate(name, secret)
                  if means == "basic" else Caller())
        if caller is None or caller.token:
            raise errors.wrong_credentials()
        request["caller"] = caller
        if path == "/plugins/servlet/applinks/whoami":
            return Answer.text(caller.user.name if caller.user else "")
        return Answer.text("Not Found", 404, "text/html;charset=UTF-8")

    def _authenticate(self, request: web.BaseRequest) -> Caller:
        """Who is calling; raises Refusal for wrong credentials."""
        means, name, secret = credentials(request)
        if means == "none":
            return Caller()
        if means == "basic" and not self._instance.settings.basic_auth:
            raise errors.basic_disabled()
        caller = self._instance.world.authenticate(name, secret)
        if caller is None:
            raise errors.wrong_credentials()
        if not caller.user.licensed:
            raise errors.no_licence()
        return caller

    def _headers(self, request: web.BaseRequest) -> dict[str, str]:
        """The headers of every answer."""
        headers = {"X-AREQUESTID": f"@{secrets.token_hex(4).upper()}x1x1x0",
                   "Vary": "X-AUSERNAME"}
        user = request["caller"].user
        if user:
            headers["X-AUSERNAME"] = quote(user.name)
            headers["X-AUSERID"] = str(user.id)
        return headers

    def _git_path(self, request: web.BaseRequest) -> str | None:
        """What follows ``/scm``, for a request of git."""
        prefix = self._instance.settings.context + "/scm/"
        path = request.rel_url.path
        return path[len(prefix) - 1:] if path.startswith(prefix) else None

    async def _git(self, request: web.BaseRequest) -> web.StreamResponse:
        """Hand a request of git over to git's own server."""
        try:
            request["caller"] = caller = self._authenticate(request)
        except errors.Refusal:
            caller = Caller()
        headers = self._headers(request)
        return await git_http.serve(self._instance, request, caller,
                                    self._git_path(request), headers)

    def _log(self, request: web.BaseRequest, fault: dict | None) -> None:
        caller = request["caller"]
        self._instance.events.add(
            "http", connection=request.protocol.number,
            method=request.method, path=request.path_qs,
            status=request["status"], auth=credentials(request)[0],
            user=caller.user.name if caller.user else None,
            fault=bool(fault))


def credentials(request: web.BaseRequest) -> tuple[str, str | None, str]:
    """Kind, user name and secret of the Authorization header."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return "bearer", None, value.strip()
    if kind.lower() == "basic":
        try:
            plain = base64.b64decode(value).decode()
        except (binascii.Error, UnicodeDecodeError):
            plain = ":"
        name, _, secret = plain.partition(":")
        return "basic", name, secret
    return "none", None, ""


def as_answer(value: Any) -> Answer:
    """What a handler returned: an answer, JSON, or nothing (204)."""
    if isinstance(value, Answer):
        return value
    return Answer(204) if value is None else Answer.json(value)


def to_response(answer: Answer) -> web.Response:
    """An answer in aiohttp's terms."""
    return web.Response(status=answer.status, body=answer.body,
                        headers=answer.headers)
