"""A Seestar as an `Instrument`: told over its command socket, its frames on its share."""

import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import datetime, tzinfo

from crowdsky_tui.base.errors import CommandRefused, DeviceError, NotFoundOnScope, ScopeTimeout
from crowdsky_tui.blocks.names import LightFrame, parse_light_filename
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability, Ends, Instruction
from crowdsky_tui.instruments.interface import (
    Capabilities,
    Done,
    Frame,
    InstructionPlan,
    Instrument,
    InstrumentFacts,
    InstrumentFiles,
    Lack,
    Missing,
    Progress,
)
from crowdsky_tui.instruments.own_plan import OwnPlan, PlanState
from crowdsky_tui.instruments.seestar.control import (
    camera_settings,
    imaging,
    own_plan,
    plans,
    pointing,
    power,
)
from crowdsky_tui.instruments.seestar.control.operations import (
    PATIENCE_S,
    OperationContext,
    is_working,
    read_view,
)
from crowdsky_tui.instruments.seestar.control.read_state import read_state
from crowdsky_tui.instruments.seestar.control.state import section, text_of
from crowdsky_tui.instruments.seestar.files.files import MY_WORKS
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.instruments.seestar.stacking import batch
from crowdsky_tui.instruments.state import InstrumentState, Readings
from crowdsky_tui.sky.coordinates import PositionJNow, SkyTarget
from crowdsky_tui.store.store import ScopeState

log = logging.getLogger(__name__)

METHODS = {
    Ability.UNPARK: "scope_move_to_horizon",
    Ability.PARK: "scope_park",
    Ability.GOTO: "iscope_start_view",
    Ability.START: "iscope_start_stack",
    Ability.STOP: "iscope_stop_view",
    Ability.FOCUS: "start_auto_focuse",
    Ability.FILTER: "set_wheel_position",
    Ability.EXPOSURE: "set_setting exp_ms",
    Ability.GAIN: "set_control_value",
    Ability.HEATER: "pi_output_set2",
    Ability.RESTART: "pi_reboot",
    Ability.SHUT_DOWN: "pi_shutdown",
    Ability.RUN_PLAN: "set_view_plan",
}
"""What each ability hangs on, as `capabilities.feature` names it."""
NOT_THERE = frozenset({103, 210})
"""Answers by which a firmware says that it does not know a command, whatever its parameters."""
FOCAL_MM = {"S50": 250.0, "S30": 150.0, "S30 Pro": 160.0}


