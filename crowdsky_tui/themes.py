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
THEMES = (DARK, ANSI)


def styles_dir() -> Path:
    """The folder of the style files: inside the package in a wheel, beside it in a source tree.

    Raises FileNotFoundError if this installation has none.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "styles", here.parent / "styles"):
        if (folder / "app.tcss").is_file():
            return folder
    raise FileNotFoundError("crowdsky_tui: app.tcss is missing from this installation")


def style_files() -> list[Path]:
    """All style files, the common one first."""
    folder = styles_dir()
    return [folder / "app.tcss", folder / "main.tcss", folder / "dialogs.tcss"]
