"""The ledger in memory: nothing is lost in packing and opening, and little room is taken."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.progress.ledger_cache import LedgerBook

FIRST = datetime(2026, 4, 1, 18, tzinfo=UTC)
UPLOADS = ("", "sending", "doubt", "sent", "confirmed")


def entry(day: int, slot: int = 72, upload: str = "confirmed", **more: Any) -> LedgerEntry:
    start = FIRST + timedelta(days=day, minutes=15 * (slot - 72))
    chunk = f"{start:%Y%m%d}.{slot:02d}"
    order = Order(
        scope="S50",
        serial="0000a3f0",
        telescope="S50_0000a3f0",
        target="M 81",
        folder="M 81",
        sub_folder="M 81_sub",
        chunk=chunk,
        exposure="20.0s",
        filter="LP",
        start=start,
        end=start + timedelta(minutes=15),
        name=f"CrowdSky_40_M 81_20.0s_LP_{chunk}_HP006478.fit",
    )
    values: dict[str, object] = {"local_path": "/stacks/one.fit", "sha256": "ab" * 32}
    row_id = day * 100 + slot if upload == "confirmed" else None
    return LedgerEntry(order, upload=Delivery(upload), row_id=row_id, **{**values, **more})


def chunks(*days: int) -> list[str]:
    return [f"{FIRST + timedelta(days=day):%Y%m%d}.72" for day in days]


def test_what_is_settled_and_far_is_packed_and_comes_back_as_it_was() -> None:
    book = LedgerBook()
    noted = [entry(day, slot) for day in range(3) for slot in (72, 73)]
    for each in noted:
        book.note(each)
    assert len(book.keep_at_hand(chunks(1))) == 2
    assert len(book.keep_at_hand(())) == 0
    opened = book.keep_at_hand(chunks(0, 1, 2))
    assert opened == {each.order.stack_id: each.slim() for each in noted}
    assert book.proved == {each.row_id: True for each in noted}


def test_a_day_with_an_open_question_stays_open_with_all_its_rivals() -> None:
    book = LedgerBook()
    question = entry(0, 73, "sent")
    for each in (entry(0), question, entry(1)):
        book.note(each)
    assert set(book.keep_at_hand(())) == {entry(0).order.stack_id, question.order.stack_id}


def test_the_day_of_the_server_s_word_counts_too() -> None:
    book = LedgerBook()
    late = entry(0, server_key="20260402.00_HP006478")
    book.note(late)
    assert late.order.stack_id in book.keep_at_hand(()), "it is of two days: never packed"


def test_a_row_that_has_gone_is_proved_no_longer() -> None:
    book = LedgerBook()
    book.note(entry(0))
    book.keep_at_hand(())
    gone = msgspec.structs.replace(entry(0), upload=Delivery.SENT)
    book.note(gone)
    assert book.proved == {}
    assert book.keep_at_hand(()) == {gone.order.stack_id: gone}


Step = tuple[str, int, int]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(UPLOADS), st.integers(0, 4), st.integers(72, 75)),
            st.tuples(st.just("look"), st.integers(0, 4), st.integers(0, 4)),
        ),
        max_size=40,
    )
)
def test_any_order_of_notes_and_looks_keeps_the_last_word_of_each(steps: list[Step]) -> None:
    book = LedgerBook()
    last: dict[str, LedgerEntry] = {}
    for what, day, number in steps:
        if what == "look":
            wanted = chunks(day, number)
            found = book.keep_at_hand(wanted)
            days = {chunk[:8] for chunk in wanted}
            expected = {k: e for k, e in last.items() if e.order.chunk[:8] in days}
            assert {k: e for k, e in found.items() if k in expected} == expected
        else:
            noted = entry(day, number, what)
            book.note(noted)
            last[noted.order.stack_id] = noted.slim() if what == "confirmed" else noted
    assert book.keep_at_hand(chunks(*range(5))) == last
    assert book.proved == {e.row_id: True for e in last.values() if e.row_id is not None}


def test_thousands_of_settled_stacks_take_a_fifth_of_the_room() -> None:
    def held(at_hand: list[str]) -> int:
        tracemalloc.start()
        book = LedgerBook()
        for day in range(20):
            for slot in range(72, 96):
                book.note(entry(day, slot))
            book.keep_at_hand(at_hand)
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(book.proved) == 480
        return used

    at_hand = chunks(*range(20))
    held(at_hand)  # fills the caches of names and keys
    assert held([]) < held(at_hand) / 5
