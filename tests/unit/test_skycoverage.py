"""The kept table of the sky: when it is renewed, and what it says when it cannot be."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from situations import a_situation

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import FileDamaged, NetworkDown
from crowdsky_tui.compute.client import Science
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.background.coverage_table import SkyCoverage, last_seen
from crowdsky_tui.progress.refresh import with_our_own
from crowdsky_tui.simulator.crowdsky.archive import coverage_text
from crowdsky_tui.simulator.crowdsky.state import Stack
from crowdsky_tui.sky.messages import TileCoverage
from crowdsky_tui.store.store import BlockState

NOW = datetime(2026, 7, 24, 21, 0, tzinfo=UTC)
ROWS = [Stack(chunk_key="20260613.84_HP006478", date_obs_start="2026-06-13 20:00:00")]


async def test_it_is_fetched_kept_and_renewed(tmp_path: Path) -> None:
    answers: list[str | Exception] = [coverage_text(ROWS)]
    asked = 0

    async def fetch() -> str:
        nonlocal asked
        asked += 1
        answer = answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    clock = Clock(NOW, datetime.now(UTC))
    science = Science()
    try:
        sky = SkyCoverage(fetch, science, tmp_path / "state", clock)
        seen = await sky.of([6478, 1])
        assert list(seen.tiles) == [6478]
        assert abs(seen.fetched_at - NOW) < timedelta(minutes=1)
        again = SkyCoverage(fetch, science, tmp_path / "state", clock)
        assert (await again.of([6478])).tiles == seen.tiles
        assert asked == 1

        clock.origin = NOW + timedelta(days=2)
        for trouble in (NetworkDown("no network"), "# %ECSV 1.0\nnonsense", "# %ECSV 1.0\n# ---\n"):
            answers[0] = trouble
            old = await sky.of([6478])
            assert old.tiles == seen.tiles
            assert old.problem
        answers[0] = coverage_text([])
        assert (await sky.of([6478])).tiles == {}
        assert [path.name for path in (tmp_path / "state").iterdir()] == ["sky_coverage.ecsv"]
        answers[0] = "# %ECSV 1.0\nnonsense"
        with pytest.raises(FileDamaged):
            await SkyCoverage(fetch, science, tmp_path / "new", clock).of([1])
    finally:
        await science.close()


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(days=41, hours=3), "first data on this tile in 41 days"),
        (timedelta(days=1), "first data on this tile in 1 day"),
        (timedelta(hours=3), "observed within a day"),
    ],
)
def test_how_long_ago_in_words(ago: timedelta, text: str) -> None:
    tile = TileCoverage(1, "LP", 1, 100.0, None, NOW - ago)
    assert last_seen([tile], NOW) == text
    assert last_seen([], NOW) == "first data on this tile"


OURS = Order(
    scope="S50", serial="0000a3f0", telescope="S50_0000a3f0", target="M 81", folder="M 81",
    chunk="20260724.72", exposure="10.0s", filter="LP", start=NOW - timedelta(hours=3, minutes=15),
    end=NOW - timedelta(hours=3),
)  # fmt: skip


@pytest.mark.parametrize(
    ("table", "state", "days_later", "shown"),
    [
        (("first data on this tile", None), BlockState.SENT, 0, ("first data on this tile", None)),
        (("first data on this tile", None), BlockState.CONFIRMED, 0,
         ("observed by yourself within a day", 0)),
        (("first data on this tile in 41 days", 41), BlockState.CONFIRMED, 2,
         ("observed by yourself 2 days ago", 2)),
        (("first data on this tile in 1 day", 1), BlockState.CONFIRMED, 1,
         ("first data on this tile in 1 day", 1)),
        (("", None), BlockState.CONFIRMED, 0, ("", None)),
    ],
)  # fmt: skip
def test_our_own_proved_stacks_count_before_the_table_has_them(
    table: tuple[str, int | None],
    state: BlockState,
    days_later: int,
    shown: tuple[str, int | None],
) -> None:
    seen = [a_situation(OURS, state, "", 41, 410.0)]
    assert with_our_own(table, seen, NOW + timedelta(days=days_later)) == shown
