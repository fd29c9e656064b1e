"""Make a film of a target's stacks, of one night or over weeks."""

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.base.number_option import number
from crowdsky_tui.base.streams import tell_person
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.options import option, positional
from crowdsky_tui.cli.output import print_json, say
from crowdsky_tui.cli.picture_options import PictureOptions, crop_of

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.pictures.film import Film, FilmPlan, Frame

FITS = frozenset({".fit", ".fits", ".fts", ".fz"})


class Options(PictureOptions, frozen=True, kw_only=True):
    """What `film` takes."""

    what: Annotated[
        tuple[str, ...],
        positional("WHAT", "a target; or FITS files and folders of them", "+", completes="file"),
    ]
    night: Annotated[
        str | None, option("DATE", "that night alone: its evening's date, 2026-02-27")
    ] = None
    out: Annotated[
        str | None, option("FILE", "this very file, .webp or .mp4", completes="file")
    ] = None
    fps: Annotated[
        float,
        option("N", "pictures per second (4)", read=number(0.1, 60, "pictures per second")),
    ] = 4.0


async def film(options: Options, settings: "Settings") -> int:
    """Draw all stacks with the same levels, oldest first, and join them."""
    from crowdsky_tui.base.threads import to_its_end
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.pictures.film import check_film_name, make_film
    from crowdsky_tui.pictures.saving import file_name, free_path, make_folder, refuse_taken

    evening = _evening(options.night)
    async with AsyncExitStack() as stack:
        science = Science()
        stack.push_async_callback(science.close)
        paths = await to_its_end(_files, options.what)
        name = paths[0].resolve().parent.name if paths else clean(options.what[0])
        name = f"{name} {evening}" if evening else name
        if options.out is None:
            out = await to_its_end(free_path, settings.pictures, file_name(name, ".webp"))
        else:
            await to_its_end(refuse_taken, out := Path(options.out), overwrite=options.overwrite)
        check_film_name(out)
        plan = await _plan(options, settings, science)
        if paths:
            frames = await _of_files(paths, science, evening)
        else:
            frames = await _of_targets(options, settings, stack, evening)
        await to_its_end(make_folder, out.parent)
        progress = _Progress()
        try:
            made = await make_film(frames, plan, out, progress.tell)
        finally:
            progress.erase()
    _print(options, made)
    return ExitCode.SOME_FAILED if made.left_out else ExitCode.OK


async def _plan(options: Options, settings: "Settings", science: "Science") -> "FilmPlan":
    from crowdsky_tui.fits.messages import STRETCHES
    from crowdsky_tui.pictures.film import FilmPlan

    plan = FilmPlan(
        per_second=options.fps,
        stretch=STRETCHES.index(options.stretch),
        title=options.title,
        caption=not options.no_caption,
        north=options.north,
        crop=await crop_of(options, science, settings.make_clock().now()),
    )
    return plan if options.size is None else msgspec.structs.replace(plan, longest=options.size)


def _evening(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{clean(text, 40)!r} is not a date", "", "Write the evening's, as 2026-02-27"
        ) from error


def _files(what: Sequence[str]) -> list[Path]:
    """The FITS files that are named, those of folders included; none if these are targets. Blocks.

    UsageError where some are files and some are not.
    """
    paths = [Path(each) for each in what]
    there = [path for path in paths if path.exists()]
    if not there:
        return []
    if len(there) < len(paths):
        missing = next(path for path in paths if path not in there)
        raise UsageError(f"there is no file {clean(missing)}", "", "Name files, or targets")
    found: list[Path] = []
    for path in there:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [each for each in inside if each.suffix.lower() in FITS and each.is_file()]
    if not found:
        raise UsageError(f"there are no FITS files in {clean(there[0])}")
    return list(dict.fromkeys(found))


async def _of_files(
    paths: Sequence[Path], science: "Science", evening: date | None
) -> "list[Frame]":
    """The files by the time in their headers; those without come last, by name."""
    from crowdsky_tui.base.threads import to_its_end
    from crowdsky_tui.blocks.nights import night_of
    from crowdsky_tui.fits.messages import MAX_HEAD
    from crowdsky_tui.pictures.film import Frame

    dated: list[tuple[datetime, Path]] = []
    late = datetime.max.replace(tzinfo=UTC)
    for path in paths:
        try:
            when = (await science.header_facts(await to_its_end(_head, path, MAX_HEAD))).date_obs
        except (CrowdSkyError, OSError):
            when = None  # it is told when it is to be drawn
        if evening is None or (when is not None and night_of(when.astimezone()) == evening):
            dated.append((when or late, path))
    return [Frame(clean(path.name), partial(_itself, path)) for _, path in sorted(dated)]


def _head(path: Path, length: int) -> bytes:
    with path.open("rb") as file:
        return file.read(length)


async def _itself(path: Path, _folder: Path) -> Path:
    return path


async def _of_targets(
    options: Options, settings: "Settings", stack: AsyncExitStack, evening: date | None
) -> "list[Frame]":
    from crowdsky_tui.cli.select import choose, look
    from crowdsky_tui.gallery.frames import files_of, frames_of
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.pictures.film import Frame

    night = await stack.enter_async_context(Night(settings, owner=False))
    looked = await look(night, options.scope)
    targets = choose(night, options.what, options.scope, looked)
    await night.list_quietly()
    night.views.refresh()
    files = files_of(night)
    sources = frames_of(night, targets, evening)
    if len(sources) < 2:
        raise UsageError(
            "there is no film to be made", f"{len(sources)} stacks are found, and it takes two"
        )
    return [Frame(source.label, partial(files.bring, source)) for source in sources]


class _Progress:
    """A line on stderr, where that is a terminal."""

    def __init__(self) -> None:
        self._width = 0

    def tell(self, share: float, words: str) -> None:
        if sys.stderr.isatty():
            self.erase()
            line = f"{share:4.0%} {words}"[:78]
            tell_person(line, end="")
            self._width = len(line)

    def erase(self) -> None:
        if self._width:
            tell_person("\r" + " " * self._width + "\r", end="")
            self._width = 0


def _print(options: Options, made: "Film") -> None:
    for line in made.left_out:
        say(f"left out: {line}")
    if options.json:
        print_json(
            {
                "film": clean(made.path, 400),
                "pictures": made.frames,
                "width": made.width,
                "height": made.height,
                "left_out": made.left_out,
            }
        )
    else:
        print(clean(made.path, 400))
