"""The only door for outside text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.base.text import MARK, MAX_NAME_BYTES, clean, path_component


@pytest.mark.parametrize(
    "text", ["M 81", "Barnard's Star (B-33)", "Größe", "仙女座", "[red]x[/]", "20 °C", ""]
)
def test_ordinary_text_passes(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", f"a{MARK}[31mb"),
        ("\x1b]52;c;eA==\x07", f"{MARK}]52;c;eA=={MARK}"),
        ("\x9b31m", f"{MARK}31m"),
        ("two\r\nlines\tand", f"two{MARK}{MARK}lines{MARK}and"),
        ("gnp\u202egpj.exe", f"gnp{MARK}gpj.exe"),
        ("a\u200bb\u2066c\ufeff", f"a{MARK}b{MARK}c{MARK}"),
        ("\ud800x\x00", f"{MARK}x{MARK}"),
        ("\U000e0041", MARK),
        ("a\u2028b", f"a{MARK}b"),
    ],
)
def test_what_a_terminal_could_act_on_becomes_a_mark(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_length_is_capped() -> None:
    assert clean("x" * 201) == "x" * 199 + "…"
    assert clean("x" * 200) == "x" * 200
    assert clean("x" * 50, 10) == "x" * 9 + "…"


def test_anything_can_be_cleaned() -> None:
    assert clean(None) == "None"
    assert clean(ValueError("bad\nthing")) == f"bad{MARK}thing"


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(min_value=1, max_value=300))
def test_clean_text_is_one_harmless_line(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in shown)
    assert clean(shown, limit) == shown
    shown.encode()


@pytest.mark.parametrize(
    "name", ["M 81_sub", "Barnard's Star", "a..b", "仙女座", "x" * 200, "a-b~"]
)
def test_ordinary_names_may_be_path_components(name: str) -> None:
    assert path_component(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        (".", "dot"),
        ("..", "dot"),
        ("../x", "separator"),
        ("a/b", "separator"),
        ("a\\b", "separator"),
        ("-rf", "dash"),
        ("~root", "tilde"),
        (".bashrc", "dot"),
        ("a\x00b", "control"),
        ("a\nb", "control"),
        ("a\u202eb", "invisible"),
        ("\ud800", "control"),
        ("x" * (MAX_NAME_BYTES + 1), "longer"),
        ("ä" * 101, "longer"),
    ],
)
def test_names_that_may_not(name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        path_component(name)
    assert str(caught.value).isprintable()
