"""Pictures, packed files and cubes of telescope.org: fetched, checked, kept."""

import asyncio
import zipfile
from io import BytesIO, FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from telescope_org_kit import remote

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DiskFull,
    NetworkDown,
)
from crowdsky_tui.services.telescope_org.cache import CachedAs, files_in
from crowdsky_tui.services.telescope_org.errors import (
    Damaged,
    NotReady,
    SiteChanged,
)
from crowdsky_tui.services.telescope_org.records import Form


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("flat", [None, 31])
async def test_a_picture_is_fetched_checked_and_kept_by_job_form_and_flat(
    tmp_path: Path, form: Form, flat: int | None
) -> None:
    async with remote(tmp_path) as it:
        number = it.a_job()
        progress: list[tuple[int, int | None]] = []
        kept = await it.client.fetch(number, form, flat, lambda *told: progress.append(told))
        assert kept.path == CachedAs(number, form, flat).path(tmp_path)
        assert progress[-1] == (kept.size, kept.size)
        content = kept.path.read_bytes()
        calls = len(it.site.calls)
        assert (await it.client.fetch(number, form, flat)).path == kept.path
        assert len(it.site.calls) == calls, "what is in the cache asks nothing"
    if form.zipped:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            assert len(archive.namelist()) == 3 and archive.testzip() is None
    else:
        with fits.open(BytesIO(content)) as opened:
            assert opened[0].header["FILTER"] == "B,V,R"
            assert opened[0].data.shape[0] == 3 and np.std(opened[0].data) > 0


