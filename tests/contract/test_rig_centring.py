"""A target is brought to the middle of the picture by solving, or left with the reason."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from device_kit import until
from sky_kit import FakeSolver, sky_rig, write_catalogue
from test_rig import M81

from crowdsky_tui.base.errors import OperationAborted, SolveFailed
from crowdsky_tui.compute.client import Science
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ends
from crowdsky_tui.instruments.rig.solvers import Astap, CatalogueSolver, SolveField, Solvers
from crowdsky_tui.simulator.alpaca.faults import Fault
from crowdsky_tui.simulator.alpaca.sky_camera import made_up_stars
from crowdsky_tui.sky.coordinates import separation_deg

RA, DEC = M81.j2000.ra_deg_j2000, M81.j2000.dec_deg_j2000
SLEW, EXPOSE = "slewtocoordinatesasync", "startexposure"
BUILD = shutil.which("build-astrometry-index")
SOLVE = shutil.which("solve-field")


def solver(tmp_path: Path) -> tuple[FakeSolver, SolveField]:
    strict = FakeSolver(tmp_path / "bin")
    return strict, SolveField(str(strict.program))


@pytest.mark.parametrize("errs", [(0.4, -0.3), (-1.5, 0.8), (0.01, 0.0)])
async def test_a_mount_that_errs_is_sent_beside_the_target_until_it_is_centred(
    tmp_path: Path, errs: tuple[float, float]
) -> None:
    strict, program = solver(tmp_path)
    async with sky_rig(tmp_path / "frames", solver=program) as (server, rig, mount, camera):
        strict.follow(camera)
        mount.errs_deg = errs
        proof = await rig.operate(told.Goto(M81))
        off = separation_deg(*mount.looks_at, RA, DEC)
        assert 60 * off <= 3.0
        assert "from the middle, by solve-field" in proof.done.text
        slews = len(server.calls("PUT", SLEW))
        assert slews == (1 if errs == (0.01, 0.0) else 2)
        assert len(strict.calls) == slews == camera.taken
        assert await rig.used_by_others() == "", "a corrected place is ours, too"
        (call, *_) = strict.calls
        assert float(call["--scale-low"]) < camera.scale_arcsec < float(call["--scale-high"])
    assert not [path for path in (tmp_path / "frames").rglob("*") if path.is_file()]


@pytest.mark.filterwarnings("ignore:'datfix' made the change")
async def test_the_frames_of_a_centred_target_have_its_wcs_until_it_moves(tmp_path: Path) -> None:
    strict, program = solver(tmp_path)
    folder = tmp_path / "frames"
    async with sky_rig(folder, solver=program) as (_, rig, mount, camera):
        strict.follow(camera)
        mount.errs_deg = (0.2, 0.1)
        await rig.operate(told.Goto(M81))
        await rig.operate(told.SetExposure(2))
        await rig.operate(told.Start())
        await until(lambda: len(list(folder.rglob("*.fit"))) >= 1)
        await rig.operate(told.Stop(Ends.FRAMES))
        looks_at = mount.looks_at
        await rig.operate(told.Park())
        facts = await rig._frame_facts(rig.clock.now(), 1.0)
    assert facts.wcs == ()
    with fits.open(min((folder / "M 81_sub").glob("*.fit")), checksum=True) as opened:
        header = opened[0].header
    place = WCS(header).pixel_to_world((header["NAXIS1"] - 1) / 2, (header["NAXIS2"] - 1) / 2)
    assert separation_deg(place.ra.deg, place.dec.deg, *looks_at) < 1e-6
    assert "solved" in header.comments["CTYPE1"]


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ("clouds", "it found no solution"),
        ("fails", "no index files"),
        ("far", "look at the mount's alignment"),
        ("camera", "Alpaca server failed"),
    ],
)
async def test_a_target_that_cannot_be_centred_is_left_with_the_reason(
    tmp_path: Path, trouble: str, why: str
) -> None:
    strict, program = solver(tmp_path)
    async with sky_rig(tmp_path / "frames", solver=program) as (server, rig, mount, camera):
        strict.follow(camera, fails="no index files here" if trouble == "fails" else "")
        camera.clouded = trouble == "clouds"
        if trouble == "far":
            mount.errs_deg = (0.0, 7.0)
        if trouble == "camera":
            server.faults.members["camera/imagearray"] = Fault("status", 500)
        with pytest.raises(SolveFailed, match="M 81 cannot be centred") as caught:
            await rig.operate(told.Goto(M81))
        assert why in caught.value.why
        assert len(server.calls("PUT", SLEW)) == 1
        assert await rig.used_by_others() == ""
        assert not rig.doing
        assert (await rig.operate(told.Stop())).done.state == "stopped"


async def test_the_tries_have_an_end(tmp_path: Path) -> None:
    strict, program = solver(tmp_path)
    async with sky_rig(tmp_path / "frames", solver=program) as (server, rig, mount, camera):
        make = camera.made_picture

        def elsewhere() -> object:
            mount.errs_deg = (0.0, mount.errs_deg[1] + 0.5)  # it slips with every slew
            strict.tell(camera)
            return make()

        camera.made_picture = elsewhere  # type: ignore[method-assign, assignment]
        with pytest.raises(SolveFailed, match="cannot be centred") as caught:
            await rig.operate(told.Goto(M81))
        assert "after 4 slews" in caught.value.why
        assert len(server.calls("PUT", SLEW)) == 5


async def test_a_stop_ends_the_centring_and_its_exposure(tmp_path: Path) -> None:
    _, program = solver(tmp_path)
    async with sky_rig(tmp_path / "frames", solver=program, centre_exposure=300.0) as (
        server,
        rig,
        mount,
        camera,
    ):
        going = asyncio.create_task(rig.operate(told.Goto(M81)))
        await until(lambda: bool(server.calls("PUT", EXPOSE)))
        await rig.operate(told.Stop())
        with pytest.raises(OperationAborted):
            await going
        camera.run()
        assert not camera.exposes
        assert not mount.is_tracking


async def test_without_a_solver_and_with_no_tolerance_nothing_is_exposed(tmp_path: Path) -> None:
    strict, program = solver(tmp_path)
    wanted: dict[str, Any] = {"solver": program, "centre_tolerance": 0.0}
    for options in ({}, wanted):
        async with sky_rig(tmp_path / "frames", **options) as (server, rig, _, _):
            proof = await rig.operate(told.Goto(M81))
            assert proof.done.text == "it points at M 81"
            assert not server.calls("PUT", EXPOSE)
    assert not strict.calls


@pytest.mark.long  # the child's start and two solutions; the short case is unit/test_solve_file.py
async def test_our_own_solver_centres_by_a_catalogue(tmp_path: Path) -> None:
    catalogue = write_catalogue(tmp_path / "field.csv", (RA, DEC), 0.4)
    science = Science()
    own = CatalogueSolver(science, catalogue)
    try:
        async with sky_rig(tmp_path / "frames", solver=own, speed=50.0) as (_, rig, mount, _):
            mount.errs_deg = (0.12, -0.06)
            proof = await rig.operate(told.Goto(M81))
            assert 60 * separation_deg(*mount.looks_at, RA, DEC) <= 3.0
            assert "by the field catalogue" in proof.done.text
    finally:
        await science.close()


async def test_the_next_solver_is_asked_where_one_does_not_solve(tmp_path: Path) -> None:
    strict, program = solver(tmp_path)
    gone = Astap(str(tmp_path / "no-such-astap"))
    async with sky_rig(tmp_path / "frames", solver=Solvers([gone, program])) as (_, rig, _, camera):
        strict.follow(camera)
        assert "by solve-field" in (await rig.operate(told.Goto(M81))).done.text
        camera.clouded = True
        with pytest.raises(SolveFailed) as caught:
            await rig.operate(told.Goto(M81))
        assert "no-such-astap" in caught.value.why
        assert "solve-field" in caught.value.why


@pytest.mark.long  # an index is built; the short cases are those of the strict solve-field
@pytest.mark.skipif(not (SOLVE and BUILD), reason="apt's astrometry.net is not here")
async def test_apts_astrometry_net_centres_by_an_index_of_our_stars(tmp_path: Path) -> None:
    assert SOLVE and BUILD
    stars = made_up_stars(RA, DEC, 0.6)
    names = ("RA", "DEC", "MAG")
    columns = {name: [star[at] for star in stars] for at, name in enumerate(names)}
    Table(columns).write(tmp_path / "stars.fits")
    (tmp_path / "indexes").mkdir()
    command = [BUILD, "-i", "stars.fits", "-o", "indexes/index-ours.fits", "-P", "0", "-S", "MAG"]
    made = await asyncio.to_thread(
        subprocess.run,
        [*command, "-E", "-I", "77", "-t", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr
    program = SolveField(SOLVE, tmp_path / "indexes")
    async with sky_rig(tmp_path / "frames", solver=program, speed=30.0) as (_, rig, mount, _):
        mount.errs_deg = (0.3, -0.2)
        proof = await rig.operate(told.Goto(M81))
        assert 60 * separation_deg(*mount.looks_at, RA, DEC) <= 3.0
        assert "by solve-field" in proof.done.text
