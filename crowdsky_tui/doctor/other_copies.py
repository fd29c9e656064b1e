"""Marks that other copies of this program left on a telescope: what may go, and how it goes.

The date in a mark never decides. One of a stacker goes if it was seen unchanged for five minutes by
our own steady clock while the telescope was idle, one of a stack that may have been handed over
only if the server lists that very stack.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CommandRefused, CrowdSkyError
from crowdsky_tui.doctor.check import Check, ok, warn
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.instruments.seestar.files.marks import STACKING, STACKING_STALE, Mark
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.instruments.seestar.stacking.batch import read_job
from crowdsky_tui.jobs.handover import mark_of_subframes
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.progress.running_night import RunningNight
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.store.store import ServerState

LOOK_EVERY_S = 20.0
FIX = "'crowdsky-tui doctor --fix' takes it away"
CHANGED = "it stays, as it has changed meanwhile: that copy is at work"
STALE_MIN = round(STACKING_STALE.total_seconds() / 60)


class Fate(StrEnum):
    """What may become of a mark."""

    WATCH = f"if it stays unchanged for {STALE_MIN} min while the telescope is idle"
    COMPARE = "if the file on the telescope is the one that the server lists"
    LISTED = "the server lists its stack"
    UNLISTED = "it stays until the server lists its stack"
    UNASKED = "it stays, as the server could not be asked for its list"


class OtherMark(msgspec.Struct, frozen=True):
    """One mark of another copy: where it lies, what it says, and what may become of it.

    `path` is the file on the telescope that tells whether it is of the stack that is listed.
    """

    scope: str
    name: str
    mark: Mark
    fate: Fate
    path: str = ""

    @property
    def goes(self) -> bool:
        """Whether it may be taken away, if what its fate asks for is so."""
        return self.fate in (Fate.WATCH, Fate.COMPARE, Fate.LISTED)

    @property
    def what(self) -> str:
        """`sent CrowdSky_12_M 81.fit of alice on pi`."""
        return f"{self.mark.state} {self.mark.of or 'something'} of {self.mark.who}"


async def marks_of_others(night: RunningNight, scope: str) -> list[OtherMark]:
    """Judge the marks of other copies on a telescope by the server's list as it was last read.

    Raises DeviceError.
    """
    service = night.watches[scope].service
    found = await service.marks.others()
    if not found:
        return []
    listed: dict[str, str] = {}
    compared: dict[str, str] = {}
    asked = night.listing.state is ServerState.OK
    if asked:
        ledger = await night.journal.ledger()
        seen = [item for item in night.situations() if item.order.scope == scope]
        listed, compared = _listed(night, seen, ledger)
        listed |= {row.sha256: "" for row in night.listing.rows if row.sha256}
    return [_judged(scope, name, mark, listed, compared, asked=asked) for name, mark in found]


def _listed(
    night: RunningNight, seen: Sequence[Situation], ledger: Sequence[LedgerEntry]
) -> tuple[dict[str, str], dict[str, str]]:
    """Marks' names of what the server lists; and where the listed stacks lie whose hash is unknown.

    The second by the stack's name.
    """
    hashes = {entry.order.stack_id: entry.sha256 for entry in ledger}
    listed: dict[str, str] = {}
    compared: dict[str, str] = {}
    for item in seen:
        order = item.order
        row = item.row
        if row is None and order.files:
            slot = [entry for entry in ledger if entry.order.chunk == order.chunk]
            row = night.listing.row_of(order, slot, night.listing.rows)
        if row is None:
            continue
        listed[mark_of_subframes(order)] = ""
        if sha256 := hashes.get(order.stack_id):
            listed[sha256] = ""
        elif order.name:
            compared[order.name] = f"MyWorks/{order.folder}/{order.name}"
    return listed, compared


def _judged(
    scope: str,
    name: str,
    mark: Mark,
    listed: Mapping[str, str],
    compared: Mapping[str, str],
    *,
    asked: bool,
) -> OtherMark:
    if name == STACKING:
        return OtherMark(scope, name, mark, Fate.WATCH)
    if not asked:
        return OtherMark(scope, name, mark, Fate.UNASKED)
    if name in listed:
        return OtherMark(scope, name, mark, Fate.LISTED)
    if path := compared.get(mark.of):
        return OtherMark(scope, name, mark, Fate.COMPARE, path)
    return OtherMark(scope, name, mark, Fate.UNLISTED)


async def check_copies(night: RunningNight, scope: str) -> list[Check]:
    """Other copies of this program at work on a telescope, and what `--fix` would do.

    Nothing of a telescope that does not answer: that has been told.
    """
    try:
        found = await marks_of_others(night, scope)
    except CrowdSkyError:
        return []
    by_copy: dict[str, list[OtherMark]] = {}
    for one in found:  # the newest of each copy comes first
        by_copy.setdefault(one.mark.who, []).append(one)
    return [
        warn(f"{scope} other copy", _at_work(marks, night.clock.now()), _would_go(marks))
        for marks in by_copy.values()
    ]


def _at_work(marks: Sequence[OtherMark], now: datetime) -> str:
    mark = marks[0].mark
    minutes = None if mark.at is None else max((now - mark.at).total_seconds() / 60, 0)
    when = "at a time that cannot be" if minutes is None else f"{minutes:.0f} min ago"
    more = f"; {len(marks)} marks" if len(marks) > 1 else ""
    return f"{mark.who} works on it too: {mark.state} {mark.of or 'something'}, {when}{more}"


def _would_go(marks: Sequence[OtherMark]) -> str:
    fates = Counter(one.fate for one in marks)
    said = [
        f"{f'{fates[fate]} of {len(marks)}: ' if len(marks) > 1 else ''}"
        + (f"{FIX}: {fate}" if fate is Fate.LISTED else f"{FIX} {fate}" if goes else fate)
        for fate, goes in ((each, each in (Fate.WATCH, Fate.COMPARE)) for each in Fate)
        if fates[fate]
    ]
    return f"Nothing, if that copy is still in use: each stack is sent once. {'; '.join(said)}"


async def take_away(
    night: RunningNight, marks: Sequence[OtherMark], tell: Callable[[str], None]
) -> list[Check]:
    """Take away of these marks what may go; one check for each says what became of it.

    `tell` hears what is waited for. Raises ReadOnlyMode in a run that must change nothing.
    """
    refuse_if_read_only(read_only=night.settings.read_only, doing="taking marks away")
    checks = []
    for one in marks:
        name = f"{one.scope} mark"
        try:
            why = await _why_not(night.watches[one.scope].service, one, night.clock, tell)
            if not why and not await night.watches[one.scope].service.marks.take_away(
                one.name, one.mark
            ):
                why = CHANGED
        except CrowdSkyError as error:
            why = str(error)
        if why:
            checks.append(warn(name, f"{one.what}: {why}", ""))
        else:
            checks.append(ok(name, f"{one.what}: taken away"))
    return checks


async def _why_not(
    service: SeestarService, one: OtherMark, clock: Clock, tell: Callable[[str], None]
) -> str:
    """Why a mark may not go; "" if it may. Raises DeviceError."""
    if one.fate is Fate.WATCH:
        tell(f"{one.scope}: watching for {STALE_MIN} min whether {one.mark.who} is still at work")
        return await _at_work_still(service, one.mark, clock)
    if one.fate is Fate.COMPARE and await service.files.sha256(one.path) != one.name:
        return "it stays, as the stack that the server lists is another file"
    return "" if one.goes else one.fate.value


async def _at_work_still(service: SeestarService, mark: Mark, clock: Clock) -> str:
    """Watch a stacker's mark until it is stale; why it is not, or "".

    It ends after `STACKING_STALE` at the latest: what changes it, or keeps the telescope busy, ends
    it at once.
    """
    begun = clock.steady()
    while True:
        if await service.marks.read(STACKING) != mark:
            return CHANGED
        if busy := await _busy(service):
            return f"it stays, as {busy}"
        if clock.steady() - begun >= STACKING_STALE.total_seconds():
            return ""
        await clock.sleep(LOOK_EVERY_S)


async def _busy(service: SeestarService) -> str:
    """Why the telescope cannot be called idle; "" if it is."""
    try:
        job = await read_job(service)
    except CommandRefused as error:
        return f"it is not known whether it stacks: {error.what}"
    if job is not None and job.working:
        return "the telescope is stacking"
    observing = await service.observing()
    if observing.observing is None:
        return f"it is not known whether it observes: {observing.text}"
    return "the telescope observes" if observing.observing else ""
