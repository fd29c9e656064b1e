"""The night's plan, by keys."""

import pytest
from driven import Drive
from stub_plan import NIGHT, SLOTS

from crowdsky_tui.night.calls.plan import DecidePlan, ExplainPlan, TakeBackDecision
from crowdsky_tui.tui.screens.plan import PlanScreen


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_list_the_blocks_and_why_are_there(drive: Drive, size: tuple[int, int]) -> None:
    async with drive("full", size=size) as driven:
        await driven.press("5")
        assert isinstance(driven.showing, PlanScreen)
        await driven.rest()
        text = driven.text()
        for seen in ("M 81", "T CrB", "SS Cyg", "again in 2.0 d", NIGHT, "S50 a349", "S30 10d5",
                     "veto: altitude: 20.5° high, needs 30.0°", "56 of 88 blocks"):  # fmt: skip
            assert seen in text, seen
        assert "█" * 20 in text and "▃" in text
        assert "esc leave" in text.splitlines()[-1] or "esc leave" in text.splitlines()[-2]
        chart = size[1] >= 40
        assert ("⠒⠒" in text) is chart, "the chart where there is room"
        assert ("░ trees" in text) is chart
        assert "~" * (6 if chart else 3) + "oooo" in text, "twilight, then the Moon"
        if chart:
            assert text.count("░") > 100 and "###" in text and "21:00" in text


async def test_the_cursor_goes_over_targets_blocks_and_scopes(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("5")
        await driven.rest()
        await driven.press(*["right"] * 10)
        assert "chosen: 0.6100 = priority" in driven.text()
        await driven.press("down", "tab")
        await driven.rest()
        asked = [each for each in driven.night.stub_calls.asked if isinstance(each, ExplainPlan)]
        assert asked[0] == ExplainPlan("u1", "S50 a349")
        assert asked[-1] == ExplainPlan("u2", "S30 10d5")


async def test_pins_skips_and_pauses_are_made_and_taken_back(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("5")
        await driven.rest()
        await driven.press("right", "p")
        await driven.rest()
        await driven.press("s")
        await driven.rest()
        await driven.press("S")
        await driven.rest()
        await driven.press("z")
        await driven.rest()
        made = [
            each.decision for each in driven.night.stub_calls.asked if isinstance(each, DecidePlan)
        ]
        assert [(each.kind, each.target, each.start) for each in made] == [
            ("pin", "u1", SLOTS[1]), ("skip", "u1", SLOTS[1]), ("skip", "u1", None),
            ("pause", "", SLOTS[1]),
        ]  # fmt: skip
        await driven.press("u")
        await driven.rest()
        back = [each for each in driven.night.stub_calls.asked
                if isinstance(each, TakeBackDecision)]  # fmt: skip
        assert back == [TakeBackDecision(made[-1].uid)]


async def test_the_night_is_handed_over_to_a_scope_only_after_a_yes(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("5")
        await driven.rest()
        await driven.press("H")
        await driven.rest()
        assert "Hand the night over to S50 a349?" in driven.text()
        await driven.press("n")
        await driven.rest()
        assert not [a for a in driven.night.stub_calls.asked if isinstance(a, DecidePlan)]
        await driven.press("H", "y")
        await driven.rest()
        [made] = [
            each.decision for each in driven.night.stub_calls.asked if isinstance(each, DecidePlan)
        ]
        assert (made.kind, made.scope, made.night) == ("hand-over", "S50 a349", NIGHT)
