"""What is asked for of all that is known: each rule of `progress.requests` by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from situations import a_situation

from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.progress.requests import (
    orders_to_restack,
    orders_to_stack,
    outcome_of,
    plan_line,
    stacked_subs,
)
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.store.store import BlockState

START = datetime(2026, 2, 27, 22, 0, tzinfo=UTC)


def order(number: int, name: str = "") -> Order:
    begin = START + timedelta(minutes=15 * number)
    return Order(
        "S50", "a1", "S50_a1", "M 81", "M 81", f"c{number}", "20.0s", "LP", begin,
        begin + timedelta(minutes=15), files=("a.fit",), name=name,
    )  # fmt: skip


def seen(number: int, state: BlockState, name: str = "", **more: Any) -> Situation:
    return a_situation(order(number, name), state, "", 41, 820.0, **more)


READY = seen(1, BlockState.READY)
FAILED = seen(2, BlockState.FAILED)
WAITING = seen(3, BlockState.WAITING, under_way=True)
SENDING = seen(4, BlockState.SENDING, "CrowdSky_4.fit", under_way=True)
SHORT = seen(5, BlockState.SHORT)
EVERY = [READY, FAILED, WAITING, SENDING, SHORT]


def chunks(orders: list[Order]) -> list[str]:
    return [each.chunk for each in orders]


def test_only_what_is_ready_or_failed_is_stacked_and_only_of_the_chosen_blocks() -> None:
    assert chunks(orders_to_stack(EVERY, None, waiting=False, insist=False)) == ["c1", "c2"]
    chosen = {FAILED.order.block_key, SHORT.order.block_key}
    assert chunks(orders_to_stack(EVERY, chosen, waiting=False, insist=False)) == ["c2"]
    assert orders_to_stack(EVERY, set(), waiting=True, insist=False) == []


def test_what_is_asked_for_already_is_asked_again_only_if_that_is_wanted_and_no_stack_is() -> None:
    assert chunks(orders_to_stack(EVERY, None, waiting=True, insist=False)) == ["c1", "c2", "c3"]
    chosen = {WAITING.order.block_key}
    assert chunks(orders_to_stack(EVERY, chosen, waiting=True, insist=False)) == ["c3"]


def test_the_users_insistence_is_written_into_every_order() -> None:
    for insist in (True, False):
        orders = orders_to_stack(EVERY, None, waiting=True, insist=insist)
        assert {each.insist for each in orders} == {insist}


def grown(number: int, **more: Any) -> Situation:
    found = seen(number, BlockState.CONFIRMED, f"CrowdSky_{number}.fit", **more)
    return msgspec.structs.replace(found, block=msgspec.structs.replace(found.block, late=3))


def test_only_a_block_that_grew_is_stacked_anew_and_never_one_that_is_under_way() -> None:
    every = [grown(1), grown(2, under_way=True), seen(3, BlockState.CONFIRMED, "x.fit"), grown(4)]
    for waiting in (True, False):
        orders = orders_to_restack(every, None, waiting=waiting, insist=True)
        assert chunks(orders) == ["c1", "c4"]
        assert all(each.restack and each.insist and each.name == "" for each in orders)
    chosen = {every[3].order.block_key}
    assert chunks(orders_to_restack(every, chosen, waiting=False, insist=False)) == ["c4"]


def test_a_block_of_several_stacks_is_stacked_anew_once() -> None:
    twice = [grown(1), msgspec.structs.replace(grown(1), order=order(1, "other.fit"))]
    assert len(orders_to_restack(twice, None, waiting=False, insist=False)) == 1


def test_the_line_counts_what_is_new_and_what_was_under_way_already() -> None:
    none = outcome_of([], [], "block", "to stack")
    assert (none.note, none.jobs) == ("0 blocks to stack", ())
    assert outcome_of([(7, True)], [order(1)], "block", "to stack").note == "1 block to stack"
    both = outcome_of([(7, True), (8, False), (9, False)], [order(1)], "stack", "to send")
    assert both.note == "1 stack to send, 2 already under way"
    assert both.jobs == (7, 8, 9) and both.orders == (order(1),)


def test_the_fullest_stack_of_a_block_counts_and_never_one_that_others_made() -> None:
    entries = [LedgerEntry(order(1, f"{subs}.fit"), subs=subs) for subs in (12, 30, None, 20)]
    entries.append(LedgerEntry(order(2, "y.fit")))
    assert stacked_subs(entries) == {order(1).block_id: 30}


@pytest.mark.parametrize(
    ("state", "name", "reason", "said"),
    [
        (BlockState.READY, "", "ready to stack", ("stack", "820 s")),
        (BlockState.STACKED, "CrowdSky_1.fit", "", ("upload", "CrowdSky_1.fit")),
        (BlockState.SHORT, "", "5 sub-frames", ("skip", "short: 5 sub-frames")),
        (BlockState.CONFIRMED, "CrowdSky_1.fit", "", ("skip", "confirmed")),
    ],
)
def test_a_dry_run_says_what_would_be_done_and_why_not(
    state: BlockState, name: str, reason: str, said: tuple[str, str]
) -> None:
    line = plan_line(a_situation(order(1, name), state, reason))
    assert (line.action, line.reason) == said
    assert line.scope == "S50" and "41 × 20.0s LP" in line.what
