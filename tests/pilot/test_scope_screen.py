"""A scope in the app: its read-outs, what is asked before it is done, the picker, and insisting."""

import msgspec
import pytest
from driven import Drive
from stub_night import StubNight

from crowdsky_tui.store.store import ScopeView
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.form import Form
from crowdsky_tui.tui.screens.picker import Picker
from crowdsky_tui.tui.screens.scope import ScopeScreen


def one_scope(night: StubNight) -> None:
    """Only the telescope that is ready, so that nothing is to be chosen."""
    night.store.scopes.pop("S30 10d5")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_it_shows_how_the_scope_is(drive: Drive, size: tuple[int, int]) -> None:
    async with drive("full", size=size, change=one_scope) as driven:
        await driven.press("0")
        assert isinstance(driven.app.screen, ScopeScreen)
        text = driven.text()
        assert "S50 a349 · S50 · ready" in text
        for words in ("16 dropped (7 %)", "9 nights as last week", "-58 dBm"):
            assert words in text
        assert "go to, stack …" in text and "go to, look …" in text
        await driven.press("G")
        assert "shut down" in driven.text()
        view = driven.night.store.scopes["S50 a349"]
        driven.night.store.set_scope(ScopeView(view.name, doing="goto M 81: slewing, 40%"))
        driven.app.screen._look()
        await driven.pilot.pause()
        assert "◐ goto M 81: slewing, 40%" in driven.text()
        await driven.press("escape")
        assert driven.showing is driven.main


async def test_with_several_scopes_one_is_chosen(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("o")
        assert "S30 10d5  stalled, no answer for 40 s" in driven.text()
        await driven.press("enter")
        assert "S50 a349 · S50 · ready" in driven.text()


async def test_a_goto_is_typed_planned_and_asked_with_no_as_default(drive: Drive) -> None:
    async with drive("full", change=one_scope) as driven:
        for answer in ("enter", "y"):
            await driven.press("0", "enter")
            assert isinstance(driven.app.screen, Form)
            await driven.press(*"M31", "enter")
            assert isinstance(driven.app.screen, Confirm)
            assert "goto it" in driven.text() and "Mind: it is low" in driven.text()
            await driven.press(answer)
            assert isinstance(driven.app.screen, ScopeScreen)
            await driven.press("escape")
        asked = driven.night.asked
        plan = ("plan", "S50 a349", "goto", "M31")
        assert asked == [plan, plan, ("do", "S50 a349", "goto", "M31")]


async def test_what_moves_nothing_is_done_at_once(drive: Drive) -> None:
    async with drive("full", change=one_scope) as driven:
        await driven.press("0", "j", "j", "enter")
        assert driven.night.asked[-1] == ("do", "S50 a349", "start", "")
        assert any("start begins" in notice for notice in driven.notices())


async def test_a_refusal_is_told_and_the_screen_stays(drive: Drive) -> None:
    async with drive("full", change=one_scope) as driven:
        from stub_night import FAILURES

        driven.night.failure = FAILURES[0]
        await driven.press("0", "j", "j", "enter")
        assert any("the scope refused" in notice for notice in driven.notices())
        assert isinstance(driven.app.screen, ScopeScreen)


async def test_found_telescopes_are_marked_and_kept(drive: Drive) -> None:
    async with drive("empty") as driven:
        await driven.press("N")
        assert isinstance(driven.app.screen, Picker)
        assert driven.text().count("[x]") == 2
        assert "192.0.2.8" in driven.text()
        await driven.press("space", "enter", "down", "enter", *"/nowhere", "enter")
        assert "does not hold MyWorks" in driven.text()
        await driven.press("escape")
        assert driven.night.asked == []
        await driven.press("N", "space", "enter", "enter")
        assert driven.night.asked == [("keep", "10d50de3")]
        assert any("Used when the agent starts again" in notice for notice in driven.notices())


async def test_an_address_is_typed_asked_and_kept(drive: Drive) -> None:
    async with drive("empty") as driven:
        await driven.press("N", "t", *"no address", "enter")
        assert "this is no address" in driven.text()
        await driven.press(*["backspace"] * 10, *"192.0.2.50", "enter")
        assert driven.text().count("[x]") == 3 and "192.0.2.50" in driven.text()
        await driven.press("t", *"192.0.2.9", "enter")
        assert "Nobody answers at 192.0.2.9" in driven.text()
        assert driven.text().count("[x]") == 4
        await driven.press("r")
        assert driven.text().count("[x]") == 4, "a new search forgets what was typed"
        await driven.press("enter", "enter")
        assert driven.night.asked == [("keep", "a3490de1", "10d50de3", "77aa0001", "192.0.2.9")]


async def test_nobody_found_says_what_to_look_at(drive: Drive) -> None:
    def nobody(night: StubNight) -> None:
        setattr(night.setup, "found", ())  # noqa: B010 - of another length than the class says

    async with drive("empty", change=nobody) as driven:
        await driven.press("N", "enter")
        assert "No telescope answers" in driven.text()
        await driven.press("escape")
        assert driven.night.asked == []


async def test_the_first_start_searches_by_itself(drive: Drive) -> None:
    def first(night: StubNight) -> None:
        night.setup.first_start = True

    async with drive("empty", change=first) as driven:
        await driven.pilot.pause(0.1)
        assert isinstance(driven.app.screen, Picker)


async def test_insisting_asks_and_takes_the_selected_block(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("j", "2", "exclamation_mark")
        assert any("This block is" in notice for notice in driven.notices())
        await driven.press(*["j"] * 6, "exclamation_mark", "n", "exclamation_mark", "y")
        calls = [call for call in driven.night.asked if call[0] == "stack"]
        assert len(calls) == 1 and calls[0][-1] == "insist"


async def test_a_read_only_run_says_so_at_every_action_on_a_scope(drive: Drive) -> None:
    def looking(night: StubNight) -> None:
        one_scope(night)
        night.settings = msgspec.structs.replace(night.settings, read_only=True)

    async with drive("full", change=looking) as driven:
        for key in ("s", "S", "exclamation_mark"):
            await driven.press(key)
            assert "This run is read-only: nothing is told to a scope" in driven.notices()[-1]
        await driven.press("0")
        assert "this run is read-only" in driven.text()
        await driven.press("enter")
        assert isinstance(driven.app.screen, ScopeScreen)
        assert driven.night.asked == []
