"""Whatever holds sub-frames is worked on, or named with its reason and counted: by command."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation
from odd_folders import (
    COMPOSED,
    DECOMPOSED,
    UNKNOWN,
    UNSAFE,
    block_of,
    by_pattern,
    plant,
    plant_day,
)

LINE = "files have names that are not understood"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """A night with every odd folder in it."""
    with simulation(tmp_path_factory.mktemp("odd"), "--scopes", "1") as sim:
        works = Path(sim.ready["scopes"][0]["root"]) / "MyWorks"
        block = block_of(works)
        for target in UNSAFE:
            plant(works, target, block)
        for number, pattern in enumerate(UNKNOWN):
            plant(works, f"Names {number}", block, by_pattern(pattern, f"Names {number}"))
        plant(works, "Copied", block, suffix="_sub (1)")
        plant(works, DECOMPOSED, block)
        whole = sorted((works / "M 51_sub").glob("Light_*.fit"))
        for path in plant(works, "Cut", whole)[-2:]:
            path.write_bytes(b"")
        spoiled = plant(works, "Spoiled", whole)
        for path in spoiled[-5:]:
            path.write_bytes(b"\0" * 5760)
        for day in ("19700101", "20000101", "20400101"):
            plant_day(works, f"Day {day}", block, day)
        yield sim


def test_every_odd_folder_is_named_with_its_reason(night: Simulation) -> None:
    done = night.run("targets")
    assert done.returncode == 0
    for target in UNSAFE:
        shown = next(part for part in target.replace("\u200b", " ").split() if part.isascii())
        assert f"{shown}" in done.stdout and "control or invisible character" in done.stderr
    for number in range(len(UNKNOWN)):
        assert f"Names {number}_sub: " in done.stderr and LINE in done.stderr
    assert "Copied_sub (1)" in done.stdout and "Copied_sub (1): a telescope names" in done.stderr
    doctor = night.run("doctor").stdout
    for text in (LINE, "control or invisible", "cut off", "clock was not set", "a telescope names"):
        assert text in doctor


def test_all_of_it_is_exit_code_3_and_a_good_target_alone_is_0(night: Simulation) -> None:
    document = night.json("sync", "AM Leo")
    assert document["left_out"] == []
    names = [f"Names {number}" for number in range(len(UNKNOWN))]
    for verb in ("sync", "stack", "upload"):
        document = night.json(verb, *names, code=3)
        assert len(document["left_out"]) == len(names)
        assert night.run(verb, "--dry-run", *names).returncode == 3


def test_folders_that_are_passed_over_count_where_all_is_asked_for(night: Simulation) -> None:
    document = night.json("stack", "--dry-run", code=3)
    text = "\n".join(document["left_out"])
    assert text.count("control or invisible character") == len(UNSAFE)


@pytest.mark.parametrize("day", ["19700101", "20000101", "20400101"])
def test_a_night_of_a_clock_that_was_not_set_is_neither_stacked_nor_sent(
    night: Simulation, day: str
) -> None:
    document = night.json("sync", f"Day {day}", code=3)
    assert "clock was not set" in document["left_out"][0]
    assert (document["blocks_to_stack"], document["stacks_to_send"]) == (0, 0)
    assert {block["state"] for block in document["blocks"]} == {"unclear"}
    assert night.scope_files(f"CrowdSky_*{day}*") == []
    assert not any(row["chunk_key"].startswith(day) for row in night.rows())


def test_a_stack_of_such_a_night_that_lies_here_is_not_sent(
    night: Simulation, tmp_path: Path
) -> None:
    night.json("sync", "AM Leo")
    stack = next(night.downloads.rglob("CrowdSky_*.fit"))
    name = stack.name.split("_20260")[0] + "_19700101.03_HP026479.fit"
    (tmp_path / name).write_bytes(stack.read_bytes())
    before = len(night.rows())
    document = night.json("upload", "--local-dir", str(tmp_path), code=3)
    assert "clock was not set" in document["reasons"][name]
    assert len(night.rows()) == before


def test_cut_sub_frames_are_passed_over_and_named(night: Simulation) -> None:
    done = night.run("blocks", "Cut", "--all")
    assert "unclear" not in done.stdout
    assert "2 files were cut off" in done.stderr
    document = night.json("sync", "Cut")
    assert len(document["confirmed_now"]) == document["blocks_to_stack"] >= 5


def test_damaged_newest_sub_frames_do_not_hold_up_their_night(night: Simulation) -> None:
    done = night.run("blocks", "Spoiled", "--all")
    assert "unclear" not in done.stdout and "ready" in done.stdout


def test_a_name_typed_composed_is_found_decomposed_and_sent_as_found(night: Simulation) -> None:
    document = night.json("stack", COMPOSED)
    assert document["target"] == DECOMPOSED and document["blocks_stacked"] >= 1
    stacks = night.scope_files(f"CrowdSky_*_{DECOMPOSED}_*.fit")
    assert len(stacks) == document["blocks_stacked"]


def test_one_resolver_for_names_in_all_verbs(night: Simulation) -> None:
    assert night.json("stack", "m51", "--dry-run")["target"] == "M 51"
    assert night.json("stack", "Messier 051", "--dry-run")["target"] == "M 51"
    assert night.json("blocks", "amleo", "--all")
    assert night.run("sync", "--dry-run", "m 52").returncode == 2


@pytest.mark.parametrize("day", ["19700101", "20000101", "20400101"])
def test_sub_frames_of_such_a_night_are_refused_when_they_are_asked_for(
    night: Simulation, day: str
) -> None:
    document = night.json("raw-upload", f"Day {day}", code=3)
    assert {block["status"] for block in document["blocks"]} == {"left"}
    assert all("clock was not set" in block["reason"] for block in document["blocks"])
    assert "clock was not set" in document["left_out"][0]
    assert not any(row["chunk_key"].startswith(day) for row in night.rows())
