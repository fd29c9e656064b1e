"""Answers whose trouble is how they come: broken off, stalled, slow, of no told length."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from crowdsky_tui.simulator.telescope_org.faults import Fault

STREAM_KINDS = frozenset({"break", "stall", "slow", "no length"})
BETWEEN_S = 0.002
FOR_EVER_S = 3600.0

Send = Callable[[Any], Awaitable[None]]


async def send_spoiled(fault: Fault, response: Response, send: Send) -> bool:
    """Send a right answer in the way of the fault; True if the connection is to be broken."""
    body = bytes(response.body)
    headers = response.raw_headers
    if fault.kind == "no length":
        headers = [(name, value) for name, value in headers if name != b"content-length"]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if fault.kind == "stall":
        await asyncio.sleep(FOR_EVER_S)
    size = len(body) if fault.kind == "no length" else max(int(fault.value), 1)
    last = size if fault.kind == "break" else len(body)
    for first in range(0, last, size):
        piece = body[first : first + size]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(BETWEEN_S)
    if fault.kind == "break":
        return True
    await send({"type": "http.response.body", "body": b""})
    return False
