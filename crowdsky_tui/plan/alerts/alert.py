"""One alert, from whatever source, and what a source's answer holds. Pure."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from crowdsky_tui.base.text import clean
from crowdsky_tui.plan.importers.items import Refused
from crowdsky_tui.plan.target import Kind

MOST_ALERTS = 5000
"""Of one answer; the rest is counted."""
LONGEST_ERROR_DEG = 180.0


class Source(StrEnum):
    """Who tells. The values are the names of the settings."""

    AAVSO = "aavso"
    TNS = "tns"
    ASASSN = "asassn"
    GCN = "gcn"
    PASTED = "pasted"


class AlertState(StrEnum):
    """What became of it: only what is new waits for the user."""

    NEW = "new"
    TAKEN = "taken"
    IGNORED = "ignored"
    WITHDRAWN = "withdrawn"


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a source asks for. Positions in degrees (J2000, ICRS), None where it tells none.

    `id` is the source's own. `error_deg` is the radius of the place's error, 0 for a catalogue's
    place. `what` is its type as the source writes it. `mag` is of the moment `mag_at`, in `band`;
    `bright` and `faint` are the ends of its range. `cadence_d` is how often it is wanted, in days.
    `also` are ids of the same event at other sources, as `source id`. Text is clean, moments aware.
    """

    source: Source
    id: Annotated[str, Meta(min_length=1, max_length=80)]
    name: Annotated[str, Meta(max_length=80)]
    ra_deg: Annotated[float, Meta(ge=0, lt=360)] | None = None
    dec_deg: Annotated[float, Meta(ge=-90, le=90)] | None = None
    error_deg: Annotated[float, Meta(ge=0, le=LONGEST_ERROR_DEG)] = 0.0
    kind: Kind = Kind.ALERT
    what: str = ""
    mag: float | None = None
    band: str = ""
    mag_at: datetime | None = None
    bright: float | None = None
    faint: float | None = None
    discovered: datetime | None = None
    cadence_d: float | None = None
    priority: Annotated[int, Meta(ge=1, le=5)] | None = None
    link: str = ""
    text: str = ""
    also: tuple[str, ...] = ()
    test: bool = False
    retraction: bool = False

    @property
    def uid(self) -> str:
        """The same for the same event of the same source, whoever reads it."""
        text = f"{self.source.value}\0{squeezed(self.id)}"
        return hashlib.blake2s(text.encode(), digest_size=16).hexdigest()


class AlertsRead(msgspec.Struct, frozen=True):
    """What an answer holds. `passed_over` counts what is no alert and no mistake, by what it is."""

    alerts: tuple[Alert, ...] = ()
    refused: tuple[Refused, ...] = ()
    passed_over: dict[str, int] = {}


class AlertGathering:
    """Collects what a reader finds, never more than can be looked at."""

    def __init__(self) -> None:
        self._alerts: list[Alert] = []
        self._refused: list[Refused] = []
        self._passed_over: dict[str, int] = {}

    def add(self, line: int, **fields: object) -> None:
        """An alert of these fields; one that cannot be is refused with its reason."""
        if len(self._alerts) >= MOST_ALERTS:
            self.pass_over("too many")
            return
        named = {
            name: clean(" ".join(f"{value}".split()), _LONGEST[name]) if name in _LONGEST else value
            for name, value in fields.items()
            if value is not None
        }
        try:
            self._alerts.append(msgspec.convert(msgspec.to_builtins(named), Alert))
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            self.refuse(line, fields.get("name", ""), error)

    def refuse(self, line: int, name: object, reason: object) -> None:
        """A row that cannot be taken."""
        if len(self._refused) < MOST_ALERTS:
            self._refused.append(Refused(line, clean(name, 80), clean(reason, 200)))

    def pass_over(self, what: str) -> None:
        """Something that is no alert and no mistake either."""
        self._passed_over[what] = self._passed_over.get(what, 0) + 1

    def done(self) -> AlertsRead:
        """All that was read."""
        return AlertsRead(tuple(self._alerts), tuple(self._refused), self._passed_over)


_LONGEST = {"id": 80, "name": 80, "what": 40, "band": 20, "link": 200, "text": 1000}


def squeezed(name: str) -> str:
    """A name as it is compared: without blanks, in small letters."""
    return "".join(name.split()).casefold()
