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
    if what == "place":
        await _place(desk)
    elif what == "plots":
        await plot(desk, name)
    elif what == "picture":
        await _picture(desk, name)
    elif what == "trouble":
        await _trouble(desk, name)
    elif name in desk.night.store.scopes:
        await operate(desk, name)
    else:
        desk.say(f"{name} has no screen of its own")


async def _picture(desk: Desk, name: str) -> None:
    """Show the newest picture of an instrument until it is left."""
    from crowdsky_tui.night.calls.newest_picture import DrawPicture, FindNewestPicture
    from crowdsky_tui.tui.format.instruments import age_words
    from crowdsky_tui.tui.screens.one_picture import OnePictureScreen

    newest = await desk.night.do(FindNewestPicture(name))
    if newest is None:
        desk.say(f"There is no picture of {name} yet")
        return
    age_s = (desk.night.clock.now() - newest.at).total_seconds()
    words = f"{name}: {newest.words}, begun {age_words(age_s)}"
    await desk.show(
        OnePictureScreen(
            words,
            lambda width, height: desk.night.do(DrawPicture(name, newest.name, width, height)),
        )
    )


async def _place(desk: Desk) -> None:
    """Ask a telescope or the GPS for the place, and keep it if its owner agrees."""
    from crowdsky_tui.night.calls.place import GPS, KeepProposedPlace, ProposePlace
    from crowdsky_tui.tui.screens.choice import Choice

    if desk.night.settings.read_only:
        desk.say("The place is not asked for: this run is read-only")
        return
    sources = [name for name, view in desk.night.store.scopes.items() if view.state.usable]
    sources += [GPS] if desk.night.settings.site.gps else []
    if not sources:
        desk.say("No telescope is in reach, and there is no GPS in the settings (site.gps)")
        return
    lines = ["The place is shown rounded, never logged, never sent; it is kept if you agree."]
    chosen = await desk.show(Choice("Who is asked for the place?", lines, sources))
    if not isinstance(chosen, int):
        return
    source = sources[chosen]
    desk.say(f"Asking {source} where it stands …")
    told = await desk.night.do(ProposePlace(source))
    question = [f"{source} stands at about {told} (shown rounded).", "Sun, Moon and horizon use it"
                " from now on; it stays on this machine."]  # fmt: skip
    if await desk.ask("Keep this place in your settings?", question, "keep it"):
        desk.say(await desk.night.do(KeepProposedPlace(source)))


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
