"""Settings with a unit: "48.2 deg", "171 m" or "15 min" become numbers in the setting's own unit.

Nothing is guessed: only a setting that is declared with a unit takes text, only in the forms listed
here, and a number without a unit is in the setting's own.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from crowdsky_tui.base.patterns import LazyPattern

_TYPED = LazyPattern(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?)\s*([^\d\s]*)", re.IGNORECASE
)
LONGEST = 60


class Unit(msgspec.Struct, frozen=True):
    """A unit that settings are kept in.

    `sizes` has what each accepted word is worth in it, `forms` what may be typed, `sign` is put
    behind a number that is shown.
    """

    sign: str
    sizes: dict[str, float]
    forms: str

    def read(self, value: object) -> float:
        """A number in this unit. ValueError, with the accepted forms but not the value, if none."""
        number = _plain(value)
        if number is None and isinstance(value, str) and len(value) <= LONGEST:
            typed = _TYPED.fullmatch(value.strip().replace("−", "-"))
            size = self.sizes.get(typed[2]) if typed else None
            number = None if typed is None or size is None else float(typed[1]) * size
        if number is None or not math.isfinite(number):
            raise ValueError(f"it takes {self.forms}")
        return round(number, 10)

    def show(self, number: float) -> str:
        """`48.2°`, `171 m`."""
        return f"{number:g}{self.sign}" if self.sign == "°" else f"{number:.10g} {self.sign}"


def _plain(value: object) -> float | None:
    """A number as it stands; True is none, nor is a whole one beyond any float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _time(sign: str, second: float, example: str) -> Unit:
    sizes = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
    in_unit = {word: size / second for word, size in sizes.items()}
    return Unit(sign, {"": 1.0, **in_unit}, f'{example}, "90 s", "15 min", "2 h" or "1 d"')


DEGREES = Unit(
    "°",
    {
        "": 1.0,
        "deg": 1.0,
        "°": 1.0,
        "rad": 180 / math.pi,
        "arcmin": 1 / 60,
        "′": 1 / 60,
        "'": 1 / 60,
        "arcsec": 1 / 3600,
        "″": 1 / 3600,
    },
    'degrees: 30, "30 deg", "30°", "0.5 rad", "1800 arcmin" or "7200 arcsec"',
)
METRES = Unit(
    "m",
    {"": 1.0, "m": 1.0, "km": 1000.0, "ft": 0.3048},
    'metres: 200, "200 m", "0.2 km" or "656 ft"',
)
GIGABYTES = Unit(
    "GB",
    {"": 1.0, "MB": 1e-3, "GB": 1.0, "TB": 1e3},
    'gigabytes: 1, "500 MB", "1 GB" or "0.1 TB"',
)
SECONDS = _time("s", 1, "seconds: 90")
MINUTES = _time("min", 60, "minutes: 15")
HOURS = _time("h", 3600, "hours: 12")


class UnitError(ValueError):
    """A setting's value that has another unit or none: its dotted key, and what it takes."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key, self.why = key, why


def unit_of(annotation: Any) -> Unit | None:
    """The unit that a field's type declares (`Meta(extra={"unit": …})`)."""
    notes = getattr(annotation, "__metadata__", ())
    extras: list[Mapping[str, Unit]] = [getattr(note, "extra", None) or {} for note in notes]
    return next((extra["unit"] for extra in extras if "unit" in extra), None)


def section_of(annotation: Any) -> type[msgspec.Struct] | None:
    """The section behind a field's type, also for a list of sections."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    inner = map(section_of, get_args(annotation))
    return next((found for found in inner if found is not None), None)


def in_own_units(data: Any, section: type[msgspec.Struct], prefix: str = "") -> Any:
    """A layer of settings with plain numbers where it has "15 min".

    Raises
    ------
    UnitError
        With the dotted key and the accepted forms, never the value.
    """
    if isinstance(data, list | tuple):
        return [in_own_units(each, section, f"{prefix}{n}.") for n, each in enumerate(data, 1)]
    if not isinstance(data, Mapping):
        return data
    types = {field.name: field.type for field in msgspec.structs.fields(section)}
    return {key: _value(each, types.get(key), f"{prefix}{key}") for key, each in data.items()}


def _value(value: Any, annotation: Any, key: str) -> Any:
    if (unit := unit_of(annotation)) is not None:
        try:
            number = unit.read(value)
        except ValueError as error:
            kind = "int" if _whole(annotation) else "float"
            why = f"{error} ({kind}), and this is {type(value).__name__}"
            raise UnitError(key, why) from None
        return int(number) if _whole(annotation) and number.is_integer() else number
    inner = section_of(annotation)
    return value if inner is None else in_own_units(value, inner, f"{key}.")


def _whole(annotation: Any) -> bool:
    return annotation.__origin__ is int
