"""A raw upload job against the stand-in, on a clock that the test sets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
from raw_kit import client_of, write_lights

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.instruments.seestar.files.marks import Copy
from crowdsky_tui.jobs.engine.work import Later
from crowdsky_tui.jobs.handover import Handover, raw_folder
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds.confirm import ConfirmWork
from crowdsky_tui.jobs.kinds.subframe_upload import RawWork
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn
from crowdsky_tui.store.store import JobState

BEGIN = datetime(2026, 7, 24, 21, 0, tzinfo=UTC)
DEADLINE = timedelta(hours=12)
FRAMES = 3
ALICE = Copy("alice", "pi", "a")


class RawNight:
    """One block on this machine; `time` is what its jobs take for the present."""

    def __init__(
        self,
        root: Path,
        client: CrowdSkyServer,
        journal: Journal,
        science: Science,
        scopes: Scopes | None = None,
        copy: Copy = ALICE,
    ) -> None:
        self.time = BEGIN + timedelta(hours=9)
        self.client = client
        self.journal = journal
        self.numbers = 0
        clock: Any = self
        self.listing = ServerList(client.list_stacks, clock)
        handover = Handover(scopes or Scopes({}), copy, clock, DEADLINE, root)
        self.work = RawWork(
            scopes or Scopes({}),
            lambda: client,
            self.listing,
            science,
            clock,
            root,
            deadline=DEADLINE,
            scrub_location=lambda: False,
            handover=handover,
        )
        self.confirm = ConfirmWork(
            self.listing, clock, poll_s=30, deadline=DEADLINE, handover=handover
        )
        self.order = Order(
            scope="s50",
            serial="8a95aa90",
            telescope="S50_8a95aa90",
            target="M 81",
            folder="M 81",
            sub_folder="M 81_sub",
            chunk="20260724.84",
            exposure="10.0s",
            filter="LP",
            start=BEGIN,
            end=BEGIN + timedelta(minutes=15),
        )
        folder = raw_folder(root, self.order)
        folder.mkdir(parents=True)
        names = tuple(path.name for path in write_lights(folder, FRAMES))
        self.order = msgspec.structs.replace(self.order, files=names)

    def now(self) -> datetime:
        return self.time

    def steady(self) -> float:
        return self.time.timestamp()

    async def entry(self) -> LedgerEntry:
        return await self.journal.entry(self.order)

    def ask(self, *, overwrite: bool = False) -> Job:
        """The user asks: a new job."""
        self.numbers += 1
        order = msgspec.structs.replace(self.order, overwrite=overwrite)
        return Job(self.numbers, "raw", "confirm", order, JobState.RUNNING, self.time)

    async def once(self, job: Job, work: Any = None) -> str:
        """Run a job's work once; "" if it is proved, else why not. Time goes on as it wishes."""

        async def note(step: str, facts: dict[str, Any] | None = None) -> None:
            job.facts.update(facts or {})

        context: Any = SimpleNamespace(
            journal=self.journal, job=job, note=note, progress=lambda *_: None
        )
        self.time += timedelta(minutes=2)  # a later list
        try:
            await (work or self.work).run(job, context)
        except Later as later:
            self.time += timedelta(seconds=later.seconds)
            return f"later: {later.reason}"
        except CrowdSkyError as error:
            return f"error: {error}"
        return ""


@asynccontextmanager
async def raw_night(
    root: Path, standin: CrowdSkyStandIn, science: Science
) -> AsyncIterator[RawNight]:
    journal = Journal(root / "state")
    await journal.open("test")
    try:
        async with client_of(standin) as client:
            yield RawNight(root / "downloads", client, journal, science)
    finally:
        await journal.close()
