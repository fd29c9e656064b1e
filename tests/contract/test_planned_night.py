"""The automatic night observes the plan: from dusk to dawn, whatever comes between."""

from datetime import timedelta
from pathlib import Path

import pytest
from dusk_kit import CYG, FIRST, M51, M81, NIGHT, PLACE, SLOTS, Dusk, dusk, run_dusk, target
from virtual_time import VirtualClock

from crowdsky_tui.config.sensor_settings import SafetySettings, SensorSettings
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.plan.decisions import Decision, DecisionKind, Decisions
from crowdsky_tui.plan.execution import covers
from crowdsky_tui.plan.visits import Visit, VisitState
from crowdsky_tui.scheduling.messages import SLOT
from crowdsky_tui.simulator.sensors.stand_in import SensorStandIn
from crowdsky_tui.store.store import JobState

DONE, SHORT, MISSED, SKIPPED = (
    VisitState.DONE, VisitState.SHORT, VisitState.MISSED, VisitState.SKIPPED,
)  # fmt: skip
EVERY_SLOT = [FIRST + n * SLOT for n in range(SLOTS)]
LIST = [target("SS Cyg", CYG), target("M 51", M51)]


def listed(visits: list[Visit]) -> str:
    return "\n".join(
        f"{v.scope} {v.name} {v.start:%H:%M} {v.blocks} {v.state}: {v.reason}" for v in visits
    )


def of_slot(visits: list[Visit], slot: int, scope: str = "garden") -> list[Visit]:
    return [v for v in visits if v.scope == scope and covers(v, EVERY_SLOT[slot])]


async def phone(night: Dusk, number: int, name: str = "M 31") -> None:
    """Somebody takes a telescope with the maker's app."""

    scope = night.scopes[number]
    order = {"mode": "star", "target_ra_dec": [16.7, 36.4], "target_name": name}
    await scope.session.observer.start_view(order, None)


def test_from_dusk_to_dawn_hands_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST) as night:
            await night.until_slot(2, 5)
            assert night.night.store.automatic == "on, observes the plan"
            assert not [job for job in night.night.unfinished() if job.kind == "stack"]
            await night.until_parked()
            visits = await night.until_settled()
            assert sum(each.blocks for each in visits) == SLOTS, listed(visits)
            assert {each.state for each in visits} == {DONE}, listed(visits)
            assert [job.state for job in await night.jobs("park")] == [JobState.PROVED]
            assert night.scopes[0].session.mount.closed and not night.scopes[0].view.working
            assert len(night.server.jobs) == sum(each.proved for each in visits) == SLOTS
            gotos = night.scopes[0].requests.count("iscope_start_view")
            assert gotos == len(visits), "what goes on needs no new goto"
            assert f"Planned: {len(visits)} of {len(visits)} visits done" in night.report()

    run_dusk(monkeypatch, work)


def test_nothing_moves_where_the_plan_is_not_to_be_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, execute="off") as night:
            await night.until_slot(1)
            assert await night.visits() == [] and await night.jobs() == []
            assert "iscope_start_view" not in night.scopes[0].requests

    run_dusk(monkeypatch, work)


def test_without_a_place_it_is_said_and_nothing_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, site=SiteSettings()) as night:
            night.scopes[0].faults.refuse["get_user_location"] = (103, "method not found")
            await night.restart()
            await night.until_slot(0, 5)
            said = [line.text for line in night.night.store.log]
            assert any("the site's place is not known" in text for text in said), said
            assert "iscope_start_view" not in night.scopes[0].requests

    run_dusk(monkeypatch, work)


