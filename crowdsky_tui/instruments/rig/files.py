"""The frames of a rig: files in a folder of this machine, a folder for each target."""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC
from pathlib import Path, PurePosixPath
from typing import Protocol

import msgspec

from crowdsky_tui.base.errors import NotFoundOnScope
from crowdsky_tui.base.files import move_whole, sync
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.names import parse_light_filename
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.instruments.interface import Frame


class FrameWriter(Protocol):
    """Who writes FITS files (`compute.client.Science`)."""

    async def write_frame(self, request: FrameFileRequest) -> None:
        """Write a camera's picture as a FITS file. Raises CrowdSkyError."""


class LocalFile(msgspec.Struct, frozen=True):
    """One file in a folder; `size` in bytes is exact."""

    name: str
    size: int
    exact: bool = True


class FolderFiles:
    """The files below `root`, by paths with slashes; nothing outside of it is reached.

    `writer` makes new frames there.
    """

    def __init__(self, root: Path, writer: FrameWriter) -> None:
        self.root = root
        self.writer = writer
        self._newest: tuple[tuple[str, int], str] = (("", 0), "")

    def folder(self, target: str) -> Path:
        """Where the frames of a target are."""
        return self.root / f"{folder_of(target)}_sub"

    async def path(self, path: str) -> Path:
        """Where the file at `path` is on this machine. Raises NotFoundOnScope."""
        return await asyncio.to_thread(self._file, path)

    async def newest(self) -> str:
        """The path of the frame that was begun last, in the folder that changed last; "" for none.

        A folder that has not changed is not read again.
        """
        return await asyncio.to_thread(self._find_newest)

    async def list(self, folder: str) -> Sequence[LocalFile]:
        """The files of `folder`, by name. Raises NotFoundOnScope."""
        return await asyncio.to_thread(self._list, folder)

    async def size(self, path: str) -> int:
        """The size of the file at `path`, in bytes. Raises NotFoundOnScope."""
        return await asyncio.to_thread(lambda: self._file(path).stat().st_size)

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """`length` bytes from `start` on; fewer where the file ends before."""
        return await asyncio.to_thread(self._read_range, path, start, length)

    async def download(
        self, path: str, dest: Path, progress: Callable[[int, int], None] | None = None
    ) -> int:
        """Copy the file to `dest`, whole or not at all; its size in bytes."""
        size = await asyncio.to_thread(self._copy, path, dest)
        if progress is not None:
            progress(size, size)
        return size

    def _list(self, folder: str) -> Sequence[LocalFile]:
        try:
            with os.scandir(self._inside(folder)) as entries:
                found = [
                    LocalFile(each.name, each.stat().st_size)
                    for each in entries
                    if each.is_file(follow_symlinks=False)
                ]
        except OSError as error:
            raise _gone(folder) from error
        return sorted(found, key=lambda each: each.name)

    def _find_newest(self) -> str:
        for folder, changed in self._folders():
            if (folder, changed) == self._newest[0]:
                return self._newest[1]
            lights = [
                (light.datetime, each.name)
                for each in self._list(folder)
                if (light := parse_light_filename(each.name)) is not None
            ]
            if lights:
                self._newest = (folder, changed), f"{folder}/{max(lights)[1]}"
                return self._newest[1]
        return ""

    def _folders(self) -> Sequence[tuple[str, int]]:
        """The targets' folders with the time of their last change, the latest first."""
        try:
            with os.scandir(self.root) as entries:
                found = [
                    (each.name, each.stat().st_mtime_ns)
                    for each in entries
                    if each.name.endswith("_sub") and each.is_dir(follow_symlinks=False)
                ]
        except OSError:
            return []
        return sorted(found, key=lambda each: each[1], reverse=True)

    def _inside(self, path: str) -> Path:
        parts = PurePosixPath(path).parts
        if ".." in parts or path.startswith("/") or "\0" in path:
            raise _gone(path)
        return self.root.joinpath(*parts)

    def _file(self, path: str) -> Path:
        found = self._inside(path)
        if not found.is_file():
            raise _gone(path)
        return found

    def _read_range(self, path: str, start: int, length: int) -> bytes:
        with self._file(path).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def _copy(self, path: str, dest: Path) -> int:
        source = self._file(path)
        part = dest.with_name(f"{dest.name}.part")
        try:
            shutil.copyfile(source, part)
            sync(part)
            move_whole(part, dest)
        finally:
            part.unlink(missing_ok=True)
        return dest.stat().st_size


async def frames_of(files: FolderFiles, target: str) -> tuple[Frame, ...]:
    """The frames of a target by their names, oldest first; their times are UTC."""
    folder = f"{folder_of(target)}_sub"
    try:
        entries = await files.list(folder)
    except NotFoundOnScope:
        return ()
    found = []
    for entry in entries:
        light = parse_light_filename(entry.name)
        if light is not None:
            begun = light.datetime.replace(tzinfo=UTC)
            path = f"{folder}/{entry.name}"
            found.append(Frame(path, target, begun, light.exposure_s, light.filter, entry.size))
    return tuple(sorted(found, key=lambda frame: (frame.begun, frame.path)))


def folder_of(target: str) -> str:
    """A target's name as a folder's: no separators, no leading point, 60 signs at most."""
    kept = "".join("_" if sign in '/\\:*?"<>|' else sign for sign in clean(target, 60)).strip()
    return kept.lstrip(".") or "unnamed"


def _gone(path: str) -> NotFoundOnScope:
    return NotFoundOnScope(f"there is no {clean(path, 120)}", "", "Look at the folder")
