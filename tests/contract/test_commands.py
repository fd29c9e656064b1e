"""Each verb against the stand-ins: documented fields, one JSON document, honest exit codes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(tmp_path_factory.mktemp("night")) as running:
        yield running


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "--scopes", "1") as running:
        yield running


def test_targets_are_told_apart_by_scope(sim: Simulation) -> None:
    rows = sim.json("targets")
    assert all({"target", "raw_files", "stacked_files"} <= row.keys() for row in rows)
    twice = [row for row in rows if row["target"] == "M 81"]
    assert len({row["scope"] for row in twice}) == 2
    (one,) = [
        row for row in sim.json("--scope", twice[0]["scope"], "targets") if row["target"] == "M 81"
    ]
    assert one == twice[0]


def test_blocks_have_the_documented_fields_and_a_reason(sim: Simulation) -> None:
    unstacked = sim.json("blocks", "M 81")
    documented = {"block_start", "block_end", "exposure", "filter", "files", "frame_count"}
    assert all(documented <= block.keys() for block in unstacked)
    assert all(block["frame_count"] == len(block["files"]) > 0 for block in unstacked)
    assert all(block["reason"] for block in unstacked)
    every = sim.json("blocks", "M 81", "--all")
    assert len(every) > len(unstacked)
    assert {block["state"] for block in every} >= {"ready", "stacked"}


def test_a_short_block_says_what_it_lacks(sim: Simulation) -> None:
    short = [
        block
        for row in sim.json("targets")
        for block in sim.json("blocks", row["target"])
        if block["state"] == "short"
    ]
    assert short
    assert all("of the 240 s needed" in block["reason"] for block in short)
    target = short[0]["target"]
    lenient = sim.json("blocks", target, "--min-exptime", "60")
    assert all(block["state"] != "short" for block in lenient)


def test_a_dry_run_changes_nothing(sim: Simulation) -> None:
    before = sim.scope_files("*")
    one = sim.json("stack", "M 81", "--dry-run")
    every = sim.json("stack", "--all", "--dry-run")
    sim.json("sync", "--dry-run")
    sent = sim.json("upload", "--dry-run")
    assert sim.scope_files("*") == before
    assert sim.rows() == []
    assert one["target"] == "M 81"
    assert one["blocks_stacked"] == one["blocks_failed"] == 0
    assert {result["status"] for result in one["results"]} == {"dry_run"}
    assert every["targets_processed"] == 5 and len(every["per_target"]) == 5
    assert sent["files_uploaded"] == 0 and sent["uploaded"]


def test_block_minutes_that_cannot_be_kept_apart_are_refused(sim: Simulation) -> None:
    done = sim.run("stack", "--all", "--dry-run", "--block-minutes", "10")
    assert done.returncode == 2
    assert "15-minute slot" in done.stderr


def test_an_unknown_target_names_the_known_ones(sim: Simulation) -> None:
    done = sim.run("stack", "M 82", "--dry-run")
    assert done.returncode == 2
    assert "M 81" in done.stderr


def test_stack_upload_download_purge(fresh: Simulation, tmp_path: Path) -> None:
    stacked = fresh.json("stack", "AM Leo")
    assert stacked["target"] == "AM Leo"
    assert stacked["blocks_stacked"] == len(stacked["results"]) > 0
    assert stacked["blocks_failed"] == 0
    names = {result["stack"] for result in stacked["results"]}
    assert names == set(fresh.scope_files("CrowdSky_*AM Leo*.fit"))
    assert fresh.json("stack", "AM Leo")["results"] == []

    kept = fresh.json("purge", "AM Leo", "--yes", code=3)
    assert set(kept["refused"]) == names and kept["files_deleted"] == 0
    assert set(fresh.scope_files("CrowdSky_*AM Leo*.fit")) == names

    sent = fresh.json("upload", "AM Leo")
    assert set(sent["uploaded"]) == names
    assert (sent["files_failed"], sent["files_skipped"]) == (0, 0)
    assert {row["chunk_key"] for row in fresh.rows()} == {
        row["chunk_key"] for row in fresh.json("stacks", "--object", "AM Leo")
    }
    again = fresh.json("upload", "AM Leo")
    assert (again["files_uploaded"], again["files_skipped"]) == (0, len(names))

    key = fresh.rows()[0]["chunk_key"]
    dest = tmp_path / "downloads"
    dest.mkdir()
    (path,) = fresh.json("download", key, "--dest", str(dest))["downloaded"]
    assert Path(path).parent == dest
    assert Path(path).read_bytes().startswith(b"SIMPLE  =")

    refused = fresh.run("purge", "AM Leo")
    assert refused.returncode == 2 and "--yes" in refused.stderr
    assert set(fresh.scope_files("CrowdSky_*AM Leo*.fit")) == names
    purged = fresh.json("purge", "AM Leo", "--yes")
    assert purged["folders_scanned"] == 1
    assert purged["files_deleted"] == len(purged["deleted"]) == 3 * len(names)
    assert fresh.scope_files("CrowdSky_*AM Leo*") == []
    # What is proved on the server is not stacked again.
    assert fresh.json("stack", "AM Leo", "--dry-run")["results"] == []


def test_upload_from_a_local_folder_and_never_twice(fresh: Simulation, tmp_path: Path) -> None:
    fresh.json("stack", "AM Leo")
    fresh.json("upload", "--dest", str(tmp_path / "kept"), "AM Leo")
    wanted = fresh.identities()
    local = fresh.json("upload", "--local-dir", str(tmp_path / "kept"))
    assert (local["files_uploaded"], local["files_skipped"]) == (0, len(wanted))
    assert fresh.identities() == wanted


def test_config_get_set_and_secrets(fresh: Simulation) -> None:
    assert fresh.json("config", "get", "stacking.block_minutes") == {"stacking.block_minutes": 15}
    fresh.json("config", "set", "stacking.min_exptime", "300")
    shown = fresh.json("config", "show")
    assert shown["stacking.min_exptime"]["value"] == 300
    assert shown["stacking.min_exptime"]["source"].endswith("config.local.toml")
    assert fresh.ready["server"]["password"] not in str(shown)
    assert fresh.run("config", "set", "stacking.min_exptim", "3").returncode == 2
    assert fresh.json("config", "path")["config"] == str(fresh.config)


def test_credentials_from_the_environment_win(fresh: Simulation) -> None:
    done = fresh.run("stacks", CROWDSKY_PASSWORD="wrong-one")
    assert done.returncode == 5
    assert "wrong-one" not in done.stderr


def test_late_sub_frames_are_stacked_again_beside_a_confirmed_stack(
    fresh: Simulation, tmp_path: Path
) -> None:
    block = fresh.json("blocks", "AM Leo")[0]
    (root,) = (Path(scope["root"]) for scope in fresh.ready["scopes"])
    light = next(root.rglob(block["files"][-1]))
    light = light.rename(tmp_path / light.name)
    begins = block["block_start"][11:16]
    nothing = fresh.run("stack", "AM Leo", "--again", begins)
    assert (nothing.returncode, "none has sub-frames that came after" in nothing.stderr) == (
        2,
        True,
    )
    fresh.json("sync", "AM Leo")

    light.rename(root / "MyWorks" / "AM Leo_sub" / light.name)
    earlier = {path: path.read_bytes() for path in root.rglob("CrowdSky_*AM Leo*.fit")}
    rows = fresh.identities()
    assert len(rows) == len(earlier), "all of them are confirmed"
    again = fresh.json("stack", "AM Leo", "--again", begins)
    assert (again["blocks_stacked"], again["blocks_failed"]) == (1, 0)
    (result,) = again["results"]
    grown = {path.name for path in root.rglob("CrowdSky_*AM Leo*.fit")}
    assert grown == {path.name for path in earlier} | {result["stack"]}
    assert result["stack"].startswith(f"CrowdSky_{block['frame_count']}_AM Leo_")
    assert {path: path.read_bytes() for path in earlier} == earlier, "nothing is overwritten"
    assert fresh.identities() == rows, "stacking alone sends nothing"
