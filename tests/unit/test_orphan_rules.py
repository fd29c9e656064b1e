"""Which result on the telescope is a block's own, rule by rule."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from crowdsky_tui.base.errors import FileDamaged, NotFoundOnScope
from crowdsky_tui.blocks.grouping import Block
from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.instruments.seestar.files.files import RemoteFile
from crowdsky_tui.instruments.seestar.files.records import HEADER_BYTES, Target
from crowdsky_tui.instruments.seestar.stacking import find_finished
from crowdsky_tui.instruments.seestar.stacking.find_finished import (
    Known,
    Output,
    ReadableFiles,
    Span,
    find_orphan,
    finished_stack,
    known_from,
    read_span,
    why_not_of,
)

START = datetime(2026, 2, 27, 21, 0, tzinfo=UTC)
LAST = START + timedelta(minutes=4)
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


@pytest.mark.parametrize(
    ("name", "its"),
    [
        ("CrowdSky_9_M 81_20.0s_LP_20260227.84_HP006478.fit", True),
        ("CrowdSky_9_M 81_20.0s_LP_20260227.85_HP006478.fit", False),
        ("CrowdSky_9_M 81_20.0s_LP_20260227-210000.fit", True),
        ("CrowdSky_9_M 81_20.0s_LP_20260227-211500.fit", False),
        ("DSO_Stacked_9_M 81_20.0s_20260228_063000.fit", False),
    ],
)
def test_only_a_stack_of_its_quarter_is_the_blocks_an_older_name_by_its_start(
    name: str, its: bool
) -> None:
    assert (finished_stack([RemoteFile(name, 5760)], BLOCK) is not None) is its


@pytest.mark.parametrize("frames", [(9, 12, 11), (100, 12), (2, 3)])
def test_of_several_stacks_of_a_block_the_fullest_is_its(frames: tuple[int, ...]) -> None:
    names = [f"CrowdSky_{n}_M 81_20.0s_LP_{BLOCK.chunk}_HP006478.fit" for n in frames]
    found = finished_stack([RemoteFile(name, 5760) for name in names], BLOCK)
    assert found is not None and found.frames == max(frames)


def test_three_quarters_of_its_sub_frames_are_enough_and_no_fewer() -> None:
    assert found(9) and found(8) is None


def test_a_result_of_another_exposure_by_its_name_is_never_looked_into() -> None:
    files = [RemoteFile(result_name(FRAMES).replace("20.0s", "10.0s"), 5760)]
    assert asyncio.run(find_orphan(files_with(), TARGET, BLOCK, files, Known())) is None


def test_the_newest_result_that_is_the_blocks_is_adopted() -> None:
    names = [result_name(FRAMES).replace("063000", f"0{hour}3000") for hour in (5, 7, 6)]
    files = [RemoteFile(name, 5760) for name in names]
    assert asyncio.run(find_orphan(files_with(), TARGET, BLOCK, files, Known())) == Output(
        "M 81", names[1]
    )


@pytest.mark.parametrize("of", ["first.fit", "last.fit", result_name(FRAMES)])
@pytest.mark.parametrize("trouble", [FileDamaged("cut off"), NotFoundOnScope("gone"), None])
def test_without_the_headers_of_its_ends_and_its_own_nothing_is_adopted(
    of: str, trouble: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find_finished, "READ_ATTEMPTS", 1)
    readable = files_with()
    real = readable.science.header_facts

    async def header_facts(head: bytes) -> Any:
        if not head.endswith(of.encode()):
            return await real(head)
        if trouble is not None:
            raise trouble
        facts: Any = await real(head)
        facts.date_obs = None
        return facts

    readable.science.header_facts = header_facts  # type: ignore[method-assign]
    files = [RemoteFile(result_name(FRAMES), 5760)]
    assert asyncio.run(find_orphan(readable, TARGET, BLOCK, files, Known())) is None


async def test_a_blocks_results_lie_between_its_ends_with_half_an_exposure_to_spare() -> None:
    begun = {b"MyWorks/M 81_sub/first.fit": START, b"MyWorks/M 81_sub/last.fit": LAST}
    asked: list[tuple[int, ...]] = []

    async def read_range(path: str, *part: int) -> bytes:
        asked.append(part)
        return path.encode()

    async def header_facts(head: bytes) -> SimpleNamespace:
        name = "M 81" if head.endswith(b"first.fit") else "M 81 again"
        return SimpleNamespace(date_obs=begun[head], object_name=name)

    readable: Any = SimpleNamespace(
        files=SimpleNamespace(read_range=read_range),
        science=SimpleNamespace(header_facts=header_facts),
    )
    half = timedelta(seconds=10)
    taken = SubframeTimes(START, START + (LAST + 2 * half - START) / 2, LAST + 2 * half)
    assert await read_span(readable, TARGET, BLOCK) == Span(
        START - half, LAST + half, "M 81", taken
    )
    assert asked == [(0, HEADER_BYTES)] * 2


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        ({}, True),
        ({"date_obs": None, "filter": "", "exposure_s": None, "object_name": ""}, True),
        ({"stack_count": FRAMES}, True),
        ({"stack_count": FRAMES + 1}, False),
        ({"date_obs": LAST}, True),
        ({"date_obs": LAST + timedelta(seconds=1)}, False),
        ({"date_obs": START - timedelta(seconds=1)}, False),
        ({"exposure_s": 20.5}, False),
    ],
)
def test_what_a_header_does_not_tell_is_nothing_against_it(
    told: dict[str, Any], fits: bool
) -> None:
    plain = {"date_obs": START, "filter": "LP", "exposure_s": 20.0, "object_name": "M 81"}
    header: Any = SimpleNamespace(**{**plain, "stack_count": None, **told})
    assert (why_not_of(BLOCK, Span(START, LAST, "M 81"), header) == "") is fits


def test_half_seconds_of_an_exposure_count() -> None:
    header: Any = SimpleNamespace(
        date_obs=None, filter="", exposure_s=2.5, object_name="", stack_count=None
    )
    assert why_not_of(replace(BLOCK, exposure="2.5s"), Span(START, LAST), header) == ""
    assert why_not_of(replace(BLOCK, exposure="2.0s"), Span(START, LAST), header) != ""


@pytest.mark.parametrize(
    ("noted", "known"),
    [
        ({}, Known()),
        ({"old": "a.fit", "not_ours": ["b.fit", 7]}, Known("a.fit", frozenset({"b.fit", "7"}))),
        ({"old": None, "not_ours": "b.fit"}, Known()),
        ({"old": 5, "not_ours": ("b.fit",)}, Known("", frozenset({"b.fit"}))),
    ],
)
def test_only_notes_of_the_right_kind_are_believed(noted: dict[str, Any], known: Known) -> None:
    assert known_from(noted) == known
