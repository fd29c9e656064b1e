"""Half-blocks: size, shape and colour; and thumbnails decoded in the science child's code."""

import io
import subprocess
import sys
from collections.abc import Callable

import pytest
from PIL import Image
from rich.console import Console
from textual.app import App, ComposeResult
from textual.strip import Strip

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.compute.worker import answer
from crowdsky_tui.fits.messages import ThumbnailRequest
from crowdsky_tui.fits.thumbnails import decode
from crowdsky_tui.tui.terminal.graphics import Kitty
from crowdsky_tui.tui.widgets.pictures.picture import (
    COARSE,
    Picture,
    half_blocks,
    quarter_turn,
    turning_enlarges,
)
from crowdsky_tui.tui.widgets.pictures.pixels import PixelPicture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(width: int, height: int, form: str = "PNG", colour: tuple[int, ...] = RED) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, form)
    return made.getvalue()


def test_two_pixels_share_a_cell() -> None:
    (strip,) = half_blocks(bytes((*RED, *RED, *BLUE, *BLUE)), 2, 2, 10, 10)
    (segment,) = strip
    assert segment.text == "▀▀"
    assert segment.style is not None
    assert segment.style.color is not None and segment.style.bgcolor is not None
    assert tuple(segment.style.color.triplet or ()) == RED
    assert tuple(segment.style.bgcolor.triplet or ()) == BLUE


@pytest.mark.parametrize(
    ("width", "height", "columns", "rows", "drawn"),
    [
        (288, 512, 26, 20, (22, 20)),
        (512, 288, 26, 20, (26, 7)),
        (3, 3, 80, 40, (3, 2)),
        (1000, 1, 40, 10, (40, 1)),
        (5, 5, 0, 3, None),
    ],
)
def test_it_is_fitted_and_keeps_its_shape(
    width: int, height: int, columns: int, rows: int, drawn: tuple[int, int] | None
) -> None:
    strips = half_blocks(bytes(width * height * 3), width, height, columns, rows)
    assert (len(strips[0].text), len(strips)) == drawn if drawn else strips == []


def test_a_mean_is_taken_and_a_wrong_length_refused() -> None:
    (strip,) = half_blocks(bytes((0, 0, 0, 200, 100, 50) * 2), 2, 2, 1, 1)
    (segment,) = strip
    assert segment.style is not None and segment.style.color is not None
    assert tuple(segment.style.color.triplet or ()) == (100, 50, 25)
    with pytest.raises(ValueError, match="7 bytes"):
        half_blocks(bytes(7), 2, 2, 1, 1)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_thumbnail_becomes_rgb(form: str) -> None:
    small = decode(picture(288, 512, form), 160, 320)
    assert (small.width, small.height) == (160, 284)
    assert len(small.rgb) == 160 * 284 * 3
    assert small.rgb[0] > 240 and small.rgb[1] < 15


def test_what_is_no_picture_is_damage() -> None:
    for data in (b"", b"\x89PNG\r\n\x1a\nrest", b"\xff\xd8\xff", picture(9, 9, "GIF")):
        with pytest.raises(FileDamaged, match="thumbnail"):
            decode(data, 10, 10)
    bomb = picture(7000, 7000)
    reply = answer(ThumbnailRequest(bomb, 10, 10))
    assert reply.damage is not None
    assert "7000" in reply.damage.why


def test_a_coarse_picture_has_few_grains_and_few_colours_cost_half() -> None:
    made = Image.effect_noise((160, 160), 90).convert("RGB").tobytes()
    console = Console(force_terminal=True, color_system="truecolor")

    def cost(grain: int, few: bool) -> int:
        strips = half_blocks(made, 160, 160, 40, 20, grain=grain, few=few)
        assert [strip.cell_length for strip in strips] == [40] * 20
        return sum(len(strip.render(console)) for strip in strips)

    whole = cost(1, False)
    assert cost(1, True) <= 0.7 * whole
    assert cost(COARSE, True) <= whole / 8


def test_a_quarter_turn_moves_every_pixel() -> None:
    rgb = bytes(range(3 * 2 * 3))  # 2 wide, 3 high
    pixels = [rgb[at : at + 3] for at in range(0, len(rgb), 3)]
    wanted = [pixels[y * 2 + x] for x in (1, 0) for y in range(3)]
    assert quarter_turn(rgb, 2, 3) == b"".join(wanted)
    again = quarter_turn(quarter_turn(quarter_turn(rgb, 2, 3), 3, 2), 2, 3)
    assert quarter_turn(again, 3, 2) == rgb


