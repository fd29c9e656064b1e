"""What is a duration runs on the clock that nobody can set."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crowdsky_tui.base import clock as clock_module
from crowdsky_tui.base.clock import BOOT, Clock
from crowdsky_tui.base.errors import NetworkDown
from crowdsky_tui.cli import follow as following
from crowdsky_tui.jobs import waiting
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.retry import is_over
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.ledger_doubt import never_accepted
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.jobs.work import Context, JobQueue
from crowdsky_tui.night import wait_for_jobs
from crowdsky_tui.night.automatic.runner import Automatic
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import JobState, LogLine, ScopeState, ScopeView, Severity, Store

NOW = datetime(2026, 2, 28, 6, tzinfo=UTC)
ORDER = Order("a", "a", "S50_a", "M 81", "M 81", "20260227.91", "20.0s", "LP", NOW, NOW)
STEPS = [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1), timedelta(days=-1)]
STEPS += [timedelta(days=365 * 14), timedelta(days=-365 * 56)]


class TwoClocks(Clock):
    """A wall's clock that is set, and a steady one that is moved on."""

    def __init__(self) -> None:
        super().__init__()
        self.moment, self.seconds = NOW, 1000.0

    def now(self) -> datetime:
        return self.moment

    def steady(self) -> float:
        return self.seconds


def night_with(clock: Clock, *jobs: Job) -> Any:
    async def latest(_: object) -> list[Job]:
        return []

    queue = SimpleNamespace(unfinished=lambda _=None: list(jobs))
    journal = SimpleNamespace(latest=latest)
    review = SimpleNamespace(reviews=SimpleNamespace(to_look_at=set()))
    return SimpleNamespace(clock=clock, store=Store(), queue=queue, journal=journal, review=review)


@pytest.mark.parametrize("step", STEPS)
async def test_a_verbs_patience_is_not_of_the_walls_clock(
    step: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wait_for_jobs, "LOOK_EVERY_S", 0.001)
    clock = TwoClocks()
    job = Job(1, "confirm", "confirm", ORDER, JobState.WAITING, NOW)
    task = asyncio.create_task(following.follow(night_with(clock, job), [ORDER], 1800.0))
    for _ in range(5):
        await asyncio.sleep(0.005)
        clock.moment += step
        assert not task.done()
    clock.seconds += 1801
    async with asyncio.timeout(60):
        await task


def test_every_line_is_told_once_whatever_the_clock_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    night = night_with(TwoClocks())
    told = following._ProgressPrinter(night)
    for number, hours in enumerate((0, -3, -3, 5, -9)):
        at = NOW + timedelta(hours=hours)
        night.store.add_log(LogLine(at, Severity.INFO, f"line {number}"))
        told.tell()
        told.tell()
    for number in range(5, 2000):
        night.store.add_log(LogLine(NOW, Severity.INFO, f"line {number}"))
    told.tell()
    lines = [line.split()[-1] for line in capsys.readouterr().err.splitlines()]
    assert lines[:5] == ["0", "1", "2", "3", "4"] and lines[-1] == "1999"
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("step", STEPS)
async def test_nobody_for_ten_minutes_is_not_of_the_walls_clock(step: timedelta) -> None:
    clock, store = TwoClocks(), Store()
    store.set_scope(ScopeView("a", state=ScopeState.OFF, reason="off"))
    night = cast(Night, SimpleNamespace(clock=clock, store=store))
    automatic = Automatic.__new__(Automatic)
    automatic._night, automatic._somebody_at, automatic._complaints = night, None, {}
    automatic._notice_watch = cast(Any, SimpleNamespace(nobody=lambda text: None))
    automatic._look_for_somebody()
    clock.moment += step
    automatic._look_for_somebody()
    assert not store.log
    clock.seconds += 601
    automatic._look_for_somebody()
    assert "no telescope" in store.log[-1].text


