"""A FITS file's upload form: checked before anything is sent, streamed with constant memory.

`upload_stack.php` and `raw_upload.php` take multipart/form-data with an exact Content-Length; PHP
behind FastCGI does not like chunked bodies. The file comes last, and the tail of the body is held
back until the caller has noted that from now on the server may have it all.
"""

import asyncio
import functools
import os
import secrets
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from crowdsky_tui.base.errors import FileDamaged, TooLarge, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.crowdsky.rows import parse_time
from crowdsky_tui.services.crowdsky.scrub import blanked, place_cards
from crowdsky_tui.services.crowdsky.sizes import MAX_FILE_BYTES
from crowdsky_tui.services.http.rate import Pace

Progress = Callable[[int, int], None]
BeforeLastByte = Callable[[], Awaitable[None]]

MAX_BODY_BYTES = 55 * 1024 * 1024  # PHP's post_max_size: beyond it the server loses all fields
FITS_MAGIC = b"SIMPLE  ="
PIECE_BYTES = 256 * 1024  # a piece that does not leave within the write time-out is a stall
AT_A_TIME = 4  # pieces that are read together
_PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8": "image/jpeg"}


def form_time(name: str, value: datetime | str) -> str:
    """A form date as the server's database takes it: UTC, whole seconds, no zone suffix."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo is not None else None
    else:
        moment = parse_time(value)
    if moment is None:
        raise UsageError(
            f"{name} {clean(value, 40)!r} cannot be sent",
            "it is not a time with a known zone",
            "Use an aware datetime, or text such as 2025-01-15T19:30:00 in UTC.",
        )
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def form_fields(
    n_frames_input: int | None,
    n_frames_aligned: int | None,
    date_obs_start: datetime | str | None,
    date_obs_end: datetime | str | None,
    scrub_location: int | None,
) -> dict[str, str]:
    """The form's text fields; what is None is left out. UsageError for what cannot be sent."""
    fields: dict[str, str] = {}
    for name, count in (
        ("n_frames_input", n_frames_input),
        ("n_frames_aligned", n_frames_aligned),
    ):
        if count is not None:
            if count < 0:
                raise UsageError(f"{name} {count} cannot be sent", "it is negative")
            fields[name] = str(int(count))
    for name, moment in (("date_obs_start", date_obs_start), ("date_obs_end", date_obs_end)):
        if moment is not None:
            fields[name] = form_time(name, moment)
    if scrub_location is not None:
        if scrub_location not in (0, 1):
            raise UsageError(
                f"scrub_location {clean(scrub_location, 20)} cannot be sent", "it is not 0 or 1"
            )
        fields["scrub_location"] = str(int(scrub_location))
    return fields


def _open_fits(path: Path) -> tuple[BinaryIO, tuple[int, int]]:
    """Open a FITS file for sending; returns it with its marks. Blocks."""
    what = f"{clean(path.name)} cannot be uploaded"
    if path.suffix.lower() not in (".fit", ".fits"):
        raise UsageError(what, "the server takes .fit and .fits files only")
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UsageError(what, error.strerror or str(error), "Check the file.") from error
    try:
        marks = size, _ = _marks(file)
        if size > MAX_FILE_BYTES:
            raise TooLarge(what, f"it has {size} bytes; the server takes {MAX_FILE_BYTES} (50 MiB)")
        if file.read(len(FITS_MAGIC)) != FITS_MAGIC:
            raise FileDamaged(what, "it does not begin as a FITS file", "Fetch it again.")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, marks


def _read_picture(path: Path) -> tuple[str, bytes]:
    """A thumbnail's content type and bytes. Blocks."""
    what = f"The thumbnail {clean(path.name)} cannot be uploaded"
    if path.stat().st_size > MAX_BODY_BYTES - MAX_FILE_BYTES:
        raise TooLarge(what, "it is too large", "Send the stack without it.")
    picture = path.read_bytes()
    for magic, kind in _PICTURES.items():
        if picture.startswith(magic):
            return kind, picture
    raise UsageError(what, "it is neither PNG nor JPEG", "Send the stack without it.")


def _part_head(boundary: str, name: str, filename: str = "", kind: str = "") -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
    if filename:
        for char, escape in (('"', "%22"), ("\r", "%0D"), ("\n", "%0A")):
            filename = filename.replace(char, escape)
        head += f'; filename="{filename}"\r\nContent-Type: {kind}'
    return f"{head}\r\n\r\n".encode(errors="replace")