@pytest.mark.parametrize(
    ("room", "turns"),
    [((78, 44), True), ((36, 44), False), ((44, 44), False), ((44, 90), False), ((200, 90), True)],
)
def test_a_seestars_picture_is_turned_only_where_that_makes_it_larger(
    room: tuple[int, int], turns: bool
) -> None:
    assert turning_enlarges(270, 480, *room) is turns
    assert not turning_enlarges(100, 100, 80, 20)


class PixelsOnALine(App[None]):
    """An app with one picture in a terminal's own graphics; `written` is what was sent for it."""

    CSS = "PixelPicture { width: 40; height: 20; }"

    def __init__(self) -> None:
        super().__init__()
        self.slow_line = True
        self.free: list[Callable[[], None]] = []
        self.redrawn = 0

    def compose(self) -> ComposeResult:
        yield PixelPicture(Kitty())

    def when_line_is_free(self, then: Callable[[], None]) -> None:
        self.free.append(then)

    def action_redraw(self) -> None:
        self.redrawn += 1


def grounds(shown: Picture) -> set[object]:
    """The backgrounds of all cells."""
    lines = [shown.render_line(y) for y in range(20)]
    return {segment.style.bgcolor for line in lines for segment in line if segment.style}


async def test_on_a_slow_line_no_terminals_own_picture_is_ever_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []
    monkeypatch.setattr(PixelPicture, "_write", lambda self, text: written.append(text))
    made = Image.effect_noise((90, 160), 90).convert("RGB").tobytes()
    app = PixelsOnALine()
    async with app.run_test() as pilot:
        shown = app.query_one(PixelPicture)
        shown.show(made, 90, 160)
        await pilot.pause(0.1)
        assert len(grounds(shown)) > 2
        assert written == [] and len(app.free) == 1  # coarse, and finer when the line is free
        app.slow_line = False
        shown.show(made, 90, 160)
        for _ in range(100):
            if written:
                break
            await pilot.pause(0.02)
        assert "\x1b_G" in written[0]
        assert len(grounds(shown)) == 1  # blank cells: the picture lies on them
        app.slow_line = True
        shown.show(made, 90, 160)
        await pilot.pause(0.1)
        assert written[-1] == Kitty.gone and app.redrawn == 1  # nothing of it stays behind


class OnALine(App[None]):
    """An app with one picture, on a line that is slow or not."""

    CSS = "Picture { width: 40; height: 20; }"

    def __init__(self, slow: bool) -> None:
        super().__init__()
        self.slow_line = slow
        self.asked: list[Callable[[], None]] = []

    def compose(self) -> ComposeResult:
        yield Picture()

    def when_line_is_free(self, then: Callable[[], None]) -> None:
        self.asked.append(then)

    def action_redraw(self) -> None:
        self.refresh()


def grains(shown: Picture) -> list[Strip]:
    return [shown.render_line(y) for y in range(20)]


@pytest.mark.parametrize("slow", [True, False])
async def test_only_on_a_slow_line_it_is_coarse_first_and_finer_when_the_line_is_free(
    slow: bool,
) -> None:
    made = Image.effect_noise((160, 160), 90).convert("RGB").tobytes()
    app = OnALine(slow)
    async with app.run_test() as pilot:
        shown = app.query_one(Picture)
        shown.show(made, 160, 160)
        await pilot.pause()
        first = grains(shown)
        assert len(app.asked) == slow
        for then in app.asked:
            then()
        await pilot.pause()
        then_shown = [segment for strip in grains(shown) for segment in strip]
        assert (first != grains(shown)) == slow
        colours = [segment.style.bgcolor for segment in then_shown[1:] if segment.style]
        palette = [each for each in colours if each is not None and each.triplet is None]
        assert bool(palette) == slow
        whole = half_blocks(made, 160, 160, 40, 20, few=slow)
        assert [strip.text for strip in grains(shown)] == [strip.text for strip in whole]


def test_the_terminal_s_own_graphics_are_imported_only_where_they_are_asked_for() -> None:
    code = (
        "import sys; from crowdsky_tui.tui.widgets.pictures.picture import picture_for;"
        "picture_for('half');"
        "print('crowdsky_tui.tui.widgets.pictures.pixels' in sys.modules); picture_for('sixel');"
        "print('crowdsky_tui.tui.widgets.pictures.pixels' in sys.modules)"
    )
    plain = {"PATH": "", "TERM": "xterm-256color"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=plain)
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_a_picture_never_takes_the_focus() -> None:
    assert not Picture.can_focus and not PixelPicture.can_focus
