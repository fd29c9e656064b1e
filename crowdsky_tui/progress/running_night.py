"""What the rooms above this one may use of a night that runs, without knowing who runs it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.jobs.work import JobQueue
from crowdsky_tui.progress.refresh import Views
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.progress.telescope_watch import ScopeWatch
from crowdsky_tui.store.store import Store

if TYPE_CHECKING:
    from crowdsky_tui.progress.requests import RequestOutcome
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer


class RunningNight(Protocol):
    """A night's parts up to this room. Rooms that need more add it in a protocol of their own."""

    @property
    def settings(self) -> Settings:
        """The settings that it works by."""

    @property
    def clock(self) -> Clock:
        """The clock of the night, which may be simulated."""

    @property
    def store(self) -> Store:
        """What is known now."""

    @property
    def science(self) -> Science:
        """The child that computes."""

    @property
    def journal(self) -> Journal:
        """What is kept of jobs and stacks."""

    @property
    def queue(self) -> JobQueue:
        """The jobs that are to be done."""

    @property
    def views(self) -> Views:
        """What brings the store up to date."""

    @property
    def watches(self) -> dict[str, ScopeWatch]:
        """The telescopes, by name."""

    @property
    def listing(self) -> ServerList:
        """The server's list."""

    def server(self) -> "CrowdSkyServer":
        """The server's client, by the present settings."""

    async def list_quietly(self) -> None:
        """Ask the server for its list, and say nothing where that fails."""

    def situations(self, targets: Iterable[TargetKey] | None = None) -> list[Situation]:
        """What is known of these targets, or of all: each block and its state."""

    async def upload_orders(
        self, orders: Sequence[Order], *, resend: bool = False
    ) -> "RequestOutcome":
        """Ask for the sending of these stacks; `resend` even where one was sent."""
