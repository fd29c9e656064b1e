"""What is done to a telescope for one block, in which order, and what never is."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from stacking_scope import BLOCK, DSO, FRAMES, HOME, NAMES, NEW, SUBS, TAKEN, StackingStandIn

from crowdsky_tui.base.errors import (
    CommandRefused,
    ScopeBusy,
    ScopeTimeout,
    ScopeUnreachable,
    StackDisturbed,
    StackFailed,
    UsageError,
)
from crowdsky_tui.blocks import companions
from crowdsky_tui.instruments.seestar.files.records import StackResult
from crowdsky_tui.instruments.seestar.stacking import find_finished

PICTURES = companions(DSO)


async def test_each_step_is_noted_before_it_is_done_and_the_rename_is_the_last() -> None:
    scope = StackingStandIn()
    assert await scope.stack() == StackResult("complete", NEW, FRAMES, 5760, taken=TAKEN)
    assert scope.done == [
        "note clear", "clear_batch_stack", "note set", "set_batch_stack_setting",
        "note start", "start_batch_stack", "note follow",
        "note companions", f"rename {HOME}/{PICTURES[0]}", f"rename {HOME}/{PICTURES[1]}",
        "note rename", f"rename {HOME}/{DSO}", "clear_batch_stack",
    ]  # fmt: skip
    assert set(scope.folders[HOME]) == {NEW, *companions(NEW)}
    assert scope.noted("rename") == {"folder": HOME, "old": DSO, "new": NEW}
    assert scope.noted("set") == {"folder": SUBS, "frames": FRAMES, "full_paths": True}


async def test_only_who_holds_the_mark_goes_on_and_it_is_looked_at_before_each_step() -> None:
    scope = StackingStandIn()
    await scope.stack()
    label = "M 81 22:00 LP"
    assert scope.held == [f"begin {label}", *[label] * 6, f"end {label}"]
    scope = StackingStandIn()
    taken = iter([None, None, ScopeBusy("another copy stacks")])

    async def hold_stacking(label: str) -> None:
        if error := next(taken):
            raise error

    scope.hold_stacking = hold_stacking  # type: ignore[method-assign]
    with pytest.raises(ScopeBusy):
        await scope.stack()
    assert "start_batch_stack" not in scope.done and "note start" not in scope.done


async def test_blocks_of_one_telescope_take_turns() -> None:
    scope = StackingStandIn()
    scope.before["start_batch_stack"] = lambda: locked.append(scope.batch_lock.locked())
    locked: list[bool] = []
    await scope.stack()
    assert locked == [True] and not scope.batch_lock.locked()


async def test_a_block_whose_hour_nobody_can_tell_is_never_begun() -> None:
    scope = StackingStandIn()
    with pytest.raises(UsageError, match="cannot be stacked yet"):
        await scope.stack(msgspec.structs.replace(BLOCK, ambiguous=True))
    assert scope.done == [] and scope.held == []


async def test_what_could_not_be_named_is_never_begun() -> None:
    scope = StackingStandIn()
    scope.refused_name = SUBS
    with pytest.raises(StackFailed, match="M 81 is not stacked") as raised:
        await scope.stack()
    assert raised.value.status == "error" and scope.done == [] and scope.held == []


@pytest.mark.parametrize(
    ("firmware", "full"), [(2774, False), (2775, True), (None, True), (3000, True)]
)
async def test_the_firmware_decides_the_form_of_the_names(firmware: int | None, full: bool) -> None:
    scope = StackingStandIn()
    scope.firmware_int = firmware
    await scope.stack()
    assert scope.noted("set")["full_paths"] is full


@pytest.mark.parametrize("refused", [False, True])
async def test_no_image_is_tried_once_more_with_the_other_form_and_no_oftener(
    refused: bool,
) -> None:
    scope = StackingStandIn()
    if refused:
        scope.answers["start_batch_stack"] = CommandRefused("no", "no image", code=267)
    else:
        scope.result = {"state": "fail", "code": 267, "error": "no image", "output_file": {}}
    with pytest.raises(StackFailed, match="could not stack M 81 22:00") as raised:
        await scope.stack()
    assert (raised.value.code, raised.value.status) == (267, "fail")
    assert raised.value.why == "no image (code 267)"
    forms = [facts["full_paths"] for step, facts in scope.facts if step == "set"]
    assert forms == [True, False]


async def test_a_stack_that_is_there_counts_whatever_code_is_told_with_it() -> None:
    scope = StackingStandIn()
    scope.result = {"code": 267}
    assert (await scope.stack()).name == NEW and scope.done.count("start_batch_stack") == 1


async def test_how_far_it_is_is_told_until_it_is_named() -> None:
    scope = StackingStandIn()
    scope.result = {"state": "working", "percent": 50, "remaining_sec": 9}
    scope.before["note companions"] = lambda: told.append("named")
    told: list[Any] = []

    def progress(part: float, text: str) -> None:
        told.append((part, text))
        scope.end_job(state="complete")

    await scope.stack(progress=progress)
    assert told == [(0.5, "9 s left"), (1.0, f"naming {NEW}"), "named"]


async def test_any_other_failure_is_final_and_tells_what_the_telescope_said() -> None:
    for told, why, status in (
        ({"state": "fail", "code": 5, "error": "few stars"}, "few stars (code 5)", "fail"),
        ({"state": "fail", "code": 5, "error": ""}, "fail (code 5)", "fail"),
        ({"state": "cancel"}, "cancel", "cancel"),
        ({"state": "odd"}, "odd", "error"),
    ):
        scope = StackingStandIn()
        scope.result = {**told, "output_file": {}}
        with pytest.raises(StackFailed) as raised:
            await scope.stack()
        assert (raised.value.why, raised.value.status) == (why, status)
        assert scope.done.count("start_batch_stack") == 1


async def test_a_failure_says_how_many_of_its_sub_frames_are_gone() -> None:
    scope = StackingStandIn()
    scope.result = {"state": "fail", "output_file": {}}
    scope.before["start_batch_stack"] = lambda: scope.folders[SUBS].pop(NAMES[3])
    with pytest.raises(StackFailed) as raised:
        await scope.stack()
    assert raised.value.why == "1 of its 12 sub-frames are gone from their folder"
    assert "renamed, moved or emptied" in raised.value.next_step
    scope = StackingStandIn()
    scope.result = {"state": "fail", "output_file": {}}
    scope.before["start_batch_stack"] = lambda: scope.folders.pop(SUBS)
    with pytest.raises(StackFailed, match="could not stack") as raised:
        await scope.stack()
    assert raised.value.why.startswith("12 of its 12")


@pytest.mark.parametrize("method", ["set_batch_stack_setting", "start_batch_stack"])
async def test_a_refusal_is_a_failure_except_that_a_running_job_is_waited_for(method: str) -> None:
    scope = StackingStandIn()
    scope.answers[method] = CommandRefused("it said no", "busy", code=207)
    with pytest.raises(StackFailed, match="it said no") as raised:
        await scope.stack()
    assert (raised.value.code, raised.value.status) == (207, "error")
    scope = StackingStandIn()
    scope.answers[method] = CommandRefused("it said no", "busy", code=259)
    with pytest.raises(ScopeBusy, match="something else"):
        await scope.stack()


async def test_a_job_of_another_app_that_has_just_begun_is_never_cleared_away() -> None:
    scope = StackingStandIn()
    scope.before["note clear"] = scope.begins_elsewhere
    with pytest.raises(ScopeBusy):
        await scope.stack()
    assert scope.done == ["note clear"] and scope.job


async def test_other_sub_frames_that_somebody_has_set_are_never_started() -> None:
    scope = StackingStandIn()
    scope.before["note start"] = lambda: scope.setting["files"].pop()
    with pytest.raises(StackDisturbed, match="not this block's"):
        await scope.stack()
    assert "start_batch_stack" not in scope.done


@pytest.mark.parametrize("total", [FRAMES, 0, None])
async def test_a_result_counts_where_the_telescope_does_not_tell_of_how_many_it_is(
    total: int | None,
) -> None:
    scope = StackingStandIn()
    scope.result = {"total_img": total}
    assert (await scope.stack()).name == NEW


async def test_a_result_of_other_sub_frames_is_disowned_and_never_named() -> None:
    scope = StackingStandIn()
    scope.result = {"total_img": FRAMES - 1}
    with pytest.raises(StackDisturbed, match="not this block's") as raised:
        await scope.stack(noted={"not_ours": ["DSO_a.fit"]})
    assert raised.value.why == "it was made of 11 sub-frames, not of 12"
    assert scope.noted("disturbed") == {"not_ours": [DSO, "DSO_a.fit"]}
    assert set(scope.folders[HOME]) == {DSO, *PICTURES}


async def test_a_setting_that_was_changed_while_it_stacked_disowns_the_result() -> None:
    scope = StackingStandIn()
    scope.before["start_batch_stack"] = lambda: scope.setting["files"].pop()
    with pytest.raises(StackDisturbed):
        await scope.stack()
    assert scope.noted("disturbed") == {"not_ours": [DSO]} and DSO in scope.folders[HOME]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"date_obs": BLOCK.block_start - timedelta(seconds=11)}, "its header says 27 Feb"),
        ({"filter": "IRCUT"}, "its filter is IRCUT"),
        ({"exposure_s": 10.0}, "its sub-frames are of 10 s"),
        ({"stack_count": FRAMES + 1}, "it is of 13 sub-frames"),
        ({"object_name": "M 82"}, "its object is M 82"),
    ],
)
async def test_a_result_whose_header_is_of_another_block_is_disowned(
    told: dict[str, Any], why: str
) -> None:
    scope = StackingStandIn()
    scope.header = told
    with pytest.raises(StackDisturbed) as raised:
        await scope.stack()
    assert why in raised.value.why and scope.noted("disturbed") == {"not_ours": [DSO]}
    assert DSO in scope.folders[HOME]


@pytest.mark.parametrize(
    ("off_s", "fits"), [(-20, True), (-21, False), (15 * 60 + 20, True), (15 * 60 + 21, False)]
)
async def test_where_no_sub_frame_can_be_read_the_blocks_own_times_count(
    off_s: int, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find_finished, "READ_ATTEMPTS", 1)
    scope = StackingStandIn()
    scope.unreadable = {NAMES[0]}
    scope.header = {"date_obs": BLOCK.block_start + timedelta(seconds=off_s)}
    if fits:
        assert (await scope.stack()).name == NEW
    else:
        with pytest.raises(StackDisturbed):
            await scope.stack()


@pytest.mark.parametrize(
    ("output", "name", "ours"),
    [
        ({"path": "MyWorks/M 81_mosaic", "files": [{"name": DSO}]}, DSO, True),
        ({"path": "MyWorks/M 82", "files": [{"name": DSO}]}, DSO, False),
        (None, DSO.replace("20.0s", "10.0s"), False),
        (None, DSO.replace(f"_{FRAMES}_", f"_{FRAMES + 1}_"), False),
        (None, "odd.fit", True),
        ({}, DSO, False),
    ],
)
async def test_a_result_is_the_blocks_by_its_folder_exposure_and_number(
    output: Any, name: str, ours: bool
) -> None:
    scope = StackingStandIn()
    scope.made = name
    if output is not None:
        scope.result = {"output_file": output}
    if output and output["path"].endswith("_mosaic"):
        scope.before["note companions"] = lambda: scope.folders.update(
            {"M 81_mosaic": scope.folders[HOME].copy()}
        )
    if ours:
        assert (await scope.stack()).name == NEW
    else:
        with pytest.raises(StackDisturbed, match="not this block's"):
            await scope.stack()


@pytest.mark.parametrize(
    ("name", "count", "frames"), [(DSO, 5, FRAMES), ("odd.fit", 5, 5), ("odd.fit", None, FRAMES)]
)
async def test_how_many_sub_frames_it_is_of_its_name_tells_else_its_header(
    name: str, count: int | None, frames: int
) -> None:
    scope = StackingStandIn()
    scope.made, scope.header = name, {"stack_count": count}
    assert (await scope.stack()).frames == frames


@pytest.mark.parametrize("pixel", [None, 0])
async def test_a_stack_without_a_position_keeps_its_working_name(pixel: int | None) -> None:
    scope = StackingStandIn()
    scope.header = {"pixel": pixel}
    with pytest.raises(StackFailed, match="cannot be named") as raised:
        await scope.stack()
    assert DSO in scope.folders[HOME] and raised.value.status == "error"


async def test_a_picture_that_is_not_there_is_no_loss() -> None:
    scope = StackingStandIn()
    scope.before["note companions"] = lambda: scope.folders[HOME].pop(PICTURES[0])
    assert (await scope.stack()).name == NEW
    assert set(scope.folders[HOME]) == {NEW, companions(NEW)[1]}


@pytest.mark.parametrize("kind", [ScopeTimeout, ScopeUnreachable])
async def test_a_telescope_that_goes_at_a_picture_is_come_back_to(kind: type[Exception]) -> None:
    def gone() -> None:
        raise kind("gone")

    scope = StackingStandIn()
    scope.before[f"rename {HOME}/{PICTURES[0]}"] = gone
    with pytest.raises(kind):
        await scope.stack()
    assert DSO in scope.folders[HOME] and "note rename" not in scope.done


async def test_a_stack_that_is_not_listed_under_its_name_is_never_called_done() -> None:
    scope = StackingStandIn()
    real = scope.rename

    async def rename(before: str, after: str) -> None:
        await real(before, after)
        scope.folders[HOME].pop(NEW, None)

    scope.rename = rename  # type: ignore[method-assign]
    with pytest.raises(StackFailed, match="not in the telescope's listing") as raised:
        await scope.stack()
    assert raised.value.status == "error"


async def test_only_our_own_ended_job_is_forgotten_at_the_end() -> None:
    scope = StackingStandIn()
    scope.before[f"rename {HOME}/{DSO}"] = scope.begins_elsewhere
    assert (await scope.stack()).name == NEW
    assert scope.done.count("clear_batch_stack") == 1 and scope.job


async def test_a_job_that_cannot_be_forgotten_spoils_no_stack() -> None:
    scope = StackingStandIn()
    scope.before[f"rename {HOME}/{DSO}"] = lambda: scope.answers.update(
        clear_batch_stack=CommandRefused("no", code=1)
    )
    assert (await scope.stack()).name == NEW
