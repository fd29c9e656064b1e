"""The last telescope still observing: frames arrive by the shared clock, with their events."""

from datetime import datetime

from crowdsky_tui.simulator.script import POSITIONS, Session, frames_of
from crowdsky_tui.simulator.scripted_night import Camera
from crowdsky_tui.simulator.seestar.exposures import TOO_FEW_STARS, FrameRun
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.sky.coordinates import PositionJNow


class LiveSession:
    """Plays the rest of a session on a stand-in, then lets it rest. A client may end it earlier."""

    def __init__(self, scope: SeestarStandIn, camera: Camera, session: Session) -> None:
        self._scope = scope
        self._camera = camera
        self._session = session
        self._frames = list(frames_of(session))

    def start(self) -> None:
        """Carry on after the frames that are on disk; nothing to do once all of them are."""
        scope, session = self._scope, self._session
        recorded = self._recorded(scope.time.clock.now())
        scope.session.observer.camera = self._camera
        if recorded == len(self._frames):
            return
        ra, dec = POSITIONS[session.target]
        scope.session.mount.place_at(PositionJNow(ra / 15, dec))
        scope.view.begin(
            session.target,
            (ra / 15, dec),
            session.begin,
            lp_filter=session.filter == "LP",
            exposure_s=session.exposure_s,
        )
        taken, to_come = self._frames[:recorded], self._frames[recorded:]
        for frame in taken:
            scope.view.frame(TOO_FEW_STARS if frame.dropped else 0)
        scope.session.observer.play(FrameRun(scope, self._camera, to_come, taken))

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
        await self._scope.session.observer.close()
