"""What holds for every planned night, from the request to the runs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crowdsky_tui.scheduling.messages import (
    CLOSED,
    EMPTY,
    SLOT,
    Candidate,
    Given,
    PlanRequest,
    Schedule,
    ScopeFacts,
    Window,
)
from crowdsky_tui.scheduling.planner import plan_night

BEGINS = datetime(2026, 11, 28, 11, tzinfo=UTC)
few = settings(max_examples=8, derandomize=True)
seeds = given(st.integers(0, 10**6))


def request_of(seed: int, **more: Any) -> PlanRequest:
    """Some of 30 targets on up to three telescopes; a few have a window, an end or a telescope."""
    random = np.random.default_rng(seed)
    scopes = [ScopeFacts(name=f"S{number}") for number in range(random.integers(1, 4))]
    candidates = []
    for number in random.permutation(30)[: random.integers(1, 9)]:
        start = BEGINS + timedelta(hours=float(random.uniform(5, 16)))
        chosen = random.random(3) < 0.3
        candidates.append(
            Candidate(
                uid=f"{number:02}",
                name=f"T {number}",
                ra_deg=number * 137.508 % 360,
                dec_deg=-20 + number * 61.8 % 105,
                priority=int(random.integers(1, 6)),
                blocks=4,
                min_run=int(random.integers(1, 4)),
                most=int(random.integers(1, 20)),
                urgency=float(random.random()),
                windows=(Window(start, start + timedelta(hours=3)),) if chosen[0] else (),
                before=start + timedelta(hours=4) if chosen[1] else None,
                scopes=("S0",) if chosen[2] else (),
            )
        )
    plain = PlanRequest(
        latitude_deg=48.2, longitude_deg=16.4, elevation_m=0.0, begins=BEGINS, now=BEGINS,
        candidates=candidates, scopes=scopes,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **more)


def held(schedule: Schedule, target: int) -> list[tuple[int, int]]:
    """The scopes and slots that a target has."""
    return [
        (scope, slot)
        for scope in range(len(schedule.scopes))
        for slot in range(len(schedule.slots))
        if schedule.target_at(scope, slot) == target
    ]


def may(schedule: Schedule, target: int, scope: int, slot: int) -> bool:
    """Whether nothing forbids a pair, by the verdicts that are kept."""
    barred = {(number, where) for number, where, _ in schedule.barred}
    return schedule.veto(target, slot, scope) is None and (target, scope) not in barred


@few
@seeds
def test_no_slot_is_empty_beside_a_usable_target_and_none_has_a_forbidden_one(seed: int) -> None:
    request = request_of(seed)
    schedule = plan_night(request)
    slots, scopes = range(len(schedule.slots)), range(len(schedule.scopes))
    assert len(schedule.slots) > 40
    for target in range(len(schedule.targets)):
        mine = held(schedule, target)
        assert len(mine) <= schedule.most[target]
        assert len({slot for _, slot in mine}) == len(mine), "on one telescope at a time"
        assert all(may(schedule, target, scope, slot) for scope, slot in mine)
        if len(mine) == schedule.most[target]:
            continue
        busy = {slot for _, slot in mine}
        for scope in scopes:
            for slot in slots:
                empty = schedule.target_at(scope, slot) == EMPTY and slot not in busy
                assert not (empty and may(schedule, target, scope, slot)), (scope, slot)


@few
@seeds
def test_the_order_of_targets_and_telescopes_decides_nothing(seed: int) -> None:
    request = request_of(seed)
    turned = msgspec.structs.replace(
        request, candidates=request.candidates[::-1], scopes=request.scopes[::-1]
    )
    assert plan_night(turned).runs == plan_night(request).runs == plan_night(request).runs


@few
@seeds
def test_windows_and_deadlines_are_kept(seed: int) -> None:
    request = request_of(seed)
    wanted = {each.uid: each for each in request.candidates}
    for run in plan_night(request).runs:
        each = wanted[run.uid]
        assert each.before is None or run.end <= each.before
        for window in each.windows:
            assert window.start is not None and window.end is not None
            assert window.start <= run.start and run.end <= window.end
        assert run.scope in (each.scopes or (run.scope,))


@few
@seeds
def test_a_pin_that_can_be_is_honoured(seed: int) -> None:
    request = request_of(seed)
    schedule = plan_night(request)
    random = np.random.default_rng(seed)
    pairs = [
        (target, scope, slot)
        for target in range(len(schedule.targets))
        for scope in range(len(schedule.scopes))
        for slot in range(len(schedule.slots))
        if may(schedule, target, scope, slot)
    ]
    if not pairs:
        return
    target, scope, slot = pairs[int(random.integers(len(pairs)))]
    uid, name = schedule.targets[target][0], schedule.scopes[scope]
    pin = Given(name, schedule.slots[slot], uid, pinned=True)
    pinned = plan_night(msgspec.structs.replace(request, given=(pin,)))
    assert pinned.target_at(scope, slot) == target and not pinned.notes
    assert any(run.pinned and run.uid == uid and run.scope == name for run in pinned.runs)


@few
@seeds
def test_what_has_begun_stays_when_the_night_is_planned_again(seed: int) -> None:
    request = request_of(seed)
    first = plan_night(request)
    begun = 12
    given_slots = tuple(
        Given(name, first.slots[slot], first.targets[holder][0])
        for scope, name in enumerate(first.scopes)
        for slot in range(begun)
        if (holder := first.target_at(scope, slot)) > EMPTY
    )
    now = first.slots[begun - 1] + SLOT / 2
    more = Candidate(uid="new", name="new", ra_deg=30.0, dec_deg=60.0, priority=5, urgency=1.0)
    again = plan_night(
        msgspec.structs.replace(
            request, given=given_slots, now=now, candidates=[*request.candidates, more]
        )
    )
    for scope in range(len(first.scopes)):
        for slot in range(begun):
            before, after = first.target_at(scope, slot), again.target_at(scope, slot)
            if before > EMPTY:
                assert again.targets[after][0] == first.targets[before][0]
            else:
                assert after == CLOSED
