"""Every Python function of `crowdsky_tui.api`, against the stand-ins."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from commands_kit import Simulation, simulation
from raw_kit import write_lights

from crowdsky_tui import api
from crowdsky_tui.api.login import present_settings
from crowdsky_tui.base.errors import (
    CrowdSkyError,
    JournalLocked,
    NotFoundOnScope,
    ReadOnlyMode,
    UsageError,
)
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Order

LOADED_S = 600.0 * 120
"""Two minutes of a loaded machine, by the stand-ins' clock (x600)."""


@pytest.fixture
def sim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulation]:
    for module in ("server", "telescope"):
        monkeypatch.setattr(f"crowdsky_tui.api.{module}.PATIENCE_S", LOADED_S)
    with simulation(tmp_path / "sim") as running:
        api.use_settings(read_settings(running.config, {}).settings)
        yield running
        api.use_settings(None)


async def jobs_in(sim: Simulation) -> list[AnyJob]:
    journal = Journal(sim.state)
    await journal.open("a test", read_only=True)
    try:
        entries = await journal.ledger()
        return list(await journal.latest({entry.order.block_id for entry in entries}))
    finally:
        await journal.close()


async def test_targets_and_blocks_as_documented(sim: Simulation) -> None:
    targets = await api.list_targets()
    assert targets
    assert all(list(row) == ["target", "raw_files", "stacked_files"] for row in targets)
    found = await api.find_unstacked_blocks(targets[0]["target"])
    for block in found:
        assert block["frame_count"] == len(block["files"]) > 0
        assert block["block_end"] > block["block_start"]
    with pytest.raises(NotFoundOnScope):
        await api.find_unstacked_blocks("no such thing")
    with pytest.raises(UsageError):
        await api.find_unstacked_blocks(targets[0]["target"], 7)


async def test_stacking_sending_and_deleting_go_through_the_journal(
    sim: Simulation, tmp_path: Path
) -> None:
    before = sim.scope_files("CrowdSky_*.fit")
    dry = await api.stack_all(dry_run=True)
    assert dry["total_blocks_stacked"] == 0
    assert sim.scope_files("CrowdSky_*.fit") == before
    assert not sim.state.exists() or await jobs_in(sim) == []
    wanted = sum(r["status"] == "dry_run" for one in dry["per_target"] for r in one["results"])
    assert wanted

    target = next(
        one["target"]
        for one in dry["per_target"]
        if any(result["status"] == "dry_run" for result in one["results"])
    )
    one = await api.stack_blocks(target)
    assert one["blocks_stacked"] > 0 == one["blocks_failed"]
    assert {job.kind for job in await jobs_in(sim)} == {"stack"}
    every = await api.stack_all()
    assert every["total_blocks_stacked"] + one["blocks_stacked"] == wanted
    assert len(sim.scope_files("CrowdSky_*.fit")) == len(before) + wanted
    again = await api.stack_all()
    assert (again["targets_with_work"], again["total_blocks_stacked"]) == (0, 0)

    dest = tmp_path / "fetched"
    plan = await api.upload_all_stacks(dest=dest, dry_run=True)
    assert plan["files_uploaded"] == 0 and plan["uploaded"]
    sent = await api.upload_all_stacks(dest=dest)
    assert sorted(sent["uploaded"]) == sorted(plan["uploaded"])
    assert (sent["files_uploaded"], sent["files_failed"]) == (len(sent["uploaded"]), 0)
    assert {job.kind for job in await jobs_in(sim)} >= {"fetch", "upload", "confirm"}
    second = await api.upload_all_stacks(dest=dest)
    assert (second["files_failed"], second["failed"]) == (0, [])
    identities = sim.identities()
    assert len(identities) == len(set(identities))

    lights = sim.scope_files("Light_*")
    purged = await api.purge_crowdsky_stacks()
    assert sim.scope_files("Light_*") == lights
    assert (
        len([name for name in purged["deleted"] if name.endswith(".fit")])
        == len(sim.ready and before) + wanted
    )
    assert purged["files_deleted"] == len(purged["deleted"])
    assert sim.scope_files("CrowdSky_*.fit") == []
    assert (await api.purge_crowdsky_stacks("all"))["files_deleted"] == 0
    for bad in ("../etc", "none"):
        with pytest.raises(CrowdSkyError):
            await api.purge_crowdsky_stacks(bad)


