"""A limit on the upload rate that follows the time of day. Pure: no clock, no zone."""

from datetime import time

import msgspec

from crowdsky_tui.base.patterns import LazyPattern

UNITS = {"": 1, "k": 1024, "M": 1024**2}
LEAST_RATE = 1024
_ENTRY = LazyPattern(
    r"(?:(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9]) +)?"
    r"(?:off|(?P<number>[0-9]{1,9}(?:\.[0-9]{1,3})?)(?P<unit>[kM]?))"
)


class Entry(msgspec.Struct, frozen=True):
    """From `begins` on (local time of day) at most `rate` bytes per second; None: no limit."""

    begins: time
    rate: int | None


class Timetable(msgspec.Struct, frozen=True):
    """Entries by time of day; the last one goes on past midnight until the first begins."""

    entries: tuple[Entry, ...] = ()

    def rate_at(self, now: time) -> int | None:
        """Bytes per second at a local time of day, None without a limit."""
        if not self.entries:
            return None
        begun = [entry for entry in self.entries if entry.begins <= now]
        return (begun or self.entries)[-1].rate


def parse_timetable(text: str) -> Timetable:
    """Read `512k`, `2M`, `off` or `08:00 512k, 23:00 off`; ValueError says what is wrong.

    `k` is 1024 bytes per second, `M` 1024 of those. Empty text is no limit.
    """
    if not text.strip():
        return Timetable()
    parts = [" ".join(part.split()) for part in text.split(",")]
    entries = [_entry(part) for part in parts]
    if len(parts) > 1 and any(":" not in part for part in parts):
        raise ValueError("of several limits each needs its time of day")
    if len({entry.begins for entry in entries}) < len(entries):
        raise ValueError("two limits begin at the same time")
    return Timetable(tuple(sorted(entries, key=lambda entry: entry.begins)))


def _entry(part: str) -> Entry:
    match = _ENTRY.fullmatch(part)
    if match is None:
        raise ValueError(f"{part[:40]!r} is not a limit")
    begins = time(int(match["hour"] or 0), int(match["minute"] or 0))
    if match["number"] is None:
        return Entry(begins, None)
    rate = int(float(match["number"]) * UNITS[match["unit"]])
    if rate < LEAST_RATE:
        raise ValueError(f"{part!r} is less than 1k")
    return Entry(begins, rate)
