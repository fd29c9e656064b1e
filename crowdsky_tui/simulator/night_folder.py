"""A night's folder: which night it holds, so that a restart can carry on, and settings for it."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.simulator.options import SimulateOptions

MARKER = "night.json"
STATE_FOLDER = "state"
PLANTED = "planted"
"""Stands beside the settings once the demo's records and stars are written."""
DOWNLOADS = "downloads"
FORMAT = 1


class Marker(msgspec.Struct, frozen=True):
    """Which night a folder holds, and how its clock ran; `stopped` is its last reading."""

    scopes: int
    seed: int
    live: bool
    full_size: bool
    model: str = "S50"
    dusk: bool = False
    origin: datetime | None = None
    since: datetime | None = None
    speed: float = 1.0
    stopped: datetime | None = None
    format: int = FORMAT

    def holds(self, options: SimulateOptions) -> bool:
        """Whether the folder's night is the one that `options` ask for."""
        same = ("scopes", "seed", "live", "full_size", "model", "dusk")
        return self.format == FORMAT and all(
            getattr(self, name) == getattr(options, name) for name in same
        )

    def present(self) -> datetime | None:
        """What the night's clock reads now: where it stopped, or on if it was killed."""
        if self.stopped is not None or self.origin is None:
            return self.stopped
        return Clock(self.origin, self.since, self.speed).now()


def read_marker(root: Path, options: SimulateOptions) -> Marker | None:
    """The marker of the same night, None if there is no night; UsageError if there is another."""
    try:
        content = (root / MARKER).read_bytes()
    except FileNotFoundError:
        return None
    with contextlib.suppress(msgspec.DecodeError):
        marker = msgspec.json.decode(content, type=Marker)
        if marker.holds(options):
            return marker
    raise UsageError(
        f"{root} holds another night",
        "its seed, number or model of telescopes, --live or --full-size differ from what was asked",
        "Give the same options as then, or another --root",
    )


def write_marker(
    root: Path, options: SimulateOptions, clock: Clock, *, stopped: bool = False
) -> None:
    """Note which night `root` holds and how its clock runs."""
    marker = Marker(
        options.scopes,
        options.seed,
        options.live,
        options.full_size,
        options.model,
        options.dusk,
        clock.origin,
        clock.since,
        clock.speed,
        clock.now() if stopped else None,
    )
    (root / MARKER).write_bytes(msgspec.json.encode(marker))


def start_clock(origin: datetime, speed: float) -> Clock:
    """A clock that reads `origin` now."""
    return Clock(origin, datetime.now(UTC), speed)


def write_config(
    folder: Path,
    *,
    server: dict[str, str],
    clock: Clock,
    scopes: list[dict[str, Any]],
    site: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
) -> Path:
    """Write the settings that point the app at the stand-ins; only the owner may read them."""
    import tomli_w

    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {
        "server": server,
        "upload": {"scrub_location": True},
        "storage": {
            "state_dir": str(folder / STATE_FOLDER),
            "downloads": str(folder / DOWNLOADS),
        },
        "clock": {"origin": clock.origin, "since": clock.since, "speed": clock.speed},
        "scopes": scopes,
        **({"site": site} if site else {}),
        **(more or {}),
    }
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(tomli_w.dumps(settings), encoding="utf-8")
    return path
