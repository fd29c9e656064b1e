"""`RemoteNight`: an agent's night as the app sees it, over the agent's socket."""

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.agent.mirror import apply, begin_anew, claim_nothing
from crowdsky_tui.agent.remote_automatic import RemoteAutomatic
from crowdsky_tui.agent.remote_sessions import RemoteSessions
from crowdsky_tui.agent.review_calls import RemoteReview
from crowdsky_tui.agent.wire import (
    LONGEST_LINE,
    Answer,
    CancelRequest,
    Changed,
    ErrandRequest,
    Event,
    Hello,
    PlanRequest,
    RefreshRequest,
    Request,
    ReviewRequest,
    ReviewVerb,
    ScopeRequest,
    ScopeVerb,
    StackRequest,
    TargetKey,
    UploadRequest,
    line_of,
    socket_path,
)
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.scopes import refuse_kind
from crowdsky_tui.night.calls import RESULTS, Errand, Errands
from crowdsky_tui.night.night import Asked, PlanLine
from crowdsky_tui.night.telescope_setup import ScopeSetup
from crowdsky_tui.store.store import BlockView, JobView, LogLine, Severity, Store

ANSWER_PATIENCE_S = 30.0
ERRAND_PATIENCE_S = 900.0
GREETING_S = 10.0
RETRY_S = 2.0
LONGEST_RETRY_S = 60.0
"""A connection that ends sooner than this is looked for again twice as late as the one before."""
WHEN_SAME = "Start both anew from the same version"
WHEN_BACK = "Start it again: the app goes on by itself when it is back"


class OtherVersion(Exception):
    """The agent is of another version than this app: they cannot talk."""


