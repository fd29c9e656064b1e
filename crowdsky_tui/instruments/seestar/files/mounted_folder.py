"""A telescope's tree as a mounted folder: a USB drive, NFS, or the demo's own."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator
from pathlib import Path

from crowdsky_tui.base.errors import DeviceError, FileInTheWay, ScopeUnreachable, UsageError
from crowdsky_tui.base.files import write_whole
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.instruments.seestar.files.files import (
    CHUNK_BYTES,
    MY_WORKS,
    Listing,
    Names,
    RemoteFile,
    is_safe_name,
    moment_of,
    not_found,
    safe_parts,
    usable,
)

_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class FolderShare:
    """Files below `root`, the folder that holds MyWorks. All disk work happens in threads."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def list(self, folder: str) -> Listing:
        """The files of `folder` whose names may be part of a path."""
        return usable(await self.list_all(folder))

    async def list_all(self, folder: str) -> Listing:
        """Every file of `folder`, whatever it is called."""
        return await asyncio.to_thread(self._list, folder)

    async def folders(self) -> Names:
        """The names of the folders in MyWorks that may be part of a path."""
        return [name for name in await self.all_folders() if is_safe_name(name)]

    async def all_folders(self) -> Names:
        """The names of all folders in MyWorks."""
        return await asyncio.to_thread(self._folders)

    def refuses(self, name: str) -> str:
        """Why this share can hold no file of `name`; empty where it can."""
        return ""

    async def size(self, path: str) -> int:
        """The size of the file at `path`, in bytes."""
        return await asyncio.to_thread(self._size, path)

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`, fewer only where the file ends."""
        return await asyncio.to_thread(self._read, path, start, length)

    async def stream(self, path: str, start: int) -> AsyncGenerator[bytes, None]:
        """The file from `start` to its end, in pieces."""
        while piece := await self.read_range(path, start, CHUNK_BYTES):
            start += len(piece)
            yield piece

    async def rename(self, old: str, new: str) -> None:
        """Give the file at `old` the path `new`, which must be free."""
        await to_its_end(self._rename, old, new)

    async def make_folder(self, folder: str) -> None:
        """Make `folder` where it does not exist yet."""
        await to_its_end(self._make_folder, folder)

    async def delete(self, path: str) -> None:
        """Delete the file at `path`."""
        await to_its_end(self._delete, path)

    async def create(self, path: str, content: bytes) -> None:
        """Write a new file; it fails where `path` exists."""
        await to_its_end(self._create, path, content)

    async def replace(self, path: str, content: bytes) -> None:
        """Write a file, whole or not at all, over what may be there."""
        await to_its_end(self._replace, path, content)

    def move_to(self, host: str) -> None:
        """The telescope has another address now; nothing to do where it is not reached by one."""

    async def close(self) -> None:
        """Let go of the connection; the next read opens another."""

    def _path(self, path: str) -> Path:
        """Where `path` lies, never outside the root, not even through a link."""
        found = self.root.joinpath(*safe_parts(path))
        if not found.resolve().is_relative_to(self.root.resolve()):
            raise UsageError(f"{clean(path)} leads out of the telescope's folder")
        return found

    def _failed(self, path: str, error: OSError) -> Exception:
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            if self.root.joinpath(MY_WORKS).is_dir():
                return not_found(path)
            return ScopeUnreachable(
                f"{self.root} holds no MyWorks folder",
                "the drive is not mounted there, or is another one",
                "Mount it, or correct the folder in the settings",
            )
        if isinstance(error, (PermissionError, IsADirectoryError)):
            return DeviceError(f"{clean(path)} cannot be used", error.strerror or str(error))
        return ScopeUnreachable(f"{self.root} cannot be read", error.strerror or str(error))

    def _list(self, folder: str) -> Listing:
        files = []
        try:
            with os.scandir(self._path(folder)) as entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        files.append(_remote_file(entry))
        except OSError as error:
            raise self._failed(folder, error) from error
        return sorted(filter(None, files), key=lambda file: file.name)

    def _folders(self) -> Names:
        try:
            entries = list(self._path(MY_WORKS).iterdir())
        except OSError as error:
            raise self._failed(MY_WORKS, error) from error
        return sorted(entry.name for entry in entries if entry.is_dir() and not entry.is_symlink())

    def _size(self, path: str) -> int:
        try:
            return self._path(path).stat().st_size
        except OSError as error:
            raise self._failed(path, error) from error

    def _read(self, path: str, start: int, length: int) -> bytes:
        try:
            with self._path(path).open("rb") as file:
                file.seek(start)
                return file.read(length)
        except OSError as error:
            raise self._failed(path, error) from error

    def _rename(self, old: str, new: str) -> None:
        """A hard link, then the old name off: unlike `rename` it cannot overwrite."""
        source, target = self._path(old), self._path(new)
        try:
            try:
                target.hardlink_to(source)
            except FileExistsError:
                if not target.samefile(source):  # the same: an earlier rename was cut in the middle
                    raise
            except OSError as error:
                if error.errno not in _NO_HARD_LINKS:
                    raise
                if target.exists():
                    raise FileExistsError(errno.EEXIST, "it exists") from error
                source.rename(target)
                return
            source.unlink()
        except FileExistsError as error:
            raise FileInTheWay(
                f"{clean(old)} cannot be renamed", f"there is already a {clean(new)}"
            ) from error
        except OSError as error:
            raise self._failed(old, error) from error

    def _make_folder(self, folder: str) -> None:
        try:
            self._path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._failed(folder, error) from error

    def _delete(self, path: str) -> None:
        try:
            self._path(path).unlink(missing_ok=True)
        except OSError as error:
            raise self._failed(path, error) from error

    def _create(self, path: str, content: bytes) -> None:
        target = self._path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                try:
                    file.write(content)
                    file.flush()
                except OSError:  # one that stays empty would hold its place for nobody
                    target.unlink(missing_ok=True)
                    raise
        except FileExistsError as error:
            raise FileInTheWay(f"{clean(path)} is in the way") from error
        except OSError as error:
            raise self._failed(path, error) from error

    def _replace(self, path: str, content: bytes) -> None:
        target = self._path(path)
        try:
            write_whole(target, content)
        except OSError as error:
            raise self._failed(path, error) from error


def _remote_file(entry: "os.DirEntry[str]") -> RemoteFile | None:
    """What the folder says about a file; None if it is gone since the folder was read."""
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return RemoteFile(entry.name, facts.st_size, moment_of(facts.st_mtime))
