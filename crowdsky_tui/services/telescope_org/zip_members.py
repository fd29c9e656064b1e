"""The frames of a zip from telescope.org, taken out one at a time, never more than was checked."""

import bz2
import gzip
import zipfile
import zlib
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO, cast

from crowdsky_tui.base.text import clean
from crowdsky_tui.services.telescope_org.errors import Damaged
from crowdsky_tui.services.telescope_org.picture_check import LARGEST_UNPACKED, checked_members

_PIECE = 256 * 1024
_AGAIN = "Fetch it again."
_BAD = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error)


def member_names(path: Path) -> tuple[str, ...]:
    """The names of a zip's frames, in its order. Blocks. Raises Damaged, OSError."""
    label = clean(path.name, 100)
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(one.filename for one in checked_members(archive, label))
    except _BAD as error:
        raise Damaged(f"{label} is a damaged zip", clean(error), _AGAIN) from error


def unpack_member(path: Path, name: str, folder: Path) -> Path:
    """Write one frame of a zip into a folder, as a FITS file; where it is.

    `name` is one of `member_names`; whatever else it is, nothing is written outside `folder`.
    Blocks. Raises Damaged, OSError.
    """
    label = clean(path.name, 100)
    try:
        with zipfile.ZipFile(path) as archive:
            found = [one for one in checked_members(archive, label) if one.filename == name]
            if not found:
                raise Damaged(f"{label} has no member {clean(name, 60)!r}", "", _AGAIN)
            place = PurePosixPath(name)
            packed = place.suffix.lower() in (".bz2", ".gz")
            out = folder / (place.stem if packed else place.name)
            with archive.open(found[0]) as opened, closing(_plain(opened, place)) as content:
                _copy(content, out, label)
    except _BAD as error:
        raise Damaged(f"{label} is a damaged zip", clean(error), _AGAIN) from error
    except OSError as error:  # bzip2 and gzip raise one without a number for a damaged stream
        if error.errno is not None:
            raise
        raise Damaged(f"{label} is a damaged zip", clean(error), _AGAIN) from error
    return out


def _plain(opened: IO[bytes], place: PurePosixPath) -> IO[bytes]:
    match place.suffix.lower():
        case ".bz2":
            return cast("IO[bytes]", bz2.BZ2File(opened))
        case ".gz":
            return cast("IO[bytes]", gzip.GzipFile(fileobj=opened))
    return opened


def _copy(content: IO[bytes], out: Path, label: str) -> None:
    written = 0
    with out.open("wb") as file:
        while piece := content.read(_PIECE):
            written += len(piece)
            if written > LARGEST_UNPACKED:
                raise Damaged(f"{label} is refused", "it unpacks to more than 200 MB")
            file.write(piece)
