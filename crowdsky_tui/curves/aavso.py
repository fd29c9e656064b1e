"""The AAVSO's Extended File Format 1.2: written, and checked line by line before that.

Source: https://www.aavso.org/aavso-extended-file-format (2 December 2021). A file of which one line
is refused is not written at all.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from math import ceil

import msgspec

from crowdsky_tui.timeseries.errors import CurveRefused

FIELDS = (
    "NAME", "DATE", "MAG", "MERR", "FILT", "TRANS", "MTYPE", "CNAME", "CMAG", "KNAME", "KMAG",
    "AMASS", "GROUP", "CHART", "NOTES",
)  # fmt: skip
LIMITS = dict(zip(FIELDS, (30, 16, 8, 6, 5, 3, 3, 20, 8, 20, 8, 7, 5, 20, 3000), strict=True))
FILTERS = frozenset(
    {"U", "B", "V", "R", "I", "J", "H", "K", "RJ", "IJ", "HA", "HAC", "O", "C", "MA", "MB", "MI"}
    | {"TG", "TB", "TR", "CV", "CR", "SZ", "SU", "SG", "SR", "SI"}
    | {"STU", "STV", "STB", "STY", "STHBW", "STHBN"}
)
STANDARD = frozenset({"U", "B", "V", "R", "I", "J", "H", "K", "SU", "SG", "SR", "SI", "SZ"})
"""Of a standard system: a camera behind a Bayer filter has them only when transformed."""
UNFILTERED = frozenset({"CV", "CR"})
OF_SEESTAR = {"IRCUT": "TG"}
OBSTYPES = frozenset({"CCD", "DSLR", "PEP"})
REQUIRED = ("TYPE", "OBSCODE", "SOFTWARE", "DELIM", "DATE")
MOST_SOFTWARE = 255
WORDS = {"comma": ",", "tab": "\t"}
UNKNOWN = "na"
EARLIEST_JD = 2_400_000.0
_NUMBER = re.compile(r"[+-]?\d*\.?\d+|[+-]?\d+\.?")


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One line. Magnitudes and errors in magnitudes, `date` as the file's #DATE says.

    `limit`: fainter than `mag`, which has no error. What is None is unknown.
    """

    name: str
    date: float
    mag: float
    error: float | None
    filter: str
    limit: bool = False
    transformed: bool = False
    comparison: str = "ENSEMBLE"
    comparison_mag: float | None = None
    check: str = ""
    check_mag: float | None = None
    airmass: float | None = None
    group: int | None = None
    chart: str
    notes: tuple[tuple[str, str], ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """A line of a file, from 1 on, and why the AAVSO would not take it."""

    line: int
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


def filter_code(name: str) -> str:
    """The AAVSO's code for green light behind a Seestar's filter.

    Raises
    ------
    CurveRefused
        For the dual-band filter, and any that is not known: none of the codes is right for it.
    """
    code = OF_SEESTAR.get(name.strip().upper())
    if code is None:
        raise CurveRefused(
            f"The AAVSO has no code for the filter {name or 'without a name'}",
            "only IRCUT's green is one of theirs (TG)",
        )
    return code


def extended_file(
    observations: Sequence[Observation],
    *,
    observer: str,
    software: str,
    now_jd: float,
    floor_mag: float,
    date: str = "JD",
    obstype: str = "CCD",
    comments: Iterable[str] = (),
) -> str:
    """The whole file, or nothing.

    Parameters
    ----------
    observer
        The observer code.
    now_jd
        What lies after it, nobody has observed yet.
    floor_mag
        The measured floor: no error is below it.
    comments
        Lines that say where the magnitudes come from; the AAVSO keeps them.

    Raises
    ------
    CurveRefused
        A line would not be taken; the first ones are named.
    """
    head = [
        "#TYPE=Extended", f"#OBSCODE={observer}", f"#SOFTWARE={software}", "#DELIM=,",
        f"#DATE={date}", f"#OBSTYPE={obstype}",
    ]  # fmt: skip
    remarks = [f"# {_plain(each)}" for each in comments]
    lines = [*head, *remarks, "#" + ",".join(FIELDS), *map(_line, observations)]
    text = "\n".join(lines) + "\n"
    refused = check_file(text, now_jd=now_jd, floor_mag=floor_mag)
    if not observations:
        raise CurveRefused("The report is not written", "it would hold no observation")
    if refused:
        more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
        raise CurveRefused("The report is not written", "; ".join(map(str, refused[:3])) + more)
    return text


def _line(each: Observation) -> str:
    mag = f"{'<' if each.limit else ''}{each.mag:.3f}"
    error = UNKNOWN if each.limit or each.error is None else _rounded_up(each.error)
    notes = "".join(f"|{key}={value}" for key, value in each.notes)
    fields = (
        each.name, f"{each.date:.6f}", mag, error, each.filter,
        "YES" if each.transformed else "NO", "STD", each.comparison, _mag(each.comparison_mag),
        each.check or UNKNOWN, _mag(each.check_mag),
        UNKNOWN if each.airmass is None else f"{each.airmass:.3f}",
        UNKNOWN if each.group is None else str(each.group), each.chart, notes or UNKNOWN,
    )  # fmt: skip
    return ",".join(_plain(field).replace(",", ";") for field in fields)


def _rounded_up(error: float) -> str:
    """Three decimals, never below what was measured."""
    return f"{ceil(error * 1000 - 1e-6) / 1000:.3f}"


def _mag(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.3f}"


def _plain(text: str) -> str:
    """ASCII without control characters."""
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)


