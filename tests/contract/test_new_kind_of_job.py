"""A kind of job in one file: it runs, is shown, cancelled, resumed and spoken of like any other."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.base.errors import ClockWrong, CrowdSkyError, ReadOnlyMode
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ServerSettings, StorageSettings
from crowdsky_tui.jobs.engine.kind import Kind, kind_named, register, registered
from crowdsky_tui.jobs.engine.model import AnyJob, Job
from crowdsky_tui.jobs.engine.queue import Context, Later, Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.scopes import refuse_kind
from crowdsky_tui.night.calls.jobs import AskAgain
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import JobState
from crowdsky_tui.tui.speech import Speaker

ASKED = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


# --- the kind: all that a new one takes -----------------------------------------------------------


class Measurement(msgspec.Struct, frozen=True):
    """What a measurement is of; nothing here is a stack's."""

    star: str
    frames: int = 3
    insist: bool = False

    scope = ""
    filter = ""
    zone: tzinfo | None = None

    @property
    def target(self) -> str:
        return self.star

    @property
    def label(self) -> str:
        return f"{self.star}, {self.frames} frames"

    @property
    def block_id(self) -> str:
        return f"star/{self.star}"

    def with_words_of(self, later: "Measurement") -> "Measurement":
        return msgspec.structs.replace(self, insist=self.insist or later.insist)

    def renewed(self) -> "Measurement":
        return self

    def when_over(self) -> "Measurement":
        return self


class MeasureWork:
    """Counts frames, one by one, until it is told that there are enough."""

    enough: Callable[[], bool] = staticmethod(lambda: True)

    def lane(self, order: Measurement) -> str:
        return "weigh"

    async def run(self, job: Job[Measurement], context: Context[Journal, Measurement]) -> Proof:
        await context.note("weigh", {"begun": True})
        context.progress(0.5, "half of the frames")
        if not MeasureWork.enough():
            raise Later(0.05, "too few frames")
        return Proof(f"{job.payload.frames} frames measured", job.payload)


def make(_at_hand: object) -> MeasureWork:
    return MeasureWork()


def subject(order: Measurement) -> str:
    return order.block_id


MEASURE = Kind("weigh", Measurement, make, subject=subject, doing="measuring", repeatable=True)


# --- what becomes of it ---------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setattr(MeasureWork, "enough", staticmethod(lambda: True))
    with registered(MEASURE):
        yield


def settings(folder: Path) -> Settings:
    storage = StorageSettings(str(folder / "state"), str(folder / "data"))
    server = ServerSettings(username="a", password="b", url="http://127.0.0.1:9")
    return Settings(storage=storage, server=server)


async def ended(night: Night, job_id: int) -> AnyJob:
    async with asyncio.timeout(20):
        while True:
            (job,) = await night.journal.jobs([job_id])
            if not job.unfinished:
                return job
            await asyncio.sleep(0.02)


async def test_it_runs_is_proved_and_is_in_the_job_log(tmp_path: Path) -> None:
    async with Night(settings(tmp_path)) as night:
        await night.start()
        job_id, fresh = await night.queue.add("weigh", "weigh", Measurement("RR Lyr"))
        assert fresh
        job = await ended(night, job_id)
        assert job.state is JobState.PROVED
        assert job.reason == "3 frames measured"
        assert job.payload == Measurement("RR Lyr")
        assert job.facts == {"begun": True}
        assert any("RR Lyr, 3 frames" in line.text for line in night.store.log)


async def test_it_is_shown_and_spoken_of_while_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MeasureWork, "enough", staticmethod(lambda: False))
    async with Night(settings(tmp_path)) as night:
        await night.start()
        speaker = Speaker(night.store)
        job_id, _ = await night.queue.add("weigh", "weigh", Measurement("RR Lyr"))
        async with asyncio.timeout(20):
            while night.store.jobs[job_id].state is not JobState.WAITING:
                await asyncio.sleep(0.02)
        view = night.store.jobs[job_id]
        assert (view.kind, view.label, view.target) == ("weigh", "RR Lyr, 3 frames", "RR Lyr")
        assert view.reason == "too few frames"
        assert any("RR Lyr" in sentence for sentence in speaker.changes())
        assert night.unfinished() == (view,)
        assert night.situations() == []


