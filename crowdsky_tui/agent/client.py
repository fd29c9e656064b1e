"""`RemoteNight`: an agent's night as the app sees it, over the agent's socket."""

import asyncio
import contextlib
import itertools
from pathlib import Path
from time import monotonic
from typing import TypeVar

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.agent.client_store import apply, begin_anew, claim_nothing
from crowdsky_tui.agent.messages import (
    LONGEST_LINE,
    Answer,
    Ask,
    Changed,
    Event,
    Hello,
    line_of,
    socket_path,
)
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, ReadOnlyMode
from crowdsky_tui.base.supervisor import Faults, NothingLeft, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings
from crowdsky_tui.night.calls.background import WatchCoverage, WatchSky
from crowdsky_tui.night.calls.call import Call, decoded_result, encoded_call
from crowdsky_tui.night.telescope_setup import ScopeSetup
from crowdsky_tui.store.store import JobView, LogLine, Severity, Store

R = TypeVar("R")

GREETING_S = 10.0
RETRY_S = 2.0
LONGEST_RETRY_S = 60.0
"""A connection that ends sooner than this is looked for again twice as late as the one before."""
WHEN_BACK = "Start it again: the app goes on by itself when it is back"


class OtherVersion(CrowdSkyError):
    """The agent is of another version than this app: they cannot talk."""

    def __init__(self, version: str) -> None:
        super().__init__(
            "the agent is of another version",
            f"it is {version}, this app is {__version__}",
            "End both, then start them from the same version",
        )


