"""The list of targets: what is to be observed, and how lists come in and go out."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from crowdsky_tui.cli.options import CommonOptions, Yes, flag, option, positional
from crowdsky_tui.plan.exporters import FORMATS
from crowdsky_tui.plan.target import FILTERS, Kind, TargetState

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


class Options(CommonOptions, frozen=True, kw_only=True):
    """What every action takes."""

    action: str


class Named(Options, frozen=True, kw_only=True):
    """An action about one target."""

    name: Annotated[
        str, positional("NAME", "in any spelling, or the beginning of its uid", completes="target")
    ]


class Add(Options, frozen=True, kw_only=True):
    """What `target add` takes."""

    what: Annotated[
        tuple[str, ...],
        positional("NAME", "M 81, T CrB, or J2000: 09 55 33 +69 03 55, 148.888 69.065", "+"),
    ]
    name: Annotated[str | None, option("NAME", "what to call it")] = None
    kind: Annotated[str, option(None, "why it is on the list", choices=tuple(Kind))] = "routine"
    priority: Annotated[int | None, option("1-5", "5 is the highest")] = None
    when: Annotated[
        tuple[str, ...],
        option("WHEN", "such as 'every 3d', 'before 2026-12-01T04:00Z', tonight", repeated=True),
    ] = ()
    filter: Annotated[str | None, option(None, choices=FILTERS)] = None
    blocks: Annotated[int | None, option("N", "blocks of a visit, 1 to 40")] = None
    notes: Annotated[str, option("TEXT", "what you want to remember")] = ""


class Set(Named, frozen=True, kw_only=True):
    """What `target set` takes."""

    fields: Annotated[
        tuple[str, ...], positional("FIELD=VALUE", "such as priority=5 'timeliness=every 3d'", "+")
    ]


class List(Options, frozen=True, kw_only=True):
    """What `target list` takes."""

    due: Annotated[bool, flag("only those that are wanted now, by what of them is proved")] = False
    state: Annotated[str | None, option(None, "only these", choices=tuple(TargetState))] = None


class Import(Options, frozen=True, kw_only=True):
    """What `target import` takes."""

    file: Annotated[Path, positional("FILE", completes="file")]
    ra: Annotated[
        str | None,
        option(None, "unit of bare right ascensions", choices=("hours", "degrees")),
    ] = None
    near: Annotated[
        bool, flag("add those, too, that are within 60 arcsec of another or share a name")
    ] = False
    dry_run: Annotated[bool, flag("say what would be done, and do nothing")] = False
    yes: Yes = False


class Export(Options, frozen=True, kw_only=True):
    """What `target export` takes."""

    format: Annotated[
        str,
        positional(None, "ours, Target Scheduler, SkySafari, seestar_alp", choices=tuple(FORMATS)),
    ]
    file: Annotated[Path | None, positional("FILE", "none: to stdout", "?", completes="file")] = (
        None
    )


ACTIONS: dict[str, type[Options]] = {
    "list": List,
    "add": Add,
    "set": Set,
    "import": Import,
    "export": Export,
    "pause": Named,
    "resume": Named,
    "done": Named,
    "rm": Named,
}
_HELP = {
    "list": "what is on the list",
    "add": "put a target on the list, by name or J2000 coordinates",
    "set": "change fields of a target",
    "import": "add another program's list, after a look at what that would do",
    "export": "write the list for another program, or ours without loss",
    "pause": "leave a target out of plans for now",
    "resume": "plan it again",
    "done": "plan it no more",
    "rm": "take a target off the list",
}


def help_of(action: str) -> str:
    """An action in some words."""
    return _HELP[action]


async def target(options: Options, settings: "Settings") -> int:
    """Look at the list or change it."""
    from crowdsky_tui.cli.output import say
    from crowdsky_tui.cli.target_book import TargetBook
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.database.database import open_database
    from crowdsky_tui.jobs.journal import Journal
    from crowdsky_tui.plan.target_list import TargetList

    database, science = open_database(settings, say), Science()
    clock = settings.make_clock()
    targets = TargetList(database, clock, say)
    book = TargetBook(targets, science, clock, _ask, Journal(settings.state_dir))
    actions: dict[type[Options], Callable[[Any], Awaitable[int]]] = {
        List: book.show,
        Add: book.add,
        Set: book.set_fields,
        Import: book.import_list,
        Export: book.export,
        Named: book.move,
    }
    try:
        return await actions[type(options)](options)
    finally:
        await science.close()
        await database.close()


def _ask(count: int) -> None:
    from crowdsky_tui.cli.confirm import confirm

    confirm(f"Write {count} targets?", "nothing was written")
