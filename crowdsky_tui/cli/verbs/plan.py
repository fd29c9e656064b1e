"""Tonight's plan: which target on which telescope when, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.cli.options import CommonOptions, Yes, flag, option, positional

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


class Options(CommonOptions, frozen=True, kw_only=True):
    """What every action takes."""

    action: str
    night: Annotated[
        str | None, option("DATE", "the night that begins on this evening (the coming one)")
    ] = None


class Why(Options, frozen=True, kw_only=True):
    """What `plan why` takes."""

    name: Annotated[
        str,
        positional("TARGET", "in any spelling, or the beginning of its uid", completes="target"),
    ]
    at: Annotated[str | None, option("HH:MM", "only the block that begins then")] = None


class Slot(Options, frozen=True, kw_only=True):
    """What `plan slot` takes."""

    at: Annotated[str, positional("HH:MM", "when the block begins")]


class Pin(Options, frozen=True, kw_only=True):
    """What `plan pin` takes."""

    name: Annotated[
        str,
        positional("TARGET", "in any spelling, or the beginning of its uid", completes="target"),
    ]
    at: Annotated[str, positional("HH:MM", "when the block begins")]


class Skip(Options, frozen=True, kw_only=True):
    """What `plan skip` takes."""

    name: Annotated[
        str,
        positional("TARGET", "in any spelling, or the beginning of its uid", completes="target"),
    ]
    at: Annotated[str | None, positional("HH:MM", "none: the whole night", "?")] = None


class RunAgain(Options, frozen=True, kw_only=True):
    """What `plan run` takes."""

    drive: Annotated[bool, flag("tonight each telescope is told step by step")] = False
    hand_over: Annotated[
        bool, flag("tonight each telescope gets the night as a plan of its own")
    ] = False
    dry_run: Annotated[bool, flag("say what would be done, and do nothing")] = False


class Export(Options, frozen=True, kw_only=True):
    """What `plan export` takes."""

    file: Annotated[Path, positional("FILE", completes="file")]
    author: Annotated[str, option("NAME", "who has made it")] = ""
    with_place: Annotated[bool, flag("tell the site's coordinates, too")] = False


class Import(Options, frozen=True, kw_only=True):
    """What `plan import` takes."""

    file: Annotated[Path, positional("FILE", completes="file")]
    fit: Annotated[
        bool, flag("plan it for this site, too: what the others leave uncovered and you can see")
    ] = False
    near: Annotated[
        bool, flag("add those, too, that are within 60 arcsec of another or share a name")
    ] = False
    dry_run: Annotated[bool, flag("say what would be done, and do nothing")] = False
    yes: Yes = False


ACTIONS: dict[str, type[Options]] = {
    "tonight": Options,
    "why": Why,
    "slot": Slot,
    "pin": Pin,
    "skip": Skip,
    "next": Options,
    "run": RunAgain,
    "stop": Options,
    "pause": Options,
    "resume": Options,
    "export": Export,
    "import": Import,
}
_HELP = {
    "tonight": "the night as it would be observed, by telescope",
    "why": "why a target has its blocks, or has none, with the numbers that decided",
    "slot": "all targets for one block, the best first",
    "pin": "give a block to a target, whatever else is planned (with --scope: on that one)",
    "skip": "leave a target out of a block, or of the night",
    "next": "leave what --scope, or each scope, observes now, for the rest of the night",
    "run": "let the plan be observed again tonight after 'stop' or 'pause'; pins and skips stay",
    "stop": "end what the plan observes now and begin nothing more tonight, on --scope or on all",
    "pause": "plan nothing more in that night, on --scope or on all",
    "resume": "take back pauses, pins and skips of that night (with --scope: that one's)",
    "export": "write list and plan for friends, as JSON",
    "import": "take a friend's list over as drafts, after a look at what that would do",
}


def help_of(action: str) -> str:
    """An action in some words."""
    return _HELP[action]


async def plan(options: Options, settings: "Settings") -> int:
    """Plan the night and show it. Nothing is told to a telescope."""
    from crowdsky_tui.cli.night_planner import NightPlanner
    from crowdsky_tui.cli.output import say
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.database.database import open_database
    from crowdsky_tui.jobs.journal import Journal

    database, science = open_database(settings, say), Science()
    planner = NightPlanner(settings, database, science, Journal(settings.state_dir))
    try:
        if isinstance(options, Why):
            return await planner.why(options)
        if isinstance(options, Slot):
            return await planner.slot(options)
        if isinstance(options, Pin | Skip):
            return await planner.decide(options)
        if isinstance(options, Import):
            return await planner.import_file(options, _ask)
        if isinstance(options, RunAgain):
            return await planner.run(options)
        if options.action in ("stop", "pause", "resume"):
            return await planner.pause(options)
        if isinstance(options, Export):
            return await planner.export(options)
        other = planner.leave_present if options.action == "next" else planner.show
        return await other(options)
    finally:
        await science.close()
        await database.close()


def _ask(count: int) -> None:
    from crowdsky_tui.cli.confirm import confirm

    confirm(f"Write {count} targets?", "nothing was written")
