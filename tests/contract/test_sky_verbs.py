"""The verbs `sky` and `site`, each as a process of its own, some beside stand-ins."""

import json
import math
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ephem
import pytest
import tomli_w
from commands_kit import Simulation, simulation

from crowdsky_tui.config.load import read_settings

SITE = """
[site]
latitude = "48.2082 deg"
longitude = "16.3738 deg"
zone = "Europe/Vienna"
obstructions = [[[40, 30], [40, 75]], [[50, 180], [40, 200]]]
"""
NIGHT = ("--time", "2026-11-28T20:00")


def run(config: Path, *words: str, code: int = 0, typed: str = "") -> str:
    command = [sys.executable, "-m", "crowdsky_tui", "--config", str(config), *words]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        command, capture_output=True, text=True, input=typed, env=environment, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout or done.stderr


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(SITE)
    return path


def test_tonights_times_are_those_of_skyfield(config: Path) -> None:
    lines = run(config, "sky", *NIGHT)
    assert "the night of 2026-11-28" in lines
    for said in ("16:05", "16:40", "17:19", "17:56", "05:29", "06:07", "06:46", "07:21", "20:15"):
        hour, minute = map(int, said.split(":"))
        minutes = [hour * 60 + minute + off for off in (-1, 0)]
        near = [f"{each // 60:02d}:{each % 60:02d}" for each in minutes]
        assert any(each in lines for each in near), said
    assert "Moon comes over the trees" in lines
    document = json.loads(run(config, "sky", *NIGHT, "--json"))
    sunset = datetime.fromisoformat(document["sunset"])
    assert abs(sunset - datetime.fromisoformat("2026-11-28T15:04:32Z")) < timedelta(minutes=1)
    assert document["words"] == [] and 0.7 < document["moon_lit"] < 0.8


def test_polar_days_in_words(config: Path) -> None:
    config.write_text("[site]\nlatitude = 69.6492\nlongitude = 18.9553")
    assert "midnight Sun" in run(config, "sky", "--time", "2026-06-21T22:00Z")
    assert "polar night" in run(config, "sky", "--time", "2026-12-21T22:00Z")


def up(config: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(config, "sky", "up", *words, *NIGHT, "--json"))
    return found


def test_what_is_up_in_a_gap(config: Path) -> None:
    free = up(config, "80-170", "--of", "M 42", "--of", "Andromeda Galaxy", "--of", "Polaris")
    assert [row["target"] for row in free] == ["M 31", "M 42"], "Polaris is in the north"
    assert all(row["from"] <= row["until"] and row["highest_deg"] > 30 for row in free)
    assert up(config, "80-170", "80", "--of", "M 42") == [], "it does not come so high"
    low = up(config, "80-170", "5", "--of", "M 42")
    assert low[0]["from"] < free[1]["from"]
    over_north = up(config, "350..10", "20", "--of", "M 81", "--of", "Polaris")
    assert {row["target"] for row in over_north} == {"M 81", "Polaris"}
    messier = up(config, "40-75", "--list", "messier")
    assert len(messier) > 10 and all(row["highest_deg"] > 40 for row in messier)
    lines = run(config, "sky", "up", "165", "--of", "M 42", *NIGHT)
    assert "M 42" in lines and "Moon away" in lines


