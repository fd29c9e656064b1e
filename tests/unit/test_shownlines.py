"""Only the difference is sent, and the terminal shows the same as if all had been."""

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from crowdsky_tui.tui.terminal.cells import cells_of, changed_runs, is_sure, parts_of
from crowdsky_tui.tui.terminal.changed_cells import ShownLines
from crowdsky_tui.tui.terminal.pen import Pen

WIDTH, HEIGHT = 24, 5
ALL = 1_000_000
TRUE = ColorSystem.TRUECOLOR
CONSOLE = Console(force_terminal=True, color_system="truecolor", width=WIDTH)
STYLES = (
    Style(),
    Style(color="red"),
    Style(bgcolor="blue"),
    Style(bold=True),
    Style(color="#102030", bgcolor="#405060", bold=True),
    Style(reverse=True, color="green"),
)
FLAG, FAMILY, KEYCAP, HEART = "🇦🇹", "👨‍👩‍👧", "1️⃣", "❤️"

SIGNS = "ab 月·─"
styles = st.sampled_from(STYLES)


def line(parts: list[tuple[str, Style]], width: int) -> Strip:
    return Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(width, Style())


def screen_of(*lines: Strip) -> LayoutUpdate:
    width = lines[0].cell_length
    return LayoutUpdate([[each] for each in lines], Region(0, 0, width, len(lines)))


def strips(width: int, signs: str) -> st.SearchStrategy[Strip]:
    texts = st.text(alphabet=signs, max_size=WIDTH)
    return st.lists(st.tuples(texts, styles), max_size=4).map(lambda parts: line(parts, width))


@st.composite
def layouts(draw: st.DrawFn, signs: str = SIGNS) -> CompositorUpdate:
    return screen_of(*(draw(strips(WIDTH, signs)) for _ in range(HEIGHT)))


@st.composite
def chops(draw: st.DrawFn, signs: str = SIGNS) -> CompositorUpdate:
    """Some lines are cut at one place; a part of the cuts is painted."""
    cut = draw(st.integers(1, WIDTH - 1))
    parts = [
        {
            0: draw(st.none() | strips(cut, signs)),
            cut: draw(st.none() | strips(WIDTH - cut, signs)),
        }
        for _ in range(HEIGHT)
    ]
    spans = [(y, *draw(st.sampled_from([(0, WIDTH), (0, cut), (cut, WIDTH)]))) for y in
             sorted(draw(st.sets(st.integers(0, HEIGHT - 1), min_size=1)))]  # fmt: skip
    return ChopsUpdate(parts, spans, [[cut, WIDTH]] * HEIGHT)


class Screen:
    def __init__(self, width: int = WIDTH) -> None:
        self._screen = pyte.Screen(width, HEIGHT)
        self._stream = pyte.Stream(self._screen)

    def take(self, sent: str) -> None:
        self._stream.feed(sent.replace("\n", ""))  # a terminal's newline is a move, not a text

    def cells(self) -> list[list[tuple[object, ...]]]:
        rows = (self._screen.buffer[y] for y in range(HEIGHT))
        return [[tuple(row[x]) for x in range(self._screen.columns)] for row in rows]


def whole(update: CompositorUpdate) -> str:
    return update.render_segments(CONSOLE)


blank = screen_of(*[line([], WIDTH)] * HEIGHT)


@settings(max_examples=50)
@given(st.lists(st.one_of(layouts(), chops(), st.just("forget")), max_size=8), st.integers(1, 90))
def test_the_terminal_shows_at_rest_what_a_full_repaint_shows(
    updates: list[CompositorUpdate | str], room: int
) -> None:
    """Also in parts of any size, sent while the next updates come."""
    shown, anew = ShownLines(), ShownLines()
    in_parts, repainted = Screen(), Screen()
    for each in (blank, *updates):
        if isinstance(each, str):
            shown.forget()
            continue
        shown.take(each)
        anew.take(each)
        in_parts.take(shown.news(room, TRUE))
    while part := shown.news(room, TRUE):
        in_parts.take(part)
    assert not shown.differs
    repainted.take(anew.news(ALL, TRUE))
    assert in_parts.cells() == repainted.cells()


@settings(max_examples=50)
@given(st.lists(st.one_of(layouts("ab ·─"), chops("ab ·─")), max_size=8))
def test_it_shows_what_textual_s_own_painting_shows(updates: list[CompositorUpdate]) -> None:
    """Without wide signs: of these terminals leave different halves."""
    shown, spared, painted = ShownLines(), Screen(), Screen()
    for each in (blank, *updates):
        shown.take(each)
        spared.take(shown.news(ALL, TRUE))
        painted.take(whole(each))
        assert spared.cells() == painted.cells()


def test_what_is_there_already_is_not_sent_again_until_it_is_forgotten() -> None:
    shown = ShownLines()
    update = screen_of(*[line([("M 81", STYLES[1])], WIDTH)] * HEIGHT)
    shown.take(update)
    first = shown.news(ALL, TRUE)
    assert len(first) > 100
    shown.take(update)
    assert shown.news(ALL, TRUE) == ""
    shown.forget()
    assert shown.news(ALL, TRUE) == first
    shown.take(update, whole=True)
    assert len(shown.news(ALL, TRUE)) > 100, "pictures lie over the cells"