class RemoteNight:
    """Another process's night: what it shows, and calls that it carries out.

    Closing it leaves the agent at work. An agent that goes is looked for every `RETRY_S` seconds.
    One of another version is never listened to and never asked: that is said once, and it is left
    alone. An app that is read-only changes nothing through an agent that is not.
    """

    BACK = "the agent is back"
    ANY_VERSION = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = settings.make_clock()
        self.store = Store()
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._gone: CrowdSkyError | None = None
        self._settled = asyncio.Event()
        """Set when the agent has greeted, or has gone."""
        self._faults = Faults(self._tell_fault, settings.state_dir)
        self._tasks = Supervisor(self._faults)
        self.config_path: Path | None = None
        self.setup = ScopeSetup(settings, lambda: self.config_path, here=False)
        self._read_only = settings.read_only
        self._greeted = self._fresh = False

    @property
    def lost(self) -> CrowdSkyError | None:
        """Why the agent cannot be seen at this moment; None while it can."""
        return self._gone

    @property
    def badge(self) -> str:
        """What the top line says of the clock; empty for the real time."""
        return self.clock.badge

    async def open(self) -> None:
        """Attach. Raises CrowdSkyError if nobody answers."""
        try:
            self._reader = await self._connected()
        except OSError as error:
            raise CrowdSkyError(
                "the agent does not answer",
                error.strerror or "",
                "Look at 'systemctl --user status crowdsky-tui'",
            ) from error
        self._tasks.keep("following the agent", self._attend)

    async def _connected(self) -> asyncio.StreamReader:
        """A connection to whoever works on the journal. OSError if nobody does."""
        path = socket_path(self.settings.state_dir)
        reader, self._writer = await asyncio.open_unix_connection(path, limit=LONGEST_LINE)
        self._settled.clear()
        return reader

    async def _attend(self) -> None:
        """Take what the agent tells; when it goes, say so and wait until it is back."""
        pause = RETRY_S
        while True:
            begun = monotonic()
            if self._reader is not None:
                reader, self._reader = self._reader, None
                try:
                    self._lost(gone(await self._listen(reader)))
                except OtherVersion as error:
                    self._lost(error)
                    raise NothingLeft from error
                except Exception as error:
                    self._lost(gone(f"what it tells led to a {type(error).__name__}"))
                    raise
            held = monotonic() - begun >= LONGEST_RETRY_S
            pause = RETRY_S if held else pause
            self._reader = await self._connected_again(pause)
            pause = min(2 * pause, LONGEST_RETRY_S)
            self._tasks.start("asking the agent again to watch", self._watch_again())

    async def _connected_again(self, pause_s: float) -> asyncio.StreamReader:
        while True:
            await asyncio.sleep(pause_s)
            with contextlib.suppress(OSError):  # not back yet
                return await self._connected()

    async def _watch_again(self) -> None:
        """What the app asked of the agent that has gone; the next one does not know of it."""
        with contextlib.suppress(CrowdSkyError):
            await self.do(WatchCoverage())
            await self.do(WatchSky())

    async def start(self) -> None:
        """The agent works already."""

    async def close(self) -> None:
        """Detach; the agent goes on."""
        await self._tasks.close()
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()

    def unfinished(self) -> tuple[JobView, ...]:
        """Nothing of ours: what runs, runs in the agent and goes on without us."""
        return ()

    async def do(self, call: Call[R]) -> R:
        """Have the agent carry a call out. Raises CrowdSkyError as it tells, or if it has gone."""
        if call.changes and self._read_only:
            raise ReadOnlyMode(
                "that is refused",
                "this app is read-only: it changes nothing through an agent either",
                "Leave out --read-only, or set read_only = false in the settings",
            )
        try:
            async with asyncio.timeout(call.patience_s):
                answer = await self._ask(call)
        except TimeoutError as error:
            raise CrowdSkyError("the agent did not answer", "", "Try again") from error
        if (failure := answer.failure) is not None:
            told = CrowdSkyError(failure.what, failure.why, failure.next_step)
            told.exit_code = failure.exit_code
            raise told
        return decoded_result(call, answer.result)

    async def _ask(self, call: Call[object]) -> Answer:
        """Send a call to an agent that has greeted; what it answers."""
        if self._writer is not None:
            await self._settled.wait()
        if self._writer is None or self._writer.is_closing():
            raise self._gone or gone("")
        ask = Ask(next(self._ids), encoded_call(call))
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[ask.id] = future
        try:
            self._writer.write(line_of(ask))
            return await future
        finally:
            self._waiting.pop(ask.id, None)

    async def _listen(self, reader: asyncio.StreamReader) -> str:
        """Take lines until they end; returns why they did. Raises OtherVersion."""
        try:
            async with asyncio.timeout(GREETING_S):
                greeting = await reader.readline()
            self._check_version(greeting)
            line = greeting
            while line:
                self._take(msgspec.json.decode(line, type=Event))
                line = await reader.readline()
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            return clean(error) or type(error).__name__
        return "it ended"

    def _check_version(self, greeting: bytes) -> None:
        """Raise OtherVersion if the first line names another than ours, whatever else it holds."""
        said = msgspec.json.decode(greeting, type=dict[str, object]) if greeting else {}
        version = clean(said.get("version", __version__), 40)
        if version != __version__ and not self.ANY_VERSION:
            raise OtherVersion(version)

    def _lost(self, why: CrowdSkyError) -> None:
        """Fail what waits, and claim nothing any more of what cannot be seen."""
        if self._writer is not None:
            self._writer.close()
        self._settled.set()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(why)
        if str(why) == str(self._gone):
            return
        self._gone = why
        claim_nothing(self.store, str(why))
        self._say(Severity.ERROR, str(why))

    def _tell_fault(self, line: str) -> None:
        self._say(Severity.ERROR, line)

    def _say(self, severity: Severity, text: str) -> None:
        self.store.add_log(LogLine(self.clock.now(), severity, text))

    def _take(self, event: Event) -> None:
        match event:
            case Hello(_, speed, origin, since, holder):
                if self._greeted:
                    self._say(Severity.GOOD, self.BACK)
                self._greeted, self._fresh, self._gone = True, True, None
                self._settled.set()
                self.clock = Clock(origin, since, speed)
                read_only = bool(holder) or self._read_only
                self.settings = msgspec.structs.replace(self.settings, read_only=read_only)
                if holder:
                    self._say(Severity.WARNING, f"this copy only shows what {clean(holder)} does")
            case Answer(id):
                future = self._waiting.get(id)
                if future is not None and not future.done():
                    future.set_result(event)
            case Changed():
                if self._fresh:
                    event, self._fresh = begin_anew(self.store, event), False
                apply(self.store, event)


def gone(why: str) -> CrowdSkyError:
    """The agent has gone; it is looked for."""
    return CrowdSkyError("the agent has gone", why, WHEN_BACK)
