"""Plays a recording: a stand-in for an agent says again what was shown, in order and in time."""

import asyncio
import contextlib
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.messages import (
    LONGEST_LINE,
    Answer,
    Ask,
    Changed,
    Event,
    Failure,
    Hello,
    line_of,
    socket_path,
)
from crowdsky_tui.base.clock import Clock, StoppedClock
from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.night.calls.call import decoded_call
from crowdsky_tui.recorder.lines import VERSION, Head, Line, Shown
from crowdsky_tui.store.store import LogLine, Severity

NOBODY = Failure("this is a recording", "there is no scope and no server behind it")
OVER = "The recording is over. This is how it ended."

YEARS = (1970, 2200)
LONGEST_RUN_S = 366 * 86400.0
LARGEST_NUMBER = 1e15
LONGEST_TEXT = 1000
DEEPEST = 40
FASTEST = 100_000.0
LONGEST_NIGHT_S = 10 * LONGEST_RUN_S
_MOMENT = re.compile(r"(\d{4})-\d\d-\d\d[T ]\d\d:\d\d(?::[\d.,]+)?(Z|[+-][\d:]+)?", re.ASCII | re.I)


def read_recording(path: Path) -> list[Head | Shown]:
    """What a file holds, up to where it breaks off. UsageError if it is no recording. Blocks.

    The first line is a `Head`; each further one is a run of its own.
    """
    what = f"{path} cannot be played"
    try:
        with path.open("rb") as file:
            found = list(_whole_lines(file.readline(LONGEST_LINE) for _ in iter(int, 1)))
    except OSError as error:
        raise UsageError(what, error.strerror or "it cannot be read") from error
    if not found or not isinstance(found[0], Head):
        raise UsageError(what, "it does not begin like a recording", "Make one with --record FILE")
    if found[0].version != VERSION:
        raise UsageError(what, f"it is of version {found[0].version}", "Use the newest program")
    return [line for line in found if isinstance(line, Head | Shown)]


def _whole_lines(lines: Iterator[bytes]) -> Iterator[Line]:
    """Each line; nothing follows one that is cut off, is none, or says what cannot be."""
    for line in lines:
        if not line.endswith(b"\n"):
            return
        try:
            found: Line = msgspec.convert(_bounded(msgspec.json.decode(line)), Line)
            _check_times(found)
        except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
            return
        yield found


def _bounded(tree: object, depth: int = 0) -> object:
    """What a stranger wrote, with every text clean. ValueError for what no night holds."""
    if depth > DEEPEST:
        raise ValueError("it goes too deep")
    if isinstance(tree, dict):
        return {_text(key): _bounded(value, depth + 1) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_bounded(value, depth + 1) for value in tree]
    if isinstance(tree, str):
        return _text(tree)
    if isinstance(tree, int | float) and abs(tree) > LARGEST_NUMBER:
        raise ValueError("it holds a number beyond reason")
    return tree


def _text(text: str) -> str:
    moment = _MOMENT.fullmatch(text)
    if moment is not None and not (moment[2] and YEARS[0] < int(moment[1]) < YEARS[1]):
        raise ValueError("it is dated in another age, or in no zone")
    return clean(text, LONGEST_TEXT)


def _check_times(line: Line) -> None:
    """Raise ValueError for a clock that cannot run, or a moment that no recording lasts to."""
    if isinstance(line, Head):
        Clock(line.hello.origin, line.hello.since or line.hello.origin, line.hello.speed)
        if line.hello.speed > FASTEST:
            raise ValueError("its clock is too fast")
    elif not 0 <= line.at <= LONGEST_RUN_S:
        raise ValueError("it lasts too long")


class ReplayedNight(RemoteNight):
    """An agent's night, only that the agent is a recording. `speed` is times real time.

    When it is over its clock stands still, and what was shown last stays.
    """

    BACK = "here the app was started again"
    ANY_VERSION = True

    def __init__(self, settings: Settings, path: Path, speed: float) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="crowdsky-replay-")
        storage = msgspec.structs.replace(settings.storage, state_dir=self._folder.name)
        nobody = ScopeSettings(name="recording")  # without any the app would begin a search
        super().__init__(msgspec.structs.replace(settings, scopes=(nobody,), storage=storage))
        self._path = path
        self._speed = speed
        self._server: asyncio.Server | None = None
        self._guests = Supervisor()
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        """Read the file, then attach to the stand-in. Raises UsageError for what is none."""
        self._lines = await asyncio.to_thread(read_recording, self._path)
        place = socket_path(self.settings.state_dir)
        self._server = await asyncio.start_unix_server(self._welcome, place, limit=LONGEST_LINE)
        await super().open()

    async def close(self) -> None:
        try:
            await super().close()
        finally:
            await self._end()

    async def _end(self) -> None:
        await self._guests.close()
        if self._server is not None:
            self._server.close()
            for writer in self._writers:  # from Python 3.12 on the server waits for them
                writer.close()
            await self._server.wait_closed()
        await asyncio.to_thread(self._folder.cleanup)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        for work in (self._play(writer), _refuse(reader, writer)):
            self._guests.start("playing a recording", work)

    @property
    def badge(self) -> str:
        """What the top line says of the replay: its speed, or that it is over."""
        if isinstance(self.clock, StoppedClock):
            return "REPLAY IS OVER"
        return f"REPLAY ×{self._speed:g}"

    async def _play(self, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            for line in self._lines:  # the first one is a head
                if isinstance(line, Head):
                    at, hello, begun = 0.0, line.hello, loop.time()
                    writer.write(line_of(_as_now(hello, self._speed)))
                    continue
                at = line.at
                await asyncio.sleep(max(begun + at / self._speed - loop.time(), 0.0))
                writer.write(line_of(line.change))
                await writer.drain()
            over = LogLine(_moment(hello, at), Severity.GOOD, OVER)
            writer.write(line_of(Changed(log=(over,))))
            await writer.drain()

    def _take(self, event: Event) -> None:
        """As an agent's line; after the last one the clock stands."""
        super()._take(event)
        if isinstance(event, Changed) and event.log and event.log[-1].text == OVER:
            self.clock = StoppedClock(event.log[-1].at)


def _moment(hello: Hello, at: float) -> datetime:
    """What a run's clock showed `at` seconds after its beginning."""
    return (hello.origin or datetime.now(UTC)) + timedelta(
        seconds=min(at * hello.speed, LONGEST_NIGHT_S)
    )


def _as_now(hello: Hello, speed: float) -> Hello:
    """A run's first line, its clock set as if the run began at this moment."""
    now = datetime.now(UTC)
    origin = hello.origin or now
    return msgspec.structs.replace(
        hello, origin=origin, since=now, speed=min(hello.speed * speed, FASTEST)
    )


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say to every call that there is nobody to carry it out."""
    with contextlib.suppress(OSError, ValueError, CrowdSkyError):
        while line := await reader.readline():
            writer.write(line_of(_answer(msgspec.json.decode(line, type=Ask))))
    writer.close()


def _answer(ask: Ask) -> Answer:
    if decoded_call(ask.call).result_type is type(None):
        return Answer(ask.id)  # "begin to watch": nothing comes
    return Answer(ask.id, failure=NOBODY)
