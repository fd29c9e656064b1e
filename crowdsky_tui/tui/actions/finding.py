"""What finding telescopes does: the first start's walk, and adding others later.

Screens are imported when they are shown: the registry is read without Textual.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.tui.desk import Desk

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.connection.discovery import Found

LATER = "N finds telescopes later, E shows every setting"
WHERE = "Where are the sub-frames?"
PLACES = ("On each telescope: its share, over the network (as usual)", "In folders mounted here")
MOUNTED = "Each telescope's folder here, the one that holds MyWorks."
ACCOUNT = (
    "The stacks go to your account at {url}. The login is tried at once, then kept in"
    " config.local.toml, which only you can read. esc skips it: i signs in later."
)


async def find_scopes(desk: Desk) -> None:
    """Search the network, keep the telescopes that the user chooses, and begin again with them.

    At the first start the account is asked for, too.
    """
    from crowdsky_tui.tui.screens.picker import Picker

    setup, account = desk.night.setup, desk.night.settings.server
    first = setup.first_start
    chosen = await desk.show(Picker(setup.find, setup.find_at))
    if not chosen:
        if first:
            desk.say(LATER)
        return
    note = await _keep(desk, chosen)
    if note is None:
        return
    if first and not (account.username and account.password):
        await _sign_in(desk)
    if not setup.here:
        desk.say(f"{note}. Used when the agent starts again")
    elif desk.night.unfinished():
        desk.say(f"{note}. Used from the next start, since work is under way now")
    else:
        desk.restart()


async def _keep(desk: Desk, chosen: "Sequence[Found]") -> str | None:
    """Ask where their sub-frames are and write them down; None if that is left."""
    from crowdsky_tui.tui.screens.choice import Choice
    from crowdsky_tui.tui.screens.form import Field, Form

    setup = desk.night.setup
    place = await desk.show(Choice(WHERE, ("Their files are read from there.",), PLACES))
    if place is None:
        return None
    if place == 0:
        return await setup.keep(chosen, {})
    labels = [clean(f"{one.model} {one.key}".strip(), 60) for one in chosen]
    typed, problem = ("",) * len(labels), ""
    while True:
        fields = [Field(label, text) for label, text in zip(labels, typed, strict=True)]
        lines = [text for text in (problem, MOUNTED) if text]
        answer = await desk.show(Form(WHERE, lines, fields, "use them"))
        if answer is None:
            return None
        typed = answer
        folders = {one.key: text for one, text in zip(chosen, typed, strict=True)}
        try:
            return await setup.keep(chosen, folders)
        except CrowdSkyError as error:
            problem = f"{error}."


async def _sign_in(desk: Desk) -> None:
    """Ask for the account until the server takes it or it is skipped."""
    from crowdsky_tui.night.calls.account import SignIn
    from crowdsky_tui.tui.screens.form import Field, Form

    name, problem = "", ""
    about = ACCOUNT.format(url=desk.night.settings.server.url)
    while True:
        lines = [text for text in (problem, about) if text]
        fields = (Field("user name or e-mail", name), Field("password", secret=True))
        form = Form("Your CrowdSky account", lines, fields, "sign in", "skip it")
        typed = await desk.show(form)
        if typed is None:
            return
        name = typed[0]
        desk.say("Signing in")
        try:
            await desk.night.do(SignIn(*typed))
        except CrowdSkyError as error:
            problem = f"{error}."
        else:
            return
