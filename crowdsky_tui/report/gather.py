"""Gathers the facts of the morning report from a night, and keeps the page in the state folder."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, DatabaseError
from crowdsky_tui.base.files import write_whole
from crowdsky_tui.base.text import clean
from crowdsky_tui.database.record import Record, run_of
from crowdsky_tui.instruments.seestar.control.clock_offset import clock_offset
from crowdsky_tui.instruments.seestar.control.telemetry import nights_left
from crowdsky_tui.plan.claims import planner_id
from crowdsky_tui.plan.visits import Visit, Visits
from crowdsky_tui.report.quotes import KINDS, quotes
from crowdsky_tui.report.report import Report, ScopeLine, make_report, newest_night, report_text
from crowdsky_tui.report.stars import star_lines
from crowdsky_tui.report.trends import RATE_DAYS
from crowdsky_tui.site.place import zone_of
from crowdsky_tui.store.store import ScopeView, ServerState

if TYPE_CHECKING:
    from crowdsky_tui.database.records import Records
    from crowdsky_tui.progress.telescope_watch import ScopeWatch
    from crowdsky_tui.report.reported_night import ReportedNight


logger = logging.getLogger(__name__)

SELDOM = timedelta(minutes=30)
"""For the forecast of room: a minute's read-outs of a week would fill the memory for nothing."""


async def gather_report(night: "ReportedNight", of: date | None = None) -> Report:
    """The report of the newest night, or of the one with this evening's date."""
    await night.automatic.undecided.load()
    seen = night.situations()
    scopes = await asyncio.gather(*(_scope_line(night, watch) for watch in night.watches.values()))
    free = await asyncio.to_thread(free_bytes, night.settings.downloads)
    now = night.clock.now()
    evening = of or newest_night(seen, local_now(night))
    fetched = [(entry.order.start, entry.size) for entry in await night.journal.ledger()]
    report = make_report(
        evening,
        now,
        seen,
        scopes,
        server=_server_trouble(night),
        here_free_gb=None if free is None else free / 1e9,
        here_nights=nights_left(None if free is None else free / 1e6, fetched, now),
        left_out=[
            *night.automatic.undecided.lines(),
            *(
                clean(f"{name}: {line}", 300)
                for name, watch in night.watches.items()
                for line in watch.undecided()
            ),
        ],
        visits=await _visits(night, evening),
    )
    return msgspec.structs.replace(
        report, records=await _quotes(night, evening), stars=await star_lines(night, evening)
    )


async def _quotes(night: "ReportedNight", evening: date) -> tuple[str, ...]:
    """What the records tell of a night; that they cannot be read is a line, too."""
    noon = datetime.combine(evening, time(12)).astimezone()
    run, stream = run_of(noon), night.records.records
    if not await night.records.database.is_there():
        return ()
    try:
        runs = [each.run for each in await stream.runs()]
        if run not in runs:
            return ()
        read = [each async for each in _of_the_night(stream, noon, run)]
    except DatabaseError as error:
        return (f"they cannot be read: {clean(error, 200)}",)
    return await asyncio.to_thread(quotes, read, run, runs, night.clock.now())


async def _of_the_night(stream: "Records", noon: datetime, run: str) -> AsyncIterator[Record]:
    """The records of a night, and of the days before a read-out of each telescope now and then."""
    taken: dict[str, datetime] = {}
    async for each in stream.read(noon - timedelta(days=RATE_DAYS), KINDS):
        source = each.meta.source
        if each.meta.run == run:
            yield each
        elif each.type == "scope" and each.ts - taken.get(source, each.ts - SELDOM) >= SELDOM:
            taken[source] = each.ts
            yield each


async def _visits(night: "ReportedNight", of: date) -> list[Visit]:
    """What the plan wanted in a night; nothing where it is not executed, or cannot be read."""
    if night.settings.plan.execute == "off":
        return []
    zone = zone_of(night.settings)
    try:
        database = night.records.database
        every = await Visits(database, night.clock).of_night(f"{of}")
        found = [
            each for each in every if each.holder in ("", planner_id(night.settings, database))
        ]
    except CrowdSkyError as error:
        logger.warning("the report tells nothing of the plan: %s", error)
        return []
    return [msgspec.structs.replace(each, start=each.start.astimezone(zone)) for each in found]


def local_now(night: "ReportedNight") -> datetime:
    """Now on the first telescope's clock that is known, else on this machine's."""
    for watch in night.watches.values():
        for facts in watch.targets.values():
            return night.clock.now().astimezone(facts.zone)
    return night.clock.now().astimezone()


async def _scope_line(night: "ReportedNight", watch: "ScopeWatch") -> ScopeLine:
    """One telescope's line; what is wrong with one is its own trouble, and no other's."""
    view = night.store.scopes[watch.service.name]
    offset = None
    if watch.service.state.usable:
        try:
            zone = await watch.service.scope_zone()
            offset = await clock_offset(watch.service, zone, night.clock)
        except CrowdSkyError as error:
            return _line(view, None, str(error))
        except Exception as error:
            logger.exception("the report asks %s", view.name)
            return _line(view, None, f"a fault in crowdsky-tui, {type(error).__name__}")
    return _line(view, offset)


def _line(view: ScopeView, offset: float | None, trouble: str = "") -> ScopeLine:
    if not view.state.usable:
        trouble = view.reason or view.state.value
    return ScopeLine(
        view.name,
        view.state.value,
        trouble,
        view.free_gb,
        view.nights_left,
        offset,
    )


def _server_trouble(night: "ReportedNight") -> str:
    server = night.store.server
    if not night.settings.server.username:
        return "no account is set, so nothing was sent"
    if server.state in {ServerState.REFUSED, ServerState.DOWN}:
        return server.reason or server.state.value
    return ""


def free_bytes(folder: Path) -> int | None:
    """Free space where a folder lies, or will lie once it is made; None if it cannot be told."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def report_path(state_dir: Path, night: date) -> Path:
    """Where the report of a night is kept, `report-2026-02-27.txt` by its evening."""
    return state_dir / f"report-{night:%Y-%m-%d}.txt"


async def save_report(report: Report, state_dir: Path) -> Path:
    """Write the page, whole or not at all. Raises CrowdSkyError if the disk refuses."""
    path = report_path(state_dir, report.night)
    try:
        await asyncio.to_thread(write_whole, path, report_text(report).encode())
    except OSError as error:
        raise CrowdSkyError(
            f"the report {path.name} cannot be written", error.strerror or "", "Check the disk"
        ) from error
    return path
