"""A telescope's files behind one small protocol.

Paths are relative to the data root and use `/`: `MyWorks/M 81_sub/Light_….fit`. A *share* (SMB, or
the same tree mounted as a folder) knows exact sizes and can rename and delete; HTTP only reads.
"""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from crowdsky_tui.base.errors import NotFoundOnScope, UsageError
from crowdsky_tui.base.text import clean, path_component, why_not_component

MY_WORKS = "MyWorks"
CHUNK_BYTES = 256 * 1024

Progress = Callable[[int, int], None]


class RemoteFile(msgspec.Struct, frozen=True):
    """One file in a folder. `size` is in bytes, rounded to KiB where `exact` is False."""

    name: str
    size: int
    modified: datetime | None = None
    exact: bool = True


Listing = list[RemoteFile]
Names = list[str]  # (a class with a method `list` cannot name the type in its body)


class Reader(Protocol):
    """Something that reads files: all of these raise NotFoundOnScope or ScopeUnreachable."""

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`, fewer only where the file ends."""
        ...

    def stream(self, path: str, start: int) -> AsyncGenerator[bytes, None]:
        """The file from `start` to its end, in pieces."""
        ...

    def move_to(self, host: str) -> None:
        """The telescope has another address now; nothing to do where it is not reached by one."""
        ...

    async def close(self) -> None:
        """Let go of the connection; the next read opens another."""


class Share(Reader, Protocol):
    """A reader that also lists, renames and deletes.

    `list` and `folders` give what may be part of a path, `list_all` and `all_folders` the rest too.
    """

    async def list(self, folder: str) -> Listing:
        """The files of `folder` whose names may be part of a path."""

    async def list_all(self, folder: str) -> Listing:
        """Every file of `folder`, whatever it is called."""

    async def folders(self) -> Names:
        """The names of the folders in MyWorks that may be part of a path."""

    async def all_folders(self) -> Names:
        """The names of all folders in MyWorks."""

    def refuses(self, name: str) -> str:
        """Why this share can hold no file of `name`; empty where it can."""

    async def size(self, path: str) -> int:
        """The size of the file at `path`, in bytes."""

    async def rename(self, old: str, new: str) -> None:
        """Give the file at `old` the path `new`, which must be free."""

    async def make_folder(self, folder: str) -> None:
        """Make `folder` where it does not exist yet."""

    async def delete(self, path: str) -> None:
        """Delete the file at `path`."""

    async def create(self, path: str, content: bytes) -> None:
        """Write a new file; it fails where `path` exists."""

    async def replace(self, path: str, content: bytes) -> None:
        """Write a file, whole or not at all, over what may be there."""


class ScopeFiles(Protocol):
    """All that services and jobs do with a telescope's files.

    A path is relative to the share, with `/`: `MyWorks/M 81/…`. All of it may raise
    ScopeUnreachable, whatever reads a path NotFoundOnScope, whatever takes one UsageError.
    """

    async def list(self, folder: str) -> Listing:
        """Files in a folder such as `MyWorks/M 81`, by name; some names may be of no use."""
        ...

    async def folders(self) -> Names:
        """Names of the folders below MyWorks; some may be of no use as a path."""
        ...

    def refuses(self, name: str) -> str:
        """Why a folder or file of this name cannot be reached by the share; empty if it can."""
        ...

    async def size(self, path: str) -> int:
        """The size in bytes, as it is now: listings may round it (`RemoteFile.exact`)."""
        ...

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`, fewer only where the file ends."""
        ...

    async def download(self, path: str, dest: Path, progress: Progress | None = None) -> int:
        """Fetch a whole file to `dest` (through `dest.part`) and return its size in bytes.

        `progress` is told (bytes so far, bytes in all). Raises FileDamaged or DiskFull besides.
        """
        ...

    async def sha256(self, path: str) -> str:
        """The hash of a whole file, read anew and not by the way that downloads try first."""
        ...

    async def rename(self, old: str, new: str) -> None:
        """Rename within the share; FileInTheWay if `new` exists: nothing is overwritten."""
        ...

    async def make_folder(self, folder: str) -> None:
        """Make a folder, and those above it; one that is there already is fine."""
        ...

    async def delete(self, path: str) -> None:
        """Delete one file; one that is not there is fine. Wildcards are refused."""
        ...

    async def read_share(self, path: str, start: int, length: int) -> bytes:
        """`read_range` by the share only, so that what was written a moment ago is seen."""
        ...

    async def create(self, path: str, content: bytes) -> None:
        """Make a small file, and its folder; FileInTheWay for all but the first who does."""
        ...

    async def replace(self, path: str, content: bytes) -> None:
        """Write a small file, and its folder, whole or not at all, over what was there."""
        ...

    def move_to(self, host: str) -> None:
        """Reach it at `host`, a name or an address, from the next read on."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""


def safe_parts(path: str) -> list[str]:
    """The components of a relative path; UsageError if one of them may not be part of a path."""
    try:
        return [path_component(part) for part in path.split("/")]
    except ValueError as error:
        raise UsageError("this is not a path on the telescope", str(error)) from error


def is_safe_name(name: str) -> bool:
    """Whether a name found on a telescope may be used as a path's component."""
    return not why_unsafe(name)


def usable(files: Listing) -> Listing:
    """The files whose names may be part of a path, in the same order."""
    return [file for file in files if is_safe_name(file.name)]


def why_unsafe(name: str) -> str:
    """Why such a name must not be used: "holds a path separator"; empty if it may."""
    return why_not_component(name)


def moment_of(seconds: float) -> datetime | None:
    """A file's time (Unix, s) as aware UTC; None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def not_found(path: str) -> NotFoundOnScope:
    """The error of a path that the telescope does not have."""
    return NotFoundOnScope(f"{clean(path)} is not on the telescope")
