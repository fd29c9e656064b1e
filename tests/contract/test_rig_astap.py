"""ASTAP as a solver, by a stand-in that behaves as Debian's astap-cli 2022.12.09 was seen to.

That one takes these options, and without a star database it ends with 1, `PLTSOLVD=F` and an
`ERROR=` in the .ini file. Where it is installed it is run, too.
"""

import json
import shutil
import stat
import sys
from pathlib import Path

import pytest
from sky_kit import sky_rig
from test_rig import M81

from crowdsky_tui.base.errors import SolveFailed
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.rig.solvers import Astap
from crowdsky_tui.sky.coordinates import separation_deg

RA, DEC = M81.j2000.ra_deg_j2000, M81.j2000.dec_deg_j2000
ASTAP = """#!{python}
import json, pathlib, sys
words = sys.argv[1:]
given = dict(zip(words[::2], words[1::2]))
assert len(words) % 2 == 0 and set(given) <= {{"-f", "-o", "-r", "-ra", "-spd", "-fov"}}, words
picture = pathlib.Path(given["-f"])
head = picture.read_bytes()[:2880].decode("ascii")
assert head.startswith("SIMPLE  =                    T"), "no FITS file"
high = int(next(head[at + 10:at + 30] for at in range(0, 2880, 80)
                if head[at:at + 6] == "NAXIS2"))
ini = pathlib.Path(given["-o"] + ".ini")
truth = json.loads(pathlib.Path({truth!r}).read_text())
def end(*lines, code):
    ini.write_text("".join(f"{{line}}\\r\\n" for line in (*lines, "CMDLINE=astap_cli")))
    sys.exit(code)
if truth["error"]:
    print("Error, " + truth["error"])
    end("PLTSOLVD=F", "ERROR=" + truth["error"], code=1)
ra, dec = float(given["-ra"]) * 15, float(given["-spd"]) - 90
off = max(abs(ra - truth["ra"]), abs(dec - truth["dec"]))
deg = truth["scale"] / 3600
if off > float(given["-r"]) or abs(float(given["-fov"]) / (high * deg) - 1) > 0.2:
    end("PLTSOLVD=F", "ERROR=No solution found!", code=1)
wide = truth["wide"]
end("PLTSOLVD=T", f"CRPIX1= {{(wide + 1) / 2:.14E}}", f"CRPIX2= {{(high + 1) / 2:.14E}}",
    f"CRVAL1= {{truth['ra']:.14E}}", f"CRVAL2= {{truth['dec']:.14E}}", "CDELT1=-4.15E-004",
    "CDELT2= 4.15E-004", "CROTA1= 0", "CROTA2= 0", f"CD1_1={{-deg:.14E}}", "CD1_2= 0.0E+000",
    "CD2_1= 0.0E+000", f"CD2_2={{-deg:.14E}}", code=0)
"""


class FakeAstap:
    """A program called astap_cli that knows the truth; `tell` is that, before each picture."""

    def __init__(self, folder: Path, error: str = "") -> None:
        folder.mkdir()
        self._truth, self._error = folder / "truth.json", error
        self.program = folder / "astap_cli"
        self.program.write_text(ASTAP.format(python=sys.executable, truth=str(self._truth)))
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def tell(self, looks_at: tuple[float, float], scale: float, wide: int) -> None:
        ra, dec = looks_at
        truth = {"ra": ra, "dec": dec, "scale": scale, "wide": wide, "error": self._error}
        self._truth.write_text(json.dumps(truth))


async def test_astap_centres_a_target(tmp_path: Path) -> None:
    fake = FakeAstap(tmp_path / "bin")
    async with sky_rig(tmp_path / "frames", solver=Astap(str(fake.program))) as (
        _,
        rig,
        mount,
        cam,
    ):
        make = cam.made_picture

        def made() -> object:
            fake.tell(cam.looks_at(), cam.scale_arcsec, cam.size[0])
            return make()

        cam.made_picture = made  # type: ignore[assignment,method-assign]
        mount.errs_deg = (0.4, -0.3)
        proof = await rig.operate(told.Goto(M81))
        assert 60 * separation_deg(*mount.looks_at, RA, DEC) <= 3.0
        assert "by ASTAP" in proof.done.text


async def test_what_astap_says_is_told(tmp_path: Path) -> None:
    fake = FakeAstap(tmp_path / "bin", "No star database found.")
    async with sky_rig(tmp_path / "frames", solver=Astap(str(fake.program))) as (_, rig, _, cam):
        fake.tell(cam.looks_at(), cam.scale_arcsec, cam.size[0])
        with pytest.raises(SolveFailed) as caught:
            await rig.operate(told.Goto(M81))
        assert "ASTAP: No star database found." in caught.value.why


@pytest.mark.skipif(shutil.which("astap_cli") is None, reason="apt's astap-cli is not here")
async def test_the_real_one_takes_our_command_line(tmp_path: Path) -> None:
    program = Astap(str(shutil.which("astap_cli")))
    async with sky_rig(tmp_path / "frames", solver=program) as (_, rig, _, _):
        with pytest.raises(SolveFailed) as caught:  # the stars are made up
            await rig.operate(told.Goto(M81))
        assert "ASTAP: No " in caught.value.why
