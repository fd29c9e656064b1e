"""The site with all that stands there, as a tree of what each one says and how old that is. Pure.

It takes any `Instrument` and any sensor; what is not told has no line, what is old says its age.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.interface import InstrumentFacts
from crowdsky_tui.instruments.sensors.watch import SensorState
from crowdsky_tui.instruments.sensors.words import condition_words, measured
from crowdsky_tui.instruments.state import Dated, InstrumentState
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow

LONGEST = 120
Role = Literal["site", "telescope", "sensor"]


class Value(msgspec.Struct, frozen=True):
    """One thing that is told: its label, its words with their unit, its age in seconds."""

    label: str
    words: str
    age_s: float | None = None


class Node(msgspec.Struct, frozen=True):
    """The site, an instrument or a sensor. `state` is its state in a few words.

    `fine` says whether it answers; `trouble` why not. With `remembered` its values are of an
    earlier run of the program, read from the records.
    """

    name: str
    role: Role
    kind: str = ""
    state: str = ""
    trouble: str = ""
    fine: bool = True
    values: tuple[Value, ...] = ()
    remembered: bool = False
    decides_safety: bool = False


class InstrumentTree(msgspec.Struct, frozen=True):
    """The site and what stands there; the verdict on safety with its reasons.

    `safety` is "no sensor", "safe" or "unsafe". With `stand_in` the sensors are a stand-in night's.
    """

    site: Node
    nodes: tuple[Node, ...] = ()
    safety: str = "no sensor"
    verdict: str = ""
    reasons: tuple[str, ...] = ()
    stand_in: bool = False


def instrument_node(name: str, facts: InstrumentFacts, state: InstrumentState) -> Node:
    """Any instrument by its state."""
    values = tuple(_values(state))
    doing = state.doing or (state.about.value or state.activity.value or "")
    return Node(
        name,
        "telescope",
        clean(facts.model or facts.kind, LONGEST),
        clean(doing if state.link.usable and doing else state.link.value, LONGEST),
        clean(state.reason, 400),
        fine=state.link.usable,
        values=values,
    )


def sensor_node(
    kind: str, state: SensorState, now: datetime, steady_s: float, *, decides_safety: bool
) -> Node:
    """A sensor by its last reading. `steady_s` is the night's steady clock now, in seconds."""
    reading = state.reading
    if reading is None:
        return Node(
            state.name, "sensor", kind, "no reading yet", state.trouble,
            fine=not state.trouble, decides_safety=decides_safety,
        )  # fmt: skip
    age_s = state.age_s(now, steady_s)
    values = [Value(label, words, age_s) for label, words in measured(reading.values)]
    if words := condition_words(reading):
        values.append(Value("conditions", ", ".join(words), age_s))
    if reading.is_safe is not None:
        values.append(Value("it says", "safe" if reading.is_safe else "unsafe", age_s))
    return Node(
        state.name,
        "sensor",
        kind,
        "does not answer" if state.trouble else "answers",
        state.trouble,
        fine=not state.trouble,
        values=tuple(values),
        decides_safety=decides_safety,
    )


def from_record(node: Node, data: object, age_s: float) -> Node:
    """A node without values of its own, with those of its newest record."""
    if node.values or not isinstance(data, dict):
        return node
    told = dict(measured(data)) if node.role == "sensor" else dict(_recorded(data))
    values = tuple(Value(label, words, age_s) for label, words in told.items())
    return msgspec.structs.replace(node, values=values, remembered=bool(values))


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _in(unit: str, form: str = "", per: float = 1) -> Callable[[object], str]:
    """How a number is said, in `unit`, of which each has `per` of what it was told in."""

    def words(value: object) -> str:
        if not isinstance(value, int | float):
            raise TypeError("not a number")
        return f"{value if per == 1 else value / per:{form}} {unit}"

    return words


def _position(value: object) -> str:
    """`05h34.5m +22°01′`, and J2000 where it is not of date."""
    if isinstance(value, PositionJ2000):
        hours, dec_deg, frame = value.ra_deg_j2000 / 15, value.dec_deg_j2000, " J2000"
    elif isinstance(value, PositionJNow):
        hours, dec_deg, frame = value.ra_hours_jnow, value.dec_deg_jnow, ""
    else:
        raise TypeError("not a position")
    tenths, minutes = round(hours * 600) % 14400, round(abs(dec_deg) * 60)
    ra = f"{tenths // 600:02d}h{tenths % 600 / 10:04.1f}m"
    dec = f"{'-' if dec_deg < 0 else '+'}{minutes // 60:02d}°{minutes % 60:02d}′"
    return f"{ra} {dec}{frame}"


_STATE: Mapping[str, tuple[str, Callable[[object], str]]] = {
    "about": ("activity", str),
    "used_by_others": ("used by", str),
    "target": ("target", str),
    "position": ("at", _position),
    "parked": ("parked", _yes),
    "moving": ("moving", _yes),
    "tracking": ("tracking", _yes),
    "frames_kept": ("frames kept", str),
    "frames_dropped": ("dropped", str),
    "filter": ("filter", str),
    "exposure_s": ("exposure", _in("s", "g")),
    "gain": ("gain", str),
    "heater_percent": ("dew heater", _in("%")),
    "focus_step": ("focus", _in("steps")),
    "temperature_c": ("temperature", _in("°C", ".1f")),
    "battery_percent": ("battery", _in("%")),
    "charging": ("charging", _yes),
    "free_bytes": ("free space", _in("GB", ".1f", 1e9)),
    "signal_dbm": ("Wi-Fi", _in("dBm")),
}
"""Fields of `InstrumentState`: their label, and their words with the unit."""
_RECORDED: Mapping[str, tuple[str, Callable[[object], str]]] = {
    "activity": _STATE["about"],
    "target": _STATE["target"],
    "stacked": _STATE["frames_kept"],
    "dropped": _STATE["frames_dropped"],
    "focus_step": _STATE["focus_step"],
    "temperature_c": _STATE["temperature_c"],
    "battery_percent": _STATE["battery_percent"],
    "free_mb": ("free space", _in("GB", ".1f", 1e3)),
    "wifi_dbm": _STATE["signal_dbm"],
}
"""Fields of a record of kind `scope`."""


def _values(state: InstrumentState) -> Iterable[Value]:
    for name, (label, words) in _STATE.items():
        read: Dated[object] = getattr(state, name)
        if read.value is not None and read.value != "":
            yield Value(label, clean(words(read.value), LONGEST), read.age_s)


def _recorded(data: dict[str, object]) -> Iterable[tuple[str, str]]:
    for name, (label, words) in _RECORDED.items():
        value = data.get(name)
        if isinstance(value, str) or (
            isinstance(value, int | float) and not isinstance(value, bool)
        ):
            try:
                yield label, clean(words(value), LONGEST)
            except (TypeError, ValueError):
                continue