async def test_one_stack_there_and_back(sim: Simulation, tmp_path: Path) -> None:
    assert (await api.stack_all())["total_blocks_stacked"]
    root = Path(sim.ready["scopes"][0]["root"])
    path = next(root.rglob("CrowdSky_*.fit"))
    copy = tmp_path / "mine" / path.name
    copy.parent.mkdir()
    shutil.copy(path, copy)
    receipt = await api.upload_stack(
        copy, n_frames_input=99, date_obs_start="2026-07-24T21:00:00", scrub_location=1
    )
    assert list(receipt) == ["ok", "job_id", "chunk_key", "status"]
    assert receipt["ok"] and receipt["status"] in {"queued", "confirmed"}
    second = await api.upload_stack(copy)
    assert second["job_id"] == receipt["job_id"]
    with pytest.raises(FileNotFoundError):
        await api.upload_stack(tmp_path / "none.fit")
    other = shutil.copy(path, tmp_path / "other.fit")
    with pytest.raises(UsageError):
        await api.upload_stack(other)

    sim.json("upload", "--local-dir", str(copy.parent), code=0)
    (row,) = [row for row in await api.list_stacks() if row["n_frames_input"] == 99]
    assert row["chunk_key"] == receipt["chunk_key"]
    (back,) = await api.download_stack(row["chunk_key"], tmp_path / "back")
    assert back.name == f"{row['chunk_key']}.fits"
    assert await api.list_stacks("no such object") == []


async def test_a_raw_session_is_journalled_and_nothing_is_stacked_twice(
    sim: Simulation, tmp_path: Path
) -> None:
    folder = tmp_path / "raw"
    folder.mkdir()
    paths = write_lights(folder, 3)
    token = await api.raw_start_session()
    for path in paths:
        answer = await api.raw_upload_file(token, path)
        assert list(answer) == ["ok", "filename", "chunk_key", "date_obs"]
    with pytest.raises(UsageError):
        await api.raw_upload_file(token, paths[0])
    done = await api.raw_finalize(token)
    assert list(done) == ["ok", "jobs", "job_ids", "chunks", "skipped"]
    assert (done["jobs"], len(done["job_ids"]), len(done["chunks"])) == (1, 1, 1)
    (job,) = await jobs_in(sim)
    assert isinstance(job.payload, Order)
    assert (job.kind, len(job.payload.files)) == ("confirm", 3)
    with pytest.raises(UsageError):
        await api.raw_finalize(token)

    other = await api.raw_start_session()
    await api.raw_upload_file(other, paths[0])
    with pytest.raises(UsageError, match="handed over before"):
        await api.raw_finalize(other)
    with pytest.raises(UsageError):
        await api.raw_upload_file("not ours", paths[0])
    with pytest.raises(FileNotFoundError):
        await api.raw_upload_file(other, folder / "none.fit")


async def test_nothing_is_done_past_the_journal_of_another(sim: Simulation) -> None:
    holder = Journal(sim.state)
    await holder.open("somebody else")
    try:
        for call in (api.stack_all, api.purge_crowdsky_stacks, api.upload_all_stacks):
            with pytest.raises(JournalLocked):
                await call()
        assert await api.list_targets()
    finally:
        await holder.close()


async def test_a_read_only_run_changes_nothing(sim: Simulation) -> None:
    settings = present_settings()
    api.use_settings(msgspec.structs.replace(settings, read_only=True))
    before = sim.scope_files("*")
    for call in (api.stack_all, api.purge_crowdsky_stacks):
        with pytest.raises(ReadOnlyMode):
            await call()
    assert sim.scope_files("*") == before


def test_login_and_address_hold_for_the_next_calls_only() -> None:
    api.use_settings(read_settings(None, {}).settings)
    try:
        api.set_credentials("alice", "s3cret")
        assert present_settings().server.username == "alice"
        api.set_base_url("https://staging.crowdsky.example")
        server = present_settings().server
        assert (server.url, server.username) == ("https://staging.crowdsky.example", "")
        assert not server.password and not server.api_key
        api.set_credentials("alice", "s3cret")
        api.set_base_url("https://staging.crowdsky.example/v2")
        assert present_settings().server.password == "s3cret"
        with pytest.raises(UsageError):
            api.set_base_url("http://crowdsky.example")
    finally:
        api.use_settings(None)
    assert present_settings().server.username != "alice"
