"""R6, R7: what a telescope may do to a stack. Each job ends in a named state, the others go on."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from attending import attending, failed_jobs, rest, sync_to_the_end, until
from truth import check_journal, check_server, check_tidy
from world import World, world

from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

Fields = dict[str, Any]
Happening = Callable[[World], Coroutine[Any, Any, None]]


def spoil_one(scope: SeestarStandIn, spoil: Callable[[Fields], Fields]) -> None:
    """Change what the telescope says of its first batch stack."""
    batch, update = scope.batch, scope.batch._update
    spoiled: list[bool] = []

    def wrapped(**fields: Any) -> None:
        if len(spoiled) == 0:
            update(**spoil(fields))
        else:
            update(**fields)
        if fields.get("state") == "complete":
            spoiled.append(True)

    batch._update = wrapped  # type: ignore[method-assign]


def no_output(fields: Fields) -> Fields:
    return {key: value for key, value in fields.items() if key != "output_file"}


def wrong_name(fields: Fields) -> Fields:
    if "output_file" in fields:
        files = [{"name": "DSO_Stacked_99_M 81_10.0s_20260227_225203.fit"}]
        fields = {**fields, "output_file": {**fields["output_file"], "files": files}}
    return fields


def another_target(fields: Fields) -> Fields:
    if "output_file" in fields:
        fields = {**fields, "output_file": {**fields["output_file"], "path": "MyWorks/NGC 7000"}}
    return fields


def backwards(fields: Fields) -> Fields:
    if "percent" in fields and fields.get("state") != "complete":
        fields = {**fields, "percent": 130.0 - fields["percent"], "remaining_sec": -5}
    return fields


def no_files(fields: Fields) -> Fields:
    if "output_file" in fields:
        fields = {**fields, "output_file": {"path": "MyWorks/M 81", "files": []}}
    return fields


@pytest.mark.parametrize(
    "spoil", [no_output, wrong_name, another_target, backwards, no_files], ids=lambda f: f.__name__
)
async def test_a_strange_report_spoils_one_block_at_most_and_for_once(
    spoil: Callable[[Fields], Fields], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path) as place, attending(place, monkeypatch) as night:
        spoil_one(place.scopes[0], spoil)
        await night.sync()
        await rest(night)
        failed = await failed_jobs(night)
        assert len(failed) <= 1
        assert all(job.kind == "stack" and job.reason for job in failed)
        assert len(place.server.jobs) == place.blocks - len(failed)
        await sync_to_the_end(night, place)
        check_server(place, place.blocks)
        check_tidy(place)
        check_journal(place)
        assert place.started() == place.blocks, "what was there was adopted, not stacked again"


async def _fails(place: World) -> None:
    place.scopes[0].faults.batch_failures += [(207, "fail to operate")]


async def _no_image(place: World) -> None:
    place.scopes[0].faults.batch_failures += [(267, "no image")]


async def _cleared_by_another(place: World) -> None:
    scope = place.scopes[0]
    await until(lambda: scope.batch.working)
    await scope.batch.clear()


async def _stopped_by_another(place: World) -> None:
    scope = place.scopes[0]
    await until(lambda: scope.batch.working)
    await scope.batch.stop()


async def _works_for_ever(place: World) -> None:
    scope = place.scopes[0]
    await until(lambda: scope.batch.working)
    assert scope.batch._task is not None
    scope.batch._task.cancel()
    scope.batch._task = asyncio.create_task(asyncio.sleep(3600))


@pytest.mark.parametrize(
    "happens",
    [
        _fails,
        _no_image,
        _cleared_by_another,
        _stopped_by_another,
        pytest.param(_works_for_ever, marks=pytest.mark.long),
    ],
    ids=lambda f: f.__name__.strip("_"),
)
async def test_one_bad_block_is_named_and_holds_up_nobody(
    happens: Callable[[World], Coroutine[Any, Any, None]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = happens in (_cleared_by_another, _stopped_by_another, _works_for_ever)
    options: dict[str, Any] = {"seconds_per_frame": 20.0} if slow else {}
    async with world(tmp_path, **options) as place, attending(place, monkeypatch) as night:
        asked = asyncio.create_task(happens(place))
        await night.sync()
        await asked
        await rest(night)
        (failed,) = await failed_jobs(night)
        assert failed.kind == "stack" and failed.reason
        assert len(place.server.stacks) == place.blocks - 1, "the others have gone on"
        await sync_to_the_end(night, place)
        check_server(place, place.blocks)
        check_tidy(place)


@pytest.mark.parametrize("while_stacking", [True, False])
async def test_a_scope_that_reboots_is_waited_for(
    while_stacking: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, seconds_per_frame=10.0) as place:
        scope = place.scopes[0]
        async with attending(place, monkeypatch) as night:
            await night.sync()
            await until(lambda: scope.batch.working)
            if not while_stacking:
                await until(lambda: len(place.stacks()) == 1)
            await scope.stop()
            await asyncio.sleep(0.3)
            await scope.start()
            await rest(night)
            await sync_to_the_end(night, place)
        check_server(place, place.blocks)
        check_tidy(place)
        check_journal(place)


async def test_a_scope_that_is_away_does_not_hold_up_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, scopes=2) as place, attending(place, monkeypatch) as night:
        away, there = place.scopes
        await away.stop()
        await night.sync()

        def waited_for() -> set[str]:
            return {
                job.payload.serial
                for job in night.queue.unfinished()
                if isinstance(job.payload, Order)
            }

        await until(lambda: waited_for() == {away.serial})
        assert len(place.server.stacks) == place.blocks // 2
        left = night.queue.unfinished()
        assert any(job.reason for job in left), "it says what it waits for"
        await away.start()
        await rest(night)
        check_server(place, place.blocks)
        assert there.requests.count("start_batch_stack") == place.blocks // 2


async def test_without_a_journal_a_result_of_the_block_is_adopted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the rename, rebooted, the journal deleted: the file alone tells."""
    async with world(tmp_path, blocks=2) as place:
        scope = place.scopes[0]
        async with attending(place, monkeypatch) as night:
            await night.do(Stack())
            await until(lambda: bool(place.stacks("DSO_*.fit")) or len(place.stacks()) > 0)
            await rest(night)
        first = place.stacks()[0]
        orphan = "DSO_Stacked_12_M 81_20.0s_20260228_063000.fit"
        first.rename(first.with_name(orphan))
        for path in place.state.iterdir():
            path.unlink()
        await scope.batch.clear()
        async with attending(place, monkeypatch) as night:
            await sync_to_the_end(night, place)
        assert place.started() == place.blocks, "it was stacked twice"
        check_server(place, place.blocks)
