"""The last telescope still observing: frames arrive by the shared clock, with their events."""

import asyncio
from datetime import datetime

from crowdsky_tui.simulator.night import Camera
from crowdsky_tui.simulator.script import POSITIONS, Frame, Session, frames_of
from crowdsky_tui.simulator.seestar import SeestarStandIn

TOO_FEW_STARS = 263
ROUTE = ["View"]


class LiveSession:
    """Plays the rest of a session on a stand-in: files, counts and events, then idle."""

    def __init__(self, scope: SeestarStandIn, camera: Camera, session: Session) -> None:
        self._scope = scope
        self._camera = camera
        self._session = session
        self._frames = list(frames_of(session))
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Carry on after the frames that are on disk; nothing to do once all of them are."""
        session, view, now = self._session, self._scope.view, self._scope.time.clock.now()
        recorded = self._recorded(now)
        if recorded == len(self._frames):
            return
        ra, dec = POSITIONS[session.target]
        view.begin(
            session.target,
            (ra / 15, dec),
            session.begin,
            lp_filter=session.filter == "LP",
            exposure_s=session.exposure_s,
        )
        for frame in self._frames[:recorded]:
            view.frame(TOO_FEW_STARS if frame.dropped else 0)
        self._task = asyncio.create_task(self._play(self._frames[recorded:]))

    def _recorded(self, now: datetime) -> int:
        """How many frames are done: those up to the newest on disk, or all until now."""
        _, folder = self._camera.folders(self._session.target)
        on_disk = [
            number
            for number, frame in enumerate(self._frames, 1)
            if (folder / self._camera.name(frame)).exists()
        ]
        return on_disk[-1] if on_disk else sum(frame.saved <= now for frame in self._frames)

    async def stop(self) -> None:
        """Stop playing; what is on disk stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _play(self, frames: list[Frame]) -> None:
        clock = self._scope.time.clock
        for frame in frames:
            wait = (frame.saved - clock.now()).total_seconds()
            if wait > 0:
                await clock.sleep(wait)
            if not frame.dropped:
                await asyncio.to_thread(self._camera.take, frame)
            self._tell(frame)
        name = await asyncio.to_thread(self._camera.save_live_stack, self._frames)
        self._end(name)

    def _tell(self, frame: Frame) -> None:
        """One frame's events."""
        view, now = self._scope.view, self._scope.time.clock.now()
        view.frame(TOO_FEW_STARS if frame.dropped else 0)
        exposure = {"state": "complete", "exp_ms": frame.exposure_s * 1000, "port": 4700}
        self._scope.broadcast("Exposure", {**exposure, "route": [*ROUTE, "Stack"]})
        self._scope.broadcast("Stack", {**view.stack(now), "route": ROUTE})
        if frame.dropped:
            self._scope.broadcast(
                "Alert", {"error": "stack error, too few stars", "code": TOO_FEW_STARS}
            )

    def _end(self, live_stack: str | None) -> None:
        """The session is over: the saved stack, then the view at rest."""
        scope, now = self._scope, self._scope.time.clock.now()
        if live_stack is not None:
            full = f"MyWorks/{self._session.target}/{live_stack}"
            scope.broadcast("SaveImage", {"state": "complete", "fullname": full})
        scope.view.end(now)
        scope.broadcast("Stack", {**scope.view.stack(now), "route": ROUTE})
        scope.broadcast("View", {**scope.view.summary(now), "route": []})
