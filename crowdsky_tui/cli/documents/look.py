"""Documents of the verbs that only look, and of those that write a file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from crowdsky_tui.database.record import Run
from crowdsky_tui.instruments.sensors.serial_ports import SerialPort
from crowdsky_tui.report.trends import Trends
from crowdsky_tui.sky.messages import TileCoverage
from crowdsky_tui.store.store import ScopeState


class TargetRow(TypedDict):
    """A target on a telescope; `blocks_confirmed` is null where the server was not asked."""

    target: str
    raw_files: int
    stacked_files: int
    scope: str
    blocks_ready: int
    blocks_stacked: int
    blocks_confirmed: int | None
    left_out: str


class Status(TypedDict):
    """A telescope: its state and why; the rest is there where it answers (`Telemetry`)."""

    scope: str
    state: ScopeState
    reason: str
    firmware: NotRequired[str]
    battery_percent: NotRequired[int | None]
    charging: NotRequired[bool | None]
    temperature_c: NotRequired[float | None]
    free_mb: NotRequired[int | None]
    total_mb: NotRequired[int | None]
    focus_step: NotRequired[int | None]
    wifi_dbm: NotRequired[int | None]
    arm: NotRequired[str | None]
    tracking: NotRequired[bool | None]
    activity: NotRequired[str]
    target: NotRequired[str]
    stacked: NotRequired[int | None]
    dropped: NotRequired[int | None]


class CoveredTarget(TypedDict):
    """When a target's tile (HEALPix, nside 64, nested) was last observed by anybody."""

    target: str
    scope: str
    healpix: int
    coverage: str
    n_stacks: int
    filters: Sequence[TileCoverage]


class Covered(TypedDict):
    """The targets' tiles, and when the table is from."""

    fetched_at: datetime
    targets: list[CoveredTarget]


class Runs(TypedDict):
    """The nights with records."""

    runs: list[Run]


class Plotted(TypedDict):
    """A night's numbers of each telescope."""

    trends: list[Trends]


class RecordsDeleted(TypedDict):
    """How many records were deleted."""

    deleted: int
    before: datetime


class NightTimes(TypedDict):
    """Tonight's times (UTC); null what does not happen."""

    night: str
    sunset: datetime | None
    flat_dusk: datetime | None
    focus_dusk: datetime | None
    dusk: datetime | None
    dawn: datetime | None
    focus_dawn: datetime | None
    flat_dawn: datetime | None
    sunrise: datetime | None
    moonrise: datetime | None
    moon_clears: datetime | None
    moon_hides: datetime | None
    moonset: datetime | None
    moon_lit: float
    sidereal_hours: float
    words: list[str]


Gap = TypedDict(
    "Gap",
    {
        "target": str,
        "from": datetime,
        "until": datetime,
        "highest_deg": float,
        "moon_apart_deg": float,
    },
)
"""When a target stands in the gap while it is dark (UTC); angles in degrees."""


class Direction(TypedDict):
    """What stands there: J2000 of what is named, or of the direction; angles in degrees."""

    time: datetime
    altitude_deg: float
    azimuth_deg: float
    ra_deg: float
    dec_deg: float


class TrackPoint(TypedDict):
    """Where a target stands at a moment (UTC); null what cannot be told, as near the zenith."""

    time: datetime
    altitude_deg: float
    azimuth_deg: float
    free: bool
    airmass: float | None
    rotation_deg_per_h: float | None
    moon_apart_deg: float
    moon_altitude_deg: float
    sun_altitude_deg: float


class Track(TypedDict):
    """A target's way through the night."""

    target: str
    source: str
    track: list[TrackPoint]


class SiteShown(TypedDict):
    """The site as it is set, its place to a tenth of a degree; null where it is not set."""

    name: str
    set: bool
    latitude_deg: float | None
    longitude_deg: float | None
    elevation_m: float
    zone: str
    horizon_deg: float
    flat_horizon_deg: float
    focus_horizon_deg: float
    observe_horizon_deg: float
    obstructions: Any


class HorizonLine(TypedDict):
    """The horizon's altitude for each degree of azimuth, from north by east."""

    altitudes_deg: list[float]


class PlaceKept(TypedDict):
    """Whose place was kept, and where."""

    scope: str
    kept: bool
    file: str


class SensorNamed(TypedDict):
    """A sensor of the settings."""

    name: str
    kind: str
    address: str


class SensorRead(TypedDict):
    """What a sensor said last; `trouble` is why it says nothing."""

    name: str
    kind: str
    values: dict[str, Any]
    conditions: dict[str, Any]
    is_safe: bool | None
    measured_at: datetime | None
    trouble: str


class SensorsNamed(TypedDict):
    """The sensors of the settings; `safety` where there is none."""

    sensors: list[SensorNamed]
    safety: NotRequired[str]


class SensorsRead(TypedDict):
    """What the sensors say, and whether it is safe to observe."""

    safety: str
    reasons: list[str]
    sensors: list[SensorRead]


class Ports(TypedDict):
    """The serial ports of this machine."""

    ports: list[SerialPort]


class FilmMade(TypedDict):
    """A film as a file; `left_out` are stacks that could not be read."""

    film: str
    pictures: int
    width: int
    height: int
    left_out: list[str]


class PictureMade(TypedDict):
    """A picture as a file."""

    picture: str
    of: str
    width: int
    height: int
    peak_adu: float
    saturated_pixels: int
    north_up: bool


class PicturesMade(TypedDict):
    """Pictures written, and why others were not."""

    pictures: list[PictureMade]
    failed: dict[str, str]


class BundleFile(TypedDict):
    """A file of the bundle."""

    name: str
    bytes: int


class Bundle(TypedDict):
    """The bundle and what is in it; no path with --dry-run."""

    path: str | None
    contents: list[BundleFile]


class SettingsFiles(TypedDict):
    """Your settings file, and the one that the program writes."""

    config: str
    local: str


class SettingShown(TypedDict):
    """A setting and where it comes from; a secret is masked."""

    value: Any
    source: str


class SettingsSaved(TypedDict):
    """Settings that were kept."""

    saved: list[str]
    file: str


class SettingsUnset(TypedDict):
    """Settings that were taken back."""

    unset: list[str]
    file: str


class RowCounts(TypedDict):
    """Rows of each table."""

    rows: dict[str, int]
    place: NotRequired[str]
    path: NotRequired[str]


class Served(TypedDict):
    """Where the app is served."""

    address: str


class UnitWritten(TypedDict):
    """The systemd unit, and the commands that begin it."""

    unit: str
    next: list[str]


class Update(TypedDict):
    """This version and the newest."""

    version: str
    newest: str
    newer: bool