async def test_forms_and_flats_never_share_a_file(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        number = it.a_job()
        plain = await it.client.fetch(number, Form.CUBE)
        flat = await it.client.fetch(number, Form.CUBE, 31)
        assert plain.size != flat.size
        assert [what for what, _ in files_in(tmp_path)] == [
            CachedAs(number, Form.CUBE),
            CachedAs(number, Form.CUBE, 31),
        ]


@pytest.mark.parametrize("poll", [1, 2, 30, 31])
async def test_ready_is_taken_at_whichever_poll_it_comes(tmp_path: Path, poll: int) -> None:
    async with remote(tmp_path) as it:
        it.site.faults.ready_at_poll = poll
        await it.client.fetch(it.a_job())
        assert it.count("ready") == poll


async def test_what_is_never_ready_is_no_failure_and_leaves_nothing(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        it.site.faults.ready_at_poll = 0
        client = it.new_client(ready_within_s=0.2)
        with pytest.raises(NotReady, match="ask again"):
            await client.fetch(it.a_job())
        assert it.files() == []
        await client.close()


async def test_an_unknown_word_while_it_prepares_is_waited_through(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        it.spoil("ready", "word", "QUEUED", after=1)
        await it.client.fetch(it.a_job())
        assert it.count("ready") == 3


@pytest.mark.parametrize(
    ("endpoint", "kind", "value"),
    [
        ("download", "cut", 5000),
        ("download", "length", 10),
        ("download", "reset", None),
        ("download", "body", b"SIMPLE  =" + b" " * 3000),
        ("download", "body", b""),
    ],
)
async def test_a_damaged_file_is_asked_for_once_more(
    tmp_path: Path, endpoint: str, kind: str, value: Any
) -> None:
    async with remote(tmp_path) as it:
        it.spoil(endpoint, kind, value, count=1)
        try:
            kept = await it.client.fetch(it.a_job())
        except NetworkDown:
            assert it.files() == []
            kept = await it.client.fetch(it.a_job())
        assert it.files() == [kept.path.name]


def _zip(*members: tuple[str, bytes], spoil: bool = False) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    body = bytearray(file.getvalue())
    if spoil:
        body[len(members[0][0]) + 35] ^= 0xFF
    return bytes(body)


FRAME = b"SIMPLE  =" + b" " * 2871
BAD_ZIPS = {
    "cut": _zip(("a.fits", FRAME))[:60],
    "bad crc": _zip(("a.fits", FRAME), spoil=True),
    "parent": _zip(("../a.fits", FRAME)),
    "absolute": _zip(("/a.fits", FRAME)),
    "other content": _zip(("a.fits", b"MZ" * 100)),
    "other name": _zip(("a.exe", FRAME)),
    "many": _zip(*((f"{index}.fits", FRAME) for index in range(13))),
    "none": _zip(),
    "bomb": _zip(("a.fits", FRAME + b"\0" * 201_000_000)),
    "page": b"<html>no</html>",
}


@pytest.mark.parametrize("bad", BAD_ZIPS)
async def test_a_zip_that_is_bad_twice_is_never_kept(tmp_path: Path, bad: str) -> None:
    async with remote(tmp_path) as it:
        it.site.faults.announced_size = len(BAD_ZIPS[bad])
        it.spoil("download", "body", BAD_ZIPS[bad], count=None)
        with pytest.raises(Damaged):
            await it.client.fetch(it.a_job(), Form.ZIP)
        assert it.files() == [] and it.count("create") == 2


async def test_a_size_that_is_told_wrong_or_as_nothing(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        it.site.faults.announced_size = 0
        kept = await it.client.fetch(it.a_job())
        it.site.faults.announced_size = kept.size + 2880
        with pytest.raises(Damaged, match=f"{kept.size} of {kept.size + 2880} bytes"):
            await it.client.fetch(it.a_job(6))
        assert it.files() == [kept.path.name]


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ("", NotReady),
        ("<iframe></iframe>", SiteChanged),
        ('<iframe src="http://127.0.0.2/x.fits"></iframe>', SiteChanged),
        ('<iframe src="javascript:alert(1)"></iframe>', SiteChanged),
        ('<iframe src="//127.0.0.2/x.fits"></iframe>', SiteChanged),
    ],
)
async def test_a_processed_picture_is_only_ever_fetched_from_the_site_itself(
    tmp_path: Path, frame: str, error: type[CrowdSkyError]
) -> None:
    async with remote(tmp_path) as it:
        page = f"<html><body>{frame}</body></html>".encode()
        it.spoil("processed page", "body", page, count=None)
        with pytest.raises(error):
            await it.client.fetch(it.a_job(), Form.PROCESSED_CUBE)
        assert it.count("processed file") == 0 and it.files() == []


@pytest.mark.parametrize("step", ["open", "writelines", "close"])
async def test_a_full_disk_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from crowdsky_tui.services.telescope_org import download

    class Full(FileIO):
        def writelines(self, pieces: Any) -> None:
            if step == "writelines":
                raise OSError(28, "No space left on device")
            super().writelines(pieces)

        def close(self) -> None:
            closed = self.closed
            super().close()
            if step == "close" and not closed:
                raise OSError(28, "No space left on device")

    def begin(part: Path) -> Any:
        if step == "open":
            raise OSError(28, "No space left on device")
        part.parent.mkdir(parents=True, exist_ok=True)
        return Full(part, "w")

    monkeypatch.setattr(download, "_begin", begin)
    async with remote(tmp_path) as it:
        with pytest.raises(DiskFull):
            await it.client.fetch(it.a_job())
        assert it.files() == []


async def test_a_cancelled_download_leaves_nothing_behind(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        it.spoil("download", "silent")
        task = asyncio.create_task(it.client.fetch(it.a_job()))
        while not it.count("download"):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert it.files() == []
        assert (await it.client.fetch(it.a_job())).path.exists()


async def test_a_connection_that_breaks_in_a_file_leaves_nothing_and_the_next_is_whole(
    tmp_path: Path,
) -> None:
    async with remote(tmp_path) as it:
        it.spoil("download", "break", 5000)
        with pytest.raises(NetworkDown):
            await it.client.fetch(it.a_job())
        assert it.files() == []
        kept = await it.client.fetch(it.a_job())
        assert kept.path.stat().st_size == kept.size > 5000


@pytest.mark.parametrize(("kind", "value"), [("slow", 4096), ("no length", None)])
async def test_a_file_that_comes_slowly_or_without_a_length_is_whole(
    tmp_path: Path, kind: str, value: int | None
) -> None:
    async with remote(tmp_path) as it:
        it.spoil("download", kind, value, count=None)
        plain = (await it.client.fetch(it.a_job(6))).path.read_bytes()
        it.site.faults.endpoints.clear()
        again = await it.client.fetch(it.a_job(6), again=True)
        assert again.path.read_bytes() == plain


async def test_a_file_that_stalls_after_its_headers_can_be_cancelled(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        it.spoil("download", "stall")
        task = asyncio.create_task(it.client.fetch(it.a_job()))
        while not list(tmp_path.rglob("*.part")):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert it.files() == []


@pytest.mark.parametrize("kind", ["break", "no length"])
async def test_a_list_that_breaks_or_has_no_length_ends_in_its_class(
    tmp_path: Path, kind: str
) -> None:
    async with remote(tmp_path) as it:
        it.spoil("list", kind, 300)
        if kind == "break":
            with pytest.raises(NetworkDown):
                await it.client.requests()
        assert len(await it.client.requests()) == 250
