"""Colours as data, and where the style files are."""

from pathlib import Path

from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="crowdsky",
    primary="#7d9fc0",
    secondary="#8a93a5",
    accent="#d3b078",
    foreground="#c6ccd6",
    background="#11151b",
    surface="#11151b",
    panel="#1a2029",
    success="#8db58a",
    warning="#d3a15e",
    error="#d07c74",
    dark=True,
    variables={"dim": "#79828f", "frame": "#313a47", "cursor": "#253244", "rest": "#1a2029"},
)
_ANSI = BUILTIN_THEMES["ansi-dark"]
ANSI = Theme(
    name="crowdsky-ansi",
    primary=_ANSI.primary,
    secondary=_ANSI.secondary,
    accent="ansi_yellow",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success=_ANSI.success,
    warning=_ANSI.warning,
    error=_ANSI.error,
    dark=True,
    ansi=True,
    variables=_ANSI.variables
    | {"dim": "ansi_bright_black", "frame": "ansi_bright_black", "cursor": "ansi_blue",
       "rest": "ansi_default"},
)  # fmt: skip
LIGHT = Theme(
    name="crowdsky-light",
    primary="#2c5782",
    secondary="#566075",
    accent="#8a5a00",
    foreground="#22262c",
    background="#f5f3ee",
    surface="#f5f3ee",
    panel="#e6e2d9",
    success="#2f6b2c",
    warning="#8a5200",
    error="#a3281d",
    dark=False,
    variables={"dim": "#646a73", "frame": "#bdb8ac", "cursor": "#cfdcea", "rest": "#e6e2d9"},
)
NIGHT = Theme(  # nothing but red reaches the eye, so that it stays adapted to the dark
    name="crowdsky-night",
    primary="#d00000",
    secondary="#900000",
    accent="#f00000",
    foreground="#b00000",
    background="#000000",
    surface="#000000",
    panel="#200000",
    boost="#200000",
    success="#c00000",
    warning="#e00000",
    error="#ff0000",
    dark=True,
    variables={"dim": "#780000", "frame": "#400000", "cursor": "#400000", "rest": "#200000"},
)
THEMES = (DARK, ANSI, LIGHT, NIGHT)
NAMED = {"dark": DARK, "light": LIGHT, "night": NIGHT, "terminal": ANSI}
"""The themes by what `display.theme` calls them, in the order of the key that changes them."""


def next_theme(current: str) -> str:
    """The setting's name of the theme after the one that is called `current` by Textual."""
    names = list(NAMED)
    at = next((i for i, name in enumerate(names) if NAMED[name].name == current), -1)
    return names[(at + 1) % len(names)]


def styles_dir() -> Path:
    """The folder of the style files: inside the package in a wheel, beside it in a source tree.

    Raises FileNotFoundError if this installation has none.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "styles", package.parent / "styles"):
        if (folder / "app.tcss").is_file():
            return folder
    raise FileNotFoundError("crowdsky_tui: app.tcss is missing from this installation")


def style_files() -> tuple[list[Path], list[Path]]:
    """The style files that the main screen needs, the common one first, and all others.

    To parse those of all screens takes as long as painting the first frame.
    """
    folder = styles_dir()
    first = [folder / "app.tcss", folder / "main.tcss"]
    return first, sorted(path for path in folder.glob("*.tcss") if path not in first)
