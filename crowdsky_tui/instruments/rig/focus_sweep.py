"""Finding the focus: the stars' widths at positions on both sides, and the lowest of their curve.

Every position is reached from below, after a move that is further below by the backlash: so the
gear always lies on the same side. What fails leaves the focuser where it was.
"""

import asyncio
import logging
from pathlib import Path
from typing import Protocol

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, NoStars, OperationAborted, OperationFailed
from crowdsky_tui.base.threads import whatever_is_cancelled
from crowdsky_tui.instruments.alpaca.answers import flag, whole
from crowdsky_tui.instruments.interface import Done, Progress
from crowdsky_tui.instruments.rig.camera import Camera
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.focus_record import FocusRecord
from crowdsky_tui.instruments.rig.operation import Operation, Stops
from crowdsky_tui.instruments.rig.part_instructions import MOST_STEPS, MoveFocuser
from crowdsky_tui.instruments.rig.servers import RigDevice
from crowdsky_tui.instruments.rig.shared import Exposures
from crowdsky_tui.instruments.rig.single_frame import single_frame
from crowdsky_tui.photometry.focus_messages import FocusCurve, FocusRequest
from crowdsky_tui.photometry.measures import Quality

log = logging.getLogger(__name__)

POSITIONS = 9
FEWEST_STARS = 3
USUAL_PART = 100
"""Without a step in the settings it is so small a part of the focuser's range."""
WORSE = 1.3
"""Stars at the position that was found may be so many times wider than the narrowest seen."""


class StarWidths(Protocol):
    """Who measures stars (`compute.client.Science`)."""

    async def quality(self, path: Path) -> Quality:
        """How wide the stars of a picture are."""

    async def focus(self, request: FocusRequest) -> FocusCurve:
        """The lowest of the curve. Raises CrowdSkyError."""


class SweepSettings(msgspec.Struct, frozen=True):
    """`step` between positions (0: by the focuser's range), `backlash` in steps, `exposure_s`."""

    step: int
    backlash: int
    exposure_s: float


