"""A rig's frames as far as the light curve: taken, written, measured for a project, joined."""

from pathlib import Path

import pytest
from astropy.io import fits
from astropy.time import Time
from curve_projects_kit import Counting, runner
from device_kit import until
from sky_kit import FakeSolver, sky_rig
from test_rig import M81

from crowdsky_tui.curves.curve import band_of, load, star_curves
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.database.database import Database
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ends
from crowdsky_tui.instruments.rig.solvers import SolveField
from crowdsky_tui.simulator.alpaca.sky_camera import made_up_stars
from crowdsky_tui.sky.coordinates import separation_deg

RA, DEC = M81.j2000.ra_deg_j2000, M81.j2000.dec_deg_j2000
FRAMES = 2


async def frames_of_a_rig(folder: Path, programs: Path) -> Path:
    """Two frames of a centred target, written by the rig."""
    strict = FakeSolver(programs)
    async with sky_rig(folder, solver=SolveField(str(strict.program))) as (_, rig, _, camera):
        strict.follow(camera)
        await rig.operate(told.Goto(M81))
        await rig.operate(told.SetExposure(5))
        await rig.operate(told.Start())
        await until(lambda: len(list(folder.rglob("*.fit"))) >= FRAMES, 60)
        await rig.operate(told.Stop(Ends.FRAMES))
    return folder / "M 81_sub"


async def test_frames_of_a_rig_become_points_at_their_stars_magnitudes(tmp_path: Path) -> None:
    frames = await frames_of_a_rig(tmp_path / "frames", tmp_path / "bin")
    stars = [each for each in made_up_stars(RA, DEC, 0.15) if each[2] < 11.5]
    alone = [
        star
        for star in stars
        if all(
            other is star or separation_deg(star[0], star[1], other[0], other[1]) > 0.006
            for other in stars
        )
    ]
    target = min(alone, key=lambda star: separation_deg(star[0], star[1], RA, DEC))
    lines = [f"s{n},{ra:.6f},{dec:.6f},{mag}" for n, (ra, dec, mag) in enumerate(stars)]
    (tmp_path / "field.csv").write_text("\n".join(["name,ra,dec,vmag", *lines]) + "\n")
    name = f"s{stars.index(target)}"
    project = Project(
        name="stars", field=str(tmp_path / "field.csv"), targets=(name,), frames=(str(frames),)
    )
    database = Database(tmp_path)
    science = Counting()
    try:
        Counting.known.clear()
        survey = await runner(database).run(project, effective(project))
        words = {each.name: each.why for each in survey.known.values()}
        measured = await database.run(lambda db: load(db, project, effective(project)))
        assert len(measured.frames) == len(list(frames.glob("*.fit"))), words
        (curve,) = await star_curves(measured, name, science, 0.005)
    finally:
        await science.close()
        await database.close()
    assert len(curve.points) == len(measured.frames) and curve.telescope == "garden"
    assert all(point.mag == pytest.approx(target[2], abs=0.1) for point in curve.points)
    assert [band_of(name) for name in ("Ha", "V", "lp", "IRCUT")] == ["Ha", "V", "LP", "TG"]
    assert curve.rms is not None and curve.rms < 0.01
    for point in curve.points:
        header = fits.getheader(frames / point.frame_name)
        middle = Time(header["DATE-OBS"]).jd + 2.5 / 86_400
        assert point.jd_utc == pytest.approx(middle, abs=1e-8)