class RemoteNight:
    """The part of `Night` that the app uses. Closing it leaves the agent at work.

    An agent that goes is looked for every `RETRY_S` seconds. One of another version is never
    listened to, and said so once: what its lines mean is not known here.
    """

    BACK = "the agent is back"
    ANY_VERSION = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = settings.make_clock()
        self.store = Store()
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self.automatic = RemoteAutomatic(self._ask, self._ids)
        self._reader: asyncio.StreamReader | None = None
        self._faults = Faults(self._tell_fault, settings.state_dir)
        self._tasks = Supervisor(self._faults)
        self._why_gone, self._advice = "", WHEN_BACK
        self.sessions = RemoteSessions(self._ask_scope, settings.read_only)
        self.config_path: Path | None = None
        self.setup = ScopeSetup(settings, lambda: self.config_path, here=False)
        self.errands = Errands(self._do_errand)
        self.review = RemoteReview(self._ask_review)
        self._read_only = settings.read_only
        self._greeted = self._fresh = False

    @property
    def badge(self) -> str:
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
        return reader

    async def _attend(self) -> None:
        """Take what the agent tells; when it goes, say so and wait until it is back."""
        pause = RETRY_S
        while True:
            begun = monotonic()
            if self._reader is not None:
                reader, self._reader = self._reader, None
                try:
                    self._lost(await self._listen(reader))
                except OtherVersion as error:
                    self._lost(str(error), WHEN_SAME)
                    pause = LONGEST_RETRY_S
                except Exception as error:
                    self._lost(f"what it tells led to a {type(error).__name__}")
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
            await self.errands.watch_coverage()
            await self.errands.watch_sky()

    async def start(self) -> None:
        """The agent works already."""

    async def close(self) -> None:
        """Detach; the agent goes on."""
        await self._tasks.close()
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()

    def refresh_soon(self, scope: str | None = None) -> None:
        request = RefreshRequest(next(self._ids), scope)
        self._tasks.start("asking the agent to look", self._quietly(request))

    async def stack(
        self,
        targets: Sequence[TargetKey] | None = None,
        *,
        blocks: Sequence[BlockView] | None = None,
        insist: bool = False,
        again: bool = False,
    ) -> Asked:
        refuse_kind("stack", self.settings.read_only)
        chosen = None if targets is None else tuple(targets)
        some = None if blocks is None else tuple(blocks)
        answer = await self._ask(StackRequest(next(self._ids), chosen, some, insist, again))
        return answer.asked or Asked((), "")

    async def upload(self, targets: Sequence[TargetKey] | None = None) -> Asked:
        chosen = None if targets is None else tuple(targets)
        return (await self._ask(UploadRequest(next(self._ids), chosen))).asked or Asked((), "")

    async def dry_run(self, targets: Sequence[TargetKey] | None = None) -> tuple[PlanLine, ...]:
        chosen = None if targets is None else tuple(targets)
        return (await self._ask(PlanRequest(next(self._ids), chosen))).plan or ()

    async def cancel(self, job_id: int) -> str:
        return (await self._ask(CancelRequest(next(self._ids), job_id))).text or ""

    async def _ask_scope(self, verb: ScopeVerb, *about: str) -> Answer:
        return await self._ask(ScopeRequest(next(self._ids), verb, *about))

    async def _do_errand(self, errand: Errand) -> Any:
        """Have the agent do it; a download takes its time."""
        request = ErrandRequest(next(self._ids), errand)
        answer = await self._ask(request, ERRAND_PATIENCE_S)
        kind = RESULTS[type(errand)]
        return msgspec.json.decode(answer.result, type=kind)

    async def _ask_review(self, verb: ReviewVerb, **about: Any) -> Answer:
        return await self._ask(ReviewRequest(next(self._ids), verb, **about))

    def unfinished(self) -> tuple[JobView, ...]:
        """Nothing of ours: what runs, runs in the agent and goes on without us."""
        return ()

    async def _quietly(self, request: Request) -> None:
        with contextlib.suppress(CrowdSkyError):
            await self._ask(request)

    async def _ask(self, request: Request, patience_s: float = ANSWER_PATIENCE_S) -> Answer:
        if self._writer is None or self._writer.is_closing():
            raise CrowdSkyError("the agent has gone", self._why_gone, self._advice)
        future = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = future
        self._writer.write(line_of(request))
        try:
            async with asyncio.timeout(patience_s):
                answer: Answer = await future
        except TimeoutError as error:
            raise CrowdSkyError("the agent did not answer", "", "Try again") from error
        finally:
            self._waiting.pop(request.id, None)
        if answer.failure is not None:
            failure = answer.failure
            raise CrowdSkyError(failure.what, failure.why, failure.next_step)
        return answer

    async def _listen(self, reader: asyncio.StreamReader) -> str:
        """Take lines until they end; returns why they did. Raises OtherVersion."""
        try:
            async with asyncio.timeout(GREETING_S):
                greeting = await reader.readline()
            self._check_version(greeting)
            self._why_gone = ""
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
            raise OtherVersion(f"the agent is version {version}, this app is version {__version__}")

    def _lost(self, reason: str, next_step: str = WHEN_BACK) -> None:
        """Fail what waits, and claim nothing any more of what cannot be seen."""
        if self._writer is not None:
            self._writer.close()
        error = CrowdSkyError("the agent has gone", reason, next_step)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)
        if reason == self._why_gone:
            return
        self._why_gone, self._advice = reason, next_step
        claim_nothing(self.store, f"the agent has gone ({reason}). {next_step}")
        self._say(Severity.ERROR, f"the other copy has gone ({reason}). {next_step}")

    def _tell_fault(self, line: str) -> None:
        self._say(Severity.ERROR, line)

    def _say(self, severity: Severity, text: str) -> None:
        self.store.add_log(LogLine(self.clock.now(), severity, text))

    def _take(self, event: Event) -> None:
        match event:
            case Hello(_, speed, origin, since, holder):
                if self._greeted:
                    self._say(Severity.GOOD, self.BACK)
                self._greeted, self._fresh = True, True
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
