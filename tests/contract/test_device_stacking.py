"""One block into one stack, whatever happens on the way: against the telescope stand-in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from device_kit import joined, shots, telescope, unstacked, until
from seestar_kit import frames, take

from crowdsky_tui.base.errors import DeviceError, ScopeBusy, ScopeUnreachable, StackFailed
from crowdsky_tui.blocks import Block, parse_crowdsky_name
from crowdsky_tui.fits.messages import HeaderFacts
from crowdsky_tui.instruments.seestar.files.records import StackResult, Target
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.instruments.seestar.stacking.stack_block import stack_block
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

TARGET = Target("M 81", 0, 0, "M 81", "M 81_sub")
STEPS = ["clear", "set", "start", "follow", "companions", "rename"]


class Diary:
    """What `note` and `progress` were told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.facts: list[dict[str, object]] = []
        self.progress: list[tuple[float, str]] = []
        self.stop_at = ""

    async def note(self, step: str, facts: dict[str, object]) -> None:
        if step == self.stop_at:
            raise asyncio.CancelledError
        self.steps.append(step)
        self.facts.append(facts)

    def tell(self, fraction: float, text: str) -> None:
        self.progress.append((fraction, text))


async def stack(
    service: SeestarService, block: Block, diary: Diary | None = None, **options: Any
) -> StackResult:
    diary = diary or Diary()
    return await stack_block(
        service, TARGET, block, note=diary.note, progress=diary.tell, **options
    )


@asynccontextmanager
async def one_block(
    root: Path, count: int = 12, **options: Any
) -> AsyncIterator[tuple[SeestarStandIn, SeestarService, Block]]:
    """A telescope with one finished block of M 81."""
    take(root, shots(count))
    async with telescope(root, **{"speed": 6000.0, **options}) as (scope, service):
        (block,) = await unstacked(service, "M 81")
        yield scope, service, block


def stacks(root: Path) -> list[str]:
    """The stacks in the main folder, by name."""
    found = sorted(path.name for path in (root / "MyWorks" / "M 81").glob("*.fit"))
    return [name for name in found if not name.startswith("Stacked")]


async def test_a_block_becomes_a_proved_stack_with_its_pictures(tmp_path: Path) -> None:
    async with one_block(tmp_path, speed=60.0) as (scope, service, block):
        diary = Diary()
        result = await stack(service, block, diary)
        name = parse_crowdsky_name(result.name)
        assert name is not None
        assert (name.chunk, name.exposure, name.filter) == (block.chunk, "20.0s", "IRCUT")
        assert name.pixel
        assert result.taken is not None
        assert result == StackResult("complete", result.name, 12, result.size, taken=result.taken)
        assert block.block_start - timedelta(seconds=20) <= result.taken.begin
        assert result.taken.begin < result.taken.middle < result.taken.end
        assert result.taken.end <= block.block_end + timedelta(seconds=20)
        assert result.taken.end - result.taken.begin >= timedelta(seconds=12 * 20)
        main = tmp_path / "MyWorks" / "M 81"
        assert (main / result.name).stat().st_size == result.size
        stem = result.name.removesuffix(".fit")
        assert {path.name for path in main.iterdir()} == {
            result.name,
            f"{stem}.jpg",
            f"{stem}_thn.jpg",
        }
        assert diary.steps == STEPS
        assert diary.facts[STEPS.index("rename")]["new"] == result.name
        fractions = [fraction for fraction, _ in diary.progress]
        assert fractions == sorted(fractions)
        assert any(0 < fraction < 1 for fraction in fractions)
        assert scope.batch.report is None
        assert await unstacked(service, "M 81") == []


async def test_the_same_block_again_is_found_done(tmp_path: Path) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        first = await stack(service, block)
        diary = Diary()
        again = await stack(service, block, diary)
        assert again == msgspec.structs.replace(first, adopted=True, taken=None), (
            "no header is read"
        )
        assert diary.steps == []
        assert scope.requests.count("start_batch_stack") == 1


@pytest.mark.parametrize("firmware", ["6.70", "7.32", "7.75", "8.89"])
async def test_every_firmware_gets_the_names_it_wants(tmp_path: Path, firmware: str) -> None:
    async with one_block(tmp_path, firmware=firmware) as (scope, service, block):
        await stack(service, block)
        assert scope.requests.count("start_batch_stack") == 1
        assert scope.batch.report is None


async def test_the_other_form_of_names_is_tried_once(tmp_path: Path) -> None:
    faults = Faults(batch_failures=[])
    async with one_block(tmp_path, faults=faults) as (scope, service, block):
        scope.profile = msgspec.structs.replace(scope.profile, firmware="7.32")
        scope.batch._profile = scope.profile  # says 7.75, behaves as 7.32
        assert (await stack(service, block)).status == "complete"
        assert scope.requests.count("start_batch_stack") == 2
    assert len(stacks(tmp_path)) == 1


