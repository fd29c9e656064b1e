"""What the watches of a night note, ask for and leave alone: no telescope, no server."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from telling_scope import NOW, HandClock, TellingScope, Turns
from test_automatic import order
from test_grades import like

from crowdsky_tui.base.errors import CrowdSkyError, DeviceError, NetworkDown, ScopeTimeout
from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.blocks import TargetKey
from crowdsky_tui.jobs.order import Job
from crowdsky_tui.night.background import coverage, night_records, server_watch
from crowdsky_tui.night.background.coverage import MOST_TRIES, CoverageWatch
from crowdsky_tui.night.background.needless_marks import NeedlessMarks
from crowdsky_tui.night.background.night_records import NightRecords
from crowdsky_tui.night.background.server_watch import ServerWatch
from crowdsky_tui.night.background.sky_times import GOOD_FOR, SkyWatch
from crowdsky_tui.photometry.measures import ColourBackground
from crowdsky_tui.site.place import Place
from crowdsky_tui.store.store import JobState, LogLine, ScopeState, Severity, Store

HERE = Place(16.4, 48.2)
M81, M82 = TargetKey("a", "M 81"), TargetKey("a", "M 82")


# the records of the night


class Noting:
    """Records that are kept in a list."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.noted: list[tuple[str, dict[str, Any], str, Any]] = []
        self.closed: list[str] = []
        monkeypatch.setattr(
            night_records, "open_database", lambda _settings, _tell: self._part("database")
        )
        monkeypatch.setattr(night_records, "Records", lambda *_: self._part("records"))
        night: Any = SimpleNamespace(clock=HandClock(), watches={}, store=Store(), settings=None)
        self.records = NightRecords(night, Faults(lambda _text: None))

    def _part(self, name: str) -> Any:
        async def close() -> None:
            self.closed.append(name)

        async def run() -> None: ...

        return SimpleNamespace(insert=self._insert, close=close, run=run)

    def _insert(self, kind: str, data: dict[str, Any], scope: str = "", at: Any = None) -> None:
        self.noted.append((kind, data, scope, at))


async def test_a_telescopes_read_outs_are_noted_only_while_it_can_be_used_and_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noting = Noting(monkeypatch)
    scope = TellingScope({"get_device_state": {"pi_status": {"battery_capacity": 80}}})
    watch: Any = SimpleNamespace(service=scope)
    await noting.records._look_at(watch)
    ((kind, data, name, _),) = noting.noted
    assert (kind, data, name) == ("scope", {"battery_percent": 80, "activity": "idle"}, "garden")
    scope.answers["get_view_state"] = ScopeTimeout("busy")
    await noting.records._look_at(watch)
    scope.state = ScopeState.OFF
    before = len(scope.said)
    await noting.records._look_at(watch)
    assert len(noting.noted) == 1 and len(scope.said) == before


async def test_a_telescopes_clock_is_noted_some_times_an_hour_and_only_if_it_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noting = Noting(monkeypatch)
    parts = {"year": 2026, "mon": 2, "day": 27, "hour": 22, "min": 0, "sec": 7}
    scope = TellingScope({"pi_get_time": Turns(ScopeTimeout("busy"), {}, parts)})
    watch: Any = SimpleNamespace(service=scope)
    clock: Any = noting.records._clock
    every = night_records.CLOCK_EVERY_S
    for seconds in (0, 1, every, every + 1, 2 * every):
        clock.seconds = seconds
        scope.clock.seconds = 0.0  # type: ignore[attr-defined]
        monkeypatch.setattr(clock, "now", lambda: NOW)
        await noting.records._look_at(watch)
    assert scope.commands().count("pi_get_time") == 3  # too busy, then silent, then told
    offsets = [(data, name) for kind, data, name, _ in noting.noted if kind == "clock"]
    assert offsets == [({"offset_s": 7.0}, "garden")]


def test_only_the_end_of_a_job_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    noting = Noting(monkeypatch)
    job = Job(1, "stack", "confirm", order(1), JobState.RUNNING, NOW, reason="why")
    noting.records.note_job(job)
    assert noting.noted == []
    noting.records.note_job(replace(job, state=JobState.FAILED))
    ((kind, data, scope, _),) = noting.noted
    assert (kind, scope) == ("block", "S50")
    assert data == {
        "job": "stack", "target": "M 81", "block": order(1).start.isoformat(),
        "state": "failed", "reason": "why",
    }  # fmt: skip


def test_what_was_measured_is_of_the_moment_at_which_the_block_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noting = Noting(monkeypatch)
    sky = (ColourBackground("R", 1020.0, 9.0, ()), ColourBackground("", 980.0, 8.0, ()))
    noting.records.note_measured(order(1), like(colours=sky, fwhm_arcsec=None))
    ((kind, data, scope, at),) = noting.noted
    assert (kind, scope, at) == ("focus", "S50", order(1).end)
    assert (data["target"], data["filter"], data["fwhm_px"]) == ("M 81", "LP", 2.0)
    assert (data["sky_r"], data["sky_mono"]) == (1020.0, 980.0)
    assert not {"colours", "fwhm_arcsec", "pattern"} & set(data)


