"""Numbers and shapes of every reply are bounded where they enter: the telescope's watch goes on."""

from pathlib import Path
from typing import Any

import pytest
from device_kit import shots
from night_kit import night_on
from seestar_kit import take

HUGE = 10**400
SHAPES: tuple[Any, ...] = (5, -1.5, HUGE, "x", True, None, [], [5], [[5]], {}, {"list": 5})
METHODS = (
    "get_albums",
    "get_device_state",
    "get_view_state",
    "get_batch_stack_setting",
    "iscope_get_app_state",
    "get_img_file_page_number",
    "get_img_file_page_name",
    "pi_get_time",
)
ODD: tuple[tuple[str, Any], ...] = (
    ("get_albums", {"path": "MyWorks", "list": [{"group_name": "M 81", "files": 5}]}),
    ("get_albums", {"path": 7, "list": [{"files": [5, None, {"name": 5}, {"name": ["x"]}]}]}),
    ("get_device_state", {"storage": {"storage_volume": [{"free_mb": HUGE}]}}),
    ("get_device_state", {"storage": {"storage_volume": {"free_mb": 1}}, "device": 5}),
    ("get_device_state", {"pi_status": {"temp": HUGE, "battery_capacity": -HUGE}}),
    ("iscope_get_app_state", {"BatchStack": {"state": "working", "percent": HUGE}}),
    ("pi_get_time", {"time_zone": "Europe/Vienna", "year": HUGE, "mon": 13}),
    *((method, shape) for method in METHODS for shape in SHAPES),
)


@pytest.mark.parametrize("method", METHODS)
async def test_no_reply_of_one_method_ends_the_watch(tmp_path: Path, method: str) -> None:
    take(tmp_path / "scope", shots(13))
    async with night_on(tmp_path) as (scope, night):
        for odd in (reply for name, reply in ODD if name == method):
            scope.faults.reads_back = {method: odd}
            problems = await night.look()
            assert not any("a fault" in line.text for line in night.store.log), odd
            if not problems:
                assert set(night.watches["garden"].targets) == {"M 81"}, odd
        scope.faults.reads_back = {}
        assert await night.look() == {}
        assert night.watches["garden"].targets["M 81"].raw_files == 13
