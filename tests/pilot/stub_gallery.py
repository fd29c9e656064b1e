"""A gallery without a night: thirty stacks of the scope and one that only the server has."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.gallery.records import GalleryItem
from crowdsky_tui.review.grades import Grade
from crowdsky_tui.store.store import BlockState, BlockView, StackRow

STARTED = datetime(2026, 11, 20, 20, 0, tzinfo=ZoneInfo("Europe/Vienna"))
STATES = (BlockState.CONFIRMED, BlockState.SENT, BlockState.HELD, BlockState.STACKED)
GRADES = (Grade.GOOD, Grade.DOUBTFUL, Grade.POOR, Grade.UNKNOWN, None)
WIDTH, HEIGHT = 9, 16


def stacks(scope: str, target: str, count: int = 30) -> tuple[GalleryItem, ...]:
    items = [
        GalleryItem(f"id{number}", block(scope, target, number), grade=GRADES[number % 5])
        for number in range(count)
    ]
    old = STARTED - timedelta(days=3)
    row = StackRow(412, "", target, "S50", "LP", date_obs_start=old, date_obs_end=old)
    return (*items, GalleryItem("server/412", row=row, server_id=412))


def block(scope: str, target: str, number: int) -> BlockView:
    start = STARTED - timedelta(minutes=15 * number)
    chunk, of_frames = f"20261120.{76 - number:02d}", "IRCUT" if number % 3 else "LP"
    return BlockView(
        BlockKey(TargetKey(scope, target), chunk, "20.0s", of_frames),
        target,
        start,
        start + timedelta(minutes=15),
        44,
        880.0,
        STATES[number % 4],
        "queued for 12 min",
        stack_name=f"CrowdSky_44_{target}_20.0s_LP_{chunk}_HP006478.fit",
    )


def picture(width: int, height: int) -> Preview:
    """A dark sky with grain and a star, of a Seestar's shape."""
    high = min(height, width * HEIGHT // WIDTH)
    wide = max(high * WIDTH // HEIGHT, 1)
    pixels = bytearray()
    for y in range(high):
        for x in range(wide):
            grain = (x * 7919 + y * 104729) % 23
            star = 200 if (x - wide // 2) ** 2 + (y - high // 2) ** 2 < 4 else 0
            pixels += bytes(min(30 + grain + star + extra, 255) for extra in (0, 4, 9))
    return Preview(wide, high, bytes(pixels))
