"""Save pictures of stacks and sub-frames: JPEG or PNG, with a title."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.options import flag, option, positional
from crowdsky_tui.cli.output import print_json, say
from crowdsky_tui.cli.picture_options import LOOK, PictureOptions, crop_of

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.fits.picture_messages import PictureFacts, PictureRequest
    from crowdsky_tui.night.night import Night


class Options(PictureOptions, frozen=True, kw_only=True):
    """What `picture` takes."""

    what: Annotated[
        tuple[str, ...],
        positional(
            "WHAT", "a FITS file; a stack or sub-frame on a scope by name; a chunk key", "+",
            completes="file",
        ),
    ]  # fmt: skip
    out: Annotated[str | None, option("FILE", "this very file, .jpg or .png", completes="file")] = (
        None
    )
    dest: Annotated[
        str | None, option("D", "folder to keep them in (storage.pictures)", completes="folder")
    ] = None
    png: Annotated[bool, flag("PNG instead of JPEG")] = False
    latest: Annotated[
        str | None, option("FILE", "the last one here too, replaced whole", completes="file")
    ] = None
    mark_saturated: Annotated[bool, flag("paint saturated pixels in magenta", group=LOOK)] = False


async def picture(options: Options, settings: "Settings") -> int:
    """Draw each file's picture; with several, what cannot be drawn is told and the rest is."""
    from crowdsky_tui.base.threads import to_its_end
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.pictures.saving import format_of

    if options.out is not None and len(options.what) > 1:
        raise UsageError("--out is one file", f"{len(options.what)} are to be drawn", "Use --dest")
    for each in filter(None, (options.out, options.latest)):
        format_of(Path(each))
    done: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        science = Science()
        stack.push_async_callback(science.close)
        request = await _request(options, settings, science)
        files = _Files(options, settings, stack)
        for what in dict.fromkeys(options.what):
            try:
                source = await files.bring(what)
                out = await to_its_end(_out, options, settings, source)
                facts = await _save(science, request, source, out, options)
            except CrowdSkyError as error:
                if len(options.what) == 1:
                    raise
                failed[clean(what)] = str(error)
                say(f"{what}: {error}")
            else:
                done.append(_document(what, out, facts))
    _print(options, done, failed)
    return ExitCode.SOME_FAILED if failed else ExitCode.OK


async def _request(options: Options, settings: "Settings", science: "Science") -> "PictureRequest":
    from crowdsky_tui.fits.messages import STRETCHES
    from crowdsky_tui.fits.picture_messages import LONGEST, PictureRequest

    return PictureRequest(
        b"",
        longest=options.size or LONGEST,
        stretch=STRETCHES.index(options.stretch),
        title=options.title,
        caption=not options.no_caption,
        north=options.north,
        mark_full=options.mark_saturated,
        crop=await crop_of(options, science, settings.make_clock().now()),
    )


def _out(options: Options, settings: "Settings", source: Path) -> Path:
    """Where the picture goes; FileInTheWay where it must not. Blocks."""
    from crowdsky_tui.fits.kept import COMPRESSED
    from crowdsky_tui.pictures.saving import file_name, free_path, refuse_taken

    if options.out is not None:
        refuse_taken(out := Path(options.out), overwrite=options.overwrite)
        return out
    stem = Path(source.name.removesuffix(COMPRESSED)).stem
    name = file_name(stem, ".png" if options.png else ".jpg")
    folder = settings.pictures if options.dest is None else Path(options.dest)
    return folder / name if options.overwrite else free_path(folder, name)


async def _save(
    science: "Science", request: "PictureRequest", source: Path, out: Path, options: Options
) -> "PictureFacts":
    from crowdsky_tui.base.threads import to_its_end
    from crowdsky_tui.pictures.saving import copy_whole, save_picture

    asked = msgspec.structs.replace(request, path=os.fsencode(source))
    facts = await save_picture(science, asked, out)
    if options.latest is not None:
        await to_its_end(copy_whole, out, Path(options.latest))
    return facts


class _Files:
    """Brings what is named to this machine; a night is opened where that takes one."""

    def __init__(self, options: Options, settings: "Settings", stack: AsyncExitStack) -> None:
        self._options, self._settings, self._stack = options, settings, stack
        self._night: Night | None = None
        self._folder: Path | None = None

    async def bring(self, what: str) -> Path:
        from crowdsky_tui.base.threads import to_its_end
        from crowdsky_tui.blocks import parse_chunk_key
        from crowdsky_tui.fits.kept import kept_file

        path = await to_its_end(kept_file, Path(what))
        if await to_its_end(path.is_file):
            return path
        if parse_chunk_key(what) is not None:
            return await self._from_server(what)
        if os.sep in what or not what.startswith(("CrowdSky_", "Light_", "Stacked_")):
            raise UsageError(f"there is no file {clean(what)}", "", "Name a FITS file")
        return await self._from_scope(what)

    async def _opened(self) -> "tuple[Night, Path]":
        from crowdsky_tui.night.night import Night

        if self._night is None or self._folder is None:
            place = tempfile.TemporaryDirectory(prefix="crowdsky-tui-")
            self._folder = Path(self._stack.enter_context(place))
            self._night = await self._stack.enter_async_context(Night(self._settings, owner=False))
        return self._night, self._folder

    async def _from_scope(self, name: str) -> Path:
        from crowdsky_tui.cli.select import look
        from crowdsky_tui.gallery.frames import files_of, frame_named

        night, folder = await self._opened()
        if not night.views.situations():
            await look(night, self._options.scope)
        source = frame_named(night, name)
        if source is None:
            raise UsageError(
                f"no scope has a stack or sub-frame {clean(name)}", "", "'blocks' lists them"
            )
        return await files_of(night).bring(source, folder)

    async def _from_server(self, key: str) -> Path:
        from crowdsky_tui.night.download import download_row
        from crowdsky_tui.progress.server_rows import stack_rows

        night, folder = await self._opened()
        rows = stack_rows(await night.listing.fresh(), {})
        found = [row for row in rows if row.chunk_key == key]
        if len(found) != 1:
            why = f"{len(found)} of your stacks have that key" if found else "the server lists none"
            raise UsageError(f"{clean(key)} names no single stack", why, "'download' fetches one")
        path, _ = await download_row(
            found[0], rows, folder, server=night.server(), archive=None, science=night.science
        )
        return path


def _document(what: str, out: Path, facts: "PictureFacts") -> dict[str, Any]:
    return {
        "picture": clean(out, 400),
        "of": clean(what, 400),
        "width": facts.width,
        "height": facts.height,
        "peak_adu": round(facts.peak, 1),
        "saturated_pixels": facts.saturated,
        "north_up": facts.turned,
    }


def _print(options: Options, done: Sequence[dict[str, Any]], failed: dict[str, str]) -> None:
    if options.json:
        print_json({"pictures": done, "failed": failed})
        return
    for each in done:
        print(each["picture"])
        if each["saturated_pixels"]:
            say(f"{each['saturated_pixels']:,} pixels are saturated")
        if options.north and not each["north_up"]:
            say("its header does not tell where north is: it is drawn as it was taken")
