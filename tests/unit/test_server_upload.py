"""Uploads: what is checked before, what is sent, and what an error says about where the file is."""

import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from server_raw import FITS_HEAD, RECEIPT, RawRequest, RawServer, reply, sparse_fits

from crowdsky_tui.base.errors import (
    AuthRefused,
    FileDamaged,
    TooLarge,
    UsageError,
)
from crowdsky_tui.services.crowdsky.sizes import MAX_FILE_BYTES
from crowdsky_tui.services.crowdsky.upload import form_time

NAME = "CrowdSky_41_M 81_10.0s_LP_20260724.84_HP006478.fit"


class Notes:
    """What the caller was told, in order."""

    def __init__(self) -> None:
        self.progress: list[tuple[int, int]] = []
        self.past_return = False

    def on_progress(self, sent: int, total: int) -> None:
        self.progress.append((sent, total))

    async def before_last_byte(self) -> None:
        self.past_return = True


@pytest.fixture
def fits(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_bytes(FITS_HEAD + bytes(range(256)) * 3000)
    return path


def form_of(asked: RawRequest) -> dict[str, tuple[str, str | None, bytes]]:
    """The parts of a multipart body: name to (content type, file name, bytes)."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    form: Any = message_from_bytes(head + asked.body)
    parts = {}
    for part in form.get_payload():
        name = part.get_param("name", header="content-disposition")
        parts[name] = (part.get_content_type(), part.get_filename(), part.get_payload(decode=True))
    return parts


async def test_the_whole_form(fits: Path, tmp_path: Path) -> None:
    thumbnail = tmp_path / "thumb.jpg"
    thumbnail.write_bytes(b"\xff\xd8\xff picture")
    notes = Notes()
    async with RawServer(reply(200, RECEIPT)) as raw:
        receipt = await raw.client().upload_stack(
            fits,
            thumbnail,
            n_frames_input=41,
            n_frames_aligned=39,
            date_obs_start=datetime(2026, 7, 24, 23, 3, 55, 341, timezone(timedelta(hours=2))),
            date_obs_end="2026-07-24 21:14:50Z",
            scrub_location=1,
            progress=notes.on_progress,
            before_last_byte=notes.before_last_byte,
        )
        asked = raw.asked[0]
    assert (receipt.ok, receipt.job_id, receipt.status) == (True, 812, "queued")
    assert (asked.method, asked.target) == ("POST", "/api/upload_stack.php")
    assert "transfer-encoding" not in asked.headers
    assert int(asked.headers["content-length"]) == len(asked.body)
    assert form_of(asked) == {
        "n_frames_input": ("text/plain", None, b"41"),
        "n_frames_aligned": ("text/plain", None, b"39"),
        "date_obs_start": ("text/plain", None, b"2026-07-24T21:03:55"),
        "date_obs_end": ("text/plain", None, b"2026-07-24T21:14:50"),
        "scrub_location": ("text/plain", None, b"1"),
        "thumbnail": ("image/jpeg", "thumb.jpg", thumbnail.read_bytes()),
        "file": ("application/octet-stream", NAME, fits.read_bytes()),
    }
    sent = [done for done, _ in notes.progress]
    assert sent == sorted(set(sent))
    assert notes.progress[-1] == (len(asked.body), len(asked.body))
    assert notes.past_return


async def test_what_is_none_is_left_out(fits: Path) -> None:
    async with RawServer(reply(200, RECEIPT)) as raw:
        await raw.client().upload_stack(fits)
        assert list(form_of(raw.asked[0])) == ["file"]


async def test_a_name_cannot_break_out_of_its_part(tmp_path: Path) -> None:
    path = tmp_path / 'a"; name="x\r\n\r\nü.fit'
    path.write_bytes(FITS_HEAD)
    async with RawServer(reply(200, RECEIPT)) as raw:
        await raw.client().upload_stack(path)
        assert list(form_of(raw.asked[0])) == ["file"]
        assert form_of(raw.asked[0])["file"][2] == FITS_HEAD


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("2026-07-24T21:03:55", "2026-07-24T21:03:55"),
        ("2026-07-24 21:03:55.999", "2026-07-24T21:03:55"),
        ("2026-07-24T23:03:55+02:00", "2026-07-24T21:03:55"),
        (datetime(2026, 7, 24, 21, 3, 55, 999999, UTC), "2026-07-24T21:03:55"),
    ],
)
def test_times_go_out_in_utc_without_suffix(value: datetime | str, sent: str) -> None:
    assert form_time("date_obs_start", value) == sent


@pytest.mark.parametrize("value", [datetime(2026, 7, 24), "soon", "", "24/07/26"])
def test_times_without_a_zone_are_refused(value: datetime | str) -> None:
    with pytest.raises(UsageError, match="date_obs_start"):
        form_time("date_obs_start", value)


async def test_what_is_wrong_is_said_before_anything_is_sent(tmp_path: Path, fits: Path) -> None:
    (tmp_path / "text.fit").write_bytes(b"hello")
    (tmp_path / "empty.fit").write_bytes(b"")
    (tmp_path / "folder.fit").mkdir()
    (tmp_path / "image.fits.gz").write_bytes(FITS_HEAD)
    (tmp_path / "not.png").write_bytes(b"GIF89a")
    sparse_fits(tmp_path / "huge.fits", MAX_FILE_BYTES + 1)
    sparse_fits(tmp_path / "huge.png", 6 * 1024 * 1024)
    async with RawServer(reply(200, RECEIPT)) as raw:
        server = raw.client()
        for name, kind in (
            ("absent.fit", FileNotFoundError),
            ("text.fit", FileDamaged),
            ("empty.fit", FileDamaged),
            ("folder.fit", UsageError),
            ("image.fits.gz", UsageError),
            ("huge.fits", TooLarge),
        ):
            with pytest.raises(kind):
                await server.upload_stack(tmp_path / name)
        for name, kind in (
            ("absent.png", FileNotFoundError),
            ("not.png", UsageError),
            ("huge.png", TooLarge),
        ):
            with pytest.raises(kind):
                await server.upload_stack(fits, tmp_path / name)
        for fields in ({"n_frames_input": -1}, {"scrub_location": 2}, {"date_obs_end": "late"}):
            with pytest.raises(UsageError):
                await server.upload_stack(fits, **fields)
        server.set_credentials("", "")
        with pytest.raises(AuthRefused):
            await server.upload_stack(fits)
        assert raw.asked == []


async def test_the_largest_file_and_an_upper_case_suffix(tmp_path: Path) -> None:
    path = tmp_path / "LARGEST.FITS"
    sparse_fits(path, MAX_FILE_BYTES)

    async def drain(asked: RawRequest) -> None:
        left = int(asked.headers["content-length"])
        while left:
            left -= len(await asked.reader.read(1 << 20))
        await asked.answer(200, RECEIPT)

    async with RawServer(drain) as raw:
        server = raw.client()
        tracemalloc.start()
        await server.upload_stack(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 10 * 1024 * 1024
