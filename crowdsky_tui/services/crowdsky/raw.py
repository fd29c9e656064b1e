"""Raw sub-frames: `raw_upload.php` in its three steps. Basic login.

The server groups a session's files by chunk key and telescope alone: whoever sends two filters in
one session gets them stacked into one picture. Nothing here may be asked twice but the start.

Source: docs/design/crowdsky-protocol.md 2.4.
"""

from pathlib import Path

import msgspec

from crowdsky_tui.base.errors import NotFound, ProtocolError, Rejected, UploadInDoubt
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.crowdsky.rows import as_int, as_text, wrong_shape
from crowdsky_tui.services.crowdsky.upload import BeforeLastByte, Progress, UploadForm
from crowdsky_tui.services.http.connection import LARGEST_REPLY, Connection
from crowdsky_tui.services.http.replies import JSON_ERRORS, error_in
from crowdsky_tui.services.http.sending import Sender, in_doubt

ENDPOINT = "raw_upload.php"
LONGEST_TOKEN = 64


class RawFileReceipt(msgspec.Struct, frozen=True):
    """The server's word that it took one sub-frame; `chunk_key` and `date_obs` are its own."""

    ok: bool
    filename: str
    chunk_key: str
    date_obs: str


class RawReceipt(msgspec.Struct, frozen=True):
    """What became of a finalized session.

    `chunks` are queued; `skipped` had a stack already. `probably_done`: an earlier answer was lost
    and the server no longer knows the session, so all lists are empty and only `list_stacks` tells.
    """

    ok: bool
    jobs: int
    job_ids: tuple[int, ...] = ()
    chunks: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    probably_done: bool = False


class RawUploads:
    """The three calls, over one connection. Raises the ServerError classes."""

    def __init__(self, connection: Connection, sender: Sender) -> None:
        self._connection = connection
        self._sender = sender
        self._doubtful: set[str] = set()

    async def raw_start_session(self) -> str:
        """Open a session and return its token; one that is never finalized ends after 24 h."""
        what = "No raw session could be begun"
        body = await self._connection.fetch(
            what, ENDPOINT, {"action": "start"}, LARGEST_REPLY, method="POST"
        )
        token = as_text(_answer(what, body).get("session_token"))
        if not (0 < len(token) <= LONGEST_TOKEN and token.isascii() and token.isprintable()):
            raise wrong_shape(what, body)
        return token

    async def raw_upload_file(
        self,
        session_token: str,
        fits_path: str | Path,
        progress: Progress | None = None,
        *,
        scrub_location: bool = False,
        before_last_byte: BeforeLastByte | None = None,
    ) -> RawFileReceipt:
        """Send one sub-frame to a session, once, streamed; checks and errors as `upload_stack`.

        `progress(sent, total)` is in bytes. UploadInDoubt means that the session may hold the file:
        sending it again would count it twice, so give the session up and begin anew.
        """
        name = clean(Path(fits_path).name)
        what = f"{name} was not uploaded"
        fields = {"session_token": session_token}
        form = await UploadForm.open(fits_path, None, fields, scrub=scrub_location)
        try:
            reply = await self._sender.send_form(
                what,
                ENDPOINT,
                form,
                self._connection.limits.raw_file,
                action="file",
                progress=progress,
                before_last_byte=before_last_byte,
            )
        finally:
            form.close()
        answer = _done(what, reply)
        return RawFileReceipt(
            ok=True,
            filename=as_text(answer.get("filename")),
            chunk_key=as_text(answer.get("chunk_key")),
            date_obs=as_text(answer.get("date_obs")),
        )

    async def raw_finalize(
        self, session_token: str, scrub_location: bool = False, overwrite: bool = False
    ) -> RawReceipt:
        """End a session and have its groups stacked.

        Without `overwrite`, chunks that have a finished stack are skipped. With it, those stacks
        are deleted *before* the new ones exist, whatever their filter.

        Never repeated by itself. After UploadInDoubt a second call is safe: the server works a
        session off once, so that its 404 then gives a receipt with `probably_done`.
        """
        what = "The order to stack the session was not sent"
        fields = {"session_token": session_token, "scrub_location": str(int(scrub_location))}
        limits = self._connection.limits
        patience = limits.finalize
        if overwrite:
            fields["overwrite"] = "1"
            patience = limits.finalize_overwrite
        try:
            reply = await self._sender.send_fields(what, ENDPOINT, "finalize", fields, patience)
            receipt = _finalized(what, reply)
        except UploadInDoubt:
            self._doubtful.add(session_token)
            raise
        except NotFound:
            if session_token not in self._doubtful:
                raise
            return RawReceipt(ok=True, jobs=0, probably_done=True)
        self._doubtful.discard(session_token)
        return receipt


def _answer(what: str, body: bytes) -> dict[str, object]:
    """The object in a successful answer; Rejected if it holds an error, ProtocolError if none."""
    if reason := error_in(body):
        raise Rejected(what, f"the server says: {reason}", "Correct what it names.")
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except JSON_ERRORS as error:
        raise wrong_shape(what, body) from error


def _done(what: str, reply: bytes) -> dict[str, object]:
    """The answer to a deed; Rejected if it failed, UploadInDoubt if the answer does not tell."""
    try:
        answer = _answer(what, reply)
        if answer.get("ok") not in (True, 1):
            raise wrong_shape(what, reply)
    except ProtocolError as error:
        raise in_doubt(what, error.why) from error
    return answer


def _finalized(what: str, reply: bytes) -> RawReceipt:
    answer = _done(what, reply)
    jobs = [as_int(item) for item in _list(answer.get("job_ids"))]
    return RawReceipt(
        ok=True,
        jobs=as_int(answer.get("jobs")) or 0,
        job_ids=tuple(job for job in jobs if job is not None),
        chunks=tuple(as_text(item) for item in _list(answer.get("chunks"))),
        skipped=tuple(as_text(item) for item in _list(answer.get("skipped"))),
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
