"""Makes a rig from the settings."""

from pathlib import Path
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.instrument_settings import InstrumentSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.scope_settings import scope_name
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.instruments.rig.solvers import Solvers, solvers_here
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import set_place


def make_rig(name: str, settings: Settings, clock: Clock, science: Science) -> RigInstrument:
    """The instrument of this name in `[[instruments]]`, not yet opened. Raises UsageError."""
    found = next((each for each in settings.instruments if each.name == name), None)
    if found is None:
        names = ", ".join(each.name for each in settings.instruments) or "there is none"
        raise UsageError(f"there is no instrument {clean(name, 60)!r} of devices", names)
    horizon, place = Horizon.of_site(settings.site), set_place(settings)
    parts = (
        found,
        [
            device
            for device in settings.devices
            if device.instrument == name and device.role != "dome"
        ],
        PointingLimits(found, horizon, place, science, clock),
        clock,
        FolderFiles(settings.frames_of(found), science),
    )
    scope = next((each for each in settings.scopes if scope_name(each) == found.scope), None)
    solver = _solver(found, science)
    options: dict[str, Any] = {
        "read_only": settings.read_only,
        "solver": solver,
        "stars": science,
    }
    if scope is None:
        return RigInstrument(*parts, **options)
    from crowdsky_tui.instruments.rig.seestar import ControlSocket, SeestarByAlpaca
    from crowdsky_tui.instruments.seestar.factory import make_service

    socket = ControlSocket(lambda: make_service(scope, settings, clock, science))
    return SeestarByAlpaca(*parts, **options, other_way=socket)


def _solver(found: InstrumentSettings, science: Science) -> Solvers | None:
    """What solves its pictures on this machine; None for nothing."""
    if not found.centre_tolerance:
        return None
    catalogue, indexes = (
        Path(each).expanduser() if each else None for each in (found.catalogue, found.index_folder)
    )
    here = solvers_here(science, catalogue, indexes)
    return here if here.solvers else None
