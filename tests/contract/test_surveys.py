"""The surveys over real sockets: politely, with each one's own way to fail."""

import asyncio
import gzip
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import AuthRefused, CrowdSkyError, ProtocolError
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ClockSettings
from crowdsky_tui.config.survey_settings import SurveySettings
from crowdsky_tui.services.surveys.survey import NotCovered, Part, StarPlace, Survey, Window
from crowdsky_tui.services.surveys.surveys import NAMES, open_survey
from crowdsky_tui.simulator.surveys.stand_in import SurveyFault, SurveyStandIn
from crowdsky_tui.simulator.surveys.star import SurveyStar
from crowdsky_tui.timeseries.surveys.messages import SurveyPoints, SurveyRequest
from crowdsky_tui.timeseries.surveys.read import read_survey

DAYS = tuple(2460000.5 + 7 * k for k in range(90))
STAR = SurveyStar("AM Leo", 165.55, 9.895, "3868", 13.5, 0.3, 0.3658, 2460000.0, DAYS)
PLACE = StarPlace(name="AM Leo", ra_deg=165.55, dec_deg=9.895, gaia_id="3868")
NOWHERE = StarPlace(name="Nowhere", ra_deg=10.0, dec_deg=9.895, gaia_id="1")
WINDOW = Window(datetime(2023, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))


@asynccontextmanager
async def stand_in(looks: int = 1) -> AsyncIterator[SurveyStandIn]:
    server = SurveyStandIn((STAR,), looks=looks)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def opened(server: SurveyStandIn, name: str, **more: str) -> Survey:
    surveys = SurveySettings(**{**server.settings, **more})
    now = datetime.now(UTC)
    clock = ClockSettings(origin=now, since=now, speed=1000.0)
    return open_survey(name, Settings(surveys=surveys, clock=clock))


async def fetched(
    survey: Survey, place: StarPlace = PLACE, window: Window = WINDOW, resume: str = ""
) -> tuple[list[Part], list[str]]:
    notes: list[str] = []

    async def note(text: str) -> None:
        notes.append(text)

    try:
        return [part async for part in survey.fetch(place, window, resume, note)], notes
    finally:
        await survey.close()


def points(parts: list[Part], folder: Path) -> SurveyPoints:
    found = []
    for k, part in enumerate(parts):
        path = folder / f"{k}.gz"
        path.write_bytes(gzip.compress(part.raw))
        found.append(read_survey(SurveyRequest(os.fsencode(path), part.form)))
    return SurveyPoints(tuple(p for each in found for p in each.points), found[0].scale)


@pytest.mark.parametrize("name", NAMES)
async def test_what_a_survey_has_of_a_star_is_its_true_magnitude(name: str, tmp_path: Path) -> None:
    async with stand_in() as server:
        parts, _ = await fetched(opened(server, name))

        read = points(parts, tmp_path)

        assert len(read.points) >= 80
        for each in read.points:
            if not each.limit and each.band != "Vis.":
                assert each.mag == pytest.approx(STAR.magnitude(each.day), abs=0.01)
        assert server.agents == {f"crowdsky-tui/{__version__}"}
        assert all("alice" not in each.address for each in parts)


@pytest.mark.parametrize("name", NAMES)
async def test_a_star_that_a_survey_has_not_is_empty_not_an_error(
    name: str, tmp_path: Path
) -> None:
    async with stand_in() as server:
        parts, _ = await fetched(opened(server, name), NOWHERE)

        assert points(parts, tmp_path).points == ()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "fault",
    [SurveyFault("status", 503), SurveyFault("status", 429), SurveyFault("reset")],
    ids=["503", "429", "reset"],
)
async def test_what_may_pass_is_worth_another_try(name: str, fault: SurveyFault) -> None:
    endpoint = {"atlas": "task"}.get(name, name)
    async with stand_in() as server:
        server.faults[endpoint] = replace(fault)
        with pytest.raises(CrowdSkyError) as caught:
            await fetched(opened(server, name, snad_url=""))

        assert caught.value.retryable or caught.value.outage
        assert (await fetched(opened(server, name, snad_url="")))[0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["page", "cut"])
async def test_a_page_or_a_cut_header_is_never_taken_for_empty(
    name: str, kind: str, tmp_path: Path
) -> None:
    async with stand_in() as server:
        endpoint = {"atlas": "result"}.get(name, name)
        server.faults[endpoint] = SurveyFault(kind, 20)  # type: ignore[arg-type]
        parts, _ = await fetched(opened(server, name))

        with pytest.raises(CrowdSkyError):
            points(parts, tmp_path)


