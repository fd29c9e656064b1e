"""`CrowdSkyServer`: a contributor's own stacks on the CrowdSky server, over HTTP Basic login.

Imports httpx, so it is imported when a server object is needed and not before.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import ProtocolError, Rejected
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.services.crowdsky.download import (
    Check,
    PartFile,
    check_keys,
    free_place,
)
from crowdsky_tui.services.crowdsky.raw import RawUploads
from crowdsky_tui.services.crowdsky.rows import (
    ServerStack,
    UploadReceipt,
    decode_receipt,
    decode_rows,
    wrong_shape,
)
from crowdsky_tui.services.crowdsky.upload import BeforeLastByte, Progress, UploadForm, form_fields
from crowdsky_tui.services.http.connection import Connection
from crowdsky_tui.services.http.credentials import BasicLogin
from crowdsky_tui.services.http.limits import Limits
from crowdsky_tui.services.http.rate import Pace
from crowdsky_tui.services.http.receiving import content_length
from crowdsky_tui.services.http.replies import error_in
from crowdsky_tui.services.http.sending import Sender, in_doubt

LARGEST_LIST = 128 * 1024 * 1024  # bytes; 40,000 rows have about 20 MB
LARGEST_PICTURE = 8 * 1024 * 1024
_PICTURE_MAGIC = (b"\x89PNG", b"\xff\xd8")


class CrowdSkyServer:
    """One account on one CrowdSky server. Make it and use it on one event loop.

    `base_url` has no trailing slash and is https, or http to this machine (UsageError otherwise).
    Methods raise the ServerError classes of `crowdsky_tui.base.errors`. Calls that only read are
    repeated by themselves after network, 429 and 5xx errors; an upload never is. All uploads
    together keep to `pace`. `raw_start_session`, `raw_upload_file` and `raw_finalize` are those of
    `RawUploads`.
    """

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        *,
        user_agent: str = f"crowdsky-tui/{__version__}",
        limits: Limits | None = None,
        pace: Pace | None = None,
        network: NetworkSettings | None = None,
    ) -> None:
        self._login = BasicLogin(username, password)
        self._connection = Connection(
            base_url, self._login, user_agent, limits or Limits(), network
        )
        self._sender = Sender(self._connection, pace or Pace())
        raw = RawUploads(self._connection, self._sender)
        self.raw_start_session = raw.raw_start_session
        self.raw_upload_file = raw.raw_upload_file
        self.raw_finalize = raw.raw_finalize

    def __repr__(self) -> str:
        return f"<CrowdSkyServer {self.base_url}>"

    @property
    def base_url(self) -> str:
        """The server's address, without a slash at its end."""
        return self._connection.base_url

    @property
    def username(self) -> str:
        """The name of the account; empty without a login."""
        return self._login.username

    def set_credentials(self, username: str, password: str) -> None:
        """Use this login from the next call on; UsageError if Basic login cannot carry it."""
        self._login = BasicLogin(username, password)
        self._connection.credentials = self._login

    def set_base_url(self, url: str) -> None:
        """Use this address from the next call on. Another host or port forgets the password."""
        self._connection.set_base_url(url)

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    async def list_stacks(
        self, object_name: str | None = None, *, known: Iterable[ServerStack] = ()
    ) -> list[ServerStack]:
        """The account's finished stacks, of one object or all; `[]` if there are none.

        Queued uploads are not in it. The order is the server's; `known` as in `decode_rows`.
        Raises ProtocolError for anything that is not a list: it must never be taken for an empty
        one.
        """
        what = "The list of stacks could not be had"
        params = {} if object_name is None else {"object": object_name}
        body = await self._connection.fetch(
            what, "my_stacks.php", params, LARGEST_LIST, compressed=True
        )
        return await asyncio.to_thread(_rows, what, body, known)

    async def thumbnail(self, stack_id: int) -> bytes:
        """A stack's preview, PNG or JPEG; NotFound if it has none."""
        what = f"The thumbnail of stack {stack_id} could not be had"
        params = {"id": str(int(stack_id))}
        picture = await self._connection.fetch(what, "thumbnail.php", params, LARGEST_PICTURE)
        if reason := error_in(picture):
            raise Rejected(what, f"the server says: {reason}")
        if not picture.startswith(_PICTURE_MAGIC):
            raise wrong_shape(what, picture)
        return picture

    async def upload_stack(  # noqa: PLR0913 - the documented API's parameters
        self,
        fits_path: str | Path,
        thumbnail: str | Path | None = None,
        n_frames_input: int | None = None,
        n_frames_aligned: int | None = None,
        date_obs_start: datetime | str | None = None,
        date_obs_end: datetime | str | None = None,
        scrub_location: int | None = None,
        *,
        progress: Progress | None = None,
        before_last_byte: BeforeLastByte | None = None,
    ) -> UploadReceipt:
        """Send one stack (FITS, at most 50 MiB), once, streamed from disk.

        Times are aware datetimes, or text (UTC unless it says otherwise). `scrub_location=1` takes
        the site's coordinates out of what is sent and asks the server to publish none.
        `progress(sent, total)` is in bytes of the whole form. `before_last_byte()` is awaited
        before the last piece leaves.

        Before that the server cannot have accepted it: FileNotFoundError, UsageError, TooLarge and
        FileDamaged are raised before anything is sent, NetworkDown on a broken connection. After it
        a typed refusal is certain, and UploadInDoubt means that only the server's list can tell;
        a cancellation after it is in doubt too.
        """
        fields = form_fields(
            n_frames_input, n_frames_aligned, date_obs_start, date_obs_end, scrub_location
        )
        form = await UploadForm.open(fits_path, thumbnail, fields, scrub=scrub_location == 1)
        what = f"{clean(Path(fits_path).name)} was not uploaded"
        try:
            reply = await self._sender.send_form(
                what,
                "upload_stack.php",
                form,
                self._connection.limits.upload,
                progress=progress,
                before_last_byte=before_last_byte,
            )
        finally:
            form.close()
        return _receipt(what, reply)

    async def download_stack(
        self, chunk_keys: str | list[str], dest: str | Path = "."
    ) -> list[Path]:
        """Download stacks by chunk key into the folder `dest`; returns their paths.

        Files are named `<chunk key>.fits` by us and appear only when complete. Raises UsageError
        for what is no chunk key, before anything is asked for; FileInTheWay if a file is there
        already; NotFound, Rejected, ProtocolError, DiskFull. Stacks that were complete before an
        error stay.
        """
        return [await self.download_checked(key, dest, key, None) for key in check_keys(chunk_keys)]

    async def download_checked(
        self, chunk_key: str, dest: str | Path, stem: str, check: Check | None
    ) -> Path:
        """Download one stack as `<stem>.fits`, which appears only if `check(part)` lets it pass.

        `check` is awaited with the path of the whole file before it gets its name. Otherwise as
        `download_stack`.
        """
        (key,) = check_keys(chunk_key)
        path = await asyncio.to_thread(free_place, Path(dest), stem)
        return await self._connection.retried(lambda: self._download(key, path, check))

    async def _download(self, key: str, path: Path, check: Check | None) -> Path:
        what = f"Stack {key} was not downloaded"
        async with (
            self._connection.success(
                what,
                "GET",
                "download_stack.php",
                self._connection.limits.download,
                {"chunk_key": key},
            ) as reply,
            PartFile(path) as part,
        ):
            await part.fill(reply.pieces())
            return await part.keep(content_length(reply.headers), check)


def _rows(what: str, body: bytes, known: Iterable[ServerStack]) -> list[ServerStack]:
    """The rows in an answer; Rejected if it is an error after all. Slow if they are many."""
    if body.lstrip()[:1] == b"{" and (reason := error_in(body)):
        raise Rejected(what, f"the server says: {reason}", "Correct what it names.")
    return decode_rows(body, known)


def _receipt(what: str, reply: bytes) -> UploadReceipt:
    """The receipt in a successful answer; Rejected if it holds an error after all."""
    if reason := error_in(reply):
        raise Rejected(what, f"the server says: {reason}", "Correct what it names.")
    try:
        return decode_receipt(reply)
    except ProtocolError as error:
        raise in_doubt(what, error.why) from error
