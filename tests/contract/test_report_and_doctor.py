"""The verbs `report` and `doctor` on stand-ins."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands_kit import Simulation, simulation


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "--scopes", "1") as running:
        yield running


def levels(checks: list[dict[str, Any]]) -> dict[str, str]:
    return {check["name"]: check["level"] for check in checks}


def test_the_report_tells_the_night_before_and_after(sim: Simulation) -> None:
    before = sim.json("report", code=3)
    assert before["night"] == "2026-02-27"
    assert sum(line["proved"] for line in before["targets"]) == 0
    sim.json("sync", "--all", "--wait", "4000")
    after = sim.json("report")
    proved = sum(line["proved"] for line in after["targets"])
    assert proved == sum(line["eligible"] for line in after["targets"]) == len(sim.rows()) > 0
    assert after["open_blocks"] == after["human"] == []
    text = sim.run("report").stdout
    assert f"All {proved} eligible blocks are proved." in text and "GB free" in text
    assert sim.run("report", "--night", "27.2.").returncode == 2
    assert "no blocks of this night" in sim.run("report", "--night", "2026-02-01").stdout


def test_the_doctor_finds_a_healthy_house_and_names_what_is_wrong(sim: Simulation) -> None:
    checks = sim.json("doctor")
    found = levels(checks)
    name = f"S50 {sim.ready['scopes'][0]['serial'][:4]}"
    assert found[name] == found[f"{name} sub-frames"] == found["server"] == "ok"
    assert found[f"{name} clock"] == found["settings"] == "ok"
    assert "fail" not in found.values()

    sim.config.chmod(0o644)
    text = sim.config.read_text()
    sim.config.write_text(text.replace('password = "', 'password = "wrong'))
    done = sim.run("doctor", "--json")
    assert done.returncode == 3
    broken = json.loads(done.stdout)
    assert levels(broken)["settings"] == levels(broken)["server"] == "fail"
    assert "wrong" not in done.stdout + done.stderr
    assert any("chmod 600" in check["fix"] for check in broken)


@pytest.mark.long
def test_the_doctor_says_why_a_telescope_is_not_reached(sim: Simulation) -> None:
    port = sim.ready["scopes"][0]["rpc_port"]
    sim.config.write_text(sim.config.read_text().replace(f"rpc_port = {port}", "rpc_port = 1"))
    done = sim.run("doctor")
    assert done.returncode == 3
    assert "fail" in done.stdout and "-> " in done.stdout
