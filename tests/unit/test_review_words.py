"""What the ribbon, "why not?" and speak mode say: pure functions."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.review.explain import figures, remedy, why_entries
from crowdsky_tui.review.stack_review import Step
from crowdsky_tui.store.store import (
    BlockState,
    BlockView,
    JobState,
    ScopeState,
    ScopeView,
    ServerState,
    ServerView,
)
from crowdsky_tui.tui.widgets import ribbon
from crowdsky_tui.tui.widgets.paint import parts_width

DUSK = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
KEYS = {"stack": "s", "upload": "u", "review": "v", "cancel": "x", "refresh": "r"}


def block(
    quarters: int, state: BlockState = BlockState.READY, *, filter: str = "LP", **more: Any
) -> BlockView:
    start = DUSK + timedelta(minutes=15 * quarters)
    values: dict[str, Any] = {
        "key": BlockKey(TargetKey("S50", "M 81"), f"c{quarters}", "20.0s", filter),
        "target": "M 81",
        "block_end": start + timedelta(minutes=15),
        "frame_count": 11,
        "effective_s": 220.0,
    } | more
    return BlockView(block_start=start, state=state, **values)


def test_the_most_urgent_block_of_a_quarter_is_shown() -> None:
    views = [block(0, BlockState.CONFIRMED), block(0, BlockState.FAILED, filter="IRCUT"), block(2)]
    (row,) = ribbon.ribbons(views, date(2026, 11, 20))
    assert [view.state for view in row.cells[24]] == [BlockState.FAILED, BlockState.CONFIRMED]
    text = "".join(part for part, _ in ribbon.ribbon_line(row, 24, 4, 12))
    assert text == " M 81 · S50   ✗ □ "


def test_a_long_block_takes_all_its_quarters() -> None:
    hour = block(0, block_end=DUSK + timedelta(hours=1))
    (row,) = ribbon.ribbons([hour], date(2026, 11, 20))
    assert sorted(row.cells) == [24, 25, 26, 27]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("quarters", [4, 40, 64, 95])
def test_every_ribbon_fits_and_shows_its_cursor(width: int, quarters: int) -> None:
    rows = ribbon.ribbons([block(-20 + n) for n in range(quarters)], date(2026, 11, 20))
    label = ribbon.label_width(rows, width)
    for cursor in rows[0].cells:
        first, count = ribbon.window(rows, cursor, width - label - 3)
        assert first <= cursor < first + count
        line = ribbon.ribbon_line(rows[0], first, count, label, cursor)
        assert parts_width(line) < width
        assert parts_width(ribbon.hours_line(first, count, label)) <= width


def test_every_state_has_a_place_in_the_ribbon_and_a_remedy() -> None:
    assert set(ribbon._URGENT) == set(BlockState)
    for state in BlockState:
        assert "?" not in remedy(state, KEYS)
    assert remedy(BlockState.HELD, KEYS).startswith("v opens the review")


def test_figures_name_what_is_there_and_what_is_needed() -> None:
    assert figures(block(0), 240) == (
        "11 of at most 45 sub-frames, 220 s of the 240 s that a stack needs"
    )
    assert figures(block(0), 200) == "11 of at most 45 sub-frames, 220 s"


def test_why_not_says_everything_known() -> None:
    steps = [
        Step("stack", JobState.PROVED, DUSK, DUSK + timedelta(minutes=2), 1, "41 frames"),
        Step("upload", JobState.WAITING, DUSK, None, 3, "no answer", "send"),
    ]
    entries = why_entries(
        block(0, BlockState.SENT, reason="queued 4 h"),
        steps,
        scope=ScopeView("S50", state=ScopeState.BUSY, reason="observing until 04:40"),
        server=ServerView(ServerState.DOWN, reason="no route"),
        min_exptime=240,
        keys=KEYS,
        zone=UTC,
    )
    told = {label: text for label, text, _ in entries if label}
    assert told["state"] == "sent: queued 4 h"
    assert told["scope"] == "S50: busy. observing until 04:40"
    assert told["server"] == "not reachable no route"
    assert told["stack"] == "asked 20 Nov 18:00:00 · proved 20 Nov 18:02:00 · 41 frames"
    assert told["upload"] == "asked 20 Nov 18:00:00 · waiting (send) · 3 tries · no answer"
    bare = why_entries(
        block(0), (), scope=None, server=ServerView(), min_exptime=1, keys=KEYS, zone=None
    )
    assert ("", "Nothing was asked for yet.", "dim") in bare


def why(view: BlockView, *steps: Step, server: ServerView | None = None) -> dict[str, str]:
    entries = why_entries(
        view, steps, scope=None, server=server or ServerView(), min_exptime=240, keys=KEYS, zone=UTC
    )
    assert ("", "In the journal", "strong") in entries
    assert ("", "Nothing was asked for yet.", "dim") in entries or steps
    assert not steps or all("Nothing was asked" not in text for _, text, _ in entries)
    return {label: text for label, text, _ in entries if label}


@pytest.mark.parametrize("state", list(BlockState))
def test_the_servers_list_is_told_of_only_where_it_says_how_far_a_block_is(
    state: BlockState,
) -> None:
    tells = {BlockState.SENT, BlockState.FETCHED, BlockState.STACKED, BlockState.FAILED}
    assert ("server" in why(block(0, state))) is (state in tells)


@pytest.mark.parametrize(("listed", "said"), [(DUSK, ", last read at 20 Nov 18:00:00"), (None, "")])
def test_a_list_without_the_stack_says_when_it_was_read(listed: datetime | None, said: str) -> None:
    server = ServerView(ServerState.OK, listed_at=listed)
    assert why(block(0, BlockState.SENT), server=server)["server"] == (
        f"0 stacks in its list{said}; this one is not among them"
    )


def test_the_stacks_name_is_told_where_there_is_one() -> None:
    assert why(block(0, stack_name="CrowdSky_1.fit"))["stack"] == "CrowdSky_1.fit"
    assert "stack" not in why(block(0))


def test_a_step_tells_its_tries_only_from_the_second_on_and_only_what_it_has() -> None:
    once = Step("fetch", JobState.WAITING, DUSK, None, 1, "", "")
    twice = Step("fetch", JobState.FAILED, DUSK, None, 2, "gone", "size")
    assert why(block(0), once)["fetch"] == "asked 20 Nov 18:00:00 · waiting"
    assert why(block(0), twice)["fetch"].endswith("failed (size) · 2 tries · gone")


@pytest.mark.parametrize(
    ("exposure", "most"), [("0.5s", " of at most 1800"), ("0s", ""), ("?", "")]
)
def test_how_many_sub_frames_there_can_be_is_told_where_the_exposure_is(
    exposure: str, most: str
) -> None:
    key = BlockKey(TargetKey("S50", "M 81"), "c", exposure, "LP")
    assert figures(block(0, key=key, effective_s=240.0), 240) == f"11{most} sub-frames, 240 s"
