"""Whether a downloaded file is a whole picture: a cube of planes, or a zip of single frames."""

import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath

from crowdsky_tui.base.text import clean, why_not_component
from crowdsky_tui.fits.messages import FileFacts
from crowdsky_tui.services.telescope_org.errors import Damaged

Inspect = Callable[[Path], Awaitable[FileFacts]]
"""Reads a FITS file whole (`compute`): its bytes, hash and header. Raises FileDamaged."""

MOST_MEMBERS = 12
LARGEST_UNPACKED = 200 * 1000**2
_PIECE = 256 * 1024
_FRAME_ENDS = (".fit", ".fits", ".fts")
_PACKED_ENDS = {".bz2": b"BZh", ".gz": b"\x1f\x8b", ".fz": b"SIMPLE  ="}
_AGAIN = "It is fetched once more; if that does not help, look at the job on the site."


def check_cube(facts: FileFacts, label: str) -> None:
    """Check a cube's header: an axis for each filter that it names. Raises Damaged."""
    header = facts.header
    if not (header.width and header.height):
        raise Damaged(f"{label} is not a picture", "its header has no axes", _AGAIN)
    planes = max(header.planes, 1)
    names = [name for name in header.filter.replace(";", ",").split(",") if name.strip()]
    if planes not in (1, 3):
        raise Damaged(f"{label} is not a picture of three colours", f"it has {planes} planes")
    if planes == 3 and names and len(names) != planes:
        raise Damaged(
            f"{label} is not as its header says", f"{planes} planes, but {len(names)} filters"
        )


def check_zip(path: Path, label: str) -> None:
    """Read every member of a zip and check its sum. Blocks. Raises Damaged, OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            left = LARGEST_UNPACKED
            for member in checked_members(archive, label):
                left = _read(archive, member, left, label)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise Damaged(f"{label} is a damaged zip", clean(error), _AGAIN) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise Damaged(f"{label} is a damaged zip", clean(error), _AGAIN) from error


def checked_members(archive: zipfile.ZipFile, label: str) -> list[zipfile.ZipInfo]:
    """The frames in a zip, none with a name that leads elsewhere. Raises Damaged."""
    members = [one for one in archive.infolist() if not one.is_dir()]
    if not 0 < len(members) <= MOST_MEMBERS:
        raise Damaged(f"{label} is not a zip of frames", f"it has {len(members)} members")
    for member in members:
        why = why_not_component(member.filename)
        if why:
            raise Damaged(f"{label} is refused", f"a member's name {why}")
        if member.external_attr >> 28 == 0o12:  # a symbolic link, as Unix zips write it
            raise Damaged(f"{label} is refused", "a member is a link")
        if _frame_start(member.filename) is None:
            raise Damaged(
                f"{label} is not a zip of frames",
                f"{clean(member.filename, 60)!r} has no name of a FITS file",
            )
    return members


def _frame_start(name: str) -> bytes | None:
    """How a member of this name has to begin; None if it is no frame's name."""
    path = PurePosixPath(name.lower())
    if path.suffix in _FRAME_ENDS:
        return b"SIMPLE  ="
    start = _PACKED_ENDS.get(path.suffix)
    return start if start and PurePosixPath(path.stem).suffix in _FRAME_ENDS else None


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, label: str) -> int:
    """Read a member to its end, where its sum is checked; how many bytes may still follow."""
    begun = False
    with archive.open(member) as opened:
        while piece := opened.read(_PIECE):
            start = _frame_start(member.filename)
            if not begun and start and not piece.startswith(start):
                raise Damaged(f"{label} is not a zip of frames", "a member is no FITS file")
            begun = True
            left -= len(piece)
            if left < 0:
                raise Damaged(f"{label} is refused", "it unpacks to more than 200 MB")
    if not begun:
        raise Damaged(f"{label} is not a zip of frames", "a member is empty")
    return left
