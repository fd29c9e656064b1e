"""The verb `bundle`: canaries planted everywhere appear in no file of it."""

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation
from json_schema_kit import document_of


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path / "sim", "--scopes", "1") as running:
        yield running


def plant(sim: Simulation) -> list[str]:
    """Secrets in settings, log and crash log; returns what must not come out."""
    sim.state.mkdir(parents=True, exist_ok=True)
    (sim.state / "crowdsky-tui.log").write_text(
        '2026-02-28T05:30:00Z INFO x {"ap": {"ssid": "c4nary-net", "passwd": "c4nary-wifi"}}\n'
        "2026-02-28T05:30:01Z INFO x SITELAT=47.95391 SITELONG=14.79081\n"
        "2026-02-28T05:30:02Z INFO x the password demo-night was refused\n"
    )
    (sim.state / "crash.log").write_text("Authorization: Bearer c4nary-bearer\n")
    with sim.config.open("a") as config:
        config.write(
            "\n[automatic]\nlatitude = 47.95391\nlongitude = 14.79081\n"
            '[notices]\nurl = "http://127.0.0.1:1/c4nary-hook"\n'
        )
    return [
        "c4nary",
        "47.95391",
        "14.79081",
        "demo-night",
        "csk_demo",
        sim.ready["scopes"][0]["serial"],
    ]


def test_no_canary_comes_out_and_what_helps_does(sim: Simulation, tmp_path: Path) -> None:
    canaries = plant(sim)
    looked = document_of(sim.run("bundle", "--dest", str(tmp_path), "--dry-run", "--json"))
    assert looked["path"] is None and not list(tmp_path.glob("*.zip"))

    made = sim.json("bundle", "--dest", str(tmp_path))
    path = Path(made["path"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        files = {Path(name).name: archive.read(name).decode() for name in archive.namelist()}
    assert set(files) == {one["name"] for one in made["contents"]}
    wanted = {"crowdsky-tui.log", "crash.log", "doctor.txt", "report.txt", "settings.txt"}
    assert wanted | {"journal.json"} <= set(files)
    for name, text in files.items():
        for canary in canaries:
            assert canary not in text, (name, canary)
    assert "was refused" in files["crowdsky-tui.log"] and "firmware 7.75" in files["doctor.txt"]
    assert "stacking.block_minutes = 15" in files["settings.txt"]
    json.loads(files["journal.json"])
