"""When the automatic night works, what it tells, and what it removes."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from situations import a_situation

from crowdsky_tui.blocks.nights import last_night
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.automatic.daylight import is_time
from crowdsky_tui.night.automatic.retention import removable
from crowdsky_tui.notices.alarms import disk_alarms, dusk_alarms, failure_alarm, login_alarms
from crowdsky_tui.store.store import BlockState, ScopeState, ScopeView, ServerState, ServerView

VIENNA = ZoneInfo("Europe/Vienna")
START = datetime(2026, 2, 27, 22, 0, tzinfo=VIENNA)


def order(number: int = 0, local_path: str = "") -> Order:
    begin = START + timedelta(minutes=15 * number)
    return Order(
        "" if local_path else "S50", "a1", "S50_a1", "M 81", "M 81", f"c{number}", "20.0s", "LP",
        begin, begin + timedelta(minutes=15), name=f"CrowdSky_{number}.fit", local_path=local_path,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("when", "hour", "light", "works"),
    [
        ("idle", 1, False, True),
        ("dawn", 1, False, False),
        ("dawn", 6, True, True),
        ("06:30", 6, True, False),
        ("06:30", 7, False, True),
        ("06:30", 18, False, True),  # catches up all day
        ("06:30", 19, False, False),
        ("23:00", 1, False, True),
    ],
)
def test_when_it_works(when: str, hour: int, light: bool, works: bool) -> None:
    assert is_time(when, datetime(2026, 2, 28, hour, 10, tzinfo=VIENNA), light=light) is works


def test_which_night_is_over() -> None:
    for hour, night in ((1, 27), (9, 27), (13, 27), (23, 27)):
        assert last_night(datetime(2026, 2, 28, hour, tzinfo=VIENNA)) == date(2026, 2, night)


def test_logins_dusk_and_disks_are_told_of() -> None:
    views = [
        ScopeView("a", state=ScopeState.LOGIN_REFUSED, reason="bad key"),
        ScopeView("b", state=ScopeState.READY),
    ]
    refused = login_alarms(views, ServerView(ServerState.REFUSED))
    assert [notice.key for notice in refused] == ["login a", "login server"]
    assert [notice.key for notice in dusk_alarms(views)] == ["dusk a"]
    rooms = {"a": (30.0, 1.5), "b": (0.1, None), "c": (30.0, 9.0), "d": (None, None)}
    assert [notice.key for notice in disk_alarms(rooms)] == ["disk a", "disk b"]


def test_each_failure_is_told_once() -> None:
    known: set[str] = set()
    first = [a_situation(order(n), BlockState.FAILED, "no image", 41, 820.0) for n in range(7)]
    notice = failure_alarm(first, known)
    assert notice is not None and notice.title == "7 blocks failed" and "2 more" in notice.text
    assert failure_alarm(first, known) is None
    again = failure_alarm([*first, a_situation(order(9), BlockState.FAILED, "", 1, 1.0)], known)
    assert again is not None and again.title == "1 block failed"


def test_only_what_is_proved_twice_over_and_ours_is_removable(tmp_path: Path) -> None:
    def entry(number: int, upload: str, path: Path, own: str = "") -> LedgerEntry:
        return LedgerEntry(order(number, own), str(path), 10, "sha", Delivery(upload))

    ours = tmp_path / "stacks"
    later = entry(5, "confirmed", ours / "5.fit")
    early = entry(1, "confirmed", ours / "1.fit")
    unlisted = entry(2, "confirmed", ours / "2.fit")
    sent = entry(3, "sent", ours / "3.fit")
    elsewhere = entry(4, "confirmed", tmp_path / "4.fit")
    sneaky = entry(6, "confirmed", ours / ".." / "6.fit")
    users = entry(7, "confirmed", ours / "7.fit", own=str(ours / "7.fit"))
    every = [later, early, unlisted, sent, elsewhere, sneaky, users]
    listed = {one.order.stack_id for one in every if one is not unlisted}
    assert removable(every, listed, ours) == [early, later]


def test_now_is_aware() -> None:
    assert last_night(datetime(2026, 3, 1, 11, 59, tzinfo=UTC)) == date(2026, 2, 28)