class UploadForm:
    """One upload's body. `handed_over` turns True just before its last bytes go to the socket.

    Sizes are in bytes; `size` is the whole body's, for Content-Length and progress. The cards at
    the offsets `hidden` go out blank.
    """

    def __init__(
        self,
        path: Path,
        file: BinaryIO,
        marks: tuple[int, int],
        head: bytes,
        boundary: str,
        hidden: list[int],
    ) -> None:
        self._not_sent = f"{clean(path.name)} was not uploaded"
        self._file = file
        self._file_size = marks[0]
        self._reading = threading.Lock()
        self._closed = False
        self._hidden = hidden
        self._marks = marks
        self._head = head
        self._foot = f"\r\n--{boundary}--\r\n".encode()
        self.size = len(head) + self._file_size + len(self._foot)
        self.handed_over = False
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(self.size),
        }

    @classmethod
    async def open(
        cls,
        fits_path: str | Path,
        thumbnail: str | Path | None,
        fields: Mapping[str, str],
        *,
        scrub: bool = False,
    ) -> "UploadForm":
        """Check the files and open the FITS. `scrub` takes its place out of what is sent.

        Raises FileNotFoundError, UsageError (a file of another kind), TooLarge, FileDamaged.
        """
        work = functools.partial(cls._open, Path(fits_path), thumbnail, fields, scrub=scrub)
        opening = asyncio.get_running_loop().run_in_executor(None, work)
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unwanted)
            raise

    @classmethod
    def _open(
        cls, path: Path, thumbnail: str | Path | None, fields: Mapping[str, str], *, scrub: bool
    ) -> "UploadForm":
        boundary = secrets.token_hex(16)
        head = bytearray()
        for name, value in fields.items():
            head += _part_head(boundary, name) + value.encode() + b"\r\n"
        if thumbnail is not None:
            kind, picture = _read_picture(Path(thumbnail))
            head += _part_head(boundary, "thumbnail", Path(thumbnail).name, kind)
            head += picture + b"\r\n"
        head += _part_head(boundary, "file", path.name, "application/octet-stream")
        file, marks = _open_fits(path)
        try:
            hidden = place_cards(file, clean(path.name)) if scrub else []
        except BaseException:
            file.close()
            raise
        return cls(path, file, marks, bytes(head), boundary, hidden)

    def close(self) -> None:
        """Close the file, or leave that to the read at work in a thread: never wait for a disk."""
        self._closed = True
        if self._reading.acquire(blocking=False):
            self._file.close()
            self._reading.release()

    async def body(
        self, pace: Pace, progress: Progress | None, before_last_byte: BeforeLastByte | None
    ) -> AsyncGenerator[bytes, None]:
        """The body in pieces; `progress(sent, total)` in bytes after each is taken by the socket.

        `pace` says how large they are and when they leave. `before_last_byte()` is awaited before
        the last piece: until it returns, the server cannot have the whole file. Raises FileDamaged
        if the file cannot be read to its end.
        """
        sent = 0
        held = b""
        async for piece in self._pieces(pace):
            if held:
                await pace.admit(len(held))
                yield held
                sent += len(held)
                if progress is not None:
                    progress(sent, self.size)
            held = piece
        await pace.admit(len(held))
        await asyncio.to_thread(self._check_unchanged)
        if before_last_byte is not None:
            await before_last_byte()
        self.handed_over = True
        yield held + self._foot
        if progress is not None:
            progress(self.size, self.size)

    async def _pieces(self, pace: Pace) -> AsyncGenerator[bytes, None]:
        """The body up to its foot; while some pieces are sent the next ones are read."""
        done, reading = 0, self._begin_read(0, pace)
        try:
            yield self._head
            while done < self._file_size:
                pieces = await reading
                done += sum(map(len, pieces))
                if done < self._file_size:
                    reading = self._begin_read(done, pace)
                for piece in pieces:
                    yield piece
        finally:
            reading.cancel()

    def _begin_read(self, offset: int, pace: Pace) -> "asyncio.Task[list[bytes]]":
        """Read some pieces in a thread of their own: a thread for each costs its time."""
        end = min(offset + AT_A_TIME * (length := pace.piece(PIECE_BYTES)), self._file_size)
        spans = [(start, min(length, end - start)) for start in range(offset, end, length)]
        return asyncio.create_task(asyncio.to_thread(self._read_each, spans))

    def _read_each(self, spans: list[tuple[int, int]]) -> list[bytes]:
        try:
            with self._reading:
                return [self._read(start, length) for start, length in spans if not self._closed]
        finally:
            if self._closed:
                self._file.close()

    def _read(self, offset: int, length: int) -> bytes:
        """The file's next bytes as they are sent."""
        try:
            piece = self._file.read(length)
        except OSError as error:
            raise self._unreadable(error) from error
        if not piece:
            raise self._changed()
        return blanked(piece, offset, self._hidden)

    def _check_unchanged(self) -> None:
        """Raise FileDamaged unless the file is still the one that was opened."""
        try:
            marks = _marks(self._file)
        except OSError as error:
            raise self._unreadable(error) from error
        if marks != self._marks:
            raise self._changed()

    def _unreadable(self, error: OSError) -> FileDamaged:
        return FileDamaged(self._not_sent, error.strerror or str(error), "Check the disk.")

    def _changed(self) -> FileDamaged:
        return FileDamaged(
            self._not_sent,
            "it changed while it was being sent",
            "Wait until nothing writes to it, then try again.",
        )


def _marks(file: BinaryIO) -> tuple[int, int]:
    """Size and time of change: what tells that a file is still the one that was opened."""
    facts = os.fstat(file.fileno())
    return facts.st_size, facts.st_mtime_ns


def _close_unwanted(opening: "asyncio.Future[UploadForm]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
