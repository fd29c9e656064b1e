"""The stars of a field, from a file: STAR-TAB of a server's frame, FITS, VOTable, ECSV, CSV, VSP.

Child only. Positions are ICRS in degrees; sexagesimal right ascension is hours.

Sources: docs/design/crowdsky-protocol.md (STAR-TAB); AAVSO's VSP as JSON: `auid`, `ra`, `dec`,
`label`, `bands`; Gaia's convention that `pmra` holds the cosine of the declination.
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crowdsky_tui.base.text import clean
from crowdsky_tui.timeseries.curve import Booleans, Floats
from crowdsky_tui.timeseries.errors import CurveRefused

MOST_BYTES = 50_000_000
MOST_STARS = 200_000
DELIMITERS = ",;\t|"
STAR_TAB = "STAR-TAB"
VISUAL = "V"
GAIA_EPOCH = 2016.0
J2000 = 2000.0
NAMES: dict[str, tuple[str, ...]] = {
    "name": (
        "name", "star", "star_name", "object", "source_id", "gaia_id", "designation", "main_id",
        "auid", "id",
    ),
    "ra": ("ra", "raj2000", "ra_icrs", "_ra", "ra_deg", "alpha"),
    "dec": ("dec", "dej2000", "de_icrs", "decj2000", "dec_icrs", "_dec", "_de", "dec_deg", "delta"),
    "gaia": ("gaia_id", "source_id", "gaia_source_id", "gaia"),
    "pm_ra": ("pmra", "pm_ra"),
    "pm_dec": ("pmdec", "pm_dec", "pmde"),
    "epoch": ("ref_epoch", "epoch_year"),
    "V": ("vmag", "v", "v_jkc_mag", "gaia_vmag"),
    "V_error": ("e_vmag", "vmag_err", "v_err", "verr"),
    "G": ("phot_g_mean_mag", "gaia_gmag", "gmag"),
    "BP-RP": ("bp_rp", "bp-rp"),
    "B-V": ("b-v", "bv", "b_v"),
    "B": ("bmag", "b", "b_jkc_mag"),
    "R": ("rcmag", "rc", "r_cousins", "r_jkc_mag"),
    "variable": ("variable", "phot_variable_flag", "var"),
}  # fmt: skip
UCDS = {"pos.eq.ra;meta.main": "ra", "pos.eq.dec;meta.main": "dec", "meta.id;meta.main": "name"}
_GAIA_NUMBER = re.compile(r"(?:^|\s)([1-9][0-9]{5,19})\s*$", re.ASCII)
_PARTED = re.compile(r"[:hdms°'\"\s]+")


@dataclass(frozen=True, slots=True)
class FieldCatalogue:
    """Stars of a field. All arrays have shape (n,); what is not known is NaN.

    Attributes
    ----------
    names
        As the file has them, clean.
    ra_deg, dec_deg
        ICRS in degrees at `epoch_year`.
    pm_ra_masyr, pm_dec_masyr
        Proper motion; that in right ascension with the cosine of the declination.
    mags, mag_errors
        Johnson V, or the band that was asked for.
    colours
        Of the kind `colour_kind`: BP-RP, B-V, V-G, or none.
    variable
        Known to vary: no comparison.
    gaia_ids
        Their numbers in Gaia's catalogue, "" where none is told.
    """

    names: tuple[str, ...]
    ra_deg: Floats
    dec_deg: Floats
    epoch_year: Floats
    pm_ra_masyr: Floats
    pm_dec_masyr: Floats
    mags: Floats
    mag_errors: Floats
    colours: Floats
    colour_kind: str
    variable: Booleans
    gaia_ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def at(self, year: float) -> tuple[Floats, Floats]:
        """Right ascensions and declinations in degrees in a year, by their proper motion.

        Along the tangent: good to 0.01" for less than 1" a year within 50 years and 1° of a pole.
        """
        years = np.where(np.isfinite(self.epoch_year), year - self.epoch_year, 0.0)
        east = np.radians(np.nan_to_num(self.pm_ra_masyr) * years / 3.6e6)
        north = np.radians(np.nan_to_num(self.pm_dec_masyr) * years / 3.6e6)
        ra, dec = np.radians(self.ra_deg), np.radians(self.dec_deg)
        up = np.sin(dec) + north * np.cos(dec)
        out = np.cos(dec) - north * np.sin(dec)
        moved = np.degrees(ra + np.arctan2(east, out)) % 360
        return moved, np.degrees(np.arctan2(up, np.hypot(out, east)))


def read_field(path: Path, band: str = VISUAL) -> FieldCatalogue:
    """Read a field's stars; which format it is, its content tells.

    `mags` are of the band: V, B or (Cousins) R.

    Raises
    ------
    CurveRefused
        No table of stars: without positions, too large, or an error's text in a table's place.
    OSError
        It cannot be read.
    """
    name = clean(path.name, 100)
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _no_catalogue(name, f"it is larger than {MOST_BYTES // 10**6} MB")
    try:
        columns = _columns(content)
    except CurveRefused:
        raise
    except Exception as error:
        raise _no_catalogue(name, f"it led to a {type(error).__name__}") from error
    if "ra" not in columns or "dec" not in columns:
        raise _no_catalogue(name, "it has no columns of right ascension and declination")
    return _catalogue(columns, name, band)


def _no_catalogue(name: str, why: str) -> CurveRefused:
    return CurveRefused(f"{name} is no catalogue of stars", why)


def _columns(content: bytes) -> dict[str, Any]:
    """The known columns by our names for them."""
    start = content[:2000].lstrip()
    if start.startswith(b"SIMPLE  ="):
        return _of_fits(content)
    if start.startswith(b"<") and b"VOTABLE" in start.upper():
        return _of_votable(content)
    text = content.decode("utf-8-sig", errors="replace")
    if start.startswith(b"# %ECSV") or text.lstrip().startswith("# %ECSV"):
        from astropy.table import Table

        return _of_table(Table.read(io.BytesIO(text.encode()), format="ascii.ecsv"))
    if start.startswith(b"{"):
        return _of_vsp(json.loads(text))
    return _of_csv(text)


def _of_fits(content: bytes) -> dict[str, Any]:
    """STAR-TAB by its name, else the first table."""
    from astropy.io import fits
    from astropy.table import Table

    with fits.open(io.BytesIO(content)) as units:
        tables = [unit for unit in units if isinstance(unit, fits.BinTableHDU | fits.TableHDU)]
        tables.sort(key=lambda unit: unit.name != STAR_TAB)
        if not tables:
            return {}
        found = _of_table(Table(tables[0].data))
        if tables[0].name == STAR_TAB and "name" in found:
            found["epoch"] = np.full(len(found["ra"]), np.nan)  # measured in the frame itself
        return found


def _of_votable(content: bytes) -> dict[str, Any]:
    from astropy.io.votable import parse

    tables = list(parse(io.BytesIO(content), verify="ignore").iter_tables())
    for table in tables:
        found = _of_table(table.to_table(use_names_over_ids=True))
        for field in table.fields:
            ours = UCDS.get((field.ucd or "").lower())
            if ours:
                found[ours] = _values(table.to_table(use_names_over_ids=True)[field.name])
        if "ra" in found and "dec" in found:
            return found
    return {}


def _of_table(table: Any) -> dict[str, Any]:
    """Columns of an astropy table; degrees where its units say something else."""
    from astropy import units as u

    found = {}
    by_name = {str(each).casefold(): each for each in reversed(table.colnames)}
    for ours, names in NAMES.items():
        theirs = next((by_name[name] for name in names if name in by_name), None)
        if theirs is None:
            continue
        column = table[theirs]
        values = _values(column)
        if ours in ("ra", "dec") and column.unit is not None and values.dtype.kind == "f":
            values = (values * u.Unit(column.unit)).to_value(u.deg)
        found[ours] = values
    return found


def _values(column: Any) -> Any:
    """A column as numbers with NaN for what is masked, or as text."""
    hidden = np.ma.getmaskarray(np.ma.asarray(column))
    plain = np.asarray(np.ma.getdata(column))
    if plain.dtype.kind == "f":
        return np.where(hidden, np.nan, plain.astype(np.float64))
    if plain.dtype.kind == "S":
        plain = np.char.decode(plain, "utf-8", "replace")
    return np.where(hidden, "", plain.astype(str))


def _of_vsp(document: Any) -> dict[str, Any]:
    """A comparison sequence as the AAVSO's Variable Star Plotter tells it."""
    stars = document.get("photometry") if isinstance(document, dict) else None
    if not isinstance(stars, list):
        return {}
    rows = []
    for star in stars:
        bands = {each["band"]: each for each in star.get("bands") or () if each.get("band")}
        rows.append(
            {
                "name": star.get("auid", ""),
                "ra": star["ra"],
                "dec": star["dec"],
                "V": bands.get("V", {}).get("mag"),
                "V_error": bands.get("V", {}).get("error"),
                "B": bands.get("B", {}).get("mag"),
                "R": bands.get("Rc", {}).get("mag"),
            }
        )
    names = ("name", "ra", "dec", "V", "V_error", "B", "R")
    return {
        each: np.array(["" if row[each] is None else str(row[each]) for row in rows], dtype=str)
        for each in names
    }


