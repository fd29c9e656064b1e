"""Who may, cancelling, frames and files: see `rules`."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from subject import BOUND_S, ELSEWHERE, TARGET, Rig, Subject, Suspended
from telling import (
    EVERY,
    FIRST_STEPS,
    is_so,
    offered,
    outcome,
    ready_for,
    rule,
    tell,
)

from crowdsky_tui.base.errors import (
    NotFoundOnScope,
    OperationFailed,
    ReadOnlyMode,
    ScopeBusy,
)
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability, Ends, Instruction

# --- who may -----------------------------------------------------------------------------------


@rule
async def a_read_only_run_only_looks(rig: Rig) -> None:
    async with rig.subject(read_only=True) as subject:
        for ability in offered(subject):
            error = await outcome(subject, subject.instructions[ability])
            assert isinstance(error, ReadOnlyMode), f"{ability}: {error!r}"
        assert (await subject.instrument.look()).filter.value == subject.truth().filter
        await subject.instrument.frames(TARGET.name)
        assert subject.changes() == []


@rule
async def the_hand_of_somebody_else_is_not_interrupted(rig: Rig) -> None:
    async with rig.subject() as subject:
        await subject.use_by_somebody_else()
        async with asyncio.timeout(BOUND_S):
            assert (await subject.instrument.look()).used_by_others.value
        before = len(subject.changes())
        for ability in offered(subject):
            error = await outcome(subject, subject.instructions[ability])
            assert isinstance(error, ScopeBusy) and error.why, f"{ability}: {error!r}"
        assert len(subject.changes()) == before
        await tell(subject, told.Goto(TARGET), take_over=True)
        assert is_so(subject, told.Goto(TARGET))
        await tell(subject, told.Stop())


@rule
async def one_at_a_time_but_a_stop_goes_in_between(rig: Rig) -> None:
    async with rig.subject() as subject:
        await tell(subject, told.Unpark())
        going = asyncio.create_task(outcome(subject, told.Goto(TARGET)))
        await subject.is_under_way(Ability.GOTO)
        assert subject.instrument.state.doing == subject.instrument.doing != ""
        second = await outcome(subject, told.Goto(ELSEWHERE))
        assert isinstance(second, ScopeBusy) and TARGET.name in second.why, repr(second)
        await tell(subject, told.Stop())
        assert isinstance(await going, OperationFailed), "what was stopped is no success"
        assert subject.arrived(Ability.GOTO) == 1


@rule
async def what_was_cancelled_leaves_nothing_of_ours_behind(rig: Rig) -> None:
    abilities = (Ability.GOTO, Ability.FILTER, Ability.START, Ability.STOP, Ability.PARK)
    async with rig.subject() as subject:
        for ability in filter(subject.instrument.capabilities.offers, abilities):
            for at in steps():
                await ready_for(subject, ability)
                if not await cancelled_at(subject, subject.instructions[ability], at):
                    break


def steps() -> Iterator[int]:
    yield from range(1, FIRST_STEPS)
    yield from range(FIRST_STEPS, 400, EVERY)


async def cancelled_at(subject: Subject, instruction: Instruction, at: int) -> bool:
    """Cancel an instruction at its `at`th suspension; False if it had ended before."""
    instrument = subject.instrument
    borrowed, listeners = subject.truth().borrowed, subject.listeners()
    tasks = asyncio.all_tasks()
    steps_of_it = Suspended(instrument.operate(instruction), at)
    work = asyncio.ensure_future(_awaited(steps_of_it))
    done, _ = await asyncio.wait([work], timeout=BOUND_S)
    assert done, f"{instruction.ability} goes on although cancelled at {at}"
    assert instrument.doing == "", f"cancelled at {at}"
    assert subject.listeners() == listeners, f"cancelled at {at}"
    await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - tasks - {work} if is_of(task, instrument)}
    ended = steps_of_it.count < at
    series = ended and instruction.ability is Ability.START  # an instrument may take frames by it
    assert series or not left, f"cancelled at {at}: {left}"
    assert subject.truth().borrowed == borrowed, f"cancelled at {at}"
    if ended:
        work.result()
    assert ended or work.cancelled(), f"cancelled at {at}, and it took no notice"
    await tell(subject, told.Stop(), take_over=True)
    await settled(subject)
    return not ended


async def _awaited(work: Suspended) -> Any:
    return await work


def is_of(task: "asyncio.Task[Any]", instrument: object) -> bool:
    """Whether a task runs code of the instruments, not of a stand-in."""
    frames = task.get_stack()
    return any("/instruments/" in frame.f_code.co_filename for frame in frames) or any(
        frame.f_locals.get("self") is instrument for frame in frames
    )


async def settled(subject: Subject) -> None:
    """Until it rests and can be told something again."""
    async with asyncio.timeout(BOUND_S):
        while (await subject.instrument.look()).moving.value:
            await asyncio.sleep(0.02)


# --- frames and files --------------------------------------------------------------------------


@rule
async def frames_appear_while_it_takes_them(rig: Rig) -> None:
    async with rig.subject() as subject:
        instrument = subject.instrument
        if Ability.START not in offered(subject):
            return
        before = await instrument.frames(TARGET.name)
        await tell(subject, told.Goto(TARGET))
        started = (await tell(subject, told.Start())).asked_at
        async with asyncio.timeout(3 * BOUND_S):
            while len(await instrument.frames(TARGET.name)) < len(before) + 2:
                await asyncio.sleep(0.05)
            while ((await instrument.look()).frames_kept.value or 0) < 2:  # it counts what it wrote
                await asyncio.sleep(0.05)
        await tell(subject, told.Stop(Ends.FRAMES))
        frames = await instrument.frames(TARGET.name)
        assert not subject.truth().taking
        assert {frame.path for frame in frames} == set(subject.held())
        begun = [frame.begun for frame in frames if frame.begun is not None]
        assert begun == sorted(begun) and all(moment.tzinfo for moment in begun)
        assert begun[-1] >= started - timedelta(seconds=1), "the last of them is of now"


@rule
async def what_is_read_is_what_it_holds(rig: Rig) -> None:
    async with rig.subject() as subject:
        instrument, held = subject.instrument, subject.held()
        if Ability.START not in offered(subject):
            assert await instrument.frames(TARGET.name) == ()
            return
        assert held, "the stand-in holds frames"
        frames = await instrument.frames(TARGET.name)
        assert {frame.path: frame.size for frame in frames} == {
            path: len(content) for path, content in held.items()
        }
        assert {frame.target for frame in frames} == {TARGET.name}
        assert all(frame.exposure_s > 0 and frame.filter for frame in frames)
        path, content = next(iter(held.items()))
        folder, _, name = path.rpartition("/")
        assert name in {entry.name for entry in await instrument.files.list(folder)}
        assert await instrument.files.size(path) == len(content)
        assert await instrument.files.read_range(path, 80, 400) == content[80:480]
        assert await instrument.files.read_range(path, len(content) - 5, 400) == content[-5:]
        with TemporaryDirectory() as scratch:
            copy = Path(scratch) / "copy.fit"
            assert await instrument.files.download(path, copy) == len(content)
            assert copy.read_bytes() == content
        with pytest.raises(NotFoundOnScope):
            await instrument.files.size(f"{folder}/no such file.fit")
        assert await instrument.frames("no such target") == ()