class FocusSweep:
    """Sweeps one focuser before one camera, behind the gates of `exposures`.

    `found` is the last curve, None before the first.
    """

    def __init__(
        self,
        camera: Camera,
        focuser: RigDevice,
        files: FolderFiles,
        stars: StarWidths,
        exposures: Exposures,
        settings: SweepSettings,
    ) -> None:
        self.found: FocusCurve | None = None
        self._camera, self._focuser, self._files = camera, focuser, files
        self._stars, self._exposures, self._settings = stars, exposures, settings
        self._record = FocusRecord(files.root)

    async def run(self, operation: Operation, on_progress: Progress) -> Done:
        """Find the focus and go there.

        Raises
        ------
        NoStars, OperationFailed, OperationAborted
            If none is found, or a stop was told: then the focuser is brought back to where it was.
        CrowdSkyError
            Any other trouble, with the same end.
        """
        last, here = await self._range(operation)
        cut_off = await asyncio.to_thread(self._record.cut_off)
        begin = here if cut_off is None or cut_off > last else cut_off
        now = operation.clock.now()
        await asyncio.to_thread(self._record.write, "begin", now, **{"from": begin})
        try:
            return await self._sweep(operation, on_progress, begin, last)
        except OperationAborted:
            await whatever_is_cancelled(self._bring_back(operation, begin))
            raise
        except CrowdSkyError as error:
            where = await whatever_is_cancelled(self._bring_back(operation, begin))
            if isinstance(error, OperationFailed):
                raise type(error)(error.what, error.why, where) from error
            why = f"{error.what}: {error.why}" if error.why else error.what
            raise OperationFailed(f"{operation.doing} failed", why, where) from error
        except BaseException:
            await whatever_is_cancelled(self._bring_back(operation, begin))
            raise

    async def _range(self, operation: Operation) -> tuple[int, int]:
        """The last position, and where it is."""
        said = await self._focuser.state("absolute", "maxstep", "position")
        last, here = whole(said.get("maxstep"), 1, MOST_STEPS), whole(said.get("position"), 0)
        if flag(said.get("absolute")) is False or last is None or here is None or here > last:
            raise operation.unreadable("where the focuser is, and how far it goes")
        return last, here

    async def _sweep(
        self, operation: Operation, on_progress: Progress, begin: int, last: int
    ) -> Done:
        steps = positions(begin, self._settings.step or max(last // USUAL_PART, 1), last)
        seen: list[tuple[int, float]] = []
        await self._approach(operation, steps[0])
        for at, step in enumerate(steps):
            on_progress(at / (len(steps) + 1), f"focusing, position {step}")
            await self._move(operation, step)
            width = await self._width_px(operation)
            if width is not None:
                seen.append((step, width))
                on_progress((at + 1) / (len(steps) + 1), f"at {step} stars are {width:.1f} px wide")
        request = FocusRequest(tuple(each[0] for each in seen), tuple(each[1] for each in seen))
        try:
            found = await self._stars.focus(request)
        except CrowdSkyError as error:
            kind = NoStars if not seen else OperationFailed
            raise kind(f"{operation.doing} failed", error.why or error.what) from error
        best = min(max(round(found.step), 0), last)
        await self._approach(operation, best)
        await self._move(operation, best)
        width = await self._width_px(operation)
        narrowest = min(each[1] for each in seen)
        if width is None or width > WORSE * narrowest:
            now = "no stars" if width is None else f"stars of {width:.1f} px"
            why = f"at {best} it shows {now}, and {narrowest:.1f} px before"
            raise OperationFailed(f"{operation.doing} failed", why)
        self.found = found
        await self._keep(operation, best, found, seen, width)
        text = f"the focus is at {best} ± {found.error_steps:.0f}, stars are {width:.1f} px wide"
        return Done("focused", text, operation.elapsed_s)

    async def _keep(
        self,
        operation: Operation,
        best: int,
        found: FocusCurve,
        seen: list[tuple[int, float]],
        width: float,
    ) -> None:
        values = {
            "step": best,
            "error_steps": round(found.error_steps, 1),
            "width_px": round(width, 2),
            "seen": [[step, round(each, 2)] for step, each in seen],
        }
        await asyncio.to_thread(self._record.write, "end", operation.clock.now(), **values)

    async def _approach(self, operation: Operation, step: int) -> None:
        """Go below it by the backlash."""
        if self._settings.backlash:
            await self._move(operation, max(step - self._settings.backlash, 0))

    async def _move(self, operation: Operation, step: int) -> None:
        await MoveFocuser(step).carry_out(self._focuser, operation)

    async def _width_px(self, operation: Operation) -> float | None:
        """The stars' width now; None without stars."""
        seconds = self._settings.exposure_s
        await self._exposures.begin(seconds)
        try:
            async with single_frame(self._camera, self._files, operation, seconds) as frame:
                self._exposures.end()
                seen = await self._stars.quality(frame.path)
        finally:
            self._exposures.end()
        return seen.fwhm_px if seen.stars >= FEWEST_STARS else None

    async def _bring_back(self, operation: Operation, begin: int) -> str:
        """To where it was, also after a stop: an operation of its own. Where it is, in words."""
        clock = operation.clock
        back = Operation(operation.doing, clock, operation.patience_s, Stops())
        try:
            await self._approach(back, begin)
            await self._move(back, begin)
            await asyncio.to_thread(self._record.write, "end", clock.now(), step=begin)
        except CrowdSkyError as error:
            log.warning("the focuser was not brought back to %d: %s", begin, error)
            return f"Bring the focuser back to {begin}: {error}"
        return f"The focuser is back at {begin}"


def positions(begin: int, step: int, last: int) -> list[int]:
    """Nine positions around `begin`, ascending, moved so that they lie within 0 to `last`.

    A shorter range gives fewer.
    """
    step = min(step, max(last // (POSITIONS - 1), 1))
    wide = (POSITIONS - 1) * step
    first = min(max(begin - wide // 2, 0), max(last - wide, 0))
    return [each for each in range(first, first + wide + 1, step) if each <= last]
