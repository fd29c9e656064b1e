"""A night planned: CPU seconds beside astroplan, merit beside the exact optimum.

Imports are excluded on both sides. astroplan plans the same targets (altitude, twilight, Moon) on
one telescope, as it knows no more. The optimum is what HiGHS (scipy's `milp`) proves for the same
merits, vetoes and counts, over all runs of a target on a scope. Both come with the extra `bench`.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from bench.figures import Figure, compared, spread
from bench.planning_peers import astroplan_night, optimum
from crowdsky_tui.scheduling import sky_grid
from crowdsky_tui.scheduling.messages import Candidate, Given, PlanRequest, ScopeFacts
from crowdsky_tui.scheduling.planner import plan_night

GROUP = "Plan"
PEER = "astroplan's PriorityScheduler on one"
BEGINS = datetime(2026, 11, 28, 11, tzinfo=UTC)
VISIT = 4
"""Blocks of one visit."""
LATITUDE, LONGITUDE = 48.2082, 16.3738


def request_of(targets: int, scopes: int, blocks: int = 1) -> PlanRequest:
    """Targets all over the sky that is seen from 48° north, `blocks` wanted of each."""
    candidates = [
        Candidate(
            uid=f"{number:04}",
            name=f"T {number}",
            ra_deg=number * 137.508 % 360,
            dec_deg=-20 + number * 61.8 % 110,
            priority=1 + number % 5,
            blocks=blocks,
            min_run=1,
            most=blocks,
            urgency=(number * 37 % 100) / 100,
        )
        for number in range(targets)
    ]
    return PlanRequest(
        latitude_deg=LATITUDE,
        longitude_deg=LONGITUDE,
        elevation_m=170.0,
        begins=BEGINS,
        now=BEGINS,
        candidates=candidates,
        scopes=[ScopeFacts(name=f"S{number}") for number in range(scopes)],
    )


def run(quick: bool) -> Iterator[Figure]:
    """All figures of planning."""
    runs = 2 if quick else 5
    plan_night(msgspec.structs.replace(request_of(3, 1), latitude_deg=20.0))  # imports, warmed up
    yield from _beside_astroplan(runs, quick)
    yield from _list_of_400(runs)
    yield from _beside_the_optimum(quick)


def _beside_astroplan(runs: int, quick: bool) -> Iterator[Figure]:
    """Times with one block wanted of each; blocks used with visits of an hour. Same lists."""
    for targets, scopes in ((20, 1),) if quick else ((20, 1), (100, 4)):
        name = f"{targets} targets on {scopes} telescope{'s' if scopes > 1 else ''}"
        wanted, visits = request_of(targets, scopes), request_of(targets, scopes, VISIT)
        cold, again = _cold(wanted, runs), _again(wanted, runs)
        try:
            begin = time.process_time()
            astroplan_night(wanted)
            peer = [time.process_time() - begin]
            used = astroplan_night(visits)
        except ImportError as error:
            yield Figure(GROUP, f"{name}, cold", missing=f"not measured: {error}")
            return
        for what, ours, budget in (
            ("cold", cold, f"plan-{targets}"),
            ("again", again, "plan-again"),
        ):
            yield compared(
                GROUP, f"{name}, {what}", ours, peer, unit="s CPU", budget=budget, floor_name=PEER
            )
        mine = float(sum(each.slots for each in plan_night(visits).runs))
        yield compared(
            GROUP, f"{name}, blocks used", [mine], [float(used)], unit="", floor_name=PEER,
            budget="plan-used" if targets > 20 else "",
        )  # fmt: skip


def _list_of_400(runs: int) -> Iterator[Figure]:
    wanted = request_of(400, 4, 2)
    cold, schedule = _cold(wanted, runs), plan_night(wanted)
    slot = Given("S0", schedule.slots[3], schedule.runs[-1].uid, pinned=True)
    changed = msgspec.structs.replace(wanted, given=(slot,))
    change = _again(changed, runs)
    yield Figure(GROUP, "400 targets on 4, cold", "s CPU", spread(cold), budget="plan-400")
    milliseconds = spread([each * 1000 for each in change])
    yield Figure(GROUP, "400 targets, a change", "ms CPU", milliseconds, budget="plan-change")


def _beside_the_optimum(quick: bool) -> Iterator[Figure]:
    sizes = ((12, 1, 3),) if quick else ((12, 1, 3), (20, 2, 3), (30, 2, 4))
    for targets, scopes, blocks in sizes:
        name = f"merit, {targets} targets on {scopes}, {blocks} blocks each"
        schedule = plan_night(request_of(targets, scopes, blocks))
        try:
            best = optimum(schedule)
        except ImportError as error:
            yield Figure(GROUP, name, missing=f"not measured: {error}")
            return
        yield compared(
            GROUP, name, [schedule.total], [best], unit="", floor_name="the optimum (HiGHS)",
            budget="plan-merit",
        )  # fmt: skip


def _cold(request: PlanRequest, runs: int) -> list[float]:
    return _timed(request, runs, sky_grid.forget)


def _again(request: PlanRequest, runs: int) -> list[float]:
    plan_night(request)
    return _timed(request, runs, lambda: None)


def _timed(request: PlanRequest, runs: int, before: Callable[[], None]) -> list[float]:
    taken = []
    for _ in range(runs):
        before()
        begin = time.process_time()
        plan_night(request)
        taken.append(time.process_time() - begin)
    return taken