def _of_csv(text: str) -> dict[str, Any]:
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    if not lines or "\0" in text:
        return {}
    sign = max(DELIMITERS, key=lines[0].count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=sign)]
    heads = [cell.casefold() for cell in rows[0]]
    found = {}
    for ours, names in NAMES.items():
        place = next((heads.index(name) for name in names if name in heads), None)
        if place is not None:
            cells = [row[place] if place < len(row) else "" for row in rows[1:]]
            if sign != "," and ours != "name":
                cells = [re.sub(r"^(\s*[+-]?\d+),(\d+)$", r"\1.\2", cell) for cell in cells]
            found[ours] = np.array(cells, dtype=str)
    return found


def _catalogue(columns: Mapping[str, Any], name: str, band: str) -> FieldCatalogue:
    ra = _angles(columns["ra"], hours=True)
    dec = _angles(columns["dec"], hours=False)
    there = np.isfinite(ra) & np.isfinite(dec) & (ra >= 0) & (ra < 360) & (np.abs(dec) <= 90)
    if not there.any():
        raise _no_catalogue(name, "no line has a position")
    if there.sum() > MOST_STARS:
        raise _no_catalogue(name, f"it has more than {MOST_STARS:,} stars")

    def number(ours: str) -> Floats:
        return _numbers(columns.get(ours), len(ra))[there]

    names = [clean(str(each), 60) for each in np.asarray(columns.get("name", ra))[there]]
    positions = zip(ra[there], dec[there], strict=True)
    blank = ("", "0", "nan")
    names = [
        f"{a:.5f}{d:+.5f}" if "name" not in columns or each in blank else each
        for each, (a, d) in zip(names, positions, strict=True)
    ]
    v, g = number("V"), number("G")
    colours, kind = _colours(number("BP-RP"), number("B-V"), number("B") - v, v - g)
    moves = "pm_ra" in columns
    epoch = (
        number("epoch") if "epoch" in columns else np.full(len(v), GAIA_EPOCH if moves else J2000)
    )
    mags = v if band == VISUAL else number(band)
    if band != VISUAL and not np.isfinite(mags).any():
        raise CurveRefused(f"{name} has no magnitudes in {band}", "", f"Add a column of {band}")
    errors = number("V_error") if band == VISUAL else np.full(len(v), np.nan)
    told = np.asarray(columns.get("variable", np.full(len(ra), "")))[there]
    variable = np.array([str(each).upper() in ("VARIABLE", "TRUE", "1", "YES") for each in told])
    return FieldCatalogue(
        tuple(names), ra[there], dec[there], epoch, number("pm_ra"), number("pm_dec"),
        mags, errors, colours, kind, variable, _gaia_ids(columns, there),
    )  # fmt: skip


