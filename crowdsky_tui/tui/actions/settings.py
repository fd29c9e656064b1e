"""What the key for the settings does: show them, and begin again with what was changed."""

from collections.abc import Sequence

from crowdsky_tui.config.editor import for_the_app
from crowdsky_tui.tui.desk import Desk
from crowdsky_tui.tui.format.values import count

RESTART_AGENT = "systemctl --user restart crowdsky-tui"


async def settings(desk: Desk) -> None:
    """Show every setting; what was changed counts from the next start, which is offered."""
    from crowdsky_tui.tui.screens.settings import SettingsScreen

    attached = not desk.night.setup.here
    changed = await desk.show(SettingsScreen(desk.book, attached=attached))
    if changed:
        await _offer_restart(desk, sorted(changed), attached=attached)


async def _offer_restart(desk: Desk, changed: Sequence[str], *, attached: bool) -> None:
    agents = [key for key in changed if attached and not for_the_app(key)]
    if agents:
        desk.say(
            f"For the agent: {', '.join(agents)}. It reads them when it starts: {RESTART_AGENT}"
        )
    if len(agents) == len(changed):
        return
    lines = [f"Changed: {', '.join(key for key in changed if key not in agents)}.",
             "What was changed counts from the next start."]  # fmt: skip
    if jobs := desk.night.unfinished():
        lines.append(f"{count(len(jobs), 'job')} under way will go on where they are.")
    if await desk.ask("Begin again with the new settings?", lines, "begin again"):
        desk.restart()
    else:
        desk.say("The new settings count from the next start")
