"""B, V and R of a cube of telescope.org as points beside a Seestar's, each in its own band."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import photometry_field
import pytest
from curve_projects_kit import Counting, runner
from numpy.typing import NDArray
from photometry_field import Field, clean_planes, make_field

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.curves import rows
from crowdsky_tui.curves.curve import StarCurve, load, star_curves
from crowdsky_tui.curves.frame_files import file_of
from crowdsky_tui.curves.product import State
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.curves.remote_frames import SCALE_ARCSEC, keys_of, remote_planes
from crowdsky_tui.curves.run import look
from crowdsky_tui.database.database import Database
from crowdsky_tui.jobs.remote_pictures import sha256_of
from crowdsky_tui.night.measuring import ask_to_measure_remote
from crowdsky_tui.photometry.field_catalogue import read_field
from crowdsky_tui.simulator.fits import Card, fits_bytes
from crowdsky_tui.store.store import Store
from crowdsky_tui.timeseries.errors import CurveRefused

STAR = 7


@pytest.fixture(scope="module")
def field() -> Field:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photometry_field, "SCALE", SCALE_ARCSEC)
        return make_field()


def mags_of(field: Field) -> dict[str, NDArray[np.float64]]:
    return {"B": field.mags + 0.7 * field.colours, "V": field.mags,
            "R": field.mags - 0.4 * field.colours}  # fmt: skip


def catalogue(field: Field, path: Path, bands: str = "BVR") -> Path:
    names = {"B": "bmag", "V": "vmag", "R": "rcmag"}
    mags = mags_of(field)
    lines = [",".join(["source_id", "ra", "dec", "bp_rp", *(names[band] for band in bands)])]
    for k in range(len(field.x)):
        told = [f"{mags[band][k]:.4f}" for band in bands]
        lines.append(
            ",".join(
                [
                    f"s{k}",
                    f"{field.ra[k]:.7f}",
                    f"{field.dec[k]:.7f}",
                    f"{field.colours[k]:.3f}",
                    *told,
                ]
            )
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def cube(field: Field, path: Path, order: str = "BVR", telescope: str = "COAST") -> Path:
    random = np.random.default_rng(3)
    planes = []
    for band in order:
        light = clean_planes(field, mags_of(field)[band])[1]
        planes.append(light + 400 + random.normal(0, 6, light.shape))
    pixels = np.clip(np.rint(np.stack(planes)), 0, 65535).astype(np.uint16)
    cards: list[Card] = [
        ("TELESCOP", telescope, ""),
        ("FILTER", ",".join(order), ""),
        ("EXPTIME", 60.0, ""),
        ("DATE-OBS", "2026-06-20T01:15:00", ""),
    ]
    path.write_bytes(fits_bytes(pixels, cards))
    return path


def project_of(folder: Path, field_file: Path) -> Project:
    return Project(
        name="stars", field=str(field_file), targets=(f"s{STAR}",), frames=(str(folder),)
    )


async def curves_of(database: Database, project: Project) -> list[StarCurve]:
    pars = effective(project)
    measured = await database.run(lambda db: load(db, project, pars))
    return await star_curves(measured, f"s{STAR}", Counting(), 0.0)


@pytest.mark.parametrize("order", ["BVR", "RVB"])
async def test_each_plane_is_a_point_in_its_own_band(
    tmp_path: Path, field: Field, order: str
) -> None:
    path = cube(field, tmp_path / "369256.fits", order, telescope="undefined")
    project = project_of(path, catalogue(field, tmp_path / "field.csv"))
    database = Database(tmp_path)
    done = await runner(database).run(project, effective(project))
    assert [product.state for product in done.known.values()] == [State.OK] * 3
    assert all(
        product.measure and product.measure.airmass and product.measure.airmass > 1
        for product in done.known.values()
    ), "seen from Teide, though no place is set here"
    curves = await curves_of(database, project)
    assert {curve.filter: curve.band for curve in curves} == {"B": "B", "V": "V", "R": "R"}
    for curve in curves:
        (point,) = curve.points
        truth = mags_of(field)[curve.band][STAR]
        assert point.mag == pytest.approx(truth, abs=0.06), curve.band
        assert file_of(project, point.frame, point.frame_name) == path
    measured = await database.run(lambda db: rows.products(db, "stars"))
    assert sha256_of(path) in measured, "the archive keeps what a curve is made of"
    assert set(measured) == keys_of(sha256_of(path))
    again = await runner(database).run(project, effective(project))
    assert not again.due() and Counting.asked == []
    await database.close()


async def test_a_band_that_the_catalogue_lacks_fails_alone_and_says_so(
    tmp_path: Path, field: Field
) -> None:
    path = cube(field, tmp_path / "coast.fits")
    project = project_of(path, catalogue(field, tmp_path / "field.csv", "BV"))
    database = Database(tmp_path)
    done = await runner(database).run(project, effective(project))
    states = sorted(product.state for product in done.known.values())
    assert states == sorted([State.OK, State.OK, State.FAILED])
    (failed,) = (each for each in done.known.values() if each.state is State.FAILED)
    assert "no magnitudes in R" in failed.why
    await database.close()


def test_only_cubes_of_the_site_are_parted(tmp_path: Path, field: Field) -> None:
    for name, telescope, order, count in (
        ("369256.fits", "undefined", "BVR", 3),
        ("x.fits", "COAST 17in", "RVB", 3),
        ("x.fits", "My rig", "BVR", 0),
        ("x.fits", "COAST", "LRG", 0),
    ):
        path = tmp_path / name
        pixels = np.zeros((3, 16, 16), np.uint16)
        path.write_bytes(fits_bytes(pixels, [("TELESCOP", telescope, ""),
                                             ("FILTER", ",".join(order), "")]))  # fmt: skip
        assert len(remote_planes(path, "a" * 64)) == count, (name, telescope, order)
    path.write_bytes(b"no fits at all")
    assert remote_planes(path, "a" * 64) == ()
    pixels = np.zeros((3, 1536, 1536), np.uint16)
    path.write_bytes(fits_bytes(pixels, [("TELESCOP", "COAST", ""), ("FILTER", "B,V,R", "")]))
    assert {each.plane.cut_px for each in remote_planes(path, "a" * 64)} == {32}


def test_the_catalogue_is_read_in_the_band_that_is_asked_for(tmp_path: Path, field: Field) -> None:
    path = catalogue(field, tmp_path / "field.csv")
    for band, mags in mags_of(field).items():
        assert read_field(path, band).mags == pytest.approx(mags, abs=1e-4)
    assert read_field(path).mags == pytest.approx(field.mags, abs=1e-4)
    with pytest.raises(CurveRefused, match="no magnitudes in B"):
        read_field(catalogue(field, tmp_path / "v.csv", "V"), "B")


async def test_a_fetched_cube_is_measured_for_the_projects_that_want_its_target(
    tmp_path: Path,
) -> None:
    asked: list[tuple[str, str, str]] = []

    async def add(kind: str, _goal: str, order: Any) -> None:
        asked.append((kind, order.project, order.sha256))

    database = Database(tmp_path)
    for name, target in (("mine", "SS Cyg"), ("other", "T CrB")):
        project = Project(name=name, field="/f.csv", targets=(target,))
        await database.run(partial(rows.save_project, project=project, now=Clock().now()))
    night: Any = SimpleNamespace(
        records=SimpleNamespace(database=database), clock=Clock(), store=Store(),
        queue=SimpleNamespace(add=add),
    )  # fmt: skip
    frame = Frame(source=Source.REMOTE, key="369256.fits", target="SS_Cyg", path="/c/369256.fits",
                  sha256="ab" * 32)  # fmt: skip
    await ask_to_measure_remote(night, frame)
    assert asked == [("measure", "mine", "ab" * 32)]
    await database.close()


def test_a_survey_names_each_plane_and_goes_by_what_went_in(tmp_path: Path, field: Field) -> None:
    path = cube(field, tmp_path / "coast.fits")
    project = project_of(path, catalogue(field, tmp_path / "field.csv"))
    survey = look(project, {}, effective(project))
    assert [each.remote.plane.band for each in survey.wanted if each.remote] == ["B", "V", "R"]
    assert len({each.input_hash for each in survey.wanted}) == 3
