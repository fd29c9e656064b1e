"""Dialogs that come and go leave nothing behind: ten minutes of them cost 30 MB before."""

import gc
from pathlib import Path

from stub_night import make_book, make_night
from textual.strip import Strip

from crowdsky_tui.tui.app import CrowdSkyApp


def strips() -> int:
    gc.collect()
    return sum(isinstance(each, Strip) for each in gc.get_objects())


async def test_a_dialog_that_is_left_never_keeps_its_painted_lines(tmp_path: Path) -> None:
    app = CrowdSkyApp(make_night("full", tmp_path), tmp_path, make_book(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        counts = []
        for _ in range(4):
            for _ in range(6):
                await pilot.press("?")
                await pilot.pause()
                await pilot.press("escape")
                await pilot.pause()
            counts.append(strips())
        assert counts[3] <= counts[1] + 300, counts  # the first fills what is kept once
