"""From a schedule to visits: which slot is decided, what is missed, what is tried again."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from crowdsky_tui.blocks.targets import target_key
from crowdsky_tui.plan.decisions import PAUSED
from crowdsky_tui.plan.execution import (
    NOBODY,
    Course,
    can_begin,
    folder_name,
    given_by,
    left_out,
    missed,
    new_visit,
    not_written,
    promised,
    proved_of,
    settled,
    slot_to_decide,
    visit_uid,
)
from crowdsky_tui.plan.visits import Visit, VisitState, moved
from crowdsky_tui.scheduling.messages import SLOT, Given, Skip

BEGIN = datetime(2026, 11, 28, 20, tzinfo=UTC)
SLOTS = [BEGIN + n * SLOT for n in range(4)]
STAR = ("t1", "SS Cyg")


def minutes(count: float) -> datetime:
    return BEGIN + timedelta(minutes=count)


def visit(
    slot: int = 0, blocks: int = 1, state: VisitState = VisitState.RUNNING, **more: Any
) -> Visit:
    made = new_visit("2026-11-28", more.get("scope", "garden"), more.get("target", STAR),
                     SLOTS[slot], blocks, more.get("reason", ""))  # fmt: skip
    return made if state is VisitState.PLANNED else moved(made, VisitState.RUNNING)


@pytest.mark.parametrize(
    ("after", "slot"),
    [(-3.1, None), (-3, 0), (0, 0), (11.9, 0), (12, 1), (56.9, 3), (57, None), (60, None)],
)
def test_a_slot_is_decided_three_minutes_before_it(after: float, slot: int | None) -> None:
    found = slot_to_decide(SLOTS, minutes(after))
    assert found == (None if slot is None else SLOTS[slot])


def test_with_less_than_eight_minutes_left_nothing_begins() -> None:
    assert can_begin(BEGIN, minutes(7)) and not can_begin(BEGIN, minutes(7.1))


def test_what_is_about_to_begin_is_written_down_before_where_it_never_was() -> None:
    """A run that ends right then has nothing else by which the slot could be told as missed."""
    schedule: Any = SimpleNamespace(
        scopes=["garden", "roof", "shed"], slots=SLOTS, targets=[STAR],
        target_at=lambda scope, _slot: (0, 0, -1)[scope],
    )  # fmt: skip
    [fresh] = not_written("2026-11-28", schedule, SLOTS[1], [visit(0, 2)])
    assert (fresh.scope, fresh.start, fresh.blocks) == ("roof", SLOTS[1], 1)
    assert fresh.state is VisitState.PLANNED
    assert missed([fresh], minutes(30))[0].reason == NOBODY
    assert not_written("2026-11-28", schedule, SLOTS[1], [visit(0, 2), fresh]) == []


def test_the_same_visit_has_the_same_name_and_no_other_has_it() -> None:
    uids = {
        visit_uid(night, scope, target, start)
        for night in ("2026-11-28", "2026-11-29")
        for scope in ("a", "b")
        for target in ("t1", "t2")
        for start in SLOTS
    }
    assert len(uids) == 32 and all(len(uid) <= 32 for uid in uids)
    assert visit().uid == visit(blocks=3).uid


def test_what_was_planned_and_cannot_begin_is_missed_block_by_block() -> None:
    planned = visit(blocks=3, state=VisitState.PLANNED)
    assert missed([planned], minutes(7)) == []
    [one] = missed([planned], minutes(8))
    assert (one.blocks, one.state, one.reason) == (1, VisitState.MISSED, NOBODY)
    [every] = missed([planned], minutes(60))
    assert every.blocks == 3
    assert missed([visit()], minutes(60)) == [], "what was begun is judged by its job"


def test_a_missed_visit_keeps_its_reason_and_a_pause_skips_it() -> None:
    rain = visit(state=VisitState.PLANNED, reason="not safe: rain")
    assert missed([rain], minutes(9))[0].reason == "not safe: rain"
    paused = visit(state=VisitState.PLANNED, reason=PAUSED)
    assert missed([paused], minutes(9))[0].state is VisitState.SKIPPED


def test_a_promise_is_of_its_scope_and_its_time() -> None:
    planned = visit(1, 2, VisitState.PLANNED)
    assert promised([planned], "garden", SLOTS[2]) == planned
    assert promised([planned], "garden", SLOTS[3]) is None
    assert promised([planned], "roof", SLOTS[2]) is None
    assert promised([visit()], "garden", SLOTS[0]) is None


def test_what_has_begun_is_not_decided_again() -> None:
    running = Course(visit(0, 3))
    assert given_by([running], SLOTS[1]) == (
        Given("garden", SLOTS[0], "t1"), Given("garden", SLOTS[1], "t1"),
    )  # fmt: skip


@pytest.mark.parametrize(("left", "frees"), [("centre", True), ("frames", True), ("hand", False),
                                             ("ended", False), ("", False)])  # fmt: skip
def test_only_the_targets_own_trouble_frees_the_rest_of_its_slot(left: str, frees: bool) -> None:
    over = Course(visit(), over=True, left=left, failed=True)
    assert over.frees is frees
    assert (given_by([over], SLOTS[0]) == ()) is frees
    assert not Course(visit(), over=False, left=left).frees


def test_a_target_that_failed_twice_is_out_for_the_night() -> None:
    once = Course(visit(0), over=True, left="centre", failed=True)
    twice = Course(visit(1), over=True, left="centre", failed=True)
    assert left_out([once], SLOTS[0]) == (Skip("t1", SLOTS[0], "garden"),)
    assert left_out([once], SLOTS[1]) == ()
    assert Skip("t1") in left_out([once, twice], SLOTS[3])
    hands = [Course(visit(n), over=True, left="hand", failed=True) for n in range(3)]
    assert left_out(hands, SLOTS[3]) == (), "a hand is not the target's trouble"


def test_a_visit_is_done_when_the_server_lists_all_of_it() -> None:
    course = Course(visit(blocks=2), over=True, reason="24 frames")
    assert settled(course, 2, final=False).state is VisitState.DONE
    assert settled(course, 1, final=False).state is VisitState.RUNNING
    short = settled(course, 1, final=True)
    assert (short.state, short.proved, short.reason) == (VisitState.SHORT, 1, "1 of 2 blocks")
    assert settled(Course(visit(blocks=2)), 2, final=True).state is VisitState.RUNNING


def test_a_visit_without_frames_is_missed_with_what_its_job_said() -> None:
    course = Course(visit(), over=True, left="centre", reason="SS Cyg is not centred", failed=True)
    after = settled(course, 0, final=False)
    assert (after.state, after.reason) == (VisitState.MISSED, "SS Cyg is not centred")
    assert (
        settled(Course(after, True, "centre", "SS Cyg is not centred", True), 0, final=True)
        == after
    )


def test_frames_that_make_no_block_are_told() -> None:
    course = Course(visit(), over=True, reason="11 frames on the telescope")
    after = settled(course, 0, final=True)
    assert after.state is VisitState.MISSED
    assert after.reason == "no block is proved; 11 frames on the telescope"
    again = settled(Course(after, over=True, reason="11 frames on the telescope"), 0, final=True)
    assert again == after


def test_stacks_that_are_proved_late_still_count() -> None:
    gone = moved(visit(blocks=2), VisitState.MISSED, "no block is proved")
    course = Course(gone, over=True)
    assert settled(course, 1, final=True).state is VisitState.SHORT
    assert settled(course, 2, final=False).state is VisitState.DONE


def test_what_was_left_early_says_so() -> None:
    course = Course(visit(blocks=2), over=True, left="hand", reason="12 frames; then left: by hand")
    assert "then left: by hand" in settled(course, 1, final=True).reason


def test_what_the_user_cancels_is_skipped() -> None:
    course = Course(visit(), over=True, reason="cancelled", cancelled=True)
    assert settled(course, 0, final=False).state is VisitState.SKIPPED
    assert not course.frees


def test_proved_blocks_are_counted_by_name_scope_and_slot() -> None:
    blocks = [(target_key("sscyg"), SLOTS[0]), (target_key("SS Cyg"), SLOTS[0]),
              (target_key("SS Cyg"), SLOTS[2]), (target_key("M 81"), SLOTS[1])]  # fmt: skip
    assert proved_of(visit(blocks=2), {"garden": blocks}) == 1
    assert proved_of(visit(blocks=4), {"garden": blocks}) == 2
    assert proved_of(visit(blocks=4), {"roof": blocks}) == 0


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("SS Cyg", "SS Cyg"),
        ("a/b\\c", "a-b-c"),
        ("..", "target"),
        ("x" * 60, "x" * 40),
        ("V1\u202e Cyg\n", "V1- Cyg"),
        ("α Ori", "α Ori"),
    ],
)
def test_a_name_becomes_a_folder_that_may_be_one(name: str, folder: str) -> None:
    assert folder_name(name) == folder
