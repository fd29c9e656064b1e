"""Only the news is sent, and the terminal shows the same as if all had been."""

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from crowdsky_tui.shownlines import ShownLines, changed_runs

WIDTH, HEIGHT = 24, 5
CONSOLE = Console(force_terminal=True, color_system="truecolor", width=WIDTH)
STYLES = (Style(), Style(color="red"), Style(bgcolor="blue"), Style(bold=True))

texts = st.text(alphabet="ab 月·─", max_size=WIDTH)
styles = st.sampled_from(STYLES)


def line(parts: list[tuple[str, Style]], width: int) -> Strip:
    return Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(width, Style())


def strips(width: int) -> st.SearchStrategy[Strip]:
    return st.lists(st.tuples(texts, styles), max_size=4).map(lambda parts: line(parts, width))


@st.composite
def layouts(draw: st.DrawFn) -> CompositorUpdate:
    lines = [[draw(strips(WIDTH))] for _ in range(HEIGHT)]
    return LayoutUpdate(lines, Region(0, 0, WIDTH, HEIGHT))


@st.composite
def chops(draw: st.DrawFn) -> CompositorUpdate:
    """Some lines are cut at one place; a part of the cuts is painted."""
    cut = draw(st.integers(1, WIDTH - 1))
    parts = [
        {
            0: draw(st.none() | strips(cut)),
            cut: draw(st.none() | strips(WIDTH - cut)),
        }
        for _ in range(HEIGHT)
    ]
    spans = [(y, *draw(st.sampled_from([(0, WIDTH), (0, cut), (cut, WIDTH)]))) for y in
             sorted(draw(st.sets(st.integers(0, HEIGHT - 1), min_size=1)))]  # fmt: skip
    return ChopsUpdate(parts, spans, [[cut, WIDTH]] * HEIGHT)


class Screen:
    def __init__(self) -> None:
        self._screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self._screen)

    def take(self, update: CompositorUpdate) -> int:
        """Show it; how many characters that took."""
        sent = update.render_segments(CONSOLE)
        self._stream.feed(sent.replace("\n", ""))  # a terminal's newline is a move, not a text
        return len(sent)

    def cells(self) -> list[list[tuple[str, str, str, bool]]]:
        rows = (
            [row[x] for x in range(WIDTH)]
            for row in map(self._screen.buffer.get, range(HEIGHT))
            if row
        )
        return [[(c.data, c.fg, c.bg, c.bold) for c in row] for row in rows]


@given(st.lists(st.one_of(layouts(), chops(), st.just("forget")), max_size=8))
def test_the_terminal_shows_the_same(updates: list[CompositorUpdate | str]) -> None:
    shown, spared, whole = ShownLines(), Screen(), Screen()
    for update in updates:
        if isinstance(update, str):
            shown.forget()
            continue
        whole.take(update)
        spared.take(shown.news(update, CONSOLE))
        assert spared.cells() == whole.cells()


def test_what_is_there_already_is_not_sent_again() -> None:
    shown, screen = ShownLines(), Screen()
    update = LayoutUpdate(
        [[line([("M 81", STYLES[1])], WIDTH)]] * HEIGHT, Region(0, 0, WIDTH, HEIGHT)
    )
    assert screen.take(shown.news(update, CONSOLE)) > 100
    assert screen.take(shown.news(update, CONSOLE)) == 0
    shown.forget()
    assert screen.take(shown.news(update, CONSOLE)) > 100


def test_another_size_is_another_screen() -> None:
    shown, screen = ShownLines(), Screen()
    for width in (WIDTH, WIDTH - 1, WIDTH):
        lines = [[line([("M 81", STYLES[1])], width)]] * HEIGHT
        assert (
            screen.take(shown.news(LayoutUpdate(lines, Region(0, 0, width, HEIGHT)), CONSOLE)) > 100
        )


@pytest.mark.parametrize(
    ("old", "new", "runs"),
    [
        ("proved 12 of 31", "proved 13 of 31", [(8, 9)]),
        ("a" + " " * 40 + "b", "x" + " " * 40 + "y", [(0, 1), (41, 42)]),
        ("a    b", "x    y", [(0, 6)]),
        ("月1", "日1", [(0, 2)]),
        ("ab1", "月1", [(0, 2)]),
        ("月1", "ab1", [(0, 2)]),
        ("same", "same", []),
    ],
)
def test_the_runs_that_differ(old: str, new: str, runs: list[tuple[int, int]]) -> None:
    assert changed_runs(Strip([Segment(old)]), Strip([Segment(new)])) == runs


def test_another_colour_is_another_cell() -> None:
    old, new = (Strip([Segment("abc", style)]) for style in STYLES[:2])
    assert changed_runs(old, new) == [(0, 3)]
