"""A strict reader of AAVSO Extended files, written from the table of the format alone.

It shares nothing with `curves/aavso.py`: facts of curves, 16.1 (version 1.2, 2 December 2021).
"""

import re
from dataclasses import dataclass

TABLE = (
    ("NAME", 30, r"[ -~]*\S[ -~]*"),
    ("DATE", 16, r"\d{7}(\.\d+)?"),
    ("MAG", 8, r"<?-?\d+\.\d*"),
    ("MERR", 6, r"na|\d*\.\d+"),
    ("FILT", 5, r"[A-Z]+"),
    ("TRANS", 3, r"YES|NO"),
    ("MTYPE", 3, r"STD|DIF|ABS"),
    ("CNAME", 20, r"[ -~]+"),
    ("CMAG", 8, r"na|-?\d+\.\d*"),
    ("KNAME", 20, r"[ -~]+"),
    ("KMAG", 8, r"na|-?\d+\.\d*"),
    ("AMASS", 7, r"na|\d+\.\d*"),
    ("GROUP", 5, r"na|\d+"),
    ("CHART", 20, r"[ -~]+"),
    ("NOTES", 3000, r"na|[ -~]+"),
)
STANDARD = {"U", "B", "V", "R", "I", "J", "H", "K", "SZ", "SU", "SG", "SR", "SI", "Z"}
OF_CAMERAS = {"TG", "TB", "TR", "CV", "CR", "O", "C"}
NARROW = {"STU", "STV", "STB", "STY", "STHBW", "STHBN", "MA", "MB", "MI"}
CODES = STANDARD | OF_CAMERAS | NARROW | {"RJ", "IJ", "HA", "HAC"}
FIRST = ("TYPE", "OBSCODE", "SOFTWARE", "DELIM", "DATE")


class LineRefused(Exception):
    """`line` from 1 on."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line


@dataclass
class Report:
    """The parameters, and the observations by the names of their fields."""

    parameters: dict[str, str]
    rows: list[dict[str, str]]


def read_report(text: str, *, now_jd: float, colour_camera: bool = True) -> Report:
    """Every line, or LineRefused with the first that the table does not allow."""
    parameters: dict[str, str] = {}
    rows: list[dict[str, str]] = []
    seen: set[tuple[str, ...]] = set()
    if not text.endswith("\n"):
        text += "\n"
    for number, line in enumerate(text.split("\n")[:-1], 1):
        if not line.strip():
            raise LineRefused(number, "blank")
        if not all(32 <= ord(sign) <= 126 or sign == "\t" for sign in line):
            raise LineRefused(number, "not ASCII")
        if line.startswith("#"):
            named = re.match(r"#\s?([A-Z]+)=(.*)", line)
            if named and named[1] in (*FIRST, "OBSTYPE"):
                parameters[named[1]] = named[2].strip()
            continue
        if any(not parameters.get(each) for each in FIRST):
            raise LineRefused(number, "a parameter is missing before it")
        row = _row(number, line, parameters["DELIM"])
        _meaning(number, row, now_jd, colour_camera=colour_camera)
        key = (parameters["OBSCODE"], row["NAME"].upper(), row["DATE"], row["FILT"])
        if key in seen:
            raise LineRefused(number, "twice")
        seen.add(key)
        rows.append(row)
    if parameters.get("TYPE", "").upper() != "EXTENDED" or not rows:
        raise LineRefused(1, "no Extended file with observations")
    return Report(parameters, rows)


def _row(number: int, line: str, delimiter: str) -> dict[str, str]:
    sign = {"comma": ",", "tab": "\t"}.get(delimiter.lower(), delimiter)
    cells = [cell.strip() for cell in line.split(sign)]
    if len(cells) != len(TABLE):
        raise LineRefused(number, f"{len(cells)} fields")
    row = {}
    for cell, (name, most, form) in zip(cells, TABLE, strict=True):
        if not cell or len(cell) > most or not re.fullmatch(form, cell):
            raise LineRefused(number, f"{name} is {cell!r}")
        row[name] = cell
    return row


def _meaning(number: int, row: dict[str, str], now_jd: float, *, colour_camera: bool) -> None:
    limit = row["MAG"].startswith("<")
    unfit = {"V", "B", "R", "I", "U"} if row["TRANS"] == "NO" else set()
    wrong = {
        "NAME is unknown": row["NAME"].lower() == "na",
        "CHART is unknown": row["CHART"].lower() == "na",
        "not accepted: MERR": row["MERR"] != "na" and not 0 < float(row["MERR"]) < 1,
        "a limit has no error": limit and row["MERR"] != "na",
        "no such filter": row["FILT"] not in CODES,
        "a colour camera has TG, TB, TR": colour_camera and row["FILT"] in unfit | {"CV", "CR"},
        "DIF without a comparison": row["MTYPE"] == "DIF"
        and row["CNAME"].upper() in ("NA", "ENSEMBLE"),
        "an ensemble has no CMAG": row["CNAME"].upper() == "ENSEMBLE" and row["CMAG"] != "na",
        "date in the future": float(row["DATE"]) > now_jd,
        "no Julian date": float(row["DATE"]) < 2_400_000,
        "less than one airmass": row["AMASS"] != "na" and float(row["AMASS"]) < 1,
    }
    for why, true in wrong.items():
        if true:
            raise LineRefused(number, why)
