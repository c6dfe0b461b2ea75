"""Git over HTTP: ``git http-backend``, behind an edition's authentication."""

from __future__ import annotations

import asyncio

from aiohttp import web

from .instance import Instance
from .world import Caller

CHUNK = 65536


def split(path: str) -> tuple[str, str, str]:
    """Project, repository and what follows, e.g. ``/info/refs``."""
    words = path.split("/", 3)
    words += [""] * (4 - len(words))
    return words[1], words[2].removesuffix(".git"), "/" + words[3]


def service_of(request: web.BaseRequest, rest: str) -> str:
    """The program that a request is for, e.g. ``git-upload-pack``."""
    return request.query.get("service") or rest.rpartition("/")[2]


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
        GIT_PROTOCOL=request.headers.get("Git-Protocol", "")
        if instance.settings.git_v2_over_https else "")
    process = await asyncio.create_subprocess_exec(
        "git", "http-backend", env=environment,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL)
    feeding = asyncio.ensure_future(feed(request, process.stdin))
    try:
        response = await relay(request, process.stdout, headers)
        # the log has the request before the client has the end of it
        await process.wait()
        await response.write_eof()
        return response
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
    """The program's CGI answer out to the client, but for its end."""
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
    return response
