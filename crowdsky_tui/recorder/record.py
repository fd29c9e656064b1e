"""`RecordedNight`: a night whose traffic, and what it showed, are written down."""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta, timezone

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.agent.hosted_night import HostedNight
from crowdsky_tui.agent.messages import Changed, Hello
from crowdsky_tui.agent.store_changes import Show
from crowdsky_tui.base import wire_log
from crowdsky_tui.base.clock import zone_named
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.config.load import Settings
from crowdsky_tui.doctor.redaction import Redaction
from crowdsky_tui.recorder.lines import VERSION, End, Head, Said, Shown
from crowdsky_tui.recorder.writer import Writer

LOOK_EVERY_S = 0.5


class RecordedNight(HostedNight):
    """A night that is recorded from `open` to `close`.

    `file` is what `writer.new_file` or `same_file` opened.
    """

    def __init__(self, settings: Settings, file: int, *, holder: str) -> None:
        super().__init__(settings, holder=holder)
        self._begun = time.monotonic()
        self._redaction = (frozenset[str](), Redaction(settings))
        self._writer = Writer(file, self._hide)
        self._show = Show(self.store)
        self._ear = _Ear(self)
        self._follower = Supervisor(self.faults)

    async def open(self) -> None:
        clock = self.clock
        hello = Hello(__version__, clock.speed, clock.now(), datetime.now(UTC))
        self._writer.put(Head(VERSION, hello))
        wire_log.logger.addHandler(self._ear)
        wire_log.logger.setLevel(logging.DEBUG)
        await super().open()
        self._follower.keep("the recording", self._follow)

    async def close(self) -> None:
        """Close the night, then write what is left."""
        await self._follower.close()
        try:
            self._look()
        finally:
            try:
                await super().close()
            finally:
                wire_log.logger.setLevel(logging.INFO)
                wire_log.logger.removeHandler(self._ear)
                self._writer.put(End(self._at(), "the app was left"))
                await asyncio.to_thread(self._writer.close)

    def hear(self, kind: str, who: str, said: bytes | str) -> None:
        """One line of traffic."""
        self._writer.put(Said(self._at(), kind, who, said))

    def _at(self) -> float:
        return round(time.monotonic() - self._begun, 3)

    async def _follow(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(LOOK_EVERY_S)

    def _look(self) -> None:
        if (change := self._show.change()) is not None:
            now = self.clock.now()
            self._writer.put(Shown(self._at(), _nameless(change, now)))

    def _hide(self, text: str) -> str:
        """In the writer's thread. A serial becomes known while the night goes on."""
        watches = tuple(self.watches.values())
        serials = frozenset(watch.service.serial for watch in watches) - {""}
        if serials != self._redaction[0]:
            self._redaction = (serials, Redaction(self.settings, serials))
        return self._redaction[1].apply(text)


def _nameless(change: Changed, now: datetime) -> Changed:
    """Without the scopes' serials and addresses, and what tells the place: zones, the Sun's times.

    A zone becomes its offset from UTC at the moment `now`.
    """
    scopes = change.scopes and tuple(
        msgspec.structs.replace(each, serial="", host="", zone=_offset(each.zone, now))
        for each in change.scopes
    )
    return msgspec.structs.replace(change, scopes=scopes, sky=None)


def _offset(zone: str, now: datetime) -> str:
    """`UTC+01:00`; empty where there is no such zone."""
    try:
        return str(timezone(now.astimezone(zone_named(zone)).utcoffset() or timedelta()))
    except ValueError:
        return ""


class _Ear(logging.Handler):
    def __init__(self, night: RecordedNight) -> None:
        super().__init__()
        self._recorded = night

    def emit(self, record: logging.LogRecord) -> None:
        self._recorded.hear(record.msg, getattr(record, "who", ""), getattr(record, "said", ""))
