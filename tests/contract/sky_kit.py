"""A rig whose camera shows stars, and a solve-field that is stricter than the real one."""

import json
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alpaca_kit import BEGIN
from test_rig import HIGH, PLACE, InlineWriter

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.simulator.alpaca.parts import Focuser
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn
from crowdsky_tui.simulator.alpaca.sky_camera import SkyCamera, made_up_stars
from crowdsky_tui.simulator.alpaca.telescope import Telescope
from crowdsky_tui.site.horizon import Horizon

FOCAL_MM = 400.0


@asynccontextmanager
async def sky_rig(
    folder: Path, *, speed: float = 300.0, size: tuple[int, int] = (480, 320), **options: Any
) -> AsyncIterator[tuple[AlpacaStandIn, RigInstrument, Telescope, SkyCamera]]:
    """Mount, camera and focuser under made-up stars; other `options` are settings, or the rig's."""
    clock = Clock(BEGIN, datetime.now(UTC), speed)
    mount = Telescope("Mount", "mount-1", clock)
    focuser = Focuser("Focuser", "focuser-1", clock)
    camera = SkyCamera(
        "Camera",
        "camera-1",
        clock,
        lambda: mount.looks_at,
        focuser_step=lambda: focuser.position(),
        best_step=1500,
        focal_mm=FOCAL_MM,
        size=size,
    )
    server = AlpacaStandIn([mount, camera, focuser])
    await server.start()
    given = {key: options.pop(key) for key in list(options) if key not in RIG_OPTIONS}
    settings = InstrumentSettings(name="garden", settle=1.0, focal_mm=FOCAL_MM, **given)
    devices = [
        DeviceSettings(instrument="garden", role=role, address=f"{server.host}:{server.port}")
        for role in ("mount", "camera", "focuser")
    ]
    limits = PointingLimits(settings, Horizon(), PLACE, HIGH, clock)
    files = FolderFiles(folder, InlineWriter())
    instrument = RigInstrument(settings, devices, limits, clock, files, patience_s=1.0, **options)
    try:
        yield server, instrument, mount, camera
    finally:
        await instrument.close()
        await server.stop()


RIG_OPTIONS = ("read_only", "read_s", "solver", "helpers", "stars")

SOLVE_FIELD = """#!{python}
import json, math, pathlib, sys
PLAIN = {{"--overwrite", "--no-plots", "--no-tweak", "--no-remove-lines", "--fits-image"}}
TAKES = {{"--uniformize", "--cpulimit", "--downsample", "--dir", "--temp-dir", "--wcs",
         "--new-fits",
         "--corr", "--rdls", "--match", "--index-xyls", "--solved", "--ra", "--dec", "--radius",
         "--scale-units", "--scale-low", "--scale-high", "--config"}}
given, files, words = {{}}, [], list(sys.argv[1:])
while words:
    word = words.pop(0)
    if word in TAKES:
        given[word] = words.pop(0)
    elif not word.startswith("--"):
        files.append(pathlib.Path(word))
    elif word not in PLAIN:
        sys.exit(f"solve-field: unrecognized option '{{word}}'")
(picture,) = files
head = picture.read_bytes()[:2880].decode("ascii")
assert head.startswith("SIMPLE  =                    T"), "no FITS file"
lines = [head[at:at + 80] for at in range(0, 2880, 80)]
cards = {{line[:8].strip(): line[10:].split("/")[0].strip() for line in lines}}
truth = json.loads(pathlib.Path({truth!r}).read_text())
log = pathlib.Path({truth!r}).with_suffix(".log")
log.write_text((log.read_text() if log.exists() else "") + json.dumps(given) + "\\n")
if truth.get("fails"):
    sys.exit(truth["fails"])
far = math.hypot(truth["ra"] - float(given["--ra"]), truth["dec"] - float(given["--dec"]))
scale = truth["scale"]
if not truth["stars"] or far > float(given["--radius"]):
    sys.exit(0)  # not solved: the real one says so with its output, and ends well
if not float(given["--scale-low"]) <= scale <= float(given["--scale-high"]):
    sys.exit(0)
wide, high = int(cards["NAXIS1"]), int(cards["NAXIS2"])
deg = scale / 3600
solved = {{"SIMPLE": "T", "CTYPE1": "'RA---TAN'", "CTYPE2": "'DEC--TAN'", "CRVAL1": truth["ra"],
          "CRVAL2": truth["dec"], "CRPIX1": (wide + 1) / 2, "CRPIX2": (high + 1) / 2,
          "CD1_1": -deg, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": -deg}}
rows = [f"{{key:8}}= {{value!s:>20}} / a comment" for key, value in solved.items()] + ["END"]
text = "".join(f"{{row:80}}" for row in rows)
pathlib.Path(given["--wcs"]).write_text(f"{{text:2880}}")
"""


class FakeSolver:
    """A program called solve-field, which knows the truth, and takes nothing that it does not know.

    `tell` is the truth; `calls` are the options that it was started with.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._truth = folder / "truth.json"
        self.program = folder / "solve-field"
        self.program.write_text(SOLVE_FIELD.format(python=sys.executable, truth=str(self._truth)))
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def tell(self, camera: SkyCamera, *, fails: str = "") -> None:
        ra, dec = camera.looks_at()
        truth = {
            "ra": ra,
            "dec": dec,
            "scale": camera.scale_arcsec,
            "stars": not camera.clouded,
            "fails": fails,
        }
        fresh = self._truth.with_suffix(".new")
        fresh.write_text(json.dumps(truth))
        fresh.replace(self._truth)

    def follow(self, camera: SkyCamera, **options: Any) -> None:
        """Tell the truth with every picture that the camera takes."""
        make = camera.made_picture

        def made() -> Any:
            self.tell(camera, **options)
            return make()

        camera.made_picture = made  # type: ignore[method-assign]

    @property
    def calls(self) -> list[dict[str, str]]:
        log = self._truth.with_suffix(".log")
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def write_catalogue(path: Path, about: tuple[float, float], radius_deg: float) -> Path:
    """The made-up stars about a place as a table with commas."""
    rows = [f"{ra:.6f},{dec:.6f},{mag}" for ra, dec, mag in made_up_stars(*about, radius_deg)]
    path.write_text("\n".join(["ra,dec,vmag", *rows]) + "\n")
    return path
