"""What the rooms below `Night` may use of it; `Night` itself is above them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.engine.journal import Journal
from crowdsky_tui.jobs.engine.queue import JobQueue
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.progress.refresh import Views
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.progress.telescope_watch import ScopeWatch
from crowdsky_tui.review.desk import ReviewDesk
from crowdsky_tui.store.store import Store

if TYPE_CHECKING:
    from crowdsky_tui.progress.requests import Asked
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer


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

    def server(self) -> "CrowdSkyServer": ...

    async def use_settings(self, settings: Settings) -> None: ...

    async def list_quietly(self) -> None: ...

    def situations(self, targets: Iterable[tuple[str, str]] | None = None) -> list[Situation]: ...

    async def stack(
        self, targets: Sequence[tuple[str, str]] | None = None, *, goal: str = "stack"
    ) -> "Asked": ...

    async def upload(self, targets: Sequence[tuple[str, str]] | None = None) -> "Asked": ...

    async def upload_orders(self, orders: Sequence[Order], *, again: bool = False) -> "Asked": ...

    async def raw_upload(self, orders: Sequence[Order]) -> "Asked": ...