def test_what_cannot_be_centred_gives_way_and_twice_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        ghost = target("Ghost", M81, priority=5, blocks_per_visit=8)
        async with dusk(tmp_path, clock, [*LIST, ghost]) as night:
            night.scopes[0].faults.cannot_go["Ghost"] = 204
            visits = await night.until_settled()
            tried = [each for each in visits if each.name == "Ghost"]
            assert [each.state for each in tried] == [MISSED] * 2, listed(visits)
            assert all("Ghost" in each.reason for each in tried)
            for slot in range(SLOTS):
                assert any(v.name != "Ghost" for v in of_slot(visits, slot)), listed(visits)
            assert not list(night.scopes[0].root.rglob("*Ghost*.fit"))
            for each in tried:
                line = f"garden Ghost {each.start + timedelta(hours=0):%H:%M}"
                assert line.partition(" Ghost")[0] in night.report() and "Ghost" in night.report()

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_a_wall_is_never_pointed_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SS Cyg stands in the east, behind a house; a pin does not change that."""

    async def work(clock: VirtualClock) -> None:
        house = ((80.0, 30.0), (80.0, 150.0))
        site = SiteSettings(**PLACE, obstructions=(house,))
        star = target("SS Cyg", CYG, priority=5)
        async with dusk(tmp_path, clock, [star, target("M 81", M81)], site=site) as night:
            decisions = Decisions(night.night.records.database, clock)
            pin = Decision(night=NIGHT, kind=DecisionKind.PIN, target=star.uid, scope="garden",
                           start=EVERY_SLOT[2])  # fmt: skip
            await decisions.add([pin])
            await night.until_slot(5)
            visits = await night.visits()
            assert {v.name for v in visits if v.state is not VisitState.PLANNED} == {"M 81"}
            assert not list(night.scopes[0].root.rglob("*SS Cyg*"))

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_a_telescope_taken_by_phone_is_left_alone_and_had_again_when_it_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, scopes=2) as night:
            await night.until_slot(2, 5)
            await phone(night, 0)
            await night.until_slot(4, 5)
            assert night.scopes[0].view.target == "M 31" and night.scopes[0].view.working
            await night.scopes[0].session.observer.stop_view(None)
            visits = await night.until_settled()
            for slot in (3, 4):
                [lost] = of_slot(visits, slot)
                assert lost.state is MISSED and "M 31" in lost.reason, listed(visits)
            [early] = of_slot(visits, 2)
            assert "hand" in early.reason or early.state is DONE, listed(visits)
            assert all(each.state is DONE for each in of_slot(visits, 6)), listed(visits)
            assert all(v.state is DONE for v in visits if v.scope == "roof"), listed(visits)
            for each in visits:
                if each.state is not DONE:
                    assert each.reason.partition(":")[0] in night.report(), night.report()

    run_dusk(monkeypatch, work)


def test_clouds_in_the_middle_stop_it_and_it_goes_on_after_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        station = SensorStandIn("json", clock, period_s=1.0)
        await station.start_tcp()
        roof = SensorSettings(name="mast", kind="json", address=station.address, limit=600.0)
        safety = SafetySettings(on_unsafe="stop", delay=5)
        try:
            async with dusk(tmp_path, clock, LIST, sensors=(roof,), safety=safety) as night:
                await night.until_slot(2, 7)
                station.weather.rain_frequency = 1500.0
                await night.until_slot(4, 5)
                assert not night.scopes[0].view.working, "it was stopped"
                gotos = night.scopes[0].requests.count("iscope_start_view")
                station.weather.rain_frequency = 2600.0
                visits = await night.until_settled()
                assert all(v.state is DONE for v in of_slot(visits, 6)), listed(visits)
                assert night.scopes[0].requests.count("iscope_start_view") > gotos
                [lost] = of_slot(visits, 3)
                assert lost.state is MISSED and "not safe" in lost.reason, listed(visits)
                [first, *_] = await night.jobs()
                assert "then left" in first.reason and "not safe" in first.reason
                assert "not safe" in night.report()
        finally:
            await station.stop()

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_a_telescope_that_is_away_loses_its_blocks_and_the_other_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST, scopes=2) as night:
            await night.until_slot(2, 10)
            await night.scopes[0].hang_up()
            await night.until_slot(5, 5)
            await night.scopes[0].listen()
            visits = await night.until_settled()
            [lost] = of_slot(visits, 4)
            assert lost.state is MISSED and "away" in lost.reason, listed(visits)
            assert all(v.state is DONE for v in of_slot(visits, 7)), listed(visits)
            assert all(v.state is DONE for v in visits if v.scope == "roof"), listed(visits)

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_skips_and_pauses_end_what_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST) as night:
            await night.until_slot(1, 5)
            [first] = of_slot(await night.visits(), 1)
            decisions = Decisions(night.night.records.database, clock)
            skip = Decision(night=NIGHT, kind=DecisionKind.SKIP, target=first.target)
            await decisions.add([skip])
            await night.until_slot(3, 5)
            visits = await night.visits()
            assert next(v for v in visits if v.uid == first.uid).state is SKIPPED
            [other] = of_slot(visits, 3)
            assert other.name != first.name and other.state is VisitState.RUNNING
            pause = Decision(night=NIGHT, kind=DecisionKind.PAUSE, start=clock.now())
            await decisions.add([pause])
            await night.until(lambda: not night.scopes[0].view.working)
            await night.until_slot(5, 5)
            assert not night.scopes[0].view.working
            assert not any(v.state is VisitState.RUNNING for v in of_slot(await night.visits(), 5))

    run_dusk(monkeypatch, work)


def test_closed_and_opened_again_it_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST) as night:
            await night.until_slot(1, 5)
            before = night.scopes[0].requests.count("iscope_start_view")
            await night.restart()
            await night.until_slot(1, 12)
            assert night.scopes[0].requests.count("iscope_start_view") == before
            visits = await night.until_settled()
            assert sum(each.blocks for each in visits) == SLOTS, listed(visits)
            assert {each.state for each in visits} == {DONE}, listed(visits)
            assert len(await night.jobs("park")) == 1

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_what_was_not_at_work_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, LIST) as night:
            await night.until_slot(0, -8)
            await night.night.close()
            await night.until_slot(4, 5)
            await night.restart()
            visits = await night.until_settled()
            lost = [v for v in visits if v.state is MISSED]
            assert sum(v.blocks for v in lost) == 4, listed(visits)
            assert all("not at work" in v.reason for v in lost)
            assert all(v.state is DONE for v in of_slot(visits, 6)), listed(visits)

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_two_wanted_at_once_are_observed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        both = target("SS Cyg", CYG, scopes="every", priority=5, blocks_per_visit=8)
        async with dusk(tmp_path, clock, [both, target("M 51", M51)], scopes=2) as night:
            await night.until_slot(2, 5)
            assert [scope.view.target for scope in night.scopes] == ["SS Cyg", "SS Cyg"]

    run_dusk(monkeypatch, work)
