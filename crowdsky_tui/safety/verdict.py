"""One verdict on whether it is safe to observe, with its reasons and ages.

A source that is absent, older than its limit, undated or unflagged is unsafe; so is one whose clock
is ahead of ours. All sources have to be safe, and to have been so for a while after they were not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.sensors.reading import UNKNOWN
from crowdsky_tui.instruments.sensors.watch import SensorState

CLOCK_TOLERANCE_S = 5.0
DEFAULT_LIMIT_S = 180.0
DEFAULT_DELAY_S = 900.0
_GOOD = frozenset({"clear", "calm", "dry", "dark", UNKNOWN})


class Safety(Enum):
    """Whether it is safe to observe."""

    OFF = "no sensor"
    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one source is unsafe. `age_s` is its measurement's age in seconds, None if undated."""

    source: str
    why: str
    age_s: float | None = None

    def __str__(self) -> str:
        return f"{self.source}: {self.why}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is safe, and why not.

    Parameters
    ----------
    safety : Safety
        OFF without any source: then nothing changes.
    reasons : tuple of Reason
        Of each source that is unsafe; empty while all are safe.
    waits_s : float
        With `UNSAFE` and no reason: how many more seconds all have to stay safe.
    """

    safety: Safety
    reasons: tuple[Reason, ...] = ()
    waits_s: float = 0.0

    @property
    def may_observe(self) -> bool:
        """Whether a new target may be begun."""
        return self.safety is not Safety.UNSAFE

    @property
    def why(self) -> str:
        """Why it is not safe, without saying that it is not; else the verdict."""
        return "; ".join(map(str, self.reasons)) or str(self)

    def __str__(self) -> str:
        if self.reasons:
            return f"unsafe: {self.why}"
        if self.safety is Safety.UNSAFE:
            return f"safe again, waiting {duration(self.waits_s)} more"
        return str(self.safety.value)


@dataclass(frozen=True, slots=True)
class Source:
    """One source of safety: its state now, and how old its measurement may be, in seconds."""

    state: SensorState
    limit_s: float = DEFAULT_LIMIT_S


def judge(source: Source, now: datetime, steady_s: float) -> Reason | None:
    """Why one source is unsafe; None if it is safe.

    Parameters
    ----------
    source : Source
        With its last reading.
    now : datetime
        Aware.
    steady_s : float
        The steady clock now, in seconds: it dates what came, whatever any clock is set to.
    """
    state = source.state
    reading = state.reading
    if reading is None:
        return Reason(state.name, state.trouble or "no reading yet")
    age_s = state.age_s(now, steady_s)
    if age_s is None:
        return Reason(state.name, "its reading has no time")
    if age_s < -CLOCK_TOLERANCE_S:
        return Reason(state.name, f"its clock is wrong, {duration(-age_s)} ahead", age_s)
    if age_s > source.limit_s:
        why = f"its last reading is {duration(age_s)} old"
        return Reason(state.name, f"{why} ({state.trouble})" if state.trouble else why, age_s)
    if reading.is_safe is None:
        return Reason(state.name, "it says nothing about safety", age_s)
    if not reading.is_safe:
        bad = [word for word in reading.conditions.values() if word not in _GOOD]
        told = clean(", ".join(bad), 60) or "it says unsafe"
        return Reason(state.name, f"{told} {duration(max(age_s, 0))} ago", age_s)
    return None


class SafetyMonitor:
    """The verdict over time: safe only after every source has been so for `delay_s` seconds.

    Parameters
    ----------
    delay_s : float
        How long after the last unsafe look all have to be safe, by the steady clock. A source that
        has not spoken yet is unsafe too, but its first reading counts at once.
    """

    def __init__(self, delay_s: float = DEFAULT_DELAY_S) -> None:
        self._delay_s = delay_s
        self._last_unsafe_s: float | None = None

    def look(self, sources: Sequence[Source], now: datetime, steady_s: float) -> Verdict:
        """The verdict now.

        Parameters
        ----------
        sources : sequence of Source
            Those that count for safety; none means the feature is off.
        now : datetime
            Aware.
        steady_s : float
            The steady clock now, in seconds.
        """
        if not sources:
            self._last_unsafe_s = None
            return Verdict(Safety.OFF)
        reasons = tuple(filter(None, (judge(source, now, steady_s) for source in sources)))
        if reasons:
            if any(source.state.reading is not None for source in _named(sources, reasons)):
                self._last_unsafe_s = steady_s
            return Verdict(Safety.UNSAFE, reasons)
        if self._last_unsafe_s is not None:
            waits_s = self._last_unsafe_s + self._delay_s - steady_s
            if waits_s > 0:
                return Verdict(Safety.UNSAFE, waits_s=waits_s)
            self._last_unsafe_s = None
        return Verdict(Safety.SAFE)


def _named(sources: Sequence[Source], reasons: Sequence[Reason]) -> list[Source]:
    names = {reason.source for reason in reasons}
    return [source for source in sources if source.state.name in names]


def duration(seconds: float) -> str:
    """A length of time in one unit: "20 s", "3 min", "2 h", "41 d"."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
