"""The records of a night: written once, found again, thinned out, dropped without harm."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from postgres_kit import Cluster

from crowdsky_tui.base.clock import Clock, StoppedClock
from crowdsky_tui.base.errors import DatabaseUnavailable, UsageError
from crowdsky_tui.base.redaction import keep_place, keep_secret
from crowdsky_tui.database import record_rows, records
from crowdsky_tui.database.database import Database
from crowdsky_tui.database.record import MOST_BYTES, run_of
from crowdsky_tui.database.records import Records

pytest_plugins = ("database_kit",)

Make = Callable[[], tuple[Database, list[str]]]
NOW = datetime(2026, 11, 28, 22, 15, tzinfo=UTC)


class SetClock(Clock):
    """Reads what it was set to."""

    at = NOW

    def now(self) -> datetime:
        return self.at


async def kept(stream: Records, **more: Any) -> list[Any]:
    return [each async for each in stream.read(**more)]


async def test_what_is_inserted_is_current_latest_found_and_read(opened_database: Make) -> None:
    clock = SetClock()
    stream = Records(opened_database()[0], clock)
    uid = stream.insert("scope", {"temperature_c": 12.5}, "S50")
    clock.at += timedelta(seconds=90)
    current = stream.current("scope", "S50")
    assert current is not None and current.data == {"temperature_c": 12.5}
    latest = await stream.latest("scope")
    assert latest is not None and latest.age_s == 90 and latest.record.ts == NOW
    found = await stream.find(uid)
    assert found is not None and found.meta.source == "S50" and found.meta.run == run_of(NOW)
    assert await kept(stream) == [found]


async def test_a_current_one_that_is_not_permanent_is_not_found(opened_database: Make) -> None:
    stream = Records(opened_database()[0], SetClock())
    uid = stream.insert("weather", {"safe": True}, permanent=False)
    assert stream.current("weather") is not None
    assert (await stream.latest("weather")) is not None
    assert await stream.find(uid) is None and await kept(stream) == []


async def test_what_is_cleared_is_current_no_more_and_stays_kept(opened_database: Make) -> None:
    stream = Records(opened_database()[0], SetClock())
    uid = stream.insert("weather", {"safe": True})
    stream.insert("sky", {"sqm": 21.2})
    await stream.clear("weather")
    assert stream.current("weather") is None and await stream.latest("weather") is None
    assert await stream.find(uid) is not None and await stream.latest("sky") is not None


async def test_the_next_run_knows_the_last_known_state_and_its_age(opened_database: Make) -> None:
    clock = SetClock()
    first = Records(opened_database()[0], clock)
    first.insert("scope", {"n": 1}, "A")
    first.insert("scope", {"n": 2}, "B", at=NOW - timedelta(hours=1))
    await first.close()
    clock.at += timedelta(hours=8)
    second = Records(opened_database()[0], clock)
    newest, b = await second.latest("scope"), await second.latest("scope", "B")
    assert newest is not None and newest.record.data == {"n": 1} and newest.age_s == 8 * 3600
    assert b is not None and b.age_s == 9 * 3600
    assert await second.latest("scope", "C") is None


async def test_an_older_one_that_comes_late_is_not_the_newest(opened_database: Make) -> None:
    stream = Records(opened_database()[0], SetClock())
    stream.insert("scope", {"n": "new"})
    await stream.flush()
    stream.insert("scope", {"n": "old"}, at=NOW - timedelta(minutes=5))
    latest = await stream.latest("scope")
    assert latest is not None and latest.record.data == {"n": "new"}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("scope", {"x": object()}),
        ("scope", {"x": "y" * (MOST_BYTES + 1)} | {str(n): "y" * 1999 for n in range(9)}),
        ("Scope!", {}),
        ("", {}),
        ("x" * 41, {}),
        ("scope; DROP TABLE record", {}),
    ],
)
async def test_what_cannot_be_kept_is_refused_at_once(
    kind: str, data: object, tmp_path: Path
) -> None:
    stream = Records(Database(tmp_path), SetClock())
    with pytest.raises(UsageError, match="cannot be kept"):
        stream.insert(kind, data)
    assert stream.current(kind) is None


async def test_a_naive_moment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="zone"):
        Records(Database(tmp_path), SetClock()).insert("scope", {}, at=datetime(2026, 1, 1))


async def test_no_secret_no_place_and_no_control_gets_in(opened_database: Make) -> None:
    keep_secret("hunter2-hunter2")
    keep_place(48.2082, 16.3738)
    stream = Records(opened_database()[0], SetClock())
    stream.insert(
        "error",
        {"text": "\x1b[31mhunter2-hunter2 at 48.2082", "list": [16.3738, "a\nb"], "n": 48.2081},
    )
    (one,) = [each async for each in _flushed(stream)]
    assert not [word for word in ("hunter2", "48.208", "16.37", "\x1b", "\n") if word in str(one)]


async def _flushed(stream: Records) -> Any:
    await stream.flush()
    async for each in stream.read():
        yield each


async def test_reading_goes_by_kind_by_time_and_by_number_over_all_pages(
    opened_database: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "AT_A_TIME", 7)
    stream = Records(opened_database()[0], SetClock())
    for n in range(40):
        stream.insert("even" if n % 2 == 0 else "odd", {"n": n}, at=NOW + timedelta(minutes=n))
    await stream.flush()
    assert [each.data["n"] for each in await kept(stream)] == [*range(40)]
    even = await kept(stream, kinds=["even"], since=NOW + timedelta(minutes=20))
    assert [each.data["n"] for each in even] == [*range(20, 40, 2)]
    rest = await kept(stream, after=even[-1].seq)
    assert [each.data["n"] for each in rest] == [39]


async def test_a_night_is_one_run_from_noon_to_noon(opened_database: Make) -> None:
    stream = Records(opened_database()[0], SetClock())
    noon = datetime(2026, 11, 28, 12).astimezone()
    for hours in (-0.1, 0.1, 23.9, 24.1):
        stream.insert("scope", {}, at=noon + timedelta(hours=hours))
    await stream.flush()
    assert [(run.run, run.records) for run in await stream.runs()] == [
        ("20261127-1", 1),
        ("20261128-1", 2),
        ("20261129-1", 1),
    ]


async def test_what_is_too_old_or_too_much_goes_the_oldest_first(opened_database: Make) -> None:
    database, _ = opened_database()
    stream = Records(database, SetClock())
    stream.insert("scope", {"n": "old"}, at=NOW - timedelta(days=91))
    for n in range(200):
        stream.insert("scope", {"n": n, "text": "x" * 500}, at=NOW + timedelta(seconds=n))
    await stream.flush()
    oldest = NOW - timedelta(days=90)
    assert await database.run(lambda c: record_rows.prune(c, oldest, 10**9)) == 1
    gone = await database.run(lambda c: record_rows.prune(c, oldest, 60_000))
    left = [each.data["n"] for each in await kept(stream)]
    assert 0 < gone < 200 and left == [*range(gone, 200)]
    assert sum(len(json.dumps(each)) for each in left) <= 60_000
    assert await database.run(lambda c: record_rows.prune(c, oldest, 60_000)) == 0


async def test_deleting_before_a_moment_leaves_what_is_newer(opened_database: Make) -> None:
    stream = Records(opened_database()[0], SetClock())
    for n in range(5):
        stream.insert("scope", {"n": n}, f"s{n}", at=NOW + timedelta(hours=n))
    await stream.flush()
    assert await stream.delete_before(NOW + timedelta(hours=2)) == 2
    assert [each.data["n"] for each in await kept(stream)] == [2, 3, 4]
    assert await stream.latest("scope", "s1") is None


async def test_the_loop_writes_by_itself(
    opened_database: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "FIRST_WRITE_S", 0.01)
    database, _ = opened_database()
    stream = Records(database, SetClock())
    task = asyncio.create_task(stream.run())
    stream.insert("scope", {})
    async with asyncio.timeout(20):
        while not await kept(stream):
            await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_writing_that_came_through_unheard_is_not_written_twice(
    opened_database: Make,
) -> None:
    """A connection may break between the server's commit and its answer."""
    database, _ = opened_database()
    stream = Records(database, SetClock())
    stream.insert("scope", {"n": 1})
    before = list(stream._waiting)
    await database.run(lambda c: record_rows.write(c, before))
    await stream.flush()
    assert len(await kept(stream)) == 1


