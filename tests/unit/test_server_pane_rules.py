"""Which rows of the server's list are of stacks here, and what waits for it, rule by rule."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace
from test_serverview import KEY, NOW, START, ledger, order, row

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.progress.server_rows import NO_ANSWER, VANISHED, queued_rows, stack_rows
from crowdsky_tui.services.crowdsky.rows import ServerStack

OTHER_KEY = "20260724.85_HP006478"


def local(rows: list[ServerStack], *entries: LedgerEntry, **more: Any) -> list[bool]:
    return [each.local for each in stack_rows(rows, ledger(*entries), **more)]


def test_a_row_is_here_only_if_the_stack_that_it_proves_has_a_file_here() -> None:
    proved = LedgerEntry(order(), "/x", 1, "sha", Delivery.CONFIRMED, row_id=1)
    assert local([row(1)], proved) == [True]
    assert local([row(1)], replace(proved, local_path="")) == [False]
    assert local([row(1)], replace(proved, upload=Delivery.SENT)) == [True]  # found, not proved
    assert local([row(1)], replace(proved, upload=Delivery.SENT, local_path="")) == [False]


def test_a_row_number_that_proved_counts_before_what_is_alike() -> None:
    twin = LedgerEntry(order(), "/x", 1, "sha", Delivery.CONFIRMED, row_id=2)
    assert local([row(1), row(2)], twin) == [False, True]


def test_what_was_proved_and_packed_away_is_here_without_its_entry() -> None:
    assert local([row(1), row(2, OTHER_KEY)], proved={1: True, 2: False, 9: True}) == [True, False]


def test_a_row_that_proves_one_stack_is_never_another_ones() -> None:
    other = LedgerEntry(order("IRCUT"), "/y", 1, "sha")
    rows = [row(1), row(2, filter_name="IRCUT")]
    assert local(rows, other, proved={1: False}) == [False, True]


def test_what_came_back_by_its_key_is_of_the_only_row_with_it_or_of_that_number() -> None:
    rows = [row(1), row(2), row(3, OTHER_KEY)]
    assert local(rows, downloaded={KEY, OTHER_KEY}) == [False, False, True]
    assert local(rows, downloaded={f"{KEY}_id2"}) == [False, True, False]
    nameless = replace(row(1), id=None)
    assert local([nameless], downloaded={f"{KEY}_idNone"}) == [False]
    assert local(rows) == [False] * 3


def test_of_how_many_sub_frames_a_row_is_is_of_those_that_were_aligned_else_of_all() -> None:
    both = replace(row(1), n_frames_input=44, n_frames_aligned=41)
    all_of_them = replace(both, n_frames_aligned=None)
    assert [each.n_frames for each in stack_rows([both, all_of_them], {})] == [41, 44]


def waiting(**changes: Any) -> LedgerEntry:
    plain = LedgerEntry(order(), "/x", 5760, "sha", Delivery.SENT, sent_at=NOW)
    return replace(plain, **changes)


def test_only_what_was_handed_over_and_is_not_listed_waits() -> None:
    for upload, waits in (
        (Delivery.SENT, True), (Delivery.DOUBT, True), (Delivery.CONFIRMED, False),
        (Delivery.NOTHING_SENT, False), (Delivery.SENDING, False),
    ):  # fmt: skip
        assert bool(queued_rows([waiting(upload=upload)], [])) is waits
    assert queued_rows([waiting()], [row(1)]) == ()
    assert queued_rows([waiting(sent_at=None)], []) == ()


def test_a_row_of_the_same_quarter_that_is_another_stacks_takes_nobody_off_the_queue() -> None:
    other = LedgerEntry(order("IRCUT"), upload=Delivery.CONFIRMED, row_id=1)
    rows = [row(1, filter_name="IRCUT")]
    assert len(queued_rows([waiting(), other], rows)) == 1


def test_what_waits_is_shown_as_it_was_sent() -> None:
    (shown,) = queued_rows([waiting()], [])
    assert (shown.n_frames, shown.total_exptime, shown.file_size) == (2, 20.0, 5760)
    assert shown.chunk_key == KEY and shown.local and shown.note == ""
    assert (shown.date_obs_start, shown.queued_since) == (START, NOW)
    bare = replace(order(), files=())
    (shown,) = queued_rows([waiting(order=bare, size=0, local_path="", server_key="its own")], [])
    assert (shown.n_frames, shown.total_exptime, shown.file_size) == (41, 410.0, None)
    assert shown.chunk_key == "its own" and not shown.local
    nameless = replace(bare, name="a.fit")
    (shown,) = queued_rows([waiting(order=nameless)], [])
    assert (shown.n_frames, shown.total_exptime) == (None, None)
    assert shown.chunk_key == nameless.chunk


def test_what_is_odd_about_it_is_said() -> None:
    (doubt,) = queued_rows([waiting(upload=Delivery.DOUBT, row_id=1)], [])
    (gone,) = queued_rows([waiting(row_id=1)], [])
    assert (doubt.note, gone.note) == (NO_ANSWER, VANISHED)


def test_who_waits_longest_is_first() -> None:
    late = waiting(sent_at=NOW + timedelta(minutes=1))
    early = waiting(order=order("IRCUT"))
    assert [each.filter for each in queued_rows([late, early], [])] == ["IRCUT", "LP"]
