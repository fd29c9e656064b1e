"""The horizon in the app: looked at with the target's way over it, drawn, taken back, kept."""

import pytest
from driven import Drive, Driven

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.night.calls.site import KeepHorizon, ShowHorizon
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.tui.screens.horizon import HorizonScreen
from crowdsky_tui.tui.screens.main import MainScreen


async def opened(driven: Driven) -> HorizonScreen:
    driven.main.targets.table.select(1)
    await driven.press("H")
    await driven.pilot.pause()
    screen = driven.app.screen
    assert isinstance(screen, HorizonScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_skyline_with_the_targets_way_over_it(
    drive: Drive, size: tuple[int, int]
) -> None:
    async with drive("full", size=size) as driven:
        screen = await opened(driven)
        assert driven.night.stub_calls.asked.count(ShowHorizon("M 81")) == 1
        text = driven.text()
        assert "Horizon  M 81 tonight" in text and "180° S: horizon 15°" in text
        assert "M 81 00:00 62° free" in text and "Moon 00:00 30° free" in text
        assert all(any(line.startswith(each) for line in text.splitlines())
                   for each in ("90°", "60°", "30°", " 0°"))  # fmt: skip
        assert sum("⠀" < sign <= "⣿" for sign in text) > 60
        winds = next(line for line in text.splitlines() if line.split() == [*"NESWN"])
        assert winds.index("E") < winds.index("S") < winds.index("W")
        await driven.press("home", *["pagedown"] * 5)
        assert screen.azimuth == 75 and "75° E: horizon 48°" in driven.text()
        assert "behind it" in driven.text()
        await driven.press("escape")
        assert isinstance(driven.app.screen, MainScreen), "nothing was drawn: it does not ask"


async def test_it_is_raised_lowered_and_taken_back(drive: Drive) -> None:
    async with drive("full") as driven:
        screen = await opened(driven)
        await driven.press("up", "up", "down")
        assert screen.line[180] == 16 and "not kept yet" in driven.text()
        await driven.press("space", "right", "right", "up")
        assert [screen.line[az] for az in range(179, 184)] == [15, 17, 16, 16, 15]
        await driven.press("d")
        assert set(screen.line[180:183]) == {15}
        await driven.press(*"zzzzz")
        assert screen.line == list(screen.view.line if screen.view else ())
        await driven.press("z")
        assert "nothing is left to take back" in driven.text()


async def test_north_is_one_place_at_both_ends(drive: Drive) -> None:
    async with drive("full") as driven:
        screen = await opened(driven)
        await driven.press("home", "up")
        assert screen.line[0] == screen.line[360] == 16
        await driven.press("end", "up")
        assert screen.line[0] == screen.line[360] == 17
        await driven.press("end", *["down"] * 30)
        assert screen.line[0] == -10, "not below what is sensible"


async def test_a_tree_is_typed_until_it_is_one(drive: Drive) -> None:
    async with drive("full") as driven:
        screen = await opened(driven)
        await driven.press("t")
        form = driven.app.screen
        for number, text in enumerate(("350", "10°", "tall")):
            form.inputs[number].value = text  # type: ignore[attr-defined]
        await driven.press("enter")
        assert "it takes degrees" in driven.text()
        form = driven.app.screen
        form.inputs[2].value = "40 deg"  # type: ignore[attr-defined]
        await driven.press("enter")
        assert driven.app.screen is screen
        assert screen.line[355] == screen.line[5] == screen.line[0] == 40 and screen.line[11] == 15


async def test_what_is_drawn_is_kept_by_enter_or_left_after_a_word(drive: Drive) -> None:
    async with drive("full") as driven:
        screen = await opened(driven)
        await driven.press("up", "escape")
        assert "Leave the horizon as it was?" in driven.text()
        await driven.press("n")
        assert driven.app.screen is screen
        drawn = list(screen.line)
        await driven.press("enter")
        assert isinstance(driven.app.screen, MainScreen)
        (kept,) = (each for each in driven.night.stub_calls.asked if isinstance(each, KeepHorizon))
        assert Horizon(kept.obstructions).line == pytest.approx(drawn)
        assert any("The horizon is kept" in notice for notice in driven.notices())
        await opened(driven)
        await driven.press("up", "escape", "y")
        assert isinstance(driven.app.screen, MainScreen)


async def test_what_cannot_be_kept_is_said_and_nothing_is_lost(drive: Drive) -> None:
    async with drive("full") as driven:
        failure = SettingsError("config.local.toml is not written", "the disk is full", "Make room")
        driven.night.stub_calls.failures[KeepHorizon] = failure
        screen = await opened(driven)
        await driven.press("up", "enter")
        assert driven.app.screen is screen and "the disk is full" in driven.text()
        assert screen.line[180] == 16
