"""The client of telescope.org against a stand-in that is as odd as the site."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from telescope_org_kit import a_draft, remote

from crowdsky_tui.base.errors import (
    AuthRefused,
    CrowdSkyError,
    NetworkDown,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerUnavailable,
    UsageError,
)
from crowdsky_tui.services.telescope_org.cache import CachedAs, files_in
from crowdsky_tui.services.telescope_org.codes import Group
from crowdsky_tui.services.telescope_org.errors import (
    RequestInDoubt,
    SiteChanged,
)
from crowdsky_tui.services.telescope_org.records import Form

# --- looking


async def test_folders_and_their_counts(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        folders = {folder.id: folder for folder in await it.client.folders()}
    assert folders[1].count == 250 and folders[2].count == 0 and folders[461].count == 13
    assert folders[1].made is None
    assert folders[461].made == datetime(2014, 8, 5, 16, 1, 35, tzinfo=UTC)


@pytest.mark.parametrize("sort", ["rid", "object", "completion"])
async def test_every_request_is_listed_once_in_pages_of_a_hundred(
    tmp_path: Path, sort: str
) -> None:
    async with remote(tmp_path) as it:
        rows = await it.client.requests(sort=sort)
        assert len(rows) == len({row.id for row in rows}) == 250
        assert it.count("list") == 3
        assert {row.group for row in rows} == set(Group) - {Group.UNKNOWN}
        assert all(row.object_name.isprintable() for row in rows)


async def test_an_unknown_sort_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        with pytest.raises(UsageError, match="rid, object, completion"):
            await it.client.requests(sort="name")
        assert it.site.calls == []


async def test_a_request_that_arrives_between_two_pages_is_neither_missed_nor_doubled(
    tmp_path: Path,
) -> None:
    async with remote(tmp_path) as it:
        asked = it.client.session.json

        async def meanwhile(what: str, module: str, request: str, params: Any = None, **more: Any):  # type: ignore[no-untyped-def]
            answer = await asked(what, module, request, params, **more)
            if it.count("list") == 1:
                it.site.account.submit(
                    name="New",
                    object_id="21:42:42.80 +43:35:09.86",
                    telescope=6,
                    filter="V",
                    exposure_ms=1000,
                    comment="",
                    dark_frame=True,
                )
            return answer

        it.client.session.json = meanwhile  # type: ignore[method-assign]
        rows = await it.client.requests()
    assert len(rows) == len({row.id for row in rows}) == 251


async def test_a_thousand_rows_exactly_and_a_status_that_nobody_knows(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        one = next(iter(it.site.account.requests.values()))
        for index in range(750):
            copy = type(one)(**{**one.__dict__, "id": 900_000 + index, "status": 99})
            it.site.account.requests[copy.id] = copy
        rows = await it.client.requests()
    assert len(rows) == 1000
    strange = rows[0]
    assert strange.word == "unknown (99)" and strange.group is Group.UNKNOWN and strange.pending


async def test_the_details_of_a_job_and_of_a_request(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        number = it.a_job(8)
        job = await it.client.job(number)
        truth = it.site.account.jobs[number]
        assert job.success and job.object_id == truth.object_id and job.flat == truth.flat
        assert job.completed == truth.completed and job.exposure_ms == truth.exposure_ms
        by_job = {one: it.site.account.requests_of(one) for one in it.site.account.jobs}
        shared, requests = next(pair for pair in by_job.items() if len(pair[1]) == 2)
        assert (await it.client.job(shared)).request_ids == tuple(requests)
        rid = job.request_ids[0]
        request = await it.client.request(rid)
        assert request.job_id == number and request.telescope in ("COAST", "PIRATE")
        assert await it.client.job_of_request(rid) == number


async def test_a_request_that_is_not_complete_has_no_job_and_is_no_error(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        waiting = next(one for one in it.site.account.requests.values() if one.status == 3)
        assert await it.client.job_of_request(waiting.id) is None
        details = await it.client.request(waiting.id)
        assert details.job_id is None and details.completed is None
        assert details.status == "Waiting"


async def test_the_public_jobs_of_a_night(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        found = await it.client.night(date(2023, 11, 17), days=3, camera="Galaxy")
        truth = [job for job in it.site.account.jobs.values() if job.telescope_type == "Galaxy"]
        begin, end = datetime(2023, 11, 17, 16, tzinfo=UTC), datetime(2023, 11, 20, 16, tzinfo=UTC)
        inside = [job.id for job in truth if begin <= job.completed <= end and not job.private]
        assert list(found.jobs) == list(reversed(inside)) and inside
        assert not found.cut and "Earliest completion time: 17/11/23 16:00:00" in found.parameters
        assert it.count("login") == 0, "what is public needs no password"
        with pytest.raises(UsageError, match="GALAXY"):
            await it.client.night(date(2023, 11, 17), camera="Hubble")


async def test_all_jobs_of_an_object_newest_first(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        found = await it.client.jobs_of_object("CH Cyg")
        requests = it.site.account.requests
        times = [requests[rid].requested_s for rid in found]
        assert found and times == sorted(times, reverse=True)
        assert all(requests[rid].job == job for rid, job in found.items())


async def test_the_weather_is_read_without_a_login(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        weather = await it.client.weather()
        assert (weather.humidity_percent, weather.stars, weather.cloud_base_m) == (96, 0, None)
        assert weather.at == it.clock.now() and it.count("login") == 0


# --- signing in


async def test_a_wrong_password_is_sent_once_more_at_most_and_then_not_for_ten_minutes(
    tmp_path: Path,
) -> None:
    async with remote(tmp_path) as it:
        client = it.new_client("wrong")
        for _ in range(3):
            with pytest.raises(AuthRefused):
                await client.login()
        assert it.count("login") == 2
        it.steady_s += 601
        with pytest.raises(AuthRefused):
            await client.login()
        assert it.count("login") > 2
        await client.close()


@pytest.mark.parametrize(("kind", "value"), [("login page", None), ("refuse", "Not logged in")])
async def test_a_sign_in_that_expires_in_the_middle_is_renewed_once(
    tmp_path: Path, kind: str, value: Any
) -> None:
    async with remote(tmp_path) as it:
        it.spoil("list", kind, value, after=1)
        assert len(await it.client.requests()) == 250
        assert it.count("login") == 2


async def test_two_calls_at_once_renew_one_sign_in(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        await it.client.login()
        it.site.sign_everybody_out()
        await asyncio.gather(it.client.folders(), it.client.folders(), it.client.folders())
        assert it.count("login") == 2


async def test_logging_out_tells_the_site_and_forgets_the_session_even_if_that_fails(
    tmp_path: Path,
) -> None:
    async with remote(tmp_path) as it:
        await it.client.login()
        it.spoil("logout", "reset")
        with pytest.raises(NetworkDown):
            await it.client.logout()
        await it.client.login()
        assert it.count("login") == 2
        await it.client.logout()
        assert not any(one.signed_in for one in list(it.site.account.cookies.values())[1:])


async def test_calls_come_one_at_a_time_and_a_second_apart(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            it.steady_s += seconds

        client = it.new_client(between_s=1.0)
        client.session.client.sleep = sleep
        await client.folders()
        await client.folders()
        assert waits == [0, 1.0, 1.0]
        await client.close()


# --- pages that have changed, and answers that are none


@pytest.mark.parametrize(
    ("endpoint", "kind", "value", "error"),
    [
        ("folders", "html", None, AuthRefused),
        ("folders", "null", None, ProtocolError),
        ("folders", "cut", 9, ProtocolError),
        ("folders", "refuse", "Down for now", Rejected),
        ("folders", "status", 500, ServerUnavailable),
        ("folders", "status", 503, ServerUnavailable),
        ("folders", "status", 429, RateLimited),
        ("folders", "reset", None, NetworkDown),
        ("folders", "redirect", "http://127.0.0.2/", ProtocolError),
        ("list", "data", {"totalRequests": "x", "requests": 5}, ProtocolError),
        ("details", "html", None, SiteChanged),
        ("details", "body", b"<table></table>", SiteChanged),
        ("search", "html", None, SiteChanged),
        ("weather", "html", None, SiteChanged),
    ],
)
async def test_each_odd_answer_ends_in_its_class_of_error(
    tmp_path: Path, endpoint: str, kind: str, value: Any, error: type[CrowdSkyError]
) -> None:
    async with remote(tmp_path) as it:
        calls: dict[str, Any] = {
            "folders": it.client.folders,
            "list": it.client.requests,
            "details": lambda: it.client.job(it.a_job()),
            "search": lambda: it.client.night(date(2024, 11, 17)),
            "weather": it.client.weather,
        }
        await it.client.login()
        it.spoil(endpoint, kind, value, count=None)
        with pytest.raises(error) as raised:
            await calls[endpoint]()
        assert it.site.account.password not in str(raised.value)


# --- pictures


# --- asking for one


@pytest.mark.parametrize("via_form", [False, True])
async def test_a_request_is_submitted_proved_and_becomes_a_picture(
    tmp_path: Path, via_form: bool
) -> None:
    async with remote(tmp_path) as it:
        draft = a_draft(telescope="PIRATE", filter="V", comment="from a Seestar", dark_frame=False)
        known = frozenset(row.id for row in await it.client.check(draft))
        rid = await it.client.submit(draft, via_form=via_form)
        row = await it.client.find_submitted(draft, known, rid)
        assert row is not None and row.pending and row.object_id == "21:42:42.80 +43:35:09.85"
        truth = it.site.account.requests[row.id]
        assert (truth.telescope, truth.filter, truth.exposure_ms) == (7, "Green", 30000)
        assert truth.dark_frame is not via_form, "only the form tells it"
        it.clock.go_on(hours=1)
        job = await it.client.job_of_request(row.id)
        assert job is not None and (await it.client.fetch(job)).path.exists()


async def test_what_is_pending_at_the_same_place_is_not_asked_for_twice(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        await it.client.submit(a_draft(filter="V"))
        with pytest.raises(UsageError, match="asks for the same"):
            await it.client.check(a_draft(name="Other name", filter="V"))
        await it.client.check(a_draft(filter="B"))
        await it.client.check(a_draft(filter="V", telescope="PIRATE"))
        it.site.account.requests[800_000].submitted = None
        for parked in (9, 10):
            it.site.account.requests[800_000].status = parked
            with pytest.raises(UsageError, match="asks for the same"):
                await it.client.check(a_draft(filter="V"))
        it.site.account.requests[800_000].status = 22
        await it.client.check(a_draft(filter="V"))


async def test_a_full_queue_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        pending = len(await it.client.pending())
        it.client._queue = pending
        with pytest.raises(UsageError, match=f"{pending} requests wait"):
            await it.client.check(a_draft())
        assert it.count("clear") == 0


@pytest.mark.parametrize(("kind", "value"), [("lost", None), ("html", None), ("status", 500)])
async def test_a_lost_answer_to_a_submission_is_a_doubt_that_the_list_settles(
    tmp_path: Path, kind: str, value: Any
) -> None:
    async with remote(tmp_path) as it:
        draft = a_draft()
        known = frozenset(row.id for row in await it.client.check(draft))
        it.spoil("submit", kind, value)
        with pytest.raises(RequestInDoubt):
            await it.client.submit(draft)
        assert it.count("submit") == 1, "never a second try by itself"
        found = await it.client.find_submitted(draft, known)
        assert (found is not None) == (kind == "lost")


async def test_a_refused_or_broken_step_before_the_last_sends_nothing(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        before = len(it.site.account.requests)
        for step in ("clear", "set"):
            for kind in ("refuse", "reset", "status"):
                await it.client.login()
                it.spoil(step, kind, 500 if kind == "status" else "No", count=None)
                with pytest.raises(CrowdSkyError) as raised:
                    await it.client.submit(a_draft())
                assert not isinstance(raised.value, RequestInDoubt)
                del it.site.faults.endpoints[step]
        assert len(it.site.account.requests) == before and it.count("submit") == 0


async def test_two_submissions_at_once_do_not_mix(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        drafts = [a_draft(name=f"Star {index}", exposure_s=10 + index) for index in range(4)]
        await asyncio.gather(*(it.client.submit(draft) for draft in drafts))
        got = [one for one in it.site.account.requests.values() if one.submitted is not None]
        assert {(one.object_name, one.exposure_ms) for one in got} == {
            (draft.name, draft.exposure_ms) for draft in drafts
        }


async def test_a_ticket_that_is_used_twice_begins_the_form_again(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        await it.client.login()
        path = "/request-constructor.php"
        first = await it.client.session.page("x", path, None, query={"action": "new"})
        from crowdsky_tui.services.telescope_org.pages import read_ticket

        fields = {"ticket": read_ticket(first), "action": "main-go-part1"}
        second = await it.client.session.page("x", path, fields)
        assert b"main-go-part1" in second
        again = await it.client.session.page("x", path, fields)
        assert b"New request" in again


async def test_the_original_cache_is_adopted_only_where_its_files_are_whole(
    tmp_path: Path,
) -> None:
    async with remote(tmp_path / "ours") as it:
        kept = await it.client.fetch(it.a_job())
        theirs = tmp_path / "theirs" / "3" / "6"
        theirs.mkdir(parents=True)
        good, bad = theirs / "369256.fits", theirs / "369257.fits"
        good.write_bytes(kept.path.read_bytes())
        bad.write_bytes(kept.path.read_bytes()[:4000])
        found = dict(files_in(tmp_path / "theirs"))
        assert found == {
            CachedAs(369256, Form.CUBE): good,
            CachedAs(369257, Form.CUBE): bad,
        }
        assert await it.client.downloads.copy_from_cache(CachedAs(369256, Form.CUBE), good)
        assert not await it.client.downloads.copy_from_cache(CachedAs(369256, Form.CUBE), good)
        assert it.files() == sorted([kept.path.name, "369256.fits"]) and good.exists()
        with pytest.raises(CrowdSkyError):
            await it.client.downloads.copy_from_cache(CachedAs(369257, Form.CUBE), bad)
        assert bad.exists(), "it is listed, never deleted"
