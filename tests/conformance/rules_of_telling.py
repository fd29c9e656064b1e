"""Looking at an instrument, and telling it something: see `rules`."""

import asyncio
import contextlib
from datetime import timedelta
from math import nan
from typing import get_args, get_type_hints

import pytest
from subject import BOUND_S, TARGET, Rig
from telling import (
    NEEDS_A_TARGET,
    NONSENSE,
    away_deg,
    commanded,
    is_so,
    offered,
    outcome,
    ready_for,
    rule,
    tell,
)

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DeviceError,
    NotOffered,
    OperationFailed,
    UsageError,
)
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability, Instruction
from crowdsky_tui.instruments.interface import Lack, Proof
from crowdsky_tui.instruments.state import Activity, Dated, InstrumentState

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
            await tell(subject, subject.instructions[ability])
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
                assert not isinstance(await outcome(subject, subject.instructions[ability]), Proof)
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
            proof = await tell(subject, subject.instructions[ability])
            assert proof.ability is ability
            assert proof.asked_at.utcoffset() == timedelta(0)
            assert proof.asked_at <= proof.proved_at
            assert proof.done.state and proof.done.text
            assert is_so(subject, subject.instructions[ability]), ability
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
            first = await outcome(subject, subject.instructions[ability])
            assert isinstance(first, NotOffered | OperationFailed), repr(first)
            missing = subject.instrument.capabilities.missing.get(ability)
            assert missing and isinstance(missing.lack, Lack) and missing.text
            before = subject.traffic()
            error = await outcome(subject, subject.instructions[ability])
            assert isinstance(error, NotOffered), repr(error)
            assert error.lack == missing.lack
            assert subject.traffic() == before, "it is not asked for what it has not"


@rule
async def a_lost_reply_is_resolved_by_looking(rig: Rig) -> None:
    async with rig.subject() as subject:
        for ability in commanded(subject):
            await ready_for(subject, ability)
            before = subject.arrived(ability)
            subject.lose_reply(ability)
            await tell(subject, subject.instructions[ability])
            subject.mend()
            assert subject.arrived(ability) == before + 1, f"{ability} is told once"
            assert is_so(subject, subject.instructions[ability]), ability
            await tell(subject, told.Stop())


@rule
async def a_late_reply_is_nobody_elses(rig: Rig) -> None:
    for ability in (Ability.UNPARK, Ability.GOTO, Ability.GAIN, Ability.HEATER):
        async with rig.subject() as subject:
            await tell(subject, told.Park())
            before = subject.arrived(ability)
            subject.answer_after_timeout(ability)
            await outcome(subject, subject.instructions[ability])
            subject.mend()
            assert subject.arrived(ability) == before + 1, f"{ability} is told once"
            async with asyncio.timeout(BOUND_S):
                while not is_so(subject, subject.instructions[ability]):
                    await asyncio.sleep(0.02)
                state = await subject.instrument.look()
            check_types(state)
            assert state.gain.value == subject.truth().gain


@rule
async def a_refusal_is_told_and_not_repeated(rig: Rig) -> None:
    async with rig.subject() as subject:
        for ability in commanded(subject):
            await ready_for(subject, ability)
            before = subject.arrived(ability)
            subject.refuse(ability)
            error = await outcome(subject, subject.instructions[ability])
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
                plan = await subject.instrument.plan(subject.instructions[ability])
            assert all(isinstance(line, str) and line for line in (*plan.steps, *plan.warnings))
            assert len(subject.changes()) == before
