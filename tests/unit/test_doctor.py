"""The doctor's eyes: each known trouble is named with its remedy, and health stays quiet."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crowdsky_tui.doctor.check import Check, Level
from crowdsky_tui.doctor.checks import (
    check_base,
    check_clock,
    check_file_mode,
    check_offset,
    check_power,
    check_room,
    check_server,
    check_stack_settings,
)
from crowdsky_tui.doctor.clock_check import clock_problem, ntp_synchronized
from crowdsky_tui.store.store import ServerState, ServerView

NOW = datetime(2026, 2, 28, 6, tzinfo=UTC)
UNSET = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)


def stack_settings(**stack: Any) -> list[Check]:
    return check_stack_settings("S50", {"stack": {"save_discrete_ok_frame": True, **stack}})


@pytest.mark.parametrize(
    ("check", "level", "word"),
    [
        (check_file_mode("settings", "/c", 0o100644, secret=True), Level.FAIL, "chmod 600"),
        (check_file_mode("settings", "/c", 0o100644, secret=False), Level.OK, ""),
        (check_file_mode("settings", "/c", 0o100600, secret=True), Level.OK, ""),
        (check_file_mode("settings", "/c", None, secret=True), Level.OK, ""),
        (check_clock(NOW, synchronized=True, simulated=False), Level.OK, ""),
        (check_clock(NOW, synchronized=None, simulated=False), Level.OK, ""),
        (check_clock(NOW, synchronized=False, simulated=False), Level.WARN, "set-ntp"),
        (check_clock(UNSET, synchronized=None, simulated=False), Level.FAIL, "internet"),
        (check_clock(UNSET, synchronized=None, simulated=True), Level.OK, ""),
        (check_offset("S50", 12.0, "UTC"), Level.OK, ""),
        (check_offset("S50", -3600.0, "UTC"), Level.FAIL, "clock"),
        (check_offset("S50", None, "UTC"), Level.WARN, "app"),
        (check_base("/mnt/usb", there=True), Level.OK, ""),
        (check_base("/mnt/usb", there=False), Level.FAIL, "Mount the disk"),
        (check_room("room", 35.0, 9.0, "clean"), Level.OK, ""),
        (check_room("room", 3.0, 1.2, "clean"), Level.WARN, "clean"),
        (check_room("room", 0.1, None, "clean"), Level.FAIL, "clean"),
        (check_room("room", None, None, "clean"), Level.WARN, ""),
        (check_server(ServerView(), "https://a", has_account=False), Level.WARN, "username"),
        (
            check_server(ServerView(ServerState.OK, "alice"), "https://a", has_account=True),
            Level.OK,
            "",
        ),
        (
            check_server(ServerView(ServerState.REFUSED), "u", has_account=True),
            Level.FAIL,
            "password",
        ),
        (check_server(ServerView(ServerState.DOWN), "u", has_account=True), Level.FAIL, "network"),
        (stack_settings()[0], Level.OK, ""),
        (stack_settings(save_discrete_ok_frame=False)[0], Level.FAIL, "Seestar app"),
        (stack_settings(airplane_line_removal=True)[1], Level.WARN, "Switch it off"),
        (check_stack_settings("S50", None)[0], Level.WARN, "Seestar app"),
        (check_power("S50", 9, charging=False, wifi_dbm=None)[0], Level.WARN, "Plug"),
        (check_power("S50", None, charging=None, wifi_dbm=-80)[0], Level.WARN, "router"),
    ],
)
def test_each_matter_has_its_level_and_its_remedy(check: Check, level: Level, word: str) -> None:
    assert check.level is level
    assert word in check.fix
    assert check.fix == "" or level is not Level.OK


def test_a_healthy_battery_is_not_worth_a_line() -> None:
    assert check_power("S50", 9, charging=True, wifi_dbm=-50) == []
    assert check_power("S50", 80, charging=False, wifi_dbm=None) == []


def test_a_clock_that_was_never_set_makes_the_night_wait() -> None:
    assert clock_problem(NOW) == ""
    assert "1970-01-01" in clock_problem(UNSET) and "waiting" in clock_problem(UNSET)


@pytest.mark.parametrize(("said", "known"), [("yes", True), ("no", False), ("?", None)])
async def test_the_network_time_is_read_from_the_system(
    tmp_path: Path, said: str, known: bool | None
) -> None:
    program = tmp_path / "timedatectl"
    program.write_text(f"#!/bin/sh\necho NTPSynchronized={said}\n")
    program.chmod(0o755)
    assert await ntp_synchronized(str(program)) is known


async def test_without_the_program_nobody_can_tell() -> None:
    assert await ntp_synchronized("there-is-no-such-program") is None
