"""What the automatic night remembers of what lay undecided: by hand, no telescope, no clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from situations import a_situation

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.config.automatic_settings import AutomaticSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.review import Mark, Review
from crowdsky_tui.night.automatic.runner import Automatic
from crowdsky_tui.night.automatic.undecided import NAME, Undecided
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import BlockState, ScopeState, ScopeView, ServerState, Store

START = datetime(2026, 2, 27, 22, 0, tzinfo=UTC)


def stack(number: int, state: BlockState = BlockState.FETCHED, **more: Any) -> Situation:
    begin = START + timedelta(minutes=15 * number)
    order = Order(
        "S50", "a1", "S50_a1", more.pop("target", "M 81"), "M 81", f"c{number}", "20.0s", "LP",
        begin, begin + timedelta(minutes=15), name=more.pop("name", f"CrowdSky_{number}.fit"),
    )  # fmt: skip
    return a_situation(order, state, "", 41, 820.0, **more)


class HandNight:
    """The parts that `Undecided` asks. `marks` are by the stack's number."""

    def __init__(self, folder: Path, *seen: Situation, undecided: str = "wait") -> None:
        automatic = AutomaticSettings(undecided=undecided)  # type: ignore[arg-type]
        self.settings = Settings(storage=StorageSettings(str(folder)), automatic=automatic)
        self.seen = list(seen)
        self.marks: dict[str, Mark] = {}
        self.review = SimpleNamespace(reviews=SimpleNamespace(of=self._of, to_look_at=set()))

    def _of(self, order: Order) -> Review:
        return Review(order, self.marks.get(order.stack_id, Mark.NONE))

    def situations(self) -> list[Situation]:
        return self.seen


def undecided(night: Any) -> Undecided:
    return Undecided(night)


@pytest.mark.parametrize("state", list(BlockState))
async def test_only_a_finished_stack_that_nobody_decided_about_waits(
    state: BlockState, tmp_path: Path
) -> None:
    night = HandNight(tmp_path, stack(1, state))
    known = undecided(night)
    await known.note()  # nobody switched it on: only what was fetched to be looked at
    assert known.waits(night.seen[0]) is (state in {BlockState.FETCHED, BlockState.HELD})
    await known.forget()
    await known.note()
    waits = state in {BlockState.STACKED, BlockState.FETCHED, BlockState.HELD}
    assert known.waits(night.seen[0]) is waits


@pytest.mark.parametrize("seen", [stack(1, under_way=True), stack(1, BlockState.READY, name="")])
async def test_what_is_under_way_or_not_stacked_never_waits(
    seen: Situation, tmp_path: Path
) -> None:
    night = HandNight(tmp_path, seen)
    known = undecided(night)
    await known.note()
    assert not known.waits(msgspec.structs.replace(seen, under_way=False))


@pytest.mark.parametrize("mark", [Mark.KEPT, Mark.HELD, Mark.REJECTED])
async def test_it_waits_until_a_persons_word_and_again_when_that_is_taken_back(
    mark: Mark, tmp_path: Path
) -> None:
    night = HandNight(tmp_path, stack(1))
    known, one = undecided(night), night.seen[0]
    await known.note()
    night.marks[one.order.stack_id] = mark
    await known.note()
    assert not known.waits(one) and known.lying() == []
    night.marks.clear()
    assert known.waits(one) and known.lying() == [one]


async def test_what_comes_to_a_target_that_was_read_before_goes(tmp_path: Path) -> None:
    night = HandNight(tmp_path, stack(1))
    known = undecided(night)
    await known.note()
    night.seen.append(stack(2))
    await known.note()
    assert [known.waits(one) for one in night.seen] == [True, False]


async def test_a_target_that_is_read_later_is_looked_at_when_it_is_first_read(
    tmp_path: Path,
) -> None:
    night = HandNight(tmp_path, stack(1))
    known = undecided(night)
    await known.note()
    late = stack(2, target="M 82")
    night.seen.append(late)
    assert not known.noted(late)  # and so is not sent
    await known.note()
    assert known.noted(late) and known.waits(late)


async def test_another_run_remembers_what_waits_and_what_the_night_made(tmp_path: Path) -> None:
    night = HandNight(tmp_path, stack(1))
    first = undecided(night)
    await first.note()
    night.seen.append(stack(2))
    await first.note()
    night.seen.append(stack(3))  # while nobody was at work
    second = undecided(night)
    await second.note()
    assert [second.waits(one) for one in night.seen] == [True, False, True]
    await second.forget()  # switched on by hand: all that lies there now
    await second.note()
    assert all(second.waits(one) for one in night.seen)


async def test_what_the_server_lists_is_forgotten(tmp_path: Path) -> None:
    night = HandNight(tmp_path, stack(1))
    known = undecided(night)
    await known.note()
    row = ServerStack(
        1, "c1", "M 81", "S50_a1", "LP", None, None, None, None, None, None, None, None, None
    )
    night.seen[0] = stack(1, BlockState.CONFIRMED, row=row)
    await known.note()
    assert (tmp_path / NAME).read_text() == '{"seen":[],"waits":[]}'


async def test_the_setting_lets_all_go(tmp_path: Path) -> None:
    night = HandNight(tmp_path, stack(1), undecided="send")
    known = undecided(night)
    await known.note()
    assert not known.waits(night.seen[0]) and known.lines() == []


