"""Git over HTTP: ``git http-backend`` behind Bitbucket's authentication."""

from __future__ import annotations

import asyncio

from aiohttp import web

from .instance import Instance
from .world import Caller

NOT_FOUND = ("Repository not found\nThe requested repository does not exist, "
             "or you do not have permission to\naccess it.")
CHUNK = 65536
READ, WRITE = 1, 2


async def serve(instance: Instance, request: web.BaseRequest, caller: Caller,
                path: str, headers: dict[str, str]) -> web.StreamResponse:
    """Answer one request below ``/scm``; `path` begins with a slash."""
    if caller.means == "none":
        challenge = 'Basic realm="Atlassian Bitbucket"'
        return web.Response(status=401, headers={
            **headers, "WWW-Authenticate": challenge})
    key, slug, rest = split(path)
    service = (request.query.get("service") or rest.rpartition("/")[2])
    repo = instance.world.repo(key, slug)
    level = (instance.world.level(caller, repo.project, repo) if repo else 0)
    if level < READ:
        return not_found(service, headers)
    if service == "git-receive-pack" and level < WRITE:
        # UNCONFIRMED: what a push without the right to push gets.
        return web.Response(status=403, headers=headers)
    place = f"/{repo.project.key.lower()}/{repo.slug}.git{rest}"
    return await backend(instance, request, caller, place, headers)


def split(path: str) -> tuple[str, str, str]:
    """Project, repository and what follows, e.g. ``/info/refs``."""
    words = path.split("/", 3)
    words += [""] * (4 - len(words))
    return words[1], words[2].removesuffix(".git"), "/" + words[3]


def not_found(service: str, headers: dict[str, str]) -> web.Response:
    """200, and an error only git understands."""
    line = f"ERR {NOT_FOUND}"
    body = f"{len(line) + 4:04x}{line}"
    kind = f"application/x-{service}-advertisement"
    return web.Response(body=body.encode(), headers={
        **headers, "Content-Type": kind, "Cache-Control": "no-cache"})


async def backend(instance: Instance, request: web.BaseRequest,
                  caller: Caller, place: str,
                  headers: dict[str, str]) -> web.StreamResponse:
    """Run ``git http-backend`` as a CGI program."""
    repositories = instance.repositories
    environment = repositories.environment(
        GIT_PROJECT_ROOT=str(repositories.root), GIT_HTTP_EXPORT_ALL="1",
        PATH_INFO=place, REQUEST_METHOD=request.method,
        QUERY_STRING=request.rel_url.raw_query_string,
        CONTENT_TYPE=request.headers.get("Content-Type", ""),
        REMOTE_USER=caller.user.name if caller.user else "",
        GIT_PROTOCOL=request.headers.get("Git-Protocol", ""))
    process = await asyncio.create_subprocess_exec(
        "git", "http-backend", env=environment,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL)
    feeding = asyncio.ensure_future(feed(request, process.stdin))
    try:
        return await relay(request, process.stdout, headers)
    finally:
        feeding.cancel()
        if process.returncode is None and not process.stdout.at_eof():
            process.kill()
        await process.wait()


async def feed(request: web.BaseRequest,
               sink: asyncio.StreamWriter) -> None:
    """The request's body, decompressed already, into the program."""
    try:
        async for data in request.content.iter_chunked(CHUNK):
            sink.write(data)
            await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()


async def relay(request: web.BaseRequest, source: asyncio.StreamReader,
                headers: dict[str, str]) -> web.StreamResponse:
    """The program's CGI answer out to the client."""
    response = web.StreamResponse(headers=headers)
    while line := (await source.readline()).strip():
        name, _, value = line.decode().partition(": ")
        if name == "Status":
            response.set_status(int(value.split()[0]))
        else:
            response.headers[name] = value
    await response.prepare(request)
    while data := await source.read(CHUNK):
        await response.write(data)
    await response.write_eof()
    return response
