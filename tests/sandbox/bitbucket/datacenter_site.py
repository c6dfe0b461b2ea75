"""Data Center's site: REST, git below ``/scm``, and a few pages."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from aiohttp import web

from . import datacenter_errors as errors
from . import datacenter_git, datacenter_keys, rest_datacenter
from .answer import Answer
from .datacenter_instance import DatacenterInstance
from .rest_datacenter import Call
from .routes import Routes
from .site import BODY_LIMIT, Site, as_answer, credentials
from .world import Caller


class DatacenterSite(Site):
    """The web side of one Data Center."""

    instance: DatacenterInstance

    def __init__(self, instance: DatacenterInstance) -> None:
        super().__init__(instance)
        self._routes = Routes(rest_datacenter.PATHS + datacenter_keys.PATHS)

    def answer(self, request: web.BaseRequest, body: bytes) -> Answer:
        """REST below ``/rest``, pages elsewhere."""
        if len(body) > BODY_LIMIT:
            raise errors.bad_request("body", "The request is too large")
        path = request.rel_url.raw_path
        context = self.instance.settings.context
        if not path.startswith(context + "/"):
            return Answer.text("Not Found", 404)
        path = path[len(context):]
        if not path.startswith("/rest/"):
            return self._page(request, path)
        request["caller"] = caller = self._authenticate(request)
        call = Call(self.instance, caller, request.method, path,
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
        base = self.instance.base_url
        if means == "bearer":
            return Answer(302, b"", {"Location": f"{base}/login"})
        caller = (self.instance.world.authenticate(name, secret)
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
        if means == "basic" and not self.instance.settings.basic_auth:
            raise errors.basic_disabled()
        caller = self.instance.world.authenticate(name, secret)
        if caller is None:
            raise errors.wrong_credentials()
        if not caller.user.licensed:
            raise errors.no_licence()
        return caller

    def headers(self, request: web.BaseRequest) -> dict[str, str]:
        """The headers of every answer."""
        headers = {"X-AREQUESTID": f"@{secrets.token_hex(4).upper()}x1x1x0",
                   "Vary": "X-AUSERNAME"}
        user = request["caller"].user
        if user:
            headers["X-AUSERNAME"] = quote(user.name)
            headers["X-AUSERID"] = str(user.id)
        return headers

    def git_path(self, request: web.BaseRequest) -> str | None:
        """What follows ``/scm``, for a request of git."""
        prefix = self.instance.settings.context + "/scm/"
        path = request.rel_url.path
        return path[len(prefix) - 1:] if path.startswith(prefix) else None

    async def git(self, request: web.BaseRequest) -> web.StreamResponse:
        """Hand a request of git over to git's own server."""
        try:
            request["caller"] = caller = self._authenticate(request)
        except errors.Refusal:
            caller = Caller()
        headers = self.headers(request)
        return await datacenter_git.serve(self.instance, request, caller,
                                          self.git_path(request), headers)
