"""What leaves a cache that has grown too large, and what never does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.archive.limit import to_leave

CACHE = Path("/cache")
NOON = datetime(2024, 11, 17, 12, tzinfo=UTC)


def a_frame(key: str, **changes: Any) -> Frame:
    told = {
        "path": f"/cache/{key}", "size": 10, "sha256": key, "elsewhere": "telescope.org",
        "used_at": NOON, **changes,
    }  # fmt: skip
    return Frame(source=Source.REMOTE, key=key, **told)


def names(frames: list[Frame], total: int, limit: int, keep: tuple[str, ...] = ()) -> list[str]:
    return [frame.key for frame in to_leave(frames, CACHE, total, limit, keep)]


def test_what_was_wanted_least_lately_goes_first_and_no_more_than_has_to() -> None:
    frames = [a_frame(str(hour), used_at=NOON + timedelta(hours=hour)) for hour in (3, 1, 2)]
    assert names(frames, 30, 29) == ["1"]
    assert names(frames, 30, 20) == ["1"]
    assert names(frames, 30, 19) == ["1", "2"]
    assert names(frames, 30, 1) == ["1", "2", "3"]


def test_of_when_nothing_is_known_goes_before_all_others() -> None:
    assert names([a_frame("b"), a_frame("a", used_at=None)], 20, 15) == ["a"]


@pytest.mark.parametrize(("total", "limit"), [(30, 30), (30, 31), (30, 0)])
def test_nothing_goes_within_the_limit_or_without_one(total: int, limit: int) -> None:
    assert names([a_frame("1")], total, limit) == []


@pytest.mark.parametrize(
    "kept",
    [
        {"elsewhere": ""},  # the only copy
        {"adopted": True},  # another program's
        {"path": "/elsewhere/1"},  # not in the cache
        {"path": "/cache/../other/1"},
        {"path": ""},
        {"sha256": ""},  # nobody knows what it is
    ],
)
def test_what_must_not_go_stays_though_the_cache_is_too_large(kept: dict[str, Any]) -> None:
    assert names([a_frame("1", **kept)], 30, 1) == []


def test_what_a_curve_is_made_of_stays() -> None:
    assert names([a_frame("1"), a_frame("2")], 20, 1, ("1",)) == ["2"]
