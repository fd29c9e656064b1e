"""The client against the CrowdSky stand-in: every endpoint, as documented and under faults."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    AuthRefused,
    CrowdSkyError,
    NetworkDown,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerUnavailable,
    TooLarge,
    UploadInDoubt,
)
from crowdsky_tui.blocks import healpix_pixel
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.crowdsky.matching import StackIdentity, match_stacks
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.services.http.limits import Limits, Patience
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Fault, Stack

SHORT = Patience(2, 4, 4)
HURRIED = Patience(2, 0.5, 4)
LIMITS = Limits(
    query=SHORT,
    download=SHORT,
    upload=SHORT,
    attempts=3,
    total_s=3,
    first_wait_s=0.01,
    longest_wait_s=0.05,
)
START = datetime(2026, 7, 24, 21, 3, 55, tzinfo=UTC)
END = START + timedelta(minutes=10)
KEY = "20260724.84_HP006478"


def write_fits(path: Path, **changes: str | float) -> Path:
    """A small stack with the header that the server reads; a change of "" drops the card."""
    cards: dict[str, str | float] = {
        "BITPIX": 16,
        "NAXIS": 3,
        "NAXIS1": 24,
        "NAXIS2": 40,
        "NAXIS3": 3,
        "TELESCOP": "S50_8a95aa90",
        "OBJECT": "M 81",
        "FILTER": "LP",
        "RA": 148.888,
        "DEC": 69.065,
        "DATE-OBS": "2026-07-24T21:03:55.341000",
        "EXPTIME": 10.0,
        "TOTALEXP": 410.0,
        "STACKCNT": 41,
        **changes,
    }
    lines = ["SIMPLE  =                    T"]
    for name, value in cards.items():
        if value != "":
            shown = f"'{value:<8}'" if isinstance(value, str) else f"{value:>20}"
            lines.append(f"{name:<8}= {shown}")
    header = "".join(line.ljust(80) for line in [*lines, "END"])
    data = bytes(24 * 40 * 3 * 2)
    path.write_bytes(
        header.ljust(-(-len(header) // 2880) * 2880).encode()
        + data.ljust(-(-len(data) // 2880) * 2880, b"\0")
    )
    return path


@pytest.fixture
async def standin(tmp_path: Path) -> AsyncIterator[CrowdSkyStandIn]:
    healpix_pixel(0, 0)  # astropy's import is no part of the stand-in's first answer
    server = CrowdSkyStandIn(tmp_path / "standin", Clock(), worker_delay_s=0.0)
    await server.start()
    yield server
    await server.stop()
    assert server.crashes == []


@contextlib.asynccontextmanager
async def client_of(standin: CrowdSkyStandIn, **limits: object) -> AsyncIterator[CrowdSkyServer]:
    """A client of the stand-in with some limits changed."""
    server = CrowdSkyServer(
        standin.url,
        standin.username,
        standin.password,
        limits=msgspec.structs.replace(LIMITS, **limits),
    )
    yield server
    await server.close()


@pytest.fixture
async def client(standin: CrowdSkyStandIn) -> AsyncIterator[CrowdSkyServer]:
    async with client_of(standin) as server:
        yield server


@pytest.fixture
def fits(tmp_path: Path) -> Path:
    return write_fits(tmp_path / f"CrowdSky_41_M 81_10.0s_LP_{KEY}.fit")


async def rows_when(client: CrowdSkyServer, count: int) -> list[ServerStack]:
    """The list of stacks once it has `count` rows."""
    for _ in range(100):
        rows = await client.list_stacks()
        if len(rows) >= count:
            return rows
        await asyncio.sleep(0.05)
    raise AssertionError(f"only {len(rows)} of {count} rows appeared")


async def test_upload_row_thumbnail_and_download(
    client: CrowdSkyServer, fits: Path, tmp_path: Path
) -> None:
    thumbnail = tmp_path / "thn.png"
    thumbnail.write_bytes(b"\x89PNG\r\n\x1a\n picture")
    assert await client.list_stacks() == []
    receipt = await client.upload_stack(
        fits,
        thumbnail,
        n_frames_input=41,
        n_frames_aligned=39,
        date_obs_start=START,
        date_obs_end=END,
        scrub_location=1,
    )
    assert (receipt.ok, receipt.chunk_key, receipt.status) == (True, KEY, "queued")
    (row,) = await rows_when(client, 1)
    assert (row.chunk_key, row.object_name, row.filter_name) == (KEY, "M 81", "LP")
    assert (row.date_obs_start, row.date_obs_end) == (START, END)
    assert (row.n_frames_input, row.n_frames_aligned, row.sub_exposure_s) == (41, 39, 10.0)
    identity = StackIdentity("S50_8a95aa90", "20260724.84", 6478, "LP", 10.0, START, END)
    assert match_stacks([identity], [row]) == {0: row}
    assert row.id is not None
    assert (await client.thumbnail(row.id)).startswith(b"\x89PNG")
    (path,) = await client.download_stack(receipt.chunk_key, tmp_path / "down")
    assert path.read_bytes().startswith(b"SIMPLE  =")
    assert path.name == f"{KEY}.fits"


async def test_a_key_without_pixel(client: CrowdSkyServer, tmp_path: Path) -> None:
    receipt = await client.upload_stack(write_fits(tmp_path / "a.fit", RA="", DEC=""))
    assert receipt.chunk_key == "20260724.84"


async def test_filters_exposures_and_telescopes_of_one_chunk_are_told_apart(
    client: CrowdSkyServer, tmp_path: Path
) -> None:
    identities = []
    for filter_name in ("LP", "IRCUT"):
        for exposure in (10.0, 20.0):
            for telescope in ("S50_8a95aa90", "S30 Pro_10d57b1d"):
                path = write_fits(
                    tmp_path / "stack.fit",
                    FILTER=filter_name,
                    EXPTIME=exposure,
                    TOTALEXP=exposure * 41,
                    TELESCOP=telescope,
                )
                receipt = await client.upload_stack(path, n_frames_input=41)
                assert receipt.chunk_key == KEY
                identities.append(
                    StackIdentity(telescope, "20260724.84", 6478, filter_name, exposure)
                )
    rows = await rows_when(client, 8)
    proved = match_stacks(identities, rows)
    assert len({row.id for row in proved.values()}) == 8
    for index, row in proved.items():
        assert row.telescope_id == identities[index].telescope
        assert row.filter_name == identities[index].filter
        assert row.sub_exposure_s == identities[index].exposure_s


async def test_the_object_filter(standin: CrowdSkyStandIn, client: CrowdSkyServer) -> None:
    await standin.seed([Stack(object_name="M 81"), Stack(object_name="NGC 7000 é/")])
    assert [row.object_name for row in await client.list_stacks("NGC 7000 é/")] == ["NGC 7000 é/"]
    assert await client.list_stacks("M 8") == []
    assert len(await client.list_stacks()) == 2


@pytest.mark.parametrize("kind", ["rows_text", "rows_int_telescope", "rows_null"])
async def test_rows_of_every_age(
    kind: str, standin: CrowdSkyStandIn, client: CrowdSkyServer
) -> None:
    await standin.seed(
        [
            Stack(
                chunk_key=KEY,
                filter_name="LP",
                telescope_id="S50_8a95aa90",
                n_frames_input=41,
                total_exptime=410.0,
            )
        ]
    )
    (plain,) = await client.list_stacks()
    standin.faults.add("my_stacks", Fault(kind=kind))
    (row,) = await client.list_stacks()
    assert (row.id, row.chunk_key, row.n_frames_input) == (plain.id, KEY, 41)
    identity = StackIdentity("S50_8a95aa90", "20260724.84", 6478, "LP", 10.0)
    assert (0 in match_stacks([identity], [row])) == (kind != "rows_null")


async def test_a_wrong_password(standin: CrowdSkyStandIn, client: CrowdSkyServer) -> None:
    client.set_credentials(standin.username, "wrong")
    with pytest.raises(AuthRefused, match="Invalid credentials"):
        await client.list_stacks()
    client.set_credentials(standin.username, standin.password)
    assert await client.list_stacks() == []


async def test_what_the_server_does_not_have(client: CrowdSkyServer, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="Stack not found"):
        await client.download_stack(KEY, tmp_path)
    with pytest.raises(NotFound):
        await client.thumbnail(4711)
    with pytest.raises(NotFound, match="address"):
        client.set_base_url(f"{client.base_url}/elsewhere")
        await client.list_stacks()


async def test_refusals_carry_the_servers_reason(client: CrowdSkyServer, tmp_path: Path) -> None:
    bad = tmp_path / "bad.fit"
    bad.write_bytes(b"SIMPLE  = T".ljust(2880))
    with pytest.raises(Rejected, match="bad header"):
        await client.upload_stack(bad)


async def test_a_crash_of_the_server_leaves_a_doubt(client: CrowdSkyServer, tmp_path: Path) -> None:
    with pytest.raises(UploadInDoubt, match="without a word"):
        await client.upload_stack(write_fits(tmp_path / "a.fit", EXPTIME="ten"))


READING_FAULTS = [
    (Fault(kind="status", status=500), ServerUnavailable),
    (Fault(kind="status", status=502), ServerUnavailable),
    (Fault(kind="status", status=429, retry_after=0), RateLimited),
    (Fault(kind="status", status=429, retry_after=3600), RateLimited),
    (Fault(kind="status", status=401), AuthRefused),
    (Fault(kind="status", status=400, text="Bad\x1b[31m."), Rejected),
    (Fault(kind="status", status=413), TooLarge),
    (Fault(kind="html"), ProtocolError),
    (Fault(kind="redirect"), ProtocolError),
    (Fault(kind="reset"), NetworkDown),
    (Fault(kind="lost_reply"), NetworkDown),
    (Fault(kind="truncate"), NetworkDown),
    (Fault(kind="reset_reply", size=1), NetworkDown),
    (Fault(kind="slow_first_byte", delay_s=5), NetworkDown),
    (Fault(kind="error_in_200"), Rejected),
]
FAULT_NAMES = [f"{fault.kind}-{fault.status}" for fault, _ in READING_FAULTS]


async def finished_stack(client: CrowdSkyServer, fits: Path) -> ServerStack:
    await client.upload_stack(fits)
    return (await rows_when(client, 1))[0]


@pytest.mark.parametrize(("fault", "kind"), READING_FAULTS, ids=FAULT_NAMES)
async def test_reading_under_faults(
    fault: Fault,
    kind: type[CrowdSkyError],
    standin: CrowdSkyStandIn,
    fits: Path,
    tmp_path: Path,
) -> None:
    async with client_of(standin) as client:
        row = await finished_stack(client, fits)
    assert row.id
    for endpoint in ("my_stacks", "thumbnail", "download_stack"):
        standin.faults.add(endpoint, fault, times=None)
    async with client_of(standin, attempts=2, query=HURRIED, download=HURRIED) as client:
        for call in (
            client.list_stacks(),
            client.thumbnail(row.id),
            client.download_stack(KEY, tmp_path / "down"),
        ):
            with pytest.raises(kind) as caught:
                await call
            assert str(caught.value).isprintable()
        assert list((tmp_path / "down").iterdir()) == []
        standin.faults.clear()
        assert await client.list_stacks() == [row]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="storage_error"),
        Fault(kind="short", size=5000),
        Fault(kind="short", size=0),
    ],
)
async def test_downloads_that_lie(
    fault: Fault, standin: CrowdSkyStandIn, client: CrowdSkyServer, fits: Path, tmp_path: Path
) -> None:
    await finished_stack(client, fits)
    standin.faults.add("download_stack", fault)
    with pytest.raises(ProtocolError, match="FITS"):
        await client.download_stack(KEY, tmp_path / "down")
    assert list((tmp_path / "down").iterdir()) == []


@pytest.mark.parametrize("text", ['attachment; filename="../../x.fits"', "attachment", ""])
async def test_hostile_names(
    text: str, standin: CrowdSkyStandIn, client: CrowdSkyServer, fits: Path, tmp_path: Path
) -> None:
    await finished_stack(client, fits)
    standin.faults.add("download_stack", Fault(kind="disposition", text=text))
    (path,) = await client.download_stack(KEY, tmp_path / "down")
    assert path == tmp_path / "down" / f"{KEY}.fits"
    assert list((tmp_path / "down").iterdir()) == [path]


UPLOAD_FAULTS: list[tuple[Fault, type[CrowdSkyError], int]] = [
    (Fault(kind="reset_upload", size=100_000), NetworkDown, 0),
    (Fault(kind="status", status=400), Rejected, 0),
    (Fault(kind="status", status=401), AuthRefused, 0),
    (Fault(kind="status", status=409), Rejected, 0),
    (Fault(kind="status", status=413), TooLarge, 0),
    (Fault(kind="status", status=429, retry_after=60), RateLimited, 0),
    (Fault(kind="status", status=503, retry_after=60), ServerUnavailable, 0),
    (Fault(kind="error_in_200"), Rejected, 0),
    (Fault(kind="status", status=500), UploadInDoubt, 0),
    (Fault(kind="status", status=502), UploadInDoubt, 0),
    (Fault(kind="redirect"), UploadInDoubt, 0),
    (Fault(kind="html"), UploadInDoubt, 0),
    (Fault(kind="reset"), UploadInDoubt, 0),
    (Fault(kind="lost_reply"), UploadInDoubt, 1),
    (Fault(kind="reset_reply", size=5), UploadInDoubt, 1),
    (Fault(kind="truncate"), UploadInDoubt, 1),
    (Fault(kind="slow_first_byte", delay_s=5), UploadInDoubt, 1),
]


@pytest.mark.parametrize(
    ("fault", "kind", "stored"),
    UPLOAD_FAULTS,
    ids=[f"{fault.kind}-{fault.status}" for fault, _, _ in UPLOAD_FAULTS],
)
async def test_uploading_under_faults(
    fault: Fault,
    kind: type[CrowdSkyError],
    stored: int,
    standin: CrowdSkyStandIn,
    fits: Path,
) -> None:
    if fault.kind == "reset_upload":  # more than the sockets' buffers hold
        with fits.open("ab") as file:
            file.write(bytes(20_000_000))
    past_return = False

    async def before_last_byte() -> None:
        nonlocal past_return
        past_return = True

    standin.faults.add("upload_stack", fault)
    patience = HURRIED if fault.kind == "slow_first_byte" else SHORT
    async with client_of(standin, upload=patience) as client:
        with pytest.raises(kind):
            await client.upload_stack(fits, before_last_byte=before_last_byte)
    assert past_return == (fault.kind != "reset_upload")
    assert standin.requests["upload_stack"].count == 1
    assert len(standin.jobs) == stored


async def test_a_slow_but_moving_answer_is_waited_for(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, fits: Path, tmp_path: Path
) -> None:
    await finished_stack(client, fits)
    standin.faults.add("download_stack", Fault(kind="slow_body", delay_s=0.3, size=7500))
    async with client_of(standin, download=HURRIED) as hurried:
        (path,) = await hurried.download_stack(KEY, tmp_path)
    assert path.stat().st_size % 2880 == 0


async def test_many_calls_at_once(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    paths = [write_fits(tmp_path / f"{n}.fit", FILTER=f"F{n}") for n in range(6)]
    receipts = await asyncio.gather(*(client.upload_stack(path) for path in paths))
    assert len({receipt.job_id for receipt in receipts}) == 6
    assert {row.filter_name for row in await rows_when(client, 6)} == {f"F{n}" for n in range(6)}