class SeestarInstrument(Instrument):
    """One Seestar, over its service. `patience_s`: real seconds that each instruction has at least.

    Somebody else's is a view, a plan or a stack that was not begun here.
    """

    def __init__(
        self, scope: SeestarService, *, read_only: bool = False, patience_s: float = PATIENCE_S
    ) -> None:
        super().__init__(scope.name, scope.clock, read_only=read_only)
        self._scope = scope
        self._patience_s = patience_s
        self._readings = Readings(scope.clock)
        self._ours: PositionJNow | None = None
        self._our_plan = ""

    @property
    def facts(self) -> InstrumentFacts:
        known = self._scope.known
        model = known.model.removeprefix("Seestar ")
        return InstrumentFacts(
            "seestar",
            self.name,
            unique_id=known.serial,
            model=known.model,
            firmware=known.firmware,
            focal_mm=FOCAL_MM.get(model),
            field_deg=pointing.FIELD_DEG.get(model),
        )

    @property
    def capabilities(self) -> Capabilities:
        said = self._scope.capabilities
        missing = {
            ability: Missing(Lack.FIRMWARE, said.reason(feature))
            for ability, feature in METHODS.items()
            if said.answers.get(feature) in NOT_THERE
        }
        return Capabilities(
            missing,
            filters=tuple(camera_settings.FILTERS),
            exposures_s=tuple(map(float, camera_settings.EXPOSURES_S)),
            gain_range=camera_settings.GAIN_RANGE,
        )

    @property
    def state(self) -> InstrumentState:
        return self._readings.state(self._scope.state, self._scope.reason, self.doing)

    @property
    def files(self) -> InstrumentFiles:
        return self._scope.files

    async def look(self) -> InstrumentState:
        await read_state(self._scope, self._readings)
        self._readings.note(used_by_others=await self._used_by_others())
        return self.state

    async def frames(self, target: str) -> tuple[Frame, ...]:
        try:
            folder = (await self._scope.find_target(target)).sub_folder
            files = await self._scope.list_folder(folder)
        except NotFoundOnScope:
            return ()
        zone = await self._scope.scope_zone()
        found = []
        for file in files:
            light = parse_light_filename(file.name)
            if light is not None:
                path = f"{MY_WORKS}/{folder}/{file.name}"
                found.append((light, _frame(path, light, zone, file.size)))
        return tuple(frame for _, frame in sorted(found, key=lambda pair: pair[0].datetime))

    async def plan(self, instruction: Instruction) -> InstructionPlan:
        if isinstance(instruction, told.Goto):
            target, start = instruction.target, instruction.may_start
            return await plans.plan_goto(self._scope, target, self.clock.now(), start=start)
        return await plans.plan(self._scope, instruction.ability)

    def recognise(self, target: SkyTarget) -> None:
        self._ours = target.jnow

    def recognise_plan(self, name: str) -> None:
        self._our_plan = name

    async def own_plan(self) -> OwnPlan:
        return await own_plan.read_own_plan(self._scope)

    # --- what `operate` needs ------------------------------------------------------------------

    async def _used_by_others(self) -> str:
        if self._scope.state is ScopeState.BUSY:
            return self._scope.reason
        view = await read_view(self._scope)
        runs: object = {}
        with contextlib.suppress(CommandRefused, ScopeTimeout):
            runs = await self._scope.call("iscope_get_app_state")
        plan = own_plan.plan_in(runs)
        begun = self._begun_here(pointing.place_of(view)) or self._planned_here(plan, view)
        if is_working(view) and not begun:
            return f"it looks at {text_of(view, 'target_name') or 'the sky'}, not begun here"
        if plan.working and plan.name != self._our_plan:
            return "a plan of its own runs on it"
        job = batch.job_from(section(runs, "BatchStack"))
        stacks = job is not None and job.working and not self._scope.batch_lock.locked()
        return "a stack runs on it that another app started" if stacks else ""

    def _planned_here(self, plan: OwnPlan, view: dict[str, object]) -> bool:
        """Whether a view was begun by a plan that we have handed over."""
        ours = plan.name == self._our_plan and bool(plan.name)
        running = plan.state in (PlanState.WORKING, PlanState.COMPLETE)
        return ours and running and text_of(view, "target_name") in {r.name for r in plan.rows}

    def _begun_here(self, place: PositionJNow | None) -> bool:
        if place is None or self._ours is None:
            return False
        return place.distance_deg(self._ours) < pointing.SAME_TARGET_DEG

    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        context = OperationContext(self._scope, on_progress, self._patience_s)
        match instruction:
            case told.Unpark():
                return await pointing.open_arm(context)
            case told.Park():
                await self._rest(context)
                return await pointing.fold_arm(context)
            case told.RunPlan():
                self._our_plan = instruction.name
                zone = await self._scope.scope_zone()
                return await own_plan.run_plan(context, instruction, zone)
            case told.Goto():
                return await self._goto(context, instruction)
            case told.Start():
                done = await imaging.start_stacking(context, restart=not instruction.resume)
                return await self._adopted(done)
            case told.Focus():
                return await self._adopted(await imaging.autofocus(context))
            case told.Stop():
                return await self._stop(context, instruction.ends)
        return await self._set_up(context, instruction)

    async def _set_up(self, context: OperationContext, instruction: Instruction) -> Done:
        match instruction:
            case told.SetFilter():
                return await camera_settings.set_filter(context, instruction.name)
            case told.SetExposure():
                return await camera_settings.set_exposure(context, instruction.seconds)
            case told.SetGain():
                return await camera_settings.set_gain(context, instruction.gain)
            case told.SetHeater():
                percent = instruction.percent
                if percent is None:
                    percent = camera_settings.HEATER_DEFAULT
                return await camera_settings.set_heater(context, percent)
            case told.Restart():
                await self._rest(context)
                return await power.reboot(context)
            case told.ShutDown():
                await self._rest(context)
                await pointing.fold_arm(context)
                return await power.shut_down(context)
        raise TypeError(f"a Seestar knows no {type(instruction).__name__}")

    async def _stop(self, context: OperationContext, ends: Ends) -> Done:
        if ends is Ends.FRAMES or (ends is Ends.NEXT and not self.doing):
            stopped = await imaging.stop_stacking(context)
            if ends is Ends.FRAMES or stopped.seconds:
                return stopped
        return await self._rest(context)

    async def _rest(self, context: OperationContext) -> Done:
        """End its plan first: it would go on with its next row."""
        ended = await own_plan.stop_plan(context)
        rests = await imaging.stop_view(context)
        return ended if ended.seconds and not rests.seconds else rests

    async def _goto(self, context: OperationContext, order: told.Goto) -> Done:
        """The filter stays as it is. Most telescopes begin to stack by themselves, where they may.

        Cancelling leaves it on its way, except where it shall not stack: then it is stopped, as
        what kept it from stacking is given back.
        """
        if not order.resume:
            await own_plan.stop_plan(context)
            await imaging.stop_stacking(context)
        await self._opened(context)
        lp_filter = await self._observes_with_lp()
        self._ours = order.target.jnow
        without = self._without_stacking(context, order.target, gives_back=order.gives_back)
        async with contextlib.nullcontext() if order.may_start else without:
            return await pointing.goto(
                context, order.target, lp_filter=lp_filter, resume=order.resume
            )

    async def _adopted(self, done: Done) -> Done:
        """What it looks at is ours from now on: the user has told it here what to do there."""
        with contextlib.suppress(DeviceError):
            self._ours = pointing.place_of(await read_view(self._scope))
        return done

    @contextlib.asynccontextmanager
    async def _without_stacking(
        self, context: OperationContext, target: SkyTarget, *, gives_back: bool = False
    ) -> AsyncIterator[None]:
        """Keep the telescope from stacking by itself after a goto, and set it back then.

        `gives_back`: an earlier run has done the first, and not the second.

        Never while it is still on its way: it would begin to stack when it arrives.
        """
        camera = await camera_settings.read_present(self._scope)
        if camera.stacks_after_goto is False and not gives_back:
            yield
            return
        try:
            await camera_settings.set_stacks_after_goto(self._scope, on=False)
            yield
        except BaseException:
            try:
                if await pointing.is_on_its_way(self._scope, target):
                    await imaging.stop_view(context)
                await camera_settings.set_stacks_after_goto(self._scope, on=True)
            except DeviceError as error:  # what ended the goto matters more
                log.warning("%s does not stack by itself after a goto now: %s", self.name, error)
            raise
        await camera_settings.set_stacks_after_goto(self._scope, on=True)

    async def _opened(self, context: OperationContext) -> None:
        """Open the arm; while it images, it may be too busy to say that it is open already."""
        try:
            await pointing.open_arm(context)
        except ScopeTimeout:
            if not is_working(await read_view(context.scope)):
                raise

    async def _observes_with_lp(self) -> bool:
        try:
            return await camera_settings.read_filter(self._scope) == "LP"
        except CommandRefused:
            return False


def _frame(path: str, light: LightFrame, zone: tzinfo, size: int) -> Frame:
    return Frame(path, light.target, _begun(light, zone), light.exposure_s, light.filter, size)


def _begun(light: LightFrame, zone: tzinfo) -> datetime | None:
    """Aware UTC; None in the hour that summer time's end repeats, where the name does not tell."""
    first, second = (light.datetime.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return None if first.utcoffset() != second.utcoffset() else first
