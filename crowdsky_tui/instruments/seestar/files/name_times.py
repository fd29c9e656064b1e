"""Whether file names and headers tell the same time, checked once per night and target.

A sub-frame's name is on the scope's wall clock, its DATE-OBS is UTC and the start of the exposure.
The name's time is when it was saved, which nobody has documented, so the start is
allowed too. Where the two disagree by more than `TOLERANCE`, the scope's zone or clock is wrong,
and so would be every chunk key made from these names.

Source: docs/design/seestar-protocol.md 5.1.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime, timedelta

from crowdsky_tui.base.errors import CrowdSkyError, ScopeUnreachable
from crowdsky_tui.blocks import Block, LightFrame, parse_light_filename
from crowdsky_tui.instruments.seestar.files.files import MY_WORKS
from crowdsky_tui.instruments.seestar.files.records import HEADER_BYTES, Target
from crowdsky_tui.instruments.seestar.stacking.find_finished import ReadableFiles

TOLERANCE = timedelta(seconds=90)
SAVING = timedelta(seconds=2)
CANDIDATES = 2
"""The newest sub-frame may not be complete yet; then the one before it tells."""
MOST_READ = 12
"""Of a night: a power cut, or a card that wears out, spoils more than one."""
UNREADABLE = "no sub-frame's header tells when it was taken yet; it is read again at the next look"


class ExposureTimes:
    """DATE-OBS of a telescope's sub-frames (aware, UTC), each read once."""

    def __init__(self, readable: ReadableFiles) -> None:
        self._readable = readable
        self._known: dict[str, datetime] = {}

    async def read(self, target: Target, filenames: Iterable[str]) -> dict[str, datetime]:
        """By file name, without those that cannot be read now; an absent telescope ends it."""
        found = {}
        for name in filenames:
            path = f"{MY_WORKS}/{target.sub_folder}/{name}"
            try:
                begun = self._known.get(path) or await self._begun(path)
            except ScopeUnreachable:
                break
            if begun is not None:
                found[name] = self._known[path] = begun
        return found

    async def _begun(self, path: str) -> datetime | None:
        """When an exposure began, by its header; None for one that tells no time."""
        try:
            head = await self._readable.files.read_range(path, 0, HEADER_BYTES)
            return await self._readable.science.date_obs(head)
        except ScopeUnreachable:
            raise
        except CrowdSkyError:
            return None

    async def doubts(
        self, target: Target, blocks: Iterable[Block], is_covered: Callable[[Block], bool]
    ) -> dict[date, str]:
        """Why the blocks of a night must not be stacked, by their local date.

        Checks the newest sub-frame of each local date among the blocks that have no stack, or the
        newest that can be read.
        """
        open_blocks = [block for block in blocks if not (block.ambiguous or is_covered(block))]
        reasons = {}
        for night, newest in newest_frames(open_blocks, MOST_READ).items():
            reasons[night] = await self._doubt(target, newest)
        return {night: reason for night, reason in reasons.items() if reason}

    async def _doubt(self, target: Target, newest: list[tuple[LightFrame, Block]]) -> str:
        for frame, block in newest:
            path = f"{MY_WORKS}/{target.sub_folder}/{frame.filename}"
            try:
                begun = self._known.get(path) or await self._begun(path)
            except ScopeUnreachable:
                return UNREADABLE
            if begun is not None:
                self._known[path] = begun
                return disagreement(frame, block, begun)
        return UNREADABLE


def newest_frames(
    blocks: Collection[Block], most: int = CANDIDATES
) -> dict[date, list[tuple[LightFrame, Block]]]:
    """The newest sub-frames of each local date, newest first, each with its block."""
    nights: dict[date, list[tuple[LightFrame, Block]]] = {}
    for block in blocks:
        names = block.files[-CANDIDATES:]
        frames = [frame for name in names if (frame := parse_light_filename(name))]
        night = nights.setdefault(block.block_start.date(), [])
        night += [(frame, block) for frame in frames]
        night.sort(key=lambda pair: named_utc(*pair), reverse=True)
        del night[most:]
    return nights


def named_utc(frame: LightFrame, block: Block) -> datetime:
    """The moment that a sub-frame's name tells, with the UTC offset that its block was given."""
    return frame.datetime.replace(tzinfo=block.block_start.tzinfo).astimezone(UTC)


def disagreement(frame: LightFrame, block: Block, begun: datetime) -> str:
    """How far name and DATE-OBS (`begun`) are apart, in words; empty if they agree."""
    named = named_utc(frame, block)
    late = named - begun
    allowed = timedelta(seconds=frame.exposure_s) + SAVING
    if -TOLERANCE <= late <= allowed + TOLERANCE:
        return ""
    apart = round(abs(late.total_seconds()))
    day = "%d %b %Y " if named.date() != begun.date() else ""
    local = frame.datetime.strftime(f"{day}%H:%M:%S")
    header = begun.astimezone(UTC).strftime(f"{day}%H:%M:%S")
    return (
        f"its names say {local} ({named:%H:%M} UTC), DATE-OBS says {header} UTC:"
        f" {apart:,} s apart; check the scope's time zone"
    )
