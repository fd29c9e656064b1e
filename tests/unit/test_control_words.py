"""What keeps secrets, what may be asked read-only, which events count, what codes mean."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crowdsky_tui.base.errors import (
    AlreadyStacking,
    BelowHorizon,
    NoStars,
    OperationAborted,
    OperationFailed,
    ReadOnlyMode,
    ScopeMoving,
    SolveFailed,
)
from crowdsky_tui.base.redaction import HIDDEN
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.instruments.seestar.connection.guard import only_reads
from crowdsky_tui.instruments.seestar.connection.redact import redacted
from crowdsky_tui.instruments.seestar.connection.refusals import ended, failure
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.control.operations import is_outer
from crowdsky_tui.instruments.seestar.control.telemetry import (
    arm_of,
    nights_left,
    signal_words,
    telemetry_from,
)

CANARIES = ("CANARY-wifi", "CANARY-net", "CANARY-sn", 14.7123, 47.9456, "10.11.12.13")


def state_with_canaries() -> dict[str, object]:
    return {
        "method": "get_device_state",
        "result": {
            "device": {"sn": "CANARY-sn", "cpuId": "CANARY-sn", "product_model": "Seestar S50"},
            "location_lon_lat": [14.7123, 47.9456],
            "ap": {"ssid": "CANARY-net", "passwd": "CANARY-wifi", "is_5g": True},
            "station": {"ssid": "CANARY-net", "ip": "10.11.12.13", "sig_lev": -57},
            "remote": [{"wifiPassword": "CANARY-wifi", "userLat": 47.9456}],
            "setting": {"calib_location": 2, "exp_ms": {"stack_l": 10000}},
        },
        "code": 0,
    }


@pytest.mark.parametrize(
    "message",
    [
        state_with_canaries(),
        {"method": "get_user_location", "result": [14.7123, 47.9456]},
        {"method": "set_user_location", "params": {"lat": 47.9456, "lon": 14.7123}},
        {"method": "pi_get_ap", "result": "CANARY-wifi"},
        {"method": "scope_get_ra_dec", "result": [1.0, 2.0, 14.7123]},
        {"Event": "Station", "ssid": "CANARY-net", "psk": "CANARY-wifi"},
        {"method": "verify_client", "params": {"sign": "CANARY-wifi", "data": "CANARY-net"}},
        [state_with_canaries(), {"longitude": 14.7123, "SITELAT": 47.9456}],
    ],
)
def test_no_canary_stays_in_a_message(message: object) -> None:
    line = json.dumps(redacted(message), default=str)
    assert HIDDEN in line
    assert [bird for bird in CANARIES if str(bird) in line] == []


def test_what_is_not_secret_stays() -> None:
    copy: Any = redacted(state_with_canaries())
    result = copy["result"]
    assert result["station"]["sig_lev"] == -57
    assert result["setting"] == {"calib_location": 2, "exp_ms": {"stack_l": 10000}}
    assert result["device"]["product_model"] == "Seestar S50"
    assert redacted({"params": {"keys": ["mount"]}}) == {"params": {"keys": ["mount"]}}


def test_telemetry_keeps_no_canary() -> None:
    state = state_with_canaries()["result"]
    view = {"View": {"state": "working", "mode": "star", "target_name": "M 81"}}
    kept = repr(telemetry_from(state, view))
    assert [bird for bird in CANARIES if str(bird) in kept] == []
    assert "wifi_dbm=-57" in kept


def test_telemetry_of_nonsense_is_empty() -> None:
    empty = telemetry_from({"focuser": 3, "station": None, "mount": {"close": "yes"}}, [])
    assert (empty.focus_step, empty.wifi_dbm, empty.arm, empty.stacked) == (None, None, None, None)


def test_where_the_arm_is() -> None:
    assert arm_of({"close": True, "move_type": "none"}) == "closed"
    assert arm_of({"close": False, "move_type": "none"}) == "open"
    assert arm_of({"close": False, "move_type": "goto"}) == "moving"
    assert arm_of({}) is None


def test_nights_left_go_by_the_last_weeks_nights() -> None:
    now = datetime(2026, 2, 28, 12, tzinfo=UTC)
    gigabyte = 10**9
    files = [
        (now - timedelta(hours=14), 2 * gigabyte),
        (now - timedelta(hours=8), 2 * gigabyte),  # the same night, after midnight
        (now - timedelta(days=3), 2 * gigabyte),
        (now - timedelta(days=30), 50 * gigabyte),  # too long ago
        (now + timedelta(days=1), 50 * gigabyte),  # a clock set wrong
    ]
    assert nights_left(30_000, files, now) == pytest.approx(10.0)
    assert nights_left(30_000, [], now) is None
    assert nights_left(None, files, now) is None


def test_signals_have_words() -> None:
    assert [signal_words(level) for level in (-50, -65, -80, None)] == [
        "-50 dBm, good",
        "-65 dBm, fair",
        "-80 dBm, weak",
        "",
    ]


@pytest.mark.parametrize(
    ("fields", "outer"),
    [
        ({"state": "fail", "error": "no star is detected", "code": 279}, False),
        ({"state": "fail", "code": 279, "lapse_ms": 24180, "route": ["View"]}, True),
        ({"page": "preview", "state": "fail", "code": 251, "lapse_ms": 1}, False),
        ({"state": "complete", "lapse_ms": 18672, "close": True}, True),
        ({"state": "start"}, False),
    ],
)
def test_only_outer_events_end_anything(fields: dict[str, object], outer: bool) -> None:
    assert is_outer(Event("AutoFocus", fields)) is outer


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (203, ScopeMoving),
        (251, SolveFailed),
        (253, OperationAborted),
        (259, AlreadyStacking),
        (270, BelowHorizon),
        (279, NoStars),
        (999, OperationFailed),
    ],
)
def test_each_code_says_what_why_and_what_next(code: int, kind: type[OperationFailed]) -> None:
    error = failure("going to M 81", code, "in its own words")
    assert type(error) is kind
    assert error.code == code
    assert error.what == "going to M 81 failed"
    assert "in its own words" in error.why and str(code) in error.why
    assert error.next_step


def test_a_cancelled_object_without_a_code_is_an_abort() -> None:
    assert isinstance(ended("x", {"state": "cancel"}), OperationAborted)


@pytest.mark.parametrize(
    ("method", "reads"),
    [
        ("get_device_state", True),
        ("scope_get_equ_coord", True),
        ("iscope_get_app_state", True),
        ("test_connection", True),
        ("verify_client", True),
        ("set_setting", False),
        ("scope_park", False),
        ("start_batch_stack", False),
        ("clear_batch_stack", False),
        ("delete_image", False),
        ("pi_set_time", False),
        ("something_new", False),
    ],
)
def test_read_only_runs_may_only_read(method: str, reads: bool) -> None:
    assert only_reads(method) is reads


def test_the_guard_says_how_to_get_past_it() -> None:
    refuse_if_read_only(read_only=False, doing="stacking")
    with pytest.raises(ReadOnlyMode) as refused:
        refuse_if_read_only(read_only=True, doing="stacking")
    assert refused.value.exit_code == 2
    assert "--read-only" in refused.value.next_step
    assert json.dumps(str(refused.value))
