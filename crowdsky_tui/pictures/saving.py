"""Pictures of the user's in a folder: whole under their name, or not there."""

import os
from pathlib import Path

import msgspec

from crowdsky_tui.base.absent_disk import make_folders
from crowdsky_tui.base.errors import CannotWrite, FileInTheWay, UsageError
from crowdsky_tui.base.files import move_whole, write_whole
from crowdsky_tui.base.text import clean, why_not_component
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.picture_messages import FORMATS, PictureFacts, PictureRequest

PART = ".part"
MOST_NAMES = 999
ELSEWHERE = "Make room there, or name another folder"


def file_name(title: str, suffix: str) -> str:
    """A file's name after what it shows: what may not be in a name becomes a `_`."""
    allowed = "".join(char if char.isalnum() or char in " .+-_" else "_" for char in title)
    name = allowed.strip(" .-_")[:100] or "picture"
    return f"{name}{suffix}" if not why_not_component(f"{name}{suffix}") else f"picture{suffix}"


def free_path(folder: Path, name: str) -> Path:
    """`name` in this folder, or the first of `name-2`, `name-3`, … that is not taken. Blocks."""
    path = folder / name
    for number in range(2, MOST_NAMES):
        if not os.path.lexists(path):
            return path
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    raise FileInTheWay(f"{clean(folder)} has {MOST_NAMES} files of that name", "", "Name another")


def refuse_taken(path: Path, *, overwrite: bool) -> None:
    """Raise FileInTheWay where something is that must not be overwritten. Blocks."""
    if os.path.lexists(path) and not (overwrite and path.is_file()):
        raise FileInTheWay(
            f"{clean(path)} is there already",
            "nothing was written",
            "Add --overwrite, or name another",
        )


def format_of(path: Path) -> str:
    """How a picture of this name is written. UsageError for another suffix."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"{clean(path.name)} is no name of a picture", "", f"It ends in {', '.join(FORMATS)}"
        )
    return FORMATS[path.suffix.lower()]


def make_folder(folder: Path) -> None:
    """Make a folder with what is above it. Raises CannotWrite. Blocks."""
    try:
        make_folders(folder, 0o700)
    except OSError as error:
        raise CannotWrite(
            f"{clean(folder)} cannot be made", clean(error.strerror or error), ELSEWHERE
        ) from error


def part_of(path: Path) -> Path:
    """Where a file lies until it is whole."""
    return path.with_name(path.name + PART)


def finish(path: Path) -> None:
    """Give what is whole its name. Raises CannotWrite. Blocks."""
    try:
        move_whole(part_of(path), path)
    except OSError as error:
        raise CannotWrite(
            f"{clean(path.name)} cannot be written", clean(error.strerror or error), ELSEWHERE
        ) from error


def copy_whole(source: Path, path: Path) -> None:
    """Put a copy of a file at `path`, in the place of what is there. Raises CannotWrite. Blocks."""
    try:
        write_whole(path, source.read_bytes())
    except OSError as error:
        raise CannotWrite(
            f"{clean(path.name)} cannot be written", clean(error.strerror or error), ELSEWHERE
        ) from error


async def save_picture(science: Science, request: PictureRequest, path: Path) -> PictureFacts:
    """Draw what is asked for into the file `path`, mode 0600; what is there is replaced.

    Raises FileDamaged for what makes no picture, CannotWrite, UsageError for another suffix.
    """
    asked = msgspec.structs.replace(request, out=os.fsencode(part_of(path)), form=format_of(path))
    await to_its_end(make_folder, path.parent)
    try:
        facts = await science.picture(asked)
        await to_its_end(finish, path)
    finally:
        await to_its_end(part_of(path).unlink, missing_ok=True)
    return facts
