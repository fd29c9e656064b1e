"""What the keys for the automatic night, the morning report and the doctor do."""

from crowdsky_tui.tui.desk import Desk


async def automatic(desk: Desk) -> None:
    """Switch the automatic night on or off."""
    from crowdsky_tui.night.calls.automatic import SwitchAutomatic

    night = desk.night
    is_on = night.store.automatic.startswith("on")
    desk.say(await night.do(SwitchAutomatic(on=not is_on)))


async def report(desk: Desk) -> None:
    """Show the morning report as it stands now."""
    from crowdsky_tui.night.calls.automatic import ShowReport
    from crowdsky_tui.tui.screens.listing import Details

    title, *lines = (await desk.night.do(ShowReport())).splitlines()
    await desk.show(Details(title, [("", line, "") for line in lines]))


async def doctor(desk: Desk) -> None:
    """Show the doctor's round."""
    from crowdsky_tui.night.calls.background import Examine
    from crowdsky_tui.tui.screens.doctor import DoctorScreen

    await desk.show(DoctorScreen(lambda: desk.night.do(Examine())))
