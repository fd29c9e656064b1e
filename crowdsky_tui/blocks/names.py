"""File names on a Seestar, both ways (docs/design/seestar-protocol.md 5.1).

Times in names are the scope's wall clock, so they are naive here and become aware as soon as the
scope's zone is known (`blocks.grouping`). A target may hold blanks, underscores, hyphens and
digits, so every name is read from the right.
"""

from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from crowdsky_tui.base.patterns import LazyPattern

DAY_PATTERN = r"(?:19|20|21)[0-9]{6}"
"""Digits of a believable day. A planted year 9999 would overflow the calendar further on."""

_EXPOSURE = r"(?P<exposure>[0-9]{1,5}\.[0-9]{1,3}s)"
_FRAMES = r"(?P<frames>[0-9]{1,6})"
_LIGHT_TO_HOUR = LazyPattern(
    rf"Light_(?P<target>.+)_{_EXPOSURE}_(?P<filter>[A-Za-z]+)_(?P<hour>{DAY_PATTERN}-[0-9]{{2}})"
)
_LIGHT_REST = LazyPattern(r"(?P<minute>[0-5][0-9])(?P<second>[0-5][0-9])\.fit")
_LIGHT_REST_LENGTH = len("MMSS.fit")
_DSO = LazyPattern(
    rf"DSO_Stacked_{_FRAMES}_(?P<target>.+)_{_EXPOSURE}_(?P<time>{DAY_PATTERN}_[0-9]{{6}})\.fit"
)
_CROWDSKY = LazyPattern(
    rf"CrowdSky_{_FRAMES}_(?P<target>.+)_{_EXPOSURE}_(?P<filter>[A-Za-z]+)_"
    rf"(?:(?P<day>{DAY_PATTERN})\.(?P<index>[0-9]{{1,2}})_HP(?P<pixel>[0-9]{{6}})"
    rf"|(?P<time>{DAY_PATTERN}-[0-9]{{6}}))\.fit"
)
_SUB_FOLDER = LazyPattern(r"(?P<main>.+)[_-]sub")

LAST_PIXEL = 12 * 128 * 128 - 1
LAST_INDEX = 95
LONGEST_NAME = 255


class LightFrame(msgspec.Struct, frozen=True, gc=False):
    """One raw sub-frame, as its name tells.

    `datetime` is naive, on the scope's clock. `fold` says which pass of the hour that summer time's
    end repeats: 0 first, 1 second, None where the name alone must serve.
    """

    target: str
    exposure: str
    filter: str
    datetime: datetime
    filename: str
    fold: int | None = None

    @property
    def exposure_s(self) -> float:
        """Seconds of one sub-frame."""
        return float(self.exposure[:-1])


class DsoName(msgspec.Struct, frozen=True):
    """A batch stack as the firmware names it. `datetime` is naive: when it was *stacked*."""

    frames: int
    target: str
    exposure: str
    datetime: datetime
    filename: str


class CrowdSkyName(msgspec.Struct, frozen=True):
    """A finished stack's name.

    The current form carries `chunk` ("20250115.78", UTC) and `pixel` (HEALPix RING, NSIDE 128);
    the legacy form only `block_start` (naive, scope's clock).
    """

    frames: int
    target: str
    exposure: str
    filter: str
    filename: str
    chunk: str | None = None
    pixel: int | None = None
    block_start: datetime | None = None

    @property
    def legacy(self) -> bool:
        """Whether it is of the older form, without a chunk."""
        return self.chunk is None

    @property
    def chunk_key(self) -> str | None:
        """`20250115.78_HP049152`, or None where the name cannot be trusted to tell.

        Pixel 0 is what older tools wrote when they could not read a header: its key must come from
        the header again.
        """
        if self.chunk is None or not self.pixel:
            return None
        return f"{self.chunk}_HP{self.pixel:06d}"


