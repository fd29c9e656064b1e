"""Projects ask surveys only for what is missing, and only those that they name."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomli_w

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import FileDamaged, UsageError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.curves.product import State
from crowdsky_tui.curves.project import Project
from crowdsky_tui.curves.survey_fetch import MOST_FAILURES, SurveyFetch, Wish
from crowdsky_tui.curves.survey_points import survey_series
from crowdsky_tui.curves.survey_product import SurveyProduct, is_due
from crowdsky_tui.database.database import open_database
from crowdsky_tui.services.surveys.surveys import open_survey
from crowdsky_tui.simulator.surveys.stand_in import SurveyFault, SurveyStandIn
from crowdsky_tui.simulator.surveys.star import SurveyStar
from crowdsky_tui.timeseries.surveys.messages import Form

DAYS = tuple(2460000.5 + 7 * k for k in range(60))
STAR = SurveyStar("AM Leo", 165.55, 9.895, "3868123", 13.5, 0.3, 0.3658, 2460000.0, DAYS)
NAMES = ("AM Leo", *(f"Dark {k}" for k in range(7)))
WISH = Wish(since=datetime(2023, 1, 1, tzinfo=UTC), until=datetime(2024, 12, 1, tzinfo=UTC))


class Rig:
    """A project's fetcher on a stand-in, with everything in one folder."""

    def __init__(self, folder: Path, server: SurveyStandIn) -> None:
        self.server = server
        field = folder / "field.csv"
        rows = [f"{STAR.name},{STAR.ra_deg},{STAR.dec_deg},{STAR.gaia_id},13.5"]
        rows += [f"{name},{10 + k},5.0,99912{k},13.0" for k, name in enumerate(NAMES[1:])]
        field.write_text("name,ra,dec,gaia_id,vmag\n" + "\n".join(rows) + "\n")
        self.config = folder / "config.toml"
        now = datetime.now(UTC)
        document = {
            "surveys": server.settings,
            "storage": {"state_dir": str(folder / "state"), "downloads": str(folder / "stacks")},
            "clock": {"origin": now, "since": now, "speed": 1000.0},
        }
        self.config.write_text(tomli_w.dumps(document))
        self.settings: Settings = read_settings(self.config, {}).settings
        self.database = open_database(self.settings, print)
        self.science = Science()
        self.project = Project(
            name="stars", field=str(field), targets=NAMES, surveys=("ztf", "gaia", "aavso")
        )
        self.lines: list[str] = []

    def fetcher(self, clock: Clock | None = None) -> SurveyFetch:
        return SurveyFetch(
            self.database,
            clock or self.settings.make_clock(),
            self.science,
            self.settings.survey_answers,
            lambda name: open_survey(name, self.settings),
            self.lines.append,
        )

    def calls(self) -> int:
        return self.server.calls.total()

    async def series(self) -> list[Any]:
        known = await self.fetcher().known(self.project)
        return await survey_series(
            known.values(), STAR.name, self.science, self.settings.survey_answers
        )


@asynccontextmanager
async def rig(folder: Path, looks: int = 0) -> AsyncIterator[Rig]:
    server = SurveyStandIn((STAR,), looks=looks)
    await server.start()
    it = Rig(folder, server)
    try:
        yield it
    finally:
        await it.science.close()
        await it.database.close()
        await server.stop()