@pytest.mark.parametrize("step", STEPS)
async def test_the_time_since_a_file_was_handed_over_counts_neither_steps_nor_sleep(
    step: timedelta,
) -> None:
    clock = TwoClocks()
    entry = LedgerEntry(
        ORDER, upload=Delivery.SENT, sent_at=NOW, sent_boot=BOOT, sent_steady=1000.0
    )
    context = cast(Context, Noting())
    clock.moment += step
    clock.seconds += 60
    assert await waiting.waited(entry, context, clock) == timedelta(seconds=60)


async def test_the_time_goes_on_over_starts_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, context = TwoClocks(), cast(Context, Noting())
    entry = LedgerEntry(
        ORDER, upload=Delivery.SENT, sent_at=NOW, sent_boot=BOOT, sent_steady=1000.0
    )
    clock.seconds = 5000.0
    assert await waiting.waited(entry, context, clock) == timedelta(seconds=4000)
    for number, total in ((1, 4300), (2, 4600)):
        monkeypatch.setattr(waiting, "BOOT", f"boot {number}")
        clock.seconds = 300.0  # since the machine was started
        assert await waiting.waited(entry, context, clock) == timedelta(seconds=total)
        assert await waiting.waited(entry, context, clock) == timedelta(seconds=total)


class Noting:
    """The part of a job's context that keeps facts."""

    def __init__(self) -> None:
        self.job = Job(1, "confirm", "confirm", ORDER, JobState.RUNNING, NOW)

    async def note(self, step: str, facts: dict[str, Any]) -> None:
        self.job.facts.update(facts)


@pytest.mark.parametrize(
    ("boot", "steady", "proved"),
    [
        ("this", 1599.0, False),
        ("this", 1601.0, True),
        ("next", 599.0, False),
        ("next", 601.0, True),
    ],
)
def test_a_clock_set_forward_proves_no_later_upload(boot: str, steady: float, proved: bool) -> None:
    """The numbers leave no room, but only what was surely sent ten minutes later tells."""
    doubted = LedgerEntry(
        ORDER,
        upload=Delivery.DOUBT,
        sent_at=NOW,
        sent_boot="this",
        sent_steady=1000.0,
        job_before=7,
    )
    later = LedgerEntry(
        ORDER,
        upload=Delivery.SENT,
        server_job=8,
        sent_at=NOW + timedelta(days=1),
        sent_boot=boot,
        sent_steady=steady,
    )
    assert never_accepted(NOW, [later], 7, doubted) is proved
    earlier = LedgerEntry(
        ORDER, upload=Delivery.SENT, server_job=7, sent_at=NOW + timedelta(days=2)
    )
    assert not never_accepted(NOW, [earlier], 7, doubted)


def test_a_clock_that_is_set_neither_cuts_an_outage_short_nor_makes_it_endless() -> None:
    away, end, hour = NetworkDown("away"), NOW, 3600.0
    assert not is_over(away, 3, end, NOW + timedelta(days=5000), 5 * hour)
    assert is_over(away, 3, end, NOW, 6 * hour)
    assert not is_over(away, 3, end, NOW - timedelta(days=5000), 30 * hour)
    assert is_over(away, 3, end, NOW - timedelta(days=5000), 31 * hour)


async def test_a_list_from_before_the_machines_sleep_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float] = []

    async def fetch() -> list[Any]:
        asked.append(1)
        return []

    listing = ServerList(fetch, TwoClocks())
    await listing.fresh(60)
    await listing.fresh(60)
    assert len(asked) == 1
    monkeypatch.setattr(
        "crowdsky_tui.jobs.server_list.slept_s", lambda: 3600 + clock_module.slept_s()
    )
    await listing.fresh(60)
    assert len(asked) == 2


@pytest.mark.parametrize("year", [1970, 2040])
async def test_nothing_is_forgotten_by_a_clock_that_cannot_be_right(year: int) -> None:
    pruned: list[datetime] = []

    async def prune(now: datetime) -> None:
        pruned.append(now)

    clock = TwoClocks()
    journal = cast(Any, SimpleNamespace(prune=prune))
    queue = JobQueue(journal, Store(), clock, {})
    clock.moment = NOW.replace(year=year)
    await queue._prune()
    assert pruned == []
    clock.moment = NOW
    await queue._prune()
    await queue._prune()
    assert pruned == [NOW]
