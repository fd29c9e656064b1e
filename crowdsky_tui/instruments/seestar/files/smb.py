"""A telescope's share `EMMC Images` over SMB (direct TCP, guest), through pysmb.

pysmb blocks and one connection serves one thread, so each share has a worker thread of its own.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TypeVar

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DeviceError,
    FileInTheWay,
    NotFoundOnScope,
    ScopeUnreachable,
    UsageError,
)
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import end_of
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
from crowdsky_tui.instruments.seestar.files.smb_connection import (
    OPERATION_TIMEOUT_S,
    SHARING_VIOLATION,
    Smb,
    WireText,
    content_of,
    guest_connection,
    status_of,
    when_free,
)

log = logging.getLogger(__name__)

SHARE = "EMMC Images"
CONNECT_TIMEOUT_S = 5
STREAM_BYTES = 4 * CHUNK_BYTES
_REFUSED = frozenset('*?<>"|:')
_DEVICES = re.compile(r"(aux|con|nul|prn|lock\$|com[1-4]|lpt[1-3])(\..*)?", re.IGNORECASE)

_NOT_FOUND = {0xC0000034, 0xC000003A, 0xC000000F, 0xC0000039}
_EXISTS = {0xC0000035}
_WORDS = {
    0xC0000022: "access denied",
    SHARING_VIOLATION: "another program has it open",
    0xC0000101: "the folder is not empty",
    0xC000007F: "the telescope's disk is full",
    0xC00000BA: "it is a folder",
    0xC00000CC: "there is no such share",
}

T = TypeVar("T")


def _smb_path(path: str) -> str:
    """The path as SMB has it; wildcards are refused, because pysmb deletes by pattern."""
    parts = safe_parts(path)
    for part in parts:
        if reason := why_refused(part):
            raise UsageError(f"{clean(path)} cannot be reached by the share", reason)
    return "/" + "/".join(parts)


def why_refused(name: str) -> str:
    """Why a share shows this name under a made-up one only, and opens it by none; or nothing."""
    odd = sorted(_REFUSED.intersection(name))
    if odd:
        return f"the telescope's share does not allow {' '.join(odd)} in a name"
    if name[-1:] in {".", " "}:
        return "the telescope's share does not allow a dot or a blank at a name's end"
    if _DEVICES.fullmatch(name):
        return "the telescope's share does not allow the name of a device"
    return ""


class SmbShare:
    """The guest share of one telescope. Connects at first use, and again once when it broke."""

    def __init__(self, host: str, port: int = 445, share: str = SHARE) -> None:
        self.host = host
        self.port = port
        self.share = share
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"smb {host}")
        self._connection: Smb | None = None

    async def list(self, folder: str) -> Listing:
        """The files of `folder` whose names may be part of a path."""
        return usable(await self.list_all(folder))

    async def list_all(self, folder: str) -> Listing:
        """Every file of `folder`, whatever it is called."""
        path = _smb_path(folder)
        entries = await self._do(folder, lambda smb: smb.listPath(self.share, path))
        files = [
            RemoteFile(
                entry.filename,
                entry.file_size,
                moment_of(entry.last_write_time),
            )
            for entry in entries
            if not entry.isDirectory
        ]
        return sorted(files, key=lambda file: file.name)

    async def folders(self) -> Names:
        """The names of the folders in MyWorks that may be part of a path."""
        return [name for name in await self.all_folders() if is_safe_name(name)]

    async def all_folders(self) -> Names:
        """The names of all folders in MyWorks."""
        entries = await self._do(MY_WORKS, lambda smb: smb.listPath(self.share, f"/{MY_WORKS}"))
        return sorted(
            entry.filename
            for entry in entries
            if entry.isDirectory and entry.filename not in {".", ".."}
        )

    def refuses(self, name: str) -> str:
        """Why this share can hold no file of `name`; empty where it can."""
        return why_refused(name)

    async def size(self, path: str) -> int:
        """The size of the file at `path`, in bytes."""
        target = _smb_path(path)
        facts = await self._do(path, lambda smb: smb.getAttributes(self.share, target))
        return int(facts.file_size)

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`, fewer only where the file ends."""
        target = _smb_path(path)

        def read(smb: Smb) -> bytes:
            data = BytesIO()
            smb.retrieveFileFromOffset(
                self.share, target, data, start, length, timeout=OPERATION_TIMEOUT_S
            )
            return data.getvalue()

        return await self._do(path, read)

    async def stream(self, path: str, start: int) -> AsyncGenerator[bytes, None]:
        """The file from `start` to its end, in pieces."""
        while piece := await self.read_range(path, start, STREAM_BYTES):
            start += len(piece)
            yield piece

    async def rename(self, old: str, new: str) -> None:
        """Give the file at `old` the path `new`, which must be free."""
        source, target = _smb_path(old), _smb_path(new)
        attempts = 0

        def work(smb: Smb) -> None:
            nonlocal attempts
            attempts += 1
            try:
                smb.rename(self.share, source, WireText(target.lstrip("/")))
            except OperationFailure as error:
                if attempts == 1 or status_of(error) not in _NOT_FOUND:
                    raise
                smb.getAttributes(self.share, target)  # the first attempt had done it

        from smb.smb_structs import OperationFailure

        try:
            await self._change(old, work)
        except FileInTheWay as error:
            raise FileInTheWay(
                f"{clean(old)} cannot be renamed", f"there is already a {clean(new)}"
            ) from error

    async def make_folder(self, folder: str) -> None:
        """Make `folder` where it does not exist yet."""
        parts = folder.split("/")
        for depth in range(1, len(parts) + 1):
            await self._make_one(_smb_path("/".join(parts[:depth])))

    async def _make_one(self, path: str) -> None:
        with contextlib.suppress(FileInTheWay):  # it is there already
            await self._change(path, lambda smb: smb.createDirectory(self.share, path))

    async def delete(self, path: str) -> None:
        """Delete the file at `path`."""
        target = _smb_path(path)
        await self._change(path, lambda smb: smb.deleteFiles(self.share, target))

    async def create(self, path: str, content: bytes) -> None:
        """Write a new file, opened as one that must not exist: only the first of many gets it.

        A rename to a free name would not do: Samba looks whether the name is free and renames in
        two steps, and between them another client's rename may come.
        """
        target = _smb_path(path)
        attempts = 0

        def work(smb: Smb) -> None:
            nonlocal attempts
            attempts += 1
            try:
                smb.store_new(self.share, target, content)
            except OperationFailure as error:
                if attempts == 1 or status_of(error) not in _EXISTS:
                    raise
                if content_of(smb, self.share, target) != content:  # the first attempt's is ours
                    raise

        from smb.smb_structs import OperationFailure

        try:
            await self._change(path, work)
        except NotFoundOnScope:
            await self.make_folder(path.rpartition("/")[0])
            await self._change(path, work)
        except (FileInTheWay, ScopeUnreachable):
            raise
        except DeviceError:
            await self._drop_unwritten(path)
            raise

    async def _drop_unwritten(self, path: str) -> None:
        """Delete what was made at `path` and could not be written, as the disk was full."""
        with contextlib.suppress(DeviceError):
            if await self.size(path) == 0:
                await self.delete(path)

    async def replace(self, path: str, content: bytes) -> None:
        """Write a file, whole or not at all, over what may be there."""
        target = _smb_path(path)

        def store(smb: Smb) -> None:
            smb.storeFile(self.share, target, BytesIO(content), timeout=OPERATION_TIMEOUT_S)

        try:
            await self._do(path, store)
        except NotFoundOnScope:
            await self.make_folder(path.rpartition("/")[0])
            await self._do(path, store)

    def move_to(self, host: str) -> None:
        """The telescope has another address now; nothing to do where it is not reached by one."""
        self.host = host
        self._thread.submit(self._drop)

    async def close(self) -> None:
        """Disconnect and end the worker thread, after what it is doing now."""
        self._thread.submit(self._drop)
        await asyncio.to_thread(self._thread.shutdown)

    async def _do(self, path: str, work: Callable[[Smb], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._work, path, work)

    async def _change(self, path: str, work: Callable[[Smb], T]) -> T:
        """`_do` for what changes the share: nothing of it is done after a cancellation is raised.

        What has not begun by then is not done at all.
        """
        begun = self._thread.submit(self._work, path, work)
        waiting = asyncio.wrap_future(begun)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            if not begun.cancel():
                await end_of(waiting)
            raise

    def _work(self, path: str, work: Callable[[Smb], T]) -> T:
        """Run `work` in the worker thread; a connection that broke is made anew, once."""
        fresh = self._connection is None
        try:
            return self._attempt(path, work)
        except ScopeUnreachable:
            if fresh:
                raise
            log.info("the share at %s is connected again", self.host)
            return self._attempt(path, work)

    def _attempt(self, path: str, work: Callable[[Smb], T]) -> T:
        from smb.smb_structs import OperationFailure

        try:
            smb = self._connection = self._connection or self._connect()
            return when_free(lambda: work(smb))
        except OperationFailure as error:
            raise self._refused(path, status_of(error)) from error
        except CrowdSkyError:
            raise
        except Exception as error:  # sockets, time-outs, and what pysmb makes of broken bytes
            self._drop()
            raise self._unreachable(str(error) or type(error).__name__) from error

    def _connect(self) -> Smb:
        if not self.host:  # pysmb would ask this machine
            raise self._unreachable("its address is not known yet")
        connection = guest_connection()
        try:
            allowed = connection.connect(self.host, self.port, timeout=CONNECT_TIMEOUT_S)
        except BaseException:
            connection.close()
            raise
        if not allowed:
            connection.close()
            raise self._unreachable("it does not let guests in")
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _unreachable(self, why: str) -> ScopeUnreachable:
        return ScopeUnreachable(
            f"the share {self.share!r} at {self.host} port {self.port} cannot be reached",
            why,
            "Check that the telescope is on and in reach",
        )

    def _refused(self, path: str, status: int) -> CrowdSkyError:
        if status in _NOT_FOUND:
            return not_found(path)
        if status in _EXISTS:
            return FileInTheWay(f"{clean(path)} is in the way")
        return DeviceError(
            f"the share refused what was asked for {clean(path)}",
            _WORDS.get(status, f"status {status:#010x}"),
        )