async def test_it_is_cancelled_and_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MeasureWork, "enough", staticmethod(lambda: False))
    async with Night(settings(tmp_path)) as night:
        await night.start()
        job_id, _ = await night.queue.add("weigh", "weigh", Measurement("RR Lyr"))
        again, fresh = await night.queue.add("weigh", "weigh", Measurement("RR Lyr", insist=True))
        assert (again, fresh) == (job_id, False)
        assert "Cancelled: weigh RR Lyr" in await night.cancel(job_id)
        assert (await ended(night, job_id)).state is JobState.CANCELLED
        assert "queued again" in await night.do(AskAgain(job_id))


async def test_after_a_restart_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MeasureWork, "enough", staticmethod(lambda: False))
    async with Night(settings(tmp_path)) as night:
        await night.start()
        job_id, _ = await night.queue.add("weigh", "weigh", Measurement("RR Lyr"))
    monkeypatch.setattr(MeasureWork, "enough", staticmethod(lambda: True))
    async with Night(settings(tmp_path)) as night:
        await night.start()
        assert (await ended(night, job_id)).state is JobState.PROVED


async def test_its_fault_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> bool:
        raise CrowdSkyError("the frames cannot be read", "they are damaged")

    monkeypatch.setattr(MeasureWork, "enough", staticmethod(broken))
    async with Night(settings(tmp_path)) as night:
        await night.start()
        job_id, _ = await night.queue.add("weigh", "weigh", Measurement("RR Lyr"))
        job = await ended(night, job_id)
        assert job.state is JobState.FAILED
        assert "they are damaged" in job.reason


async def test_what_it_says_of_itself_is_what_others_ask(tmp_path: Path) -> None:
    refuse_kind("weigh", read_only=True)
    changing = Kind(
        "slew", Measurement, make, subject=subject, doing="slewing", changes_instrument=True
    )
    with registered(changing), pytest.raises(ReadOnlyMode, match="slewing"):
        refuse_kind("slew", read_only=True)


def test_no_two_kinds_share_a_name() -> None:
    other = Kind("weigh", Measurement, make, subject=subject, doing="measuring twice")
    with pytest.raises(ValueError, match="two kinds"):
        register(other)
    assert kind_named("weigh") is MEASURE


async def test_where_nobody_knows_it_any_more_it_is_kept_as_it_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    job, _ = await journal.add("weigh", "weigh", Measurement("RR Lyr", 7), ASKED)
    from crowdsky_tui.jobs.engine import kind as kinds

    removed = kinds._kinds.pop("weigh")
    try:
        (left,) = await journal.jobs([job.id])
        assert left.kind == "weigh"
        await journal.move(left, JobState.CANCELLED, reason="by hand")
    finally:
        kinds._kinds["weigh"] = removed
    (known_again,) = await journal.jobs([job.id])
    assert known_again.payload == Measurement("RR Lyr", 7)
    assert known_again.state is JobState.CANCELLED
    await journal.close()


def test_the_clock_is_asked_for_those_alone_that_need_it() -> None:
    from crowdsky_tui.jobs.clock_check import refuse_wrong_clock

    class Reset:
        def now(self) -> datetime:
            return datetime(1970, 1, 1, tzinfo=UTC)

    refuse_wrong_clock("weigh", Reset())  # type: ignore[arg-type]
    needing = Kind("dated", Measurement, make, subject=subject, doing="dating", needs_clock=True)
    with registered(needing), pytest.raises(ClockWrong):
        refuse_wrong_clock("dated", Reset())  # type: ignore[arg-type]
