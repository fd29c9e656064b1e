"""The styles of the other screens are read behind the first frame, and before they are needed."""

from pathlib import Path
from time import monotonic

import pytest
from driven import Drive

from crowdsky_tui.tui.app import CrowdSkyApp
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.themes import style_files, styles_dir

FIRST = {"app.tcss", "main.tcss"}
WITHIN_S = 20.0


def _read(app: CrowdSkyApp) -> set[str]:
    return {Path(path).name for path, _ in app.stylesheet.source if path.endswith(".tcss")}


def test_every_style_file_is_read_once() -> None:
    first, more = style_files()
    assert sorted((*first, *more)) == sorted(styles_dir().glob("*.tcss"))


async def test_a_screen_that_comes_before_the_night_opens_has_its_styles(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CrowdSkyApp, "_begin", lambda _: None)
    async with drive("full") as driven:
        assert _read(driven.app) == FIRST
        driven.app.push_screen(Confirm("Sure?", [], "yes"))
        await driven.rest()
        assert "dialogs.tcss" in _read(driven.app)
        assert driven.app.screen.query_one("#box").styles.border.top[0] == "round"


async def test_behind_the_first_frame_all_styles_are_there(drive: Drive) -> None:
    async with drive("full") as driven:
        end = monotonic() + WITHIN_S
        while len(_read(driven.app)) == len(FIRST) and monotonic() < end:
            await driven.pilot.pause(0.01)
        assert _read(driven.app) == {path.name for path in styles_dir().glob("*.tcss")}
