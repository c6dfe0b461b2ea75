"""Cloud's git over HTTPS: its user names, and how it says no."""

from __future__ import annotations

import re

from aiohttp import web

from . import cloud_errors as errors
from .cloud_instance import CloudInstance
from .cloud_world import API_TOKEN, APP_PASSWORD, Token
from .git_http import backend, service_of, split
from .site import credentials
from .world import READ, WRITE, Caller

PATH = re.compile(r"/[^/]+/[^/]+/(info/refs|git-(upload|receive)-pack)")
API_TOKEN_USER = "x-bitbucket-api-token-auth"
TOKEN_USER = "x-token-auth"
# UNCONFIRMED; without Basic in it, git would not ask for a password.
CHALLENGE = 'Basic realm="Bitbucket.org HTTP"'
SCOPES = {READ: ("repository", "read:repository:bitbucket"),
          WRITE: ("repository:write", "write:repository:bitbucket")}


def authenticate(instance: CloudInstance,
                 request: web.BaseRequest) -> Caller | None:
    """Who is calling; None for credentials that are no good for git."""
    means, name, secret = credentials(request)
    if means == "none":
        return Caller()
    token = instance.world.find_token(secret)
    if token is None or token.kind == APP_PASSWORD:
        return None
    user = instance.world.users.get(token.user)
    if token.kind == API_TOKEN:
        good = means == "basic" and name in (API_TOKEN_USER, token.user)
    else:
        good = means == "bearer" or name == TOKEN_USER
    return Caller(user, token, means) if good else None


async def serve(instance: CloudInstance,
                request: web.BaseRequest) -> web.StreamResponse:
    """Answer one request of git.

    UNCONFIRMED: all statuses but those of 401 and 404.
    """
    caller = authenticate(instance, request)
    if caller is None:
        return denied(instance, request)
    request["caller"] = caller
    if caller.token is None:
        return refused(401, "Authentication required")
    workspace, slug, rest = split(request.rel_url.path)
    least = (WRITE if service_of(request, rest) == "git-receive-pack"
             else READ)
    repo = instance.world.repo(workspace, slug)
    level = instance.world.level(caller, repo) if repo else 0
    if level < READ:
        return refused(404, errors.NOT_FOUND)
    if level < least or not any(map(caller.token.has, SCOPES[least])):
        return refused(403, errors.SCOPES if level >= least
                       else instance.settings.forbidden_message)
    place = f"/{repo.folder}/{repo.slug}.git{rest}"
    return await backend(instance, request, caller, place, {})


def denied(instance: CloudInstance,
           request: web.BaseRequest) -> web.Response:
    """The answer to wrong credentials."""
    secret = credentials(request)[2]
    token: Token | None = instance.world.find_token(secret)
    if token and token.kind == APP_PASSWORD:
        return refused(instance.settings.app_password_git_status,
                       errors.BAD_TOKEN)
    return refused(401, errors.BAD_TOKEN)


def refused(status: int, text: str) -> web.Response:
    """A text that git shows behind ``remote:``."""
    headers = {"WWW-Authenticate": CHALLENGE} if status == 401 else {}
    return web.Response(status=status, text=text + "\n", headers=headers)
