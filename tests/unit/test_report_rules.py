"""Each *only*, *never* and *first* of what is known of a night, and of the report of it."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from test_report import EVENING, READY, WRITTEN, report, seen
from test_survey import STACK, facts, known, only, row

from crowdsky_tui.base.errors import ScopeTimeout
from crowdsky_tui.instruments.seestar.files.records import LeftOut
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.notices.alarms import disk_alarms, dusk_alarms, failure_alarm, login_alarms
from crowdsky_tui.progress.situation import (
    GRACE,
    orders_of,
    rows_of,
    situation,
    target_view,
)
from crowdsky_tui.report import gather
from crowdsky_tui.report.gather import free_bytes, local_now
from crowdsky_tui.report.report import (
    LARGEST_OFFSET_S,
    LOW_NIGHTS,
    MOST_LINES,
    make_report,
    newest_night,
    report_text,
)
from crowdsky_tui.store.store import BlockState, ScopeState, ScopeView, ServerState, ServerView

NIGHT = date(2026, 2, 27)


def test_only_a_night_with_no_usable_telescope_has_failed() -> None:
    bad = msgspec.structs.replace(READY, name="S30", trouble="it does not answer")
    one = report(BlockState.CONFIRMED, scopes=(bad, READY))
    assert one.verdict == "All 1 eligible blocks are proved; 1 thing for you to look at"
    assert one.human == ("S30: it does not answer",)
    assert report(BlockState.CONFIRMED, scopes=(bad, bad)).verdict.startswith("FAILED")


def test_a_block_that_is_still_to_come_makes_no_newest_night() -> None:
    wrong = seen(BlockState.UNCLEAR, 96 * 365 * 14)
    assert newest_night([wrong, seen(BlockState.READY)], EVENING + timedelta(hours=8)) == NIGHT


def test_what_is_left_out_is_never_called_all_proved_without_a_word() -> None:
    line = "S50: M 81_sub: 29 files have names that are not understood"
    found = make_report(NIGHT, WRITTEN, [seen(BlockState.CONFIRMED)], [READY], left_out=[line])
    assert found.human == (line,) and "1 thing for you to look at" in found.verdict
    assert line in report_text(found)


def test_a_target_with_blocks_of_every_kind_stays_within_78_columns() -> None:
    kinds = (BlockState.SHORT, BlockState.RECORDING, BlockState.UNCLEAR, BlockState.REJECTED)
    text = report_text(report(BlockState.CONFIRMED, *kinds * 3))
    assert "  3 too short, 3 recording, 3 unclear, 3 rejected" in text
    table = text[text.index("scope") :].split("\n\n")[0]
    assert max(map(len, table.splitlines())) <= 78
    few = report_text(report(BlockState.CONFIRMED, BlockState.SHORT))
    assert "1  1 too short" in few, "what has room stays on the line"


def test_of_a_long_list_only_so_many_lines_are_shown_and_the_rest_is_counted() -> None:
    for number, last in ((MOST_LINES, f"line {MOST_LINES - 1}"), (MOST_LINES + 1, "and 1 more")):
        lines = [f"line {each}" for each in range(number)]
        text = report_text(make_report(NIGHT, WRITTEN, [], [READY], left_out=lines))
        shown = text[text.index("Needs you") :].split("\n\n")[0].splitlines()
        assert shown[-1] == f"  {last}"


def test_only_a_clock_that_is_too_far_off_needs_somebody() -> None:
    for offset, needs in ((LARGEST_OFFSET_S, 0), (LARGEST_OFFSET_S + 1, 1), (-1e6, 1), (None, 0)):
        line = msgspec.structs.replace(READY, clock_offset_s=offset)
        assert len(report(BlockState.CONFIRMED, scopes=(line,)).human) == needs


def test_room_that_is_short_needs_somebody_and_the_very_number_does_not() -> None:
    for nights, needs in ((LOW_NIGHTS, 0), (LOW_NIGHTS - 0.1, 1), (None, 0)):
        line = msgspec.structs.replace(READY, nights_left=nights)
        assert len(report(BlockState.CONFIRMED, scopes=(line,)).human) == needs
        here = make_report(NIGHT, WRITTEN, [], [READY], here_nights=nights)
        assert len(here.human) == needs


def test_blocks_of_other_nights_are_counted_only_while_they_are_not_proved() -> None:
    day = 96
    every = [seen(state, -day) for state in (BlockState.SENT, BlockState.CONFIRMED)]
    later = seen(BlockState.SENT, day)
    found = make_report(NIGHT, WRITTEN, [*every, later], [READY])
    assert (found.earlier_open, found.open_blocks, found.targets) == (1, (), ())
    assert "Of earlier nights: 1 block not proved." in report_text(found)


class Watch:
    """A telescope's watch whose telescope answers its time with whatever is raised."""

    def __init__(self, error: Exception) -> None:
        self.service = SimpleNamespace(name="S50", state=ScopeState.READY, scope_zone=self._zone)
        self._error = error

    async def _zone(self) -> Any:
        raise self._error


