"""Each rule of the notices that says when, how often and how many, by its name."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from test_notices import HandClock
from test_report import seen

from crowdsky_tui.base.errors import NetworkDown
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import NoticeSettings
from crowdsky_tui.notices import send
from crowdsky_tui.notices.alarms import disk_alarms, failure_alarm
from crowdsky_tui.notices.send import MOST_WAITING, Notice, Notices, is_quiet
from crowdsky_tui.notices.watch import NoticeWatch
from crowdsky_tui.store.store import BlockState, ConditionsView, ScopeState, ScopeView, ServerView

URL = "http://127.0.0.1:9/x"


class Post:
    """Takes what is delivered; `refuses` while it does not, `slow` while it is at it."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.tries = 0
        self.refuses: Exception | None = None
        self.free = asyncio.Event()
        self.free.set()

    async def deliver(self, _settings: Any, notice: Notice, _network: Any) -> None:
        self.tries += 1
        await self.free.wait()
        if self.refuses is not None:
            raise self.refuses
        self.keys.append(notice.key)


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    post = Post()
    monkeypatch.setattr(send, "deliver", post.deliver)
    return post


def teller(clock: HandClock, troubles: list[str] | None = None, **more: Any) -> Notices:
    told = [] if troubles is None else troubles
    return Notices(NoticeSettings(url=URL, **more), clock, told.append)


async def sent(notices: Notices) -> None:
    notices.send_soon()
    if notices._sending is not None:
        await notices._sending


async def test_the_same_is_never_told_again_within_twelve_hours(post: Post) -> None:
    clock = HandClock()
    notices = teller(clock)
    for hours in (0.0, 11.99, 0.01):
        clock.moment += timedelta(hours=hours)
        notices.tell([Notice("disk a", "low")])
        await sent(notices)
    assert post.keys == ["disk a", "disk a"]
    clock.moment += timedelta(hours=11.99)
    notices.tell([Notice("disk a", "low")])
    assert notices._waiting == []


async def test_at_most_so_many_wait_and_the_oldest_go(post: Post) -> None:
    notices = teller(HandClock())
    notices.tell(Notice(f"a {number}", "x") for number in range(MOST_WAITING + 3))
    await sent(notices)
    assert post.keys == [f"a {number}" for number in range(3, MOST_WAITING + 3)]


async def test_what_failed_is_not_tried_again_before_five_minutes(post: Post) -> None:
    clock, troubles = HandClock(), list[str]()
    notices = teller(clock, troubles)
    post.refuses = NetworkDown("the notice was not sent")
    notices.tell([Notice("a b", "x"), Notice("c d", "y")])
    await sent(notices)
    assert post.tries == 1, "what cannot be sent keeps the next from being tried"
    clock.moment += timedelta(seconds=299)
    await sent(notices)
    assert post.tries == 1
    clock.moment += timedelta(seconds=1)
    post.refuses = None
    await sent(notices)
    assert post.keys == ["a b", "c d"]
    post.refuses = NetworkDown("the notice was not sent")
    notices.tell([Notice("e f", "z")])
    await sent(notices)
    assert len(troubles) == 2, "a trouble after one that was over is a new one"


async def test_a_fault_in_sending_is_a_trouble_like_any_other(post: Post) -> None:
    troubles: list[str] = []
    notices = teller(HandClock(), troubles)
    post.refuses = KeyError("odd")
    notices.tell([Notice("a b", "x")])
    await sent(notices)
    assert troubles == ["notices cannot be sent: a fault, KeyError"]
    assert [each.key for each in notices._waiting] == ["a b"]


async def test_while_one_is_being_sent_no_other_begins(post: Post) -> None:
    notices = teller(HandClock())
    post.free.clear()
    notices.tell([Notice("a b", "x")])
    notices.send_soon()
    await asyncio.sleep(0)
    notices.tell([Notice("c d", "y")])
    notices.send_soon()
    await asyncio.sleep(0)
    assert post.tries == 1
    post.free.set()
    await sent(notices)
    assert post.keys == ["a b", "c d"]


async def test_only_what_is_of_the_kinds_that_were_looked_at_can_be_over(post: Post) -> None:
    notices = teller(HandClock())
    every = [Notice("disk a", "x"), Notice("disk b", "x"), Notice("login a", "x")]
    notices.tell(every)
    await sent(notices)
    notices.over(["disk b"], ["disk", "dusk"])
    notices.tell(every)
    assert [each.key for each in notices._waiting] == ["disk a"]


