"""Pictures in Kitty's and Sixel's words, read back by a decoder of our own."""

import base64
import re
import zlib

import pytest

from crowdsky_tui.tui.terminal.graphics import GRAPHICS, KITTY_ID, Kitty, Sixel, offered, why_not

WIDTH, HEIGHT = 50, 20  # no multiple of six
NOISE = bytes((x * 37 + y * 11 + colour * 90) % 256 for y in range(HEIGHT) for x in range(WIDTH)
              for colour in range(3))  # fmt: skip


def decoded(sixel: str) -> tuple[list[tuple[int, ...]], int, int]:
    """The pixels of a Sixel picture in percent of each colour, its width and its height."""
    whole = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)((?:#\d+;2;\d+;\d+;\d+)+)(.*)\x1b\\', sixel)
    assert whole is not None
    width, height = int(whole[1]), int(whole[2])
    palette = {
        int(number): (int(red), int(green), int(blue))
        for number, red, green, blue in re.findall(r"#(\d+);2;(\d+);(\d+);(\d+)", whole[3])
    }
    pixels: list[tuple[int, ...]] = [()] * (width * height)
    for band, text in enumerate(whole[4].split("-")):
        for plane in text.split("$"):
            colour, data = re.fullmatch(r"#(\d+)(.*)", plane).groups()  # type: ignore[union-attr]
            x = 0
            for count, character in re.findall(r"(?:!(\d+))?([?-~])", data):
                for _ in range(int(count or 1)):
                    bits = ord(character) - 63
                    for line in range(6):
                        if bits >> line & 1:
                            pixels[(band * 6 + line) * width + x] = palette[int(colour)]
                    x += 1
    return pixels, width, height


def test_sixel_gives_every_pixel_its_nearest_colour_of_few() -> None:
    pixels, width, height = decoded(Sixel().drawn(NOISE, WIDTH, HEIGHT, 1, 1))
    assert (width, height) == (WIDTH, HEIGHT)
    wanted = [round(value / 51) * 20 for value in NOISE]
    assert pixels == list(zip(wanted[0::3], wanted[1::3], wanted[2::3], strict=True))
    plain = Sixel().drawn(bytes(3 * 400 * 400), 400, 400, 1, 1)
    assert len(plain) < 6_000, "runs are counted"


def test_kitty_sends_it_in_pieces_and_wants_no_answer() -> None:
    sequence = Kitty().drawn(NOISE * 40, WIDTH, HEIGHT * 40, 12, 7)
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sequence)
    assert "".join(f"\x1b_G{head};{data}\x1b\\" for head, data in pieces) == sequence
    first = dict(part.split("=") for part in pieces[0][0].split(","))
    assert (first["s"], first["v"], first["c"], first["r"]) == ("50", "800", "12", "7")
    assert (first["q"], first["C"], first["i"]) == ("2", "1", str(KITTY_ID))
    assert [head[-1] for head, _ in pieces] == ["1"] * (len(pieces) - 1) + ["0"]
    assert max(len(data) for _, data in pieces) <= 4096
    assert zlib.decompress(base64.b64decode("".join(data for _, data in pieces))) == NOISE * 40
    assert f"i={KITTY_ID}" in Kitty.gone and "q=2" in Kitty.gone


@pytest.mark.parametrize("name", GRAPHICS)
def test_a_picture_of_another_size_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="are not 2 × 2 pixels"):
        GRAPHICS[name]().drawn(b"123", 2, 2, 1, 1)


def test_where_a_terminal_is_known_not_to_show_them_it_is_said() -> None:
    assert why_not("kitty", {"TERM": "xterm-kitty"}) == ""
    assert "tmux" in why_not("sixel", {"TERM": "xterm-256color", "TMUX": "/tmp/x"})
    assert "tmux" in why_not("kitty", {"TERM": "screen-256color"})
    assert "linux console" in why_not("sixel", {"TERM": "linux"})


@pytest.mark.parametrize(
    ("environment", "images"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "foot-extra"}, "sixel"),
        ({"TERM": "mlterm-256color"}, "sixel"),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, ""),
        ({"TERM": "linux", "KITTY_WINDOW_ID": "1"}, ""),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, ""),
        ({"TERM": "screen", "KITTY_WINDOW_ID": "1"}, ""),
        ({}, ""),
    ],
)
def test_only_what_names_itself_is_offered_and_never_inside_tmux(
    environment: dict[str, str], images: str
) -> None:
    assert offered(environment) == images