def check_file(
    text: str, *, now_jd: float, floor_mag: float = 0.0, bayer: bool = True
) -> list[Refused]:
    """Why the AAVSO would not take a file, by its lines; nothing where it would.

    Parameters
    ----------
    floor_mag
        Errors below it are refused, too: they are not true.
    bayer
        The camera has a Bayer filter: V, B, R only when transformed, and never CV.
    """
    found: list[Refused] = []
    parameters: dict[str, str] = {}
    seen: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        why = ""
        if not line.strip():
            why = "it is empty"
        elif not line.isascii() or any(sign < " " and sign != "\t" for sign in line):
            why = "it has signs that are no printable ASCII"
        elif line.startswith("#"):
            why = _parameter(line, parameters)
        elif missing := [name for name in REQUIRED if name not in parameters]:
            why = f"#{missing[0]}= comes before the observations"
        else:
            fields = [cell.strip() for cell in line.split(_delimiter(parameters))]
            why = _observation(fields, parameters["DATE"], now_jd, floor_mag, bayer=bayer)
            key = (parameters["OBSCODE"], *(cell.upper() for cell in fields[:2]), *fields[4:5])
            if not why and key in seen:
                why = f"it is the same observation as line {seen[key]}"
            seen.setdefault(key, number)
        if why:
            found.append(Refused(number, why))
    if not found and (missing := [name for name in REQUIRED if name not in parameters]):
        found.append(Refused(1, f"#{missing[0]}= is missing"))
    return found


def _delimiter(parameters: dict[str, str]) -> str:
    told = parameters["DELIM"]
    return WORDS.get(told.lower(), told)


def _parameter(line: str, parameters: dict[str, str]) -> str:
    """Keep a header's value; why it is wrong, or nothing."""
    name, sign, value = line[1:].partition("=")
    name, value = name.strip().upper(), value.strip()
    if not sign or name not in (*REQUIRED, "OBSTYPE"):
        return ""
    fine = {
        "TYPE": value.upper() == "EXTENDED",
        "OBSCODE": bool(re.fullmatch(r"[A-Za-z0-9]{1,5}", value)),
        "SOFTWARE": 0 < len(value) <= MOST_SOFTWARE,
        "DELIM": value.lower() in WORDS or (len(value) == 1 and value not in "# "),
        "DATE": value.upper() in ("JD", "HJD"),
        "OBSTYPE": value.upper() in OBSTYPES,
    }
    if not fine[name]:
        return f"#{name}={value[:40]} is none of the values it can have"
    parameters[name] = value
    return ""


