"""Rules of what the screen shows first, only and never: each by its name, without an app."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.store.store import BlockState, BlockView
from crowdsky_tui.tui.app import CrowdSkyApp
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.format.altitude import dark_steps
from crowdsky_tui.tui.format.plot import Plot
from crowdsky_tui.tui.format.sky import fitting
from crowdsky_tui.tui.last_look import AWAY_S, LastLook
from crowdsky_tui.tui.screens.jump import EASY_FIRST, places
from crowdsky_tui.tui.terminal.cells import changed_runs
from crowdsky_tui.tui.widgets.key_hints import ALWAYS, MOST_HINTS, choose_hints, hint_width
from crowdsky_tui.tui.widgets.key_line import flowing, key_lines
from crowdsky_tui.tui.widgets.paint import parts_width
from crowdsky_tui.tui.widgets.ribbon import PER_HOUR, Ribbon, ribbons, window
from crowdsky_tui.tui.widgets.table.columns import Column, lay_out

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORDS = st.lists(st.text("abc ", min_size=1, max_size=12), max_size=12)


def block(quarter: int, state: BlockState, target: str = "M 81") -> BlockView:
    start = NOON + timedelta(minutes=15 * quarter)
    key = BlockKey(TargetKey("S50", target), f"20261120.{quarter:02d}{state}", "20.0s", "LP")
    return BlockView(key, target, start, start + timedelta(minutes=15), 44, 880.0, state)


# the keys' lines


@given(WORDS, st.integers(1, 40))
def test_a_chunk_is_never_broken_and_none_is_left_out(words: list[str], width: int) -> None:
    chunks = [[(word, "")] for word in words]
    lines = flowing(chunks, width)
    assert [part for line in lines for part in line] == [part for chunk in chunks for part in chunk]
    assert all(lines) or not chunks
    for line in lines:
        assert parts_width(line) <= width or len(line) == 1


def test_a_key_is_never_parted_from_its_word() -> None:
    lines = key_lines([("a", "first"), ("b", ""), ("c", "third")], 9)
    assert ["".join(text for text, _ in line) for line in lines] == [" a first", " b", " c third"]


def action(name: str, title: str) -> Any:
    return SimpleNamespace(id=name, keys=(name[0],), title=title)


@given(WORDS, st.integers(0, 90))
def test_help_and_quit_never_give_way_and_the_others_only_to_those_before_them(
    words: list[str], width: int
) -> None:
    others = [action(f"x{n}", word) for n, word in enumerate(words)]
    actions = [*others, *(action(name, name) for name in ALWAYS)]
    chosen = choose_hints(actions, width)
    kept = [each for each in chosen if each.id not in ALWAYS]
    assert [each.id for each in chosen if each.id in ALWAYS] == list(ALWAYS)
    assert kept == others[: len(kept)], "who did not fit is passed by nobody after it"
    assert len(chosen) <= MOST_HINTS
    if kept:
        assert sum(map(hint_width, chosen)) <= width + 1


# tables


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), min_size=1, max_size=7),
    st.integers(0, 60),
)
def test_columns_with_the_highest_drop_go_first_and_those_without_one_never(
    told: list[tuple[int, int]], width: int
) -> None:
    columns = tuple(Column("", cells, drop=drop) for cells, drop in told)
    kept = {slot.index for slot in lay_out(columns, width)}
    gone = set(range(len(columns))) - kept
    assert all(columns[index].drop for index in gone)
    stays = [columns[index].drop for index in kept if columns[index].drop]
    assert not gone or max(stays, default=0) <= min(columns[index].drop for index in gone)


# the ribbon


def test_of_several_blocks_in_a_quarter_the_most_urgent_is_first_of_every_state() -> None:
    states = list(BlockState)
    (row,) = ribbons([block(33, state) for state in states], date(2026, 11, 20))
    shown = [view.state for view in row.cells[33]]
    assert sorted(shown) == sorted(states)
    assert (shown[0], shown[-1]) == (BlockState.FAILED, BlockState.CONFIRMED)


def test_a_ribbon_is_of_one_night_only_and_rows_come_by_their_first_blocks() -> None:
    blocks = [
        block(40, BlockState.SENT, "M 31"),
        block(20, BlockState.SENT, "M 81"),
        block(30, BlockState.SENT, "M 42"),
        block(10, BlockState.SENT, "M 42"),
        block(96, BlockState.SENT, "M 1"),
        block(-1, BlockState.SENT, "M 2"),
    ]
    assert [row.target for row in ribbons(blocks, date(2026, 11, 20))] == ["M 42", "M 81", "M 31"]


@given(st.integers(0, 95), st.integers(0, 95), st.integers(0, 95), st.integers(0, 120))
def test_the_cell_under_the_cursor_is_always_shown_and_only_whole_hours(
    one: int, other: int, cursor: int, room: int
) -> None:
    low, high = min(one, other), max(one, other)
    cursor = min(max(cursor, low), high)
    key = TargetKey("S50", "M 81")
    row = Ribbon(key, "M 81", {low: (), high: ()})
    first, count = window([row], cursor, room)
    assert first <= cursor < first + count
    assert first % PER_HOUR == count % PER_HOUR == 0
    assert count <= max(room, PER_HOUR)


# words and figures


@given(WORDS, st.integers(0, 60))
def test_only_first_words_are_taken_as_many_as_fit(words: list[str], room: int) -> None:
    taken = fitting(words, room)
    assert taken == words[: len(taken)]
    assert sum(len(word) + 2 for word in taken) <= room
    left = words[len(taken) : len(taken) + 1]
    assert not left or sum(len(word) + 2 for word in [*taken, *left]) > room


def test_only_dark_steps_count_and_all_of_them_where_it_is_never_dark() -> None:
    assert dark_steps(cast(Any, SimpleNamespace(dark=(False, True, True, False)))) == [1, 2]
    assert dark_steps(cast(Any, SimpleNamespace(dark=(False, False)))) == [0, 1]


@pytest.mark.parametrize("at", [0.0, -3.0, 1e-12, 2461000.5, 1e17, -1e300])
def test_the_ends_of_an_axis_are_never_the_same(at: float) -> None:
    for points in ((), ((at, at),), ((at, at), (at, at))):
        plot = Plot(points=points)
        assert plot.xs[0] < plot.xs[1]
        assert plot.ys[0] < plot.ys[1]


def test_only_who_was_away_or_has_begun_is_told_since_when() -> None:
    before = NOON - timedelta(days=1)
    look = LastLook(before)
    assert look.press(NOON, 1000.0) == before
    assert look.press(NOON + timedelta(days=3), 1001.0) is None, "the clock was set"
    assert look.press(NOON, 1001.0 + AWAY_S - 0.1) is None
    assert look.at == NOON
    assert look.press(NOON + timedelta(seconds=59), 1001.0 + 2 * AWAY_S) == NOON
    assert look.at == NOON, "to the minute"


def test_a_notice_is_never_shown_twice_in_a_run() -> None:
    shown: list[str] = []
    app: Any = SimpleNamespace(_said_once=set(), notify=lambda text, **_: shown.append(text))
    for text in ("a", "b", "a", "b", "a"):
        CrowdSkyApp.say_once(app, text)
    assert shown == ["a", "b"]


def test_jump_keys_go_to_panes_first_then_to_the_rows_of_the_present_one() -> None:
    def pane(x: int, rows: int, area: int = 9) -> Any:
        region = SimpleNamespace(area=area, x=x, y=0)
        table = SimpleNamespace(
            region=region, rows=[0] * rows, top=1, page_height=3, head=1, number=x
        )
        return SimpleNamespace(region=region, lists=[table])

    one, two, three = list(Pane)[:3]
    boxes = {one: pane(0, 10), two: pane(10, 3), three: pane(20, 9, area=0)}
    found = places(cast(Any, boxes), two)
    assert [(each.pane, each.row) for each in found] == [
        (one, None), (two, None), (two, 1), (two, 2), (one, 1), (one, 2), (one, 3),
    ]  # fmt: skip
    many = {one: pane(0, 500)}
    many[one].lists[0].page_height = 400
    assert len(places(cast(Any, many), one)) == len(EASY_FIRST), "a letter for each"


# the terminal

SIGNS = st.lists(st.sampled_from("ab日月 "), min_size=0, max_size=12)


def cells(signs: list[str], width: int = 24) -> list[Any]:
    line: list[Any] = []
    for sign in signs:
        line += [(sign, None), *([("", None)] if sign in "日月" else [])]
    return line + [(" ", None)] * (width - len(line))


@given(SIGNS, SIGNS)
def test_half_a_wide_sign_is_never_sent_and_what_differs_always_is(
    one: list[str], other: list[str]
) -> None:
    before, after = cells(one), cells(other)
    sent = [False] * len(after)
    for start, end in changed_runs(before, after):
        assert after[start][0], "it begins in the middle of a sign"
        assert end == len(after) or after[end][0], "it ends in the middle of a sign"
        sent[start:end] = [True] * (end - start)
    assert all(there or a == b for there, a, b in zip(sent, before, after, strict=True))


def test_a_wide_sign_of_which_the_terminal_has_but_one_half_is_sent_whole() -> None:
    bold = Style(bold=True)
    assert changed_runs([("日", bold)], [("日", bold), ("", bold)]) == [(0, 2)]
