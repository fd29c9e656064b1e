"""A night never dies quietly: no exception, whatever it is, ends a watch, painting or a sender."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from local_server import local_server

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.crash_log import CRASH_LOG
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import NoticeSettings, ServerSettings, StorageSettings
from crowdsky_tui.instruments.seestar.connection.pending_replies import Exchange
from crowdsky_tui.instruments.seestar.connection.rpc import RpcConnection
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.background.coverage import CoverageWatch
from crowdsky_tui.night.background.server_watch import ServerWatch
from crowdsky_tui.night.background.sky_times import SkyWatch
from crowdsky_tui.night.night import Night
from crowdsky_tui.notices import send
from crowdsky_tui.notices.send import MOST_WAITING, Notice, Notices
from crowdsky_tui.progress.telescope_watch import ScopeWatch
from crowdsky_tui.store.store import ScopeState, Store
from crowdsky_tui.tui.app import CrowdSkyApp

SOON_S = 10.0
ODD = [
    KeyError("hostile row"),
    OverflowError("10^400"),
    ValueError("month must be in 1..12"),
    RecursionError(),
    MemoryError(),
    asyncio.CancelledError(),
    OSError(5, "I/O error"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
    ExceptionGroup("x", [TypeError()]),
]
every_oddity = pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended begins again at once."""
    monkeypatch.setattr(Supervisor.__init__, "__kwdefaults__", {"first_pause_s": 0.01})


async def until(ready: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON_S):
        while not ready():
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(loop: Any) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(loop)
    try:
        yield task
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class OddScope:
    """A telescope whose first answers make our reading of them fail."""

    name, host, serial, reason, telescope = "garden", "h", "", "", "S50_x"
    state = ScopeState.READY

    def __init__(self, error: BaseException, times: int) -> None:
        self.error, self.left, self.asked = error, times, 0

    def on_change(self, _callback: Callable[[], None]) -> None: ...

    async def wait_ready(self, _timeout: float | None = None) -> None: ...

    async def scope_zone(self) -> Any:
        self.asked += 1
        if self.asked <= self.left:
            raise self.error
        await asyncio.Event().wait()


@every_oddity
async def test_a_telescopes_watch_survives_whatever_it_reads(error: BaseException) -> None:
    store, scope = Store(), OddScope(error, 2)
    watch = ScopeWatch(cast(Any, scope), store, Clock(), 15, lambda: None)
    async with running(watch.run()):
        await until(lambda: scope.asked == 3)
    lines = [line.text for line in store.log]
    assert lines and all(type(error).__name__ in line or "garden" in line for line in lines)


@every_oddity
async def test_the_servers_watch_survives_whatever_the_list_is(error: BaseException) -> None:
    told: list[str] = []
    looks = 0

    class Listing:
        async def fresh(self) -> None:
            nonlocal looks
            looks += 1
            if looks < 3:
                raise error
            await asyncio.Event().wait()

    night: Any = type("Stub", (), {})()
    night.settings = Settings(server=ServerSettings(username="a", password="b"))
    night.clock, night.listing = Clock(), Listing()
    async with running(ServerWatch(night, Faults(told.append)).run()):
        await until(lambda: looks == 3)
    assert len(told) == 2 and "the server's watch" in told[0]


async def test_the_skys_and_its_coverages_watches_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    faults = Faults(told.append)
    looks: list[str] = []

    def odd(name: str) -> Callable[..., Any]:
        async def look(*_rest: Any) -> None:
            looks.append(name)
            raise KeyError(name)

        return look

    monkeypatch.setattr("crowdsky_tui.night.background.sky_times.FIRST_LOOK_S", 0.0)
    sky = SkyWatch(
        cast(Any, type("Stub", (), {"clock": Clock(), "settings": Settings()})()), faults
    )
    monkeypatch.setattr(sky, "look", odd("sky"))
    coverage = CoverageWatch(cast(Any, None), tuple, cast(Any, None), Clock(), print, faults)
    monkeypatch.setattr(coverage, "look", odd("coverage"))
    async with running(sky.run()), running(coverage.run()):
        await until(lambda: looks.count("sky") > 1 and looks.count("coverage") > 1)
    assert any("sky's watch" in line for line in told)
    assert any("coverage" in line for line in told)


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(storage=StorageSettings(str(folder / "state"), str(folder / "data")), **more)


@every_oddity
async def test_painting_goes_on_after_any_fault(tmp_path: Path, error: BaseException) -> None:
    async with Night(settings(tmp_path)) as night:
        real, painted = night.views.refresh_gently, 0

        async def refresh() -> None:
            nonlocal painted
            painted += 1
            if painted == 1:
                raise error
            await real()

        night.views.refresh_gently = refresh  # type: ignore[method-assign]
        await night.start()
        await until(lambda: painted > 2)
        assert any(type(error).__name__ in line.text for line in night.store.log)
        assert (tmp_path / "state" / CRASH_LOG).exists()


async def greeted(_connection: RpcConnection) -> None: ...


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("a\0b", 4700),
        ("127.0.0.1", 70000),
        ("127.0.0.1", -1),
        ("127.0.0.1", 10**30),
        ("\ud800", 4700),
    ],
)
async def test_no_address_ends_the_connections_owner(host: str, port: int) -> None:
    connection = RpcConnection(host, port, greeted, first_pause_s=0.01)
    connection.open()
    await until(lambda: connection.state is ScopeState.OFF)
    assert connection.reason and connection._owner is not None and not connection._owner.done()
    await connection.close()


