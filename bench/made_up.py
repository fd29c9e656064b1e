"""Made-up names and rows in any number: the same ones at every run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from crowdsky_tui.blocks import chunk_str, format_light_filename

NIGHT = datetime(2026, 2, 27, 18, 0, tzinfo=UTC)
HOURS_A_NIGHT = 10
FRAME_S = 11.5
"""One exposure of 10 s and reading it out."""
TARGETS = ("M 81", "NGC 7000", "AM Leo", "M 51", "T CrB")
PIXEL = 6478


def moments(count: int) -> Iterator[datetime]:
    """When `count` sub-frames were saved: night after night backwards, aware UTC."""
    a_night = int(HOURS_A_NIGHT * 3600 / FRAME_S)
    for number in range(count):
        nights, frame = divmod(number, a_night)
        yield NIGHT - timedelta(days=nights) + timedelta(seconds=frame * FRAME_S)


def light_names(count: int, target: str = "M 81") -> list[str]:
    """Names of sub-frames, on a clock of Central European Winter Time."""
    return [
        format_light_filename(target, "10.0s", "LP", moment + timedelta(hours=1))
        for moment in moments(count)
    ]


def row_fields(number: int) -> dict[str, Any]:
    """The documented columns of one finished stack; each number is another quarter of an hour."""
    start = NIGHT - timedelta(minutes=15 * number)
    return {
        "chunk_key": f"{chunk_str(start)}_HP{PIXEL:06d}",
        "object_name": TARGETS[number % len(TARGETS)],
        "telescope_id": f"S50_{number % 4:04d}a3f0",
        "filter_name": "LP",
        "date_obs_start": f"{start:%Y-%m-%d %H:%M:%S}",
        "date_obs_end": f"{start + timedelta(minutes=15):%Y-%m-%d %H:%M:%S}",
        "n_frames_input": 78,
        "n_frames_aligned": 70 + number % 8,
        "total_exptime": 10.0 * (70 + number % 8),
        "ra_deg": 149.0 + number % 90 / 10,
        "dec_deg": 69.06,
        "file_size_bytes": 12_446_400,
        "created_at": f"{start + timedelta(minutes=40):%Y-%m-%d %H:%M:%S}",
    }
