"""What a telescope says about itself, in every form seen."""

from typing import Any

import pytest

from crowdsky_tui.instruments.seestar.control.state import (
    facts_from_state,
    observing_from_view,
    with_status,
)
from crowdsky_tui.instruments.seestar.files.targets import pair_folders
from crowdsky_tui.instruments.seestar.stacking.batch import job_from

STATE = {
    "device": {
        "firmware_ver_int": 2706,
        "firmware_ver_string": "7.06",
        "sn": "00000000",
        "product_model": "Seestar S30 Pro",
    },
    "ap": {"ssid": "S50", "passwd": "a secret"},
    "location_lon_lat": [1.25, 2.5],
    "storage": {"storage_volume": [{"total_mb": 51854, "free_mb": 0, "freeMB": 0}]},
    "pi_status": {"temp": 45.299999, "charger_status": "Full", "battery_capacity": 31},
}


def test_facts_are_typed_and_hold_no_secret() -> None:
    facts = facts_from_state(STATE)
    assert facts.telescope == "S30 Pro_00000000"
    assert (facts.firmware, facts.firmware_int) == ("7.06", 2706)
    assert (facts.battery_percent, facts.charging, facts.temperature_c) == (31, True, 45.3)
    assert (facts.free_mb, facts.total_mb) == (0, 51854)
    assert "secret" not in repr(facts)
    assert "2.5" not in repr(facts)


@pytest.mark.parametrize(
    "nonsense",
    [None, 7, [], {}, {"device": 3}, {"device": {"sn": 5, "firmware_ver_int": "x"}, "storage": []}],
)
def test_nonsense_is_unknown_not_an_error(nonsense: Any) -> None:
    facts = facts_from_state(nonsense)
    assert (facts.serial, facts.firmware_int, facts.free_mb) == ("", None, None)
    assert job_from(nonsense) is None


def test_status_events_change_only_what_they_name() -> None:
    facts = facts_from_state(STATE)
    later = with_status(facts, {"Event": "PiStatus", "battery_capacity": 30})
    assert (later.battery_percent, later.temperature_c, later.charging) == (30, 45.3, True)
    assert with_status(facts, {"charger_status": "Discharging"}).charging is False


@pytest.mark.parametrize(
    ("view", "observing", "text"),
    [
        ({}, False, "idle"),
        ({"View": {"state": "cancel", "mode": "none", "stage": "Stack"}}, False, "idle"),
        ({"View": {"state": "working", "mode": "none"}}, False, "idle"),
        (
            {"View": {"state": "working", "mode": "star", "target_name": "M 81"}},
            True,
            "observing M 81",
        ),
        (
            {
                "View": {
                    "state": "working",
                    "mode": "star",
                    "target_name": "M 81\x1b[2J",
                    "Stack": {"state": "working", "stacked_frame": 225, "dropped_frame": 16},
                }
            },
            True,
            "observing M 81�[2J, 225 kept 16 dropped",
        ),
        ("no", None, "its view could not be read"),
    ],
)
def test_observing(view: Any, observing: bool | None, text: str) -> None:
    seen = observing_from_view(view)
    assert (seen.observing, seen.text) == (observing, text)


def test_a_result_outside_the_data_root_is_no_result() -> None:
    def output(path: str, name: str) -> object:
        job = job_from(
            {"state": "complete", "output_file": {"path": path, "files": [{"name": name}]}}
        )
        assert job is not None
        return job.output

    long = "DSO_Stacked_9_" + "x" * 120 + "_20.0s_20260227_225203.fit"
    assert output("MyWorks/M 81", long) == ("M 81", long)
    assert output("MyWorks/M 81", f"MyWorks/M 81/{long}") == ("M 81", long)
    for path in ("Other/M 81", "MyWorks/..", "MyWorks/a/b", "MyWorks", ""):
        assert output(path, long) is None
    assert output("MyWorks/M 81", "thing_thn.jpg") is None


def test_folders_pair_up_in_every_form() -> None:
    names = ["M 81", "M 81_sub", "M 81-sub", "X_mosaic_sub", "A_sub_sub", "Lunar", "_sub"]
    pairs = {target.target: (target.folder, target.sub_folder) for target in pair_folders(names)}
    assert pairs == {
        "A_sub": ("A_sub", "A_sub_sub"),
        "M 81": ("M 81", "M 81_sub"),
        "M 81-sub": ("M 81", "M 81-sub"),
        "X_mosaic": ("X_mosaic", "X_mosaic_sub"),
    }