def test_only_the_newest_of_many_frames_is_sent() -> None:
    shown = ShownLines()
    for number in range(100):
        shown.take(screen_of(*[line([(f"{number:>3}", STYLES[0])], WIDTH)] * HEIGHT))
    sent = shown.news(ALL, TRUE)
    assert " 99" in sent and " 98" not in sent


def test_no_line_waits_for_ever_behind_one_that_keeps_changing() -> None:
    shown, screen = ShownLines(), Screen()
    for number in range(2 * HEIGHT):
        changing = line([(f"{number}" * WIDTH, STYLES[0])], WIDTH)
        lines = [changing, *[line([("M 81", STYLES[0])], WIDTH)] * (HEIGHT - 1)]
        spans = [(y, 0, WIDTH) for y in range(HEIGHT)]
        shown.take(ChopsUpdate([{0: each} for each in lines], spans, [[WIDTH]] * HEIGHT))
        screen.take(shown.news(20, TRUE))
    assert all(row[0][0] == "M" for row in screen.cells()[1:])


@pytest.mark.parametrize("first", ["layout", "chops"])
def test_both_updates_after_a_resize_are_right(first: str) -> None:
    """A terminal crops or fills as it likes: whatever comes first, all is painted."""
    shown = ShownLines()
    for width in (WIDTH, WIDTH - 3, WIDTH + 5):
        lines = [line([(f"{width} wide", STYLES[1])], width)] * HEIGHT
        spans = [(y, 0, 4) for y in range(HEIGHT)]
        parts = [{0: each.crop(0, 4), 4: None} for each in lines]
        some = ChopsUpdate(parts, spans, [[4, width]] * HEIGHT)
        screen, all_of_it = Screen(width), Screen(width)
        screen.take("stale" * 9)
        for update in [some, screen_of(*lines)] if first == "chops" else [screen_of(*lines)]:
            shown.take(update)
            screen.take(shown.news(ALL, TRUE))
        all_of_it.take(whole(screen_of(*lines)))
        assert screen.cells() == all_of_it.cells()


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
    before, after = (cells_of(Strip([Segment(text)])) for text in (old, new))
    assert changed_runs(before, after) == runs


def test_another_colour_is_another_cell() -> None:
    old, new = (cells_of(Strip([Segment("abc", style)])) for style in STYLES[:2])
    assert changed_runs(old, new) == [(0, 3)]


@pytest.mark.parametrize(
    "sign", [FLAG, FAMILY, KEYCAP, HEART, "👍🏽", "e\u0301", "\u200d", "\u1100\u1161\u11a8"]
)
def test_where_terminals_may_disagree_the_whole_line_is_sent(sign: str) -> None:
    """Also when the sign goes; and what follows it stands where Textual counts it."""
    assert not is_sure(sign)
    shown, screen = ShownLines(), Screen()
    plain = line([("Wien und Graz, 12 blocks", STYLES[0])], WIDTH)
    for first in (f"{sign} Wien", "Linz", f"a{sign}b{sign}", f"a{sign}c", "Wien und Graz"):
        here = line([(first, STYLES[1]), ("|", STYLES[3])], WIDTH)
        shown.take(screen_of(here, *[plain] * (HEIGHT - 1)))
        sent = shown.news(ALL, TRUE)
        screen.take(sent)
        fresh, anew = ShownLines(), Screen()
        fresh.take(screen_of(here, *[plain] * (HEIGHT - 1)))
        anew.take(fresh.news(ALL, TRUE))
        assert screen.cells() == anew.cells()
        at = Strip([Segment(first)]).cell_length
        assert screen.cells()[0][at][0] == "|"
    shown.take(screen_of(here, *[plain] * (HEIGHT - 1)))
    assert shown.news(ALL, TRUE) == ""


def test_every_line_that_is_sure_has_as_many_cells_as_textual_counts() -> None:
    for text in ("M 81 ─│●◐▸✓▲", "月 und 日", "Ωμέγα Ж", "⭐⌚"):
        strip = Strip([Segment(text)])
        assert is_sure(text)
        assert len(cells_of(strip)) == strip.cell_length


@given(st.text(alphabet="a1 " + FLAG + FAMILY + KEYCAP + HEART + "月", max_size=30))
def test_no_sign_is_left_out_of_a_doubtful_line(text: str) -> None:
    assert "".join(part for part, _ in parts_of(text)) == text


def test_a_style_is_named_only_where_it_changes() -> None:
    pen = Pen(TRUE)
    coloured = Style(color="#102030", bgcolor="#405060")
    for text, style in (("a", STYLES[4]), ("b", STYLES[4]), ("c", coloured)):
        pen.put(text, style)
    colours = "38;2;16;32;48;48;2;64;80;96m"
    assert pen.text() == f"\x1b[1;{colours}ab\x1b[0;{colours}c\x1b[0m"
