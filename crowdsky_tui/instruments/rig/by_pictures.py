"""What a rig does by looking at pictures of its own, where it has the parts for it."""

from crowdsky_tui.config.instrument_settings import InstrumentSettings
from crowdsky_tui.instruments.rig.centring import Centring, CentringLimits
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.focus_sweep import FocusSweep, StarWidths, SweepSettings
from crowdsky_tui.instruments.rig.rig_parts import RigParts
from crowdsky_tui.instruments.rig.shared import Exposures
from crowdsky_tui.instruments.rig.solvers import Solver


def centring_of(
    settings: InstrumentSettings, parts: RigParts, files: FolderFiles, solver: Solver | None
) -> Centring | None:
    """What centres; None where a part is missing, nothing solves, or it is not wanted."""
    if solver is None or parts.mount is None or parts.camera is None:
        return None
    if not settings.centre_tolerance:
        return None
    limits = CentringLimits(settings.centre_tolerance, settings.centre_exposure, settings.focal_mm)
    return Centring(parts.camera, parts.mount, files, solver, limits)


def sweep_of(
    settings: InstrumentSettings,
    parts: RigParts,
    files: FolderFiles,
    stars: StarWidths | None,
    exposures: Exposures,
) -> FocusSweep | None:
    """What finds the focus; None where a part is missing, or nothing measures stars."""
    focuser = parts.devices.get("focuser")
    if stars is None or parts.camera is None or focuser is None:
        return None
    wanted = SweepSettings(settings.focus_step, settings.backlash, settings.focus_exposure)
    return FocusSweep(parts.camera, focuser, files, stars, exposures, wanted)
