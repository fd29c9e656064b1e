"""What goes into the records of the night by itself: telescopes, stacks, jobs, what went wrong."""

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.database.database import Database, open_database
from crowdsky_tui.database.records import Records
from crowdsky_tui.instruments.seestar.control.clock_offset import clock_offset
from crowdsky_tui.instruments.seestar.control.telemetry import read_telemetry
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.order import Order, of_stacks
from crowdsky_tui.photometry.measures import Quality
from crowdsky_tui.progress.telescope_watch import ScopeWatch
from crowdsky_tui.store.store import LogLine, Severity

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

logger = logging.getLogger(__name__)

LOOK_EVERY_S, CLOCK_EVERY_S = 60.0, 900.0
SHORTEST_LOOK_S = 10.0
"""Real seconds: a fast demo must not ask a telescope without a pause."""
TOLD = frozenset({Severity.WARNING, Severity.ERROR})


class NightRecords:
    """The stream of a night, and what fills it."""

    def __init__(self, night: "NightParts", faults: Faults) -> None:
        self._clock = night.clock
        self._watches = night.watches
        self._store = night.store
        self._tasks = Supervisor(faults)
        self._writes = False
        self._clocks_at: dict[str, float] = {}
        self.database: Database = open_database(night.settings, self._tell)
        self.records = Records(self.database, night.clock, self._tell)

    def start(self) -> None:
        """Begin to look at the telescopes and to write; a night that only looks writes nothing."""
        self._writes = True
        self._tasks.keep("the records of the night", self.records.run)
        self._tasks.keep("the telescopes' read-outs", self._watch)

    async def close(self) -> None:
        """Write what waits, and let go of the database."""
        await self._tasks.close()
        if self._writes:
            await self.records.close()
        await self.database.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(max(self._clock.real_seconds(LOOK_EVERY_S), SHORTEST_LOOK_S))
            await asyncio.gather(*map(self._look_at, self._watches.values()))

    async def _look_at(self, watch: ScopeWatch) -> None:
        """Note one telescope's read-outs; one that does not answer has none this minute."""
        if not watch.service.state.usable:
            return
        try:
            read = await read_telemetry(watch.service)
        except CrowdSkyError:
            return
        self.records.insert("scope", _known(read), watch.service.name)
        await self._note_clock(watch)

    async def _note_clock(self, watch: ScopeWatch) -> None:
        """Note how far a telescope's clock is off this machine's, some times an hour."""
        name, steady = watch.service.name, self._clock.steady()
        if steady - self._clocks_at.get(name, -CLOCK_EVERY_S) < CLOCK_EVERY_S:
            return
        try:
            offset_s = await clock_offset(
                watch.service, await watch.service.scope_zone(), self._clock
            )
        except CrowdSkyError:
            return
        self._clocks_at[name] = steady
        if offset_s is not None:
            self.records.insert("clock", {"offset_s": round(offset_s, 1)}, name)

    def note_measured(self, order: Order, quality: Quality) -> None:
        """Note what was measured in a stack, at the moment at which its block ended."""
        known = _known(msgspec.structs.replace(quality, colours=()))
        sky = {f"sky_{each.colour.lower() or 'mono'}": each.level for each in quality.colours}
        del known["colours"]
        data = {"target": order.target, "filter": order.filter, **known, **sky}
        self.records.insert("focus", data, order.scope, at=order.end)

    def note_job(self, job: AnyJob) -> None:
        """Note how a job ended."""
        if job.unfinished:
            return
        stacks = of_stacks([job])
        data = {
            "job": job.kind,
            "target": job.payload.target,
            "block": stacks[0].payload.start.isoformat() if stacks else "",
            "state": job.state.value,
            "reason": job.reason,
        }
        self.records.insert("block", data, job.payload.scope)

    def note_line(self, line: LogLine) -> None:
        """Write a line of the job log into the log file, and note it if it warns."""
        logger.info("%s", line.text)
        if line.severity in TOLD:
            data = {"severity": line.severity.value, "text": line.text}
            self.records.insert("error", data, at=line.at)

    def _tell(self, text: str) -> None:
        self._store.add_log(LogLine(self._clock.now(), Severity.WARNING, text))


def _known(read: msgspec.Struct) -> dict[str, object]:
    """The fields that say something."""
    return {
        name: value
        for name, value in msgspec.structs.asdict(read).items()
        if value is not None and value != ""
    }
