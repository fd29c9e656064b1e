"""`curves export|check`: a star's curve as a file, and an AAVSO file read strictly."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.options import CommonOptions, option, positional
from crowdsky_tui.cli.output import print_json

if TYPE_CHECKING:
    from crowdsky_tui.base.clock import Clock
    from crowdsky_tui.curves.curve import Measured, StarCurve
    from crowdsky_tui.curves.project import Effective, Project

FORMATS = ("aavso", "csv", "ecsv")
SETS = option("NAME=VALUE", "a parameter, such as fraction=0.9", repeated=True)


class OfAProject(CommonOptions, frozen=True, kw_only=True):
    """An action on a project."""

    action: str
    project: Annotated[str, positional("PROJECT")]


class Export(OfAProject, frozen=True, kw_only=True):
    """What `curves export` takes."""

    star: Annotated[str, positional("STAR")]
    file: Annotated[Path, positional("FILE", completes="file")]
    format: Annotated[str, option(None, "what kind of file", choices=FORMATS)] = "csv"
    observer: Annotated[str, option("CODE", "AAVSO: your observer code")] = ""
    chart: Annotated[str, option("ID", "AAVSO: the sequence, or words for another one")] = ""
    name: Annotated[str, option("NAME", "AAVSO: the star's name there")] = ""
    set: Annotated[tuple[str, ...], SETS] = ()


class Check(CommonOptions, frozen=True, kw_only=True):
    """What `curves check` takes."""

    action: str
    file: Annotated[Path, positional("FILE", "an AAVSO Extended file", completes="file")]


class Exported(NamedTuple):
    """What goes into the file."""

    project: "Project"
    pars: "Effective"
    measured: "Measured"
    curves: "list[StarCurve]"


def absolute(path: Path) -> Path:
    """A path as it is typed, from the present folder on."""
    return Path.cwd() / path.expanduser()


async def export(options: Export, what: Exported, clock: "Clock") -> int:
    """Write the file, whole or not at all."""
    import asyncio

    from crowdsky_tui.base.files import write_whole
    from crowdsky_tui.curves.aavso import jd_of
    from crowdsky_tui.curves.export import Report, file_text

    report = Report(observer=options.observer, chart=options.chart, name=options.name)
    project, pars, measured, curves = what
    now = jd_of(clock.now())
    text = file_text(options.format, project, measured, curves, report, pars=pars, now_jd=now)
    path = absolute(options.file)
    await asyncio.to_thread(write_whole, path, text.encode())
    count = sum(len(each.points) for each in curves)
    if options.json:
        print_json({"file": str(path), "points": count, "parameters_sha256": pars.sha256})
    else:
        print(f"{path.name}: {options.star}, {count} points")
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
