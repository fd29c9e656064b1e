"""`?` and `:` work in every screen, by the usual keys and by the user's own."""

import pytest
from driven import Drive
from screen_table import SCREENS, Shown

from crowdsky_tui.tui.screens.listing import Help
from crowdsky_tui.tui.screens.palette import Palette

OWN = {"help": "f5", "palette": "f6"}


@pytest.mark.parametrize(("help_key", "palette_key"), [("f1", "ctrl+p"), ("f5", "f6")])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_help_and_commands_open_in_every_screen(
    drive: Drive, screen: Shown, help_key: str, palette_key: str
) -> None:
    keymap = OWN if help_key == "f5" else None
    async with drive(screen.full.night, (80, 24), keymap, change=screen.full.change) as driven:
        await screen.open(driven)
        await driven.pilot.pause(0.1)
        await driven.press(help_key)
        assert isinstance(driven.app.screen, Help)
        await driven.press("escape")
        await driven.press(palette_key)
        assert isinstance(driven.app.screen, Palette)
        assert driven.app.crash is None


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_question_mark_and_colon_open_where_no_text_is_typed(
    drive: Drive, screen: Shown
) -> None:
    async with drive(screen.full.night, (80, 24), change=screen.full.change) as driven:
        await screen.open(driven)
        await driven.pilot.pause(0.1)
        if driven.app.focused is None:
            await driven.press("question_mark")
            assert isinstance(driven.app.screen, Help)
            await driven.press("escape")
            await driven.press("colon")
            assert isinstance(driven.app.screen, Palette)


async def test_a_command_chosen_in_a_dialog_leaves_it_and_runs_on_the_desk(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.act("review")
        await driven.pilot.pause(0.1)
        await driven.press("colon")
        for letter in "stack all":
            await driven.press("space" if letter == " " else letter)
        await driven.press("enter")
        await driven.pilot.pause(0.1)
        assert driven.app.screen is driven.main
        assert any(call[0] == "stack" for call in driven.night.asked)
