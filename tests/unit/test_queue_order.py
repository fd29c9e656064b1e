"""In which order jobs run, and what a word said meanwhile changes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from test_queue_owners import SOON_S, START, QueueRig, forever, order

from crowdsky_tui.base.errors import RateLimited, ServerUnavailable
from crowdsky_tui.jobs.engine.queue import PRUNE_EVERY_S, Later
from crowdsky_tui.jobs.engine.retry import LONGEST_REST_S, bounded
from crowdsky_tui.jobs.order import Job
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.store.store import JobState


@pytest_asyncio.fixture
async def rig(tmp_path: Path) -> AsyncIterator[QueueRig]:
    made = QueueRig(tmp_path)
    await made.journal.open("test")
    await made.queue.start()
    yield made
    async with asyncio.timeout(SOON_S):
        await made.queue.stop()
    await made.journal.close()


async def test_a_lanes_rest_holds_back_its_other_jobs_only(rig: QueueRig) -> None:
    async def act(job: Job, context: Context) -> None:
        if job.payload.scope == "a":
            raise Later(300.0, "the scope observes", lane="stack a")

    rig.act = act
    await rig.queue.add("stack", "stack", order("a"))
    await rig.until(lambda: "stack a" in rig.queue._not_before)
    another = msgspec.structs.replace(order("a"), chunk="20260227.92")
    _, fresh = await rig.queue.add("stack", "stack", another)
    assert fresh, "the first job's own rest would hold it back"
    await rig.queue.add("purge", "purge", order("a"))
    await rig.assert_alive()
    await rig.until(lambda: ("purge", "a") in rig.ran)
    assert rig.ran.count(("stack", "a")) == 1


async def test_first_who_insists_then_the_oldest_then_what_went_wrong(rig: QueueRig) -> None:
    jobs = [
        Job(1, "fetch", "fetch", order(name="1"), JobState.WAITING, START, attempts=2),
        Job(2, "fetch", "fetch", order(name="2"), JobState.WAITING, START, attempts=1),
        Job(3, "fetch", "fetch", order(name="3"), JobState.QUEUED, START),
        Job(4, "fetch", "fetch", order(name="4"), JobState.QUEUED, START),
        Job(5, "fetch", "fetch", order(name="5", insist=True), JobState.QUEUED, START),
    ]
    turns = []
    while jobs:
        rig.queue._jobs = {job.id: job for job in jobs}
        (due,) = rig.queue._due(0.0)  # one lane, one job
        turns.append(due.id)
        jobs = [job for job in jobs if job.id != due.id]
    rig.queue._jobs = {}
    assert turns == [5, 3, 4, 2, 1]


async def test_a_slow_or_broken_scope_never_holds_up_another(rig: QueueRig) -> None:
    async def act(job: Job, context: Context) -> None:
        if job.payload.scope == "slow":
            await asyncio.Event().wait()
        if job.payload.scope == "broken":
            raise ServerUnavailable("away")

    rig.act = act
    for scope in ("slow", "broken"):
        for name in ("1", "2", "3"):
            await rig.queue.add("fetch", "fetch", order(scope, name))
    await rig.assert_alive()


@pytest.mark.parametrize("word", ["resend", "overwrite", "restack", "insist"])
async def test_what_the_user_says_while_the_same_job_waits_is_honoured(
    rig: QueueRig, word: str
) -> None:
    heard: list[bool] = []

    async def act(job: Job, context: Context) -> None:
        heard.append(getattr(job.payload, word))
        if len(heard) == 1:
            raise Later(0.2, "the server is away")

    rig.act = act
    first, _ = await rig.queue.add("upload", "confirm", order(name="x.fit"))
    await rig.until(lambda: heard)
    said: dict[str, Any] = {word: True}
    same, fresh = await rig.queue.add("upload", "confirm", order(name="x.fit", **said))
    assert (same, fresh) == (first, False)
    await rig.queue.add("upload", "confirm", order(name="x.fit"))  # and is not taken back
    await rig.until(lambda: not rig.queue.unfinished())
    assert heard == [False, True, True]  # the attempt after it, and the step that follows


async def test_what_the_user_says_while_a_job_runs_counts_for_what_follows(rig: QueueRig) -> None:
    heard: list[tuple[str, bool]] = []
    go_on = asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        heard.append((job.kind, job.payload.resend))
        await go_on.wait()

    rig.act = act
    await rig.queue.add("fetch", "confirm", order(name="x.fit"))
    await rig.until(lambda: heard)
    await rig.queue.add("fetch", "confirm", order(name="x.fit", resend=True))
    go_on.set()
    await rig.until(lambda: not rig.queue.unfinished())
    assert heard == [("fetch", False), ("upload", True), ("confirm", True)]


@pytest.mark.parametrize(("kind", "word"), [("upload", "resend"), ("raw", "overwrite")])
async def test_a_word_said_while_the_very_step_runs_that_it_is_for_has_it_run_once_more(
    rig: QueueRig, kind: str, word: str
) -> None:
    heard: list[tuple[str, bool]] = []
    go_on = asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        heard.append((job.kind, getattr(job.payload, word)))
        await go_on.wait()

    rig.act = act
    first, _ = await rig.queue.add(kind, "confirm", order(name="x.fit"))
    await rig.until(lambda: heard)
    said: dict[str, Any] = {word: True}
    for _ in range(2):
        assert await rig.queue.add(kind, "confirm", order(name="x.fit", **said)) == (first, False)
    go_on.set()
    await rig.until(lambda: not rig.queue.unfinished())
    assert heard == [(kind, False), (kind, True), ("confirm", True)]


async def test_a_step_that_nobody_asked_more_of_is_run_once(rig: QueueRig) -> None:
    heard: list[str] = []
    go_on = asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        heard.append(job.kind)
        await go_on.wait()

    rig.act = act
    await rig.queue.add("upload", "confirm", order(name="x.fit"))
    await rig.until(lambda: heard)
    others: tuple[dict[str, Any], ...] = ({}, {"insist": True}, {"overwrite": True})
    for said in others:
        await rig.queue.add("upload", "confirm", order(name="x.fit", **said))
    go_on.set()
    await rig.until(lambda: not rig.queue.unfinished())
    assert heard == ["upload", "confirm"]


async def test_what_is_cancelled_is_not_run_once_more_for_a_word_said_before(rig: QueueRig) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def act(job: Job, context: Context) -> None:
        begun.set()
        while not go_on.is_set():  # past its last safe point it goes on to its end
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                continue

    rig.act = act
    number, _ = await rig.queue.add("upload", "upload", order(name="x.fit"))
    await begun.wait()
    await rig.queue.add("upload", "upload", order(name="x.fit", resend=True))
    cancel = asyncio.ensure_future(rig.queue.cancel(number))
    await asyncio.sleep(0)
    go_on.set()
    await cancel
    assert rig.ran == [("upload", "a")]
    assert await rig.state(number) is JobState.PROVED


async def test_what_the_server_asks_to_rest_is_rested_but_a_day_at_most(rig: QueueRig) -> None:
    waits = {"a": 40.0, "b": 10.0**300, "c": float("inf"), "d": float("nan"), "e": -5.0}

    async def act(job: Job, context: Context) -> None:
        scope = job.payload.scope
        if scope in "ab":
            raise RateLimited("later", retry_after=waits[scope])
        if len(rig.ran) < 7:
            raise Later(waits[scope], "later")

    rig.act = act
    ids = {scope: (await rig.queue.add("upload", "upload", order(scope)))[0] for scope in waits}
    await rig.until(lambda: rig.queue.job(ids["e"]) is None or len(rig.ran) >= 7)
    now = rig.clock.steady()
    rests = {scope: rig.queue._not_before[ids[scope]] - now for scope in "abcd"}
    assert 35 < rests["a"] <= 40
    assert LONGEST_REST_S - 5 < rests["b"] <= LONGEST_REST_S
    assert LONGEST_REST_S - 5 < rests["c"] <= LONGEST_REST_S
    assert 290 < rests["d"] <= 300
    assert bounded(-1.0) == 0.0


async def test_a_cancelled_job_is_never_begun_again(rig: QueueRig) -> None:
    async def act(job: Job, context: Context) -> None:
        raise Later(0.05, "the scope observes")

    rig.act = act
    job_id, _ = await rig.queue.add("stack", "confirm", order())
    await rig.until(lambda: len(rig.ran) >= 2)
    assert await rig.queue.cancel(job_id)
    begun = len(rig.ran)
    await asyncio.sleep(0.2)
    assert len(rig.ran) == begun and await rig.state(job_id) is JobState.CANCELLED


async def test_stop_ends_a_queue_whose_jobs_tidy_up_and_keeps_them(tmp_path: Path) -> None:
    rig = QueueRig(tmp_path)
    tidied: list[str] = []

    async def act(job: Job, context: Context) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.02)
            tidied.append(job.payload.scope)

    rig.act = act
    await rig.journal.open("test")
    await rig.queue.start()
    ids = [(await rig.queue.add("stack", "stack", order(scope)))[0] for scope in "abc"]
    await rig.until(lambda: len(rig.ran) == 3)
    await rig.queue.stop()
    assert sorted(tidied) == ["a", "b", "c"]
    assert {await rig.state(each) for each in ids} == {JobState.QUEUED}
    await rig.journal.close()


async def test_what_is_long_over_is_forgotten_once_a_day_only(
    rig: QueueRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours, pruned = 0, []
    monkeypatch.setattr(rig.clock, "steady", lambda: hours * 3600.0)

    async def prune(_at: datetime) -> int:
        pruned.append(hours)
        return 0

    monkeypatch.setattr(rig.journal, "prune", prune)
    rig.queue._pruned_at = -2 * PRUNE_EVERY_S
    for hour in (0, 1, 23, 24, 25, 26, 49, 50):
        hours = hour
        await rig.queue._prune()
    assert pruned == [0, 25, 50]


async def test_a_step_is_journalled_before_the_outside_world_is_touched(rig: QueueRig) -> None:
    at_touch: list[str] = []

    async def act(job: Job, context: Context) -> None:
        await context.note("send", {"n": 1})
        (known,) = await rig.journal.jobs([job.id])
        at_touch.append(known.step)

    rig.act = act
    await rig.queue.add("upload", "upload", order())
    await rig.until(lambda: at_touch)
    assert at_touch == ["send"]


async def test_a_waiting_upload_line_takes_as_many_as_its_limit_and_no_more(
    tmp_path: Path,
) -> None:
    rig = QueueRig(tmp_path)
    rig.queue._limits = {"upload a": 2}
    rig.act = forever
    await rig.journal.open("test")
    await rig.queue.start()
    for name in "12345":
        await rig.queue.add("upload", "upload", order(name=name))
    await rig.assert_alive_beside("upload", "a", 2)
    await rig.queue.stop()
    await rig.journal.close()
