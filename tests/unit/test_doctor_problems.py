"""The field's known problems, by number: what of each the Pi can see, the doctor names."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from situations import a_situation

from crowdsky_tui.base.crash_log import crashes_there, write_crash
from crowdsky_tui.doctor.check import Check, Level
from crowdsky_tui.doctor.checks import (
    check_arm,
    check_clock,
    check_features,
    check_file_mode,
    check_filter,
    check_observing,
    check_offset,
    check_room,
    check_server,
    check_stack_settings,
    check_state_folder,
)
from crowdsky_tui.doctor.work_checks import (
    check_downloads,
    check_folders,
    check_jobs,
    check_names,
    check_orphans,
    check_work,
)
from crowdsky_tui.instruments.seestar.connection.capabilities import Capabilities
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.progress.situation import NO_ROW, TargetFacts
from crowdsky_tui.store.store import BlockState, JobState, ServerState, ServerView

NOW = datetime(2026, 2, 28, 6, tzinfo=UTC)
START = datetime(2026, 2, 27, 22, 30, tzinfo=UTC)
ORDER = Order(
    scope="S50", serial="a3497936", telescope="S50_a3497936", target="M 81", folder="M 81",
    sub_folder="M 81_sub", chunk="20260227.90", exposure="20.0s", filter="IRCUT", start=START,
    end=START + timedelta(minutes=15), files=(), name="CrowdSky_41_M 81.fit",
)  # fmt: skip


def seen(state: BlockState, reason: str = "", **more: Any) -> list[Check]:
    return check_work([a_situation(ORDER, state, reason, 41, 820.0, **more)])


def target(**more: Any) -> list[TargetFacts]:
    return [
        TargetFacts(
            "S50", "a3497936", "S50_a3497936", "M 81", "M 81", "M 81_sub", UTC, 41, 1, (), (), NOW,
            **more,
        )
    ]  # fmt: skip


def stack_settings(**stack: Any) -> list[Check]:
    return check_stack_settings("S50", {"stack": {"save_discrete_ok_frame": True, **stack}})


def job(attempts: int) -> Job:
    return Job(
        7, "upload", "confirm", ORDER, JobState.WAITING, NOW - timedelta(hours=5),
        reason="the server is down (503)", attempts=attempts,
    )  # fmt: skip


def downloads(length: int | None, upload: str = "") -> list[Check]:
    entry = LedgerEntry(ORDER, local_path="/d/a.fit", size=2880, upload=Delivery(upload))
    return [check_downloads([entry], {"/d/a.fit": length})]


NAMED: list[tuple[int, list[Check], Level, str]] = [
    (2, check_features("S50", Capabilities({"start_batch_stack": 103})), Level.FAIL, "not know it"),
    (2, check_stack_settings("S50", None), Level.WARN, "does not tell"),
    (3, seen(BlockState.SENT, "handed over, but no answer came", unchased=True), Level.WARN,
     "1 sent but not proved: S50 M 81 27 Feb 22:30 IRCUT, handed over"),
    (3, seen(BlockState.SENT, NO_ROW), Level.WARN, "its row has gone"),
    (4, downloads(1440), Level.FAIL, "another length"),
    (4, downloads(None), Level.WARN, "gone from this machine"),
    (6, [check_server(ServerView(ServerState.DOWN, reason="status 500"), "u", has_account=True)],
     Level.FAIL, "status 500"),
    (7, [check_offset("S50", 3600.0, "Europe/Vienna")], Level.FAIL, "+3600 s off ours"),
    (7, seen(BlockState.UNCLEAR, "this hour happens twice"), Level.WARN, "unclear time"),
    (9, check_orphans("S50", target(orphans=3)), Level.WARN, "3 results"),
    (11, [check_folders("S50", target(), {"M 81": "share"})], Level.WARN, "only in the share"),
    (14, check_arm("S50", "open", observing=False, sun_deg=12.0), Level.FAIL, "Sun is up"),
    (15, seen(BlockState.FAILED, "stack: code 267"), Level.WARN, "22:30 IRCUT, stack: code"),
    (15, [check_jobs([job(9)], NOW)], Level.WARN, "9 times in 5 h: the server is down (503)"),
    (16, check_observing("S50", observing=None, activity="not known: it stalls"),
     Level.WARN, "not known: it stalls"),
    (17, [check_room("S50 room", 1.0, 0.4, "clean makes room")], Level.WARN, "0.4 nights"),
    (17, [check_room("room here", 0.1, None, "clean makes room")], Level.FAIL, "0.1 GB"),
    (20, seen(BlockState.HELD, "graded poor: FWHM"), Level.WARN, "held by the review"),
    (21, stack_settings(drizzle2x=True), Level.WARN, "server's limit"),
    (22, [check_state_folder("/s", writable=False, log_bytes=None, crashes=0)],
     Level.FAIL, "nothing can be journalled"),
    (23, [check_state_folder("/s", writable=True, log_bytes=1000, crashes=2)],
     Level.WARN, "failed 2 times"),
    (24, [check_clock(datetime(1970, 1, 1, tzinfo=UTC), synchronized=None, simulated=False)],
     Level.FAIL, "not set"),
    (24, [check_file_mode("settings", "/c", 0o100644, secret=True)], Level.FAIL, "others can read"),
    (25, stack_settings(save_discrete_ok_frame=False), Level.FAIL, "nothing can be stacked"),
    (25, stack_settings(airplane_line_removal=True), Level.WARN, "changes stars"),
    (25, check_filter("S50", "dark"), Level.WARN, "dark filter"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("checks", "level", "words"),
    [case[1:] for case in NAMED],
    ids=[f"{number}-{case[0].name}-{case[0].level}" for number, case, *_ in NAMED],
)
def test_the_problem_is_named_with_its_remedy(
    checks: list[Check], level: Level, words: str
) -> None:
    check = next(each for each in checks if each.level is not Level.OK)
    assert check.level is level
    assert words in check.text
    assert len(check.fix) > 10


@pytest.mark.parametrize(
    "checks",
    [
        seen(BlockState.CONFIRMED),
        seen(BlockState.SENT, "sent, not listed yet"),
        downloads(2880),
        downloads(None, "confirmed"),
        check_orphans("S50", target()),
        check_names("S50", target()),
        check_arm("S50", "open", observing=True, sun_deg=12.0),
        check_arm("S50", "open", observing=False, sun_deg=-20.0),
        check_arm("S50", "closed", observing=False, sun_deg=12.0),
        check_arm("S50", "open", observing=False, sun_deg=None),
        [check_jobs([job(1)], NOW), check_jobs([], NOW)],
        check_observing("S50", observing=False, activity=""),
        check_filter("S50", "LP"),
        check_filter("S50", None),
        check_features("S50", Capabilities({"clear_batch_stack": 103, "get_setting": 0})),
        [check_state_folder("/s", writable=True, log_bytes=None, crashes=0)],
    ],
)
def test_what_is_well_is_not_complained_of(checks: list[Check]) -> None:
    assert all(check.level is Level.OK and not check.fix for check in checks)


def test_crashes_are_counted_by_their_headings(tmp_path: Path) -> None:
    assert crashes_there(tmp_path) == 0
    for _ in range(2):
        write_crash(ValueError("Z crowdsky-tui \n2026"), tmp_path)
    assert crashes_there(tmp_path) == 2
