"""Which result on the telescope is a block's own, rule by rule."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crowdsky_tui.blocks.grouping import Block
from crowdsky_tui.instruments.seestar.files.files import RemoteFile
from crowdsky_tui.instruments.seestar.files.records import Target
from crowdsky_tui.instruments.seestar.stacking.find_finished import (
    Known,
    Output,
    ReadableFiles,
    find_orphan,
    finished_stack,
)

START = datetime(2026, 2, 27, 21, 0, tzinfo=UTC)
FRAMES = 12
TARGET = Target("M 81", FRAMES, 0, "M 81", "M 81_sub")
BLOCK = Block(
    START, START + timedelta(minutes=15), "20.0s", "LP", ["first.fit", "last.fit"], FRAMES
)


def result_name(frames: int) -> str:
    return f"DSO_Stacked_{frames}_M 81_20.0s_20260228_063000.fit"


def files_with(**told: Any) -> ReadableFiles:
    """Every header says the same, of a frame of the block; `told` is what the results' say."""
    plain = {"date_obs": START, "filter": "LP", "exposure_s": 20.0, "object_name": "M 81"}

    async def read_range(path: str, *_: int) -> bytes:
        return path.encode()

    async def header_facts(head: bytes) -> SimpleNamespace:
        is_result = b"DSO_Stacked" in head
        return SimpleNamespace(**{**plain, "stack_count": None, **(told if is_result else {})})

    return cast(
        ReadableFiles,
        SimpleNamespace(
            files=SimpleNamespace(read_range=read_range),
            science=SimpleNamespace(header_facts=header_facts),
        ),
    )


def found(frames: int, known: Known | None = None, size: int = 5760, **told: Any) -> Output | None:
    files = [RemoteFile(result_name(frames), size)]
    return asyncio.run(find_orphan(files_with(**told), TARGET, BLOCK, files, known or Known()))


def test_a_whole_result_is_adopted() -> None:
    assert found(FRAMES) == Output("M 81", result_name(FRAMES))


def test_a_result_of_more_sub_frames_than_the_blocks_is_never_its() -> None:
    assert found(FRAMES + 1) is None
    assert found(FRAMES, stack_count=FRAMES + 1) is None


def test_the_result_that_was_about_to_be_renamed_is_it_however_few_it_holds() -> None:
    assert found(2) is None
    assert found(2, Known(ours=result_name(2))) == Output("M 81", result_name(2))


def test_a_result_that_was_found_to_be_somebody_elses_is_never_adopted() -> None:
    assert found(FRAMES, Known(not_ours=frozenset({result_name(FRAMES)}))) is None


def test_an_empty_result_is_never_adopted() -> None:
    assert found(FRAMES, size=0) is None


@pytest.mark.parametrize(
    "told",
    [
        {"date_obs": START - timedelta(seconds=11)},
        {"date_obs": START + timedelta(seconds=11)},
        {"date_obs": None},
        {"filter": "IRCUT"},
        {"filter": ""},
        {"exposure_s": 10.0},
        {"exposure_s": None},
        {"object_name": "M 82"},
    ],
)
def test_a_result_is_adopted_only_if_its_header_tells_that_it_is_the_blocks(
    told: dict[str, Any],
) -> None:
    assert found(FRAMES, **told) is None


@pytest.mark.parametrize(
    ("exposure", "filter", "size", "finished"),
    [
        ("20.0s", "LP", 5760, True),
        ("20.0s", "LP", 0, False),
        ("20.0s", "IRCUT", 5760, False),
        ("10.0s", "LP", 5760, False),
    ],
)
def test_only_a_whole_stack_of_its_exposure_and_filter_is_the_blocks(
    exposure: str, filter: str, size: int, finished: bool
) -> None:
    name = f"CrowdSky_{FRAMES}_M 81_{exposure}_{filter}_{BLOCK.chunk}_HP006478.fit"
    assert (finished_stack([RemoteFile(name, size)], BLOCK) is not None) is finished
