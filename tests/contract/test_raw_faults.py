"""Raw uploads through every fault of the matrix: one row in the end, of each sub-frame once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from raw_kit import KEY, standin_at, until
from raw_night import FRAMES, RawNight, raw_night

from crowdsky_tui.compute.client import Science
from crowdsky_tui.jobs.ledger_doubt import decided
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Fault, Stack

OLD = Stack(
    chunk_key=KEY,
    object_name="M 81",
    filter_name="LP",
    telescope_id="S50_8a95aa90",
    n_frames_input=FRAMES,
    n_frames_aligned=FRAMES,
    total_exptime=10.0 * FRAMES,
)
ENDPOINTS = ("raw_start", "raw_file", "raw_finalize", "my_stacks")
FAULTS = (
    *(Fault("status", status=status) for status in (408, 500, 502, 504)),
    *(Fault("status", status=status, retry_after=1) for status in (429, 503)),
    *(Fault(kind) for kind in ("html", "empty", "redirect", "reset", "error_in_200")),
    *(Fault(kind) for kind in ("reset_reply", "lost_reply", "truncate", "short", "no_hp")),
    *(Fault(kind, delay_s=1.0) for kind in ("slow_first_byte", "slow_body")),
    Fault("reset_upload", size=10),
    Fault("status", status=404, text=None),
)


@pytest.fixture
async def science() -> AsyncIterator[Science]:
    child = Science()
    yield child
    await child.close()


def name_of(fault: Fault) -> str:
    return f"{fault.kind}-{fault.status}" if fault.kind == "status" else fault.kind


async def to_the_end(night: RawNight, standin: CrowdSkyStandIn, *, overwrite: bool) -> None:
    """Ask, and ask again after each failure, until the stack is proved."""
    job = night.ask(overwrite=overwrite)
    said = []
    for _ in range(30):
        said.append(await night.once(job))
        if said[-1].startswith("error"):
            job = night.ask(overwrite=overwrite and not (await night.entry()).upload)
        if not said[-1]:
            break
    assert not said[-1], said
    await until(lambda: all(one.status == "completed" for one in standin.jobs))
    assert await night.once(job, night.confirm) == "", said


async def prove_one(night: RawNight, standin: CrowdSkyStandIn, old: list[int]) -> None:
    (row,) = standin.stacks
    assert row.id not in old
    assert row.n_frames_input == FRAMES
    assert len(standin.jobs) == 1
    entry = await night.entry()
    assert (entry.upload, entry.row_id, entry.session) == ("confirmed", row.id, "")


FEW = ("status-429", "status-502", "html", "reset_reply", "lost_reply", "truncate", "reset_upload")
"""For a stack that replaces another in each run: refused, put off, and cut at each place."""


@pytest.mark.parametrize(
    ("fault", "overwrite"),
    [
        pytest.param(
            fault,
            overwrite,
            id=f"{name_of(fault)}-{'overwrite' if overwrite else 'fresh'}",
            marks=pytest.mark.long if overwrite and name_of(fault) not in FEW else (),
        )
        for fault in FAULTS
        for overwrite in (False, True)
    ],
)
async def test_each_fault_at_each_endpoint_leaves_one_row(
    tmp_path: Path, science: Science, fault: Fault, overwrite: bool
) -> None:
    for endpoint in ENDPOINTS:
        root = tmp_path / endpoint
        async with (
            standin_at(root / "server") as standin,
            raw_night(root, standin, science) as night,
        ):
            if overwrite:
                await standin.seed([OLD])
            old = [row.id for row in standin.stacks]
            standin.faults.add(endpoint, fault)
            await to_the_end(night, standin, overwrite=overwrite)
            await prove_one(night, standin, old)


@pytest.mark.parametrize("kind", ["html", "reset", "empty"])
async def test_the_old_row_never_confirms_an_overwrite_that_did_not_act(
    tmp_path: Path, science: Science, kind: str
) -> None:
    async with (
        standin_at(tmp_path / "server") as standin,
        raw_night(tmp_path, standin, science) as night,
    ):
        await standin.seed([OLD])
        standin.faults.add("raw_finalize", Fault(kind))
        job = night.ask(overwrite=True)
        assert (await night.once(job)).startswith("later")
        (row,) = standin.stacks
        assert (await night.entry()).old_rows == (row.id,)
        assert "not listed" in await night.once(job, night.confirm)
        assert (await night.entry()).upload == "doubt"


async def test_a_session_that_expired_before_its_end_is_begun_anew(
    tmp_path: Path, science: Science
) -> None:
    async with (
        standin_at(tmp_path / "server") as standin,
        raw_night(tmp_path, standin, science) as night,
    ):
        finalize = night.client.raw_finalize

        async def after_expiry(token: str, *given: Any, **named: Any) -> Any:
            night.client.raw_finalize = finalize
            expire(standin)
            return await finalize(token, *given, **named)

        night.client.raw_finalize = after_expiry  # type: ignore[assignment]
        job = night.ask()
        assert "new session" in await night.once(job)
        assert (await night.entry()).upload == ""
        await to_the_end(night, standin, overwrite=False)
        await prove_one(night, standin, [])


@pytest.mark.parametrize("overwrite", [False, True])
async def test_a_lost_end_of_a_session_too_old_to_tell_is_left_to_the_user(
    tmp_path: Path, science: Science, overwrite: bool
) -> None:
    async with (
        standin_at(tmp_path / "server") as standin,
        raw_night(tmp_path, standin, science) as night,
    ):
        if overwrite:
            await standin.seed([OLD])
        standin.faults.add("raw_finalize", Fault("html"))
        job = night.ask(overwrite=overwrite)
        assert (await night.once(job)).startswith("later")
        expire(standin)
        night.time += timedelta(days=2)
        said = await night.once(job)
        if overwrite:  # what it would have deleted first is still there: it never acted
            assert said == ""
            return
        assert "never answered for" in said and "settle" in said
        assert "never answered for" in await night.once(night.ask())  # asking settles nothing
        assert standin.jobs == []
        await night.journal.save_entry(decided(await night.entry(), resend=True, now=night.time))
        await to_the_end(night, standin, overwrite=False)
        await prove_one(night, standin, [])


async def test_a_session_is_never_ended_twice_within_the_ten_minutes(
    tmp_path: Path, science: Science
) -> None:
    async with (
        standin_at(tmp_path / "server") as standin,
        raw_night(tmp_path, standin, science) as night,
    ):
        standin.faults.add("raw_finalize", Fault("html"))
        job = night.ask()
        begun = night.time
        while (night.time - begun).total_seconds() < 480:
            assert (await night.once(job)).startswith("later")
        assert standin.requests["raw_finalize"].count == 1
        await to_the_end(night, standin, overwrite=False)


async def test_a_page_instead_of_a_404_tells_nothing_of_a_session(
    tmp_path: Path, science: Science
) -> None:
    async with (
        standin_at(tmp_path / "server") as standin,
        raw_night(tmp_path, standin, science) as night,
    ):
        standin.faults.add("raw_finalize", Fault("html"))
        job = night.ask()
        assert (await night.once(job)).startswith("later")
        night.time += timedelta(minutes=30)
        standin.faults.add("raw_finalize", Fault("redirect"))
        assert (await night.once(job)).startswith("later")
        assert (await night.entry()).upload == "doubt"


def expire(standin: CrowdSkyStandIn) -> None:
    """Let a day pass for the sessions of the server, which then deletes their files."""
    state = standin._state
    for session in list(state.sessions.values()):
        if session.status == "uploading":
            state.put(msgspec.structs.replace(session, status="expired"))
            state.drop_raws(session.id)
