"""Each rule of precedence between folders, journal, ledger and list, by its name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from test_survey import LATER, STACK, facts, job, known, only, row

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.kind import Kind, registered
from crowdsky_tui.jobs.ledger import LedgerEntry, same_file_text
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.progress.situation import (
    GONE,
    NO_ROW,
    Situation,
    Verdict,
    caught_up,
    orders_of,
    rows_of,
    situation,
    target_view,
)
from crowdsky_tui.store.store import BlockState, JobState

FULLER = STACK.replace("_41_", "_43_")
HELD = Verdict(BlockState.HELD, "held by hand", by_hand=True)


def stacked() -> Order:
    return only(orders_of(facts(STACK)))


def bare() -> Order:
    return only(orders_of(facts()))


def state(found: Situation) -> tuple[BlockState, str]:
    return found.block.state, found.block.reason


def in_ledger(order: Order, **fields: Any) -> dict[str, Any]:
    return {"ledger": {order.stack_id: LedgerEntry(order, **fields)}}


def delivered(order: Order, upload: Delivery) -> dict[str, Any]:
    sent = LedgerEntry(msgspec.structs.replace(order, name=STACK), upload=upload)
    return {"delivered": {order.block_id: sent}}


# what came after stacking


@pytest.mark.parametrize(
    ("subs", "late", "said"),
    [
        (42, 2, "2 sub-frames came after stacking; not sent yet"),
        (43, 1, "1 sub-frame came after stacking; not sent yet"),
        (44, 0, "not sent yet"),
        (50, 0, "not sent yet"),
    ],
)
def test_a_block_that_grew_says_by_how_many_and_only_then_is_stacked_anew(
    subs: int, late: int, said: str
) -> None:
    order = stacked()
    found = situation(order, known(stacked_subs={order.block_id: subs}))
    assert (found.block.late, found.block.reason, found.to_restack) == (late, said, late > 0)
    confirmed = situation(
        order, known(stacked_subs={order.block_id: 43}, rows={order.stack_id: row()})
    )
    assert confirmed.block.reason == "1 sub-frame came after stacking"


def test_only_a_stack_that_no_job_is_about_is_made_anew() -> None:
    order = stacked()
    grown = {"stacked_subs": {order.block_id: 42}}
    busy = {order.block_id: job(order, "upload", JobState.QUEUED)}
    assert not situation(order, known(**grown, open=busy)).to_restack
    assert not situation(bare(), known(**grown)).to_restack


# who counts first


def test_a_delivered_block_without_a_file_is_as_far_as_its_stack_and_never_begun_again() -> None:
    order = bare()
    for upload, expected in (
        (Delivery.CONFIRMED, BlockState.CONFIRMED),
        (Delivery.SENT, BlockState.SENT),
        (Delivery.DOUBT, BlockState.SENT),
    ):
        there = delivered(order, upload)
        for found in (
            situation(order, known(**there)),
            situation(order, known(**there), "its hour happens twice"),
            situation(order, known(**there), barred="no colon"),
        ):
            assert state(found) == (expected, GONE)
            assert not found.to_stack and not found.to_upload


def test_a_row_of_a_block_without_a_file_says_that_it_is_gone() -> None:
    for order, reason in ((bare(), GONE), (stacked(), "")):
        found = situation(order, known(rows={order.stack_id: row()}))
        assert state(found) == (BlockState.CONFIRMED, reason)
        assert found.block.chunk_key == row().chunk_key
        assert found.block.stack_name == (order.name or None)


def test_a_night_of_a_clock_that_was_not_set_is_never_begun_or_sent() -> None:
    early = datetime(1970, 1, 1, tzinfo=UTC)
    for order in (bare(), stacked()):
        found = situation(msgspec.structs.replace(order, start=early, end=early), known())
        assert found.block.state is BlockState.UNCLEAR and "1970-01-01" in found.block.reason
        assert not found.to_stack and not found.to_upload


def test_a_failed_sending_is_shown_until_a_person_has_said_something() -> None:
    order = stacked()
    there = in_ledger(order, sha256="1")
    ended = {order.block_id: job(order, "upload", JobState.FAILED, "refused")}
    assert state(situation(order, known(**there, ended=ended))) == (
        BlockState.FAILED,
        "upload: refused",
    )
    held = known(**there, ended=ended, verdict=lambda _order: HELD)
    assert state(situation(order, held)) == (BlockState.HELD, "held by hand")


@pytest.mark.parametrize("over", [JobState.PROVED, JobState.CANCELLED])
def test_only_a_failed_job_makes_a_block_failed(over: JobState) -> None:
    for order, kind in ((bare(), "stack"), (stacked(), "upload")):
        found = situation(order, known(ended={order.block_id: job(order, kind, over)}))
        assert found.block.state in {BlockState.READY, BlockState.STACKED}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"upload": Delivery.SENT}, "the server has not listed it yet"),
        ({"upload": Delivery.SENT, "row_id": 3}, NO_ROW),
        ({"upload": Delivery.CONFIRMED, "row_id": 3}, "the server has not listed it yet"),
        ({"upload": Delivery.DOUBT}, "handed over, but no answer came"),
    ],
)
def test_what_was_handed_over_is_never_called_confirmed_without_its_row(
    fields: dict[str, Any], said: str
) -> None:
    order = stacked()
    assert state(situation(order, known(**in_ledger(order, **fields)))) == (BlockState.SENT, said)


def test_what_nobody_looks_after_may_be_asked_about_and_what_a_job_is_about_never() -> None:
    order = stacked()
    there = in_ledger(order, upload=Delivery.SENT)
    alone = situation(order, known(**there))
    assert alone.unchased and alone.to_upload
    busy = {order.block_id: job(order, "confirm", JobState.WAITING)}
    looked_after = situation(order, known(**there, open=busy))
    assert looked_after.under_way and not looked_after.unchased and not looked_after.to_upload


def test_the_review_speaks_only_of_what_lies_here() -> None:
    order = stacked()
    asked = known(verdict=lambda _order: HELD)
    assert situation(order, asked).block.state is BlockState.STACKED
    noted = msgspec.structs.replace(asked, **in_ledger(order))
    assert situation(order, noted).block.state is BlockState.STACKED
    here = msgspec.structs.replace(asked, **in_ledger(order, sha256="1"))
    assert situation(order, here).block.state is BlockState.HELD


def test_the_same_file_as_one_that_is_forgotten_is_said_all_the_same() -> None:
    order = stacked()
    found = situation(order, known(**in_ledger(order, same_as="gone/from/the/ledger")))
    assert state(found)[0] is BlockState.SAME and "another stack" in found.block.reason


# open jobs


def test_an_open_job_says_what_it_waits_for() -> None:
    order = stacked()

    def shown(kind: str, reason: str, at: JobState = JobState.WAITING) -> tuple[BlockState, str]:
        return state(situation(order, known(open={order.block_id: job(order, kind, at, reason)})))

    assert shown("confirm", "") == (BlockState.SENT, "sent, not listed yet")
    assert shown("confirm", "asked at noon") == (BlockState.SENT, "asked at noon")
    assert shown("upload", "") == (BlockState.WAITING, "upload: in the queue")
    assert shown("upload", "away") == (BlockState.WAITING, "upload: away")
    assert shown("upload", "", JobState.RUNNING) == (BlockState.SENDING, "upload is running")
    assert shown("photometry", "", JobState.RUNNING)[0] is BlockState.WAITING  # of a later version


# orders


def test_of_a_blocks_stacks_the_fullest_is_first_and_the_blocks_are_in_order() -> None:
    orders = orders_of(facts(STACK, FULLER))
    assert [order.name for order in orders] == [FULLER, STACK]
    two = msgspec.structs.replace(
        facts(), blocks=(*facts(filter="LP").blocks, *facts(filter="IRCUT").blocks)
    )
    assert [order.filter for order in orders_of(two)] == ["IRCUT", "LP"]


def test_a_stack_without_sub_frames_is_of_a_whole_quarter_of_none() -> None:
    order = only(orders_of(facts(STACK, frames=0)))
    assert order.end - order.start == timedelta(minutes=15)
    assert situation(order, known()).block.frame_count == 0
    nameless = msgspec.structs.replace(order, name="")
    assert not situation(nameless, known()).unstacked


def test_a_job_is_believed_only_if_it_was_proved_after_the_folders_were_read() -> None:
    order, done = bare(), stacked()
    at_once = msgspec.structs.replace(job(done, "stack", JobState.PROVED), proved_at=LATER)
    assert caught_up(order, at_once, LATER) is order
    assert caught_up(order, None, LATER) is order
    kind: Any = Kind("later", Order, lambda _: None, subject=lambda one: one.stack_id, doing="")  # type: ignore[arg-type, return-value]
    after = msgspec.structs.replace(at_once, kind="later", proved_at=LATER + timedelta(seconds=1))
    with registered(kind):
        assert caught_up(order, after, LATER).name == STACK
    assert caught_up(order, after, LATER).name == STACK  # of a kind that nobody knows here


# what may be asked for


def test_only_what_is_free_to_leave_is_to_be_sent() -> None:
    order = stacked()
    fetched = in_ledger(order, sha256="sha", local_path="/x")
    assert situation(order, known(**fetched)).to_upload
    assert not situation(order, known(**fetched, verdict=lambda _order: HELD)).to_upload
    at_work = {order.block_id: job(order, "fetch", JobState.RUNNING)}
    assert not situation(order, known(**fetched, open=at_work)).to_upload
    assert not situation(order, known(**fetched, rows={order.stack_id: row()})).to_upload
    assert not situation(bare(), known()).to_upload


def test_what_has_a_stack_is_never_stacked_because_something_else_failed() -> None:
    order = stacked()
    failed = {order.block_id: job(order, "upload", JobState.FAILED)}
    found = situation(order, known(ended=failed))
    assert found.block.state is BlockState.FAILED and not found.to_stack and found.to_upload


@pytest.mark.parametrize(("after_s", "over"), [(29, False), (30, True)])
def test_a_block_is_over_only_when_its_last_sub_frame_can_be_on_the_disk(
    after_s: int, over: bool
) -> None:
    order = bare()
    found = situation(order, known(now=order.end + timedelta(seconds=after_s)))
    assert found.block.state is (BlockState.READY if over else BlockState.RECORDING)


def test_the_same_file_names_the_stack_that_was_sent() -> None:
    order = stacked()
    twin = msgspec.structs.replace(order, target="M 82", folder="M 82")
    entries = {
        order.stack_id: LedgerEntry(order, same_as=twin.stack_id),
        twin.stack_id: LedgerEntry(twin, upload=Delivery.SENT),
    }
    said, reason = state(situation(order, known(ledger=entries)))
    assert said is BlockState.SAME and reason == same_file_text(entries[twin.stack_id])


# rows


def test_a_row_that_was_there_before_never_proves_a_stack_by_its_name_alone() -> None:
    order = stacked()
    entry = LedgerEntry(order, upload=Delivery.SENT, old_rows=(1,))
    assert rows_of([order], {order.stack_id: entry}, [row()]) == {}


def test_only_sub_frames_without_a_stack_count_by_those_of_another_folder() -> None:
    first = stacked()
    copied = msgspec.structs.replace(first, target="Copy", folder="Copy")
    nameless = msgspec.structs.replace(copied, name="", files=())
    for other in (copied, nameless):
        assert set(rows_of([first, other], {}, [row()])) == {first.stack_id}


# the targets pane


def test_a_targets_line_counts_each_block_by_its_state() -> None:
    order, other = stacked(), bare()
    seen = [
        situation(order, known()),
        situation(order, known(rows={order.stack_id: row()})),
        situation(other, known()),
        situation(other, known(open={other.block_id: job(other, "stack", JobState.QUEUED)})),
    ]
    view = target_view(facts(STACK), seen, ("12 fields", 3))
    assert (view.ready, view.stacked, view.confirmed, view.busy, view.failed) == (1, 2, 1, 1, 0)
    assert (view.coverage, view.coverage_days) == ("12 fields", 3)
    assert view.last_frame == facts().blocks[-1].block_end
    two = facts(frames=60).blocks
    assert len(two) == 2 and target_view(facts(frames=60), []).last_frame == two[1].block_end
    assert target_view(facts(frames=0), []).last_frame is None
