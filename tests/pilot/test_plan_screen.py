"""The night's plan, by keys."""

import pytest
import stub_plan
from driven import Drive
from stub_plan import NIGHT, SLOTS

from crowdsky_tui.night.calls.plan import DecidePlan, ExplainPlan, ShowPlan, TakeBackDecision
from crowdsky_tui.night.calls.targets import AddTarget, ChangeTarget, ImportTargets
from crowdsky_tui.plan.plan_view import PlanView
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


async def begun() -> PlanView:
    return stub_plan.begun()


async def test_what_became_of_each_block_is_on_the_ribbon_with_its_reason(drive: Drive) -> None:
    async with drive("full") as driven:
        driven.night.stub_calls.instead[ShowPlan] = begun
        await driven.press("5")
        await driven.rest()
        ribbon = next(line for line in driven.text().splitlines() if "S50 a349  " in line)
        assert "x-" in ribbon
        await driven.press("right", "right")
        assert "M 81 missed, not safe: clouds" in driven.text()
        await driven.press("right")
        assert "T CrB skipped, skipped by you" in driven.text()


async def test_what_is_observed_now_is_left_by_a_key_and_nothing_else_is(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("5")
        await driven.rest()
        await driven.press("n")
        await driven.rest()
        assert not [a for a in driven.night.stub_calls.asked if isinstance(a, DecidePlan)]
        driven.night.stub_calls.instead[ShowPlan] = begun
        await driven.press("r")
        await driven.rest()
        await driven.press("n")
        await driven.rest()
        [made] = [a.decision for a in driven.night.stub_calls.asked if isinstance(a, DecidePlan)]
        assert (made.kind, made.target, made.scope, made.start) == ("skip", "u1", "S50 a349", None)


async def test_a_target_is_added_changed_and_preferred_by_keys(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("5")
        await driven.rest()
        await driven.press("plus")
        await driven.rest()
        await driven.press("a")
        await driven.rest()
        await driven.press(*"M82", "enter", "enter")
        await driven.rest()
        await driven.press("e")
        await driven.rest()
        await driven.press("backspace", "5", *["enter"] * 8)
        await driven.rest()
        asked = driven.night.stub_calls.asked
        changes = [a for a in asked if isinstance(a, AddTarget | ChangeTarget)]
        assert changes == [
            ChangeTarget("u1", ("priority=3",)),
            AddTarget("M82"),
            ChangeTarget("u1", ("priority=5",)),
        ]


async def test_a_file_is_taken_over_only_after_a_look_and_a_yes(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("5")
        await driven.rest()
        for answer in ("n", "y"):
            await driven.press("i")
            await driven.rest()
            await driven.press(*"x.csv", "enter", "enter")
            await driven.rest()
            assert "Write 2 targets?" in driven.text() and "line 4: no place" in driven.text()
            await driven.press(answer)
            await driven.rest()
        asked = [a for a in driven.night.stub_calls.asked if isinstance(a, ImportTargets)]
        assert [each.write for each in asked] == [False, False, True]
        assert all(each.path.endswith("/x.csv") for each in asked)


async def test_where_there_is_no_room_the_chart_comes_and_goes_by_a_key(drive: Drive) -> None:
    async with drive("full", size=(80, 24)) as driven:
        await driven.press("5")
        await driven.rest()
        assert "░" not in driven.text()
        await driven.press("c")
        await driven.rest()
        assert driven.text().count("░") > 40 and "M 81" in driven.text()
        await driven.press("c")
        await driven.rest()
        assert "░" not in driven.text() and "SS Cyg" in driven.text()