def _gaia_ids(columns: Mapping[str, Any], there: Booleans) -> tuple[str, ...]:
    """Numbers of at least six digits; a designation such as "Gaia DR3 4295806720" holds one."""
    told = np.asarray(columns.get("gaia", np.full(len(there), "")))[there]
    found = (_GAIA_NUMBER.search(str(each)) for each in told)
    return tuple(each[1] if each else "" for each in found)


def _colours(bp_rp: Floats, b_v: Floats, b_less_v: Floats, v_g: Floats) -> tuple[Floats, str]:
    """The colour that most stars have; kinds are never mixed."""
    b_v = np.where(np.isfinite(b_v), b_v, b_less_v)
    kinds = {"BP-RP": bp_rp, "B-V": b_v, "V-G": v_g}
    best = max(kinds, key=lambda each: int(np.isfinite(kinds[each]).sum()))
    return kinds[best], best if np.isfinite(kinds[best]).any() else ""


def _numbers(values: Any, count: int) -> Floats:
    if values is None:
        return np.full(count, np.nan)
    given = np.asarray(values)
    if given.dtype.kind in "fiu":
        return given.astype(np.float64)
    return np.array([_number(each) for each in given])


def _number(text: Any) -> float:
    try:
        value = float(text) if "_" not in str(text) else np.nan
    except ValueError:
        return float("nan")
    return value if np.isfinite(value) else float("nan")


def _angles(values: Any, *, hours: bool) -> Floats:
    """Degrees. Text in parts is sexagesimal; a right ascension in parts is hours."""
    given = np.asarray(values)
    if given.dtype.kind in "fiu":
        return given.astype(np.float64)
    return np.array([_angle(str(each), hours=hours) for each in given])


def _angle(text: str, *, hours: bool) -> float:
    parts = [part for part in _PARTED.split(text.strip()) if part]
    if len(parts) < 2:
        return _number(text)
    if len(parts) > 3:
        return float("nan")
    return sexagesimal(parts, hours=hours)


def sexagesimal(parts: Sequence[str], *, hours: bool) -> float:
    """Degrees from two or three parts; NaN for what is none, as 24 hours or more, or 60 minutes."""
    sign = -1 if parts[0].startswith("-") else 1
    whole, *rest = (abs(_number(part)) for part in parts)
    value = whole + sum(part / 60**power for power, part in enumerate(rest, 1))
    most = 24 if hours else 90
    if not value <= most or (hours and value >= most) or any(not part < 60 for part in rest):
        return float("nan")
    return float(sign * value * (15 if hours else 1))
