"""For the tests of the CrowdSky stand-in: running ones, and uploads written card by card."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn

WIDTH, HEIGHT = 90, 160
HEADER: dict[str, object] = {
    "OBJECT": "M 81",
    "TELESCOP": "S50_8a95aa90",
    "FILTER": "IRCUT",
    "DATE-OBS": "2026-07-24T21:03:55.341876",
    "RA": 148.888,
    "DEC": 69.065,
    "EXPTIME": 10.0,
    "TOTALEXP": 410.0,
    "STACKCNT": 41,
    "EQMODE": 0,
    "GAIN": 80,
    "SITELONG": 10.5,
    "SITELAT": 45.5,
    "FOCALLEN": 250,
    "XPIXSZ": 2.9,
}
KEY = "20260724.84_HP006478"


def card(name: str, value: object) -> bytes:
    """One 80-byte card; a str that begins with `!` goes in raw after the `= `."""
    if isinstance(value, str) and value.startswith("!"):
        text = value[1:]
    elif isinstance(value, str):
        quoted = value.replace("'", "''")
        text = f"'{quoted:<8}'"
    elif isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    else:
        text = f"{value:>20}"
    return f"{name:<8}= {text}".ljust(80).encode("latin-1")


def header_bytes(cards: dict[str, object]) -> bytes:
    body = b"".join(card(name, value) for name, value in cards.items()) + b"END".ljust(80)
    return body + b" " * (-len(body) % 2880)


def stack_bytes(width: int = WIDTH, height: int = HEIGHT, **changes: Any) -> bytes:
    """A three-plane stack as a Seestar writes it; `DATE_OBS=None` leaves a card out."""
    shape: dict[str, object] = {"SIMPLE": True, "BITPIX": 16, "NAXIS": 3}
    shape |= {"NAXIS1": width, "NAXIS2": height, "NAXIS3": 3, "BZERO": 32768, "BSCALE": 1}
    cards = HEADER | {name.replace("_", "-"): value for name, value in changes.items()}
    present = {name: value for name, value in cards.items() if value is not None}
    sky = np.random.default_rng(7).normal(1000, 15, (3, height, width))
    for x, y in ((20, 30), (60, 100), (45, 140)):
        sky[:, y % height, x % width] = 20000
    data = (sky - 32768).astype(">i2").tobytes()
    return header_bytes(shape | present) + data + b"\0" * (-len(data) % 2880)


async def upload(
    client: httpx.AsyncClient, content: bytes | None = None, name: str = "up.fit", **form: Any
) -> httpx.Response:
    files = {"file": (name, stack_bytes() if content is None else content)}
    return await client.post("/api/upload_stack.php", files=files, data=form)


async def until(condition: Callable[[], bool], patience_s: float = 60) -> None:
    """Wait for `condition`; AssertionError when patience ends."""
    for _ in range(int(patience_s / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("what was waited for did not happen")


Starter = Callable[..., Awaitable[CrowdSkyStandIn]]


@asynccontextmanager
async def starter(root: Path) -> AsyncIterator[Starter]:
    """Start stand-ins over one root; at the end all are stopped, and none may have crashed."""
    started: list[CrowdSkyStandIn] = []

    async def start(**options: Any) -> CrowdSkyStandIn:
        standin = CrowdSkyStandIn(root / "server", Clock(), **{"worker_delay_s": 0.08, **options})
        await standin.start()
        started.append(standin)
        return standin

    yield start
    for standin in started:
        await standin.stop()
    assert [standin.crashes for standin in started] == [[] for _ in started]


def client_of(standin: CrowdSkyStandIn) -> httpx.AsyncClient:
    """A client that is logged in."""
    login = (standin.username, standin.password)
    return httpx.AsyncClient(base_url=standin.url, auth=login, timeout=20, verify=False)
