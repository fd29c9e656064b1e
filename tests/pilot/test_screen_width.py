"""No line is ever wider than the screen. What the screens show: `test_every_screen.py`."""

import pytest
from driven import Drive
from stub_night import STATES


@pytest.mark.parametrize("state", STATES)
async def test_no_line_is_wider_than_the_screen(drive: Drive, state: str) -> None:
    async with drive(state) as driven:
        for columns in (60, 80, 99, 100, 120, 160, 200):
            await driven.pilot.resize_terminal(columns, 24)
            await driven.settle()
            lines = driven.text().splitlines()
            assert len(lines) == 24
            assert max(map(len, lines)) <= columns
            assert "quit" in lines[-1]