async def test_a_block_without_images_fails_after_both_forms(tmp_path: Path) -> None:
    faults = Faults(batch_failures=[(267, "no image")] * 5)
    async with one_block(tmp_path, faults=faults) as (scope, service, block):
        with pytest.raises(StackFailed) as caught:
            await stack(service, block)
        assert (caught.value.code, caught.value.status) == (267, "fail")
        assert scope.requests.count("start_batch_stack") == 2


@pytest.mark.parametrize("method", ["set_batch_stack_setting", "start_batch_stack"])
async def test_a_refusal_is_not_overlooked(tmp_path: Path, method: str) -> None:
    faults = Faults(refuse={method: (207, "fail to operate")})
    async with one_block(tmp_path, faults=faults) as (_, service, block):
        with pytest.raises(StackFailed) as caught:
            await stack(service, block)
        assert "fail to operate" in str(caught.value)
        assert caught.value.code == 207


async def test_somebody_elses_running_job_is_left_alone(tmp_path: Path) -> None:
    take(tmp_path, frames(12, "NGC 7000"))
    async with one_block(tmp_path, seconds_per_frame=1e6) as (scope, service, block):
        scope.batch.configure("MyWorks/NGC 7000_sub", ["MyWorks/NGC 7000_sub/Light.fit"])
        scope.batch.start()
        with pytest.raises(ScopeBusy):
            await stack(service, block, started_before=True)
        assert scope.batch.working
        assert "clear_batch_stack" not in scope.requests


async def test_somebody_elses_result_is_never_taken_for_ours(tmp_path: Path) -> None:
    names = take(tmp_path, frames(12, "NGC 7000"))
    async with one_block(tmp_path) as (scope, service, block):
        path = "MyWorks/NGC 7000_sub"
        scope.batch.configure(path, [f"{path}/{name}" for name in names])
        scope.batch.start()
        await until(lambda: not scope.batch.working)
        theirs = list((tmp_path / "MyWorks" / "NGC 7000").glob("DSO_*.fit"))
        result = await stack(service, block)
        assert "_M 81_" in result.name
        assert [path.exists() for path in theirs] == [True]


@pytest.mark.parametrize("step", STEPS)
async def test_cut_off_before_any_step_the_block_is_stacked_exactly_once(
    tmp_path: Path, step: str
) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        diary = Diary()
        diary.stop_at = step
        with pytest.raises(asyncio.CancelledError):
            await stack(service, block, diary)
        await service.close()
        async with joined(scope) as fresh:
            result = await stack(fresh, block, started_before=bool(diary.steps))
        assert stacks(tmp_path) == [result.name]
        assert result.adopted == (step in ("follow", "companions", "rename"))
        assert list(tmp_path.rglob("DSO_*")) == [], "a picture kept its working name"
        assert scope.requests.count("start_batch_stack") == 1


async def test_cancelled_between_the_pictures_and_the_stack_nothing_keeps_a_working_name(
    tmp_path: Path,
) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        diary = Diary()
        diary.stop_at = "rename"
        with pytest.raises(asyncio.CancelledError):
            await stack(service, block, diary)
        result = await stack(service, block)  # asked for anew: no journal knows of the first
        assert result.adopted
        assert list(tmp_path.rglob("DSO_*")) == []
        assert scope.requests.count("start_batch_stack") == 1


async def test_an_orphan_of_this_block_is_adopted_and_a_neighbours_is_not(tmp_path: Path) -> None:
    take(tmp_path, shots(80))
    async with telescope(tmp_path, speed=6000) as (scope, service):
        first, second = (await unstacked(service, "M 81"))[:2]
        diary = Diary()
        diary.stop_at = "rename"
        with pytest.raises(asyncio.CancelledError):
            await stack(service, first, diary)
        await scope.batch.clear()
        (orphan,) = (await service.list_blocks("M 81")).orphans
        other = await stack(service, second, started_before=True)
        assert not other.adopted
        assert orphan.filename in stacks(tmp_path)
        mine = await stack(service, first, started_before=True)
        assert mine.adopted
        assert sorted(stacks(tmp_path)) == sorted([mine.name, other.name])
        assert scope.requests.count("start_batch_stack") == 2


async def test_a_broken_connection_while_stacking_is_waited_for(tmp_path: Path) -> None:
    async with one_block(tmp_path, speed=60.0) as (scope, service, block):
        stacking = asyncio.create_task(stack(service, block))
        await until(lambda: scope.batch.working)
        await scope.drop_clients()
        result = await asyncio.wait_for(stacking, 20)
        assert result.status == "complete"
        assert scope.requests.count("start_batch_stack") == 1
    assert stacks(tmp_path) == [result.name]


