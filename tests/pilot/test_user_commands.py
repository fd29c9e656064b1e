"""A key of the user's own runs a program; its words are shown and it ends with its dialog."""

import asyncio
import sys
from collections.abc import Callable

import msgspec
from driven import Drive, Driven
from stub_night import StubNight

from crowdsky_tui.config.command_settings import CommandSettings
from crowdsky_tui.tui.screens.command_output import CommandOutput
from crowdsky_tui.tui.screens.curves import CurvesScreen
from crowdsky_tui.tui.screens.main import MainScreen

SHOW = (
    "import os; print('for', os.environ['CROWDSKY_TARGET'], '\\x1b[31m[/x] [@click=app.quit]q[/]')"
)


def with_commands(*commands: CommandSettings) -> Callable[[StubNight], None]:
    def change(night: StubNight) -> None:
        night.settings = msgspec.structs.replace(night.settings, commands=commands)

    return change


def program(code: str, key: str = "f6") -> CommandSettings:
    return CommandSettings(key=key, title="note it", run=(sys.executable, "-c", code))


async def shown(driven: Driven, words: str) -> None:
    async with asyncio.timeout(30):
        while words not in driven.text():
            await driven.pilot.pause(0.05)


async def test_a_key_runs_a_program_and_shows_what_it_says(drive: Drive) -> None:
    async with drive(change=with_commands(program(SHOW))) as driven:
        await driven.press("j", "f6")
        await shown(driven, "it ended well")
        assert "for M 81 [/x] [@click=app.quit]q[/]" in driven.text()
        await driven.press("escape")
        assert isinstance(driven.showing, MainScreen)
        await driven.act("palette")
        await driven.press(*"note")
        assert "note it" in driven.text() and "f6" in driven.text()


async def test_among_the_curves_it_is_given_the_star(drive: Drive) -> None:
    code = "import os; print(*(os.environ['CROWDSKY_' + n] for n in ('STAR', 'PROJECT')), sep='|')"
    own = msgspec.structs.replace(program(code), needs="star")
    taken = program("print('not this one')", key="m")
    async with drive("full", change=with_commands(own, taken)) as driven:
        await driven.press("7")
        await shown(driven, "T CrB")
        screen = driven.showing
        assert isinstance(screen, CurvesScreen) and screen.chosen is not None
        row = screen.chosen
        await driven.press("f6")
        await shown(driven, "it ended well")
        assert f"{row.star}|{row.project}" in driven.text()
        await driven.press("escape", "m")
        await driven.rest()
        assert not isinstance(driven.showing, CommandOutput), "m stays the screen's own"


async def test_without_a_star_the_reason_is_told(drive: Drive) -> None:
    own = msgspec.structs.replace(program(SHOW), needs="star")
    async with drive("full", change=with_commands(own)) as driven:
        await driven.press("f6")
        assert any("No star is selected" in told for told in driven.notices())


async def test_leaving_its_dialog_ends_the_program(drive: Drive) -> None:
    code = "import time; print('begun', flush=True); time.sleep(600)"
    async with drive(change=with_commands(program(code))) as driven:
        await driven.press("j", "f6")
        await shown(driven, "begun")
        dialog = driven.showing
        assert isinstance(dialog, CommandOutput)
        await driven.press("x")
        await shown(driven, "it was stopped")
        await driven.press("escape")
        assert isinstance(driven.showing, MainScreen)


async def test_a_key_that_is_taken_is_told_at_the_start(drive: Drive) -> None:
    async with drive(change=with_commands(program(SHOW, key="s"))) as driven:
        assert any("commands.1: s is stack's already" in told for told in driven.notices())
        await driven.press("s")
        assert driven.night.asked[-1][:1] == ("stack",)
