"""A telescope's files behind one small protocol.

Paths are relative to the data root and use `/`: `MyWorks/M 81_sub/Light_….fit`. A *share* (SMB, or
the same tree mounted as a folder) knows exact sizes and can rename and delete; HTTP only reads.
"""

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from crowdsky_tui.errors import NotFoundOnScope, UsageError
from crowdsky_tui.text import clean, path_component

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

    async def close(self) -> None: ...


class Share(Reader, Protocol):
    """A reader that also lists, renames and deletes."""

    async def list(self, folder: str) -> Listing: ...
    async def folders(self) -> Names: ...
    async def size(self, path: str) -> int: ...
    async def rename(self, old: str, new: str) -> None: ...
    async def make_folder(self, folder: str) -> None: ...
    async def delete(self, path: str) -> None: ...


class ScopeFiles(Protocol):
    """All that services and jobs do with a telescope's files."""

    async def list(self, folder: str) -> Listing:
        """Files in a folder such as `MyWorks/M 81`, by name."""
        ...

    async def folders(self) -> Names:
        """Names of the folders below MyWorks."""
        ...

    async def size(self, path: str) -> int:
        """Exact size in bytes."""
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
        """Delete one file; one that is not there is fine."""
        ...

    def move_to(self, host: str) -> None:
        """The telescope has another address now."""
        ...

    async def close(self) -> None: ...


def safe_parts(path: str) -> list[str]:
    """The components of a relative path; UsageError if one of them may not be part of a path."""
    try:
        return [path_component(part) for part in path.split("/")]
    except ValueError as error:
        raise UsageError("this is not a path on the telescope", str(error)) from error


def is_safe_name(name: str) -> bool:
    """Whether a name found on a telescope may be used as a path's component."""
    try:
        path_component(name)
    except ValueError:
        return False
    return True


def not_found(path: str) -> NotFoundOnScope:
    return NotFoundOnScope(f"{clean(path)} is not on the telescope")
