"""A folder of frames, read into the archive: every file checked whole, none changed or moved."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.fits.messages import FileFacts
from crowdsky_tui.services.telescope_org.cache import CachedAs, named

MOST_FILES = 100_000
ENDS = (".fit", ".fits", ".fts")


class Refused(msgspec.Struct, frozen=True):
    """A file that is not taken into the archive, and why."""

    path: str
    why: str


class Indexed(msgspec.Struct, frozen=True):
    """What was found in a folder: frames that are new or changed, and what was refused."""

    frames: tuple[Frame, ...]
    unchanged: int
    refused: tuple[Refused, ...]


def files_of(folder: Path) -> Iterator[Path]:
    """The files of a folder and its folders that may be frames, by path; no link. Blocks."""
    for path in sorted(folder.rglob("*")):
        is_frame = path.suffix.lower() in ENDS or named(path.name) is not None
        if is_frame and path.is_file() and not path.is_symlink():
            yield path


class FolderIndex:
    """Reads folders; what was read before and has not changed since is not read again.

    Parameters
    ----------
    inspect
        Reads a FITS file whole. Raises FileDamaged.
    check
        Checks a picture of telescope.org. Raises FileDamaged.
    """

    def __init__(
        self,
        inspect: Callable[[Path], Awaitable[FileFacts]],
        check: Callable[[CachedAs, Path], Awaitable[None]],
        digest: Callable[[Path], str],
    ) -> None:
        self._inspect = inspect
        self._check = check
        self._digest = digest

    async def read(
        self, folder: Path, known: Iterable[Frame], tell: Callable[[int, int], None]
    ) -> Indexed:
        """Read a folder; `tell` is given how many files of how many are done.

        Raises UsageError for what is no folder, or has more files than MOST_FILES.
        """
        if not await asyncio.to_thread(folder.is_dir):
            raise UsageError(f"{clean(folder)} is no folder")
        paths = await asyncio.to_thread(lambda: list(files_of(folder.resolve())))
        if len(paths) > MOST_FILES:
            raise UsageError(f"{clean(folder)} has {len(paths)} files", f"at most {MOST_FILES}")
        before = {frame.path: frame for frame in known}
        frames, refused, unchanged = [], [], 0
        for done, path in enumerate(paths, 1):
            try:
                frame = await self._frame(path, before)
            except (CrowdSkyError, OSError) as error:
                refused.append(Refused(clean(path, 400), clean(error, 200)))
            else:
                unchanged += frame is None
                frames += [] if frame is None else [frame]
            tell(done, len(paths))
        return Indexed(tuple(frames), unchanged, tuple(refused))

    async def _frame(self, path: Path, before: Mapping[str, Frame]) -> Frame | None:
        """What a file is; None if it is as it was when it was read before."""
        status = await asyncio.to_thread(path.stat)
        written = datetime.fromtimestamp(int(status.st_mtime), UTC)
        earlier = before.get(str(path))
        if earlier and earlier.size == status.st_size and earlier.used_at == written:
            return None
        what = named(path.name)
        frame = Frame(
            source=Source.FOLDER, key=str(path), path=str(path), size=status.st_size,
            state="here", used_at=written,
        )  # fmt: skip
        if what is not None and path.parent.name == str(what.job)[1:2]:
            await self._check(what, path)
            return msgspec.structs.replace(
                frame, source=Source.REMOTE, key=what.name, adopted=True,
                target=f"J{what.job}", sha256=await asyncio.to_thread(self._digest, path),
            )  # fmt: skip
        facts = await self._inspect(path)
        header = facts.header
        return msgspec.structs.replace(
            frame,
            target=header.object_name or clean(path.stem, 80),
            at=header.date_obs,
            instrument=header.telescope,
            filter=header.filter,
            exposure_s=header.total_s or header.exposure_s,
            sha256=facts.sha256,
        )


def to_save(found: Iterable[Frame], known: Mapping[str, Frame]) -> list[Frame]:
    """Those of the found frames that are written: never over a picture that lies in our cache.

    `known` are the frames of telescope.org by key.
    """
    return [
        frame
        for frame in found
        if frame.source is not Source.REMOTE
        or (earlier := known.get(frame.key)) is None
        or earlier.adopted
        or not earlier.path
    ]
