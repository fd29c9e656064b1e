"""What the keys for the automatic night, dashboard, report, doctor and horizon do."""

from datetime import datetime
from typing import TYPE_CHECKING

from crowdsky_tui.store.store import ServerState
from crowdsky_tui.tui.desk import Desk

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.night.automatic.plan import AutomaticPlan

WHEN = {
    "idle": "It works whenever a telescope does not observe.",
    "dawn": "It works from dawn to dusk.",
}
PLAN = {
    "drive": "It observes the plan (plan.execute): it moves the telescopes from dusk to dawn.",
}
NEW_STACKS = {
    "off": "New stacks are sent without a look (review.mode).",
    "hold_poor": "New stacks that are graded poor wait in the review.",
    "all": "New stacks wait in the review until you keep them.",
}


async def automatic(desk: Desk) -> None:
    """Switch the automatic night off, or on after saying what it will do."""
    from crowdsky_tui.night.calls.automatic import PlanAutomatic, SwitchAutomatic

    night = desk.night
    if night.store.automatic != "off":
        desk.say(await night.do(SwitchAutomatic(on=False)))
        return
    has_account = night.store.server.state is not ServerState.NO_ACCOUNT
    lines = plan_lines(await night.do(PlanAutomatic()), night.settings, has_account=has_account)
    if await desk.ask("Begin the automatic night?", lines, "begin"):
        desk.say(await night.do(SwitchAutomatic(on=True)))


def plan_lines(plan: "AutomaticPlan", settings: "Settings", *, has_account: bool) -> list[str]:
    """What the automatic night will do, before it is switched on."""
    when = settings.automatic.when
    lines = [WHEN.get(when, f"It works from {when} on, on the telescope's clock.")]
    if settings.plan.execute != "off" and not settings.read_only:
        lines.append(PLAN[settings.plan.execute])
    lines.append(f"Blocks that are ready: {plan.ready}, stacked now, as later ones will be.")
    if has_account:
        lines.append(f"Stacks that are decided and not on the server: {plan.decided}, sent now.")
        lines.append(NEW_STACKS[settings.review.mode])
    else:
        lines.append("There is no CrowdSky account here: stacks are fetched, nothing is sent.")
    if plan.undecided_count:
        sent = settings.automatic.undecided == "send" and has_account
        what = "sent now (automatic.undecided)" if sent else "they wait until you keep them (v)"
        lines.append(f"Undecided in the review: {plan.undecided_count}, {what}:")
        lines += [f"  {line}" for line in plan.undecided]
    return lines


async def done_since(desk: Desk, since: datetime) -> None:
    """Say what the automatic night did since the user last looked; nothing while it is off."""
    from crowdsky_tui.night.calls.automatic import ShowDone

    if desk.night.store.automatic != "off":
        done = await desk.night.do(ShowDone(since))
        desk.say(f"Automatic night, since {since:%d %b %H:%M} UTC: {done}")


async def report(desk: Desk) -> None:
    """Show the morning report as it stands now."""
    from crowdsky_tui.night.calls.automatic import ShowReport
    from crowdsky_tui.tui.screens.listing import Details

    title, *lines = (await desk.night.do(ShowReport())).splitlines()
    await desk.show(Details(title, [("", line, "") for line in lines]))


async def dashboard(desk: Desk) -> None:
    """Show the night on one screen until it is left."""
    from crowdsky_tui.night.calls.alerts import ShowAlerts
    from crowdsky_tui.night.calls.plan import ShowPlan
    from crowdsky_tui.tui.screens.dashboard import DashboardScreen

    night = desk.night
    await desk.show(
        DashboardScreen(
            night,
            lambda: night.do(ShowPlan()),
            desk.queue_left,
            lambda: night.do(ShowAlerts()),
        )
    )


async def horizon(desk: Desk) -> None:
    """Show the site's horizon under the selected target's way tonight, and let it be drawn."""
    from crowdsky_tui.night.calls.site import KeepHorizon, ShowHorizon
    from crowdsky_tui.tui.screens.horizon import HorizonScreen

    target = desk.target()
    name = "" if target is None else target.key.name
    note = await desk.show(
        HorizonScreen(
            lambda: desk.night.do(ShowHorizon(name)),
            lambda outlines: desk.night.do(KeepHorizon(outlines)),
        )
    )
    if note:
        desk.say(note)


async def doctor(desk: Desk) -> None:
    """Show the doctor's round."""
    from crowdsky_tui.night.calls.background import Examine
    from crowdsky_tui.tui.screens.doctor import DoctorScreen

    await desk.show(DoctorScreen(lambda: desk.night.do(Examine())))
