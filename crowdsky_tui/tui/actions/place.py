"""Asks once, before the first upload, whether coordinates are taken out of what is sent."""

from crowdsky_tui.store.store import ServerState
from crowdsky_tui.tui.desk import Desk

TITLE = "Before the first upload"
QUESTION = (
    "Each file names the place where it was taken, and everybody with an API key can",
    "download what you send. This is asked once; upload.scrub_location changes it.",
)
ANSWERS = ("Take the coordinates out of what is sent (as usual)", "Leave them in")


async def place_settled(desk: Desk) -> bool:
    """True once the user has said; False if nothing is to be sent now."""
    from crowdsky_tui.night.calls.account import KeepPlace, ScrubDecided

    no_account = desk.night.store.server.state is ServerState.NO_ACCOUNT
    if no_account or await desk.night.do(ScrubDecided()):
        return True
    from crowdsky_tui.tui.screens.choice import Choice

    answer = await desk.show(Choice(TITLE, QUESTION, ANSWERS))
    if answer is None:
        return False
    desk.say(await desk.night.do(KeepPlace(scrub=answer == 0)))
    return True
