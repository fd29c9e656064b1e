"""Raw uploads: the client and the stand-in's three steps, with every sharp edge that is known."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from raw_kit import KEY, client_of, standin_at, until, write_light, write_lights

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import NotFound, Rejected, UploadInDoubt
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Fault, Stack

ROW = Stack(chunk_key=KEY, object_name="M 81", filter_name="IRCUT", telescope_id="S50_8a95aa90")


@pytest.fixture
async def standin(tmp_path: Path) -> AsyncIterator[CrowdSkyStandIn]:
    async with standin_at(tmp_path / "server") as server:
        yield server


@pytest.fixture
async def client(standin: CrowdSkyStandIn) -> AsyncIterator[CrowdSkyServer]:
    async with client_of(standin) as server:
        yield server


async def send(client: CrowdSkyServer, paths: list[Path]) -> str:
    """A session with these files in it."""
    token = await client.raw_start_session()
    for path in paths:
        await client.raw_upload_file(token, path)
    return token


async def test_a_block_of_sub_frames_becomes_a_row(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    paths = write_lights(tmp_path, 5)
    token = await client.raw_start_session()
    seen: list[tuple[int, int]] = []
    for path in paths:
        receipt = await client.raw_upload_file(token, path, lambda *done: seen.append(done))
        assert (receipt.ok, receipt.filename, receipt.chunk_key) == (True, path.name, KEY)
    assert receipt.date_obs == "2026-07-24T21:03:04.341000"
    assert seen[-1][0] == seen[-1][1]
    done = await client.raw_finalize(token)
    assert (done.jobs, done.chunks, done.skipped, done.probably_done) == (1, (KEY,), (), False)
    assert done.job_ids == (standin.jobs[0].id,)
    await until(lambda: len(standin.stacks) == 1)
    (row,) = await client.list_stacks()
    assert (row.chunk_key, row.filter_name, row.n_frames_input) == (KEY, "LP", 5)
    assert (row.total_exptime, row.sub_exposure_s) == (50, 10)
    assert row.date_obs_start == datetime(2026, 7, 24, 21, 3, 0, tzinfo=UTC)
    (path,) = await client.download_stack(KEY, tmp_path / "down")
    assert path.read_bytes().startswith(b"SIMPLE  =")
    assert list((tmp_path / "server" / "raw").iterdir()) == []


async def test_a_session_ends_once(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    token = await send(client, write_lights(tmp_path, 1))
    await client.raw_finalize(token)
    with pytest.raises(NotFound, match="already finalized"):
        await client.raw_finalize(token)
    with pytest.raises(NotFound, match="not found or expired"):
        await client.raw_upload_file(token, write_light(tmp_path / "late.fit"))
    with pytest.raises(NotFound):
        await client.raw_upload_file("0" * 32, write_light(tmp_path / "stray.fit"))
    with pytest.raises(Rejected, match="No files"):
        await client.raw_finalize(await client.raw_start_session())
    assert len(standin.jobs) == 1


async def test_a_lost_answer_to_finalize_is_probably_done(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    token = await send(client, write_lights(tmp_path, 2))
    standin.faults.add("raw_finalize", Fault(kind="lost_reply"))
    with pytest.raises(UploadInDoubt, match="may or may not"):
        await client.raw_finalize(token)
    assert standin.requests["raw_finalize"].count == 1
    again = await client.raw_finalize(token)
    assert (again.ok, again.probably_done, again.chunks) == (True, True, ())
    assert len(standin.jobs) == 1


async def test_a_finalize_that_never_arrived_can_be_sent_again(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    token = await send(client, write_lights(tmp_path, 2))
    standin.faults.add("raw_finalize", Fault(kind="reset"))
    with pytest.raises(UploadInDoubt):
        await client.raw_finalize(token)
    again = await client.raw_finalize(token)
    assert (again.probably_done, again.chunks) == (False, (KEY,))
    assert len(standin.jobs) == 1


async def test_a_frame_sent_twice_counts_twice(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    path = write_light(tmp_path / "Light.fit")
    await client.raw_finalize(await send(client, [path, path]))
    await until(lambda: len(standin.stacks) == 1)
    assert standin.stacks[0].n_frames_input == 2


async def test_a_file_in_doubt_is_not_sent_again_by_itself(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    path = write_light(tmp_path / "Light.fit")
    token = await client.raw_start_session()
    standin.faults.add("raw_file", Fault(kind="lost_reply"))
    with pytest.raises(UploadInDoubt, match="may or may not have arrived"):
        await client.raw_upload_file(token, path)
    assert standin.requests["raw_file"].count == 1
    assert [len(session.records) for session in standin.sessions] == [1]


async def test_groups_know_neither_filter_nor_exposure_but_telescopes(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    paths = [
        write_light(tmp_path / "a.fit"),
        write_light(tmp_path / "b.fit", FILTER="IRCUT"),
        write_light(tmp_path / "c.fit", EXPTIME=20.0),
        write_light(tmp_path / "d.fit", TELESCOP="S30 Pro_10d57b1d"),
        write_light(tmp_path / "e.fit", DATE_OBS="2026-07-24T21:20:00"),
        write_light(tmp_path / "f.fits", RA=None, DEC=None),
    ]
    done = await client.raw_finalize(await send(client, paths))
    assert sorted(done.chunks) == ["20260724.84", KEY, KEY, "20260724.85_HP006478"]
    mixed = next(job for job in standin.jobs if len(job.raws) > 1)
    assert mixed.raws == ("a.fit", "b.fit", "c.fit")


async def test_a_finished_stack_is_skipped_or_deleted_at_once(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    await standin.seed([ROW, Stack(chunk_key=KEY, owner="bob")])
    paths = write_lights(tmp_path, 2)
    done = await client.raw_finalize(await send(client, paths))
    assert (done.jobs, done.chunks, done.skipped) == (0, (), (KEY,))
    assert len(standin.stacks) == 2
    standin.worker.paused = True
    done = await client.raw_finalize(await send(client, paths), overwrite=True)
    assert (done.chunks, done.skipped) == ((KEY,), ())
    assert [row.owner for row in standin.stacks] == ["bob"]
    standin.worker.paused = False
    await until(lambda: len(standin.stacks) == 2)


async def test_sessions_expire_after_a_day(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    clock = Clock(now, now)
    async with standin_at(tmp_path / "server", clock=clock) as server, client_of(server) as client:
        token = await send(client, write_lights(tmp_path, 1))
        clock.origin = now + timedelta(hours=23)
        await client.raw_upload_file(token, write_light(tmp_path / "in time.fit"))
        clock.origin = now + timedelta(hours=25)
        with pytest.raises(NotFound, match="expired"):
            await client.raw_upload_file(token, write_light(tmp_path / "late.fit"))
        assert [session.status for session in server.sessions] == ["expired"]
    assert list((tmp_path / "server" / "raw").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("no date.fit", {"DATE_OBS": None}, "DATE-OBS"),
        ("odd date.fit", {"DATE_OBS": "24/07/26"}, "DATE-OBS"),
    ],
)
async def test_refused_frames(
    client: CrowdSkyServer,
    standin: CrowdSkyStandIn,
    tmp_path: Path,
    name: str,
    changes: dict[str, str | None],
    words: str,
) -> None:
    token = await client.raw_start_session()
    with pytest.raises(Rejected, match=words):
        await client.raw_upload_file(token, write_light(tmp_path / name, **changes))
    assert standin.sessions[0].records == ()


async def test_names_lose_their_folders(standin: CrowdSkyStandIn, tmp_path: Path) -> None:
    import httpx

    content = write_light(tmp_path / "a.fit").read_bytes()
    login = (standin.username, standin.password)
    async with httpx.AsyncClient(base_url=standin.url, auth=login, verify=False) as web:
        url = "/api/raw_upload.php?action="
        token = (await web.post(f"{url}start")).json()["session_token"]
        for name in ("../../evil.fit", "..\\..\\evil.fit", "/abs/evil.fit"):
            reply = await web.post(
                f"{url}file", data={"session_token": token}, files={"file": (name, content)}
            )
            assert reply.json()["filename"] == "evil.fit"
        assert (await web.post(f"{url}other")).status_code == 400
        assert (await web.get(f"{url}start")).status_code == 405
        missing = await web.post(f"{url}file", files={"file": ("a.fit", content)})
        assert missing.json() == {"error": "Missing session_token."}
    assert [path.name for path in (tmp_path / "server" / "raw").rglob("*.fit")] == ["evil.fit"]


async def test_the_place_is_taken_out_of_what_is_sent(
    standin: CrowdSkyStandIn, client: CrowdSkyServer, tmp_path: Path
) -> None:
    path = write_light(tmp_path / "Light.fit")
    original = path.read_bytes()
    token = await client.raw_start_session()
    await client.raw_upload_file(token, path, scrub_location=True)
    (kept,) = (tmp_path / "server" / "raw").rglob("*.fit")
    arrived = kept.read_bytes()
    assert b"SITELAT" not in arrived and b"48.2082" not in arrived and b"16.3394" not in arrived
    assert len(arrived) == len(original)
    assert path.read_bytes() == original
    await client.raw_finalize(token, scrub_location=True)
    assert standin.jobs[0].scrub
