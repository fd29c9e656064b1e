"""What the sources of alerts say, in the shapes of recorded answers; made up, all of it.

Shapes: facts of planning, section 10.
"""

import io
import json
import zipfile
from datetime import UTC, datetime
from html import escape
from typing import Any

import msgspec


class Transient(msgspec.Struct, frozen=True, kw_only=True):
    """Something new in the sky: degrees (J2000), magnitude, moment (aware)."""

    name: str
    ra_deg: float
    dec_deg: float
    mag: float | None
    at: datetime
    type: str = ""
    prefix: str = "AT"
    comments: str = ""


CH_CYG: dict[str, Any] = {
    "star_name": "CH Cyg", "ra": 291.13779, "dec": 50.24142, "constellation": "Cyg",
    "var_type": "ZAND+SR", "min_mag": 10.1, "min_mag_band": "V", "max_mag": 5.6,
    "max_mag_band": "V", "period": None, "obs_cadence": 5.0, "obs_mode": "All",
    "obs_section": ["Alerts / Campaigns"], "filter": "B",
    "other_info": "B and V especially needed\r\n"
    "[[Alert Notice 639 https://www.aavso.org/aavso-alert-notice-639]]",
    "priority": True, "last_data_point": 1770638619,
    "observability_times": [["TARGET_RISES", 1771719131]], "solar_conjunction": False,
}  # fmt: skip
TNS_HEADER = (
    "objid,name_prefix,name,ra,declination,redshift,typeid,type,reporting_groupid,reporting_group,"
    "source_groupid,source_group,discoverydate,discoverymag,discmagfilter,filter,reporters,"
    "time_received,internal_names,creationdate,lastmodified"
)
T_CRB: dict[str, Any] = {
    "Name": "T CrB", "AUID": "000-BBW-825", "RA2000": "239.87567",
    "Declination2000": "25.92017", "VariabilityType": "NR+ELL", "Period": "227.5528",
    "Epoch": "2455828.9", "MaxMag": "2.0 V", "MinMag": "10.8 V", "SpectralType": "M3III+WD",
    "Constellation": "CrB",
}  # fmt: skip
ALGOL: dict[str, Any] = {
    "Name": "bet Per", "AUID": "000-BBF-713", "RA2000": "47.04221",
    "Declination2000": "40.95565", "VariabilityType": "EA/SD", "Period": "2.867328",
    "Epoch": "2445641.5135", "MaxMag": "2.09 V", "MinMag": "(1.21) V", "EclipseDuration": "14",
    "Constellation": "Per",
}  # fmt: skip
STARS = {"t crb": T_CRB, "algol": ALGOL, "bet per": ALGOL}


def campaigns(count: int) -> list[dict[str, Any]]:
    """`CH Cyg`, and made-up targets with what real rows leave out, each at its own place."""
    rows = [CH_CYG]
    for number in range(1, count):
        row = CH_CYG | {
            "star_name": f"V{1000 + number} Cyg",
            "ra": round((17.3 * number) % 360, 5),
            "dec": round(-30 + (7.1 * number) % 115, 5),
            "priority": number % 2 == 0,
            "min_mag": None if number % 6 == 0 else 14.0,
            "max_mag": None if number % 60 == 0 else 9.0 + number % 5,
            "obs_cadence": None if number % 7 == 0 else 3.0,
            "last_data_point": None if number % 9 == 0 else 1770638619,
            "filter": "Spectroscopy" if number % 31 == 0 else "V",
            "observability_times": [] if number % 2 else [["TARGET_IS_ALWAYS_UP", None]],
            "other_info": "",
        }
        rows.append(row)
    return rows


def target_tool(rows: list[dict[str, Any]]) -> bytes:
    """The Target Tool's answer."""
    return json.dumps({"targets": rows}).encode()


