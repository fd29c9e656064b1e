"""Ephemerides of the VSX for a project that says so, its faults, and the chart of a field."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from curve_star_kit import STAR, fill, project

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.cli.curve_vsx import AskVsx, look_up
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.alert_settings import AlertSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.curves.curve import load
from crowdsky_tui.curves.eclipse_ephemeris import Ephemeris
from crowdsky_tui.curves.export import Report
from crowdsky_tui.curves.export_files import curves_to_export, write_curves
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.curves.vsx import ask_vsx, chart_of
from crowdsky_tui.database.database import Database
from crowdsky_tui.services.alert_sources.client import AlertSources
from crowdsky_tui.simulator.alert_sources import answers
from crowdsky_tui.simulator.alert_sources.server import AlertFault, AlertSourcesStandIn
from crowdsky_tui.timeseries.light_travel import bjd_of_hjd, bjd_tdb, hjd_utc

WISHED = Project(name="eb", field="f", targets=("Algol", "T CrB", "Nobody"), asks_vsx=True)


@pytest.fixture
async def sources() -> AsyncIterator[AlertSourcesStandIn]:
    made = AlertSourcesStandIn(Clock())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(sources: AlertSourcesStandIn) -> AsyncIterator[AlertSources]:
    said = AlertSettings(**sources.settings)
    made = AlertSources(said, Settings().network, "crowdsky-tui/test", between_s=0)

    async def at_once(_seconds: float) -> None:
        return None

    made.sleep = at_once
    yield made
    await made.close()


@pytest.fixture
async def science() -> AsyncIterator[Science]:
    child = Science()
    yield child
    await child.close()


def statuses(sources: AlertSourcesStandIn) -> list[Any]:
    return [status for source, status in sources.calls if source == "vsx"]


def options(**more: Any) -> AskVsx:
    return AskVsx(action="ephemeris", project="eb", json=True, **more)


async def test_a_project_that_does_not_say_so_asks_nobody(
    sources: AlertSourcesStandIn, client: AlertSources, science: Science
) -> None:
    quiet = msgspec.structs.replace(WISHED, asks_vsx=False)
    with pytest.raises(UsageError, match="asks nobody"):
        await look_up(options(), quiet, client, science)
    assert sources.calls == []


async def test_eclipses_are_kept_in_bjd_and_the_second_time_nobody_is_asked_for_them(
    sources: AlertSourcesStandIn, client: AlertSources, science: Science,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    changed, code = await look_up(options(), WISHED, client, science)
    found = {each["star"]: each for each in json.loads(capsys.readouterr().out)["asked"]}
    assert code == 0 and len(statuses(sources)) == 3 and list(changed.eclipses) == ["Algol"]
    assert found["Nobody"]["why"] == "the VSX does not know it"
    assert "no eclipses" in found["T CrB"]["why"]
    known = answers.STARS["algol"]
    told = changed.eclipses["Algol"]
    assert told.period_d == float(known["Period"])
    late = (told.epoch - float(known["Epoch"])) * 86400
    assert 45 < late < 75, "TDB is ahead of UTC by as much, and a few seconds for the Sun"
    again = msgspec.structs.replace(changed, targets=("Algol",))
    assert await look_up(options(), again, client, science) == (again, 0)
    assert len(statuses(sources)) == 3
    mine = msgspec.structs.replace(again, eclipses={"Algol": Ephemeris(2.8, 2460000.0)})
    kept, _ = await look_up(options(), mine, client, science)
    assert kept == mine, "what the observer typed stays"
    replaced, _ = await look_up(options(replace=True), mine, client, science)
    assert replaced.eclipses["Algol"] == told


@pytest.mark.parametrize(
    "fault",
    [AlertFault("status", 500, count=None), AlertFault("html", count=None),
     AlertFault("cut", count=None), AlertFault("status", 405, count=None),
     AlertFault("body", b'{"VSXObject": 7}', count=None)],
)  # fmt: skip
async def test_a_failure_is_told_and_is_not_that_there_is_none(
    sources: AlertSourcesStandIn, client: AlertSources, science: Science, fault: AlertFault,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    sources.sky.faults["vsx"] = fault
    with pytest.raises(CrowdSkyError):
        await ask_vsx(WISHED, "Algol", client, science)
    changed, code = await look_up(options(star="Algol"), WISHED, client, science)
    said = json.loads(capsys.readouterr().out)
    assert (changed, code) == (WISHED, 3) and said["asked"] == []
    assert said["failed"][0]["star"] == "Algol" and said["failed"][0]["reason"]


async def test_a_hostile_ephemeris_is_refused(
    sources: AlertSourcesStandIn, client: AlertSources, science: Science,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    wrong = answers.ALGOL | {"Period": "0.000001"}
    monkeypatch.setattr(answers, "STARS", {"algol": wrong})
    with pytest.raises(UsageError, match="cannot have these eclipses"):
        await ask_vsx(WISHED, "Algol", client, science)


def test_a_heliocentric_epoch_goes_to_earth_and_back() -> None:
    for jd in (2455000.25, 2461000.75):
        hjd = hjd_utc(jd, 47.04, 40.96)
        assert abs(float(bjd_of_hjd(hjd, 47.04, 40.96) - bjd_tdb(jd, 47.04, 40.96))) < 1e-9


def test_a_chart_is_that_of_the_fields_own_sequence_alone(tmp_path: Path) -> None:
    body = answers.vsp("algol")
    assert body is not None
    path = tmp_path / "field.json"
    path.write_bytes(body)
    assert chart_of(str(path)) == "X12345ABC"
    for other in (b"source_id,ra,dec\n", b"{", b'{"photometry": 1}', b""):
        path.write_bytes(other)
        assert chart_of(str(path)) == ""
    assert chart_of(str(tmp_path / "none")) == "" and chart_of(str(tmp_path)) == ""


async def test_a_report_bears_the_fields_chart_unless_another_is_typed(
    tmp_path: Path, science: Science
) -> None:
    body = answers.vsp("algol")
    assert body is not None
    (tmp_path / "field.json").write_bytes(body)
    kept = msgspec.structs.replace(project(), field=str(tmp_path / "field.json"))
    database = Database(tmp_path / "state")
    await fill(database, kept)
    measured = await database.run(lambda db: load(db, kept, effective(kept)))
    await database.close()
    what = await curves_to_export(kept, effective(kept), measured, STAR, "aavso", science)
    for chart, told in (("", "X12345ABC"), ("own; Gaia", "own; Gaia")):
        report = Report(observer="ABC", chart=chart)
        out = tmp_path / "out.txt"
        await write_curves(what, "aavso", out, report, now_jd=2461373.0, science=science)
        rows = [line for line in out.read_text().splitlines() if line[0] != "#"]
        assert {row.split(",")[13] for row in rows} == {told}
    plain = msgspec.structs.replace(what, project=project())
    with pytest.raises(UsageError, match="--chart"):
        await write_curves(
            plain, "aavso", out, Report(observer="ABC", chart=""), now_jd=2461373.0, science=science
        )
