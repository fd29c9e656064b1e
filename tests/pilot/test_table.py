"""The virtual list by itself."""

from collections.abc import Sequence
from typing import Any

import pytest
from textual.app import App, ComposeResult

from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.widgets.paint import (
    changed_cells,
    fit_exactly,
    merge_blanks,
    spread,
    width_of,
)
from crowdsky_tui.tui.widgets.table.columns import Column, lay_out
from crowdsky_tui.tui.widgets.table.rows import Row, line_of, scroll_mark
from crowdsky_tui.tui.widgets.table.table import Table

COLUMNS = (Column("name", 8, flex=1), Column("n", 6, right=True, drop=1))


class ListApp(App[None]):
    def __init__(self, records: Sequence[int], **options: Any) -> None:
        super().__init__()
        self.drawn = 0
        self.table: Table[int] = Table(COLUMNS, self.cells, lambda record: record, **options)
        self.table.show(records, "nothing here")

    def cells(self, record: int) -> Row:
        self.drawn += 1
        return ((f"row {record}", ""), (str(record), "dim"))

    def compose(self) -> ComposeResult:
        yield self.table

    def lines(self) -> list[str]:
        return [self.table.render_line(y).text for y in range(self.table.size.height)]


async def test_a_hundred_thousand_rows_cost_what_a_hundred_do() -> None:
    drawn = []
    for count in (100, 100_000):
        app = ListApp(range(count))
        async with app.run_test(size=(40, 20)) as pilot:
            app.table.move(Move.BOTTOM)
            await pilot.pause()
            assert app.lines()[-1].startswith(f"▸row {count - 1} ")
            drawn.append(app.drawn)
    assert drawn[0] == drawn[1] < 200


async def test_moves_stay_inside_and_the_cursor_stays_in_sight() -> None:
    app = ListApp(range(50))
    async with app.run_test(size=(40, 10)):
        table = app.table
        seen = []
        for step in (Move.UP, Move.DOWN, Move.PAGE_DOWN, Move.PAGE_DOWN, Move.PAGE_UP,
                     Move.BOTTOM, Move.DOWN, Move.TOP):  # fmt: skip
            table.move(step)
            seen.append(table.cursor)
            assert sum(line.startswith("▸") for line in app.lines()) == 1
        assert seen == [0, 1, 9, 17, 9, 49, 49, 0]


async def test_the_cursor_follows_its_key_and_the_nearest_row_when_it_goes() -> None:
    app = ListApp(range(10))
    async with app.run_test(size=(40, 10)):
        app.table.select(5)
        app.table.show([*range(-3, 10)])
        assert app.table.selected == 5
        app.table.show([1, 2, 3])
        assert app.table.selected == 3
        app.table.show([])
        assert app.table.selected is None


async def test_following_keeps_the_last_row_unless_one_moved_away() -> None:
    app = ListApp(range(10), follow=True)
    async with app.run_test(size=(40, 6)):
        app.table.move(Move.BOTTOM)
        app.table.show(range(12))
        assert app.table.selected == 11
        app.table.move(Move.UP)
        app.table.show(range(15))
        assert app.table.selected == 10


async def test_following_begins_with_an_empty_list() -> None:
    app = ListApp([], follow=True)
    async with app.run_test(size=(40, 6)):
        for count in range(9):
            app.table.show(range(count))
        shown = [line.split()[1] for line in app.lines()[1:]]
        assert shown == ["3", "4", "5", "6", "7"]
        assert app.table.selected == 7


async def test_a_message_stands_in_for_rows() -> None:
    app = ListApp([])
    async with app.run_test(size=(40, 10)) as pilot:
        assert any("nothing here" in line for line in app.lines())
        app.table.show([1])
        await pilot.pause()
        assert not any("nothing here" in line for line in app.lines())


@pytest.mark.parametrize("width", range(3, 60))
def test_a_line_is_as_wide_as_it_has_to_be(width: int) -> None:
    for row in ((("漢字漢字漢字", ""), ("12345", "dim")), (("漢字漢字漢字漢字 one part", ""),)):
        line = line_of(row, COLUMNS, width)
        if width >= 10:
            assert sum(width_of(text) for text, _ in line) == width


def test_columns_give_way_in_their_order_and_gaps_before_them() -> None:
    assert [slot.index for slot in lay_out(COLUMNS, 16)] == [0, 1]
    assert [slot.index for slot in lay_out(COLUMNS, 15)] == [0]
    wide = lay_out(COLUMNS, 40)
    assert (wide[0].x, wide[0].width, wide[1].x, wide[1].width) == (1, 31, 34, 6)


def test_wide_characters_are_cut_to_the_cell() -> None:
    assert fit_exactly("漢字漢字", 4) == "漢… "
    assert width_of(fit_exactly("漢字漢字", 5)) == 5
    assert fit_exactly("abc", 5, right=True) == "  abc"


def test_the_right_end_of_a_line_wins() -> None:
    line = "".join(text for text, _ in spread([("a long left part", "")], [("right", "")], 12))
    assert line == "a long…right"


def test_only_what_differs_is_repainted() -> None:
    old = (("abc", ""), ("  ", ""), ("61 %", "accent"))
    new = (("abc", ""), ("  ", ""), ("62 %", "accent"))
    assert changed_cells(old, new, 20) == (6, 1)
    assert changed_cells(old, old, 20) is None
    assert changed_cells(old, (("abc", "dim"), *old[1:]), 20) == (0, 3)


def test_blanks_do_not_cost_a_style() -> None:
    parts = [("a", "dim"), ("  ", ""), ("b", "dim"), (" ", "good"), ("c", "")]
    assert merge_blanks(parts) == [("a  b ", "dim"), ("c", "")]
    assert merge_blanks([("x", ""), (" ", "badge")]) == [("x", ""), (" ", "badge")]


@pytest.mark.parametrize(("top", "expected"), [(0, "▐▐   "), (5, "▐▐   "), (15, "   ▐▐")])
def test_the_scroll_mark(top: int, expected: str) -> None:
    assert "".join(scroll_mark(line, top, 5, 20 if top else 12) for line in range(5))
    marks = "".join(scroll_mark(line, top, 5, 20) for line in range(5))
    assert marks.count("▐") == 1
    assert scroll_mark(0, 0, 5, 5) == " "
