"""What an earlier run, or another copy, has left on a telescope, and what is made of it."""

from typing import Any

import pytest
from stacking_scope import DSO, FRAMES, HOME, NAMES, NEW, SUBS, TAKEN, StackingStandIn

from crowdsky_tui.base.errors import (
    NotFoundOnScope,
    ScopeBusy,
    StackDisturbed,
)
from crowdsky_tui.instruments.seestar.files.records import StackResult

OUTPUT = {"path": "MyWorks/M 81", "files": [{"name": DSO}]}
TELLING = {"path": f"MyWorks/{SUBS}", "files": [{"name": name} for name in NAMES]}


def with_stack(name: str = NEW, size: int = 5760) -> StackingStandIn:
    scope = StackingStandIn()
    scope.folders[HOME][name] = size
    return scope


async def test_a_finished_stack_is_taken_and_nothing_is_begun() -> None:
    scope = with_stack()
    assert await scope.stack() == StackResult("complete", NEW, FRAMES, 5760, adopted=True)
    assert scope.done == []


@pytest.mark.parametrize(
    ("noted", "left"),
    [
        ({"folder": HOME, "old": DSO, "new": NEW}, set()),
        ({"folder": HOME, "old": DSO, "new": "another.fit"}, {DSO}),
        ({"folder": 5, "old": DSO, "new": NEW}, {DSO}),
        ({"folder": HOME, "old": None, "new": NEW}, {DSO}),
        ({}, {DSO}),
    ],
)
async def test_only_the_working_name_of_the_rename_that_was_noted_is_taken_away(
    noted: dict[str, object], left: set[str]
) -> None:
    scope = with_stack()
    scope.folders[HOME][DSO] = 5760
    assert (await scope.stack(noted=noted)).name == NEW
    assert set(scope.folders[HOME]) - {NEW} == left


async def test_where_the_rename_came_to_its_end_nothing_is_renamed() -> None:
    scope = with_stack()
    assert (await scope.stack(noted={"folder": HOME, "old": DSO, "new": NEW})).name == NEW
    assert scope.done == []


async def test_a_new_stack_is_made_beside_the_earlier_and_only_what_it_noted_is_its_own() -> None:
    earlier = NEW.replace(f"_{FRAMES}_", f"_{FRAMES - 2}_")
    scope = with_stack(earlier)
    assert await scope.stack(restack=True) == StackResult(
        "complete", NEW, FRAMES, 5760, taken=TAKEN
    )
    assert {earlier, NEW} <= set(scope.folders[HOME])
    scope = with_stack()
    assert (await scope.stack(restack=True, noted={"new": NEW})).adopted
    assert scope.done == []


async def test_again_of_as_many_sub_frames_the_earlier_stack_stands() -> None:
    scope = with_stack(size=4711)
    assert await scope.stack(restack=True) == StackResult(
        "complete", NEW, FRAMES, 4711, taken=TAKEN
    )
    assert not any(step.startswith("rename") for step in scope.done)
    assert scope.done[-1] == "clear_batch_stack" and scope.job is None


async def test_a_job_of_just_this_block_is_followed_and_not_begun_anew() -> None:
    scope = StackingStandIn()
    scope.setting = TELLING
    scope.job = {"state": "working", "percent": 10}
    scope.before["note follow"] = scope.end_job
    assert (await scope.stack()).adopted
    assert "start_batch_stack" not in scope.done and scope.noted("follow") == {"adopted": True}


async def test_a_job_of_just_this_block_that_is_over_is_brought_to_its_end() -> None:
    scope = StackingStandIn()
    scope.setting = TELLING
    scope.end_job()
    assert (await scope.stack()).adopted and "note follow" not in scope.done
    scope = StackingStandIn()
    scope.setting = TELLING
    scope.end_job(total_img=FRAMES - 1)
    with pytest.raises(StackDisturbed):
        await scope.stack()


async def test_an_ended_job_whose_result_is_gone_is_stacked_anew() -> None:
    scope = StackingStandIn()
    scope.setting = TELLING
    scope.end_job()
    scope.folders[HOME].clear()
    scope.made = DSO.replace("0630", "0640")
    assert not (await scope.stack()).adopted and "start_batch_stack" in scope.done