async def test_a_second_run_asks_nobody(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        first = await it.fetcher().run(it.project, WISH)
        asked, series = it.calls(), await it.series()

        second = await it.fetcher().run(it.project, WISH)

        assert len(first.products) == len(NAMES) * 3
        assert {each.state for each in first.products} == {State.OK, State.EMPTY}
        assert second.products == ()
        assert it.calls() == asked
        assert await it.series() == series
        assert {(each.survey, each.band) for each in series} == {
            ("ztf", "zg"), ("ztf", "zr"), ("gaia", "G"), ("aavso", "V"), ("aavso", "Vis."),
        }  # fmt: skip


async def test_only_the_surveys_that_the_project_names_are_asked(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        with pytest.raises(UsageError, match="asks no survey"):
            await it.fetcher().run(msgspec.structs.replace(it.project, surveys=()), WISH)
        assert it.calls() == 0

        await it.fetcher().run(msgspec.structs.replace(it.project, surveys=("gaia",)), WISH)

        assert set(it.server.calls) == {"gaia"}


async def test_what_is_empty_is_asked_for_again_only_after_its_time(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        project = msgspec.structs.replace(it.project, targets=NAMES[1:3], surveys=("ztf",))
        await it.fetcher().run(project, WISH)
        asked, now = it.calls(), it.settings.make_clock().now()

        async def later(days: float) -> int:
            then = now + timedelta(days=days)
            await it.fetcher(Clock(then, datetime.now(UTC), 1.0)).run(project, WISH)
            return it.calls() - asked

        assert await later(29.9) == 0
        assert await later(30.1) == 2


async def test_five_failures_in_a_row_pause_a_survey_and_others_go_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.server.faults["ztf"] = SurveyFault("status", 503, 1000)
        it.server.faults["snad"] = SurveyFault("status", 503, 1000)

        outcome = await it.fetcher().run(it.project, WISH)

        assert it.server.calls["ztf"] == MOST_FAILURES
        assert outcome.paused == ("ztf",)
        assert it.server.calls["gaia"] == len(NAMES)
        failed = [each for each in outcome.products if each.state is State.FAILED]
        assert len(failed) == MOST_FAILURES
        assert all(each.why and each.retryable for each in failed)


async def test_a_broken_answer_is_a_failure_never_empty_and_comes_in_only_by_wish(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as it:
        project = msgspec.structs.replace(it.project, targets=("AM Leo",), surveys=("gaia",))
        it.server.faults["gaia"] = SurveyFault("page")

        (product,) = (await it.fetcher().run(project, WISH)).products

        assert product.state is State.FAILED and "page" in product.why
        assert (await it.fetcher().run(project, WISH)).products == ()
        (again,) = (
            await it.fetcher().run(project, msgspec.structs.replace(WISH, retry=True))
        ).products
        assert (again.state, again.tries) == (State.OK, 2)


async def test_the_aavso_goes_on_where_it_ended_and_no_point_is_doubled(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        project = msgspec.structs.replace(it.project, targets=("AM Leo",), surveys=("aavso",))
        until = datetime(2023, 9, 1, tzinfo=UTC)
        await it.fetcher().run(project, msgspec.structs.replace(WISH, until=until))
        asked = it.calls()

        await it.fetcher().run(project, msgspec.structs.replace(WISH, refresh=True))

        assert it.calls() - asked == 2  # 15 months from September 2023 on
        found = [point.day for each in await it.series() for point in each.points]
        assert sorted(found) == [pytest.approx(day) for day in DAYS]


async def test_an_answer_that_is_gone_is_said(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        project = msgspec.structs.replace(it.project, targets=("AM Leo",), surveys=("gaia",))
        await it.fetcher().run(project, WISH)
        for path in it.settings.survey_answers.iterdir():
            path.unlink()

        with pytest.raises(FileDamaged):
            await it.series()


async def test_a_users_file_is_imported_once(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        raw = b"hjd,camera,mag,mag_err,flux,flux_err\n2458000.5,ba,12.3,0.02,40,1\n"
        for _ in range(2):
            product = await it.fetcher().import_file(it.project, "AM Leo", raw, Form.ASASSN)

        assert (product.points, it.calls()) == (1, 0)
        (series,) = await it.series()
        assert (series.survey, series.band, len(series.points)) == ("file asassn", "V", 1)
        with pytest.raises(FileDamaged):
            await it.fetcher().import_file(it.project, "AM Leo", b"hello", Form.ASASSN)


def command(it: Rig, *words: str) -> list[str]:
    return [sys.executable, "-m", "crowdsky_tui", "--config", str(it.config), "curves", *words]


async def finished(it: Rig, *words: str) -> Any:
    process = await asyncio.create_subprocess_exec(
        *command(it, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.02)


async def test_killed_while_atlas_works_the_task_is_taken_up_not_queued_again(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, looks=10**6) as it:
        field, star = it.project.field, "--target=AM Leo"
        await finished(it, "project", "p", "--field", field, star, "--survey=atlas", "--json")
        process = await asyncio.create_subprocess_exec(
            *command(it, "fetch", "p"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        await until(lambda: it.server.calls["task"] > 1)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        for task in it.server.tasks.values():
            task.looks_left = 0

        told = await finished(it, "fetch", "p", "--json")

        assert [each["state"] for each in told["products"]] == ["ok"]
        assert it.server.calls["queue"] == 1 and it.server.tasks == {}
        shown = await finished(it, "survey-points", "p", "AM Leo", "--json")
        assert sum(len(each["points"]) for each in shown["series"]) == len(DAYS)
        for path in it.settings.state_dir.rglob("*"):
            if path.is_file() and path.suffix != ".gz":
                assert it.server.password.encode() not in path.read_bytes()
        await finished(it, "delete", "p", "--yes", "--json")
        assert list(it.settings.survey_answers.iterdir()) == []


@pytest.mark.parametrize(
    ("state", "more", "due"),
    [
        (State.OK, {}, False),
        (State.OK, {"refresh": True}, True),
        (State.FAILED, {}, False),
        (State.FAILED, {"retry": True}, True),
        (State.PENDING, {}, True),
        (State.EMPTY, {"retry": True}, False),
        (State.EMPTY, {"refresh": True}, True),
    ],
)
def test_what_a_fetch_does(state: State, more: dict[str, bool], due: bool) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    product = SurveyProduct(star="x", survey="ztf", state=state, tried_at=now)

    assert is_due(product, now, **more) is due