@pytest.mark.parametrize("severity", list(Severity))
def test_of_the_log_only_warnings_and_errors_are_noted(
    severity: Severity, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = Noting(monkeypatch)
    noting.records.note_line(LogLine(NOW, severity, "a line"))
    warns = severity in (Severity.WARNING, Severity.ERROR)
    data = {"severity": severity.value, "text": "a line"}
    assert noting.noted == ([("error", data, "", NOW)] if warns else [])


async def test_only_a_night_that_works_writes_what_waits_when_it_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = Noting(monkeypatch)
    await looks.records.close()
    assert looks.closed == ["database"]
    works = Noting(monkeypatch)
    works.records.start()
    await works.records.close()
    assert works.closed == ["records", "database"] and list(works.records._tasks) == []


# marks, the server's list


@pytest.mark.parametrize(
    ("state", "serial", "looked"),
    [(ScopeState.READY, "a1", True), (ScopeState.OFF, "a1", False), (ScopeState.READY, "", False)],
)
async def test_marks_are_taken_away_only_from_telescopes_in_reach(
    state: ScopeState, serial: str, looked: bool
) -> None:
    dropped: list[str] = []

    async def drop_needless(marks: str, _journal: Any) -> None:
        dropped.append(marks)
        raise DeviceError("it goes away")  # which is no trouble of the next one

    watches: Any = {
        name: SimpleNamespace(service=SimpleNamespace(state=state, serial=serial, marks=name))
        for name in ("one", "two")
    }
    handover: Any = SimpleNamespace(drop_needless=drop_needless)
    at_hand: Any = None
    await NeedlessMarks(watches, at_hand, handover, HandClock()).look()
    assert dropped == (["one", "two"] if looked else [])


class ListedNight:
    """A night whose list a watch compares with its ledger."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = SimpleNamespace(server=SimpleNamespace(username=""))
        self.clock, self.store = HandClock(), Store()
        self.journal: Any = self
        self.queue = SimpleNamespace(unfinished=list)
        self.listing = SimpleNamespace(others="others", fresh=self._fresh)
        self.views = SimpleNamespace(note_entry=self._note, load=self._load)
        self.asked = self.loaded = 0
        self.busy: Any = None
        self.entries: list[str] = []
        self.gone: list[Any] = []
        monkeypatch.setattr(server_watch, "note_arrived", self._arrived)
        monkeypatch.setattr(server_watch, "note_vanished", self._vanished)
        at_hand: Any = self
        self.watch = ServerWatch(at_hand)

    async def _fresh(self) -> None:
        self.asked += 1
        raise NetworkDown("no network")

    async def _arrived(self, *what: Any) -> list[str]:
        self.busy = what[2]
        return ["one", "two"]

    async def _vanished(self, *_what: Any) -> list[Any]:
        return self.gone

    def _note(self, entry: str) -> None:
        self.entries.append(entry)

    async def _load(self) -> None:
        self.loaded += 1


async def test_the_list_is_asked_for_only_with_an_account_and_its_troubles_are_the_panes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = ListedNight(monkeypatch)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        night.settings.server.username = "me"
        if len(slept) == 2:
            raise SystemExit

    monkeypatch.setattr(night.clock, "sleep", sleep)
    with pytest.raises(SystemExit):
        await night.watch._watch()
    assert night.asked == 1 and slept == [300.0] * 2


async def test_what_no_job_is_about_is_compared_and_what_vanished_is_told_and_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = ListedNight(monkeypatch)
    night.queue.unfinished = lambda: [SimpleNamespace(payload=order(1))]
    await night.watch.compare([])
    assert night.busy == {order(1).block_id} and night.entries == ["one", "two"]
    assert night.loaded == 0 and not night.store.log
    night.gone = [SimpleNamespace(order=order(1))]
    await night.watch.compare([])
    (line,) = night.store.log
    assert line.severity is Severity.WARNING and night.loaded == 1


# the sky


class SkyNightByHand:
    """A night whose sky begins at `NOW`; `worked_out` counts."""

    def __init__(self, place: Place | None = HERE) -> None:
        self.clock, self.store = HandClock(), Store()
        self.settings = SimpleNamespace(site="garden")
        self.science: Any = self
        self.worked_out = 0
        at_hand: Any = self
        self.watch = SkyWatch(at_hand)
        observatory: Any = self.watch._observatory

        async def find_place() -> Place | None:
            return place

        observatory.find_place = find_place

    async def sky_night(self, _place: Place, now: Any, site: str) -> Any:
        self.worked_out += 1
        return SimpleNamespace(begins=NOW, sidereal_at=now, site=site)

    async def look(self, after: timedelta) -> bool:
        """Whether a look so long after `NOW` works the sky out anew."""
        before, self.clock.seconds = self.worked_out, after.total_seconds()
        await self.watch.look()
        return self.worked_out > before


async def test_the_sky_is_worked_out_anew_only_when_it_has_changed() -> None:
    night = SkyNightByHand()
    assert await night.look(timedelta())
    assert not await night.look(GOOD_FOR - timedelta(seconds=1))
    assert await night.look(GOOD_FOR) and timedelta(hours=3) == GOOD_FOR
    assert not await night.look(timedelta(hours=1))
    sky: Any = night.store.sky
    night.store.set_sky(replace_at(sky, timedelta()))
    assert not await night.look(timedelta(seconds=1))
    assert await night.look(-timedelta(seconds=1))  # before it began: another night
    night.store.set_sky(replace_at(sky, timedelta(hours=23)))
    assert not await night.look(timedelta(hours=23, minutes=59))
    assert await night.look(timedelta(days=1))


def replace_at(sky: Any, after: timedelta) -> Any:
    return SimpleNamespace(begins=sky.begins, sidereal_at=NOW + after, site=sky.site)


async def test_another_site_has_another_sky_at_once() -> None:
    night = SkyNightByHand()
    await night.look(timedelta())
    night.settings.site = "roof"
    assert await night.look(timedelta()) and night.store.sky.site == "roof"  # type: ignore[union-attr]
    assert not await night.look(timedelta())


async def test_where_nobody_knows_the_place_there_is_no_sky() -> None:
    night = SkyNightByHand(None)
    assert not await night.look(timedelta()) and night.store.sky is None


# the coverage of the sky


class Covered:
    """Targets whose tiles are told; `tries` counts the questions by target."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tiles: dict[TargetKey, int | Exception] = {M81: 5}
        self.tries: dict[TargetKey, int] = {}
        self.told: list[tuple[TargetKey, str, int | None]] = []
        self.asked: list[list[int]] = []
        self.trouble: Exception | None = None
        self.seconds = 1e6
        monkeypatch.setattr(coverage, "pixel_of", self._pixel_of)
        monkeypatch.setattr(coverage, "monotonic", lambda: self.seconds)
        night: Any = None
        sky: Any = SimpleNamespace(of=self._of)
        self.watch = CoverageWatch(night, lambda: list(self.tiles), sky, HandClock(), self._tell)

    async def _pixel_of(self, _night: Any, key: TargetKey) -> int:
        self.tries[key] = self.tries.get(key, 0) + 1
        tile = self.tiles[key]
        if isinstance(tile, Exception):
            raise tile
        return tile

    async def _of(self, pixels: Any) -> Any:
        self.asked.append(list(pixels))
        if self.trouble is not None:
            raise self.trouble
        row = SimpleNamespace(last=NOW - timedelta(days=3))
        return SimpleNamespace(tiles={5: (row,)})

    def _tell(self, key: TargetKey, text: str, days: int | None) -> None:
        self.told.append((key, text, days))


async def test_of_each_target_is_told_when_its_tile_was_last_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sky = Covered(monkeypatch)
    sky.tiles[M82] = 6
    await sky.watch.look()
    assert sky.told == [
        (M81, "first data on this tile in 3 days", 3), (M82, "first data on this tile", None),
    ]  # fmt: skip


async def test_the_table_is_asked_again_only_for_new_targets_or_after_half_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sky = Covered(monkeypatch)
    for seconds in (0, 1799, 1800):
        sky.seconds = 1e6 + seconds
        await sky.watch.look()
    assert len(sky.asked) == 2 and sky.tries == {M81: 1}
    sky.tiles[M82] = 6
    await sky.watch.look()
    assert sky.asked[2:] == [[5, 6]]


async def test_a_table_that_cannot_be_had_is_asked_for_at_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sky = Covered(monkeypatch)
    sky.trouble = NetworkDown("no network")
    await sky.watch.look()
    sky.trouble = None
    await sky.watch.look()
    assert len(sky.asked) == 2 and len(sky.told) == 1


@pytest.mark.parametrize("trouble", [CrowdSkyError("no header"), KeyError("gone")])
async def test_a_target_that_tells_no_place_is_asked_five_times_and_costs_no_other(
    trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    sky = Covered(monkeypatch)
    sky.tiles = {M82: trouble, M81: 5}
    for _ in range(9):
        await sky.watch.look()
    assert sky.tries == {M82: MOST_TRIES, M81: 1} and MOST_TRIES == 5
    assert [key for key, _, _ in sky.told] == [M81]


async def test_without_a_target_the_table_is_never_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sky = Covered(monkeypatch)
    sky.tiles = {}
    await sky.watch.look()
    assert sky.asked == []