async def test_the_connections_owner_survives_a_fault_in_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def take(*_reply: Any) -> None:
        raise KeyError("odd reply")

    guests = 0
    told: list[str] = []

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal guests
        guests += 1
        writer.write(b'{"id": 1, "code": 0}\r\n')
        with contextlib.suppress(OSError):
            await reader.read()

    monkeypatch.setattr(Exchange, "take", take)
    async with local_server(hang) as port:
        connection = RpcConnection(
            "127.0.0.1", port, greeted, first_pause_s=0.01, faults=Faults(told.append)
        )
        connection.open()
        await until(lambda: guests > 2)
        assert any("KeyError" in line for line in told)
        await connection.close()


async def test_a_connection_whose_keeper_fails_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fails(*_rest: Any) -> None:
        raise KeyError("keeping awake")

    guests = 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal guests
        guests += 1
        with contextlib.suppress(OSError):
            await reader.read()

    monkeypatch.setattr(RpcConnection, "_keep_alive", fails)
    async with local_server(hang) as port:
        connection = RpcConnection("127.0.0.1", port, greeted, first_pause_s=0.01)
        connection.open()
        await until(lambda: guests > 1)
        await connection.close()


def sender(told: list[str], faults: Faults | None = None) -> Notices:
    return Notices(NoticeSettings(url="http://127.0.0.1:9"), Clock(), told.append, faults)


async def test_a_notice_that_is_being_sent_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[str] = []

    async def deliver(_settings: object, notice: Notice, *_rest: object) -> None:
        await asyncio.sleep(0.005)
        sent.append(notice.key)

    monkeypatch.setattr(send, "deliver", deliver)
    own = sender([])
    keys = [f"k{number:02d}" for number in range(MOST_WAITING)]
    own.tell(Notice(key, "t") for key in keys)
    own.send_soon()
    await asyncio.sleep(0.002)
    own.tell([Notice("new", "t")])
    await until(lambda: "new" in sent)
    assert sent == [*keys, "new"]
    await own.close()


async def test_a_fault_while_sending_a_notice_is_told_once_and_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tries = 0

    async def deliver(*_rest: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise TypeError("apprise: bad url s3cret")

    monkeypatch.setattr(send, "deliver", deliver)
    told: list[str] = []
    own = sender(told, Faults(None, tmp_path))
    own.tell([Notice("k", "t")])
    for _ in range(4):
        own._retry_at = None
        own.send_soon()
        assert own._sending is not None
        await own._sending
    assert tries == 4 and len(told) == 1 and "TypeError" in told[0] and "s3cret" not in told[0]
    assert (tmp_path / CRASH_LOG).read_text().count("Z crowdsky-tui ") == 1
    await own.close()


async def test_one_telescopes_fault_is_no_other_ones_when_all_are_looked_at(tmp_path: Path) -> None:
    async with Night(settings(tmp_path)) as night:
        looked: list[str] = []

        async def good() -> None:
            looked.append("good")

        async def bad() -> None:
            raise OverflowError("10^400")

        for name, look in (("odd", bad), ("fine", good)):
            service = OddScope(KeyError(), 0)
            service.name = name
            watch = ScopeWatch(cast(Any, service), night.store, night.clock, 15, lambda: None)
            watch.look = look  # type: ignore[method-assign]
            night.watches[name] = watch
        problems = await night.look()
        night.watches.clear()
    assert looked == ["good"] and isinstance(problems["odd"], CrowdSkyError)


class StubApp:
    """As much of the app as the boundary of its actions uses."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.said: list[str] = []

    def notify(self, text: str, **_more: Any) -> None:
        self.said.append(text)


@pytest.mark.parametrize("place", ["/proc/nope", "/dev/null/x", "\0", "/nowhere" * 900])
async def test_a_fault_is_told_though_the_crash_log_cannot_be_written(place: str) -> None:
    async def bad() -> None:
        raise KeyError("x")

    app = StubApp(Path(place))
    await CrowdSkyApp._guarded(cast(CrowdSkyApp, app), bad())
    [line] = app.said
    assert "fault of this program" in line and "could not be written" in line


async def test_the_note_counts_all_that_is_sent(tmp_path: Path) -> None:
    def order(scope: str, number: int, local_path: str = "") -> Order:
        start = datetime(2026, 2, 27, 22, 45, tzinfo=UTC)
        name = f"CrowdSky_4{number}_M81_20.0s_LP_20260227.91_HP000123.fit"
        return Order(
            scope, scope, f"S50_{scope}", "M 81", "M 81", "20260227.91", "20.0s", "LP", start,
            start, name=name, local_path=local_path,
        )  # fmt: skip

    server = ServerSettings(username="a", password="b", url="http://127.0.0.1:9")
    async with Night(settings(tmp_path, server=server)) as night:
        remote = [order("a", number) for number in range(3)]
        local = [order("b", 0, "x.fit")]
        first = await night.upload_orders([*remote, *local])
        again = await night.upload_orders([*remote, *local, order("a", 4)])
        few = await night.upload_orders([])
    assert first.note == "4 stacks to send" and len(first.jobs) == 4
    assert again.note == "1 stack to send, 4 already under way"
    assert few.note == "0 stacks to send"
    assert msgspec.structs.asdict(first)["orders"] == (*remote, *local)