@pytest.mark.parametrize(
    "method",
    [
        "iscope_get_app_state",
        "clear_batch_stack",
        "set_batch_stack_setting",
        "start_batch_stack",
    ],
)
async def test_cut_in_any_command_and_taken_up_again_it_is_stacked_once(
    tmp_path: Path, method: str
) -> None:
    faults = Faults(drop_on={method})
    async with one_block(tmp_path, faults=faults) as (_, service, block):
        with pytest.raises(ScopeUnreachable):
            await stack(service, block)
        faults.drop_on.clear()
        await service.wait_ready(5)
        result = await stack(service, block, started_before=True)
    assert stacks(tmp_path) == [result.name]


async def test_a_job_that_takes_for_ever_is_stopped(tmp_path: Path) -> None:
    async with one_block(tmp_path, speed=60_000.0, seconds_per_frame=1e9) as (
        scope,
        service,
        block,
    ):
        with pytest.raises(StackFailed) as caught:
            await stack(service, block)
        assert caught.value.status == "timeout"
        assert "stop_batch_stack" in scope.requests
        assert not scope.batch.working


async def test_a_job_cancelled_by_hand_says_so(tmp_path: Path) -> None:
    async with one_block(tmp_path, seconds_per_frame=1e6) as (scope, service, block):
        stacking = asyncio.create_task(stack(service, block))
        await until(lambda: scope.batch.working)
        await scope.batch.stop()
        with pytest.raises(StackFailed) as caught:
            await stacking
        assert caught.value.status == "cancel"


async def test_cancelling_us_leaves_the_scopes_job_running_and_resumable(tmp_path: Path) -> None:
    async with one_block(tmp_path, speed=60.0) as (scope, service, block):
        stacking = asyncio.create_task(stack(service, block))
        await until(lambda: scope.batch.working)
        stacking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stacking
        assert scope.batch.working
        result = await stack(service, block, started_before=True)
        assert result.adopted
        assert scope.requests.count("start_batch_stack") == 1


async def test_a_stack_without_position_is_never_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with one_block(tmp_path) as (_, service, block):
        read = service.science.header_facts

        async def blind(head: bytes) -> HeaderFacts:
            facts = await read(head)
            assert isinstance(facts, HeaderFacts)
            return msgspec.structs.replace(facts, pixel=None)

        monkeypatch.setattr(service.science, "header_facts", blind)
        with pytest.raises(StackFailed) as caught:
            await stack(service, block)
        assert caught.value.status == "error"
    assert not any("CrowdSky" in name for name in stacks(tmp_path))


async def test_missing_pictures_do_not_spoil_a_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with one_block(tmp_path) as (_, service, block):
        rename = service.files.rename

        async def picky(old: str, new: str) -> None:
            if not old.endswith(".fit"):
                raise DeviceError("no")
            await rename(old, new)

        monkeypatch.setattr(service.files, "rename", picky)
        assert (await stack(service, block)).status == "complete"


async def test_two_blocks_at_once_take_turns(tmp_path: Path) -> None:
    take(tmp_path, shots(80))
    async with telescope(tmp_path, speed=6000) as (scope, service):
        blocks = (await unstacked(service, "M 81"))[:2]
        results = await asyncio.gather(*(stack(service, block) for block in blocks))
        assert len({result.name for result in results}) == 2
        assert scope.requests.count("start_batch_stack") == 2


async def test_a_job_that_vanishes_is_not_waited_for_an_hour(tmp_path: Path) -> None:
    async with one_block(tmp_path, seconds_per_frame=1e6) as (scope, service, block):
        stacking = asyncio.create_task(stack(service, block))
        await until(lambda: scope.batch.working)
        await scope.batch.clear()
        with pytest.raises(StackFailed) as caught:
            await asyncio.wait_for(stacking, 60)
        assert caught.value.status == "error"


async def test_the_end_is_heard_as_an_event_not_only_asked_for(tmp_path: Path) -> None:
    async with one_block(tmp_path, speed=1.0, seconds_per_frame=0.05) as (_, service, block):
        began = asyncio.get_running_loop().time()
        await stack(service, block)
        assert asyncio.get_running_loop().time() - began < 2.5, "asking comes every 3 s"


async def test_again_with_nothing_new_the_earlier_stack_stands(tmp_path: Path) -> None:
    async with one_block(tmp_path) as (scope, service, block):
        first = await stack(service, block)
        path = tmp_path / "MyWorks" / "M 81" / first.name
        before = path.read_bytes()
        again = await stack(service, block, restack=True)
        assert (again.name, again.size) == (first.name, len(before))
        assert path.read_bytes() == before
        assert scope.requests.count("start_batch_stack") == 2
        assert sum(name.startswith("CrowdSky_") for name in stacks(tmp_path)) == 1
