"""What a telescope's watch keeps, shows and says, by hand: no telescope, no socket."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    CommandRefused,
    CrowdSkyError,
    DeviceError,
    LoginNeeded,
    LoginRefused,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.blocks import Block
from crowdsky_tui.instruments.seestar.control.state import Observing, ScopeFacts
from crowdsky_tui.instruments.seestar.files.records import LeftOut, Target, TargetBlocks
from crowdsky_tui.progress import telescope_watch
from crowdsky_tui.progress.target_folders import TargetFacts
from crowdsky_tui.progress.telescope_watch import ScopeWatch, connected
from crowdsky_tui.store.store import ScopeState, Severity, Store

NOW = datetime(2026, 2, 27, 22, 0, tzinfo=UTC)
AWAY = ScopeUnreachable("it does not answer")


class SetClock(Clock):
    """Shows what it is set to."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def steady(self) -> float:
        return 5000.0 + self.seconds


def block(quarter: int, frames: int) -> Block:
    start = NOW - timedelta(hours=1) + timedelta(minutes=15 * quarter)
    names = [f"Light_M 81_20.0s_LP_{quarter}_{n}.fit" for n in range(frames)]
    return Block(start, start + timedelta(minutes=15), "20.0s", "LP", names, frames)


class Scope:
    """A telescope that tells what a test wants. `troubles` are raised by the method's name."""

    name, host, serial, reason, telescope = "garden", "h", "a1", "why not", "S50_a1"

    def __init__(self) -> None:
        self.state = ScopeState.READY
        self.clock_off_s: float | None = 0.0
        self.troubles: dict[str, Exception] = {}
        self.targets = {"M 81": [block(0, 10), block(1, 30)], "M 82": [block(0, 5)]}
        self.folders: tuple[LeftOut, ...] = ()
        self.left_out: tuple[LeftOut, ...] = ()
        self.barred = ""
        self.waited: list[float | None] = []
        self.facts_told = ScopeFacts(firmware="7.75", battery_percent=80, free_mb=32_500)

    def _meet(self, name: str) -> None:
        if name in self.troubles:
            raise self.troubles[name]

    def on_change(self, callback: Any) -> None:
        self.changed = callback

    async def wait_ready(self, timeout: float | None = None) -> None:
        self.waited.append(timeout)
        self._meet("wait_ready")

    async def scope_zone(self) -> Any:
        return UTC

    async def facts(self) -> ScopeFacts:
        return self.facts_told

    async def observing(self) -> Observing:
        return Observing(observing=True, text="observing M 81")

    async def call(self, method: str, *_rest: Any) -> Any:
        self._meet(method)
        if self.clock_off_s is None:
            raise CommandRefused("no such command", code=103)
        wall = NOW + timedelta(seconds=self.clock_off_s)
        names = ("year", "mon", "day", "hour", "min", "sec")
        return dict(zip(names, wall.timetuple()[:6], strict=True))

    async def target_folders(self) -> list[Target]:
        return [
            Target(name, sum(each.frame_count for each in blocks), 0, name, f"{name}_sub",
                   raw_bytes=1000 * sum(each.frame_count for each in blocks), barred=self.barred)
            for name, blocks in self.targets.items()
        ]  # fmt: skip

    async def look_for_targets(self) -> tuple[list[Target], tuple[LeftOut, ...]]:
        self._meet("look_for_targets")
        return await self.target_folders(), self.folders

    async def list_blocks(self, target: Target, _minutes: int) -> TargetBlocks:
        self._meet(f"list {target.target}")
        blocks = self.targets[target.target]
        return TargetBlocks(target, UTC, blocks, set(), [], {}, [], left_out=self.left_out)


class Watch:
    """A watch of that telescope, with its store and clock."""

    def __init__(self) -> None:
        self.scope, self.store, self.clock = Scope(), Store(), SetClock()
        self.heard = 0
        self.watch = ScopeWatch(cast(Any, self.scope), self.store, self.clock, 15, self._hear)

    def _hear(self) -> None:
        self.heard += 1

    @property
    def view(self) -> Any:
        return self.store.scopes["garden"]

    @property
    def lines(self) -> list[str]:
        return [line.text for line in self.store.log]

    def say(self, error: CrowdSkyError, seconds: float) -> None:
        self.clock.seconds = seconds
        self.watch._say(error)


def test_the_same_trouble_is_told_again_only_after_half_an_hour_of_it() -> None:
    one = Watch()
    for seconds in (0, 120, 1800, 1801, 3601):
        one.say(AWAY, seconds)
    assert [line.at for line in one.store.log] == [NOW, NOW + timedelta(seconds=1801)]
    one.say(AWAY, 3602)
    assert len(one.lines) == 3
    one.say(ScopeUnreachable("something else"), 3603)
    assert one.lines[-1] == "garden: something else"


