"""The view's life: go to a target, stack, focus, stop.

Source: docs/design/seestar-protocol.md 3.4, 3.11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from typing import Any

from crowdsky_tui.base.text import path_component
from crowdsky_tui.simulator.script import OVERHEAD, Frame
from crowdsky_tui.simulator.scripted_night import Camera
from crowdsky_tui.simulator.seestar.auto_goto import AutoGoto
from crowdsky_tui.simulator.seestar.exposures import ROUTE, FrameRun
from crowdsky_tui.simulator.seestar.initialise import AutoFocus, initialise
from crowdsky_tui.simulator.seestar.parts import IRCUT, LP
from crowdsky_tui.simulator.seestar.scope import Client, Scope
from crowdsky_tui.simulator.seestar.wire import (
    ABORTED,
    ALREADY_RUNNING,
    BAD_VALUE,
    FAIL_TO_OPERATE,
    INTERRUPTED,
    NO_STAR,
    Fault,
)
from crowdsky_tui.sky.coordinates import PositionJNow

SEED = 1
FIRST_EXPOSURE_AFTER = timedelta(seconds=2.6)
SAVING_S = 1.0
PREVIEW_FPS = 2.024747
DEFAULT_TARGET = "Unknown"
RESET_BY_STOP = {
    "wide_cam": False,
    "stack": {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "dbe_enable": False},
}


class Observer:
    """What a stand-in does with the sky: one thing at a time.

    `camera` takes the frames; without one it makes its own. `initialised` is whether darks and
    focus were done since the last boot.
    """

    def __init__(self, scope: Scope) -> None:
        self.camera: Camera | None = None
        self.initialised = False
        self._scope = scope
        self._task: asyncio.Task[None] | None = None
        self._goto: AutoGoto | None = None
        self._focus: AutoFocus | None = None
        self._run: FrameRun | None = None
        self._asked_by: Client | None = None
        self._aborting: asyncio.Task[None] | None = None

    @property
    def exposure_s(self) -> float:
        """The exposure of the frames to come, in seconds."""
        milliseconds: float = self._scope.state.settings["exp_ms"]["stack_l"]
        return milliseconds / 1000

    # --- what clients ask for ------------------------------------------------------------------

    async def start_view(self, order: dict[str, Any], client: Client | None) -> None:
        """`iscope_start_view`: with a target go there, without one only look.

        `client` None: somebody whom nobody knows.
        """
        goal, target = _goal(order)
        if goal is not None:
            self._scope.session.mount.check_ready()
        lp_filter = bool(order.get("lp_filter", False))
        await self._end_activity()
        scope = self._scope
        place = (0.0, 0.0) if goal is None else (goal.ra_hours_jnow, goal.dec_deg_jnow)
        named = None if goal is None else target
        scope.view.open(named, place, scope.time.clock.now(), lp_filter=lp_filter)
        self._tell_view()
        if goal is None:
            self._look()
        else:
            self._begin(self._go(goal, target, lp_filter=lp_filter), client)

    async def start_stack(self, *, restart: bool, client: Client | None) -> None:
        """`iscope_start_stack`."""
        view = self._scope.view
        if view.stacking or view.stage == "Initialise":
            raise Fault(ALREADY_RUNNING)
        self._scope.session.mount.check_free()
        if not view.working:
            raise Fault(FAIL_TO_OPERATE)
        await self._end_activity()
        self._end_looking()
        self._begin(self._stack(restart=restart), client)

    async def start_auto_focus(self, client: Client) -> None:
        """`start_auto_focuse`: from 7.06 on it needs a view, before it opens one itself."""
        view, scope = self._scope.view, self._scope
        if view.stacking or scope.session.mount.moving:
            raise Fault(FAIL_TO_OPERATE)
        await self._end_activity()
        self._focus = AutoFocus(scope, ["View"] if view.working else [])
        if not view.working and scope.profile.refuses_unknown_settings:
            self._focus.fail(NO_STAR, alone=True)
            return
        if not view.working:
            view.open(None, (0.0, 0.0), scope.time.clock.now())
            self._tell_view()
        self._begin(self._focus_alone(self._focus), client)

    async def stop_view(self, stage: str | None) -> None:
        """`iscope_stop_view`: one stage, or (None) everything."""
        view = self._scope.view
        if not view.working or stage not in (None, view.stage):
            return
        await self._end_activity()
        if stage is not None:
            self._look()
            return
        self._end_looking()
        self._tell_view(state="cancel")
        self._scope.broadcast("Setting", RESET_BY_STOP)
        view.end(self._scope.time.clock.now())
        self._tell_view()

    def client_left(self, client: Client) -> None:
        """A connection has gone: with the fault `bound_to_socket` its goto goes with it."""
        mine = client is self._asked_by and self._task is not None and not self._task.done()
        stage = self._scope.view.stage
        if self._scope.faults.bound_to_socket and mine and stage in ("AutoGoto", "AutoFocus"):
            self._aborting = asyncio.create_task(self.stop_view(stage))

    # --- what others need ----------------------------------------------------------------------

    def play(self, run: FrameRun) -> None:
        """Let a prepared run of frames be this view's stack; when they end, everything rests."""
        self._run = run
        self._begin(self._play_out(run), None)

    async def close(self) -> None:
        """Drop whatever is running, as a power cut does: nothing is saved or told."""
        if self._aborting is not None:
            self._aborting.cancel()
            await asyncio.wait([self._aborting])
        await self._halt()
        self._goto = self._focus = self._run = None

    # --- inside --------------------------------------------------------------------------------

    def _begin(self, activity: Coroutine[Any, Any, None], client: Client | None) -> None:
        self._asked_by = client
        self._task = asyncio.create_task(activity)

    async def _halt(self) -> bool:
        """Cancel what is running; whether there was anything."""
        task, self._task = self._task, None
        if task is None or task.done():
            return False
        task.cancel()
        await asyncio.wait([task])
        return True

    async def _end_activity(self) -> None:
        """End what is running with the events of an interruption; a stack is saved."""
        stage, running = self._scope.view.stage, await self._halt()
        if self._scope.view.stacking:
            self._tell_interrupted_exposure()
            await self._save_stack()
        elif running and stage == "AutoGoto" and self._goto is not None:
            self._goto.abort()
        elif running and stage == "AutoFocus" and self._focus is not None:
            self._focus.fail(ABORTED, alone=True)
        elif running and stage == "Initialise":
            report = {**self._scope.view.children[stage], "state": "cancel"}
            self._scope.view.enter(stage, report)
            self._scope.broadcast(stage, {**report, "route": ["View"]})
        self._goto = self._focus = None

    async def _go(self, goal: PositionJNow, target: str, *, lp_filter: bool) -> None:
        wheel, wanted = self._scope.session.wheel, LP if lp_filter else IRCUT
        self._goto = AutoGoto(self._scope, goal, target)
        try:
            if wheel.position != wanted:
                await wheel.turn(wanted)
            await self._goto.run()
        except Fault:
            self._look()
            return
        if self._scope.state.settings["stack_after_goto"]:
            await self._stack(restart=True)
        else:
            self._look()

    async def _stack(self, *, restart: bool) -> None:
        scope, view = self._scope, self._scope.view
        if not self.initialised:
            await initialise(scope)
            self.initialised = True
        exposure_s = self.exposure_s
        now = scope.time.clock.now()
        view.start_stack(now, exposure_s=exposure_s, restart=restart)
        scope.broadcast("Stack", {**view.stack(now), "route": ["View"]})
        scope.broadcast("Stack", {"state": "start"})
        if self.camera is None:
            self.camera = Camera(scope.root, scope.profile, scope.serial, seed=SEED)
        self._run = FrameRun(scope, self.camera, self._frames(exposure_s), [])
        await self._run.play()

    def _frames(self, exposure_s: float) -> Iterator[Frame]:
        """Exposure after exposure, as fast as the clock and this machine allow."""
        view, clock = self._scope.view, self._scope.time.clock
        mount = self._scope.session.mount.position
        position = (15 * mount.ra_hours_jnow, mount.dec_deg_jnow)
        filter_name = "LP" if self._scope.session.wheel.position == LP else "IRCUT"
        target = view.target or DEFAULT_TARGET
        begun = clock.now() + FIRST_EXPOSURE_AFTER
        while True:
            yield Frame(
                target, begun, exposure_s, filter_name, "clear", dropped=False, position=position
            )
            length = timedelta(seconds=exposure_s)
            begun = max(begun + length + OVERHEAD, clock.now() - length)

    async def _focus_alone(self, focus: AutoFocus) -> None:
        await focus.run(alone=True)
        self._look()

    async def _play_out(self, run: FrameRun) -> None:
        """A scripted night to its end, and to bed."""
        await run.play()
        await self._save_stack()
        scope = self._scope
        scope.view.end(scope.time.clock.now())
        self._tell_view()
        scope.session.mount.closed = True

    async def _save_stack(self) -> None:
        scope, view = self._scope, self._scope.view
        await scope.time.clock.sleep(SAVING_S)
        path = await self._run.save() if self._run is not None else None
        self._run = None
        if path is not None:
            name = path.rpartition("/")[2]
            saved = {"state": "complete", "filename": name, "fullname": path}
            scope.broadcast("SaveImage", saved)
        now = scope.time.clock.now()
        view.end_stack(now)
        picture = {} if path is None else {"jpg_name": path.removesuffix(".fit") + ".jpg"}
        scope.broadcast("Stack", {**view.stack(now), **picture, "route": ["View"]})

    def _tell_interrupted_exposure(self) -> None:
        scope, text = self._scope, Fault(INTERRUPTED).text
        inner = {"page": "stack", "state": "fail", "error": text, "code": INTERRUPTED}
        scope.broadcast("Exposure", inner)
        outer = {"state": "cancel", "lapse_ms": 0, **scope.view.exposure(), "route": ROUTE}
        scope.broadcast("Exposure", outer)

    def _look(self) -> None:
        """Only look: preview pictures."""
        self._tell_looking("working")

    def _end_looking(self) -> None:
        if self._scope.view.stage == "ContinuousExposure":
            self._tell_looking("cancel")

    def _tell_looking(self, state: str) -> None:
        report = {"state": state, "lapse_ms": 0, "fps": PREVIEW_FPS}
        self._scope.view.enter("ContinuousExposure", report)
        self._scope.broadcast("ContinuousExposure", {**report, "route": ["View"]})

    def _tell_view(self, **more: Any) -> None:
        summary = self._scope.view.summary(self._scope.time.clock.now())
        self._scope.broadcast("View", {**summary, **more, "route": []})


def _goal(order: dict[str, Any]) -> tuple[PositionJNow | None, str]:
    """Where `iscope_start_view` leads, and its name; Fault 102 for nonsense."""
    pair, name = order.get("target_ra_dec"), order.get("target_name") or DEFAULT_TARGET
    try:
        target = path_component(str(name))
        goal = None if pair is None else PositionJNow(float(pair[0]) % 24, float(pair[1]))
    except (TypeError, ValueError, IndexError) as error:
        raise Fault(BAD_VALUE) from error
    return goal, target
