"""Each rule can fail: a small instrument keeps them all, and one that breaks a rule is caught."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rules import RULES
from subject import Rig
from tiny import Device, TinyInstrument, tiny

from crowdsky_tui.base.errors import CrowdSkyError, OperationFailed, ScopeTimeout
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability, Instruction
from crowdsky_tui.instruments.interface import (
    Capabilities,
    Done,
    Frame,
    InstructionPlan,
    InstrumentFacts,
    Progress,
    Proof,
    quiet,
)
from crowdsky_tui.instruments.state import Dated, InstrumentState


class HasNoName(TinyInstrument):
    @property
    def facts(self) -> InstrumentFacts:
        return InstrumentFacts("tiny", "tiny")


class TellsAnotherFilter(TinyInstrument):
    async def look(self) -> InstrumentState:
        await super().look()
        self.readings.note(filter="what was wished for")
        return self.state


class CallsItsOwnWorkSomebodyElses(TinyInstrument):
    async def _used_by_others(self) -> str:
        return "somebody" if self.device.looking and not self.doing else ""


class StaysYoung(TinyInstrument):
    @property
    def state(self) -> InstrumentState:
        self.readings.note(filter=self.device.filter)
        return super().state


class AsksForItsState(TinyInstrument):
    @property
    def state(self) -> InstrumentState:
        self.device.messages += 1
        return super().state


class NeverSaysThatItIsGone(TinyInstrument):
    async def look(self) -> InstrumentState:
        try:
            return await super().look()
        except CrowdSkyError:
            return self.state


class BelievesAnything(TinyInstrument):
    async def look(self) -> InstrumentState:
        seen = await self.device.read()
        if isinstance(seen, Device):
            return await super().look()
        self.readings.note(gain=seen)
        return self.state


class TrustsAYes(TinyInstrument):
    async def until_so(self, values: dict[str, Any], instruction: Instruction) -> None:
        return


class ProvesInLocalTime(TinyInstrument):
    async def operate(
        self, instruction: Instruction, on_progress: Progress = quiet, *, take_over: bool = False
    ) -> Proof:
        proof = await super().operate(instruction, on_progress, take_over=take_over)
        naive = datetime.now(UTC).replace(tzinfo=None)
        return Proof(proof.ability, naive, naive, proof.done)


class MovesWhereItIs(TinyInstrument):
    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        if isinstance(instruction, told.Park):
            await self.send(Ability.PARK, self.values_of(instruction))
        return await super()._carry_out(instruction, on_progress)


class ForgetsWhatItLacks(TinyInstrument):
    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()


class AsksOnceMore(TinyInstrument):
    async def send(self, ability: Ability, values: dict[str, Any]) -> None:
        await super().send(ability, values)
        if ability in self.device.mute | self.device.late:
            await super().send(ability, values)


class TriesARefusalAgain(TinyInstrument):
    async def send(self, ability: Ability, values: dict[str, Any]) -> None:
        try:
            await super().send(ability, values)
        except OperationFailed:
            await super().send(ability, values)


class GivesUpAtTheFirstSilence(TinyInstrument):
    async def send(self, ability: Ability, values: dict[str, Any]) -> None:
        await super().send(ability, values)
        if ability in self.device.mute:
            raise ScopeTimeout("no answer")


class GoesAgainWhenCutOff(TinyInstrument):
    async def until_so(self, values: dict[str, Any], instruction: Instruction) -> None:
        while not self.is_so(self.device, values, instruction):
            if self.device.cut_off or self.device.goal != values.get("goal"):
                self.device.cut_off = False
                await self.send(instruction.ability, values)
            await self.device.read()
            await asyncio.sleep(0.01)


class WaitsForEver(TinyInstrument):
    async def until_so(self, values: dict[str, Any], instruction: Instruction) -> None:
        while not self.is_so(await self.device.read(), values, instruction):
            await asyncio.sleep(0.01)


class SendsNonsense(TinyInstrument):
    def check(self, makes_sense: bool) -> None:
        return


class PlansByDoing(TinyInstrument):
    async def plan(self, instruction: Instruction) -> InstructionPlan:
        await self.send(instruction.ability, {})
        return InstructionPlan()


class ReadOnlyInName(TinyInstrument):
    async def operate(
        self, instruction: Instruction, on_progress: Progress = quiet, *, take_over: bool = False
    ) -> Proof:
        self.read_only = False
        return await super().operate(instruction, on_progress, take_over=take_over)


class SeesNobody(TinyInstrument):
    async def _used_by_others(self) -> str:
        return ""


class DoesTwoThingsAtOnce(TinyInstrument):
    def _refuse_missing(self, ability: Ability) -> None:
        self.doing = ""


class LeavesATask(TinyInstrument):
    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        try:
            return await super()._carry_out(instruction, on_progress)
        except asyncio.CancelledError:
            self.left = asyncio.create_task(self._go_on())
            raise

    async def _go_on(self) -> None:
        await asyncio.sleep(0.5)


class StaysBusy(TinyInstrument):
    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        try:
            return await super()._carry_out(instruction, on_progress)
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_soon(setattr, self, "doing", "still at it")
            raise


class TakesNoNotice(TinyInstrument):
    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        try:
            return await super()._carry_out(instruction, on_progress)
        except asyncio.CancelledError:
            return Done("set", "done all the same")


class KeepsABorrowedSetting(TinyInstrument):
    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        self.device.borrowed = "borrowed"
        done = await super()._carry_out(instruction, on_progress)
        self.device.borrowed = ""
        return done


class GoesOnListening(TinyInstrument):
    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        self.device.listeners += 1
        done = await super()._carry_out(instruction, on_progress)
        self.device.listeners -= 1
        return done


class ShowsNoNewFrames(TinyInstrument):
    async def frames(self, target: str) -> tuple[Frame, ...]:
        return (await super().frames(target))[:3]


class HoldsFramesOfAnything(TinyInstrument):
    async def frames(self, target: str) -> tuple[Frame, ...]:
        return await super().frames("M 81")


class ReadsShort(TinyInstrument):
    async def read_range(self, path: str, start: int, length: int) -> bytes:
        return (await super().read_range(path, start, length))[:-1]


class KeepsAnOldAge(TinyInstrument):
    @property
    def state(self) -> InstrumentState:
        return InstrumentState(super().state.link, filter=Dated(self.device.filter, 1.0))


MUTANTS: dict[str, tuple[type[TinyInstrument], ...]] = {
    "it_says_who_it_is_without_asking": (HasNoName,),
    "a_look_tells_the_truth": (TellsAnotherFilter, CallsItsOwnWorkSomebodyElses),
    "every_value_has_an_age_that_grows_until_it_is_read_again": (
        StaysYoung,
        AsksForItsState,
        KeepsAnOldAge,
    ),
    "what_is_gone_is_said_to_be_gone_and_its_values_grow_old": (NeverSaysThatItIsGone, StaysYoung),
    "nonsense_is_no_value_and_no_fault": (BelievesAnything, TrustsAYes),
    "what_is_proved_is_so": (TrustsAYes, ProvesInLocalTime),
    "what_is_so_already_is_not_told_again": (MovesWhereItIs,),
    "a_missing_ability_says_why_and_nothing_is_sent": (ForgetsWhatItLacks,),
    "a_lost_reply_is_resolved_by_looking": (AsksOnceMore, GivesUpAtTheFirstSilence),
    "a_late_reply_is_nobody_elses": (AsksOnceMore,),
    "a_refusal_is_told_and_not_repeated": (TriesARefusalAgain,),
    "a_connection_that_breaks_on_the_way_changes_nothing": (GoesAgainWhenCutOff,),
    "a_restart_on_the_way_is_no_success_and_no_second_goto": (GoesAgainWhenCutOff, TrustsAYes),
    "a_position_that_is_not_reached_is_not_proved": (TrustsAYes, WaitsForEver),
    "a_goto_that_never_ends_is_given_up": (WaitsForEver,),
    "a_value_that_makes_no_sense_is_not_sent": (SendsNonsense,),
    "a_plan_changes_nothing": (PlansByDoing,),
    "a_read_only_run_only_looks": (ReadOnlyInName,),
    "the_hand_of_somebody_else_is_not_interrupted": (SeesNobody,),
    "one_at_a_time_but_a_stop_goes_in_between": (DoesTwoThingsAtOnce,),
    "what_was_cancelled_leaves_nothing_of_ours_behind": (
        LeavesATask,
        StaysBusy,
        TakesNoNotice,
        KeepsABorrowedSetting,
        GoesOnListening,
    ),
    "frames_appear_while_it_takes_them": (ShowsNoNewFrames,),
    "what_is_read_is_what_it_holds": (HoldsFramesOfAnything, ReadsShort),
}
CASES = [(rule, mutant) for rule, mutants in MUTANTS.items() for mutant in mutants]


def test_every_rule_has_somebody_who_breaks_it() -> None:
    assert MUTANTS.keys() == RULES.keys()


@pytest.mark.parametrize("rule", RULES)
async def test_a_small_instrument_keeps_it(rule: str, tmp_path: Path) -> None:
    await RULES[rule](Rig(tiny(), tmp_path))


@pytest.mark.parametrize(
    ("rule", "mutant"), CASES, ids=[f"{rule}-{mutant.__name__}" for rule, mutant in CASES]
)
async def test_who_breaks_it_is_caught(
    rule: str, mutant: type[TinyInstrument], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("telling", "rules_of_telling", "rules_of_use"):
        monkeypatch.setattr(f"{module}.BOUND_S", 1.5)
    with pytest.raises((AssertionError, CrowdSkyError, TimeoutError, pytest.fail.Exception)):
        await RULES[rule](Rig(tiny(mutant), tmp_path))
    for task in asyncio.all_tasks() - {asyncio.current_task()}:  # what a caught one has left
        task.cancel()
