"""The morning report: counts that add up, and a page that says who must do what."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from situations import a_situation

from crowdsky_tui.instruments.seestar.control.clock_offset import offset_from
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.plan.visits import Visit, VisitState
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.report.report import Report, ScopeLine, make_report, newest_night, report_text
from crowdsky_tui.store.store import BlockState

VIENNA = ZoneInfo("Europe/Vienna")
EVENING = datetime(2026, 2, 27, 22, 0, tzinfo=VIENNA)
WRITTEN = datetime(2026, 2, 28, 6, 0, tzinfo=UTC)
READY = ScopeLine("S50", "ready", "", 35.7, 9.2, 0.4)


def seen(state: BlockState, number: int = 0, target: str = "M 81", reason: str = "") -> Situation:
    start = EVENING + timedelta(minutes=15 * number)
    order = Order(
        "S50", "a1", "S50_a1", target, target, f"c{number}", "20.0s", "LP", start,
        start + timedelta(minutes=15), files=("a",),
    )  # fmt: skip
    return a_situation(order, state, reason, 41, 820.0)


def report(*states: BlockState, scopes: tuple[ScopeLine, ...] = (READY,)) -> Report:
    every = [seen(state, number) for number, state in enumerate(states)]
    return make_report(date(2026, 2, 27), WRITTEN, every, scopes)


def test_every_state_is_counted_where_it_belongs() -> None:
    [line] = report(*BlockState).targets
    assert (line.short, line.recording, line.unclear, line.rejected) == (1, 1, 1, 1)
    assert line.eligible == len(BlockState) - 4
    assert (line.stacked, line.sent, line.proved) == (6, 2, 1)


def test_a_good_night_asks_nothing_of_anybody() -> None:
    good = report(BlockState.CONFIRMED, BlockState.CONFIRMED, BlockState.SHORT)
    assert good.verdict == "All 2 eligible blocks are proved"
    assert good.human == () and good.open_blocks == ()
    text = report_text(good)
    assert "night of 27 Feb to 28 Feb 2026" in text and "1 too short" in text
    assert "S50: ready, 35.7 GB free, 9 nights, clock +0 s" in text
    assert max(map(len, text.splitlines())) <= 78


def test_what_failed_is_named_with_its_reason_and_needs_somebody() -> None:
    failed = seen(BlockState.FAILED, 2, reason="stack: no image (267)")
    waiting = seen(BlockState.SENT, 3, reason="the server has not listed it yet")
    found = make_report(date(2026, 2, 27), WRITTEN, [failed, waiting], [READY])
    assert found.human == ("S50 M 81 22:30 LP: failed, stack: no image (267)",)
    text = report_text(found)
    assert text.index("Needs you") < text.index("267") < text.index("Not proved yet")
    assert "0 of 2 eligible blocks are proved; 1 thing for you to look at." in text


def test_a_run_without_a_telescope_is_a_failure() -> None:
    away = ScopeLine("S50", "off", "it does not answer")
    assert report(scopes=(away,)).verdict.startswith("FAILED: no telescope")
    assert report(scopes=()).verdict.startswith("FAILED: no telescope")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"nights_left": 1.4}, "room for 1.4 more nights"),
        ({"clock_offset_s": -3600.0}, "its clock is -3600 s off ours"),
        ({"trouble": "no key file"}, "no key file"),
    ],
)
def test_a_telescope_in_trouble_needs_somebody(change: dict[str, object], word: str) -> None:
    found = report(scopes=(msgspec.structs.replace(READY, **change), READY))
    assert len(found.human) == 1 and word in found.human[0]


def test_earlier_nights_are_one_line_and_the_newest_night_is_found() -> None:
    old = seen(BlockState.READY, -96)
    new = seen(BlockState.CONFIRMED)
    assert newest_night([old, new], WRITTEN) == date(2026, 2, 27)
    assert newest_night([], WRITTEN) == date(2026, 2, 27)  # six in the morning
    found = make_report(date(2026, 2, 27), WRITTEN, [old, new], [READY])
    assert found.earlier_open == 1 and "Of earlier nights: 1 block not proved" in report_text(found)


def test_long_lists_end_with_a_count() -> None:
    found = report(*[BlockState.FAILED] * 40)
    assert "and 28 more" in report_text(found)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Report) == found


def test_the_clock_offset_of_a_telescope() -> None:
    now = datetime(2026, 2, 27, 21, 52, 0, tzinfo=UTC)
    said = {"year": 2026, "mon": 2, "day": 27, "hour": 22, "min": 53, "sec": 30}
    assert offset_from(said, VIENNA, now) == 90
    twice = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 the second time
    said = {"year": 2026, "mon": 10, "day": 25, "hour": 2, "min": 30, "sec": 0}
    assert offset_from(said, VIENNA, twice) == 0
    wrong: list[object] = [None, [], {"year": 2026}, {**said, "mon": 13}, {**said, "sec": "x"}]
    for bad in wrong:
        assert offset_from(bad, VIENNA, now) is None


def test_two_targets_that_look_alike_have_a_line_each() -> None:
    both = [seen(BlockState.CONFIRMED, 0, name) for name in ("M\u200b81", "M\u2060" + "81")]
    lines = make_report(date(2026, 2, 27), WRITTEN, both, [READY]).targets
    assert [(line.target, line.eligible) for line in lines] == [
        ("M\N{REPLACEMENT CHARACTER}81", 1)
    ] * 2


def test_each_visit_that_is_not_done_is_named_with_its_reason_however_many_there_are() -> None:
    states = [VisitState.DONE, VisitState.MISSED, VisitState.SHORT, VisitState.SKIPPED] * 5
    visits = [
        Visit(
            uid=f"{number}", night="2026-02-27", target="t", name="SS Cyg", scope="S50",
            start=EVENING + timedelta(minutes=15 * number), blocks=1, state=state,
            reason="" if state is VisitState.DONE else f"reason {number}",
        )
        for number, state in enumerate(states)
    ]  # fmt: skip
    found = make_report(date(2026, 2, 27), WRITTEN, [], [READY], visits=visits)
    text = report_text(found)
    assert "Planned: 5 of 20 visits done" in text
    assert "  S50 SS Cyg 22:15, 1 block: missed, reason 1" in text
    assert text.count("reason ") == 15 and "and 3 more" not in text
    assert "Planned" not in report_text(make_report(date(2026, 2, 27), WRITTEN, [], [READY]))
