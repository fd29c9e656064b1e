"""The doctor in the app: what is bad first, each with its remedy, and again with `r`."""

import asyncio

import pytest
from driven import Drive

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.night.calls.background import Examine
from crowdsky_tui.tui.screens.doctor import DoctorScreen


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_each_line_is_well_or_has_its_remedy(drive: Drive, size: tuple[int, int]) -> None:
    async with drive("full", size=size) as driven:
        await driven.press("c")
        assert isinstance(driven.app.screen, DoctorScreen)
        text = driven.text()
        assert "Doctor · 4 looked at: 1 failed, 1 to look at" in text
        assert text.index("✗ S50 a349 sub-frames") < text.index("! notices") < text.index("✓ clock")
        assert "fail: not kept" in text and "→ Seestar app" in text and "ok: 2026-11-20" in text
        assert "r look again" in text
        await driven.press("r")
        assert driven.night.stub_calls.asked.count(Examine()) == 2
        await driven.press("escape")
        assert driven.showing is driven.main


async def test_it_looks_off_the_loop_and_can_be_left_meanwhile(drive: Drive) -> None:
    never = asyncio.Event()

    async with drive("full") as driven:
        driven.night.stub_calls.instead[Examine] = never.wait
        await driven.press("c")
        assert "Doctor · looking" in driven.text() and "a telescope that is away" in driven.text()
        await driven.press("escape", "j")
        assert driven.showing is driven.main


async def test_what_keeps_it_from_looking_is_said(drive: Drive) -> None:
    async with drive("full") as driven:
        failure = SettingsError("config.toml is not valid TOML", "line 3", "Correct it")
        driven.night.stub_calls.failures[Examine] = failure
        await driven.press("c")
        assert "it could not look" in driven.text() and "line 3" in driven.text()
        await driven.press("escape")
        driven.night.stub_calls.failures[Examine] = ZeroDivisionError("x")  # type: ignore[assignment]
        await driven.press("c")
        assert "a fault of this program" in driven.text() and driven.app.is_running
