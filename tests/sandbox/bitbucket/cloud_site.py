"""Cloud's site: REST below ``/2.0`` and the web host, told apart by path."""

from __future__ import annotations

from aiohttp import web

from . import cloud_errors as errors
from . import cloud_git, cloud_keys, rest_cloud
from .answer import Answer
from .cloud_instance import CloudInstance
from .cloud_world import API_TOKEN, APP_PASSWORD
from .rest_cloud import Call
from .routes import Routes
from .site import BODY_LIMIT, Site, as_answer, credentials
from .world import Caller

REST = "/2.0"
PAGE = "<!DOCTYPE html>\n<title>Bitbucket</title>\n<p>Page not found</p>\n"
HTML = "text/html; charset=utf-8"


class CloudSite(Site):
    """The web side of Cloud."""

    instance: CloudInstance

    def __init__(self, instance: CloudInstance) -> None:
        super().__init__(instance)
        self._routes = Routes(rest_cloud.PATHS + cloud_keys.PATHS)

    def answer(self, request: web.BaseRequest, body: bytes) -> Answer:
        """REST, or a page."""
        path = request.rel_url.raw_path
        if path.startswith(REST + "/"):
            return self._rest(request, path[len(REST):], body)
        if path == "/site/ssh" and request.method == "GET":
            return self._host_keys()
        return Answer.text(PAGE, 404, HTML)

    def headers(self, request: web.BaseRequest) -> dict[str, str]:
        """Nothing betrays Cloud, least of all what betrays Data Center."""
        del request
        return {}

    def git_path(self, request: web.BaseRequest) -> str | None:
        """The path of what only git asks for."""
        path = request.rel_url.path
        if path.startswith(REST + "/"):
            return None
        return path if cloud_git.PATH.fullmatch(path) else None

    async def git(self, request: web.BaseRequest) -> web.StreamResponse:
        """Hand over to git's own server."""
        return await cloud_git.serve(self.instance, request)

    def _rest(self, request: web.BaseRequest, path: str,
              body: bytes) -> Answer:
        request["caller"] = caller = self._authenticate(request)
        if (request.method in ("POST", "PUT")
                and "Content-Length" not in request.headers):
            raise errors.no_length()
        if len(body) > BODY_LIMIT:
            raise errors.Refusal(400, "Bad request")
        found = self._routes.find(request.method, path)
        if found is None:
            raise errors.no_resource()
        resource, names = found
        call = Call(self.instance, caller, path, request.query, body, names)
        resource.check(call)
        return as_answer(resource.handler(call))

    def _host_keys(self) -> Answer:
        """The page of host keys, in the format of known_hosts."""
        form = self.instance.settings.site_ssh
        if form == "404":
            return Answer.text(PAGE, 404, HTML)
        if form == "html":
            return Answer.text(PAGE, 200, HTML)
        return Answer.text(self.instance.known_hosts(), 200, "text/plain")

    def _authenticate(self, request: web.BaseRequest) -> Caller:
        """Who is calling; raises Refusal for wrong credentials.

        An API token is a password of the account's e-mail, and of nothing
        else; the others are Bearer only.
        """
        means, name, secret = credentials(request)
        if means == "none":
            return Caller()
        token = self.instance.world.find_token(secret)
        if token is None or token.kind == APP_PASSWORD:
            raise errors.unauthenticated()
        user = self.instance.world.users.get(token.user)
        if token.bearer != (means == "bearer"):
            raise errors.unauthenticated()
        if means == "basic" and name != user.email:
            raise errors.unauthenticated()
        if token.kind == API_TOKEN and not token.scopes:
            if self.instance.settings.unscoped_status == 401:
                raise errors.unauthenticated()
        return Caller(user, token, means)
