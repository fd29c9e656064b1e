"""The inbox of alerts, by keys, over the night's plan."""

from driven import Drive

from crowdsky_tui.night.calls.alerts import (
    AlertRow,
    IgnoreAlert,
    LookForAlerts,
    ShowAlerts,
    TakeAlert,
)
from crowdsky_tui.night.calls.plan import ShowPlan
from crowdsky_tui.tui.screens.alerts import AlertList
from crowdsky_tui.tui.screens.plan import PlanScreen


async def none() -> tuple[AlertRow, ...]:
    return ()


async def test_what_is_up_is_first_and_taken_only_by_key(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("5")
        await driven.rest()
        await driven.press("A")
        await driven.rest()
        assert isinstance(driven.showing, AlertList)
        text = driven.text()
        assert "2 alerts, 1 up tonight" in text
        assert text.index("AT 2026abc") < text.index("too faint: 16.4 > 16 mag")
        asked = driven.night.stub_calls.asked
        assert not [each for each in asked if isinstance(each, TakeAlert)]
        planned = sum(isinstance(each, ShowPlan) for each in asked)
        await driven.press("t")
        await driven.rest()
        assert [each for each in asked if isinstance(each, TakeAlert)] == [TakeAlert("a1")]
        await driven.press("down", "i")
        await driven.rest()
        assert [each for each in asked if isinstance(each, IgnoreAlert)] == [IgnoreAlert("a2")]
        await driven.press("r")
        await driven.rest()
        assert LookForAlerts() in asked
        await driven.press("escape")
        await driven.rest()
        assert isinstance(driven.showing, PlanScreen)
        assert sum(isinstance(each, ShowPlan) for each in asked) > planned, "planned again"


async def test_nothing_is_planned_again_where_nothing_was_taken(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("5")
        await driven.rest()
        driven.night.stub_calls.instead[ShowAlerts] = none
        asked = driven.night.stub_calls.asked
        await driven.press("A")
        await driven.rest()
        assert "No alert waits" in driven.text()
        planned = sum(isinstance(each, ShowPlan) for each in asked)
        await driven.press("t", "escape")
        await driven.rest()
        assert isinstance(driven.showing, PlanScreen)
        assert sum(isinstance(each, ShowPlan) for each in asked) == planned
