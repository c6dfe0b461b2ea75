"""HTTP faults: answers that are wrong, late, cut, endless or missing."""

from __future__ import annotations

import asyncio
import http
import json
import re
from typing import Any

from aiohttp import web

from .answer import Answer

ENDLESS_LIMIT = 200 * 1024 * 1024
CHUNK = b" " * 65536
HEADER_LINE = 4000
MORE_THAN_SENT = 4096
STATUS_LINE = re.compile(r"HTTP/1\.[01] (\d{3})")


class Gone(ConnectionError):
    """The connection was closed by a fault; nothing more can be sent."""


def needs_answer(fault: dict[str, Any]) -> bool:
    """True when the request is really handled before the fault."""
    if fault.get("close") == "before":
        return False
    if fault.get("apply") or fault.get("close") == "after":
        return True
    return not {"status", "body", "json", "redirect", "raw",
                "endless"} & set(fault)


def changed(fault: dict[str, Any], answer: Answer) -> Answer:
    """The answer that the fault puts in the place of the right one."""
    headers = {**answer.headers, **fault.get("headers", {})}
    body, status = answer.body, fault.get("status", answer.status)
    if "merge" in fault:
        body = json.dumps(merged(json.loads(body), fault["merge"])).encode()
    if "json" in fault:
        body = json.dumps(fault["json"]).encode()
        headers["Content-Type"] = "application/json;charset=UTF-8"
    elif "body" in fault:
        body = fault["body"].encode()
        headers["Content-Type"] = "text/html;charset=UTF-8"
    elif "status" in fault or "redirect" in fault:
        body = b""
    if "redirect" in fault:
        status = fault.get("status", 302)
        headers["Location"] = fault["redirect"]
    if "content_type" in fault:
        headers["Content-Type"] = fault["content_type"]
    return Answer(status, body, headers)


def status_sent(fault: dict[str, Any], answer: Answer) -> int:
    """What the other side gets to see; 0: no status at all."""
    if fault.get("close"):
        return 0
    if "raw" not in fault:
        return answer.status
    line = STATUS_LINE.match(fault["raw"])
    return int(line[1]) if line else 0


def merged(value: Any, patch: Any) -> Any:
    """`value` with the members of `patch` laid over it, object by object."""
    if isinstance(value, dict) and isinstance(patch, dict):
        return {**value, **{k: merged(value.get(k), v)
                            for k, v in patch.items()}}
    return patch


async def send(fault: dict[str, Any], request: web.BaseRequest,
               answer: Answer) -> bool:
    """Send an answer by hand, if the fault asks for it.

    Returns False when the answer is to be sent as usual.  Raises Gone once
    the connection is closed.
    """
    wire = Wire(request)
    if fault.get("close"):
        wire.abort()
    if "raw" in fault:
        await wire.write(fault["raw"].encode("latin-1", "replace"))
        wire.close()
    if fault.get("endless"):
        await endless(wire, answer)
    if "big_headers" in fault:
        answer.headers.update(padding(int(fault["big_headers"])))
    elif not {"truncate", "drip"} & set(fault):
        return False
    await by_hand(wire, fault, answer)
    return True


async def by_hand(wire: "Wire", fault: dict[str, Any],
                  answer: Answer) -> None:
    """Write head and body: cut short, slowly, or with too long a head."""
    body = answer.body
    length = len(body)
    if "truncate" in fault:
        body = body[:int(fault["truncate"])]
        length += MORE_THAN_SENT
    head = head_bytes(answer, None if fault.get("chunked") else length)
    if fault.get("chunked"):
        body = f"{length:x}\r\n".encode() + body
    if "drip" in fault:
        pause = float(fault["drip"])
        quick = b"" if fault.get("drip_headers") else head
        slow = head + body if fault.get("drip_headers") else body
        await wire.write(quick)
        await wire.drip(slow, pause)
    else:
        await wire.write(head)
        await wire.write(body)
    wire.close()


async def endless(wire: "Wire", answer: Answer) -> None:
    """A body without a length that goes on for 200 MB."""
    await wire.write(head_bytes(answer, None) + b"%x\r\n" % ENDLESS_LIMIT)
    for _ in range(ENDLESS_LIMIT // len(CHUNK)):
        await wire.write(CHUNK)
    wire.close()


def padding(size: int) -> dict[str, str]:
    """Headers of `size` bytes altogether."""
    return {f"X-Padding-{i}": "x" * min(HEADER_LINE, size - i * HEADER_LINE)
            for i in range(-(-size // HEADER_LINE))}


def head_bytes(answer: Answer, length: int | None) -> bytes:
    """Status line and headers; without a length, chunked."""
    reason = http.HTTPStatus(answer.status).phrase
    lines = [f"HTTP/1.1 {answer.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines.append("Transfer-Encoding: chunked" if length is None
                 else f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


class Wire:
    """The connection below the web server, for writing by hand."""

    def __init__(self, request: web.BaseRequest) -> None:
        self._request = request
        self._transport = request.transport

    async def write(self, data: bytes) -> None:
        """Write, and wait while the other side does not read."""
        if (self._request.protocol.transport is None
                or self._transport.is_closing()):
            raise Gone()
        self._transport.write(data)
        try:
            await self._request.protocol._drain_helper()
        except ConnectionError as problem:
            raise Gone() from problem

    async def drip(self, data: bytes, pause: float) -> None:
        """Write one byte at a time."""
        for byte in data:
            await self.write(bytes([byte]))
            await asyncio.sleep(pause)

    def close(self) -> None:
        """Send what is written, then close."""
        if self._transport is not None:
            self._transport.close()
        raise Gone()

    def abort(self) -> None:
        """Close at once, without an answer."""
        if self._transport is not None:
            self._transport.abort()
        raise Gone()
