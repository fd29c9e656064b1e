"""The forms of `ScopeFiles`: a share for the truth, HTTP for the bytes where there is one."""

import asyncio
import hashlib
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

from crowdsky_tui.base.errors import FileDamaged, NotFoundOnScope, ScopeUnreachable
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.instruments.seestar.files.download import download
from crowdsky_tui.instruments.seestar.files.files import Listing, Names, Progress, Reader, Share
from crowdsky_tui.instruments.seestar.files.http import HttpReader
from crowdsky_tui.instruments.seestar.files.mounted_folder import FolderShare
from crowdsky_tui.instruments.seestar.files.smb import SmbShare


class ScopeFileAccess:
    """Lists, measures, renames and deletes by the share; reads by HTTP first, then by the share."""

    def __init__(self, share: Share, http: HttpReader | None = None) -> None:
        self._share = share
        self._http = http
        self._readers: list[Reader] = [http, share] if http else [share]

    async def list(self, folder: str) -> Listing:
        """Files in a folder such as `MyWorks/M 81`, by name; some names may be of no use."""
        return await self._share.list_all(folder)

    async def folders(self) -> Names:
        """Names of the folders below MyWorks; some may be of no use as a path."""
        return await self._share.all_folders()

    def refuses(self, name: str) -> str:
        """Why a folder or file of this name cannot be reached by the share; empty if it can."""
        return self._share.refuses(name)

    async def size(self, path: str) -> int:
        """The size in bytes, asked of the share, since listings by page may round it.

        Raises NotFoundOnScope, ScopeUnreachable.
        """
        return await self._share.size(path)

    async def read_range(self, path: str, start: int, length: int) -> bytes:
        """`length` bytes from `start`, fewer only where the file ends."""
        *first, last = self._readers
        for reader in first:
            try:
                return await reader.read_range(path, start, length)
            except (FileDamaged, NotFoundOnScope, ScopeUnreachable):
                continue
        return await last.read_range(path, start, length)

    async def download(self, path: str, dest: Path, progress: Progress | None = None) -> int:
        """Fetch a whole file to `dest` (through `dest.part`) and return its size in bytes."""
        size = await self._share.size(path)
        await download(self._readers, path, size, dest, progress)
        return size

    async def sha256(self, path: str) -> str:
        """The hash of a whole file, read anew and not by the way that downloads try first."""
        digest = hashlib.sha256()
        async with aclosing(self._share.stream(path, 0)) as pieces:
            async for piece in pieces:
                await asyncio.to_thread(digest.update, piece)
        return digest.hexdigest()

    async def rename(self, old: str, new: str) -> None:
        """Rename within the share; FileInTheWay if `new` exists: nothing is overwritten."""
        await self._share.rename(old, new)

    async def make_folder(self, folder: str) -> None:
        """Make a folder, and those above it; one that is there already is fine."""
        await self._share.make_folder(folder)

    async def delete(self, path: str) -> None:
        """Delete one file; one that is not there is fine."""
        await self._share.delete(path)

    async def read_share(self, path: str, start: int, length: int) -> bytes:
        """`read_range` by the share only, so that what was written a moment ago is seen."""
        return await self._share.read_range(path, start, length)

    async def create(self, path: str, content: bytes) -> None:
        """Make a small file, and its folder; FileInTheWay for all but the first who does."""
        await self._share.create(path, content)

    async def replace(self, path: str, content: bytes) -> None:
        """Write a small file, and its folder, whatever was there."""
        await self._share.replace(path, content)

    def move_to(self, host: str) -> None:
        """Reach every reader at `host` from the next read on."""
        for reader in self._readers:
            reader.move_to(host)

    async def close(self) -> None:
        """Let go of every connection, whatever one of them says to it."""
        async with AsyncExitStack() as readers:  # one that fails leaves the others closed
            for reader in self._readers:
                readers.push_async_callback(reader.close)


class LookingFileAccess(ScopeFileAccess):
    """The same for a read-only run: what would change the telescope raises ReadOnlyMode."""

    async def rename(self, old: str, new: str) -> None:
        refuse_if_read_only(read_only=True, doing=f"renaming {clean(old)}")

    async def make_folder(self, folder: str) -> None:
        refuse_if_read_only(read_only=True, doing=f"making the folder {clean(folder)}")

    async def delete(self, path: str) -> None:
        refuse_if_read_only(read_only=True, doing=f"deleting {clean(path)}")

    async def create(self, path: str, content: bytes) -> None:
        refuse_if_read_only(read_only=True, doing=f"making {clean(path)}")

    async def replace(self, path: str, content: bytes) -> None:
        refuse_if_read_only(read_only=True, doing=f"writing {clean(path)}")


def files_over_smb(
    host: str,
    http_port: int = 80,
    smb_port: int = 445,
    form: type[ScopeFileAccess] = ScopeFileAccess,
) -> ScopeFileAccess:
    """A telescope's own web server and guest share."""
    return form(SmbShare(host, smb_port), HttpReader(host, http_port))


def files_in_folder(
    root: Path,
    host: str | None = None,
    http_port: int = 80,
    form: type[ScopeFileAccess] = ScopeFileAccess,
) -> ScopeFileAccess:
    """A tree mounted at `root`, which holds MyWorks; read over HTTP if `host` is given."""
    return form(FolderShare(root), HttpReader(host, http_port) if host else None)
