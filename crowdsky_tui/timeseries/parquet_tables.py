"""Tables as Parquet and as HATS catalogues. Child only; imports pyarrow (extra `parquet`).

Source of the catalogue's layout: IVOA Note HATS 1.0 (22 August 2025): `hats.properties`,
`partition_info.csv`, `dataset/_common_metadata`, `dataset/_metadata` and one file for each HEALPix
cell, `dataset/Norder=k/Dir=d/Npix=p.parquet`, sorted by the cell of order 29. Equal tables make
equal bytes: no date is written.
"""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import CannotWrite
from crowdsky_tui.base.files import sync, whole_file
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.table_messages import TableRequest

if TYPE_CHECKING:
    import pyarrow as pa

CELLS = "_healpix_29"
CELL_ORDER, DEEPEST = 29, 10
MOST_ROWS = 1_000_000
"""In one file of a catalogue; fuller cells are divided, down to order 10."""
COMMENTS = b"crowdsky_tui"
Integers = NDArray[np.int64]


def write_table(request: TableRequest) -> None:
    """Write it, whole or not at all.

    Raises
    ------
    CurveRefused
        pyarrow is not installed, columns differ in length, or a row of a catalogue has no place.
    CannotWrite
        The disk does not take it, or a catalogue of this name is there already.
    """
    out = Path(os.fsdecode(request.out))
    table = _table(request)
    try:
        if request.form == "parquet":
            _write_file(table, out)
        else:
            _write_catalogue(table, request, out)
    except OSError as error:
        raise CannotWrite(f"{out.name} cannot be written", error.strerror or "") from error


def _table(request: TableRequest) -> "pa.Table":
    try:
        import pyarrow as pa
    except ImportError as error:
        why = "pip install 'crowdsky-tui[parquet]'"
        raise CurveRefused("Parquet cannot be written", "pyarrow is not installed", why) from error
    if len({len(each.values) for each in request.columns}) != 1:
        raise CurveRefused("No table", "its columns differ in length")
    kinds = {"float64": pa.float64(), "int64": pa.int64(), "string": pa.string()}
    fields = [
        pa.field(each.name, kinds[each.kind], metadata={"unit": each.unit, "about": each.about})
        for each in request.columns
    ]
    arrays = [
        pa.array(each.values, type=field.type)
        for each, field in zip(request.columns, fields, strict=True)
    ]
    schema = pa.schema(fields, metadata={COMMENTS: "\n".join(request.comments)})
    return pa.Table.from_arrays(arrays, schema=schema)


def _write_file(table: "pa.Table", path: Path, collected: list[Any] | None = None) -> None:
    from pyarrow import parquet

    with whole_file(path) as file:
        parquet.write_table(table, file, compression="zstd", metadata_collector=collected)


def _write_catalogue(table: "pa.Table", request: TableRequest, out: Path) -> None:
    if out.exists() or out.is_symlink():
        raise CannotWrite(f"{out.name} cannot be written", "it is there already")
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        _fill(table, request, part)
        part.rename(out)
        sync(out.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fill(table: "pa.Table", request: TableRequest, folder: Path) -> None:
    from pyarrow import parquet

    cells = _cells(table, request)
    order = np.argsort(cells, kind="stable")
    cells = cells[order]
    table = table.take(order).add_column(0, CELLS, [cells])
    collected: list[Any] = []
    partitions = _partitions(cells)
    for level, cell, rows in partitions:
        name = f"Norder={level}/Dir={cell // 10_000 * 10_000}/Npix={cell}.parquet"
        mine: list[Any] = []
        part = table.slice(rows.start, rows.stop - rows.start)
        _write_file(part, folder / "dataset" / name, mine)
        mine[0].set_file_path(name)
        collected += mine
    for name, kept in (("_common_metadata", None), ("_metadata", collected)):
        path = folder / "dataset" / name
        parquet.write_metadata(table.schema, str(path), metadata_collector=kept)
        sync(path)
    lines = "".join(f"{level},{cell}\n" for level, cell, _ in partitions)
    _write_text(folder / "partition_info.csv", f"Norder,Npix\n{lines}")
    _write_text(folder / "hats.properties", _properties(table, request, partitions))


def _cells(table: "pa.Table", request: TableRequest) -> Integers:
    """The nested HEALPix cell of order 29 of each row."""
    from astropy import units
    from astropy_healpix import HEALPix

    ra, dec = (
        np.array(table.column(name).to_pylist(), dtype=np.float64)
        for name in (request.ra, request.dec)
    )
    if not len(ra) or not (np.isfinite(ra) & (np.abs(dec) <= 90)).all():
        raise CurveRefused("No catalogue", "it has no row, or one without a place")
    grid = HEALPix(nside=2**CELL_ORDER, order="nested")
    found = grid.lonlat_to_healpix(ra * units.deg, dec * units.deg)
    return np.asarray(found, dtype=np.int64)


def _partitions(cells: Integers) -> list[tuple[int, int, slice]]:
    """Order, cell and rows of each file, breadth first; of ascending cells of order 29."""
    found = []
    waiting = [(0, slice(0, len(cells)))]
    while waiting:
        level, rows = waiting.pop(0)
        names = cells[rows] >> np.int64(2 * (CELL_ORDER - level))
        for name in np.unique(names).tolist():
            first, last = np.searchsorted(names, [name, name + 1]).tolist()
            mine = slice(rows.start + first, rows.start + last)
            if last - first > MOST_ROWS and level < DEEPEST:
                waiting.append((level + 1, mine))
            else:
                found.append((level, name, mine))
    return found


def _properties(
    table: "pa.Table", request: TableRequest, partitions: list[tuple[int, int, slice]]
) -> str:
    sky = sum(1 / (12 * 4**level) for level, _, _ in partitions)
    told = {
        "obs_collection": request.name,
        "dataproduct_type": "source",
        "hats_nrows": table.num_rows,
        "hats_col_ra": request.ra,
        "hats_col_dec": request.dec,
        "hats_col_healpix": CELLS,
        "hats_col_healpix_order": CELL_ORDER,
        "hats_npix_suffix": ".parquet",
        "hats_order": max(level for level, _, _ in partitions),
        "hats_max_rows": MOST_ROWS,
        "moc_sky_fraction": f"{sky:.8f}",
        "hats_builder": f"crowdsky-tui {__version__}",
        "hats_version": "v1.0",
        "obs_regime": "Optical",
        "obs_description": " | ".join(request.comments),
    }
    return "".join(f"{name}={_plain(str(value))}\n" for name, value in told.items())


def _plain(text: str) -> str:
    """A value of a properties file: no line end, no escape; what is not ASCII by its number."""
    folded = "".join(sign if sign.isprintable() else " " for sign in text).replace("\\", "/")
    return folded.encode("ascii", "backslashreplace").decode()


def _write_text(path: Path, text: str) -> None:
    with whole_file(path) as file:
        file.write(text.encode())
