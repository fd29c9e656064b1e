"""The keys of the automatic night and of the morning report."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from driven import Drive
from stub_night import StubNight

from crowdsky_tui.config.automatic_settings import AutomaticSettings, PlanSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ReviewSettings
from crowdsky_tui.night.automatic.plan import AutomaticPlan
from crowdsky_tui.tui import app as app_module
from crowdsky_tui.tui.actions.overview import plan_lines
from crowdsky_tui.tui.desk_memory import DeskMemory, keep, recall
from crowdsky_tui.tui.last_look import AWAY_S, LastLook
from crowdsky_tui.tui.screens.listing import Details

PLAN = AutomaticPlan(3, 2, ("S50 M 81: 4",), 4)


async def test_a_switches_it_and_m_shows_the_report(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("a", "y")
        assert ("automatic", True) in driven.night.asked
        driven.night.store.set_automatic("on")
        await driven.press("a")
        assert ("automatic", False) in driven.night.asked
        await driven.press("m")
        assert ("report",) in driven.night.asked
        assert isinstance(driven.app.screen, Details)


async def test_it_says_what_it_will_do_before_it_begins_and_enter_begins_nothing(
    drive: Drive,
) -> None:
    async with drive("full") as driven:
        await driven.press("a")
        shown = driven.text()
        for words in (
            "are ready: 3",
            "not on the server: 2",
            "Undecided in the review: 4",
            "M 81: 4",
        ):
            assert words in shown
        await driven.press("enter")
        assert ("automatic", True) not in driven.night.asked


async def test_while_it_waits_for_the_clock_a_switches_it_off(drive: Drive) -> None:
    async with drive("full") as driven:
        driven.night.store.set_automatic("waits for the clock")
        await driven.press("a")
        assert ("automatic", False) in driven.night.asked


@pytest.mark.parametrize(
    ("undecided", "account", "words"),
    [
        ("wait", True, "4, they wait until you keep them"),
        ("send", True, "4, sent now"),
        ("send", False, "4, they wait"),
    ],
)
def test_the_question_says_what_becomes_of_what_is_undecided(
    undecided: str, account: bool, words: str
) -> None:
    automatic = AutomaticSettings(undecided=undecided, when="06:30")  # type: ignore[arg-type]
    settings = Settings(automatic=automatic, review=ReviewSettings("hold_poor"))
    text = "\n".join(plan_lines(PLAN, settings, has_account=account))
    assert words in text and "from 06:30 on" in text
    assert ("graded poor wait" in text) is account
    assert ("nothing is sent" in text) is not account
    nothing = msgspec.structs.replace(PLAN, undecided=(), undecided_count=0)
    assert "ndecided" not in "\n".join(plan_lines(nothing, settings, has_account=account))


def test_only_who_was_away_is_told(tmp_path: Path) -> None:
    now = StubNight(tmp_path).clock.now().replace(second=7)
    minute = now.replace(second=0, microsecond=0)
    look = LastLook()
    assert look.press(now, 0.0) is None  # the very first start
    assert look.press(now, AWAY_S - 1) is None
    assert look.press(now, 2 * AWAY_S - 1) == minute
    assert look.press(now, 2 * AWAY_S) is None
    keep(tmp_path, DeskMemory(looked_at=look.at))
    again = LastLook(recall(tmp_path).looked_at)
    assert again.press(now + timedelta(hours=8), 5.0) == minute


async def test_who_comes_back_is_told_once_what_was_done(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    steady = 0.0
    monkeypatch.setattr(app_module, "monotonic", lambda: steady)
    async with drive("full") as driven:
        driven.night.store.set_automatic("on")
        await driven.press("j")
        assert not any("done since" in asked for asked in driven.night.asked)
        steady = AWAY_S
        await driven.press("j", "j")
        assert [asked[0] for asked in driven.night.asked].count("done since") == 1
        assert any("4 stacked, 3 sent" in notice for notice in driven.notices())
        driven.night.store.set_automatic("off")
        steady = 2 * AWAY_S
        await driven.press("j")
        assert [asked[0] for asked in driven.night.asked].count("done since") == 1


def test_it_says_that_it_moves_telescopes_only_where_it_does() -> None:
    drives = Settings(plan=PlanSettings(execute="drive"))
    said = "\n".join(plan_lines(PLAN, drives, has_account=True))
    assert "it moves the telescopes from dusk to dawn" in said
    for others in (Settings(), msgspec.structs.replace(drives, read_only=True)):
        assert "moves" not in "\n".join(plan_lines(PLAN, others, has_account=True))