def test_a_trouble_is_told_once_whatever_is_told_of_others_meanwhile() -> None:
    one, other = Watch(), Watch()
    other.watch._store = one.store
    other.scope.name = "roof"
    for seconds in (0, 120, 240):
        one.say(AWAY, seconds)
        other.say(AWAY, seconds)
    assert one.lines == ["garden: it does not answer", "roof: it does not answer"]


def test_a_telescope_that_is_away_is_a_warning_and_any_other_trouble_an_error() -> None:
    one = Watch()
    one.say(AWAY, 0)
    one.say(LoginNeeded("it wants a key"), 0)
    assert [line.severity for line in one.store.log] == [Severity.WARNING, Severity.ERROR]


async def test_a_trouble_that_was_over_is_told_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    one, looks = Watch(), 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        one.watch.look_soon()
        if looks in (1, 2, 4):
            raise AWAY
        if looks == 5:
            raise SystemExit

    monkeypatch.setattr(one.watch, "look", look)
    with pytest.raises(SystemExit):
        await one.watch._watch()
    assert one.lines == ["garden: it does not answer"] * 2


async def test_a_telescope_that_is_off_is_not_waited_for_any_longer() -> None:
    scope = Scope()
    scope.troubles["wait_ready"] = AWAY
    scope.state = ScopeState.OFF
    with pytest.raises(ScopeUnreachable):
        await connected(cast(Any, scope))
    assert scope.waited == [telescope_watch.OFF_PATIENCE_S]
    scope.state, scope.waited = ScopeState.CONNECTING, []
    with pytest.raises(ScopeUnreachable):
        await connected(cast(Any, scope))
    assert scope.waited == [telescope_watch.OFF_PATIENCE_S, telescope_watch.CONNECT_PATIENCE_S]


async def test_a_look_shows_what_the_telescope_says_of_itself_and_tells_once() -> None:
    one = Watch()
    await one.watch.look()
    assert one.heard == 1
    view = one.view
    assert (view.serial, view.host, view.state, view.reason) == ("a1", "h", ScopeState.READY, "")
    assert (view.firmware, view.battery_percent, view.free_gb) == ("7.75", 80, 32.5)
    assert (view.observing, view.activity, view.zone) == (True, "observing M 81", "UTC")
    assert view.nights_left == pytest.approx(32_500e6 / 45_000)
    one.scope.state = ScopeState.OFF
    one.watch.tell("parking", "parked")
    assert (one.view.reason, one.view.doing, one.view.done) == ("why not", "parking", "parked")


def test_a_telescope_is_shown_from_the_start_and_whenever_its_connection_changes() -> None:
    one = Watch()
    assert one.view.state is ScopeState.READY
    one.scope.state, one.scope.host = ScopeState.OFF, "elsewhere"
    one.scope.changed()
    assert (one.view.state, one.view.host) == (ScopeState.OFF, "elsewhere")


async def test_how_it_is_is_shown_before_its_folders_are_read_and_only_once_it_is_there() -> None:
    one = Watch()
    one.scope.troubles["look_for_targets"] = ScopeTimeout("busy")
    with pytest.raises(ScopeTimeout):
        await one.watch.look()
    assert one.view.battery_percent == 80 and one.scope.waited
    one = Watch()
    one.scope.troubles["wait_ready"] = AWAY
    with pytest.raises(ScopeUnreachable):
        await one.watch.look()
    assert one.view.battery_percent is None


async def test_a_telescope_that_does_not_tell_its_room_has_no_nights_left() -> None:
    one = Watch()
    one.scope.facts_told = ScopeFacts()
    await one.watch.look()
    assert one.view.free_gb is None and one.view.nights_left is None


async def test_folders_without_sub_frames_have_no_part_in_the_nights_left() -> None:
    one = Watch()
    one.scope.targets = {"M 81": []}
    await one.watch.look()
    assert one.view.nights_left is None


async def test_what_is_odd_about_one_target_is_told_of_it_and_costs_no_other() -> None:
    one = Watch()
    one.scope.troubles["list M 81"] = DeviceError("it has a name that is no name")
    await one.watch.look()
    odd, other = one.watch.targets["M 81"], one.watch.targets["M 82"]
    assert odd.problem == "its folders could not be read: it has a name that is no name"
    assert odd.blocks == () and other.problem == "" and len(other.blocks) == 1


