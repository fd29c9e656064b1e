"""Every form of a curve's file: equal bytes, where it comes from, and read by a reader not ours."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aavso_reader import read_report
from curve_star_kit import (
    DEC_DEG,
    FRAMES,
    LATE_D,
    NIGHTS,
    PERIOD_D,
    RA_DEG,
    STAR,
    curves_verb,
    fill,
    project,
)

from crowdsky_tui.base.errors import CannotWrite, CrowdSkyError, FileDamaged, UsageError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.curve import Measured, load
from crowdsky_tui.curves.export import Report
from crowdsky_tui.curves.export_files import SUFFIXES, Exported, curves_to_export, write_curves
from crowdsky_tui.curves.line_forms import vsnet_file, vsnet_name
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.database.database import Database
from crowdsky_tui.timeseries import parquet_tables
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.table_messages import TableColumn, TableRequest

NOW = 2461373.0
GOOD = NIGHTS * FRAMES - 1
REPORT = Report(observer="ABC", chart="own, Gaia")
pyarrow = pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    async def work() -> Measured:
        database = Database(tmp_path_factory.mktemp("database"))
        kept = await fill(database)
        found = await database.run(lambda db: load(db, kept, effective(kept)))
        await database.close()
        return found

    return asyncio.run(work())


@pytest.fixture
async def science() -> AsyncIterator[Science]:
    child = Science()
    yield child
    await child.close()


async def chosen(
    measured: Measured, science: Science, form: str, star: str = STAR, kept: Project | None = None
) -> Exported:
    kept = kept or project()
    return await curves_to_export(kept, effective(kept), measured, star, form, science)


async def written(measured: Measured, science: Science, form: str, path: Path) -> Path:
    what = await chosen(measured, science, form)
    await write_curves(what, form, path, REPORT, now_jd=NOW, science=science)
    return path


def content(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {"": path.read_bytes()}
    return {
        str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()
    }


@pytest.mark.parametrize("form", SUFFIXES)
async def test_equal_inputs_make_equal_bytes_that_say_where_they_come_from(
    measured: Measured, science: Science, tmp_path: Path, form: str
) -> None:
    turned = Measured(tuple(measured.frames), measured.rejected)
    first = content(await written(measured, science, form, tmp_path / f"one{SUFFIXES[form]}"))
    second = content(await written(turned, science, form, tmp_path / f"two{SUFFIXES[form]}"))
    assert first == second and first
    whole = b"".join(first.values())
    assert effective(project()).sha256.encode() in whole
    assert measured.inputs_sha256.encode() in whole
    assert b"/nowhere" not in whole and str(tmp_path).encode() not in whole
    assert not list(tmp_path.glob("*.part"))


async def test_the_aavsos_file_passes_a_strict_reader_of_somebody_elses(
    measured: Measured, science: Science, tmp_path: Path
) -> None:
    path = await written(measured, science, "aavso", tmp_path / "aavso.txt")
    read = read_report(path.read_text(), now_jd=NOW)
    assert len(read.rows) == GOOD and read.parameters["OBSCODE"] == "ABC"
    (curve,) = (await chosen(measured, science, "aavso")).curves
    floor = max(0.02, curve.check_rms or 0.0)
    for row, point in zip(read.rows, (each for each in curve.points if each.good), strict=True):
        assert (row["NAME"], row["FILT"], row["TRANS"]) == (STAR, "TG", "NO")
        assert abs(float(row["DATE"]) - point.jd_utc) < 1e-6
        assert floor <= float(row["MERR"]) < 1 and abs(float(row["MAG"]) - (point.mag or 0)) < 6e-4
    what = await chosen(measured, science, "aavso")
    pair = msgspec.structs.replace(
        what,
        curves=tuple(msgspec.structs.replace(each, filter="LP", band="LP") for each in what.curves),
    )
    path.unlink()
    with pytest.raises(CurveRefused, match="no code"):
        await write_curves(pair, "aavso", path, REPORT, now_jd=NOW, science=science)
    assert not path.exists(), "never TG for LP, and nothing written"


@pytest.mark.parametrize("form", ["aavso", "vsnet"])
async def test_a_curve_without_a_code_is_left_out_beside_others_and_said(
    measured: Measured, science: Science, tmp_path: Path, form: str
) -> None:
    what = await chosen(measured, science, form)
    (curve,) = what.curves
    pair = msgspec.structs.replace(curve, filter="LP", band="LP", telescope="S30 b2")
    both = msgspec.structs.replace(what, curves=(pair, curve))
    path = tmp_path / "x.txt"
    done = await write_curves(both, form, path, REPORT, now_jd=NOW, science=science)
    assert done.points == GOOD and done.left_out == ("S30 b2 LP: no code for the filter LP",)
    alone = tmp_path / "alone.txt"
    assert (
        await write_curves(what, form, alone, REPORT, now_jd=NOW, science=science)
    ).left_out == ()
    assert path.read_bytes() == alone.read_bytes()


async def test_etd_has_three_columns_of_the_good_points(
    measured: Measured, science: Science, tmp_path: Path
) -> None:
    path = await written(measured, science, "etd", tmp_path / "etd.txt")
    rows = [line.split(" ") for line in path.read_text().splitlines() if line[0] != "#"]
    assert len(rows) == GOOD and all(len(row) == 3 for row in rows)
    (curve,) = (await chosen(measured, science, "etd")).curves
    good = [point for point in curve.points if point.good]
    for row, point in zip(rows, good, strict=True):
        when, mag, error = map(float, row)
        assert abs(when - point.bjd_tdb) < 1e-6 and abs(mag - (point.mag or 0)) < 1e-4
        assert error >= 0.02


async def test_vsnet_lines_have_the_constellation_first_and_ut(
    measured: Measured, science: Science, tmp_path: Path
) -> None:
    path = await written(measured, science, "vsnet", tmp_path / "vsnet.txt")
    rows = [line for line in path.read_text().splitlines() if line[0] != "#"]
    (curve,) = (await chosen(measured, science, "vsnet")).curves
    good = [point for point in curve.points if point.good]
    for row, point in zip(rows, good, strict=True):
        read = re.fullmatch(r"LEOAM (\d{8})(\.\d{5}) (\d+\.\d{3})TG ABC", row)
        assert read is not None, row
        midnight = datetime.strptime(read[1], "%Y%m%d").replace(tzinfo=UTC)
        jd = 2440587.5 + (midnight.timestamp() / 86400) + float(read[2])
        assert abs(jd - point.jd_utc) < 6e-6 and abs(float(read[3]) - (point.mag or 0)) < 6e-4


@pytest.mark.parametrize(
    ("name", "told"),
    [("SS Cyg", "CYGSS"), ("alpha Her", "HERalpha"), ("V1500 Cyg", "CYGV1500"),
     ("SN 2023ixf", "SN2023ixf"), ("AM LEO", "LEOAM"), ("Leo", "Leo")],
)  # fmt: skip
def test_vsnet_names(name: str, told: str) -> None:
    assert vsnet_name(name) == told


async def test_vsnet_has_a_limit_and_the_day_turns_over(
    measured: Measured, science: Science
) -> None:
    (curve,) = (await chosen(measured, science, "vsnet")).curves
    first = curve.points[0]
    late = msgspec.structs.replace(
        first, jd_utc=2461041.4999999, mag=None, error=None, limit_mag=16.5
    )
    text = vsnet_file(
        [msgspec.structs.replace(curve, points=(late,))], [], name="SS Cyg", observer="ABC",
        wider=0.75,
    )  # fmt: skip
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    assert text == f"CYGSS {new_year:%Y%m%d}.00000 <15.75TG ABC\n"
    for wrong in ("", "A C", "A,C", "Ä"):
        with pytest.raises(CurveRefused, match="letters and digits"):
            vsnet_file([curve], [], name="x", observer=wrong, wider=0.75)
    pair = msgspec.structs.replace(curve, filter="LP", band="LP")
    with pytest.raises(CurveRefused, match="no code"):
        vsnet_file([pair], [], name="x", observer="ABC", wider=0.75)


async def test_bav_lines_are_the_timed_minima(
    measured: Measured, science: Science, tmp_path: Path
) -> None:
    path = await written(measured, science, "bav", tmp_path / "bav.txt")
    rows = [line.split("\t") for line in path.read_text().splitlines() if line[0] != "#"]
    assert len(rows) >= NIGHTS
    for name, kind, time, error, cycle, late, band, count, observer in rows:
        assert (name, band, observer) == (STAR, "TG", "ABC")
        assert kind == ("I" if float(cycle) % 1 == 0 else "II")
        assert abs(float(late) - LATE_D) < 0.001 and int(count) >= 8 and float(error) > 0
        assert abs(float(time) - 2461000.1234 - PERIOD_D * float(cycle) - float(late)) < 2e-5
    what = await chosen(
        measured, science, "bav", kept=msgspec.structs.replace(project(), eclipses={})
    )
    with pytest.raises(UsageError, match="no ephemeris"):
        await write_curves(what, "bav", path, REPORT, now_jd=NOW, science=science)


async def test_parquet_is_read_by_duckdb(
    measured: Measured, science: Science, tmp_path: Path
) -> None:
    duckdb: Any = pytest.importorskip("duckdb", reason="duckdb is not installed")
    path = await written(measured, science, "parquet", tmp_path / "all.parquet")
    (row,) = duckdb.sql(
        "select count(*), sum(flags = 0)::int, min(star), min(ra_deg), max(dec_deg), max(mag),"
        f" count(limit_mag) from '{path}'"
    ).fetchall()
    (curve,) = (await chosen(measured, science, "parquet")).curves
    most = max(point.mag for point in curve.points if point.mag is not None)
    assert row == (GOOD + 1, GOOD, STAR, RA_DEG, DEC_DEG, most, 0), "to the last bit"
    names = [row[0] for row in duckdb.sql(f"describe select * from '{path}'").fetchall()]
    assert names[:4] == ["star", "ra_deg", "dec_deg", "jd_utc"]


HATS_READER = """
import json, sys, warnings
warnings.simplefilter("ignore")
import hats
from hats.io.validation import is_valid_catalog
path = sys.argv[1]
catalog = hats.read_hats(path)
found = [str(each) for each in catalog.get_healpix_pixels()]
frame = catalog.read_pixel_to_pandas(catalog.get_healpix_pixels()[0])
print(json.dumps({
    "valid": bool(is_valid_catalog(path, strict=True)), "pixels": found,
    "type": str(catalog.catalog_info.catalog_type), "rows": catalog.catalog_info.total_rows,
    "name": catalog.catalog_info.catalog_name, "columns": list(map(str, frame.columns)),
    "read": len(frame), "ra": float(frame["ra_deg"].iloc[0]),
}))
"""


async def test_a_hats_catalogue_is_valid_for_the_surveys_own_library(
    measured: Measured, science: Science, tmp_path: Path
) -> None:
    pytest.importorskip("hats", reason="hats is not installed")
    path = tmp_path / "amleo"
    what = await chosen(
        measured, science, "hats", "all",
        msgspec.structs.replace(project(), targets=(STAR, "c1", "nowhere")),
    )  # fmt: skip
    await write_curves(what, "hats", path, REPORT, now_jd=NOW, science=science)
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", HATS_READER, str(path)], capture_output=True,
        text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read["valid"] and read["name"] == "amleo" and "source" in read["type"].lower()
    assert read["rows"] == 2 * (GOOD + 1) and read["ra"] in (RA_DEG, RA_DEG + 0.01 * (148 % 7))
    assert {"star", "mag", "_healpix_29"} <= set(read["columns"])
    with pytest.raises(CannotWrite, match="already"):
        await write_curves(what, "hats", path, REPORT, now_jd=NOW, science=science)


def table(count: int, ra: float | None = None) -> TableRequest:
    return TableRequest(
        form="hats", out=b"", comments=("a\nb = ü \\",), name="many",
        columns=[
            TableColumn(
                name="ra_deg", kind="float64",
                values=[(360 / count) * k if ra is None else ra for k in range(count)],
            ),
            TableColumn(
                name="dec_deg", kind="float64", values=[60.0 * (k % 3 - 1) for k in range(count)]
            ),
            TableColumn(name="n", kind="int64", values=list(range(count))),
        ],
    )  # fmt: skip


def test_full_cells_are_divided_and_no_row_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astropy import units
    from astropy_healpix import HEALPix
    from pyarrow import parquet

    monkeypatch.setattr(parquet_tables, "MOST_ROWS", 20)
    out = tmp_path / "many"
    asked = msgspec.structs.replace(table(900), out=str(out).encode())
    parquet_tables.write_table(asked)
    seen: list[int] = []
    for path in (out / "dataset").rglob("*.parquet"):
        level, folder, cell = (
            int(re.sub(r"\D", "", part)) for part in path.relative_to(out / "dataset").parts
        )
        rows = parquet.ParquetFile(path).read().to_pydict()
        assert len(rows["n"]) <= 20 and folder == cell // 10_000 * 10_000
        assert rows["_healpix_29"] == sorted(rows["_healpix_29"])
        grid = HEALPix(nside=2**level, order="nested")
        cells = grid.lonlat_to_healpix(
            [each % 360 for each in rows["ra_deg"]] * units.deg, rows["dec_deg"] * units.deg
        )
        assert set(cells.tolist()) == {cell}
        seen += rows["n"]
    assert sorted(seen) == list(range(900))
    info = (out / "partition_info.csv").read_text().splitlines()
    assert len(info) - 1 == len(list((out / "dataset").rglob("*.parquet")))
    told = (out / "hats.properties").read_text()
    assert told.isascii() and all("=" in line for line in told.splitlines())


@pytest.mark.parametrize("request_", [table(0), table(3, float("nan"))])
def test_a_catalogue_without_places_is_refused(request_: TableRequest, tmp_path: Path) -> None:
    out = str(tmp_path / "x").encode()
    with pytest.raises(CurveRefused, match="No catalogue"):
        parquet_tables.write_table(msgspec.structs.replace(request_, out=out))
    assert list(tmp_path.iterdir()) == []


async def test_what_cannot_be_written_leaves_nothing(
    measured: Measured, science: Science, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for form in ("parquet", "hats"):
        with pytest.raises((CannotWrite, FileDamaged)):
            await written(measured, science, form, tmp_path / "file" / "x")
    with pytest.raises(UsageError, match="no kind of file"):
        await chosen(measured, science, "xls")
    with pytest.raises(CrowdSkyError, match="shows all"):
        await chosen(measured, science, "csv", "all")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


async def test_without_pyarrow_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CurveRefused, match="pyarrow is not installed") as refused:
        parquet_tables.write_table(
            msgspec.structs.replace(table(3), out=str(tmp_path / "x").encode())
        )
    assert "crowdsky-tui[parquet]" in refused.value.next_step


def test_the_verb_writes_each_form(tmp_path: Path) -> None:
    async def write() -> None:
        database = Database(tmp_path / "state")
        await fill(database)
        await database.close()

    asyncio.run(write())
    for form, line in (("etd", []), ("vsnet", ["--observer", "ABC"]), ("parquet", [])):
        done = curves_verb(tmp_path, "export", "amleo", STAR, f"x.{form}", "--format", form, *line)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"x.{form}").stat().st_size > 1000
