"""A few pictures, for what text cannot show: colours and weights."""

from pathlib import Path
from typing import Any

import pytest
from stub_night import make_book, make_night
from textual.pilot import Pilot

from crowdsky_tui.tui.app import CrowdSkyApp

PICTURES = {
    "four_panes": ((120, 40), ["j"]),
    "blocks": ((80, 24), ["j", "2", "down"]),
    "dry_run": ((80, 24), ["j", "d"]),
}


@pytest.mark.parametrize("name", PICTURES)
def test_picture(snap_compare: Any, tmp_path: Path, name: str) -> None:
    size, keys = PICTURES[name]
    app = CrowdSkyApp(make_night("full", tmp_path), tmp_path, make_book(tmp_path))

    async def walk(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await pilot.pause(0.5)  # longer than the app takes to look at the store

    assert snap_compare(app, terminal_size=size, run_before=walk)
