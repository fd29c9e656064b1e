"""The morning report's lines on the projects' stars, from the database to the page."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from curve_projects_kit import TARGET, Counting, make_night, project_of, runner
from test_night_words import NOON, curve, point

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.curves import rows, variability
from crowdsky_tui.curves.project import effective
from crowdsky_tui.curves.recovery import recovery_words
from crowdsky_tui.database.database import Database
from crowdsky_tui.report.gather_page import _star_curves
from crowdsky_tui.report.page import report_page
from crowdsky_tui.report.report import make_report, report_text
from crowdsky_tui.report.stars import star_lines

EVENING = date(2026, 11, 20)


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_night(tmp_path_factory.mktemp("night"))


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Any]:
    database = Database(tmp_path)
    yield SimpleNamespace(
        records=SimpleNamespace(database=database), science=Counting(), settings=Settings()
    )
    await database.close()


async def test_an_eclipse_is_told_from_frames_to_page(
    night: Any, stacks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variability, "FEWEST_POINTS", 4)
    database = night.records.database
    assert await star_lines(night, EVENING) == (), "nothing is made where there is nothing"
    project = msgspec.structs.replace(project_of(stacks), targets=(f"s{TARGET}", "s9", "elsewhere"))
    await database.run(lambda db: rows.save_project(db, project, Clock().now()))
    await runner(database).run(project, effective(project))
    varied, *others = await star_lines(night, EVENING)
    assert varied.startswith(f"s{TARGET} (TG) varied by 0.4") and " at " in varied
    assert others == ["1 star with too few good points to tell of a change"]
    assert await star_lines(night, date(2026, 11, 21)) == ()
    drawn = await _star_curves(night, EVENING)
    assert drawn[0].source == f"s{TARGET}" and drawn[0].upward == "less", "what varied comes first"
    assert drawn[0].series.unit == "mag" and drawn[0].series.note.startswith("varied by 0.4")
    assert len(drawn[0].series.points) >= 4
    html = report_page(make_report(EVENING, NOON, [], []), [], [], drawn)
    assert f"s{TARGET}: TG mag (varied by 0.4" in html and "<polyline" in html
    assert await _star_curves(night, date(2026, 11, 21)) == []
    report = make_report(EVENING, datetime(2026, 11, 21, 7, tzinfo=UTC), [], [])
    assert "Your stars" not in report_text(report)
    page = report_text(msgspec.structs.replace(report, stars=(varied, *others)))
    assert f"Your stars\n  s{TARGET} (TG) varied by 0.4" in page
    assert max(map(len, page.splitlines())) <= 78
    stars = page.splitlines().index("Your stars")
    assert stars == 3, "before all else but the verdict"
    html = report_page(msgspec.structs.replace(report, stars=(varied,)), [])
    assert html.index("Your stars") < html.index("Everything")


async def test_that_nothing_can_be_told_is_a_line(night: Any, tmp_path: Path) -> None:
    async def refuse(_work: object) -> None:
        raise CrowdSkyError("the database cannot be read")

    async def is_there() -> bool:
        return True

    night.records.database = SimpleNamespace(is_there=is_there, run=refuse)
    assert await star_lines(night, EVENING) == ("they cannot be told: the database cannot be read",)


async def test_what_could_have_been_seen_of_a_quiet_star_is_a_line() -> None:
    science = Science()
    random = Random(4)
    points = [point(8 + 0.25 * k, random.gauss(12.0, 0.02)) for k in range(32)]
    words = await recovery_words(curve(*points), NOON, science)
    found = re.fullmatch(
        r"T CrB \(TG\): an eclipse of 1 h would have been seen from (0\.\d\d) mag on \(90 %\)",
        words,
    )
    assert found and 0.05 < float(found[1]) <= 0.2, words
    assert await recovery_words(curve(*points), NOON, science) == words, "the same each time"
    assert await recovery_words(curve(*points[:7]), NOON, science) == ""
    await science.close()
