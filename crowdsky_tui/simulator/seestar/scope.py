"""What a stand-in's parts may use of it: they are below it and do not know it."""

import asyncio
from pathlib import Path
from typing import Any, Protocol

from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.scope_time import ScopeTime
from crowdsky_tui.simulator.seestar.albums import Albums
from crowdsky_tui.simulator.seestar.batch import BatchStack
from crowdsky_tui.simulator.seestar.login import PublicKey
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.state import DeviceState
from crowdsky_tui.simulator.seestar.view import View


class Client:
    """One connection: its login is its own."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.challenge: str | None = None
        self.verified = False
        self.slow: set[asyncio.Task[None]] = set()
        """Answers that take their time; others overtake them."""

    def send(self, line: bytes) -> None:
        """Queue a line; nothing happens on a connection that is going away."""
        if not self.writer.is_closing():
            self.writer.write(line)


class Scope(Protocol):
    """The stand-in (`SeestarStandIn`), as its parts see it; `session` is what they make up."""

    root: Path
    serial: str
    host: str
    profile: Profile
    public_key: PublicKey | None
    faults: Faults
    time: ScopeTime
    state: DeviceState
    view: View
    albums: Albums
    batch: BatchStack
    session: Any

    @property
    def name(self) -> str:
        """What the telescope calls itself."""

    @property
    def client_count(self) -> int:
        """How many apps are connected."""

    def broadcast(self, name: str, fields: dict[str, Any]) -> None:
        """Send an event to every app."""

    async def listen(self) -> None:
        """Accept connections."""

    async def hang_up(self) -> None:
        """Break every connection off."""
