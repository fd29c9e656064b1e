"""Every screen as text at two sizes and in four states; the stored files are made to be read."""

from collections.abc import Callable

import pytest
from conftest import Drive
from stub_night import STATES

from crowdsky_tui.desk import Pane

SIZES = {"80x24": (80, 24), "120x40": (120, 40)}
DIALOGS = {
    "help": ("question_mark",),
    "palette": ("colon", "s", "t"),
    "dry-run": ("d",),
    "quit": ("q",),
    "details": ("2", "G", "k", "enter"),
    "filter": ("slash", "m"),
}


Check = Callable[[str, str], None]


@pytest.mark.parametrize("state", STATES)
async def test_panes(drive: Drive, text_snapshot: Check, state: str) -> None:
    async with drive(state, SIZES["80x24"]) as driven:
        await driven.press("j")
        for number, pane in enumerate(Pane, start=1):
            await driven.press(str(number), *("G", "k") * (pane is Pane.BLOCKS))
            await driven.settle()
            text_snapshot(f"{pane}-{state}-80x24", driven.text())
        await driven.pilot.resize_terminal(*SIZES["120x40"])
        await driven.settle()
        text_snapshot(f"all-{state}-120x40", driven.text())


@pytest.mark.parametrize("size", SIZES)
async def test_dialogs(drive: Drive, text_snapshot: Check, size: str) -> None:
    async with drive("full", SIZES[size]) as driven:
        for dialog, keys in DIALOGS.items():
            await driven.press("1", "g", "j")
            await driven.settle()
            driven.main.blocks.table.select(0)
            await driven.press(*keys)
            text_snapshot(f"{dialog}-{size}", driven.text())
            await driven.press("escape")


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