async def test_the_lines_count_by_telescope_and_target(tmp_path: Path) -> None:
    night = HandNight(tmp_path, stack(1), stack(2), stack(3, target="M\x1b 82"))
    known = undecided(night)
    await known.note()
    first, second = sorted(known.lines())
    assert first.startswith("S50 M 81: 2 stacks undecided") or second.startswith(
        "S50 M 81: 2 stacks undecided"
    )
    assert all(line.isprintable() for line in (first, second))


@pytest.mark.parametrize("content", ["", "[]", '{"waits": 5}', '{"waits": ["\\ud800"]'])
async def test_a_damaged_memory_lets_nothing_go(content: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(content)
    night = HandNight(tmp_path, stack(1))
    known = undecided(night)
    await known.note()
    assert known.waits(night.seen[0])


async def test_without_a_memory_nothing_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crowdsky_tui.night.automatic.undecided.write_whole", full)
    night = HandNight(tmp_path, stack(1))
    known = undecided(night)
    with pytest.raises(CrowdSkyError, match="No space left"):
        await known.note()
    assert not known.noted(night.seen[0])


class RecordingNight(HandNight):
    """What a round asks besides. `sent` are the names that it asked to be sent."""

    def __init__(self, folder: Path, *seen: Situation) -> None:
        super().__init__(folder, *seen)
        account = msgspec.structs.replace(self.settings.server, username="me")
        self.settings = msgspec.structs.replace(self.settings, server=account)
        self.clock, self.store = Clock(), Store()
        self.store.set_scope(ScopeView("S50", state=ScopeState.READY))
        self.listing = SimpleNamespace(state=None)
        self.queue = SimpleNamespace(unfinished=tuple)
        self.watches = {
            "S50": SimpleNamespace(
                targets={"M 81": 1}, service=SimpleNamespace(state=ScopeState.READY)
            )
        }
        self.review.measure_left = self._nothing
        self.sent: list[str] = []
        self.appears: list[Situation] = []

    async def _nothing(self) -> None:
        self.seen += self.appears  # a telescope is read while something is awaited

    async def stack_orders(self, orders: object, *, goal: str) -> None:
        return None

    async def upload_orders(self, orders: list[Order]) -> None:
        self.sent += [order.name for order in orders]


async def test_a_round_sends_what_is_decided_and_never_what_it_has_not_looked_through(
    tmp_path: Path,
) -> None:
    night = RecordingNight(tmp_path, stack(1), stack(2, BlockState.STACKED))
    night.appears = [stack(3, target="M 82")]
    automatic: Any = Automatic(cast(Any, night))
    await automatic._ask()
    assert night.sent == ["CrowdSky_2.fit"]
    night.marks[night.seen[0].order.stack_id] = Mark.KEPT
    night.sent, night.appears = [], []
    await automatic._ask()
    assert night.sent == ["CrowdSky_1.fit", "CrowdSky_2.fit"]  # but not the one of M 82
    await automatic.close()


async def test_what_waits_for_a_word_does_not_keep_the_report_from_being_written(
    tmp_path: Path,
) -> None:
    night = RecordingNight(tmp_path, stack(1))
    automatic: Any = Automatic(cast(Any, night))
    assert not automatic._is_done()  # nobody has looked through it yet
    await automatic.undecided.note()
    assert automatic._is_done()
    night.seen.append(stack(2, BlockState.STACKED))
    assert not automatic._is_done()
    await automatic.close()


@pytest.mark.parametrize(
    ("state", "name", "to_come"),
    [
        (BlockState.READY, "", True),
        (BlockState.RECORDING, "", True),
        (BlockState.SHORT, "", False),
        (BlockState.FAILED, "", False),
        (BlockState.STACKED, "CrowdSky_1.fit", True),
        (BlockState.FAILED, "CrowdSky_1.fit", False),
        (BlockState.HELD, "CrowdSky_1.fit", False),
    ],
)
def test_what_failed_does_not_keep_the_report_from_being_written(
    tmp_path: Path, state: BlockState, name: str, to_come: bool
) -> None:
    one = stack(1, state, name=name)
    order = msgspec.structs.replace(one.order, files=("a.fit",))
    night = RecordingNight(tmp_path, msgspec.structs.replace(one, order=order))
    automatic: Any = Automatic(cast(Any, night))
    assert automatic._is_done() is not to_come


@pytest.mark.parametrize("why", ["no account", "refused"])
def test_what_cannot_be_sent_does_not_keep_the_report_from_being_written(
    tmp_path: Path, why: str
) -> None:
    night = RecordingNight(tmp_path, stack(1, BlockState.STACKED))
    automatic: Any = Automatic(cast(Any, night))
    assert not automatic._is_done()
    if why == "refused":
        night.listing.state = ServerState.REFUSED
    else:
        night.settings = msgspec.structs.replace(night.settings, server=Settings().server)
    assert automatic._is_done()


def test_what_a_read_only_night_never_stacks_does_not_keep_its_report_back(tmp_path: Path) -> None:
    one = stack(1, BlockState.READY, name="")
    order = msgspec.structs.replace(one.order, files=("a.fit",))
    night = RecordingNight(tmp_path, msgspec.structs.replace(one, order=order))
    automatic: Any = Automatic(cast(Any, night))
    assert not automatic._is_done()
    night.settings = msgspec.structs.replace(night.settings, read_only=True)
    assert automatic._is_done()
