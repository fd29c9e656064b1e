"""What is worked out of a project's star: period, fold, minima, O-C, events, bins, recovery."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from curve_star_kit import (
    CLOUD,
    DEPTH,
    EPOCH,
    FRAMES,
    LATE_D,
    NIGHTS,
    PERIOD_D,
    STAR,
    TELESCOPE,
    curves_verb,
    fill,
    moments,
    project,
)
from json_schema_kit import document_of

from crowdsky_tui.curves.project import effective
from crowdsky_tui.database.database import Database
from crowdsky_tui.timeseries.curve import make_curve
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.messages import MinimaRequest
from crowdsky_tui.timeseries.minima import find_minima


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("amleo")

    async def write() -> None:
        database = Database(made / "state")
        await fill(database)
        await database.close()

    asyncio.run(write())
    return made


def document(folder: Path, *line: str) -> dict[str, Any]:
    done = curves_verb(folder, *line, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = document_of(done)
    return found


def test_every_minimum_of_a_projects_star_is_timed_by_its_own_ephemeris(folder: Path) -> None:
    found = document(folder, "minima", "--project", "amleo")
    timed = [each for each in found["minima"] if each["minimum"]]
    assert len(timed) >= NIGHTS and {each["cycle"] % 1 for each in timed} == {0, 0.5}
    for each in timed:
        assert each["late_d"] == pytest.approx(LATE_D, abs=0.001)
        assert each["minimum"]["error"] >= each["minimum"]["formal_error"] > 0
    assert found["ephemeris"]["period_d"] == pytest.approx(PERIOD_D, abs=5e-4)
    assert (
        found["parameters_sha256"] == effective(project()).sha256 and found["of"] == f"amleo {STAR}"
    )
    words = curves_verb(folder, "minima", "--project", "amleo", "--star", STAR).stdout
    assert "O−C" in words and " min" in words and "T = 24610" in words


def test_one_minimum_is_told_against_the_projects_ephemeris(folder: Path) -> None:
    (first, *_) = [each for each in document(folder, "minima", "--project", "amleo")["minima"]
                   if each["minimum"]]  # fmt: skip
    around = (first["expected"] - 0.05, first["expected"] + 0.05)
    found = document(
        folder,
        "minimum",
        "--project",
        "amleo",
        "--since",
        str(around[0]),
        "--until",
        str(around[1]),
    )
    assert found["timing"]["cycle"] == first["cycle"]
    assert found["timing"]["observed_minus_computed_d"] == pytest.approx(LATE_D, abs=0.001)
    assert (
        curves_verb(folder, "minimum", "--project", "amleo", "--ra", "1", "--dec", "1").returncode
        == 2
    )


def test_a_fold_and_a_period_use_the_good_points_and_show_the_bad(folder: Path) -> None:
    folded = document(folder, "fold", "--project", "amleo")
    assert folded["period_d"] == PERIOD_D and folded["epoch"] == EPOCH
    rows = folded["folded"]
    assert [each["phase"] for each in rows] == sorted(each["phase"] for each in rows)
    assert len(rows) == NIGHTS * FRAMES and sum(not each["good"] for each in rows) == 1
    faint = max((each for each in rows if each["good"]), key=lambda each: float(each["mag"]))
    near = abs((faint["phase"] - LATE_D / PERIOD_D + 0.25) % 0.5 - 0.25)
    assert near < 0.03, "an eclipse, and not the cloud"
    alone = document(folder, "fold", "--project", "amleo", "--period", "0.5")
    assert alone["folded"][0]["phase"] == 0 and alone["epoch"] != EPOCH
    found = document(folder, "period", "--project", "amleo", "--shortest", "0.1", "--type", "EW")
    best = found["candidates"][0]
    kin = [best["period"], *(each["period"] for each in best["family"])]
    assert any(each == pytest.approx(PERIOD_D / 2, rel=0.01) for each in kin) and best["double"]
    assert found["curve"]["good"] == NIGHTS * FRAMES - 1


def test_events_of_a_projects_star_know_its_eclipses(folder: Path) -> None:
    found = document(folder, "events", "--project", "amleo", "--threshold", "3", "--side", "1")
    assert all(each["expected"] for each in found["events"] if each["snr"] < 0)
    other = document(
        folder, "events", "--project", "amleo", "--threshold", "3", "--side", "1",
        "--period", "7.3", "--epoch", str(EPOCH + 1),
    )  # fmt: skip
    assert len(other["events"]) >= len(found["events"])


def test_a_finder_of_an_installed_package_is_used_on_a_projects_star(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = folder / "site"
    (package / "theirs-1.0.dist-info").mkdir(parents=True)
    (package / "theirs.py").write_text(
        "from crowdsky_tui.timeseries.results import Event\n"
        "def find(times, flux, errors, flags):\n"
        "    day = float(times[flags > 0][0])\n"
        "    return [Event(day, day, day, 9.0, None, None, 1, int(flags[flags > 0][0]))]\n"
    )
    (package / "theirs-1.0.dist-info" / "METADATA").write_text("Name: theirs\nVersion: 1.0\n")
    (package / "theirs-1.0.dist-info" / "entry_points.txt").write_text(
        "[crowdsky_tui.finders]\ncloudy = theirs:find\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(package))
    (found,) = document(folder, "events", "--project", "amleo", "--finder", "cloudy")["events"]
    assert found["peak"] == pytest.approx(moments()[CLOUD], abs=1e-7) and found["flags"] == 32


def test_bins_leave_bad_points_out(folder: Path) -> None:
    nights = document(folder, "bins", "--project", "amleo")["bins"]
    assert [each["points"] for each in nights] == [FRAMES - 1, FRAMES, FRAMES]
    assert all(each["error"] > 0 for each in nights)
    (season,) = document(folder, "bins", "--project", "amleo", "--by", "season")["bins"]
    assert season["points"] == NIGHTS * FRAMES - 1
    short = document(folder, "bins", "--project", "amleo", "--days", "0.03")["bins"]
    assert len(short) > 20 and max(each["points"] for each in short) <= 5
    assert (
        curves_verb(folder, "bins", "--project", "amleo", "--days", "1", "--by", "night").returncode
        == 2
    )


def test_what_would_have_been_found_of_a_projects_star_is_the_same_each_time(folder: Path) -> None:
    line = ("inject", "--project", "amleo", "--width", "1", "--mag", "0.8", "--trials", "20")
    first = document(folder, *line)
    assert first == document(folder, *line)
    assert first["cells"][0]["trials"] == 20 and first["sentences"]


def test_points_are_of_a_file_or_of_a_project_and_of_one_star(folder: Path) -> None:
    for line in (["period"], ["period", "x.csv", "--project", "amleo"]):
        done = curves_verb(folder, *line)
        assert done.returncode == 2 and "Name FILE or --project" in done.stderr
    assert "no project" in curves_verb(folder, "bins", "--project", "none").stderr
    assert "shows XX" in curves_verb(folder, "bins", "--project", "amleo", "--star", "XX").stderr
    assert "No point" in curves_verb(folder, "bins", "--project", "amleo", "--band", "V").stderr


def test_an_export_reads_back_with_its_quality_bits(folder: Path) -> None:
    assert curves_verb(folder, "export", "amleo", STAR, "am.csv").returncode == 0
    own, read = (document(folder, "bins", *which) for which in (["--project", "amleo"], ["am.csv"]))
    assert [each["points"] for each in read["bins"]] == [each["points"] for each in own["bins"]]
    assert read["curve"]["series"] == TELESCOPE and read["curve"]["unread"] == 0
    assert CLOUD < FRAMES and DEPTH > 0


def test_a_projects_points_are_counted(folder: Path) -> None:
    found = document(folder, "coverage", "amleo")
    (row,) = found["magnitudes"]
    assert (row["low"], row["high"]) == (9.0, 9.5) or row["low"] == 9.5
    assert (row["points"], row["good"]) == (NIGHTS * FRAMES, NIGHTS * FRAMES - 1)
    assert row["hours"] == pytest.approx((NIGHTS * FRAMES - 1) / 6)
    assert {each["axis"] for each in found["histograms"]} == {"exposure", "snr", "dmag"}
    assert "hours" in curves_verb(folder, "coverage", "amleo", STAR).stdout


def minima_request(**more: float) -> MinimaRequest:
    values: dict[str, Any] = {"period_d": 1.0, "epoch": 0.0, "width": 0.2} | more
    return MinimaRequest(path=b"", **values)


def test_an_eclipse_with_too_few_points_says_why_and_spoils_no_other() -> None:
    times = [*[k * 0.01 - 0.08 for k in range(17)], 0.95, 1.0, 1.05, 1.3]
    mags = [9 + 0.4 * max(0.0, 1 - (10 * time) ** 2) for time in times[:17]] + [9.1, 9.4, 9.1, 9.0]
    found, line = find_minima(make_curve(times, mags), minima_request(), flux=False)
    assert [each.cycle for each in found] == [0, 1] and line is None
    assert found[0].minimum is not None and abs(found[0].minimum.time) < 1e-6
    assert found[1].minimum is None and "3 points" in found[1].why


@pytest.mark.parametrize("more", [{"width": 0.5}, {"width": 0.0}, {"period_d": -1.0}])
def test_what_is_no_ephemeris_is_refused(more: dict[str, float]) -> None:
    with pytest.raises(CurveRefused):
        find_minima(make_curve([1, 2], [9, 9]), minima_request(**more), flux=False)


def test_too_many_minima_are_refused() -> None:
    curve = make_curve([float(k) for k in range(1100)], [9.0] * 1100)
    with pytest.raises(CurveRefused, match="1100 of them"):
        find_minima(curve, minima_request(), flux=False)