@pytest.mark.parametrize("error", [ScopeTimeout("busy"), TypeError("odd"), OverflowError("odd")])
def test_one_bad_telescope_never_fails_the_report(error: Exception) -> None:
    view = ScopeView(name="S50", host="", state=ScopeState.READY)
    night: Any = SimpleNamespace(store=SimpleNamespace(scopes={"S50": view}), clock=None)
    line = asyncio.run(gather._scope_line(night, Watch(error)))  # type: ignore[arg-type]
    assert line.trouble and line.name == "S50"


def test_now_is_the_first_known_telescopes() -> None:
    now = datetime(2026, 2, 28, 6, tzinfo=UTC)
    target = facts()
    empty, known_one = SimpleNamespace(targets={}), SimpleNamespace(targets={"M 81": target})
    clock = SimpleNamespace(now=lambda: now)
    night: Any = SimpleNamespace(clock=clock, watches={"a": empty, "b": known_one})
    assert local_now(night).tzinfo is target.zone


def test_room_is_told_of_the_first_folder_there_is(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "made") == pytest.approx(free_bytes(tmp_path), rel=0.05)


def test_fewer_nights_than_that_need_somebody_and_the_very_number_does_not() -> None:
    assert disk_alarms({"S50": (10.0, LOW_NIGHTS)}) == []
    assert len(disk_alarms({"S50": (10.0, LOW_NIGHTS - 0.1), "S30": (0.4, None)})) == 2


def test_only_logins_that_somebody_has_to_mend_are_told() -> None:
    views = [ScopeView(name=state.value, host="", state=state) for state in ScopeState]
    told = {alarm.key for alarm in login_alarms(views, ServerView(state=ServerState.DOWN))}
    assert told == {"login login needed", "login login refused"}
    assert len(login_alarms([], ServerView(state=ServerState.REFUSED))) == 1
    assert {one.key for one in dusk_alarms(views)}.isdisjoint({"dusk ready", "dusk busy"})


def test_a_failed_block_is_told_only_once() -> None:
    told: set[str] = set()
    failed = seen(BlockState.FAILED)
    assert failure_alarm([failed], told) is not None
    assert failure_alarm([failed], told) is None


def test_a_block_is_recording_until_its_last_sub_frame_can_be_on_the_disk() -> None:
    order = only(orders_of(facts()))
    over = order.end + GRACE
    assert situation(order, known(now=over)).block.state is BlockState.READY
    early = known(now=over - timedelta(seconds=1))
    assert situation(order, early).block.state is BlockState.RECORDING


def test_one_row_proves_one_stack_only() -> None:
    first, second = only(orders_of(facts(STACK))), only(orders_of(facts(STACK, scope="b")))
    unsure = row(telescope_id="")
    assert len(rows_of([first, second], {}, [unsure])) <= 1


def test_a_block_without_a_stack_is_on_the_server_only_if_the_row_names_its_target() -> None:
    bare = only(orders_of(facts()))
    assert bare.stack_id in rows_of([bare], {}, [row()])
    assert rows_of([bare], {}, [row(object_name="M 82")]) == {}


def test_what_was_handed_over_is_never_sent_again_by_asking() -> None:
    order = only(orders_of(facts(STACK)))
    entry = LedgerEntry(order, upload=Delivery.SENT, row_id=7)
    found = situation(order, known(ledger={order.stack_id: entry}))
    assert found.block.state is BlockState.SENT and not found.to_upload


@pytest.mark.parametrize("named", [True, False])
def test_what_cannot_be_finished_is_never_stacked_nor_sent(named: bool) -> None:
    order = only(orders_of(facts(STACK) if named else facts()))
    found = situation(order, known(), barred="no colon")
    assert (found.block.state, found.block.reason) == (BlockState.UNCLEAR, "no colon")
    assert found.undecided and not found.to_stack and not found.to_upload


def test_a_row_proves_a_stack_even_where_nothing_may_be_begun() -> None:
    order = only(orders_of(facts(STACK)))
    proved = situation(order, known(rows={order.stack_id: row()}), barred="no colon")
    assert proved.block.state is BlockState.CONFIRMED


def test_a_telescopes_clock_that_cannot_be_right_stops_its_stacking_but_not_its_sending() -> None:
    doubted = msgspec.structs.replace(facts(), clock_doubt="its clock is off")
    (reason,) = doubted.unclear_starts().values()
    order = only(orders_of(doubted))
    assert not situation(order, known(), reason).to_stack
    stacked = only(orders_of(msgspec.structs.replace(facts(STACK), clock_doubt="off")))
    assert situation(stacked, known(), reason).to_upload


def test_a_targets_note_names_all_that_is_left_out_and_only_what_waits_is_undecided() -> None:
    left = (LeftOut("M 81_sub", "odd", 2), LeftOut("M 81_sub", "cut", 1, waits=False))
    target = msgspec.structs.replace(facts(), left_out=left, problem="not read")
    assert target.undecided() == ["M 81_sub: odd", "M 81: not read"]
    assert target.lost() == ["M 81_sub: cut"]
    assert all(word in target_view(target, []).note for word in ("odd", "cut", "not read"))
