"""Bringing a target to the middle of the picture: expose, solve, slew by the difference, again.

The mount is not synchronised: its own model stays as it is, and it is sent beside the target by as
much as it errs.
"""

import math

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, OperationAborted, SolveFailed
from crowdsky_tui.instruments.interface import Progress
from crowdsky_tui.instruments.rig.camera import Camera
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.mount import Mount
from crowdsky_tui.instruments.rig.operation import Operation
from crowdsky_tui.instruments.rig.single_frame import single_frame
from crowdsky_tui.instruments.rig.solvers import Hint, Solver
from crowdsky_tui.photometry.solve_messages import PlateSolution
from crowdsky_tui.sky.coordinates import PositionJ2000, SkyTarget, separation_deg

MOST_SLEWS = 4
"""So often it is sent again at most."""
MOST_OFF_DEG = 5.0
"""A mount that errs by more is not sent blindly beside its target."""
ARCSEC_PER_RADIAN = 206264.806


class CentringLimits(msgspec.Struct, frozen=True):
    """`tolerance_arcmin`: so near to the middle is centred; `exposure_s` of a picture for it."""

    tolerance_arcmin: float
    exposure_s: float
    focal_mm: float = 0.0


class Centring:
    """Centres with one camera on one mount. `solution` is that of the last target.

    `off_arcmin` is how far the target was from the middle at last.
    """

    def __init__(
        self,
        camera: Camera,
        mount: Mount,
        files: FolderFiles,
        solver: Solver,
        limits: CentringLimits,
    ) -> None:
        self.solution: PlateSolution | None = None
        self.off_arcmin = math.nan
        self._camera, self._mount, self._files = camera, mount, files
        self._solver, self._limits = solver, limits

    async def centre(self, operation: Operation, target: SkyTarget, on_progress: Progress) -> str:
        """Centre it; the mount follows the sky at the target.

        Returns
        -------
        str
            How near it is, in plain words.

        Raises
        ------
        SolveFailed
            With the reason: no picture, none that is solved, too far away, or never within the
            tolerance. The mount stays where it is.
        OperationAborted
            If a stop was told.
        """
        self.solution = None
        east_deg = north_deg = 0.0
        for slew in range(MOST_SLEWS + 1):
            on_progress(None, f"centring {target.name}, picture {slew + 1}")
            seen = await self._solved(operation, target)
            off_deg = _apart_deg(seen, target)
            self.off_arcmin = 60 * off_deg
            if self.off_arcmin <= self._limits.tolerance_arcmin:
                self.solution = seen
                return f"it stands {self.off_arcmin:.1f}′ from the middle, by {seen.by}"
            if off_deg > MOST_OFF_DEG:
                why = f"it points {off_deg:.1f}° beside it: look at the mount's alignment"
                raise _not_centred(target, why)
            if slew == MOST_SLEWS:
                break
            east_deg += (target.j2000.ra_deg_j2000 - seen.ra_deg + 180) % 360 - 180
            north_deg += target.j2000.dec_deg_j2000 - seen.dec_deg
            if math.hypot(east_deg * math.cos(math.radians(seen.dec_deg)), north_deg) > (
                2 * MOST_OFF_DEG
            ):
                raise _not_centred(target, "the mount strays further with every slew")
            await self._mount.goto_beside(operation, target, (east_deg, north_deg))
        raise _not_centred(
            target,
            f"it is {self.off_arcmin:.1f}′ from the middle after {MOST_SLEWS} slews,"
            f" {self._limits.tolerance_arcmin:g}′ are allowed",
        )

    async def _solved(self, operation: Operation, target: SkyTarget) -> PlateSolution:
        try:
            async with single_frame(
                self._camera, self._files, operation, self._limits.exposure_s
            ) as frame:
                hint = Hint(target.j2000, self._scale_arcsec(), frame.size)
                return await self._solver.solve(frame.path, hint)
        except OperationAborted:
            raise
        except SolveFailed as error:
            raise _not_centred(target, error.why) from error
        except CrowdSkyError as error:
            raise _not_centred(target, str(error)) from error

    def _scale_arcsec(self) -> float:
        """Arcseconds a pixel by focal length and sensor; 0 if not known."""
        pixel_um, binning = self._camera.sensor.pixel_um[0], self._camera.sensor.binning[0]
        if not pixel_um or not self._limits.focal_mm:
            return 0.0
        return ARCSEC_PER_RADIAN * pixel_um * (binning or 1) / 1000 / self._limits.focal_mm


def _apart_deg(seen: PlateSolution, target: SkyTarget) -> float:
    place: PositionJ2000 = target.j2000
    return separation_deg(seen.ra_deg, seen.dec_deg, place.ra_deg_j2000, place.dec_deg_j2000)


def _not_centred(target: SkyTarget, why: str) -> SolveFailed:
    return SolveFailed(f"{target.name} cannot be centred", why, "The target is left as it is")
