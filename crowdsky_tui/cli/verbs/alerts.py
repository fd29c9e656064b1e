"""Others' calls for observations: look, take or leave them; stars of AAVSO's catalogues."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.cli.options import CommonOptions, flag, option, positional

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


class Options(CommonOptions, frozen=True, kw_only=True):
    """What every action takes."""

    action: str


class Look(Options, frozen=True, kw_only=True):
    """What `alerts look` takes."""

    source: Annotated[
        str | None,
        positional(
            "SOURCE", "one alone (all that are on)", "?", choices=("aavso", "tns", "asassn")
        ),
    ] = None


class List(Options, frozen=True, kw_only=True):
    """What `alerts list` takes."""

    state: Annotated[
        str, option(None, "those of one state", choices=("new", "taken", "ignored", "withdrawn"))
    ] = "new"
    up: Annotated[bool, flag("only what can be observed tonight")] = False


class Named(Options, frozen=True, kw_only=True):
    """What `alerts take` and `alerts ignore` take."""

    name: Annotated[str, positional("NAME", "its name, its id, or the beginning of its uid")]


class Add(Options, frozen=True, kw_only=True):
    """What `alerts add` takes."""

    words: Annotated[
        tuple[str, ...],
        positional("WORDS", "a line of a mail: name RA Dec mag; none: lines from the input", "*"),
    ] = ()


class Star(Options, frozen=True, kw_only=True):
    """What `alerts star` takes."""

    name: Annotated[str, positional("STAR", "as the VSX knows it")]


class Chart(Options, frozen=True, kw_only=True):
    """What `alerts chart` takes."""

    name: Annotated[str, positional("STAR", "as the AAVSO knows it")]
    fov: Annotated[float, option("ARCMIN", "the side of the field")] = 60.0
    faintest: Annotated[float, option("MAG", "the faintest star")] = 15.0
    file: Annotated[
        Path | None, option("FILE", "keep it for 'curves', as JSON", completes="file")
    ] = None


ACTIONS: dict[str, type[Options]] = {
    "list": List,
    "look": Look,
    "take": Named,
    "ignore": Named,
    "add": Add,
    "star": Star,
    "chart": Chart,
}
_HELP = {
    "list": "what has come, with what is said of it for tonight",
    "look": "ask the sources now",
    "take": "put it onto the list of targets",
    "ignore": "leave it",
    "add": "a line of a mail or a telegram, as an alert",
    "star": "what AAVSO's catalogue of variable stars says of one",
    "chart": "AAVSO's comparison stars around one",
}


def help_of(action: str) -> str:
    """An action in some words."""
    return _HELP[action]


async def alerts(options: Options, settings: "Settings") -> int:
    """See what others ask to be observed, and take or leave it. Nothing is taken by itself."""
    from crowdsky_tui.cli.alert_actions import AlertActions
    from crowdsky_tui.cli.output import say
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.database.database import open_database

    database, science = open_database(settings, say), Science()
    actions = AlertActions(settings, database, science)
    try:
        return await actions.run(options)
    finally:
        await actions.close()
        await science.close()
        await database.close()
