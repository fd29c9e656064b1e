"""A row proves the stack whose file it describes, never its neighbour: by verbs."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands_kit import Simulation, simulation

PLACE = {"RA": "202.0", "DEC": "47.0"}


def plant(sim: Simulation, target: str, frames: Sequence[Path], cards: dict[str, str]) -> None:
    """A target with these sub-frames under its own name, some of their header cards changed."""
    folder = works(sim) / f"{target}_sub"
    folder.mkdir()
    (works(sim) / target).mkdir()
    for path in frames:
        data = bytearray(path.read_bytes())
        for offset in range(0, 5760, 80):
            key = data[offset : offset + 8].decode("latin-1").strip()
            if key in cards:
                data[offset : offset + 80] = f"{key:<8}= {cards[key]}".ljust(80).encode()
        (folder / path.name.replace("M 51", target)).write_bytes(data)


def works(sim: Simulation) -> Path:
    return next(Path(sim.ready["scopes"][0]["root"]).glob("MyWorks"))


def quarter(sim: Simulation) -> list[Path]:
    """The sub-frames of one quarter of an hour."""
    found = sorted((works(sim) / "M 51_sub").glob("Light_*.fit"))
    return [path for path in found if "-0145" <= path.stem[-7:-2] < "-0200"]


def forget(sim: Simulation) -> None:
    """As on another machine: no journal, no files."""
    shutil.rmtree(sim.state)
    shutil.rmtree(sim.downloads, ignore_errors=True)


def states(sim: Simulation, target: str) -> list[Any]:
    return [(block["state"], block["stack"]) for block in sim.json("blocks", target, "--all")]


def two_names(sim: Simulation) -> None:
    frames = quarter(sim)
    plant(sim, "Owl A", frames[:14], {"OBJECT": "'Owl A'", **PLACE})
    plant(sim, "Owl B", frames[15:], {"OBJECT": "'Owl B'", **PLACE})


def test_two_targets_of_one_field_and_quarter_without_a_journal(tmp_path: Path) -> None:
    with simulation(tmp_path, "--scopes", "1") as sim:
        two_names(sim)
        assert len(sim.json("sync", "Owl A")["confirmed_now"]) == 1
        forget(sim)
        assert [state for state, _ in states(sim, "Owl B")] == ["ready"]
        found = sim.json("sync", "Owl A", "Owl B")
        assert (found["confirmed_total"], found["not_proved"]) == (2, [])
        assert sorted(row["object_name"] for row in sim.rows()) == ["Owl A", "Owl B"]
        for target in ("Owl A", "Owl B"):
            assert [state for state, _ in states(sim, target)] == ["confirmed"]
        forget(sim)
        sim.json("sync", "Owl A", "Owl B")
        assert len(sim.rows()) == 2


def test_the_neighbours_row_proves_nothing_when_the_neighbour_has_gone(tmp_path: Path) -> None:
    with simulation(tmp_path, "--scopes", "1") as sim:
        two_names(sim)
        sim.json("sync", "Owl A")
        for folder in ("Owl A", "Owl A_sub"):
            shutil.rmtree(works(sim) / folder)
        forget(sim)
        assert sim.json("sync", "Owl B")["confirmed_total"] == 1
        assert sorted(row["object_name"] for row in sim.rows()) == ["Owl A", "Owl B"]


def test_the_same_sub_frames_in_two_folders_are_sent_once_and_both_jobs_end(tmp_path: Path) -> None:
    with simulation(tmp_path, "--scopes", "1") as sim:
        for target in ("First", "Second"):
            plant(sim, target, quarter(sim), {})
        for _ in range(2):
            found = sim.json("sync", "First", "Second")
            assert (found["confirmed_total"], found["not_proved"]) == (1, [])
            (row,) = sim.rows()
            shown = {state for name in ("First", "Second") for state, _ in states(sim, name)}
            assert shown == {"confirmed", "same file"}
            reasons = [one["reason"] for one in found["blocks"] if one["state"] == "same file"]
            assert reasons == ["the same file as the stack of First 01:45"]
            assert sim.json("sync", "First", "Second")["stacks_to_send"] == 0
            assert sim.json("upload", "Second")["files_failed"] == 0
            forget(sim)
        assert sim.rows() == [row]


def test_a_fuller_stack_is_sent_though_the_earlier_one_is_listed(tmp_path: Path) -> None:
    with simulation(tmp_path, "--scopes", "1") as sim:
        frames = quarter(sim)
        plant(sim, "Owl A", frames[:14], {"OBJECT": "'Owl A'"})
        sim.json("sync", "Owl A")
        for path in (works(sim) / "Owl A").iterdir():
            path.unlink()
        for path in frames[14:]:
            name = path.name.replace("M 51", "Owl A")
            shutil.copyfile(path, works(sim) / "Owl A_sub" / name)
        forget(sim)
        sim.run("stack", "Owl A")
        (made,) = sim.scope_files("CrowdSky_*Owl A*.fit") or [""]
        if made:  # stacked anew, of more sub-frames: another file than the listed one
            sim.json("sync", "Owl A")
            assert sorted(row["n_frames_aligned"] for row in sim.rows()) == [14, len(frames)]
