"""`curves export|check`: a star's curve as a file, and an AAVSO file read strictly."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.options import CommonOptions, option, positional
from crowdsky_tui.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from crowdsky_tui.base.clock import Clock
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.curves.export_files import Exported

FORMATS = ("aavso", "csv", "ecsv", "etd", "vsnet", "bav", "parquet", "hats")
SETS = option("NAME=VALUE", "a parameter, such as fraction=0.9", repeated=True)


class OfAProject(CommonOptions, frozen=True, kw_only=True):
    """An action on a project."""

    action: str
    project: Annotated[str, positional("PROJECT", completes="project")]


class Export(OfAProject, frozen=True, kw_only=True):
    """What `curves export` takes."""

    star: Annotated[str, positional("STAR", "or all, for parquet and hats", completes="star")]
    file: Annotated[Path, positional("FILE", completes="file")]
    format: Annotated[str, option(None, "what kind of file", choices=FORMATS)] = "csv"
    observer: Annotated[str, option("CODE", "AAVSO, VSNET, BAV: your observer code")] = ""
    chart: Annotated[
        str, option("ID", "AAVSO: the sequence (the field's own, from the VSP), or words for it")
    ] = ""
    name: Annotated[str, option("NAME", "AAVSO, VSNET, BAV: the star's name there")] = ""
    set: Annotated[tuple[str, ...], SETS] = ()


class Check(CommonOptions, frozen=True, kw_only=True):
    """What `curves check` takes."""

    action: str
    file: Annotated[Path, positional("FILE", "an AAVSO Extended file", completes="file")]


class Diff(CommonOptions, frozen=True, kw_only=True):
    """What `curves diff` takes."""

    action: str
    first: Annotated[Path, positional("FILE", "an export as text", completes="file")]
    second: Annotated[Path, positional("FILE2", "another one", completes="file")]


def absolute(path: Path) -> Path:
    """A path as it is typed, from the present folder on."""
    return Path.cwd() / path.expanduser()


async def export(options: Export, what: "Exported", science: "Science", clock: "Clock") -> int:
    """Write the file, whole or not at all."""
    from crowdsky_tui.curves.aavso import jd_of
    from crowdsky_tui.curves.export import Report
    from crowdsky_tui.curves.export_files import write_curves

    report = Report(observer=options.observer, chart=options.chart, name=options.name)
    path = absolute(options.file)
    now = jd_of(clock.now())
    done = await write_curves(what, options.format, path, report, now_jd=now, science=science)
    for each in done.left_out:
        say(f"left out: {each}")
    if options.json:
        print_json(
            {
                "file": str(path),
                "points": done.points,
                "left_out": done.left_out,
                "parameters_sha256": what.pars.sha256,
            }
        )
    else:
        kind = "minima" if options.format == "bav" else "points"
        print(f"{path.name}: {options.star}, {done.points} {kind}")
    return ExitCode.OK


async def check(options: Check, clock: "Clock") -> int:
    """Read an AAVSO file as strictly as the AAVSO does."""
    import asyncio

    from crowdsky_tui.curves.aavso import check_file, jd_of

    path = absolute(options.file)
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read", error.strerror or "") from error
    text = content.decode("utf-8", "replace")
    refused = check_file(text, now_jd=jd_of(clock.now()))
    if options.json:
        print_json({"refused": refused})
    else:
        print("\n".join(map(str, refused)) or "every line would be taken")
    return ExitCode.SOME_FAILED if refused else ExitCode.OK


async def diff(options: Diff) -> int:
    """Tell what differs between two exports."""
    import asyncio

    from crowdsky_tui.curves.export_diff import difference, read_export

    first, second = [
        await asyncio.to_thread(read_export, absolute(path))
        for path in (options.first, options.second)
    ]
    found = difference(first, second)
    if options.json:
        print_json({"difference": found, "same": found.none})
        return ExitCode.OK
    print_table(
        ("", options.first.name, options.second.name),
        [(each.name, each.first or "–", each.second or "–") for each in found.changes],
    )
    if found.none:
        print("nothing differs")
    elif first.points and second.points:
        most = "" if found.largest_mag is None else f", by {found.largest_mag:.4f} mag at most"
        print(
            f"points: {found.only_first} only in the first, {found.only_second} only in the "
            f"second, {found.changed} changed{most}"
        )
    return ExitCode.OK
