"""The horizon in the forms of other programs, written."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.files import write_whole
from crowdsky_tui.site.horizon import Horizon

STELLARIUM_INI = """\
[landscape]
name = Horizon
type = polygonal
polygonal_horizon_list = horizon.txt
polygonal_horizon_list_mode = azDeg_altDeg
polygonal_angle_rotatez = 0
"""


def _az_alt(horizon: Horizon) -> str:
    return "".join(
        f"{azimuth} {round(altitude, 3):g}\n" for azimuth, altitude in enumerate(horizon.line)
    )


def _nina(horizon: Horizon) -> bytes:
    return f"# azimuth altitude, degrees\n{_az_alt(horizon)}".encode()


def _theodolite(horizon: Horizon) -> bytes:
    rows = "".join(f"{az},{round(altitude, 3):g}\n" for az, altitude in enumerate(horizon.line))
    return f"azimuth_deg,altitude_deg\n{rows}".encode()


def _mountwizzard(horizon: Horizon) -> bytes:
    points = ", ".join(
        f"[{round(altitude, 3):g}, {az}]" for az, altitude in enumerate(horizon.line)
    )
    return f"[{points}]\n".encode()


def _panoptes(horizon: Horizon) -> bytes:
    """YAML, the outlines as they are."""
    outlines = (
        ", ".join(f"[{altitude:.6g}, {azimuth:.6g}]" for altitude, azimuth in outline)
        for outline in horizon.obstructions
    )
    rows = "".join(f"  - [{outline}]\n" for outline in outlines)
    head = f"horizon: {horizon.default_deg:g}\nobstructions:"
    return f"{head}\n{rows}".encode() if rows else f"{head} []\n".encode()


def _stellarium(horizon: Horizon) -> bytes:
    """A zip that Stellarium's *Add/remove landscapes* takes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("horizon/landscape.ini", STELLARIUM_INI)
        archive.writestr("horizon/horizon.txt", _az_alt(horizon))
    return file.getvalue()


FORMATS: dict[str, tuple[str, Callable[[Horizon], bytes]]] = {
    "nina": (".hrz", _nina),
    "stellarium": (".zip", _stellarium),
    "mountwizzard": (".hpts", _mountwizzard),
    "panoptes": (".yaml", _panoptes),
    "csv": (".csv", _theodolite),
}
"""Each format's usual ending and writer."""


def export_horizon(horizon: Horizon, path: Path, form: str = "") -> str:
    """Write the horizon; the format is the ending's if none is named. Returns the format.

    Raises
    ------
    UsageError
        For a format or an ending that is not known.
    """
    ending = path.suffix.lower()
    form = form or next((name for name, (each, _) in FORMATS.items() if each == ending), "")
    if form not in FORMATS:
        known = ", ".join(f"{each} ({name})" for name, (each, _) in FORMATS.items())
        raise UsageError(f"{ending or path.name} is no format of a horizon", f"there are {known}")
    write_whole(path, FORMATS[form][1](horizon))
    return form