@pytest.mark.parametrize("state", ["cancel", "fail"])
async def test_a_job_of_just_this_block_that_failed_is_never_adopted(state: str) -> None:
    scope = StackingStandIn()
    scope.setting = TELLING
    few = DSO.replace(f"_{FRAMES}_", "_2_")
    scope.made = few
    scope.end_job(state=state)
    scope.made = DSO
    assert not (await scope.stack()).adopted and few in scope.folders[HOME]
    scope = StackingStandIn()
    scope.setting = TELLING
    scope.job = {"state": state}
    assert not (await scope.stack()).adopted


async def test_a_setting_alone_is_no_job() -> None:
    scope = StackingStandIn()
    scope.setting = TELLING
    assert not (await scope.stack()).adopted and "start_batch_stack" in scope.done


async def test_another_apps_running_job_is_left_alone_and_its_ended_one_is_not() -> None:
    scope = StackingStandIn()
    scope.setting = {"path": "MyWorks/M 82_sub", "files": [{"name": "b.fit"}]}
    scope.begins_elsewhere()
    with pytest.raises(ScopeBusy) as raised:
        await scope.stack()
    assert raised.value.why == "another app's job is at 30 %" and scope.done == []
    assert scope.job is not None
    scope.job["state"] = "cancel"
    assert not (await scope.stack()).adopted


@pytest.mark.parametrize("before", [True, False])
async def test_where_the_setting_is_not_told_a_job_is_ours_only_if_we_had_begun(
    before: bool,
) -> None:
    scope = StackingStandIn()
    scope.tells_setting = False
    scope.job = {"state": "working", "percent": 10}
    scope.before["note follow"] = scope.end_job
    if before:
        assert (await scope.stack(started_before=True)).adopted
    else:
        with pytest.raises(ScopeBusy):
            await scope.stack()


async def test_where_the_setting_is_not_told_an_ended_job_is_ours_only_with_a_result() -> None:
    scope = StackingStandIn()
    scope.tells_setting = False
    scope.end_job()
    assert (await scope.stack(started_before=True)).adopted
    assert "note clear" not in scope.done
    scope = StackingStandIn()
    scope.tells_setting = False
    scope.job = {"state": "complete", "output_file": {}}
    assert not (await scope.stack(started_before=True)).adopted


async def test_a_result_that_lies_there_unnamed_is_adopted_unless_it_was_disowned() -> None:
    scope = StackingStandIn()
    scope.folders[HOME][DSO] = 5760
    assert (await scope.stack()).adopted and "start_batch_stack" not in scope.done
    scope = StackingStandIn()
    scope.folders[HOME][DSO] = 5760
    scope.made = DSO.replace("0630", "0640")
    assert not (await scope.stack(noted={"not_ours": [DSO]})).adopted


async def test_the_result_of_an_earlier_job_is_never_taken_for_the_new_ones() -> None:
    scope = StackingStandIn()
    scope.setting = {"path": "MyWorks/M 82_sub", "files": [{"name": "b.fit"}]}
    scope.job = {"state": "complete", "output_file": OUTPUT}
    scope.made = DSO.replace("0630", "0640")
    asked = 0

    def still_the_old() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        job = scope.job
        if job and job["output_file"]["files"][0]["name"] != DSO and asked < 4:
            return {"BatchStack": {"state": "complete", "output_file": OUTPUT}}
        return {"BatchStack": job} if job else {}

    real = scope.call

    async def call(method: str, params: object = None, timeout: float = 10.0) -> Any:
        said = await real(method, params, timeout)
        return still_the_old() if method == "iscope_get_app_state" else said

    scope.call = call  # type: ignore[method-assign]
    assert (await scope.stack()).name == NEW
    assert f"rename {HOME}/{scope.made}" in scope.done


async def test_a_stack_that_another_copy_has_named_meanwhile_is_done() -> None:
    def named() -> None:
        del scope.folders[HOME][DSO]
        scope.folders[HOME][NEW] = 5760

    scope = StackingStandIn()
    scope.before["note rename"] = named
    assert await scope.stack() == StackResult("complete", NEW, FRAMES, 5760, adopted=True)
    scope = StackingStandIn()
    scope.before["note rename"] = lambda: scope.folders[HOME].pop(DSO)
    with pytest.raises(NotFoundOnScope):
        await scope.stack()


async def test_a_target_without_a_main_folder_has_no_stack_yet() -> None:
    scope = StackingStandIn()
    del scope.folders[HOME]
    scope.before["start_batch_stack"] = lambda: scope.folders.update({HOME: {}})
    assert (await scope.stack()).name == NEW