def test_what_of_my_own_list_is_up(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(f"{SITE}\n[storage]\nstate_dir = '{tmp_path / 'state'}'")
    run(config, "target", "add", "M 42", "--name", "my nebula")
    run(config, "target", "add", "Polaris")
    assert [row["target"] for row in up(config, "80-170")] == ["my nebula"]
    run(config, "target", "done", "my nebula")
    assert up(config, "80-170") == []


def test_tables_say_the_zone_of_their_times(config: Path) -> None:
    assert "when (CET)" in run(config, "sky", *NIGHT)
    assert "when (CEST)" in run(config, "sky", "--time", "2026-06-21T22:00Z")
    assert "from (CET)" in run(config, "sky", "up", "165", "--of", "M 42", *NIGHT)
    assert "time (CET)" in run(config, "sky", "track", "M 42", *NIGHT)
    assert "time (CET)" in run(config, "sky", "at", "M 42", *NIGHT)
    assert "at 20:00 CET" in run(config, "sky", "at", "45", "180", *NIGHT)
    changes = run(config, "sky", "track", "M 42", "--time", "2026-10-24T23:00")
    assert "time (CEST/CET)" in changes


def test_moon_and_planets_go_their_own_way(config: Path) -> None:
    """Against JPL-like positions of PyEphem, from the place itself, six hours after the evening."""
    observer = ephem.Observer()
    observer.lat, observer.lon, observer.pressure = "48.2082", "16.3738", 0
    for name in ("Moon", "Venus", "Jupiter", "Mercury"):
        track = json.loads(run(config, "sky", "track", name, *NIGHT, "--json"))["track"]
        for row in (track[0], track[-1]):
            observer.date = ephem.Date(datetime.fromisoformat(row["time"]).replace(tzinfo=None))
            body = getattr(ephem, name)(observer)
            assert abs(math.degrees(body.alt) - row["altitude_deg"]) < 0.03, (name, row)
            if name == "Moon":
                assert row["moon_apart_deg"] < 0.02
            else:
                observer_moon = ephem.Moon(observer)
                assert abs(math.degrees(observer_moon.alt) - row["moon_altitude_deg"]) < 0.03


def test_up_without_a_telescope_says_how_to_name_targets(config: Path) -> None:
    said = run(config, "sky", "up", "165", *NIGHT, code=2)
    assert "--of" in said and "--list messier" in said and said.count("\n") == 1


@pytest.mark.parametrize(
    "words", [(), ("x",), ("400-10",), ("10", "95"), ("1", "2", "3"), ("nan",)]
)
def test_what_is_no_gap_is_refused(config: Path, words: tuple[str, ...]) -> None:
    assert "sky up" in run(config, "sky", "up", *words, code=2) or "40-70" in run(
        config, "sky", "up", *words, code=2
    )


def test_what_stands_where(config: Path) -> None:
    config.write_text("[site]\nlatitude = 19.8283\nlongitude = -155.4783\nelevation = 4160")
    for altitude in ("75", "4500'", "75 deg"):
        found = json.loads(
            run(config, "sky", "at", altitude, "180", "--time", "2020-02-02T20:20:02.02Z", "--json")
        )
        assert abs(found["ra_deg"] - 281.783) < 0.003 and abs(found["dec_deg"] - 4.807) < 0.003
    place = "18 47 08.02 +04 48 25.7"
    back = json.loads(run(config, "sky", "at", place, "--time", "2020-02-02T20:20:02Z", "--json"))
    assert abs(back["track"][0]["altitude_deg"] - 75) < 0.02


def test_a_targets_way_through_the_night(config: Path) -> None:
    document = json.loads(run(config, "sky", "track", "M", "31", *NIGHT, "--json"))
    track = document["track"]
    assert document["target"] == "M 31" and len(track) > 25
    assert {row["free"] for row in track} == {True, False}
    high = max(track, key=lambda row: row["altitude_deg"])
    assert high["altitude_deg"] > 80 and high["airmass"] < 1.02
    assert abs(high["rotation_deg_per_h"]) > 40
    assert "airmass" in run(config, "sky", "track", "M 31", *NIGHT)
    assert "near that is" in run(config, "sky", "track", "Andromedda Galaxy", *NIGHT, code=2)


def test_without_a_site_the_sky_says_how_to_set_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    assert "config set site.latitude" in run(path, "sky", code=2)
    assert "not set" in run(path, "site")


def test_the_site_is_shown_to_a_tenth_of_a_degree(config: Path) -> None:
    lines = run(config, "site")
    assert "48.2° N 16.4° E" in lines and "48.208" not in lines
    document = json.loads(run(config, "site", "--json"))
    assert document["latitude_deg"] == 48.2 and document["horizon_deg"] == 30


def test_a_horizon_is_imported_kept_and_exported(config: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.hrz"
    mine.write_text("0 10\n90 20\n180 30\n")
    assert "20.0°" in run(config, "site", "horizon", str(mine))
    assert read_settings(config, {}).settings.site.obstructions
    document = json.loads(run(config, "site", "horizon", "--json"))
    assert document["altitudes_deg"][45] == 15
    run(config, "site", "horizon", "--export", str(tmp_path / "out.csv"))
    run(config, "site", "horizon", str(tmp_path / "out.csv"))
    again = json.loads(run(config, "site", "horizon", "--json"))
    assert again["altitudes_deg"] == pytest.approx(document["altitudes_deg"], abs=0.01)
    mine.write_text("0 10\n90 x\n")
    assert "line 2" in run(config, "site", "horizon", str(mine), code=2)
    assert json.loads(run(config, "site", "horizon", "--json")) == again, "it is kept"


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(tmp_path_factory.mktemp("night")) as running:
        yield running


def test_a_telescopes_place_is_kept_only_with_the_persons_word(standins: Simulation) -> None:
    content = standins.config.read_text()
    try:
        standins.config.write_text(_bare(content))
        scope = standins.json("scopes")[0]["name"]
        refused = standins.run("site", "ask", "--scope", scope)
        assert refused.returncode == 2 and "--yes" in refused.stderr
        assert read_settings(standins.config, {}).settings.site.latitude is None
        done = standins.run("site", "ask", "--scope", scope, "--yes")
        assert done.returncode == 0, done.stderr
        kept = read_settings(standins.config, {}).settings.site
        assert kept.latitude is not None and kept.longitude is not None
        log = "".join(path.read_text() for path in standins.state.rglob("*.log"))
        assert f"{kept.latitude}" not in log and f"{kept.longitude}" not in log
        mine = standins.run("sky", "up", "0-359", "10", "--json")
        assert mine.returncode in (0, 3) and json.loads(mine.stdout) is not None
    finally:
        standins.config.write_text(content)


def _bare(content: str) -> str:
    """The settings without a site."""
    settings = tomllib.loads(content)
    settings.pop("site", None)
    settings.pop("automatic", None)
    return tomli_w.dumps(settings)