def tns_file(transients: list[Transient], members: int = 1) -> bytes:
    """A file of public objects in its zip."""
    lines = [f'"{datetime(2026, 2, 27, tzinfo=UTC):%Y-%m-%d 00:00:00}"', TNS_HEADER]
    lines += [_tns_row(number, each) for number, each in enumerate(transients, 159_459)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"tns_public_objects_{number}.csv", "\n".join(lines) + "\n")
    return packed.getvalue()


def tns_bomb(size: int) -> bytes:
    """A zip of some kilobytes that stands for `size` bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tns_public_objects.csv", f"stamp\n{TNS_HEADER}\n" + "0" * size)
    return packed.getvalue()


def _tns_row(number: int, each: Transient) -> str:
    at = each.at.astimezone(UTC)
    mag = "" if each.mag is None else f"{each.mag:.4f}"
    cells = [
        f"{number}", each.prefix, each.name, f"{each.ra_deg:.9f}", f"{each.dec_deg:.9f}", "", "",
        each.type, "", "", "", "", f"{at:%Y-%m-%d %H:%M:%S.000}", mag, "1", "V-Johnson",
        "A. Observer, B. Observer", f"{at:%Y-%m-%d %H:%M:%S}", f"XX{each.name}",
        f"{at:%Y-%m-%d %H:%M:%S}", f"{at:%Y-%m-%d %H:%M:%S}",
    ]  # fmt: skip
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def asassn_page(transients: list[Transient]) -> bytes:
    """ASAS-SN's page: unpadded places, decimal days."""
    heads = ("ASAS-SN", "Other", "ATEL", "RA", "Dec", "Discovery", "V/g", "SDSS", "DSS", "Vizier",
             "Spectroscopic class", "Comments")  # fmt: skip
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in _cells(t))}</tr>\n"
                   for t in transients)  # fmt: skip
    head = "".join(f"<th>{each}</th>" for each in heads)
    return f"<html><body><table><tr>{head}</tr>\n{rows}</table></body></html>".encode()


def _cells(each: Transient) -> list[str]:
    at = each.at.astimezone(UTC)
    day = at.day + (at.hour + at.minute / 60) / 24
    sign = "-" if each.dec_deg < 0 else "+"
    ra_text = _sexagesimal(each.ra_deg / 15, 2)
    dec_text = f"{sign}{_sexagesimal(abs(each.dec_deg), 1)}"
    mag = "-" if each.mag is None else f"{each.mag:.1f}"
    date = f"{at.year}-{at.month:02d}-{day:.2f}"
    return [escape(each.name), "---", "", ra_text, dec_text, date, mag, "<a href='#'>SDSS</a>",
            "", "", escape(each.type), escape(each.comments)]  # fmt: skip


def _sexagesimal(value: float, digits: int) -> str:
    """`1:6:42.74`, unpadded as the page has it."""
    minutes, seconds = divmod(round(value * 3600, digits), 60)
    whole, rest = divmod(int(minutes), 60)
    return f"{whole}:{rest}:{seconds:.{digits}f}"


def vsx(name: str) -> bytes:
    """What the VSX says of a name; nothing of one that it does not know, with status 200."""
    found = STARS.get(" ".join(name.split()).casefold())
    return json.dumps({"VSXObject": found or []}).encode()


def vsp(star: str) -> bytes | None:
    """A chart; None for a star that is not known."""
    if " ".join(star.split()).casefold() not in {*STARS, "ch cyg"}:
        return None
    rows = [
        {"auid": f"000-BCT-{number}", "ra": f"19:24:{number:02d}.00", "dec": "+50:14:29.1",
         "label": f"{80 + number}", "comments": "",
         "bands": [{"band": "V", "mag": 8.0 + number / 10, "error": 0.05},
                   {"band": "B", "mag": 8.7 + number / 10, "error": None}]}
        for number in range(1, 9)
    ]  # fmt: skip
    document = {"chartid": "X12345ABC", "image_uri": "", "star": star, "photometry": rows}
    return json.dumps(document).encode()
