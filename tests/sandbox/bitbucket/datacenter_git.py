"""Data Center's git over HTTP: who may what, and how it says no."""

from __future__ import annotations

from aiohttp import web

from .datacenter_instance import DatacenterInstance
from .git_http import backend, service_of, split
from .world import READ, WRITE, Caller

NOT_FOUND = ("Repository not found\nThe requested repository does not exist, "
             "or you do not have permission to\naccess it.")


async def serve(instance: DatacenterInstance, request: web.BaseRequest,
                caller: Caller, path: str,
                headers: dict[str, str]) -> web.StreamResponse:
    """Answer one request below ``/scm``; `path` begins with a slash."""
    if caller.means == "none":
        challenge = 'Basic realm="Atlassian Bitbucket"'
        return web.Response(status=401, headers={
            **headers, "WWW-Authenticate": challenge})
    key, slug, rest = split(path)
    service = service_of(request, rest)
    repo = instance.world.repo(key, slug)
    level = (instance.world.level(caller, repo.project, repo) if repo else 0)
    if level < READ:
        return not_found(service, headers)
    if service == "git-receive-pack" and level < WRITE:
        # UNCONFIRMED: what a push without the right to push gets.
        return web.Response(status=403, headers=headers)
    place = f"/{repo.project.key.lower()}/{repo.slug}.git{rest}"
    return await backend(instance, request, caller, place, headers)


def not_found(service: str, headers: dict[str, str]) -> web.Response:
    """200, and an error only git understands."""
    line = f"ERR {NOT_FOUND}"
    body = f"{len(line) + 4:04x}{line}"
    kind = f"application/x-{service}-advertisement"
    return web.Response(body=body.encode(), headers={
        **headers, "Content-Type": kind, "Cache-Control": "no-cache"})
