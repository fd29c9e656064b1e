"""The rules of docs/design/instruments.md, each as a function that any kind of instrument passes.

A rule gets a `Rig`, makes what it needs of it, and asserts. `test_rules_can_fail.py` shows of each
that an instrument which breaks it is caught.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from math import cos, hypot, nan, radians
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args, get_type_hints

import pytest
from subject import BOUND_S, ELSEWHERE, INSTRUCTIONS, TARGET, Rig, Subject, Suspended

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DeviceError,
    NotFoundOnScope,
    NotOffered,
    OperationFailed,
    ReadOnlyMode,
    ScopeBusy,
    UsageError,
)
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability, Ends, Instruction
from crowdsky_tui.instruments.interface import Lack, Proof
from crowdsky_tui.instruments.state import Activity, Dated, InstrumentState
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow

Rule = Callable[[Rig], Awaitable[None]]
RULES: dict[str, Rule] = {}
NEEDS_A_TARGET = (Ability.START, Ability.FOCUS, Ability.STOP)
NONSENSE = (None, True, -1, nan, "moon", [], {}, [None, "x"], {"View": 3}, {"View": {"state": []}})
NEAR_DEG = 0.3
FIRST_STEPS, EVERY = 24, 9
"""Cancelled at each of the first suspensions, and at every ninth after them."""


def rule(function: Rule) -> Rule:
    RULES[function.__name__] = function
    return function


async def tell(subject: Subject, instruction: Instruction, *, take_over: bool = False) -> Proof:
    """Tell it within the bound: what is not over then has no limit of its own."""
    try:
        async with asyncio.timeout(BOUND_S):
            return await subject.instrument.operate(instruction, take_over=take_over)
    except TimeoutError:
        raise AssertionError(f"{instruction.ability} was not over within {BOUND_S} s") from None


async def outcome(subject: Subject, instruction: Instruction) -> Proof | CrowdSkyError:
    """The proof or the error; anything else that is raised is a fault."""
    try:
        return await tell(subject, instruction)
    except CrowdSkyError as error:
        return error


async def ready_for(subject: Subject, ability: Ability) -> None:
    """Bring it to where an ability makes sense."""
    if ability in NEEDS_A_TARGET:
        await tell(subject, told.Goto(TARGET))
    if ability is Ability.PARK:
        await tell(subject, told.Unpark())


def offered(subject: Subject) -> list[Ability]:
    return [ability for ability in INSTRUCTIONS if subject.instrument.capabilities.offers(ability)]


def away_deg(one: PositionJNow | PositionJ2000, other: PositionJNow | PositionJ2000) -> float:
    """How far apart two places near each other are; of two frames nothing can be said."""
    assert type(one) is type(other), "two frames"
    if isinstance(one, PositionJNow) and isinstance(other, PositionJNow):
        return one.distance_deg(other)
    assert isinstance(one, PositionJ2000) and isinstance(other, PositionJ2000)
    around = (one.ra_deg_j2000 - other.ra_deg_j2000 + 180) % 360 - 180
    return hypot(around * cos(radians(one.dec_deg_j2000)), one.dec_deg_j2000 - other.dec_deg_j2000)


def is_so(subject: Subject, instruction: Instruction) -> bool:
    """Whether the stand-in really is as an instruction wants it."""
    truth = subject.truth()
    match instruction:
        case told.Unpark():
            return not truth.parked
        case told.Park():
            return truth.parked
        case told.Goto():
            jnow = isinstance(truth.position, PositionJNow)
            goal = instruction.target.jnow if jnow else instruction.target.j2000
            return away_deg(truth.position, goal) < NEAR_DEG
        case told.SetFilter():
            return truth.filter == instruction.name
        case told.SetExposure():
            return truth.exposure_s == instruction.seconds
        case told.SetGain():
            return truth.gain == instruction.gain
        case told.SetHeater():
            return truth.heater_percent == instruction.percent
        case told.Start():
            return truth.taking
        case told.Stop():
            return not truth.taking
    return True


# --- looking ----------------------------------------------------------------------------------


@rule
async def it_says_who_it_is_without_asking(rig: Rig) -> None:
    async with rig.subject() as subject:
        before = subject.traffic()
        facts = subject.instrument.facts
        assert facts.kind and facts.name and facts.unique_id
        assert facts.field_deg is None or 0 < facts.field_deg[0] <= facts.field_deg[1] < 180
        assert isinstance(subject.instrument.capabilities.missing, dict)
        assert subject.traffic() == before, "facts and capabilities ask nothing"


@rule
async def a_look_tells_the_truth(rig: Rig) -> None:
    async with rig.subject() as subject:
        for ability in offered(subject):
            await tell(subject, INSTRUCTIONS[ability])
            async with asyncio.timeout(BOUND_S):
                state = await subject.instrument.look()
            truth = subject.truth()
            assert state.parked.value == truth.parked
            assert state.filter.value == truth.filter
            assert state.exposure_s.value == truth.exposure_s
            assert state.gain.value == truth.gain
            assert (state.activity.value is Activity.TAKING) == truth.taking
            if not truth.parked:
                assert state.position.value is not None
                assert away_deg(state.position.value, truth.position) < 0.01
            assert state.used_by_others.value == "", "what it does was told here"


@rule
async def every_value_has_an_age_that_grows_until_it_is_read_again(rig: Rig) -> None:
    async with rig.subject() as subject:
        instrument = subject.instrument
        assert instrument.state.filter == Dated(None, None), "nothing was read yet"
        await instrument.look()
        before, young = subject.traffic(), instrument.state
        await asyncio.sleep(0.05)
        old = instrument.state
        assert subject.traffic() == before, "`state` asks nothing"
        for name in ("filter", "exposure_s", "parked", "activity", "position"):
            first, second = getattr(young, name), getattr(old, name)
            assert first.age_s is not None and second.age_s is not None, name
            assert second.value == first.value and second.age_s > first.age_s, name
        again = await instrument.look()
        assert again.filter.age_s is not None and old.filter.age_s is not None
        assert again.filter.age_s < old.filter.age_s + BOUND_S * instrument.clock.speed


@rule
async def what_is_gone_is_said_to_be_gone_and_its_values_grow_old(rig: Rig) -> None:
    async with rig.subject() as subject:
        instrument = subject.instrument
        seen = await instrument.look()
        await subject.vanish()
        with pytest.raises(DeviceError):
            async with asyncio.timeout(BOUND_S):
                while True:  # what was on its way may still arrive
                    await instrument.look()
        state = instrument.state
        assert not state.link.usable
        assert state.filter.value == seen.filter.value
        assert state.filter.age_s is not None and seen.filter.age_s is not None
        assert state.filter.age_s > seen.filter.age_s, "no value is made young by a failed look"


@rule
async def nonsense_is_no_value_and_no_fault(rig: Rig) -> None:
    async with rig.subject() as subject:
        for value in NONSENSE:
            subject.talk_nonsense(value)
            with contextlib.suppress(CrowdSkyError):
                async with asyncio.timeout(BOUND_S):
                    await subject.instrument.look()
            check_types(subject.instrument.state)
        subject.talk_nonsense("moon")
        for ability in offered(subject):
            if ability not in NEEDS_A_TARGET:
                assert not isinstance(await outcome(subject, INSTRUCTIONS[ability]), Proof)
        subject.mend()
        assert (await subject.instrument.look()).filter.value == subject.truth().filter


def check_types(state: InstrumentState) -> None:
    for name, hint in get_type_hints(InstrumentState).items():
        read = getattr(state, name)
        if isinstance(read, Dated) and read.value is not None:
            wanted = get_args(hint)[0]
            allowed = get_args(wanted) or (wanted,)
            allowed = (*allowed, int) if float in allowed else allowed
            assert isinstance(read.value, allowed), f"{name}: {read.value!r}"
            assert int not in allowed or not isinstance(read.value, bool), name
            assert read.value == read.value, f"{name} is not a number"


# --- operating --------------------------------------------------------------------------------


@rule
async def what_is_proved_is_so(rig: Rig) -> None:
    async with rig.subject() as subject:
        for ability in offered(subject):
            proof = await tell(subject, INSTRUCTIONS[ability])
            assert proof.ability is ability
            assert proof.asked_at.utcoffset() == timedelta(0)
            assert proof.asked_at <= proof.proved_at
            assert proof.done.state and proof.done.text
            assert is_so(subject, INSTRUCTIONS[ability]), ability
            assert subject.instrument.doing == ""


@rule
async def what_is_so_already_is_not_told_again(rig: Rig) -> None:
    async with rig.subject() as subject:
        for instruction in (told.Unpark(), told.Park()):
            await tell(subject, instruction)
            before = subject.arrived(instruction.ability)
            await tell(subject, instruction)
            assert subject.arrived(instruction.ability) == before, instruction.ability


@rule
async def a_missing_ability_says_why_and_nothing_is_sent(rig: Rig) -> None:
    for ability in (Ability.HEATER, Ability.GAIN, Ability.FOCUS):
        async with rig.subject() as subject:
            await ready_for(subject, ability)
            subject.take_away(ability)
            first = await outcome(subject, INSTRUCTIONS[ability])
            assert isinstance(first, NotOffered | OperationFailed), repr(first)
            missing = subject.instrument.capabilities.missing.get(ability)
            assert missing and isinstance(missing.lack, Lack) and missing.text
            before = subject.traffic()
            error = await outcome(subject, INSTRUCTIONS[ability])
            assert isinstance(error, NotOffered), repr(error)
            assert error.lack == missing.lack
            assert subject.traffic() == before, "it is not asked for what it has not"


@rule
async def a_lost_reply_is_resolved_by_looking(rig: Rig) -> None:
    async with rig.subject() as subject:
        for ability in offered(subject):
            await ready_for(subject, ability)
            before = subject.arrived(ability)
            subject.lose_reply(ability)
            await tell(subject, INSTRUCTIONS[ability])
            subject.mend()
            assert subject.arrived(ability) == before + 1, f"{ability} is told once"
            assert is_so(subject, INSTRUCTIONS[ability]), ability
            await tell(subject, told.Stop())


@rule
async def a_late_reply_is_nobody_elses(rig: Rig) -> None:
    for ability in (Ability.UNPARK, Ability.GOTO, Ability.GAIN, Ability.HEATER):
        async with rig.subject() as subject:
            await tell(subject, told.Park())
            before = subject.arrived(ability)
            subject.answer_late(ability)
            await outcome(subject, INSTRUCTIONS[ability])
            subject.mend()
            assert subject.arrived(ability) == before + 1, f"{ability} is told once"
            async with asyncio.timeout(BOUND_S):
                while not is_so(subject, INSTRUCTIONS[ability]):
                    await asyncio.sleep(0.02)
                state = await subject.instrument.look()
            check_types(state)
            assert state.gain.value == subject.truth().gain


@rule
async def a_refusal_is_told_and_not_repeated(rig: Rig) -> None:
    async with rig.subject() as subject:
        for ability in offered(subject):
            await ready_for(subject, ability)
            before = subject.arrived(ability)
            subject.refuse(ability)
            error = await outcome(subject, INSTRUCTIONS[ability])
            subject.mend()
            assert isinstance(error, OperationFailed), f"{ability}: {error!r}"
            assert error.what and error.why and error.next_step
            assert subject.arrived(ability) == before + 1, f"{ability} is told once"
            assert subject.instrument.doing == ""
            await tell(subject, told.Stop())


@rule
async def a_connection_that_breaks_on_the_way_changes_nothing(rig: Rig) -> None:
    async with rig.subject() as subject:
        await tell(subject, told.Unpark())
        going = asyncio.create_task(tell(subject, told.Goto(TARGET)))
        await subject.is_under_way(Ability.GOTO)
        await subject.cut()
        await going
        assert is_so(subject, told.Goto(TARGET))
        assert subject.arrived(Ability.GOTO) == 1


@rule
async def a_restart_on_the_way_is_no_success_and_no_second_goto(rig: Rig) -> None:
    async with rig.subject() as subject:
        await tell(subject, told.Unpark())
        going = asyncio.create_task(outcome(subject, told.Goto(TARGET)))
        await subject.is_under_way(Ability.GOTO)
        await subject.restart()
        assert isinstance(await going, DeviceError)
        assert subject.arrived(Ability.GOTO) == 1


@rule
async def a_position_that_is_not_reached_is_not_proved(rig: Rig) -> None:
    async with rig.subject() as subject:
        subject.never_arrive()
        error = await outcome(subject, told.Goto(TARGET))
        assert isinstance(error, OperationFailed), repr(error)


@rule
async def a_goto_that_never_ends_is_given_up(rig: Rig) -> None:
    async with rig.subject() as subject:
        await tell(subject, told.Unpark())
        going = asyncio.create_task(outcome(subject, told.Goto(TARGET)))
        await subject.is_under_way(Ability.GOTO)
        subject.never_end()
        error = await going
        assert isinstance(error, OperationFailed), repr(error)
        assert subject.instrument.doing == ""


@rule
async def a_value_that_makes_no_sense_is_not_sent(rig: Rig) -> None:
    absurd: tuple[Instruction, ...] = (
        told.SetFilter("no such filter"),
        told.SetExposure(-1),
        told.SetExposure(nan),
        told.SetGain(10**9),
        told.SetGain(-1),
        told.SetHeater(101),
        told.SetHeater(-1),
    )
    async with rig.subject() as subject:
        for instruction in absurd:
            before = len(subject.changes())
            if subject.instrument.capabilities.offers(instruction.ability):
                error = await outcome(subject, instruction)
                assert isinstance(error, UsageError), f"{instruction}: {error!r}"
            assert len(subject.changes()) == before


@rule
async def a_plan_changes_nothing(rig: Rig) -> None:
    async with rig.subject() as subject:
        for ability in offered(subject):
            before = len(subject.changes())
            async with asyncio.timeout(BOUND_S):
                plan = await subject.instrument.plan(INSTRUCTIONS[ability])
            assert all(isinstance(line, str) and line for line in (*plan.steps, *plan.warnings))
            assert len(subject.changes()) == before


# --- who may -----------------------------------------------------------------------------------


@rule
async def a_read_only_run_only_looks(rig: Rig) -> None:
    async with rig.subject(read_only=True) as subject:
        for ability in offered(subject):
            error = await outcome(subject, INSTRUCTIONS[ability])
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
            error = await outcome(subject, INSTRUCTIONS[ability])
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
                if not await cancelled_at(subject, INSTRUCTIONS[ability], at):
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
    assert not left, f"cancelled at {at}: {left}"
    assert subject.truth().borrowed == borrowed, f"cancelled at {at}"
    ended = steps_of_it.count < at
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
        before = await instrument.frames(TARGET.name)
        await tell(subject, told.Goto(TARGET))
        started = (await tell(subject, told.Start())).asked_at
        async with asyncio.timeout(3 * BOUND_S):
            while len(await instrument.frames(TARGET.name)) < len(before) + 2:
                await asyncio.sleep(0.05)
        assert ((await instrument.look()).frames_kept.value or 0) >= 2
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
