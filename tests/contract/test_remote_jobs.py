"""The journalled jobs at telescope.org: asked once, awaited, fetched, whatever comes between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from telescope_org_kit import Remote, a_draft, a_night, remote, the_end, until

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.remote_settings import RemoteSettings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.kinds import remote_request
from crowdsky_tui.jobs.remote_order import RemoteOrder
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.telescope_org.records import Form
from crowdsky_tui.store.store import JobState

ASK, WATCH, FETCH = "remote-request", "remote-watch", "remote-fetch"


async def the_last(night: Night, kind: str) -> AnyJob:
    """The newest job of a kind, once there is one that is over."""
    async with asyncio.timeout(20):
        while True:
            found = [job for job in await night.journal.latest() if job.kind == kind]
            if found and not found[-1].unfinished:
                return found[-1]
            await asyncio.sleep(0.01)


def new_requests(it: Remote, name: str = "SS Cyg") -> int:
    """How many requests of this name came after those that the account began with."""
    return sum(
        row.object_name == name and row.id > LAST_OLD for row in it.site.account.requests.values()
    )


LAST_OLD = 0


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Remote]:
    global LAST_OLD
    async with remote(tmp_path / "cache") as site:
        LAST_OLD = max(site.site.account.requests)
        yield site


def ask(**changes: Any) -> RemoteOrder:
    return RemoteOrder(target="SS Cyg", draft=a_draft(**changes))


async def test_a_request_is_sent_awaited_and_its_picture_fetched(
    it: Remote, tmp_path: Path
) -> None:
    async with a_night(it, tmp_path) as night:
        job_id, _ = await night.queue.add(ASK, FETCH, ask())
        asked = await the_end(night, job_id)
        assert asked.state is JobState.PROVED
        assert asked.payload.request in it.site.account.requests  # type: ignore[attr-defined]
        it.clock.go_on(hours=2)
        fetched = await the_last(night, FETCH)
        assert fetched.state is JobState.PROVED, fetched.reason
    assert new_requests(it) == 1 and len(it.files()) == 1


async def test_the_same_draft_is_queued_once_and_sent_once(it: Remote, tmp_path: Path) -> None:
    async with a_night(it, tmp_path) as night:
        first = await night.queue.add(ASK, ASK, ask())
        second = await night.queue.add(ASK, ASK, ask(exposure_s=60.0))
        assert second == (first[0], False)
        assert (await the_end(night, first[0])).state is JobState.PROVED
        again, fresh = await night.queue.add(ASK, ASK, ask())
        assert fresh
        refused = await the_end(night, again)
        assert refused.state is JobState.FAILED and "asks for the same" in refused.reason
    assert new_requests(it) == 1


async def test_three_filters_of_one_star_are_three_requests(it: Remote, tmp_path: Path) -> None:
    async with a_night(it, tmp_path) as night:
        it.spoil("submit", "lost", after=1)
        ids = [(await night.queue.add(ASK, ASK, ask(filter=one)))[0] for one in ("B", "V", "R")]
        jobs = [await the_end(night, one) for one in ids]
        assert all(job.state is JobState.PROVED for job in jobs)
        assert len({job.payload.request for job in jobs}) == 3  # type: ignore[attr-defined]
    assert new_requests(it) == 3


@pytest.mark.parametrize("kind", ["lost", "reset", "html", "cut", "login page"])
async def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(
    it: Remote, tmp_path: Path, kind: str
) -> None:
    async with a_night(it, tmp_path) as night:
        it.spoil("submit", kind, 10)
        job_id, _ = await night.queue.add(ASK, ASK, ask())
        job = await the_end(night, job_id)
        assert job.state is JobState.PROVED, job.reason
    assert new_requests(it) == 1
    names = [call.endpoint for call in it.site.calls]
    if it.count("submit") == 2:
        first = names.index("submit")
        assert names[first + 1 : names.index("submit", first + 1)].count("list") >= 2


async def test_what_the_site_refuses_is_failed_with_its_words(it: Remote, tmp_path: Path) -> None:
    async with a_night(it, tmp_path) as night:
        it.spoil("submit", "refuse", "Your queue is full")
        job_id, _ = await night.queue.add(ASK, ASK, ask())
        job = await the_end(night, job_id)
        assert job.state is JobState.FAILED and "Your queue is full" in job.reason
        assert job.ended_at is not None and job.ended_at >= job.asked_at
    assert new_requests(it) == 0


async def test_nothing_is_sent_for_ever(it: Remote, tmp_path: Path) -> None:
    async with a_night(it, tmp_path) as night:
        it.spoil("submit", "html", count=None)
        job_id, _ = await night.queue.add(ASK, ASK, ask())
        job = await the_end(night, job_id)
        assert (
            job.state is JobState.FAILED
            and f"was sent {remote_request.MOST_SENDINGS} times" in job.reason
        )
    assert it.count("submit") == remote_request.MOST_SENDINGS


async def test_one_that_the_site_took_is_never_sent_again(
    it: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_night(it, tmp_path) as night:
        monkeypatch.setattr(it.site.account, "submit", lambda **_told: _Taken(LAST_OLD + 7))
        job_id, _ = await night.queue.add(ASK, ASK, ask())
        job = await the_end(night, job_id)
        assert job.state is JobState.FAILED and "is not in the site's list" in job.reason
    assert it.count("submit") == 1


class _Taken:
    def __init__(self, number: int) -> None:
        self.id = number


async def test_the_old_form_is_proved_by_the_list_alone(it: Remote, tmp_path: Path) -> None:
    async with a_night(it, tmp_path) as night:
        order = RemoteOrder(target="SS Cyg", draft=a_draft(), via_form=True)
        job = await the_end(night, (await night.queue.add(ASK, ASK, order))[0])
        assert job.state is JobState.PROVED and it.count("submit") == 0
    assert new_requests(it) == 1


async def test_a_cancel_while_it_is_handed_over_leaves_a_request_that_is_known(
    it: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, handed = it.site.account.submit, asyncio.Event()

    def hand_over(**told: Any) -> Any:
        handed.set()
        return submit(**told)

    monkeypatch.setattr(it.site.account, "submit", hand_over)
    async with a_night(it, tmp_path) as night:
        job_id, _ = await night.queue.add(ASK, FETCH, ask())
        await handed.wait()
        await night.queue.cancel(job_id)
        job = await the_end(night, job_id)
        assert job.state is JobState.PROVED and job.payload.request  # type: ignore[attr-defined]
        assert not night.queue.unfinished()  # what was to follow was cancelled
    assert new_requests(it) == 1


async def test_a_cancel_before_that_sends_nothing(it: Remote, tmp_path: Path) -> None:
    it.spoil("list", "silent")
    async with a_night(it, tmp_path) as night:
        job_id, _ = await night.queue.add(ASK, FETCH, ask())
        await until(night, job_id, lambda job: it.count("list") == 1)
        await night.queue.cancel(job_id)
        job = await the_end(night, job_id)
        assert job.state is JobState.CANCELLED and job.ended_at is not None
    assert new_requests(it) == 0


async def test_a_read_only_run_lets_a_request_wait(it: Remote, tmp_path: Path) -> None:
    async with a_night(it, tmp_path, read_only=True) as night:
        job_id, _ = await night.queue.add(ASK, ASK, ask())
        job = await until(night, job_id, lambda job: job.state is JobState.WAITING)
        assert "read-only" in job.reason
    assert not it.site.calls


# --- waiting --------------------------------------------------------------------------------------


async def test_a_watch_outlives_an_outage_of_weeks(it: Remote, tmp_path: Path) -> None:
    rid = it.site.account.submit(
        name="SS Cyg", object_id="21:42:42.80 +43:35:09.86", telescope=6, filter="BVR",
        exposure_ms=1000, comment="", dark_frame=True,
    ).id  # fmt: skip
    it.spoil("details", "status", "503", count=12)
    async with a_night(it, tmp_path) as night:
        job_id, _ = await night.queue.add(WATCH, FETCH, RemoteOrder(request=rid))
        await until(night, job_id, lambda _job: it.count("details") >= 9)
        it.clock.go_on(days=30)
        assert (await the_end(night, job_id)).state is JobState.PROVED
        fetched = await the_last(night, FETCH)
        assert fetched.state is JobState.PROVED and fetched.payload.target == "SS Cyg"


@pytest.mark.parametrize("status", [20, 21, 22, 23, 24, 25, 26])
async def test_a_request_that_failed_ends_its_watch(
    it: Remote, tmp_path: Path, status: int
) -> None:
    rid = next(row.id for row in it.site.account.requests.values() if row.status == status)
    async with a_night(it, tmp_path) as night:
        job = await the_end(
            night, (await night.queue.add(WATCH, FETCH, RemoteOrder(request=rid)))[0]
        )
        assert job.state is JobState.FAILED and "will bring no picture" in job.reason


@pytest.mark.parametrize("status", [1, 2, 3, 4, 5, 6, 7, 9, 10])
async def test_a_request_that_may_still_be_taken_is_waited_for(
    it: Remote, tmp_path: Path, status: int
) -> None:
    row = next(row for row in it.site.account.requests.values() if row.status == status)
    async with a_night(it, tmp_path) as night:
        job_id, _ = await night.queue.add(WATCH, FETCH, RemoteOrder(request=row.id))
        job = await until(night, job_id, lambda job: job.state is JobState.WAITING)
        assert job.next_try_at is not None
        assert job.next_try_at - night.clock.now() <= timedelta(seconds=60)
        assert await night.queue.cancel(job_id)


# --- fetching -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", list(Form))
async def test_every_form_is_fetched_once(it: Remote, tmp_path: Path, form: Form) -> None:
    async with a_night(it, tmp_path) as night:
        order = RemoteOrder(job=it.a_job(), form=form)
        for _ in range(2):
            job = await the_end(night, (await night.queue.add(FETCH, FETCH, order))[0])
            assert job.state is JobState.PROVED, job.reason
    assert len(it.files()) == 1
    assert it.count("download") + it.count("processed file") == 1


async def test_the_flat_field_of_the_page_is_asked_for_on_wish(it: Remote, tmp_path: Path) -> None:
    job = next(one for one in it.site.account.jobs.values() if one.flat and one.success)
    async with a_night(it, tmp_path) as night:
        order = RemoteOrder(job=job.id, with_flat=True)
        await the_end(night, (await night.queue.add(FETCH, FETCH, order))[0])
    assert it.files() == [f"{job.id}.flat{job.flat}.fits"]


async def test_what_is_not_ready_is_asked_for_later_and_is_no_failure(
    it: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crowdsky_tui.services.telescope_org import download

    monkeypatch.setattr(download, "READY_WITHIN_S", 0.0)
    monkeypatch.setattr(download.Downloads.__init__, "__kwdefaults__",
                        {"poll_s": 0.0, "ready_within_s": 0.0})  # fmt: skip
    it.site.faults.ready_at_poll = 0
    async with a_night(it, tmp_path) as night:
        job_id, _ = await night.queue.add(FETCH, FETCH, RemoteOrder(job=it.a_job()))
        await until(night, job_id, lambda job: job.facts.get("not_ready") == 2)
        assert not it.files()
        it.site.faults.ready_at_poll = 1
        assert (await the_end(night, job_id)).state is JobState.PROVED


async def test_a_cancelled_download_leaves_nothing(it: Remote, tmp_path: Path) -> None:
    it.spoil("download", "silent")
    async with a_night(it, tmp_path) as night:
        job_id, _ = await night.queue.add(FETCH, FETCH, RemoteOrder(job=it.a_job()))
        await until(night, job_id, lambda _job: it.count("download") == 1)
        await night.queue.cancel(job_id)
        assert (await the_end(night, job_id)).state is JobState.CANCELLED
    assert it.files() == []


async def test_without_an_account_the_setting_is_named(it: Remote, tmp_path: Path) -> None:
    async with Night(
        Settings(
            storage=StorageSettings(str(tmp_path / "state"), str(tmp_path / "data")),
            remote=RemoteSettings(url=it.site.url),
        )
    ) as night:
        await night.queue.start()
        job = await the_end(night, (await night.queue.add(FETCH, FETCH, RemoteOrder(job=1)))[0])
        assert job.state is JobState.FAILED and "remote.username" in job.reason


async def test_a_job_without_its_number_is_refused(it: Remote, tmp_path: Path) -> None:
    async with a_night(it, tmp_path) as night:
        for kind in (ASK, WATCH, FETCH):
            job = await the_end(night, (await night.queue.add(kind, kind, RemoteOrder()))[0])
            assert job.state is JobState.FAILED and UsageError.__name__ not in job.reason
