"""The job that drives one planned visit: pointed, proved, watched, ended; and what may go wrong."""

import asyncio
from pathlib import Path

import pytest
from device_kit import until
from night_kit import night_on, settings_for
from plan_kit import HIGH, LATER, at_step, begun, commands, ended, sky, visit

from crowdsky_tui.jobs.engine.model import fact_number
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import JobState

SPEED = 300.0


async def test_a_visit_is_pointed_proved_watched_and_ended(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        job = await ended(night, await begun(night, visit(night, minutes=8)))
        assert job.state is JobState.PROVED, job.reason
        lights = list((scope.root / "MyWorks/SS Cyg_sub").glob("Light_SS Cyg_20.0s_LP_*.fit"))
        assert fact_number(job.facts, "frames") == len(lights) > 0
        assert f"{len(lights)} frames on the telescope, centred within 0." in job.reason
        assert not scope.view.working, "it rests when its time is over"
        assert scope.state.settings["stack_after_goto"] is True, "what was borrowed is given back"
        assert job.facts["sent"] == str(sky(night).jnow), "the equinox of date is what was sent"


async def test_it_goes_on_as_long_as_a_later_plan_wants_it(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        order = visit(night, minutes=8)
        job_id = await begun(night, order)
        await at_step(night, job_id, "frames")
        longer = visit(night, minutes=14, start=order.start)
        assert await night.queue.add("observe", "observe", longer) == (job_id, False)
        job = await ended(night, job_id)
        assert job.state is JobState.PROVED and night.clock.now() >= longer.end
        assert commands(scope, "iscope_start_view") == 1


@pytest.mark.parametrize("code", [251, 204])
async def test_what_cannot_be_reached_is_left_with_the_reason(tmp_path: Path, code: int) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        scope.faults.cannot_go["SS Cyg"] = code
        job = await ended(night, await begun(night, visit(night)))
        assert job.state is JobState.FAILED and job.facts["left"] == "centre"
        assert "SS Cyg" in job.reason
        assert not scope.view.working, "it is not left looking at a wall"
        assert not list(scope.root.rglob("Light_*"))
        assert scope.state.settings["stack_after_goto"] is True


async def test_twenty_minutes_of_arc_off_nothing_begins(tmp_path: Path) -> None:
    """A wrong equinox: the telescope itself is content, and only the position tells."""
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        scope.faults.points_off_deg = 20 / 60
        job = await ended(night, await begun(night, visit(night)))
        assert job.state is JobState.FAILED and job.facts["left"] == "centre"
        assert "20′ off, 5′ are allowed" in job.reason
        assert commands(scope, "iscope_start_stack") == 0 and not scope.view.working


async def test_four_minutes_of_arc_off_it_begins(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        scope.faults.points_off_deg = 4 / 60
        job = await ended(night, await begun(night, visit(night, minutes=6)))
        assert job.state is JobState.PROVED, job.reason


async def test_a_telescope_in_use_by_hand_is_left_alone(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        await _phone(scope, "M 51")
        job = await ended(night, await begun(night, visit(night)))
        assert job.state is JobState.FAILED and job.facts["left"] == "hand"
        assert "M 51" in job.reason
        assert scope.view.working and scope.view.target == "M 51"
        assert commands(scope, "iscope_start_view") == 0


async def test_the_users_own_goto_counts_as_a_hand(tmp_path: Path) -> None:
    """What was told through this program is not of the plan either."""
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        await until(lambda: night.store.scopes["garden"].state.usable)
        await night.sessions.do("garden", "goto", "M 101")
        await until(lambda: scope.view.target == "M 101" and scope.view.stacking, 60)
        job = await ended(night, await begun(night, visit(night)))
        assert job.facts["left"] == "hand" and scope.view.target == "M 101"


async def test_taken_by_phone_in_the_middle_it_is_left_and_what_is_there_counts(
    tmp_path: Path,
) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        job_id = await begun(night, visit(night))
        await until(lambda: scope.view.stacked > 3, 60)
        await _phone(scope, "M 51")
        job = await ended(night, job_id)
        assert job.state is JobState.PROVED and job.facts["left"] == "hand"
        assert "then left" in job.reason and "by hand" in job.reason
        assert scope.view.working and scope.view.target == "M 51"


async def test_lost_in_the_middle_it_goes_on_when_it_is_back(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        job_id = await begun(night, visit(night))
        await until(lambda: scope.view.stacked > 3, 60)
        await scope.hang_up()
        await asyncio.sleep(0.5)
        await scope.listen()
        job = await ended(night, job_id)
        assert job.state is JobState.PROVED, job.reason
        assert commands(scope, "iscope_start_view") == 1, "it is looked at, not told again"


async def test_no_frames_end_it(tmp_path: Path) -> None:
    """The state stays working, and nothing comes."""
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        job_id = await begun(night, visit(night, minutes=40))
        await at_step(night, job_id, "frames")
        await scope.session.observer._halt()
        job = await ended(night, job_id)
        assert job.facts["left"] == "frames" and not scope.view.working


async def test_a_telescope_that_does_not_stop_is_told(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        scope.faults.deaf.add("iscope_stop_view")
        job = await ended(night, await begun(night, visit(night, minutes=8)), 60)
        assert job.state is JobState.FAILED and "stop" in job.reason


async def test_ended_by_somebody_it_is_left(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        job_id = await begun(night, visit(night))
        await until(lambda: scope.view.stacked > 3, 60)
        await scope.session.observer.stop_view(None)
        job = await ended(night, job_id)
        assert job.facts["left"] == "ended" and commands(scope, "iscope_start_view") == 1


async def test_cancelled_for_good_the_telescope_stops(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        job_id = await begun(night, visit(night, minutes=60))
        await until(lambda: scope.view.stacked > 1, 60)
        assert await night.queue.cancel(job_id)
        job = await ended(night, job_id)
        assert job.state is JobState.CANCELLED and not scope.view.working


async def test_a_later_run_takes_it_up_and_ends_it(tmp_path: Path) -> None:
    """Closed in the middle the telescope goes on; the next run looks, and tells nothing twice."""
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        job_id = await begun(night, visit(night, minutes=30))
        await until(lambda: scope.view.stacked > 1, 60)
        await night.close()
        assert scope.view.stacking
        async with Night(settings_for(scope, tmp_path)) as later:
            await later.start()
            job = await ended(later, job_id)
        assert job.state is JobState.PROVED, job.reason
        assert commands(scope, "iscope_start_view") == commands(scope, "iscope_start_stack") == 1
        assert not scope.view.working


async def test_after_its_time_it_is_not_begun(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        job = await ended(night, await begun(night, visit(night, minutes=-1)))
        assert job.state is JobState.FAILED and "its time is over" in job.reason
        assert commands(scope, "iscope_start_view") == 0


async def test_one_visit_after_another(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        first = visit(night, minutes=8)
        second = visit(
            night, "v2", 20, sky=sky(night, "V Sge", LATER), start=first.end, earlier=first.sky
        )
        jobs = [await begun(night, each) for each in (first, second)]
        for job_id in jobs:
            assert (await ended(night, job_id)).state is JobState.PROVED
        assert HIGH != LATER and list(scope.root.rglob("Light_V Sge*.fit"))


async def _phone(scope, target: str) -> None:  # type: ignore[no-untyped-def]
    """Somebody takes the telescope with the maker's app."""
    scope.session.mount.closed = False
    order = {"mode": "star", "target_ra_dec": [13.5, 47.1], "target_name": target}
    await scope.session.observer.start_view(order, None)


async def test_an_old_position_proves_nothing(tmp_path: Path) -> None:
    """What it said before the goto is known; where it points now it does not say."""
    async with night_on(tmp_path, speed=SPEED) as (scope, night):
        await until(lambda: night.store.scopes["garden"].state.usable)
        instrument = night.sessions.instrument("garden")
        await instrument.look()
        assert instrument.state.position.value is not None
        job_id = await begun(night, visit(night))
        await at_step(night, job_id, "goto")
        await until(lambda: scope.view.target == "SS Cyg")
        scope.faults.reads_back["scope_get_equ_coord"] = {}
        job = await ended(night, job_id, 60)
        assert job.facts["left"] == "centre", job.reason
        assert commands(scope, "iscope_start_stack") == 0
