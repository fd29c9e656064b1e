"""A night without devices: a real store, filled by hand, and calls that are only noted."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from zoneinfo import ZoneInfo

from stub_calls import StubCalls
from stub_review import StubReview, is_review
from stub_sessions import StubSessions, StubSetup

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.night.automatic.plan import AutomaticPlan
from crowdsky_tui.night.calls.automatic import (
    PlanAutomatic,
    ShowDone,
    ShowReport,
    SwitchAutomatic,
)
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.calls.jobs import Cancel, DryRun, Refresh, Stack, Upload
from crowdsky_tui.night.calls.telescope import DoAction, PlanAction, ReadTelescope
from crowdsky_tui.progress.requests import PlanLine, RequestOutcome
from crowdsky_tui.store.store import (
    BlockState,
    BlockView,
    JobState,
    JobView,
    LogLine,
    ScopeState,
    ScopeView,
    ServerState,
    ServerView,
    Severity,
    StackRow,
    Store,
    TargetView,
)

VIENNA = ZoneInfo("Europe/Vienna")
S50 = "S50 a349"
NOW = datetime(2026, 11, 20, 21, 47, 12, tzinfo=UTC)
R = TypeVar("R")
STATES = ("empty", "loading", "full", "error")


class StillClock(Clock):
    """A simulated clock that stands at NOW."""

    def __init__(self) -> None:
        super().__init__(NOW, NOW, 60)

    def now(self) -> datetime:
        return NOW

    def steady(self) -> float:
        return 0.0


REPORT = "CrowdSky, night of 20 Nov to 21 Nov 2026\nAll 3 eligible blocks are proved.\n"
PLAN = (
    PlanLine("S50 a349", "M 81", "stack", "20 Nov 21:00, 44 × 20.0s LP", "880 s"),
    PlanLine("S50 a349", "M 81", "stack", "20 Nov 21:15, 41 × 20.0s LP", "820 s"),
    PlanLine("S50 a349", "M 81", "upload", "20 Nov 20:45, 43 × 20.0s LP", "kept"),
    PlanLine(
        "S50 a349",
        "M 81",
        "skip",
        "20 Nov 21:30, 6 × 20.0s LP",
        "short: 6 of 44 sub-frames, 120 s of the 240 s that a stack needs",
    ),
)


def listed(some: tuple[object, ...] | None) -> list[object] | None:
    return None if some is None else list(some)


class StubNight:
    """What the app needs of a `Night`. `asked` lists the calls; `failure` is raised by them all."""

    def __init__(self, state_dir: Path, keymap: dict[str, str] | None = None) -> None:
        storage = StorageSettings(state_dir=str(state_dir))
        self.settings = Settings(storage=storage, keymap=keymap or {})
        self.clock = StillClock()
        self.store = Store()
        self.badge = "DEMO ×60"
        self.review = StubReview()
        self.asked: list[tuple[object, ...]] = []
        self.failure: Exception | None = None
        self.sessions, self.setup = StubSessions(self._note), StubSetup(self._note)
        self.stub_calls = StubCalls()
        self.opened = self.closed = False

    async def open(self) -> None:
        self.opened = True

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def close(self) -> None:
        self.closed = True

    def _note(self, *call: Any) -> None:
        self.asked.append(call)
        if self.failure is not None:
            raise self.failure

    async def do(self, call: Call[R]) -> R:
        return cast("R", await self._answer(call))

    async def _answer(self, call: Call[object]) -> object:
        if (instead := self.stub_calls.instead.get(type(call))) is not None:
            return await instead()
        match call:
            case ReadTelescope() | PlanAction() | DoAction():
                return self.sessions.answer(call)
            case Refresh(scope):
                self._note("refresh", scope)
                return None
            case Stack(targets, blocks, insist, restack):
                words = [word for word, said in (("insist", insist), ("restack", restack)) if said]
                self._note("stack", listed(targets), listed(blocks), *words)
                return RequestOutcome((1, 2), "2 blocks to stack")
            case Upload(targets):
                self._note("upload", listed(targets))
                return RequestOutcome((3,), "1 stack to send")
            case DryRun(targets):
                self._note("dry_run", listed(targets))
                return PLAN
            case Cancel(job_id):
                self._note("cancel", job_id)
                return "Cancelled: stack M 81 22:30."
            case SwitchAutomatic(on):
                self._note("automatic", on)
                return "The automatic night is on."
            case PlanAutomatic():
                return AutomaticPlan(3, 2, ("S50 a349 M 81: 4",), 4)
            case ShowDone(since):
                self._note("done since", since)
                return "4 stacked, 3 sent"
            case ShowReport():
                self._note("report")
                return REPORT
        return await (self.review if is_review(call) else self.stub_calls).do(call)

    def unfinished(self) -> tuple[JobView, ...]:
        return tuple(self.store.jobs.values())


if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightInterface

    _held_to: type[NightInterface] = StubNight


def make_book(folder: Path) -> SettingsBook:
    """The settings of a file of its own."""
    config = folder / "config.toml"
    config.touch()
    return SettingsBook(config)


def make_night(state: str, state_dir: Path, keymap: dict[str, str] | None = None) -> StubNight:
    """A night in one of STATES."""
    night = StubNight(state_dir, keymap)
    fill = {"empty": None, "loading": fill_loading, "full": fill_full, "error": fill_error}[state]
    if fill is not None:
        fill(night.store)
    return night


def fill_loading(store: Store) -> None:
    for name in ("S50 a349", "S30 10d5"):
        store.set_scope(ScopeView(name, state=ScopeState.CONNECTING, reason="asking 192.0.2.7"))


def fill_error(store: Store) -> None:
    store.set_scope(
        ScopeView(
            "S50 a349",
            state=ScopeState.LOGIN_NEEDED,
            reason="firmware 7.75 wants a signed login and there is no key file for it; the README "
            "says how to get one",
        )
    )
    store.set_scope(ScopeView("S30 10d5", state=ScopeState.OFF, reason="no answer at 192.0.2.8"))
    store.set_server(ServerView(ServerState.NO_ACCOUNT))
    store.add_log(LogLine(NOW, Severity.ERROR, "S30 10d5 does not answer at 192.0.2.8"))


def fill_full(store: Store) -> None:
    fill_scopes(store)
    fill_targets(store)
    fill_jobs(store)
    fill_server(store)


def fill_scopes(store: Store) -> None:
    store.set_scope(
        ScopeView(
            "S50 a349",
            serial="a349",
            model="S50",
            state=ScopeState.READY,
            activity="observing M 81, 225 kept",
            firmware="7.75",
            battery_percent=83,
            temperature_c=31.4,
            free_gb=35.7,
            nights_left=9.2,
            zone="Europe/Vienna",
            observing=True,
        )
    )
    store.set_scope(
        ScopeView(
            "S30 10d5",
            state=ScopeState.STALLED,
            reason="no answer for 40 s",
            firmware="5.97",
        )
    )


def block(
    target: str,
    minutes: int,
    state: BlockState,
    *,
    exposure: str = "20.0s",
    filter: str = "LP",
    chunk: str = "",
    **more: Any,
) -> BlockView:
    """A block that starts `minutes` after 20:00 scope time."""
    start = datetime(2026, 11, 20, 20, 0, tzinfo=VIENNA) + timedelta(minutes=minutes)
    values: dict[str, Any] = {"frame_count": 44, "effective_s": 880.0, **more}
    chunk = chunk or f"20261120.{76 + minutes // 15:02d}"
    key = BlockKey(TargetKey(S50, target), chunk, exposure, filter)
    end = start + timedelta(minutes=15)
    return BlockView(key, clean(target), start, end, state=state, **values)


def target(name: str, scope: str = S50, **counts: Any) -> TargetView:
    """A target of the S50, by its name as the telescope writes it."""
    return TargetView(TargetKey(scope, name), clean(name), **counts)


def fill_targets(store: Store) -> None:
    blocks = (
        block("M 81", 0, BlockState.CONFIRMED, chunk_key="20261120.76_HP006478"),
        block("M 81", 15, BlockState.SENT, reason="queued for 12 min"),
        block("M 81", 30, BlockState.SENDING, progress=0.4),
        block("M 81", 45, BlockState.FETCHED),
        block("M 81", 60, BlockState.STACKED),
        block("M 81", 75, BlockState.STACKING, progress=0.61, reason="24 s left"),
        block("M 81", 90, BlockState.WAITING, reason="after 1 other"),
        block("M 81", 105, BlockState.READY, frame_count=41, effective_s=820.0),
        block("M 81", 120, BlockState.READY, filter="IRCUT", exposure="10.0s", frame_count=80),
        block("M 81", 135, BlockState.FAILED, reason="code 267: the scope refused the frame list"),
        block(
            "M 81",
            150,
            BlockState.SHORT,
            frame_count=6,
            effective_s=120.0,
            reason="6 of 44 sub-frames, 120 s of the 240 s that a stack needs",
        ),
        block("M 81", 165, BlockState.RECORDING, frame_count=3, effective_s=60.0),
    )
    store.set_target(
        target("M 81", raw_files=1052, stacked_files=28, ready=3, stacked=28, confirmed=27, busy=4),
        blocks,
    )
    store.set_target(
        target("NGC 7000", raw_files=640, stacked_files=17, stacked=17, confirmed=17),
        [block("NGC 7000", 0, BlockState.CONFIRMED)],
    )
    store.set_target(
        target("AM Leo", raw_files=212, stacked_files=4, ready=1, stacked=4, confirmed=3),
        [block("AM Leo", 30, BlockState.READY)],
    )


def fill_jobs(store: Store) -> None:
    asked = NOW - timedelta(minutes=3)
    m81 = ("S50 a349", "M 81")
    for view in (
        JobView(7, "stack", *m81, "M 81 21:15", JobState.RUNNING, asked, 0.61, "24 s left"),
        JobView(6, "upload", *m81, "M 81 20:30", JobState.RUNNING, asked, 0.4, "5.0 of 12.4 MB"),
        JobView(8, "stack", *m81, "M 81 21:30", JobState.QUEUED, asked),
        JobView(5, "confirm", *m81, "M 81 20:15", JobState.WAITING, asked, reason="queued 12 min"),
    ):
        store.set_job(view)
    for minute, severity, text in (
        (30, Severity.INFO, "S50 a349 answers: Seestar S50, firmware 7.75"),
        (31, Severity.INFO, "M 81: 3 blocks to stack"),
        (36, Severity.GOOD, "M 81 20:00 confirmed: 20261120.76_HP006478 is on the server"),
        (40, Severity.ERROR, "M 81 22:15 failed: code 267: the scope refused the frame list"),
        (45, Severity.WARNING, "S30 10d5 has not answered for 40 s"),
    ):
        store.add_log(LogLine(NOW.replace(minute=minute, second=2), severity, text))


def fill_server(store: Store) -> None:
    stacks = tuple(stack_row(number) for number in range(412))
    store.set_server(ServerView(ServerState.OK, "alice", "", NOW, stacks, in_flight=1))


def stack_row(number: int) -> StackRow:
    start = datetime(2026, 11, 20, 19, 0, tzinfo=UTC) - timedelta(minutes=15 * number)
    index = (start.hour * 60 + start.minute) // 15
    return StackRow(
        412 - number,
        f"{start:%Y%m%d}.{index:02d}_HP006478",
        ("M 81", "NGC 7000", "AM Leo")[number // 30 % 3],
        "Seestar S50",
        "LP",
        44 - number % 5,
        880.0 - 20 * (number % 5),
        start,
        start + timedelta(minutes=15),
        12_400_000,
        start + timedelta(minutes=22),
        local=number < 27,
    )


FAILURES = (
    CrowdSkyError("the scope refused", "it is observing [/x] [@click=app.quit]", "Try later"),
    RuntimeError("a fault of our own"),
)
