"""The stand-in's own plan: strict, by its clock, with what may go wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from device_kit import until
from night_kit import night_on
from plan_kit import HIGH, begun, commands, ended, visit
from seestar_kit import RawClient, client_of, running

from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.sky.catalog import to_jnow
from crowdsky_tui.store.store import JobState

SPEED = 600.0


def minutes_now(scope: SeestarStandIn) -> int:
    """Minutes since the midnight of its own zone."""
    local = scope.time.now().astimezone(scope.time.zone)
    return local.hour * 60 + local.minute


def row(scope: SeestarStandIn, after: int = 0, minutes: int = 8, **more: Any) -> dict[str, Any]:
    jnow = to_jnow(HIGH, scope.time.now())
    number = 100_000_001 + after
    return {
        "target_id": number,
        "target_name": f"star {after}",
        "alias_name": "",
        "target_ra_dec": [round(jnow.ra_hours_jnow, 6), round(jnow.dec_deg_jnow, 6)],
        "lp_filter": False,
        "start_min": minutes_now(scope) + after,
        "duration_min": minutes,
        **more,
    }


def plan(scope: SeestarStandIn, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    local = scope.time.now().astimezone(scope.time.zone)
    return {
        "plan_name": "crowdsky", "update_time_seestar": f"{local:%Y.%m.%d}", "list": list(rows),
        **more,
    }  # fmt: skip


@asynccontextmanager
async def planner(root: Path) -> AsyncIterator[tuple[SeestarStandIn, RawClient]]:
    async with running(root, speed=SPEED) as scope, client_of(scope) as client:
        scope.session.observer.initialised = True
        scope.state.settings["viewplan_gohome"] = True
        yield scope, client


async def over(scope: SeestarStandIn, seconds: float = 30) -> dict[str, Any]:
    await until(lambda: not scope.session.plan.working, seconds)
    report = scope.session.plan.report
    assert report is not None
    return report


async def test_rows_are_observed_by_its_clock_and_it_goes_home(tmp_path: Path) -> None:
    async with planner(tmp_path) as (scope, client):
        sent = plan(scope, row(scope, 0, 6), row(scope, 9, 6, lp_filter=True))
        assert await client.result("set_view_plan", sent) == 0
        state = await client.result("iscope_get_app_state")
        assert state["ViewPlan"]["state"] == "working"
        assert state["ViewPlan"]["plan"]["plan_name"] == "crowdsky"
        report = await over(scope)
        assert report["state"] == "complete"
        assert [each["state"] for each in report["plan"]["list"]] == ["complete", "complete"]
        assert list(scope.root.rglob("Light_star 0_*_IRCUT_*.fit"))
        assert list(scope.root.rglob("Light_star 9_*_LP_*.fit"))
        await until(lambda: scope.session.mount.closed)


async def test_what_has_begun_begins_at_once_and_what_is_over_is_left(tmp_path: Path) -> None:
    async with planner(tmp_path) as (scope, client):
        gone, late = row(scope, 0, 5), row(scope, 1, 40)
        gone |= {"start_min": gone["start_min"] - 30}
        late |= {"start_min": late["start_min"] - 20}
        await client.result("set_view_plan", plan(scope, gone, late))
        await until(lambda: scope.view.target == "star 1", 60)
        report = scope.session.plan.report
        assert report is not None and report["plan"]["list"][0]["state"] == "idle"


BAD: dict[str, Any] = {
    "no list": {"list": None},
    "an empty list": {"list": []},
    "no name": {"plan_name": ""},
    "another date": {"update_time_seestar": "28.02.2026"},
}
BAD_ROWS: dict[str, Any] = {
    "a short id": {"target_id": 12},
    "degrees": {"target_ra_dec": [148.9, 69.0]},
    "beyond the pole": {"target_ra_dec": [9.9, 99.0]},
    "a long name": {"target_name": "x" * 41},
    "a path": {"target_name": "../x"},
    "no time": {"duration_min": 0},
    "the third day": {"start_min": 2880},
    "text for a number": {"start_min": "soon"},
}


@pytest.mark.parametrize("what", [*BAD, *BAD_ROWS, "two of one id", "rows that overlap"])
async def test_what_no_plan_can_be_is_refused(tmp_path: Path, what: str) -> None:
    async with planner(tmp_path) as (scope, client):
        sent = plan(scope, row(scope) | BAD_ROWS.get(what, {})) | BAD.get(what, {})
        if what == "two of one id":
            sent["list"] = [row(scope), row(scope) | {"start_min": minutes_now(scope) + 60}]
        if what == "rows that overlap":
            sent["list"] = [row(scope, 0, 10), row(scope, 5, 10)]
        assert (await client.call("set_view_plan", sent))["code"] == 102
        assert scope.session.plan.report is None and not scope.view.working


async def test_it_is_no_list_and_cannot_be_asked_for(tmp_path: Path) -> None:
    async with planner(tmp_path) as (_, client):
        assert (await client.call("set_view_plan", [1]))["code"] == 107
        assert (await client.call("get_view_plan"))["code"] == 103
        assert (await client.call("stop_func", {"name": "Other"}))["code"] == 102


async def test_stopped_it_is_cancelled_and_its_data_remain(tmp_path: Path) -> None:
    async with planner(tmp_path) as (scope, client):
        await client.result("set_view_plan", plan(scope, row(scope, 0, 60)))
        await until(lambda: scope.view.stacked > 0, 60)
        await client.result("stop_func", {"name": "ViewPlan"})
        report = (await client.result("iscope_get_app_state"))["ViewPlan"]
        assert report["state"] == report["plan"]["list"][0]["state"] == "cancel"
        assert not scope.view.working
        await client.result("clear_view_plan")
        assert "ViewPlan" not in await client.result("iscope_get_app_state")


async def test_a_goto_that_fails_costs_its_row_alone(tmp_path: Path) -> None:
    async with planner(tmp_path) as (scope, client):
        scope.faults.cannot_go["star 0"] = 204
        await client.result("set_view_plan", plan(scope, row(scope, 0, 5), row(scope, 5, 6)))
        report = await over(scope)
        assert [each["state"] for each in report["plan"]["list"]] == ["fail", "complete"]
        assert report["plan"]["list"][0]["code"] == 204 and report["state"] == "complete"


async def test_it_may_stay_working_for_ever(tmp_path: Path) -> None:
    async with planner(tmp_path) as (scope, client):
        scope.faults.plan_goes_on = True
        await client.result("set_view_plan", plan(scope, row(scope, 0, 3)))
        begun_at = scope.time.now()
        await until(lambda: scope.time.now() - begun_at > timedelta(minutes=20), 60)
        assert scope.session.plan.working


async def test_focusing_by_hand_aborts_it(tmp_path: Path) -> None:
    async with planner(tmp_path) as (scope, client):
        await client.result("set_view_plan", plan(scope, row(scope, 0, 60)))
        await until(lambda: scope.view.stacked > 0, 60)
        await client.call("start_auto_focuse")
        assert (await over(scope))["state"] == "cancel"


async def test_a_plan_from_the_phone_is_never_replaced(tmp_path: Path) -> None:
    async with night_on(tmp_path, speed=300.0) as (scope, night):
        async with client_of(scope) as phone:
            later = row(scope, 20, 60)
            await phone.result("set_view_plan", plan(scope, later))
            job = await ended(night, await begun(night, visit(night)))
        assert job.state is JobState.FAILED and job.facts["left"] == "hand"
        assert "plan of its own" in job.reason
        assert commands(scope, "iscope_start_view") == 0 and scope.session.plan.working
        await asyncio.sleep(0)
