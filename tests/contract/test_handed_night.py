"""A night that is handed over: each telescope observes it as a plan of its own, and is watched."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dusk_kit import CYG, M51, M81, NIGHT, SLOTS, Dusk, dusk, run_dusk, target
from seestar_kit import client_of
from test_planned_night import DONE, EVERY_SLOT, LIST, MISSED, SKIPPED, listed, of_slot
from virtual_time import VirtualClock

from crowdsky_tui.config.sensor_settings import SafetySettings, SensorSettings
from crowdsky_tui.jobs.handing_over import HandOver
from crowdsky_tui.plan.decisions import Decision, DecisionKind, Decisions
from crowdsky_tui.plan.visits import VisitState
from crowdsky_tui.simulator.sensors.stand_in import SensorStandIn
from crowdsky_tui.store.store import JobState

SENT = "set_view_plan"


async def plans(night: Dusk) -> list[HandOver]:
    return [j.payload for j in await night.jobs("hand over") if isinstance(j.payload, HandOver)]


def sent(night: Dusk, number: int = 0) -> int:
    return night.scopes[number].requests.count(SENT)


@pytest.mark.long
def test_a_whole_night_by_itself_then_parked_and_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, execute="hand-over") as night:
            visits = await night.until_settled()
            assert sum(each.blocks for each in visits) == SLOTS, listed(visits)
            assert {each.state for each in visits} == {DONE}, listed(visits)
            assert sent(night) == 1 and not await night.jobs("observe")
            assert "iscope_start_view" not in night.scopes[0].requests
            [job] = await night.jobs("hand over")
            assert job.state is JobState.PROVED, job.reason
            assert [job.state for job in await night.jobs("park")] == [JobState.PROVED]
            assert night.scopes[0].session.mount.closed
            assert f"Planned: {len(visits)} of {len(visits)} visits done" in night.report()

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_closed_and_opened_again_it_is_not_sent_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, execute="hand-over") as night:
            await night.until_slot(1, 5)
            await night.night.close()
            await night.until_slot(3, 5)
            assert night.scopes[0].session.plan.working, "it goes on without us"
            await night.restart()
            await night.until_slot(5, 5)
            assert sent(night) == 1
            visits = await night.until_settled()
            assert all(v.state is DONE for v in of_slot(visits, 6)), listed(visits)

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_a_plan_that_the_phone_cancels_is_left_for_that_quarter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, execute="hand-over") as night:
            await night.until_slot(1, 5)
            async with client_of(night.scopes[0]) as phone:
                await phone.result("stop_func", {"name": "ViewPlan"})
            await night.until_slot(1, 11)
            assert not night.scopes[0].view.working
            await night.until_slot(3, 5)
            assert sent(night) == 2 and night.scopes[0].session.plan.working
            visits = await night.until_settled()
            [job, _] = await night.jobs("hand over")
            assert "cancelled by hand" in job.reason, job.reason
            assert all(v.state is DONE for v in of_slot(visits, 5)), listed(visits)

    run_dusk(monkeypatch, work)


@pytest.mark.long
@pytest.mark.parametrize("fault", ["refused", "forgotten", "differs"])
def test_a_telescope_without_a_plan_of_its_own_is_driven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, execute="hand-over") as night:
            faults = night.scopes[0].faults
            if fault == "refused":
                faults.refuse[SENT] = (103, "method not found")
            faults.plan_forgotten = fault == "forgotten"
            faults.plan_differs = fault == "differs"
            await night.until_slot(2, 5)
            assert sent(night) == (1 if fault == "refused" else 2), (
                "what it does not know is not sent again"
            )
            assert await night.jobs("observe"), [j.reason for j in await night.jobs("hand over")]
            assert night.scopes[0].view.stacking
            assert of_slot(await night.visits(), 1)[0].state is VisitState.RUNNING

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_what_cannot_be_reached_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(clock: VirtualClock) -> None:
        ghost = target("Ghost", M81, priority=5, blocks_per_visit=8)
        async with dusk(tmp_path, clock, [*LIST, ghost], execute="hand-over") as night:
            night.scopes[0].faults.cannot_go["Ghost"] = 204
            visits = await night.until_settled()
            tried = [each for each in visits if each.name == "Ghost"]
            assert 1 <= len(tried) <= 2 and {e.state for e in tried} == {MISSED}, listed(visits)
            assert all("Ghost was not reached" in each.reason for each in tried), listed(visits)
            assert all(v.state is DONE for v in of_slot(visits, 5)), listed(visits)

    run_dusk(monkeypatch, work)


def test_a_wrong_equinox_is_seen_and_the_plan_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, [LIST[0]], execute="hand-over") as night:
            night.scopes[0].faults.points_off_deg = 0.33
            await night.until_slot(0, 12)
            [job, *_] = await night.jobs("hand over")
            assert "20′" in f"{job.facts['why']}", job.facts
            assert not night.scopes[0].session.plan.working

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_what_the_user_skips_or_pins_later_makes_a_new_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        both = [target("SS Cyg", CYG, blocks_per_visit=8), target("M 51", M51, priority=1)]
        async with dusk(tmp_path, clock, both, execute="hand-over") as night:
            await night.until_slot(1, 5)
            before = night.scopes[0].view.target
            other = next(each for each in both if each.name != before)
            decisions = Decisions(night.night.records.database, clock)
            pin = Decision(night=NIGHT, kind=DecisionKind.PIN, target=other.uid, scope="garden",
                           start=EVERY_SLOT[3])  # fmt: skip
            await decisions.add([pin])
            await night.until_slot(2, 5)
            assert night.scopes[0].view.target == before and sent(night) == 1
            await night.until_slot(3, 10)
            assert night.scopes[0].view.target == other.name and sent(night) == 2

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_paused_it_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, execute="hand-over") as night:
            await night.until_slot(1, 5)
            pause = Decision(night=NIGHT, kind=DecisionKind.PAUSE, start=clock.now())
            await Decisions(night.night.records.database, clock).add([pause])
            await night.until(lambda: not night.scopes[0].session.plan.working)
            await night.until_slot(3, 5)
            assert not night.scopes[0].view.working and sent(night) == 1
            [early] = of_slot(await night.visits(), 1)
            assert early.state is SKIPPED, listed(await night.visits())

    run_dusk(monkeypatch, work)


@pytest.mark.parametrize("through", ["work", pytest.param("restart", marks=pytest.mark.long)])
def test_clouds_end_it_and_after_them_what_is_left_is_handed_over_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, through: str
) -> None:
    """Also where they come while this program is away: it is ended at the first look."""

    async def work(clock: VirtualClock) -> None:
        station = SensorStandIn("json", clock, period_s=1.0)
        await station.start_tcp()
        mast = SensorSettings(name="mast", kind="json", address=station.address, limit=600.0)
        more: dict[str, Any] = {
            "sensors": (mast,),
            "safety": SafetySettings(on_unsafe="stop", delay=5),
        }
        try:
            async with dusk(tmp_path, clock, LIST, execute="hand-over", **more) as night:
                await night.until_slot(2, 7)
                assert night.scopes[0].session.plan.working
                if through == "restart":
                    await night.night.close()
                station.weather.rain_frequency = 1500.0
                if through == "restart":
                    await night.until_slot(2, 12)
                    await night.restart()
                await night.until_slot(4, 5)
                plan = night.scopes[0].session.plan
                assert not plan.working and not night.scopes[0].view.working, "it was stopped"
                assert sent(night) == 1, "nothing is begun while it rains"
                [lost] = of_slot(await night.visits(), 3)
                assert lost.state is MISSED and "not safe" in lost.reason, lost
                [first] = await night.jobs("hand over")
                assert "not safe" in first.reason, first.reason
                station.weather.rain_frequency = 2600.0
                await night.until(lambda: sent(night) == 2)
                if through == "work":
                    return
                visits = await night.until_settled()
                assert sent(night) == 2 and not await night.jobs("observe")
                assert all(v.state is DONE for v in of_slot(visits, 6)), listed(visits)
                assert "not safe" in night.report()
        finally:
            await station.stop()

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_a_night_can_be_handed_over_by_a_word_and_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST) as night:
            await night.until_slot(1, 5)
            decisions = Decisions(night.night.records.database, clock)
            await decisions.add([Decision(night=NIGHT, kind=DecisionKind.HAND_OVER)])
            await night.until_slot(4, 14)
            assert sent(night) == 1 and night.scopes[0].session.plan.working
            await decisions.add([Decision(night=NIGHT, kind=DecisionKind.DRIVE)])
            await night.until(lambda: not night.scopes[0].session.plan.working)
            visits = await night.until_settled()
            assert all(v.state is DONE for v in of_slot(visits, 7)), listed(visits)

    run_dusk(monkeypatch, work)


def test_the_plan_begins_before_its_first_slot_and_rows_do_not_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, execute="hand-over") as night:
            await night.until_slot(0, 1)
            [plan] = await plans(night)
            assert plan.start == EVERY_SLOT[0] - timedelta(minutes=3)
            for one, other in zip(plan.rows, plan.rows[1:], strict=False):
                assert one.row.end <= other.row.start
            assert len({each.row.number for each in plan.rows}) == len(plan.rows)

    run_dusk(monkeypatch, work)
