"""The server pane's rows: local, queued, compared, sorted; and a 40,000-row list in good time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import msgspec
import pytest

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.server_list import identity
from crowdsky_tui.progress.server_rows import (
    NO_ANSWER,
    VANISHED,
    downloaded_keys,
    queued_rows,
    stack_rows,
)
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import ServerView
from crowdsky_tui.tui.format import server_rows
from crowdsky_tui.tui.format.server_rows import age, arranged, compared

START = datetime(2026, 7, 24, 21, 0, tzinfo=UTC)
NOW = START + timedelta(hours=5)
KEY = "20260724.84_HP006478"

ORDERS = {order.name: order for order in server_rows.ORDERS}


def order(filter_name: str = "LP", key: str = KEY) -> Order:
    return Order(
        scope="S50", serial="8a95aa90", telescope="S50_8a95aa90", target="M 81", folder="M 81",
        chunk=key[:11], exposure="10.0s", filter=filter_name, start=START,
        end=START + timedelta(minutes=15), files=("a", "b"),
        name=f"CrowdSky_41_M 81_10.0s_{filter_name}_{key}.fit",
    )  # fmt: skip


def row(number: int, key: str = KEY, filter_name: str = "LP") -> ServerStack:
    return ServerStack(
        id=number, chunk_key=key, object_name="M 81", telescope_id="S50_8a95aa90",
        filter_name=filter_name, date_obs_start=START, date_obs_end=START + timedelta(minutes=14),
        n_frames_input=41, n_frames_aligned=41, total_exptime=410.0, ra_deg=148.9, dec_deg=69.1,
        file_size_bytes=12_400_000, created_at=START + timedelta(seconds=number),
        n_stars_detected=469,
    )  # fmt: skip


def ledger(*entries: LedgerEntry) -> dict[str, LedgerEntry]:
    return {entry.order.stack_id: entry for entry in entries}


def test_what_was_fetched_or_came_back_is_local() -> None:
    known = ledger(LedgerEntry(order(), local_path="/x", upload=Delivery.CONFIRMED, row_id=1))
    rows = [row(1), row(2, filter_name="IRCUT"), row(3, "20260724.85_HP006478")]
    assert [each.local for each in stack_rows(rows, known)] == [True, False, False]
    back = {KEY, "20260724.85_HP006478"}
    assert [each.local for each in stack_rows(rows, known, back)] == [True, False, True]
    assert stack_rows(rows, known)[0].n_stars == 469


def test_what_is_the_same_in_two_lists_is_the_same_object() -> None:
    first = [row(1), row(2, filter_name="IRCUT"), row(3)]
    shown = stack_rows(first, {})
    changed = msgspec.structs.replace(first[1], n_frames_aligned=7)
    second = [first[0], changed, first[2], row(4)]
    again = stack_rows(second, {}, (), {3: True}, (first, shown))
    assert again[0] is shown[0]
    assert (again[1].n_frames, again[2].local, again[3].id) == (7, True, 4)
    assert again == stack_rows(second, {}, (), {3: True})


def test_a_stack_that_was_proved_by_a_row_that_is_gone_is_searched_for_among_the_others() -> None:
    here = LedgerEntry(order(), local_path="/x", upload=Delivery.CONFIRMED, row_id=7)
    gone = LedgerEntry(order("IRCUT"), upload=Delivery.CONFIRMED, row_id=2)
    rows = [row(1), row(2, filter_name="IRCUT")]
    assert [each.local for each in stack_rows(rows, ledger(here, gone))] == [True, False]
    unnumbered = msgspec.structs.replace(rows[0], id=None)
    assert [each.local for each in stack_rows([unnumbered], ledger(here))] == [True]


def test_a_slim_entry_still_claims_the_row_that_its_keys_tell() -> None:
    told, other = KEY, "20260724.85_HP006478"
    for server_key, key in ((told, told), (told, other), (other, told), ("", other), ("", "")):
        entry = LedgerEntry(msgspec.structs.replace(order(), key=key), server_key=server_key)
        slim = entry.slim()
        assert identity(slim.order, slim.server_key) == identity(entry.order, server_key)


def test_what_is_sent_and_not_listed_waits_longest_first() -> None:
    sent = START + timedelta(hours=1)
    known = ledger(
        LedgerEntry(order(), upload=Delivery.SENT, sent_at=sent, server_key=KEY),
        LedgerEntry(order("IRCUT"), upload=Delivery.DOUBT, sent_at=sent - timedelta(minutes=30)),
        LedgerEntry(
            order("LP", "20260724.85_HP006478"), upload=Delivery.SENT, sent_at=sent, row_id=7
        ),
        LedgerEntry(order("LP", "20260724.86_HP006478"), upload=Delivery.CONFIRMED, sent_at=sent),
    )
    waiting = queued_rows(known.values(), [])
    assert [(each.filter, each.note) for each in waiting] == [
        ("IRCUT", NO_ANSWER), ("LP", ""), ("LP", VANISHED),
    ]  # fmt: skip
    assert [each.filter for each in queued_rows(known.values(), [row(1)])] == ["IRCUT", "LP"]
    assert queued_rows([], [row(1)]) == ()


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-5), "0 min"),
        (timedelta(minutes=12, seconds=50), "12 min"),
        (timedelta(hours=4, minutes=59), "4 h"),
        (timedelta(days=3), "3 days"),
    ],
)
def test_ages(passed: timedelta, text: str) -> None:
    assert age(NOW - passed, NOW) == text


def test_orders_keep_the_queue_on_top() -> None:
    rows = stack_rows([row(1, filter_name="LP"), row(2, filter_name="IRCUT")], {})
    entry = LedgerEntry(order("LP", "20260724.90_HP006478"), upload=Delivery.SENT, sent_at=START)
    view = ServerView(stacks=rows, queued=queued_rows([entry], []))
    for each in ORDERS.values():
        assert arranged(view, each)[0] is view.queued[0]
    assert [each.id for each in arranged(view, ORDERS["newest first"])[1:]] == [2, 1]
    assert [each.id for each in arranged(view, ORDERS["by filter"])[1:]] == [2, 1]
    assert compared([], view.queued, START + timedelta(hours=4)) == "1 queued 4 h"


def test_forty_thousand_rows_are_no_trouble() -> None:
    rows = [row(number, f"202607{number % 28 + 1:02d}.84_HP006478") for number in range(40_000)]
    begun = perf_counter()
    view = ServerView(stacks=stack_rows(rows, {}))
    assert len(arranged(view, ORDERS["by object"])) == 40_000
    assert perf_counter() - begun < 3


def test_downloaded_keys_are_names_of_stacks(tmp_path: Path) -> None:
    for name in (f"{KEY}.fits", "frame_7.fits", "notes.txt", f"{KEY}.fits.part"):
        (tmp_path / name).touch()
    assert downloaded_keys(tmp_path) == {KEY}
    assert downloaded_keys(tmp_path / "none") == frozenset()
    assert msgspec.json.decode(msgspec.json.encode(stack_rows([row(1)], {})))