async def test_without_a_number_of_hours_no_beat_is_ever_sent(post: Post) -> None:
    clock = HandClock()
    silent, beating = teller(clock), teller(clock, beat_h=2)
    for _ in range(4):
        silent.beat()
        beating.beat()
        await sent(beating)
        clock.moment += timedelta(hours=1)
    assert silent._waiting == []
    assert post.keys == ["beat", "beat"]


@pytest.mark.parametrize(
    ("begin", "end", "loud"),
    [("22:00", "06:00", ("06:00", "21:59")), ("13:00", "14:30", ("12:59", "14:30"))],
)
def test_quiet_begins_with_its_first_minute_and_ends_before_its_last(
    begin: str, end: str, loud: tuple[str, str]
) -> None:
    settings = NoticeSettings(url=URL, quiet_from=begin, quiet_to=end)

    def at(text: str) -> bool:
        hour, minute = map(int, text.split(":"))
        return is_quiet(settings, datetime(2026, 2, 28, hour, minute).astimezone())

    assert at(begin) and not any(map(at, loud))


def test_the_very_half_gigabyte_is_enough() -> None:
    assert disk_alarms({"S50": (0.5, None), "S30": (None, None)}) == []
    (alarm,) = disk_alarms({"S50": (0.49, 3.0)})
    assert alarm.text == "0.5 GB free, room for 3.0 more nights"


def test_of_many_failed_blocks_only_five_are_named() -> None:
    one = seen(BlockState.FAILED)
    five, six = failure_alarm([one] * 5, set()), failure_alarm([one] * 6, set())
    assert five is not None and six is not None
    assert len(five.text.splitlines()) == 5 and "more" not in five.text
    assert six.text.splitlines()[5:] == ["and 1 more"] and six.title == "6 blocks failed"
    alone = failure_alarm([one, seen(BlockState.CONFIRMED)], set())
    assert alone is not None and alone.title == "1 block failed"


class Night:
    """As much of a night as the watch looks at."""

    def __init__(self, *views: ScopeView) -> None:
        self.settings = Settings(notices=NoticeSettings(url=URL))
        self.clock = HandClock()
        scopes = {view.name: view for view in views}
        self.store = SimpleNamespace(
            scopes=scopes, server=ServerView(), conditions=ConditionsView()
        )
        self.records = SimpleNamespace(records=SimpleNamespace(insert=lambda *_: None))
        self.services = SimpleNamespace(alerts=SimpleNamespace(take_notices=list))

    def situations(self) -> list[Any]:
        return []


OFF = ScopeView(name="S50", state=ScopeState.OFF)


async def looked(watch: NoticeWatch, hour: int, *, light: bool) -> None:
    await watch.look(datetime(2026, 2, 28, hour, tzinfo=UTC), light=light)
    if watch._notices._sending is not None:
        await watch._notices._sending


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ([(15, True), (18, False)], 1),  # it becomes dark
        ([(16, False)], 1),  # begun in the evening
        ([(15, False)], 0),  # begun in the night, long after dusk
        ([(18, True), (19, True)], 0),
        ([(15, True), (18, False), (19, False)], 1),
        ([(15, True), (18, False), (7, True), (18, False)], 2),
    ],
)
async def test_only_at_dusk_is_a_missing_telescope_told(
    post: Post, looks: list[tuple[int, bool]], told: int
) -> None:
    watch = NoticeWatch(cast("Any", Night(OFF)), lambda about, text: None)
    for hour, light in looks:
        await looked(watch, hour, light=light)
    assert post.keys == ["dusk S50"] * told


async def test_disks_are_looked_at_once_in_ten_minutes_only(post: Post) -> None:
    night = Night(ScopeView(name="S50", state=ScopeState.READY, free_gb=9.0))
    watch = NoticeWatch(cast("Any", night), lambda about, text: None)
    await looked(watch, 12, light=True)
    night.store.scopes["S50"] = ScopeView(name="S50", state=ScopeState.READY, free_gb=0.1)
    night.clock.moment += timedelta(seconds=599)
    await looked(watch, 12, light=True)
    assert post.keys == []
    night.clock.moment += timedelta(seconds=1)
    await looked(watch, 12, light=True)
    assert post.keys == ["disk S50"]
    night.clock.moment += timedelta(seconds=599)
    await looked(watch, 12, light=True)
    assert post.keys == ["disk S50"], "what stands between two looks is no new trouble"


async def test_that_nobody_can_be_used_is_told_anew_only_after_it_was_over(post: Post) -> None:
    watch = NoticeWatch(cast("Any", Night()), lambda about, text: None)
    for text in ("all are off", "all are off", "", "all are off"):
        if text:
            watch.nobody(text)
        await looked(watch, 12, light=True)
    assert post.keys == ["none telescope"] * 2
