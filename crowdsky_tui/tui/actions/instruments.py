"""What the key for the site's instruments and sensors does."""

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.tui.actions.scope import operate, plot
from crowdsky_tui.tui.desk import Desk

AS_IT_SHOULD = "as it should be"


async def instruments(desk: Desk) -> None:
    """Show the instruments, again after each thing that was wanted of one, until it is left."""
    from crowdsky_tui.night.calls.instruments import ShowInstruments
    from crowdsky_tui.night.calls.records import ShowTrends
    from crowdsky_tui.tui.screens.instruments import InstrumentsScreen, Sources, Wish

    sources = Sources(
        lambda look: desk.night.do(ShowInstruments(look)),
        lambda name: desk.night.do(ShowTrends(name)),
    )
    name = ""
    while True:
        wish = await desk.show(InstrumentsScreen(sources, name))
        if not isinstance(wish, Wish):
            return
        name = wish.name
        try:
            await _grant(desk, wish.what, name)
        except CrowdSkyError as error:
            desk.say(str(error))


async def _grant(desk: Desk, what: str, name: str) -> None:
    if what == "plots":
        await plot(desk, name)
    elif what == "trouble":
        await _trouble(desk, name)
    elif name in desk.night.store.scopes:
        await operate(desk, name)
    else:
        desk.say(f"{name} has no screen of its own")


async def _trouble(desk: Desk, sensor: str) -> None:
    """Ask what shall happen to a sensor of the demo, and do it."""
    from crowdsky_tui.night.calls.instruments import TroubleSensor
    from crowdsky_tui.simulator.sensors.troubles import TROUBLES
    from crowdsky_tui.tui.screens.choice import Choice

    troubles = ("", *TROUBLES)
    answers = [f"{each}: {TROUBLES[each]}" if each else AS_IT_SHOULD for each in troubles]
    lines = ["A sensor of the demo: watch what the verdict makes of it."]
    chosen = await desk.show(Choice(sensor, lines, answers, usual=1))
    if isinstance(chosen, int):
        desk.say(await desk.night.do(TroubleSensor(sensor, troubles[chosen])))