async def test_while_the_server_is_away_records_wait_and_nothing_is_lost(
    tmp_path: Path, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "FIRST_WRITE_S", 0.01)
    monkeypatch.setattr(records, "WRITE_EVERY_S", 0.05)
    monkeypatch.setattr(records, "LONGEST_PAUSE_S", 0.1)
    told: list[str] = []
    database = Database(tmp_path, postgres.new_database())
    stream = Records(database, SetClock(), told.append)
    stream.insert("scope", {"n": 0})
    await stream.flush()
    postgres.stop()
    task = asyncio.create_task(stream.run())
    try:
        for n in range(1, 5):
            stream.insert("scope", {"n": n})
            await asyncio.sleep(0.05)
        async with asyncio.timeout(30):
            while not told:
                await asyncio.sleep(0.02)
        assert not task.done()
    finally:
        postgres.start()
    async with asyncio.timeout(30):
        while len(told) < 2:
            await asyncio.sleep(0.02)
    assert [each.data["n"] for each in await kept(stream)] == [0, 1, 2, 3, 4]
    assert "meanwhile" in told[0] and "back" in told[1] and len(told) == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await database.close()


async def test_what_waits_too_long_is_dropped_the_oldest_first_and_said(tmp_path: Path) -> None:
    told: list[str] = []
    stream = Records(Database(tmp_path), SetClock(), told.append, most_waiting=10)
    for n in range(25):
        stream.insert("scope", {"n": n})
    stream._tell_away(DatabaseUnavailable("away"))
    await stream.flush()
    stream._tell_back()
    assert [each.data["n"] for each in await kept(stream)] == [*range(15, 25)]
    assert "15 were too many" in told[1]
    await stream._database.close()


