"""The database: what it holds, a backup of it, and a backup brought back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.options import CommonOptions, flag, positional
from crowdsky_tui.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.database.database import Database

PATIENCE_S = 3600.0
"""The longest wait for an export or import."""


class Options(CommonOptions, frozen=True, kw_only=True):
    """What every action takes."""

    action: str


class Export(Options, frozen=True, kw_only=True):
    """What `database export` takes."""

    path: Annotated[Path, positional("PATH", "a new folder, or a new file that ends with .zip")]


class Import(Options, frozen=True, kw_only=True):
    """What `database import` takes."""

    path: Annotated[Path, positional("PATH", "what 'database export' wrote", completes="file")]
    dry_run: Annotated[bool, flag("say what would be added, and add nothing")] = False


ACTIONS: dict[str, type[Options]] = {"show": Options, "export": Export, "import": Import}
_HELP = {
    "show": "how many rows each table has",
    "export": "write all tables to a folder or zip file, as JSON lines",
    "import": "add what an export holds and the database does not",
}


def help_of(action: str) -> str:
    """An action in some words."""
    return _HELP[action]


async def database(options: Options, settings: "Settings") -> int:
    """Show, export or import."""
    from crowdsky_tui.database.database import open_database

    opened = open_database(settings, say)
    try:
        if isinstance(options, Export):
            return await _export(options, opened)
        if isinstance(options, Import):
            return await _import(options, opened)
        return await _show(options, opened)
    finally:
        await opened.close()


async def _show(options: Options, opened: "Database") -> int:
    from crowdsky_tui.database.exchange import count_rows

    counts = await opened.run(count_rows)
    if options.json:
        print_json({"place": opened.place, "rows": counts})
    else:
        print(opened.place)
        print_table(("table", "rows"), counts.items())
    return ExitCode.OK


async def _export(options: Export, opened: "Database") -> int:
    from crowdsky_tui.database.exchange import export_to

    path = options.path.expanduser()
    counts = await opened.run(lambda connection: export_to(connection, path), PATIENCE_S)
    if options.json:
        print_json({"path": str(path), "rows": counts})
    else:
        count = sum(counts.values())
        print(f"{path}: {count} row{'' if count == 1 else 's'}")
    return ExitCode.OK


async def _import(options: Import, opened: "Database") -> int:
    from crowdsky_tui.database.exchange import import_from

    path, dry = options.path.expanduser(), options.dry_run
    found = await opened.run(
        lambda connection: import_from(connection, path, dry_run=dry), PATIENCE_S
    )
    if options.json:
        print_json(found)
    else:
        heading = "would be added" if dry else "added"
        rows = [(table, new, found.known[table]) for table, new in found.added.items()]
        print_table(("table", heading, "there already"), rows)
    for each in found.refused:
        say(f"refused: {each}")
    return ExitCode.SOME_FAILED if found.refused else ExitCode.OK
