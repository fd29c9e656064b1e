"""`POST /api/upload_stack.php`: from a multipart form to a queued job, PHP's limits included.

Facts: sections 2.0 and 2.2. Header values win where the form is silent, form values where it is
not.
"""

import asyncio
import re
import shutil
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from crowdsky_tui.simulator.crowdsky import fits as php
from crowdsky_tui.simulator.crowdsky.state import Stack

UPLOAD_MAX_BYTES = 50 * 1024 * 1024
POST_MAX_BYTES = 55 * 1024 * 1024
EXTENSIONS = (".fit", ".fits")
NUMERIC_COLUMNS = ("TOTALEXP", "EXPTIME")

_LEADING_INT = re.compile(r"\s*[+-]?[0-9]+")


class Refused(Exception):
    """The server says no, with a status and its text; an empty text is PHP's empty crash page."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text


async def read_form(request: Request) -> FormData:
    """The form of an upload, files spooled to disk; the caller closes it. Raises Refused."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        async for _ in request.stream():
            pass  # chunked: PHP behind FastCGI sees an empty form
        raise Refused(400, "File upload error (code: missing).")
    if int(length) > POST_MAX_BYTES:
        async for _ in request.stream():
            pass  # PHP drops every field, and the first missing one gets the blame
        raise Refused(400, "Missing session_token.")
    try:
        return await request.form()
    except HTTPException as error:
        raise Refused(400, "File upload error (code: missing).") from error


def checked_file(form: FormData) -> UploadFile:
    """The `file` part if PHP and the application let it in. Raises Refused."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Refused(400, "File upload error (code: missing).")
    if not file.filename:
        raise Refused(400, "File upload error (code: 4).")
    if (file.size or 0) > UPLOAD_MAX_BYTES:
        raise Refused(400, "File upload error (code: 1).")
    if not file.filename.lower().endswith(EXTENSIONS):
        raise Refused(400, "Only .fit and .fits files are accepted.")
    return file


async def header_of(file: UploadFile) -> dict[str, str]:
    """The header cards of an uploaded file. Raises Refused."""
    head = await file.read(php.HEADER_BYTES)
    await file.seek(0)
    try:
        return php.read_cards(head)
    except php.BadHeader as error:
        raise Refused(400, str(error)) from error


def stack_of(
    cards: Mapping[str, str], form: FormData, size: int, zone: tzinfo, now: datetime
) -> Stack:
    """The row that an upload will become. Raises Refused where the insert would crash."""
    for name in NUMERIC_COLUMNS:
        if name in cards and php.number(cards[name]) is None:
            raise Refused(500)
    date_obs = php.strtotime(cards.get("DATE-OBS", ""), zone, now)
    ra, dec = php.number(cards.get("RA")), php.number(cards.get("DEC"))
    exposure = php.number(cards.get("EXPTIME"))
    frames = _int_field(form, "n_frames_input")
    if frames is None:
        frames = int(php.number(cards.get("STACKCNT")) or 0)
    aligned = _int_field(form, "n_frames_aligned")
    scrub = is_scrubbed(form)
    eq_mode = php.number(cards.get("EQMODE"))
    return Stack(
        chunk_key=php.chunk_key(date_obs, ra, dec),
        object_name=cards.get("OBJECT") or None,
        telescope_id=cards.get("TELESCOP") or None,
        filter_name=cards.get("FILTER") or None,
        date_obs_start=_date_field(form, "date_obs_start", date_obs),
        date_obs_end=_date_field(form, "date_obs_end", None),
        n_frames_input=frames,
        n_frames_aligned=frames if aligned is None else aligned,
        total_exptime=php.number(cards.get("TOTALEXP", cards.get("EXPTIME"))),
        ra_deg=ra,
        dec_deg=dec,
        file_size_bytes=size,
        eq_mode=None if eq_mode is None else int(eq_mode),
        gain=php.number(cards.get("GAIN")),
        ccd_temp=php.number(cards.get("CCD-TEMP")),
        program=cards.get("PROGRAM") or None,
        sub_exposure=exposure,
        site_lat=None if scrub else php.number(cards.get("SITELAT")),
        site_long=None if scrub else php.number(cards.get("SITELONG")),
    )


def is_scrubbed(form: FormData) -> bool:
    """Whether the observer asked for the place to be taken out."""
    return is_set(form, "scrub_location")


def is_set(form: FormData, name: str) -> bool:
    """Whether a form's field is a number other than 0."""
    return bool(_int_field(form, name))


def _int_field(form: FormData, name: str) -> int | None:
    """A form field as PHP's `(int)` takes it: leading digits, else 0; None if it was not sent."""
    value = form.get(name)
    if not isinstance(value, str):
        return None
    match = _LEADING_INT.match(value)
    return int(match.group()) if match else 0


def _date_field(form: FormData, name: str, otherwise: datetime | None) -> str | None:
    value = form.get(name)
    if not isinstance(value, str) or not value:
        return None if otherwise is None else php.column_text(otherwise)
    try:
        return php.column_datetime(value)
    except ValueError as error:
        raise Refused(500) from error


async def save(part: UploadFile, path: Path) -> None:
    """Copy an uploaded part to `path`."""

    def copy() -> None:
        part.file.seek(0)
        with path.open("wb") as out:
            shutil.copyfileobj(part.file, out, 1 << 20)

    await asyncio.to_thread(copy)
