"""What happened: the records of the nights, as lines or as NDJSON."""

import json
import os
import re
import sys
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.options import CommonOptions, Yes, flag, option, positional
from crowdsky_tui.cli.output import print_json, say
from crowdsky_tui.database.record import Record

if TYPE_CHECKING:
    from crowdsky_tui.base.clock import Clock
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.database.records import Records
    from crowdsky_tui.report.trends import Trends

LOOK_EVERY_S = 1.0
PLOT_HEIGHT = 12
DAY = "%Y-%m-%d %H:%M"
AGO = re.compile(r"(\d{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
FORMS = "Write 90m, 12h, 7d, 2026-11-28 or 2026-11-28T22:15"


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `log` takes."""

    reads_records = True

    what: Annotated[str, positional(None, nargs="?", choices=("show", "runs", "plot", "clear"))] = (
        "show"
    )
    since: Annotated[str | None, option("WHEN", "from then on: 90m, 12h, 7d, a date or a time")] = (
        None
    )
    kind: Annotated[
        tuple[str, ...],
        option("K", "only these: such as scope, focus, block or error", repeated=True),
    ] = ()
    follow: Annotated[bool, flag("go on as new ones come, until ctrl+c")] = False
    night: Annotated[
        str | None, option("RUN", "with plot: a night as 'log runs' names it (none: the newest)")
    ] = None
    target: Annotated[str | None, option("NAME", "with plot: the stacks of this target alone")] = (
        None
    )
    before: Annotated[str | None, option("DATE", "with clear: delete what is older")] = None
    yes: Yes = False


async def log(options: Options, settings: "Settings") -> int:
    """Stream the records, or plot a night of them; `clear` deletes old ones, after a question."""
    from crowdsky_tui.database.database import open_database
    from crowdsky_tui.database.records import Records

    clock = settings.make_clock()
    database = open_database(settings)
    try:
        stream = Records(database, clock)
        if options.what == "plot":
            return await _plot(options, stream, clock, settings)
        return await _ACTIONS[options.what](options, stream, clock)
    finally:
        await database.close()


async def _show(options: Options, records: "Records", clock: "Clock") -> int:
    import asyncio

    since = None if options.since is None else moment(options.since, clock.now())
    after = 0
    while True:
        async for each in records.read(since, options.kind, after, options.scope):
            after = each.seq
            sys.stdout.write(f"{_line(each, as_json=options.json)}\n")
        sys.stdout.flush()
        if not options.follow:
            if not after and not options.json:
                asked = options.kind or since or options.scope
                say("there is no such record" if asked else "no record is kept yet")
            return ExitCode.OK
        await asyncio.sleep(LOOK_EVERY_S)


async def _runs(options: Options, records: "Records", _clock: "Clock") -> int:
    found = await records.runs()
    if options.json:
        print_json({"runs": found})
    elif not found:
        say("no record is kept yet")
    for each in () if options.json else found:
        last = (
            f"{each.last:%H:%M}" if each.last.date() == each.first.date() else f"{each.last:{DAY}}"
        )
        print(f"{each.run}  {each.first:{DAY}} to {last} UTC  {each.records}")
    return ExitCode.OK


async def _plot(options: Options, records: "Records", clock: "Clock", settings: "Settings") -> int:
    """Each telescope's night, one plot for each quantity of which there are numbers."""
    from crowdsky_tui.config.scope_settings import scope_name
    from crowdsky_tui.night.calls.records import read_target, read_trends

    names = [options.scope] if options.scope else list(map(scope_name, settings.scopes))
    night, now = options.night or "", clock.now()
    found = [
        await read_target(records, name, options.target, night, now)
        if options.target
        else await read_trends(records, name, night, now)
        for name in names
    ]
    if options.json:
        print_json({"trends": found})
        return ExitCode.OK
    for each in found:
        _print_plots(each)
    if not any(series.points for each in found for series in each.series):
        raise UsageError("there is nothing to plot", "there are no records of such a night")
    return ExitCode.OK


def _print_plots(night: "Trends") -> None:
    import shutil

    from crowdsky_tui.tui.format.plot import drawn
    from crowdsky_tui.tui.format.trends import night_words, plot_of, range_words, zone_words
    from crowdsky_tui.tui.terminal.plain_glyphs import plain, wants_plain

    width = min(max(shutil.get_terminal_size().columns, 40), 200)
    poor = wants_plain("auto", os.environ.get("TERM", ""), sys.stdout.encoding or "ascii")
    for series in night.series:
        if series.points:
            title = f"{night.scope}  {series.name}  {night_words(night.run)}, {zone_words(series)}"
            words = "  ".join(filter(None, (title, range_words(series), series.note)))
            lines = (words, *drawn(plot_of(series, width), width, PLOT_HEIGHT).lines, "")
            print("\n".join(plain(line) if poor else line for line in lines))


async def _clear(options: Options, records: "Records", clock: "Clock") -> int:
    if options.before is None:
        raise UsageError("log clear needs a date", "nothing was deleted", "Add --before 2026-11-28")
    before = moment(options.before, clock.now())
    if not options.yes:
        confirm(
            f"Delete the records from before {before:%Y-%m-%d %H:%M %Z}?", "nothing was deleted"
        )
    count = await records.delete_before(before)
    if options.json:
        print_json({"deleted": count, "before": before})
    else:
        print(f"{count} record{'' if count == 1 else 's'} deleted")
    return ExitCode.OK


_ACTIONS = {"show": _show, "runs": _runs, "clear": _clear}


def moment(text: str, now: datetime) -> datetime:
    """The moment (aware) that is meant by "90m" (ago), a date or a time of this machine's.

    Raises UsageError.
    """
    try:
        if ago := AGO.fullmatch(text.strip()):
            return now - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2026-11-28"):
            found = datetime.combine(date.fromisoformat(text.strip()), time())
        return found if found.tzinfo else found.astimezone()
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is no time", "", FORMS) from error


def _line(each: Record, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(msgspec.to_builtins(each), separators=(",", ":"))
    facts = each.data.items() if isinstance(each.data, dict) else [("data", each.data)]
    told = ", ".join(f"{name} {value}" for name, value in facts if value not in ("", None))
    start = f"{each.ts:%Y-%m-%d %H:%M:%S}Z  {each.type:<6} "
    return f"{start} {f'{each.meta.source}: ' if each.meta.source else ''}{told}"
