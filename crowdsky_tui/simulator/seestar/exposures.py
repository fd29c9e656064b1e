"""Exposures one after another: files on disk, counts and events, then the live stack."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from crowdsky_tui.simulator.script import Frame
from crowdsky_tui.simulator.scripted_night import Camera
from crowdsky_tui.simulator.seestar.albums import DATA
from crowdsky_tui.simulator.seestar.scope import Scope

TOO_FEW_STARS = 263
NO_ERROR = "no error"
ROUTE = ["View", "Stack"]


class FrameRun:
    """Plays `frames` by the shared clock; `taken` are those that are on disk already."""

    def __init__(
        self, scope: Scope, camera: Camera, frames: Iterable[Frame], taken: list[Frame]
    ) -> None:
        self._scope = scope
        self._camera = camera
        self._frames = frames
        self._taken = taken

    async def play(self) -> None:
        """Take frame after frame; ends with the frames, or when it is cancelled."""
        clock = self._scope.time.clock
        for frame in self._frames:
            self._tell_start(frame)
            wait = (frame.saved - clock.now()).total_seconds()
            if wait > 0:
                await clock.sleep(wait)
            if not frame.dropped:
                await asyncio.to_thread(self._camera.take, frame)
            self._taken.append(frame)
            self._tell(frame)

    async def save(self) -> str | None:
        """Write the live stack; its path below the share's root, None if nothing was kept."""
        try:
            name = await asyncio.to_thread(self._camera.save_live_stack, list(self._taken))
        except ValueError:
            return None
        return f"{DATA}/{self._taken[-1].target}/{name}" if name else None

    def _tell_start(self, frame: Frame) -> None:
        started = {"state": "start", "exp_us": int(frame.exposure_s * 1e6)}
        gain = self._scope.view.gain
        self._tell_exposure({"state": "working", "lapse_ms": 0})
        self._scope.broadcast("Exposure", {"page": "stack", **started, "gain": gain})

    def _tell_exposure(self, fields: dict[str, Any]) -> None:
        exposure = self._scope.view.exposure()
        self._scope.broadcast("Exposure", {**fields, **exposure, "route": ROUTE})

    def _tell(self, frame: Frame) -> None:
        """One frame's end."""
        scope, view = self._scope, self._scope.view
        code = TOO_FEW_STARS if frame.dropped else 0
        text = "stack error, too few stars" if frame.dropped else NO_ERROR
        view.frame(code)
        scope.broadcast("Exposure", {"page": "stack", "state": "complete"})
        lapse = int((frame.saved - frame.begun).total_seconds() * 1000)
        self._tell_exposure({"state": "complete", "lapse_ms": lapse})
        stack = view.stack(scope.time.clock.now())
        scope.broadcast("Stack", {**stack, "route": ["View"]})
        counts = {"stacked_frame": view.stacked, "dropped_frame": view.dropped}
        whole = {**counts, "total_frame": view.stacked + view.dropped}
        inner = {"state": "frame_complete", "frame_type": "light", **whole}
        scope.broadcast("Stack", {**inner, "error": text, "lapse_ms": 1000, "code": code})
        if frame.dropped:
            scope.broadcast("Alert", {"error": text, "code": code})
