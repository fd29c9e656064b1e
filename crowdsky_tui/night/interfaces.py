"""`NightInterface`: what front ends use of a night. `NightParts`: what the rooms below it may use.

`Night` is both; `agent.remote.RemoteNight` is the first for an app that attends another's night.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

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
from crowdsky_tui.review.desk import ReviewDesk
from crowdsky_tui.store.store import BlockView, JobView, Store

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.connection.discovery import Found
    from crowdsky_tui.night.automatic.runner import Automatic
    from crowdsky_tui.night.background.night_records import NightRecords
    from crowdsky_tui.night.calls.call import Call
    from crowdsky_tui.night.services import NightServices
    from crowdsky_tui.night.telescope_session import Sessions
    from crowdsky_tui.progress.requests import Asked, PlanLine
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer

R = TypeVar("R")


class TelescopeSetup(Protocol):
    """Finding telescopes and keeping them: `telescope_setup.ScopeSetup`."""

    @property
    def first_start(self) -> bool: ...
    @property
    def here(self) -> bool: ...
    async def find(self) -> "tuple[Found, ...]": ...
    async def keep(self, chosen: "Iterable[Found]", folders: Mapping[str, str]) -> str: ...


class NightInterface(Protocol):
    """A night as app, agent and recorder see it, whoever does its work.

    What happens is read in the `store`; whatever is wanted is a call.
    """

    @property
    def store(self) -> Store: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def badge(self) -> str: ...
    @property
    def setup(self) -> TelescopeSetup: ...

    async def open(self) -> None: ...
    async def start(self) -> None: ...
    async def close(self) -> None: ...
    async def do(self, call: "Call[R]") -> R: ...
    def unfinished(self) -> tuple[JobView, ...]: ...


class NightParts(Protocol):
    """The parts of a running night, and the few things that may be asked of it from below."""

    settings: Settings
    clock: Clock
    store: Store
    science: Science
    journal: Journal
    queue: JobQueue
    views: Views
    watches: dict[str, ScopeWatch]
    review: ReviewDesk
    listing: ServerList
    config_path: Path | None
    sessions: "Sessions"
    automatic: "Automatic"
    services: "NightServices"
    records: "NightRecords"

    def server(self) -> "CrowdSkyServer": ...

    async def use_settings(self, settings: Settings) -> None: ...

    async def list_quietly(self) -> None: ...

    def refresh_soon(self, scope: str | None = None) -> None: ...

    def situations(self, targets: Iterable[TargetKey] | None = None) -> list[Situation]: ...

    async def stack(
        self,
        targets: Sequence[TargetKey] | None = None,
        *,
        blocks: Sequence[BlockView] | None = None,
        goal: str = "stack",
        insist: bool = False,
        restack: bool = False,
    ) -> "Asked": ...

    async def upload(self, targets: Sequence[TargetKey] | None = None) -> "Asked": ...

    async def upload_orders(self, orders: Sequence[Order], *, resend: bool = False) -> "Asked": ...

    async def raw_upload(self, orders: Sequence[Order]) -> "Asked": ...

    async def dry_run(
        self, targets: Sequence[TargetKey] | None = None
    ) -> "tuple[PlanLine, ...]": ...

    async def cancel(self, job_id: int) -> str: ...
