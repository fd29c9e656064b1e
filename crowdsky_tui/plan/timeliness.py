"""When a target is to be observed, as records and as the words that a person types. Pure.

`before 2026-12-01T04:00Z` · `between 2026-12-01T20:00Z and 2026-12-02T04:00Z` · `every 3d ± 1d` ·
`phase 0.95-0.05 of 227.5528 d from 2455828.9 HJD min` · `tonight` · `with RZ Cas`
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from crowdsky_tui.base.text import clean

FORMS = (
    'written like "before 2026-12-01T04:00Z", "between 2026-12-01T20:00Z and 2026-12-02T04:00Z",'
    ' "every 3d", "every 12h ± 2h", "phase 0.95-0.05 of 227.5528 d from 2455828.9", "tonight" or'
    ' "with RZ Cas"'
)
_NUMBER = r"\d+(?:\.\d*)?"
_EVERY = re.compile(rf"every\s+({_NUMBER})\s*([dh])(?:\s*(?:±|\+/?-)\s*({_NUMBER})\s*([dh]))?")
_PHASE = re.compile(
    rf"phase\s+({_NUMBER})\s*[-–]\s*({_NUMBER})\s+of\s+({_NUMBER})\s*d?\s+from\s+({_NUMBER})"
    r"(?:\s+(HJD|BJD|JD))?(?:\s+(min|max))?",
    re.IGNORECASE,
)
_DAYS = {"d": 1.0, "h": 1 / 24}
Positive = Annotated[float, Meta(gt=0, le=100_000)]
Phase01 = Annotated[float, Meta(ge=0, le=1)]


class Before(msgspec.Struct, frozen=True, tag="before"):
    """Until a moment (aware)."""

    until: datetime

    def __str__(self) -> str:
        return f"before {_shown(self.until)}"


class Between(msgspec.Struct, frozen=True, tag="between"):
    """From one moment to another (aware)."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"between {_shown(self.start)} and {_shown(self.end)}"


class Every(msgspec.Struct, frozen=True, tag="every"):
    """Again after so many days, give or take the slack (days)."""

    days: Positive
    slack_days: Annotated[float, Meta(ge=0, le=100_000)] = 0.0

    def __str__(self) -> str:
        slack = f" ± {_days(self.slack_days)}" if self.slack_days else ""
        return f"every {_days(self.days)}{slack}"


class Phase(msgspec.Struct, frozen=True, tag="phase"):
    """Inside a window of phases; from 0.95 to 0.05 goes over 1.

    `period_d` is in days, `epoch` a Julian date of the `scale` (HJD and BJD are the Sun's and the
    barycentre's: up to 8.3 minutes off), at which there is a minimum or maximum.
    """

    first: Phase01
    last: Phase01
    period_d: Positive
    epoch: Annotated[float, Meta(ge=0, le=10_000_000)]
    scale: Literal["HJD", "BJD", "JD"] = "HJD"
    at: Literal["min", "max", ""] = ""

    def __str__(self) -> str:
        window = f"phase {self.first:g}-{self.last:g} of {self.period_d!r} d from {self.epoch!r}"
        return f"{window} {self.scale} {self.at}".rstrip()


class Tonight(msgspec.Struct, frozen=True, tag="tonight"):
    """In the coming night."""

    def __str__(self) -> str:
        return "tonight"


class With(msgspec.Struct, frozen=True, tag="with"):
    """In the same slots as another target or scope."""

    other: Annotated[str, Meta(min_length=1, max_length=80)]

    def __str__(self) -> str:
        return f"with {self.other}"


Timeliness = Before | Between | Every | Phase | Tonight | With


def parse_timeliness(text: str) -> Timeliness:
    """What is meant by these words. Raises ValueError with the forms that may be typed."""
    words = " ".join(text.replace("−", "-").split())
    verb, _, rest = words.partition(" ")
    try:
        found = msgspec.to_builtins(_PARSERS[verb.casefold()](words, rest))
        checked: Timeliness = msgspec.convert(found, type=Timeliness)
    except (KeyError, msgspec.ValidationError, ValueError) as error:
        raise ValueError(f"{clean(text, 80)!r} is not {FORMS}") from error
    return checked


def parse_all(text: str) -> tuple[Timeliness, ...]:
    """Several, with semicolons between them. Raises ValueError."""
    return tuple(parse_timeliness(each) for each in text.split(";") if each.strip())


def _before(_words: str, rest: str) -> Timeliness:
    return Before(_moment(rest))


def _between(_words: str, rest: str) -> Timeliness:
    start, _, end = rest.replace(" and ", " ").partition(" ")
    window = Between(_moment(start), _moment(end))
    if window.end <= window.start:
        raise ValueError("it ends before it begins")
    return window


def _every(words: str, _rest: str) -> Timeliness:
    found = _EVERY.fullmatch(words.casefold())
    if found is None:
        raise ValueError("no cadence")
    days, unit, slack, slack_unit = found.groups()
    slack_days = float(slack) * _DAYS[slack_unit] if slack else 0.0
    return Every(float(days) * _DAYS[unit], slack_days)


def _phase(words: str, _rest: str) -> Timeliness:
    found = _PHASE.fullmatch(words)
    if found is None:
        raise ValueError("no phase")
    first, last, period, epoch, scale, at = found.groups()
    said: Any = (scale or "HJD").upper(), (at or "").lower()  # the pattern lets no others through
    return Phase(float(first), float(last), float(period), float(epoch), *said)


def _tonight(_words: str, rest: str) -> Timeliness:
    if rest:
        raise ValueError("tonight stands alone")
    return Tonight()


def _with(_words: str, rest: str) -> Timeliness:
    return With(clean(rest, 80))


_PARSERS = {
    "before": _before,
    "between": _between,
    "every": _every,
    "phase": _phase,
    "tonight": _tonight,
    "with": _with,
}


def _moment(text: str) -> datetime:
    """A moment with its zone; without one it is UTC, as all times of the list."""
    found = datetime.fromisoformat(text.strip())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _days(days: float) -> str:
    return f"{days * 24:.10g}h" if days < 1 else f"{days:.10g}d"