async def test_what_was_read_of_a_target_before_stands_until_it_is_read_again() -> None:
    one = Watch()
    await one.watch.look()
    before = one.watch.targets["M 81"]
    one.scope.troubles["list M 81"] = DeviceError("no")
    one.clock.seconds = 60
    await one.watch.look()
    after = one.watch.targets["M 81"]
    assert after.problem and msgspec.structs.replace(after, problem="") == before
    del one.scope.troubles["list M 81"]
    await one.watch.look()
    assert one.watch.targets["M 81"].problem == ""
    assert one.watch.targets["M 81"].read_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize("kind", [ScopeTimeout, ScopeUnreachable, LoginNeeded, LoginRefused])
async def test_a_telescope_that_goes_while_it_is_read_leaves_all_as_it_was(
    kind: type[CrowdSkyError],
) -> None:
    one = Watch()
    await one.watch.look()
    before = one.watch.targets
    one.scope.troubles["list M 82"] = kind("gone")
    with pytest.raises(kind):
        await one.watch.look()
    assert one.watch.targets is before and one.heard == 1


async def test_a_target_that_is_read_again_leaves_the_others_as_they_were() -> None:
    one = Watch()
    await one.watch.look()
    before = one.watch.targets
    one.scope.targets["M 81"] = [block(0, 11)]
    one.scope.targets["M 82"] = []
    await one.watch.look_at("M 81")
    assert [each.frame_count for each in one.watch.targets["M 81"].blocks] == [11]
    assert one.watch.targets["M 82"] is before["M 82"] and one.heard == 2


async def test_what_was_known_of_its_clock_stands_while_it_is_too_busy_to_tell() -> None:
    one = Watch()
    one.scope.clock_off_s = 3600
    await one.watch.look()
    assert "clock is +3,600 s off" in one.watch.targets["M 81"].clock_doubt
    assert [line for line in one.watch.undecided() if "clock is +3,600 s off" in line]
    one.scope.troubles["pi_get_time"] = ScopeTimeout("busy")
    await one.watch.look()
    assert one.watch.targets["M 81"].clock_doubt
    del one.scope.troubles["pi_get_time"]
    one.scope.clock_off_s = None
    await one.watch.look()
    assert one.watch.targets["M 81"].clock_doubt == ""


async def test_each_thing_that_is_left_out_is_told_once_when_it_comes_up() -> None:
    one = Watch()
    del one.scope.targets["M 82"]
    one.scope.left_out = (LeftOut("a?", "an odd name"), LeftOut("b", "empty", waits=False))
    one.scope.folders = (LeftOut("odd_sub", "no target"),)
    for _ in range(2):
        await one.watch.look()
    assert one.lines == ["garden: odd_sub: no target", "garden: a?: an odd name"]
    assert {line.severity for line in one.store.log} == {Severity.WARNING}
    one.scope.folders = ()
    await one.watch.look()
    one.scope.folders = (LeftOut("odd_sub", "no target"),)
    await one.watch.look()
    assert one.lines[2:] == ["garden: odd_sub: no target"]


async def test_a_folder_that_nothing_may_be_begun_in_is_named_only_if_there_is_something() -> None:
    one = Watch()
    one.scope.barred = "the share cannot reach it"
    one.scope.targets["M 82"] = []
    await one.watch.look()
    assert one.watch.undecided() == ["M 81: the share cannot reach it"]


def test_only_what_waits_for_somebody_is_undecided_and_the_rest_is_lost() -> None:
    facts = facts_of_m81()
    assert facts.undecided() == ["a: odd", "M 81: it broke"] and facts.lost() == ["b: empty"]
    assert facts.note == "it broke; no share; a: odd; b: empty"


def facts_of_m81() -> TargetFacts:
    left = (LeftOut("a", "odd"), LeftOut("b", "empty", waits=False))
    return TargetFacts(
        "garden", "a1", "S50_a1", "M 81", "M 81", "M 81_sub", UTC, 0, 0, (), (), NOW,
        barred="no share", problem="it broke", left_out=left,
    )  # fmt: skip


def test_a_telescopes_clock_counts_before_the_doubts_about_a_night() -> None:
    facts = msgspec.structs.replace(
        facts_of_m81(), blocks=(block(0, 3),), doubts={date(2026, 2, 27): "its headers differ"}
    )
    start = block(0, 3).block_start
    assert facts.unclear_starts() == {start: "its headers differ"}
    doubted = msgspec.structs.replace(facts, clock_doubt="it is off")
    assert doubted.unclear_starts() == {start: "it is off"}
    assert msgspec.structs.replace(facts, doubts={}).unclear_starts() == {}
