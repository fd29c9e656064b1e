"""How far each block is, and why: from folders, journal and server together."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from crowdsky_tui.blocks import (
    format_light_filename,
    group_frames_into_blocks,
    parse_crowdsky_name,
    parse_light_filename,
)
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.progress.situation import (
    Known,
    TargetFacts,
    caught_up,
    orders_of,
    rows_of,
    situation,
)
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import BlockState, JobState

VIENNA = ZoneInfo("Europe/Vienna")
START = datetime(2026, 2, 27, 22, 45)
LATER = datetime(2026, 2, 28, 6, 0, tzinfo=UTC)
STACK = "CrowdSky_41_M 81_20.0s_LP_20260227.87_HP006478.fit"


def facts(
    *stacks: str, frames: int = 44, scope: str = "a", filter: str = "LP", target: str = "M 81"
) -> TargetFacts:
    names = [
        format_light_filename(target, "20.0s", filter, START + timedelta(seconds=20 * number))
        for number in range(frames)
    ]
    lights = [frame for name in names if (frame := parse_light_filename(name))]
    return TargetFacts(
        scope=scope,
        serial=f"{scope}123456",
        telescope=f"S50_{scope}123456",
        target=target,
        folder=target,
        sub_folder=f"{target}_sub",
        zone=VIENNA,
        raw_files=frames,
        stacked_files=len(stacks),
        blocks=tuple(group_frames_into_blocks(lights, zone=VIENNA).values()),
        stacks=tuple(name for stack in stacks if (name := parse_crowdsky_name(stack))),
        read_at=LATER,
    )


def row(**changes: Any) -> ServerStack:
    plain = ServerStack(
        id=1,
        chunk_key="20260227.87_HP006478",
        object_name="M 81",
        telescope_id="S50_a123456",
        filter_name="LP",
        date_obs_start=datetime(2026, 2, 27, 21, 45, tzinfo=UTC),
        date_obs_end=datetime(2026, 2, 27, 22, 0, tzinfo=UTC),
        n_frames_input=44,
        n_frames_aligned=41,
        total_exptime=820.0,
        ra_deg=148.9,
        dec_deg=69.1,
        file_size_bytes=1,
        created_at=None,
    )
    return msgspec.structs.replace(plain, **changes)


def known(**changes: Any) -> Known:
    plain = Known(now=LATER, min_exptime=240, ledger={}, delivered={}, open={}, ended={}, rows={})
    return msgspec.structs.replace(plain, **changes)


def job(order: Order, kind: str, state: JobState, reason: str = "why") -> Job:
    return Job(1, kind, "confirm", order, state, LATER, reason=reason)


def only(found: list[Order]) -> Order:
    (order,) = found
    return order


def test_a_block_without_a_stack_is_ready() -> None:
    seen = situation(only(orders_of(facts())), known())
    assert (seen.block.state, seen.block.frame_count, seen.block.effective_s) == (
        BlockState.READY,
        44,
        880,
    )
    assert seen.to_stack and not seen.to_upload


def test_a_short_block_says_what_it_lacks() -> None:
    seen = situation(only(orders_of(facts(frames=11))), known())
    assert seen.block.state is BlockState.SHORT
    assert seen.block.reason == "11 sub-frames are 220 s of the 240 s needed"
    assert not seen.to_stack
    assert situation(only(orders_of(facts(frames=12))), known()).block.state is BlockState.READY


def test_a_block_that_is_not_over_is_recording() -> None:
    before_end = datetime(2026, 2, 27, 21, 59, 50, tzinfo=UTC)
    seen = situation(only(orders_of(facts())), known(now=before_end))
    assert seen.block.state is BlockState.RECORDING
    assert "23:00" in seen.block.reason  # the scope's clock, not ours
    assert not seen.to_stack


def test_an_unclear_hour_is_left_alone() -> None:
    seen = situation(only(orders_of(facts())), known(), "its hour happens twice")
    assert seen.block.state is BlockState.UNCLEAR and not seen.to_stack


def test_a_stack_on_the_scope_is_to_be_sent() -> None:
    order = only(orders_of(facts(STACK)))
    seen = situation(order, known())
    assert order.name == STACK and len(order.files) == 44
    assert seen.block.state is BlockState.STACKED and seen.to_upload and not seen.to_stack


def test_a_stack_whose_frames_are_gone_still_counts() -> None:
    order = only(orders_of(facts(STACK, frames=0)))
    assert (order.files, order.chunk) == ((), "20260227.87")
    assert order.start == datetime(2026, 2, 27, 22, 45, tzinfo=VIENNA)
    assert situation(order, known()).to_upload


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        ({"sha256": "1"}, BlockState.FETCHED),
        ({"sha256": "1", "upload": "doubt"}, BlockState.SENT),
        ({"sha256": "1", "upload": "sent"}, BlockState.SENT),
        # confirmed once, but not in today's list: not claimed
        ({"sha256": "1", "upload": "confirmed"}, BlockState.SENT),
    ],
)
def test_the_ledger_tells_how_far_a_stack_is(entry: dict[str, str], state: BlockState) -> None:
    order = only(orders_of(facts(STACK)))
    ledger = {order.stack_id: LedgerEntry(order, **entry)}  # type: ignore[arg-type]
    assert situation(order, known(ledger=ledger)).block.state is state


@pytest.mark.parametrize(
    ("kind", "state", "expected"),
    [
        ("stack", JobState.QUEUED, BlockState.WAITING),
        ("stack", JobState.RUNNING, BlockState.STACKING),
        ("upload", JobState.RUNNING, BlockState.SENDING),
        ("confirm", JobState.WAITING, BlockState.SENT),
    ],
)
def test_an_open_job_shows(kind: str, state: JobState, expected: BlockState) -> None:
    order = only(orders_of(facts()))
    seen = situation(order, known(open={order.block_id: job(order, kind, state)}))
    assert seen.block.state is expected and seen.under_way


def test_a_failed_stack_can_be_asked_for_again_and_says_why() -> None:
    order = only(orders_of(facts()))
    ended = {order.block_id: job(order, "stack", JobState.FAILED, "no image (267)")}
    seen = situation(order, known(ended=ended))
    assert seen.block.state is BlockState.FAILED and seen.to_stack
    assert "267" in seen.block.reason
    done_since = only(orders_of(facts(STACK)))
    assert situation(done_since, known(ended=ended)).block.state is BlockState.STACKED


def test_a_row_confirms_its_own_stack_only() -> None:
    mine, other = facts(STACK), facts(STACK, scope="b")
    orders = [*orders_of(mine), *orders_of(other)]
    found = rows_of(orders, {}, [row()])
    assert list(found) == [orders[0].stack_id]
    lp = STACK.replace("_LP_", "_IRCUT_")
    assert rows_of(orders_of(facts(lp, filter="IRCUT")), {}, [row()]) == {}


def test_one_row_with_an_unknown_telescope_confirms_neither_of_two() -> None:
    orders = [*orders_of(facts(STACK)), *orders_of(facts(STACK, scope="b"))]
    assert rows_of(orders, {}, [row(telescope_id="7")]) == {}
    assert len(rows_of(orders[1:], {}, [row(telescope_id="7")])) == 1
    assert len(rows_of(orders, {}, [row(telescope_id="7", id=number) for number in (1, 2)])) == 2


def test_a_block_whose_stack_was_deleted_is_confirmed_by_its_row() -> None:
    order = only(orders_of(facts()))
    rows = rows_of([order], {}, [row()])
    seen = situation(order, known(rows=rows))
    assert seen.block.state is BlockState.CONFIRMED and not seen.to_stack
    assert rows_of([order], {}, [row(object_name="NGC 3077")]) == {}


def test_views_carry_the_reason_and_the_scopes_clock() -> None:
    view = situation(only(orders_of(facts())), known()).block
    assert f"{view.block_start:%H:%M %z}" == "22:45 +0100"
    assert (view.progress, view.state, view.key.chunk) == (None, BlockState.READY, "20260227.87")


def test_a_job_that_ended_after_the_folders_were_read_is_believed() -> None:
    order = only(orders_of(facts()))
    done = msgspec.structs.replace(order, name=STACK)
    before, after = LATER - timedelta(seconds=1), LATER + timedelta(seconds=1)
    for kind, when, name in (
        ("stack", after, STACK),
        ("confirm", after, STACK),
        ("stack", before, ""),
        ("purge", after, ""),
    ):
        proved = msgspec.structs.replace(job(done, kind, JobState.PROVED), proved_at=when)
        assert caught_up(order, proved, LATER).name == name
    assert caught_up(order, job(done, "stack", JobState.FAILED), LATER).name == ""


def test_a_folder_renamed_or_copied_never_has_listed_blocks_stacked_again() -> None:
    whole = facts(STACK)
    renamed = msgspec.structs.replace(
        whole, target="M 81 old", folder="M 81 old", sub_folder="M 81 old_sub", stacks=()
    )
    listed = row()
    first, *_ = orders_of(whole)
    moved, *_ = orders_of(renamed)
    assert not moved.name
    assert rows_of([moved], {}, [listed]) == {moved.stack_id: listed}
    both = rows_of([first, moved], {}, [listed])
    assert both == {first.stack_id: listed, moved.stack_id: listed}
    fuller = msgspec.structs.replace(moved, files=(*moved.files, "Light_new.fit"))
    assert fuller.stack_id not in rows_of([first, fuller], {}, [listed])


def test_stacks_come_first_and_one_row_proves_one_stack_only() -> None:
    stacked, bare = facts(STACK), facts()
    other = msgspec.structs.replace(
        bare, folder="M 81 again", sub_folder="M 81 again_sub", blocks=bare.blocks
    )
    mine = only(orders_of(stacked))
    without = msgspec.structs.replace(only(orders_of(other)), files=("Light_other.fit",))
    for orders in ([mine, without], [without, mine]):
        assert rows_of(orders, {}, [row()]) == {mine.stack_id: row()}


@pytest.mark.parametrize("name", ["NGC 3077", "", "M 8", "M 811"])
def test_a_block_without_a_stack_counts_only_if_the_row_names_its_target(name: str) -> None:
    order = only(orders_of(facts()))
    assert rows_of([order], {}, [row(object_name=name)]) == {}
    assert rows_of([order], {}, [row(object_name="M81")]) != {}
