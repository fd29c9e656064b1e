"""The verb `clean`: proved stacks into the holding folder, back, and away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "--scopes", "1") as running:
        yield running


def test_only_what_the_server_lists_is_moved_and_it_can_be_undone(sim: Simulation) -> None:
    root = Path(sim.ready["scopes"][0]["root"])
    sim.json("stack", "AM Leo")
    assert sim.json("clean", "AM Leo")["stacks"] == []  # nothing is proved yet
    sim.json("sync", "AM Leo", "--wait", "4000")
    before = set(sim.scope_files("*AM Leo*"))
    there = {path.name for path in (root / "MyWorks/AM Leo").glob("CrowdSky_*")}
    assert there
    kept = sim.json("archive", "stacks")["stacks"]
    assert {each["name"] for each in kept} >= {name for name in there if name.endswith(".fit")}
    assert all(each["bytes"] and each["proved"] for each in kept)

    plan = sim.json("clean", "AM Leo", "--dry-run")
    assert plan["done"] == [] and plan["bytes"] > 0
    assert sum(line["files"] for line in plan["stacks"]) == len(there)

    moved = sim.json("clean", "AM Leo")
    assert len(moved["done"]) == len(moved["stacks"]) == len(plan["stacks"])
    assert {path.name for path in (root / "CrowdSky_held/AM Leo").iterdir()} == there
    assert not list((root / "MyWorks/AM Leo").glob("CrowdSky_*"))
    assert sim.json("stack", "AM Leo", "--dry-run")["results"] == []  # it is not stacked again
    assert sim.json("clean", "AM Leo")["stacks"] == []

    assert sim.json("clean", "AM Leo", "--undo")["done"] == moved["done"]
    assert set(sim.scope_files("*AM Leo*")) == before
    assert {path.name for path in (root / "MyWorks/AM Leo").glob("CrowdSky_*")} == there

    sim.json("clean", "AM Leo")
    refused = sim.run("clean", "AM Leo", "--empty")
    assert refused.returncode == 2 and "--yes" in refused.stderr
    emptied = sim.json("clean", "AM Leo", "--empty", "--yes")
    assert emptied["done"] == moved["done"]
    assert set(sim.scope_files("*AM Leo*")) == before - there
    assert len([name for name in before if name.startswith("Light_")]) > 0
