"""How a telescope is doing, in one record: power, warmth, room, focus, signal, frames."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.instruments.seestar.control.state import (
    facts_from_state,
    observing_from_view,
    section,
    text_of,
    whole_of,
)
from crowdsky_tui.instruments.seestar.stacking.batch import Caller

TELEMETRY_KEYS = ["device", "pi_status", "storage", "focuser", "station", "mount"]
"""Of these only `station` holds anything private; it stays in `read_telemetry`."""
RATE_DAYS = 7


class Telemetry(msgspec.Struct, frozen=True):
    """Read-outs of one telescope; what it does not tell is None.

    Temperature in °C, sizes in MB (10^6 bytes), focus in steps, signal in dBm. `arm` is open,
    closed or moving. `stacked` and `dropped` count the frames of the running or last live stack.
    """

    firmware: str = ""
    battery_percent: int | None = None
    charging: bool | None = None
    temperature_c: float | None = None
    free_mb: int | None = None
    total_mb: int | None = None
    focus_step: int | None = None
    wifi_dbm: int | None = None
    arm: str | None = None
    tracking: bool | None = None
    activity: str = ""
    target: str = ""
    stacked: int | None = None
    dropped: int | None = None


async def read_telemetry(scope: Caller, timeout: float = 30.0) -> Telemetry:
    """Ask for everything. Raises DeviceError; while it images the answer can take 10 s and more."""
    state = await scope.call("get_device_state", {"keys": TELEMETRY_KEYS}, timeout)
    view = await scope.call("get_view_state")
    return telemetry_from(state, view)


def telemetry_from(state: object, view: object) -> Telemetry:
    """Read `get_device_state` and `get_view_state`."""
    facts = facts_from_state(state)
    mount = section(state, "mount")
    running = section(view, "View")
    stack = section(running, "Stack")
    tracking = mount.get("tracking")
    return Telemetry(
        firmware=facts.firmware,
        battery_percent=facts.battery_percent,
        charging=facts.charging,
        temperature_c=facts.temperature_c,
        free_mb=facts.free_mb,
        total_mb=facts.total_mb,
        focus_step=whole_of(section(state, "focuser"), "step"),
        wifi_dbm=whole_of(section(state, "station"), "sig_lev"),
        arm=arm_of(mount),
        tracking=tracking if isinstance(tracking, bool) else None,
        activity=observing_from_view(view).text,
        target=text_of(running, "target_name"),
        stacked=whole_of(stack, "stacked_frame"),
        dropped=whole_of(stack, "dropped_frame"),
    )


def arm_of(mount: dict[str, object]) -> str | None:
    """Where the arm is, by the `mount` section: `close` is the authority on it.

    Source: docs/design/seestar-protocol.md 3.1.
    """
    if text_of(mount, "move_type") not in ("", "none"):
        return "moving"
    closed = mount.get("close")
    return None if not isinstance(closed, bool) else "closed" if closed else "open"


def nights_left(
    free_mb: float | None, files: Iterable[tuple[datetime, int]], now: datetime
) -> float | None:
    """For how many nights there is room, at the rate of the last week's nights that had frames.

    `files` are (time, bytes) of what the telescope wrote; times are aware. A night runs from noon
    to noon of the times' own zone. None without a night to go by.
    """
    per_night: dict[object, int] = {}
    for when, size in files:
        if now - timedelta(days=RATE_DAYS) <= when <= now:
            night = night_of(when)
            per_night[night] = per_night.get(night, 0) + size
    total = sum(per_night.values())
    if free_mb is None or total <= 0:
        return None
    return free_mb * 1e6 / (total / len(per_night))


def signal_words(dbm: float | None) -> str:
    """A Wi-Fi level in dBm in plain words; empty if it is not known."""
    if dbm is None:
        return ""
    word = "good" if dbm >= -60 else "fair" if dbm >= -72 else "weak"
    return f"{dbm:.0f} dBm, {word}"