def _observation(
    cells: Sequence[str], date: str, now_jd: float, floor_mag: float, *, bayer: bool
) -> str:
    """Why a line would not be taken, or nothing."""
    if len(cells) != len(FIELDS):
        return f"it has {len(cells)} fields, not {len(FIELDS)}"
    line = dict(zip(FIELDS, cells, strict=True))
    for name, cell in line.items():
        if not cell:
            return f"{name} is empty: it must be na where it is unknown"
        if len(cell) > LIMITS[name]:
            return f"{name} is longer than {LIMITS[name]} signs"
    checks: tuple[Callable[[], str], ...] = (
        lambda: "NAME is unknown" if line["NAME"].lower() == UNKNOWN else "",
        lambda: _date(line["DATE"], now_jd),
        lambda: _brightness(line["MAG"], line["MERR"], floor_mag),
        lambda: _filter(line["FILT"].upper(), line["TRANS"].upper(), bayer=bayer),
        lambda: _comparison(line),
        lambda: _numbers(line),
    )
    return next((why for check in checks if (why := check())), "")


def _date(text: str, now_jd: float) -> str:
    value = _number(text)
    if value is None or value < EARLIEST_JD:
        return f"DATE {text[:20]} is no Julian date"
    return "DATE lies in the future" if value > now_jd else ""


def _brightness(mag: str, error: str, floor_mag: float) -> str:
    limit = mag.startswith("<")
    bare = mag.removeprefix("<")
    value = _number(bare)
    if value is None or "." not in bare:
        return f"MAG {mag} is no number with a dot"
    if not -5 < value < 25:
        return f"MAG {mag} is no star's"
    if error.lower() == UNKNOWN:
        return ""
    spread = _number(error)
    if limit:
        return "MERR of a fainter-than is na"
    if spread is None or spread <= 0:
        return f"MERR {error} is no error"
    if spread >= 1:
        return f"MERR {error} is 1 or more, which is not accepted"
    if spread < floor_mag:
        return f"MERR {error} is below the measured floor of {floor_mag:.3f}"
    return ""


def _filter(code: str, transformed: str, *, bayer: bool) -> str:
    if code not in FILTERS:
        return f"FILT {code} is none of the AAVSO's"
    if transformed not in ("YES", "NO"):
        return f"TRANS {transformed} is neither YES nor NO"
    if bayer and code in UNFILTERED:
        return f"FILT {code} is for a camera without a filter: green is TG"
    if bayer and code in STANDARD and transformed == "NO":
        return f"FILT {code} of a colour camera is TG, TB or TR unless it is transformed"
    return ""


def _comparison(line: dict[str, str]) -> str:
    kind, name = line["MTYPE"].upper(), line["CNAME"]
    if kind not in ("STD", "DIF", "ABS"):
        return f"MTYPE {kind} is none of STD and DIF"
    if kind == "DIF" and name.upper() in ("NA", "ENSEMBLE"):
        return "CNAME is required where MTYPE is DIF"
    if name.upper() == "ENSEMBLE" and line["CMAG"].lower() != UNKNOWN:
        return "CMAG of an ensemble is na"
    return ""


def _numbers(line: dict[str, str]) -> str:
    for name in ("CMAG", "KMAG", "AMASS"):
        if line[name].lower() != UNKNOWN and _number(line[name]) is None:
            return f"{name} {line[name]} is neither a number nor na"
    air = _number(line["AMASS"])
    if air is not None and air < 0.99:
        return f"AMASS {line['AMASS']} is below 1"
    group = line["GROUP"]
    if group.lower() != UNKNOWN and not group.isdigit():
        return f"GROUP {group} is neither a whole number nor na"
    if line["CHART"].lower() == UNKNOWN:
        return "CHART is required: the sequence's id, or words for another one"
    return ""


def _number(text: str) -> float | None:
    return float(text) if text.isascii() and _NUMBER.fullmatch(text) else None


def jd_of(moment: datetime) -> float:
    """The Julian date (UTC) of an aware moment."""
    return moment.timestamp() / 86400 + 2440587.5