async def test_closing_with_a_server_that_is_away_ends(tmp_path: Path) -> None:
    database = Database(tmp_path, "postgresql://u:pass-word@127.0.0.1:9/none")
    stream = Records(database, SetClock())
    stream.insert("scope", {})
    async with asyncio.timeout(20):
        await stream.close()
        await database.close()


# The verb


@pytest.fixture
async def state(tmp_path: Path) -> Path:
    """A settings file beside a state folder with three records."""
    path = tmp_path / "config.toml"
    path.write_text(f'[storage]\nstate_dir = "{tmp_path / "state"}"\n')
    database = Database(tmp_path / "state")
    now = datetime.now(UTC)
    stream = Records(database, StoppedClock(now))
    stream.insert("scope", {"temperature_c": 12.5, "name": "é"}, "S50")
    stream.insert("focus", {"fwhm_px": 2.5}, "S30", at=now - timedelta(hours=3))
    stream.insert("scope", {"temperature_c": 9.5}, "S50", at=now - timedelta(days=3))
    await stream.close()
    await database.close()
    return path


def verb(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "crowdsky_tui", "log", *words, "--config", str(config)]
    return subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_log_of_nothing_says_so_to_the_person_only(state: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text(f'[storage]\nstate_dir = "{tmp_path / "empty"}"\n')
    for words in ((), ("runs",)):
        told = verb(empty, *words)
        assert (told.returncode, told.stdout) == (0, "") and "no record is kept yet" in told.stderr
    assert "there is no such record" in verb(state, "--kind", "nosuchkind").stderr
    quiet = verb(empty, "--json")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_log_streams_ndjson_with_the_five_keys(state: Path) -> None:
    run = verb(state, "--json")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0 and len(lines) == 3, run.stderr
    assert [*lines[0]] == ["seq", "ts", "type", "data", "meta"]
    assert lines[0]["data"] == {"temperature_c": 12.5, "name": "é"}
    assert datetime.fromisoformat(lines[0]["ts"]).utcoffset() == timedelta(0)
    assert lines[0]["meta"]["run"].endswith("-1") and lines[0]["meta"]["source"] == "S50"


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--since", "1h"), 1),
        (("--since", "4h"), 2),
        (("--kind", "scope"), 2),
        (("--kind", "scope", "--kind", "focus", "--since", "2d"), 2),
        (("--scope", "S30"), 1),
        (("--since", "2020-01-01"), 3),
        (("--since", "2099-01-01T00:00Z"), 0),
    ],
)
def test_log_shows_what_is_asked_for(state: Path, words: tuple[str, ...], count: int) -> None:
    run = verb(state, *words)
    assert run.returncode == 0 and len(run.stdout.splitlines()) == count, run.stderr


@pytest.mark.parametrize("when", ["yesterday", "5", "9999999999d", "999999d", "2026-13-01", ""])
def test_a_time_that_is_none_is_a_usage_error(state: Path, when: str) -> None:
    run = verb(state, "--since", when)
    assert run.returncode == 2 and "is no time" in run.stderr and "Traceback" not in run.stderr


def test_log_clear_asks_first(state: Path) -> None:
    refused = verb(state, "clear", "--before", "1d")
    assert refused.returncode == 2 and "nothing was deleted" in refused.stderr
    assert len(verb(state).stdout.splitlines()) == 3
    assert verb(state, "clear", "--yes").returncode == 2
    done = verb(state, "clear", "--before", "1d", "--yes", "--json")
    assert json.loads(done.stdout)["deleted"] == 1
    assert len(verb(state).stdout.splitlines()) == 2


def test_log_follows_until_it_is_interrupted(state: Path) -> None:
    line = [sys.executable, "-m", "crowdsky_tui", "log", "--follow", "--json", "--kind", "note"]
    with subprocess.Popen(
        [*line, "--config", str(state)], stdout=subprocess.PIPE, preexec_fn=_hear_interrupts
    ) as run:
        try:
            asyncio.run(_insert_note(state.parent / "state"))
            assert run.stdout is not None
            assert json.loads(run.stdout.readline())["data"] == {"n": 1}
            run.send_signal(signal.SIGINT)
            assert run.wait(20) == 130
        finally:
            run.kill()  # or leaving the block would wait for it


def _hear_interrupts() -> None:
    """A shell starts what runs in its background deaf to them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def _insert_note(folder: Path) -> None:
    database = Database(folder)
    stream = Records(database, Clock())
    stream.insert("note", {"n": 1})
    await stream.close()
    await database.close()
