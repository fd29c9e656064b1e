"""Generated from the registry: each action by key and by palette, in every state of a night."""

import pytest
from driven import Drive
from stub_night import FAILURES, STATES, StubNight

from crowdsky_tui.tui.actions.action import Group
from crowdsky_tui.tui.actions.registry import ACTIONS
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.key_names import show_key
from crowdsky_tui.tui.screens.main import MainScreen
from crowdsky_tui.tui.screens.palette import Palette


class Calls(list[str]):
    """Ids of the actions that were run."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    ran = Calls()
    original = MainScreen.action_act

    def act(self: MainScreen, action_id: str) -> None:
        ran.append(action_id)
        if action_id != "suspend":
            original(self, action_id)

    monkeypatch.setattr(MainScreen, "action_act", act)
    return ran


async def test_each_key_of_each_action_reaches_it(drive: Drive, calls: Calls) -> None:
    async with drive("full") as driven:
        for key, action_id in {key: each.id for each in ACTIONS for key in each.keys}.items():
            calls.clear()
            await driven.press(key)
            assert calls == [action_id], key
            await driven.close_dialogs()


async def test_the_palette_reaches_each_action(drive: Drive, calls: Calls) -> None:
    async with drive("full") as driven:
        for index, action in enumerate(ACTIONS):
            calls.clear()
            await driven.act("palette")
            palette = driven.app.screen
            assert isinstance(palette, Palette)
            await driven.pilot.pause()  # until it has its rows
            palette.table.select(index)
            await driven.press("enter")
            assert calls == ["palette", action.id]
            await driven.close_dialogs()


@pytest.mark.parametrize("state", STATES)
async def test_no_action_fails_in_any_pane_of_any_state(drive: Drive, state: str) -> None:
    async with drive(state, size=(120, 40)) as driven:
        for pane in Pane if state == "full" else (Pane.BLOCKS, Pane.JOBS):
            for action in ACTIONS:
                if action.id in {"quit", "suspend"}:  # these end or stop the test
                    continue
                driven.main.go(pane)
                driven.main.action_act(action.id)
                if action.group in {Group.WORK, Group.APP} or action.id in {"open", "filter"}:
                    await driven.pilot.pause()
                    await driven.close_dialogs()
        assert driven.app.crash is None
        assert driven.app.is_running
        assert not any("fault of this program" in notice for notice in driven.notices())


@pytest.mark.parametrize("failure", FAILURES, ids=lambda error: type(error).__name__)
async def test_a_failing_night_becomes_a_notice(drive: Drive, failure: Exception) -> None:
    def break_it(night: StubNight) -> None:
        night.failure = failure

    async with drive("full", change=break_it) as driven:
        await driven.press("j")
        for count, key in enumerate("sSuUdDr", start=1):
            driven.app.clear_notifications()  # only the newest few stay on the screen
            await driven.press(key)
            assert len(driven.night.asked) == count
            await driven.pilot.pause(0.05)  # the crash log is written off the loop
            told = [notice for notice in driven.notices() if str(failure) in notice]
            assert len(told) == 1
        await driven.pilot.pause(0.1)
        assert str(failure)[:20] in driven.text()
        assert driven.app.is_running


async def test_help_and_footer_tell_the_keys_of_the_registry(drive: Drive) -> None:
    async with drive("full", size=(120, 80)) as driven:
        await driven.press("question_mark")
        text = driven.text()
        for action in ACTIONS:
            assert show_key(action.keys[0]) in text
        await driven.press("escape")
        hints = driven.text().splitlines()[-1]
        assert hints.split()[-4:] == ["?", "help", "q", "quit"]


async def test_help_and_quit_are_always_in_the_footer(drive: Drive) -> None:
    async with drive("full") as driven:
        for width in (60, 80, 100, 120, 200):
            await driven.pilot.resize_terminal(width, 24)
            for pane in Pane:
                driven.main.go(pane)
                await driven.pilot.pause()
                hints = driven.text().splitlines()[-1]
                assert "? help" in hints
                assert "q quit" in hints
                assert "…" not in hints


@pytest.mark.parametrize("state", STATES)
async def test_no_action_that_shows_a_screen_is_marked_as_one_that_shows_nothing(
    drive: Drive, state: str
) -> None:
    for action in (each for each in ACTIONS if each.shows_nothing):
        for pane in Pane:
            async with drive(state, size=(120, 40)) as driven:
                driven.main.go(pane)
                shown = driven.app.screen_stack[:]
                await driven.act(action.id)
                await driven.rest()
                assert driven.app.screen_stack == shown, f"{action.id} in {pane}"