@lru_cache(maxsize=256)
def _time(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the scope's clock has no zone in a name
    except ValueError:
        return None


@lru_cache(maxsize=512)
def _light_to_hour(text: str) -> tuple[str, str, str, datetime] | None:
    """Target, exposure, filter and hour of a name's first part, which a night's frames share."""
    match = _LIGHT_TO_HOUR.fullmatch(text)
    hour = match and _time(match["hour"], "%Y%m%d-%H")
    if not match or not hour:
        return None
    return match["target"], match["exposure"], match["filter"], hour


@lru_cache(maxsize=4096)
def _light_rest(text: str) -> timedelta | None:
    """The time past the hour in a name's last part, `MMSS.fit`."""
    match = _LIGHT_REST.fullmatch(text)
    return match and timedelta(minutes=int(match["minute"]), seconds=int(match["second"]))


def parse_light_filename(filename: str) -> LightFrame | None:
    """Parse a raw sub-frame's name; None for anything else.

    Previews, `_failed` frames and impossible times are not sub-frames. Mosaic sub-frames keep their
    `mosaic_` prefix, panel numbers stay part of the target. A name is read in two cached halves: a
    card holds tens of thousands, and few differ in anything but minute and second.
    """
    if len(filename) > LONGEST_NAME:
        return None
    to_hour = _light_to_hour(filename[:-_LIGHT_REST_LENGTH])
    rest = _light_rest(filename[-_LIGHT_REST_LENGTH:])
    if to_hour is None or rest is None:
        return None
    target, exposure, filter, hour = to_hour
    return LightFrame(target, exposure, filter, hour + rest, filename)


def format_light_filename(target: str, exposure: str, filter: str, when: datetime) -> str:
    """The name a Seestar gives a sub-frame; `when` is on the scope's clock."""
    return f"Light_{target}_{exposure}_{filter}_{when:%Y%m%d-%H%M%S}.fit"


def parse_dso_name(filename: str) -> DsoName | None:
    """Parse a batch stack's name as the firmware writes it; None for anything else."""
    match = _DSO.fullmatch(filename)
    when = match and _time(match["time"], "%Y%m%d_%H%M%S")
    if not match or not when:
        return None
    return DsoName(int(match["frames"]), match["target"], match["exposure"], when, filename)


@lru_cache(maxsize=512)
def parse_crowdsky_name(filename: str) -> CrowdSkyName | None:
    """Parse a `CrowdSky_*` name, current or legacy; None for anything else."""
    match = _CROWDSKY.fullmatch(filename)
    if not match:
        return None
    common = (int(match["frames"]), match["target"], match["exposure"], match["filter"], filename)
    if match["time"]:
        start = _time(match["time"], "%Y%m%d-%H%M%S")
        return CrowdSkyName(*common, block_start=start) if start else None
    index, pixel = int(match["index"]), int(match["pixel"])
    if index > LAST_INDEX or pixel > LAST_PIXEL or not _time(match["day"], "%Y%m%d"):
        return None
    return CrowdSkyName(*common, chunk=f"{match['day']}.{index:02d}", pixel=pixel)


def format_crowdsky_name(
    frames: int, target: str, exposure: str, filter: str, chunk_key: str
) -> str:
    """The name of a finished stack; `chunk_key` is `20250115.78_HP049152`."""
    return f"CrowdSky_{frames}_{target}_{exposure}_{filter}_{chunk_key}.fit"


def as_fit(filename: str) -> str:
    """The same name with the suffix that a Seestar writes, for copies named `.fits` or `.FIT`."""
    stem, dot, suffix = filename.rpartition(".")
    return f"{stem}.fit" if dot and suffix.lower() in {"fit", "fits"} else filename


def companions(filename: str) -> tuple[str, str]:
    """The picture and the thumbnail that the firmware writes beside a `.fit`."""
    stem = as_fit(filename).removesuffix(".fit")
    return f"{stem}.jpg", f"{stem}_thn.jpg"


def main_folder(sub_folder: str) -> str | None:
    """`M 81` for `M 81_sub` (and the older `M 81-sub`); None if it holds no sub-frames."""
    match = _SUB_FOLDER.fullmatch(sub_folder)
    return match["main"] if match else None