@pytest.mark.parametrize(
    "fault",
    [SurveyFault("votable", 400), SurveyFault("votable", 200), SurveyFault("status", 500)],
    ids=["400", "200", "500"],
)
async def test_the_second_door_is_asked_only_where_the_first_has_an_error(
    fault: SurveyFault, tmp_path: Path
) -> None:
    async with stand_in() as server:
        await fetched(opened(server, "ztf"))
        assert server.calls["snad"] == 0

        server.faults["ztf"] = replace(fault)
        parts, _ = await fetched(opened(server, "ztf"))

        assert server.calls["snad"] == 1
        assert len(points(parts, tmp_path).points) == len(DAYS)


async def test_empty_at_the_first_door_is_believed(tmp_path: Path) -> None:
    async with stand_in() as server:
        await fetched(opened(server, "ztf"), NOWHERE)

        assert server.calls["snad"] == 0


async def test_the_aavso_is_asked_for_a_year_at_a_time() -> None:
    async with stand_in() as server:
        window = Window(WINDOW.since, WINDOW.since + timedelta(days=3 * 365 + 1))
        parts, _ = await fetched(opened(server, "aavso"), window=window)

        assert len(parts) == server.calls["aavso"] == 4


async def test_a_task_is_noted_before_it_is_waited_for_and_never_queued_twice() -> None:
    async with stand_in(looks=3) as server:
        notes: list[str] = []
        survey = opened(server, "atlas")

        async def note(text: str) -> None:
            notes.append(text)
            raise asyncio.CancelledError  # killed, once it is on the disk

        with pytest.raises(asyncio.CancelledError):
            async for _ in survey.fetch(PLACE, WINDOW, "", note):
                pass
        await survey.close()
        assert len(notes) == 1 and server.calls["queue"] == 1

        parts, after = await fetched(opened(server, "atlas"), resume=notes[0])

        assert parts and server.calls["queue"] == 1
        assert after == [""]
        assert server.tasks == {}  # the task is deleted when all is taken


async def test_a_task_that_atlas_forgot_is_queued_anew() -> None:
    async with stand_in() as server:
        gone = f"{server.url}/forcedphot/queue/9/"

        parts, notes = await fetched(opened(server, "atlas"), resume=gone)

        assert parts and server.calls["queue"] == 1
        assert notes[0] != gone


async def test_a_full_queue_is_waited_for_as_long_as_it_says() -> None:
    async with stand_in() as server:
        server.faults["queue"] = SurveyFault("status", 429)
        parts, _ = await fetched(opened(server, "atlas"))

        assert parts and server.calls["queue"] == 2


async def test_a_token_that_expired_is_asked_for_anew_once() -> None:
    async with stand_in(looks=2) as server:
        survey = opened(server, "atlas")
        parts: list[Part] = []

        async def note(text: str) -> None:
            if text:
                server.expire_tokens()

        parts = [part async for part in survey.fetch(PLACE, WINDOW, "", note)]
        await survey.close()

        assert parts and server.calls["token"] == 2


async def test_a_wrong_password_is_said_and_sent_once() -> None:
    async with stand_in() as server:
        with pytest.raises(AuthRefused):
            await fetched(opened(server, "atlas", atlas_password="wrong"))
        with pytest.raises(AuthRefused, match="No account"):
            await fetched(opened(server, "atlas", atlas_username=""))

        assert server.calls["token"] == 1


async def test_the_token_is_never_sent_to_another_site() -> None:
    async with stand_in() as server:
        body = b'{"url": "https://elsewhere.example/task/1/", "finishtimestamp": null}'
        server.faults["queue"] = SurveyFault("body", body)

        with pytest.raises(ProtocolError, match="another site"):
            await fetched(opened(server, "atlas"))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("ztf", StarPlace(name="far south", ra_deg=1.0, dec_deg=-31.0)),
        ("atlas", StarPlace(name="far south", ra_deg=1.0, dec_deg=-51.0)),
        ("gaia", StarPlace(name="no number", ra_deg=1.0, dec_deg=1.0)),
    ],
)
async def test_nobody_is_asked_for_what_cannot_be_there(name: str, place: StarPlace) -> None:
    async with stand_in() as server:
        with pytest.raises(NotCovered):
            await fetched(opened(server, name), place)

        assert not server.calls
