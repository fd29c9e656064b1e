"""What the key for the night's plan does."""

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.tui.actions.archive_room import ask_remotely
from crowdsky_tui.tui.desk import Desk


async def plan(desk: Desk) -> None:
    """Show the night's plan until it is left."""
    from crowdsky_tui.night.calls.alerts import IgnoreAlert, LookForAlerts, ShowAlerts, TakeAlert
    from crowdsky_tui.night.calls.plan import DecidePlan, ExplainPlan, ShowPlan, TakeBackDecision
    from crowdsky_tui.night.calls.targets import (
        AddTarget,
        ChangeTarget,
        ImportTargets,
        ShowTarget,
    )
    from crowdsky_tui.site.place import zone_of
    from crowdsky_tui.tui.screens.alerts import AlertCalls
    from crowdsky_tui.tui.screens.plan import PlanScreen, Sources
    from crowdsky_tui.tui.screens.plan_list import ListCalls

    sources = Sources(
        lambda: desk.night.do(ShowPlan()),
        lambda uid, scope: desk.night.do(ExplainPlan(uid, scope)),
        lambda decision: desk.night.do(DecidePlan(decision)),
        lambda uid: desk.night.do(TakeBackDecision(uid)),
        AlertCalls(
            lambda: desk.night.do(ShowAlerts()),
            lambda uid: desk.night.do(TakeAlert(uid)),
            lambda uid: desk.night.do(IgnoreAlert(uid)),
            lambda: desk.night.do(LookForAlerts()),
        ),
        ListCalls(
            lambda uid: desk.night.do(ShowTarget(uid)),
            lambda what, name: desk.night.do(AddTarget(what, name)),
            lambda uid, fields: desk.night.do(ChangeTarget(uid, fields)),
            lambda path, unit, write: desk.night.do(ImportTargets(path, unit, write)),
        ),
    )
    zone, uid = zone_of(desk.night.settings), ""
    while name := await desk.show(screen := PlanScreen(sources, zone, uid)):
        uid = screen.uid
        try:
            await ask_remotely(desk, name)
        except CrowdSkyError as error:
            desk.say(str(error))
