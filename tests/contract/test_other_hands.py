"""Somebody else's hand on the telescope, and other copies of this program: against the stand-in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from device_kit import joined, shots, unstacked
from seestar_kit import running, take
from test_device_stacking import Diary, one_block, stack, stacks

from crowdsky_tui.base.errors import DeviceError, ScopeBusy, StackDisturbed, StackFailed
from crowdsky_tui.blocks import Block
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess
from crowdsky_tui.instruments.seestar.files.marks import FOLDER, STACKING, Copy
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.simulator.faults import Hand
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

SUB = "MyWorks/M 81_sub"
PI = Copy("alice", "pi", "1111")
LAPTOP = Copy("bob", "laptop", "2222")


@asynccontextmanager
async def two_blocks(
    root: Path,
) -> AsyncIterator[tuple[SeestarStandIn, SeestarService, Block, Block]]:
    take(root, shots(80))
    async with running(root, speed=6000.0) as scope, joined(scope, copy=PI) as service:
        first, second = (await unstacked(service, "M 81"))[:2]
        yield scope, service, first, second


def crowdsky(root: Path) -> list[str]:
    return [name for name in stacks(root) if name.startswith("CrowdSky_")]


@pytest.mark.parametrize("before", ["start_batch_stack", "get_batch_stack_setting"])
async def test_a_list_changed_between_set_and_start_is_never_named_as_ours(
    tmp_path: Path, before: str
) -> None:
    async with two_blocks(tmp_path) as (scope, service, first, second):
        scope.faults.hands.append(Hand(before, "set", SUB, tuple(second.files)))
        diary = Diary()
        with pytest.raises(StackDisturbed) as caught:
            await stack(service, first, diary)
        assert caught.value.retryable
        assert crowdsky(tmp_path) == []
        noted = {key: value for facts in diary.facts for key, value in facts.items()}
        mine = await stack(service, first, started_before=True, noted=noted)
        other = await stack(service, second)
        assert {mine.name, other.name} == set(crowdsky(tmp_path))
        assert first.chunk in mine.name and second.chunk in other.name
        header = await service.files.read_range(f"MyWorks/M 81/{mine.name}", 0, 23040)
        begun = (await service.science.header_facts(header)).date_obs
        assert begun is not None and first.block_start <= begun < first.block_end


async def test_some_of_the_frames_never_count_as_the_whole_block(tmp_path: Path) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        scope.faults.hands.append(Hand("start_batch_stack", "set", SUB, tuple(block.files[:3])))
        diary = Diary()
        with pytest.raises(StackDisturbed):
            await stack(service, block, diary)
        assert crowdsky(tmp_path) == []
        again = await stack(service, block, started_before=True, noted=diary.facts[-1])
        assert again.frames == 12


async def test_without_a_setting_to_read_the_count_and_the_header_tell(tmp_path: Path) -> None:
    async with two_blocks(tmp_path) as (scope, service, first, second):
        scope.faults.refuse["get_batch_stack_setting"] = (103, "method not found")
        as_many = tuple([*first.files, *second.files][-first.frame_count :])
        scope.faults.hands.append(Hand("start_batch_stack", "set", SUB, as_many))
        with pytest.raises(StackDisturbed, match="header"):
            await stack(service, first)
        scope.faults.hands.append(Hand("start_batch_stack", "set", SUB, tuple(first.files[:3])))
        with pytest.raises(StackDisturbed, match="3 sub-frames"):
            await stack(service, first)
        assert crowdsky(tmp_path) == []


async def test_a_job_that_began_meanwhile_is_waited_for_and_never_cleared(tmp_path: Path) -> None:
    async with two_blocks(tmp_path) as (scope, service, first, second):
        scope.profile = msgspec.structs.replace(scope.profile, seconds_per_frame=1e6)
        scope.batch._profile = scope.profile
        for before in ("set_batch_stack_setting", "start_batch_stack"):
            scope.faults.hands.append(Hand(before, "stack", SUB, tuple(second.files)))
            with pytest.raises(ScopeBusy):
                await stack(service, first)
            assert scope.batch.working
            await scope.batch.clear()


async def test_259_means_busy_never_failed(tmp_path: Path) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        scope.faults.refuse["start_batch_stack"] = (259, "stack is already running")
        with pytest.raises(ScopeBusy):
            await stack(service, block)


@pytest.mark.parametrize(("does", "to"), [("rename", "M 81 old_sub"), ("copy", "M 81 copy_sub")])
async def test_a_folder_renamed_or_copied_in_mid_work_fails_nothing_but_what_has_gone(
    tmp_path: Path, does: str, to: str
) -> None:
    async with two_blocks(tmp_path) as (scope, service, first, second):
        scope.faults.hands.append(Hand("start_batch_stack", does, SUB, to=f"MyWorks/{to}"))
        if does == "rename":
            with pytest.raises(StackFailed, match="could not stack") as caught:
                await stack(service, first)
            assert "renamed" in str(caught.value)
            assert len(await unstacked(service, to.removesuffix("_sub"))) >= 2
        else:
            await stack(service, first)
            await stack(service, second)
            assert len(crowdsky(tmp_path)) == 2


async def test_only_one_of_two_copies_stacks_and_the_other_finds_it_done(tmp_path: Path) -> None:
    async with one_block(tmp_path) as (scope, service, block), joined(scope, copy=LAPTOP) as other:
        outcomes = await asyncio.gather(
            stack(service, block), stack(other, block), return_exceptions=True
        )
        busy = [outcome for outcome in outcomes if isinstance(outcome, ScopeBusy)]
        assert len(busy) == 1
        assert (await stack(other, block)).adopted
        assert (await stack(service, block)).adopted
        assert scope.requests.count("start_batch_stack") == 1
        assert await service.marks.read(STACKING) is None


async def test_a_copy_that_died_holds_nobody_up_for_ever(tmp_path: Path) -> None:
    async with one_block(tmp_path) as (scope, service, block), joined(scope, copy=LAPTOP) as other:
        await service.marks.hold_stacking("M 81 22:00")
        with pytest.raises(ScopeBusy, match="another copy") as caught:
            await stack(other, block)
        assert service.marks.copy.machine in str(caught.value)
        await scope.time.clock.sleep(301)
        assert not (await stack(other, block)).adopted


async def test_a_mark_is_never_stale_while_the_telescope_stacks(tmp_path: Path) -> None:
    async with (
        one_block(tmp_path, seconds_per_frame=1e6) as (scope, service, block),
        joined(scope, copy=LAPTOP) as other,
    ):
        await service.marks.hold_stacking("M 81 22:00")
        scope.batch.configure(SUB, [f"{SUB}/{block.files[0]}"])
        scope.batch.start()
        for _ in range(2):
            with pytest.raises(ScopeBusy, match="another copy"):
                await stack(other, block)
            await scope.time.clock.sleep(301)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"copy":5,"owner":"\\u001b]0;x\\u0007","at":"9999-12-31T23:59:59+00:00","job":1e400}',
        b'{"owner":"' + b"x" * 100_000 + b'"}',
    ],
)
async def test_a_mark_is_never_trusted_for_its_text(tmp_path: Path, text: bytes) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        (tmp_path / FOLDER).mkdir()
        (tmp_path / FOLDER / f"{STACKING}.json").write_bytes(text)
        with pytest.raises(ScopeBusy) as caught:
            await stack(service, block)
        assert str(caught.value).isprintable() and len(str(caught.value)) < 400
        ((_, other),) = await service.marks.others()
        assert other.at is None
        await scope.time.clock.sleep(301)
        assert (await stack(service, block)).status == "complete"


async def test_where_no_mark_can_be_made_it_is_said_and_the_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refused(*_: object) -> None:
        raise DeviceError("the share refused it", "access denied")

    async with one_block(tmp_path) as (_, service, block):
        for name in ("create", "replace"):
            monkeypatch.setattr(ScopeFileAccess, name, refused)
        assert (await stack(service, block)).status == "complete"
    assert sum("no marks can be made" in line for line in caplog.messages) == 1


async def test_a_mark_is_no_stack_no_sub_frame_and_in_no_album(tmp_path: Path) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        await service.marks.hold_stacking("M 81 22:00")
        assert await service.list_folders() == ["M 81", "M 81_sub"]
        assert (await unstacked(service, "M 81")) == [block]
        assert FOLDER not in str(scope.albums.albums())


@pytest.mark.parametrize(("frames", "adopted"), [(6, False), (8, False), (9, True)])
async def test_half_of_the_frames_are_never_enough_to_take_an_orphan(
    tmp_path: Path, frames: int, adopted: bool
) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        scope.batch.configure(SUB, [f"{SUB}/{name}" for name in block.files[:frames]])
        scope.batch.start()
        while scope.batch.working:
            await asyncio.sleep(0.01)
        await scope.batch.clear()
        result = await stack(service, block, started_before=True)
        assert result.adopted == adopted
        assert result.frames == (frames if adopted else 12)


async def test_companions_are_renamed_first_and_the_stack_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with one_block(tmp_path) as (_, service, block):
        order: list[str] = []
        rename = service.files.rename

        async def noted(old: str, new: str) -> None:
            order.append(new.rpartition(".")[2])
            await rename(old, new)

        monkeypatch.setattr(service.files, "rename", noted)
        await stack(service, block)
    assert order == ["jpg", "jpg", "fit"]


async def test_what_another_copy_named_in_the_same_moment_is_found_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with one_block(tmp_path) as (_, service, block):
        rename = service.files.rename

        async def twice(old: str, new: str) -> None:
            await rename(old, new)
            await rename(old, new)

        monkeypatch.setattr(service.files, "rename", twice)
        assert (await stack(service, block)).adopted


async def test_asked_for_again_a_finished_stack_counts_only_if_it_is_this_runs(
    tmp_path: Path,
) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        done = await stack(service, block)
        assert (await stack(service, block)).adopted
        assert scope.requests.count("start_batch_stack") == 1
        ours = await stack(
            service, block, started_before=True, noted={"new": done.name}, restack=True
        )
        assert ours.adopted and scope.requests.count("start_batch_stack") == 1
        assert not (await stack(service, block, restack=True)).adopted
        assert scope.requests.count("start_batch_stack") == 2
