"""One picture from telescope.org: prepared, awaited, received, checked, kept.

States and rules: docs/design/telescope-org.md 5. What lies under its final name is whole.
"""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import msgspec

from crowdsky_tui.base.absent_disk import make_folders
from crowdsky_tui.base.errors import FileDamaged, ProtocolError
from crowdsky_tui.base.files import move_whole, never_by_a_link, sync, whole_file
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.services.http.receiving import content_length, disk_error
from crowdsky_tui.services.http.reply import Reply
from crowdsky_tui.services.telescope_org.cache import CachedAs
from crowdsky_tui.services.telescope_org.errors import Damaged, NotReady, SiteChanged
from crowdsky_tui.services.telescope_org.file_writer import FileWriter
from crowdsky_tui.services.telescope_org.pages import read_frame_address
from crowdsky_tui.services.telescope_org.picture_check import Inspect, check_cube, check_zip
from crowdsky_tui.services.telescope_org.requests import number
from crowdsky_tui.services.telescope_org.session import Session

Progress = Callable[[int, int | None], None]
"""Told the bytes so far, and all of them if that is known."""

LARGEST_FILE = 400 * 1000**2
WRITE_BYTES = 1024 * 1024
READY_WITHIN_S = 60.0
POLL_S = 2.0
_LATER = "The site is still at it: ask again in some minutes."
_AGAIN = "It is fetched once more; if that does not help, look at the job on the site."
_IMAGE_ENGINE = "image-engine"


class Kept(msgspec.Struct, frozen=True):
    """A picture in the cache, and its bytes."""

    path: Path
    size: int


class Downloads:
    """Fetches pictures into `cache`, one at a time.

    Parameters
    ----------
    inspect : callable
        Reads a FITS file whole; the compute child's.
    poll_s, ready_within_s : float
        Seconds between two questions whether a file is ready, and of all of them together.
    """

    def __init__(
        self,
        session: Session,
        cache: Path,
        inspect: Inspect,
        *,
        poll_s: float = POLL_S,
        ready_within_s: float = READY_WITHIN_S,
    ) -> None:
        self._session = session
        self._cache = cache
        self._inspect = inspect
        self._poll_s = poll_s
        self._ready_within_s = ready_within_s
        self._one = asyncio.Lock()

    async def fetch(
        self, wanted: CachedAs, progress: Progress | None = None, *, again: bool = False
    ) -> Kept:
        """The picture from the cache, or from the site, where a damaged one is asked for twice.

        With `again` always from the site; the one in the cache goes when the other is whole.
        Raises NotReady, Damaged, Rejected, SiteChanged, DiskFull and what a connection may.
        """
        path = wanted.path(self._cache)
        async with self._one:
            if not again and await asyncio.to_thread(path.is_file):
                return Kept(path, (await asyncio.to_thread(path.stat)).st_size)
            try:
                return await self._once(wanted, path, progress)
            except (FileDamaged, ProtocolError) as error:
                if isinstance(error, SiteChanged):
                    raise
            return await self._once(wanted, path, progress)

    @property
    def cache(self) -> Path:
        """The folder of the pictures."""
        return self._cache

    async def check(self, wanted: CachedAs, path: Path) -> None:
        """Whether a file is such a picture, and whole. Raises Damaged, FileDamaged, OSError."""
        await self._check(path, wanted, clean(path.name))

    async def copy_from_cache(self, wanted: CachedAs, source: Path) -> bool:
        """Copy a whole picture of another cache, which is only read, into ours.

        False if ours has it. Raises Damaged, FileDamaged, DiskFull.
        """
        path = wanted.path(self._cache)
        async with self._one:
            if await asyncio.to_thread(path.exists):
                return False
            await self._check(source, wanted, clean(source.name))
            try:
                await to_its_end(_copy, source, path)
            except OSError as error:
                raise disk_error(f"{clean(source.name)} was not taken over", error) from error
        return True

    async def _once(self, wanted: CachedAs, path: Path, progress: Progress | None) -> Kept:
        what = f"{wanted.name} was not downloaded"
        if wanted.form.processed:
            where, query = await self._processed_address(wanted, what), None
            size = None
        else:
            preparation, size = await self._prepared(wanted, what)
            where = "/v3image-download.php"
            query = {"jid": str(wanted.job), "ieid": preparation}
        part = path.with_name(f"{path.name}.part")
        try:
            async with self._session.file(what, where, query) as reply:
                written = await _received(reply, part, what, size, progress)
            _check_size(what, written, size, content_length(reply.headers))
            await self._check(part, wanted, wanted.name)
            await to_its_end(_settle, part, path)
        except OSError as error:
            raise disk_error(what, error) from error
        finally:
            await to_its_end(_remove, part)
        return Kept(path, written)

    async def _prepared(self, wanted: CachedAs, what: str) -> tuple[str, int | None]:
        """The number of the prepared file, and its size if the site tells it."""
        params: dict[str, Any] = {"jid": wanted.job}
        if wanted.flat is not None:
            params["flatid"] = wanted.flat
        verb = "0-create-dlzip" if wanted.form.zipped else "0-create-dl3d"
        status, data = await self._session.json(what, _IMAGE_ENGINE, verb, params)
        identity = number(data.get("ieID")) if isinstance(data, dict) else None
        if identity is None:
            raise SiteChanged("image engine", "number of the file that it prepares")
        begun = time.monotonic()
        wait = 0.0 if status == "OK_READY" else self._poll_s
        while True:
            await asyncio.sleep(wait)
            status, data = await self._session.json(
                what, _IMAGE_ENGINE, "0-is-job-ready", {"ieid": str(identity)}
            )
            if status == "READY":
                key = "fitsbzsize" if wanted.form.zipped else "fitssize"
                size = number(data.get(key)) if isinstance(data, dict) else None
                return str(identity), size or None
            if time.monotonic() - begun > self._ready_within_s:
                raise NotReady(what, f"the site says {status or 'nothing'}", _LATER)
            wait = self._poll_s

    async def _processed_address(self, wanted: CachedAs, what: str) -> str:
        """The path on the site where the processed picture lies. Raises NotReady, SiteChanged."""
        query = {"jid": str(wanted.job), "type": "3" if wanted.form.zipped else "1"}
        path = "/imageengine-request.php"
        page = await self._session.page(what, path, None, query=query)
        address = await asyncio.to_thread(read_frame_address, page)
        if not address:
            raise NotReady(what, "its page shows no picture yet", _LATER)
        base = urlsplit(self._session.url)
        full = urlsplit(urljoin(f"{self._session.url}{path}", address))
        if (full.scheme, full.netloc) != (base.scheme, base.netloc):
            raise SiteChanged("image page", "picture of its own: it points to another host")
        found = "/" + full.path.lstrip("/")
        return f"{found}?{full.query}" if full.query else found

    async def _check(self, path: Path, wanted: CachedAs, label: str) -> None:
        if wanted.form.zipped:
            await asyncio.to_thread(check_zip, path, label)
        else:
            check_cube(await self._inspect(path), label)


async def _received(
    reply: Reply, part: Path, what: str, size: int | None, progress: Progress | None
) -> int:
    """Write the body to `part`; how many bytes."""
    announced = size or content_length(reply.headers)
    arrived, pending, written = 0, list[bytes](), 0
    file = await to_its_end(_begin, part)
    behind = FileWriter(file)
    try:
        async with contextlib.aclosing(reply.pieces()) as pieces:
            async for piece in pieces:
                arrived += len(piece)
                if arrived > LARGEST_FILE:
                    raise Damaged(what, f"the site sent more than {LARGEST_FILE} bytes")
                pending.append(piece)
                if arrived - written >= WRITE_BYTES:
                    await behind.write(pending)
                    pending, written = [], arrived
                    if progress is not None:
                        progress(written, announced)
        await behind.write(pending)
    finally:
        await behind.close()
    if progress is not None:
        progress(arrived, announced)
    return arrived


def _check_size(what: str, written: int, *announced: int | None) -> None:
    """Raise Damaged if any of the sizes that were told is another than what came."""
    for size in announced:
        if size is not None and size != written:
            raise Damaged(what, f"{written} of {size} bytes arrived", _AGAIN)
    if not written:
        raise Damaged(what, "nothing came", _AGAIN)


def _begin(part: Path) -> BinaryIO:
    make_folders(part.parent, 0o700)
    return open(part, "wb", opener=never_by_a_link)


def _copy(source: Path, path: Path) -> None:
    with source.open("rb") as opened, whole_file(path) as file:
        shutil.copyfileobj(opened, file)


def _settle(part: Path, path: Path) -> None:
    sync(part)
    move_whole(part, path)


def _remove(part: Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)
