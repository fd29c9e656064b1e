"""Notices: told once, at a decent hour, and never in the way."""

import asyncio
import contextlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from local_server import local_server

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, NetworkDown
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import NetworkSettings, NoticeSettings
from crowdsky_tui.notices.send import Notice, Notices, deliver, is_quiet
from crowdsky_tui.notices.watch import NoticeWatch

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # in apprise


class HandClock(Clock):
    """Stands until it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2026, 2, 28, 6, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def steady(self) -> float:
        return self.moment.timestamp()


class Hook:
    """A web hook on a real socket. `status` is what it answers."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.status = 200
        self._open = local_server(self._serve)

    async def __aenter__(self) -> "Hook":
        self.url = f"http://127.0.0.1:{await self._open.__aenter__()}/topic-s3cret"
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._open.__aexit__(*error)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in head.lower().splitlines()
                      if line.startswith("content-length"))  # fmt: skip
        self.got.append(head + (await reader.readexactly(length)).decode())
        writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()


async def settled(notices: Notices) -> None:
    notices.send_soon()
    await notices.close()


async def test_the_same_is_told_once_until_it_was_over() -> None:
    clock = HandClock()
    troubles: list[Any] = []
    async with Hook() as hook:
        notices = Notices(NoticeSettings(url=hook.url), clock, troubles.append)
        sent: list[Notice] = []
        notices.on_sent = sent.append
        alarm = Notice("disk a", "Disk low: a", "1.2 nights – soon")
        notices.tell([alarm])
        notices.tell([alarm])
        assert sent == []
        await settled(notices)
        assert sent == [alarm]
        notices.tell([alarm])
        await settled(notices)
        assert len(hook.got) == 1
        assert "title: disk low: a" in hook.got[0].lower() and "1.2 nights – soon" in hook.got[0]
        notices.over([], ["disk"])
        notices.tell([alarm])
        await settled(notices)
        assert len(hook.got) == 2 and troubles == []


async def test_what_cannot_be_sent_waits_and_says_so_once_without_the_address() -> None:
    clock = HandClock()
    troubles: list[Any] = []
    async with Hook() as hook:
        hook.status = 503
        notices = Notices(NoticeSettings(url=hook.url), clock, troubles.append)
        notices.tell([Notice("report 1", "CrowdSky: done", "page")])
        for _ in range(3):
            await settled(notices)
            clock.moment += timedelta(minutes=6)
        assert len(troubles) == 1 and "503" in troubles[0] and "s3cret" not in troubles[0]
        hook.status = 200
        await settled(notices)
        assert len(hook.got) == 4 and hook.got[-1].endswith("page")


async def test_quiet_hours_hold_it_back() -> None:
    local = datetime(2026, 2, 28, 5).astimezone()
    for begin, end, quiet in (("22:00", "06:00", True), ("06:00", "22:00", False), ("", "", False)):
        assert is_quiet(NoticeSettings(quiet_from=begin, quiet_to=end), local) is quiet
    clock = HandClock()
    clock.moment = local
    async with Hook() as hook:
        settings = NoticeSettings(url=hook.url, quiet_from="22:00", quiet_to="06:00")
        notices = Notices(settings, clock, lambda text: None)
        notices.tell([Notice("a b", "title")])
        await settled(notices)
        assert hook.got == []
        clock.moment += timedelta(hours=2)
        await settled(notices)
        assert len(hook.got) == 1


async def test_the_beat_comes_when_it_is_due_and_slack_gets_json() -> None:
    clock = HandClock()
    async with Hook() as hook:
        settings = NoticeSettings(url=hook.url, style="slack", beat_h=24)
        notices = Notices(settings, clock, lambda text: None)
        for hours in (0, 1, 22, 2):
            clock.moment += timedelta(hours=hours)
            notices.beat()
            await settled(notices)
        assert len(hook.got) == 2 and '{"text":' in hook.got[0]


async def test_nothing_is_kept_where_nobody_wants_to_hear_it() -> None:
    notices = Notices(NoticeSettings(beat_h=1), HandClock(), lambda text: None)
    notices.tell([Notice("a b", "title")])
    notices.beat()
    notices.send_soon()
    assert notices._waiting == [] and notices._sending is None
    with pytest.raises(NetworkDown):
        await deliver(NoticeSettings(url="http://127.0.0.1:1/x"), Notice("a", "b"))
    with pytest.raises(CrowdSkyError, match="apprise"):
        await deliver(NoticeSettings(url="tgram://x", style="apprise"), Notice("a", "b"))


async def test_apprise_itself_delivers_and_a_refusal_is_told_without_the_address() -> None:
    pytest.importorskip("apprise", reason="the extra notify is not installed")
    async with Hook() as hook:
        settings = NoticeSettings(url=hook.url.replace("http://", "json://"), style="apprise")
        await deliver(settings, Notice("disk a", "Disk low: a", "1.2 nights left"))
        assert len(hook.got) == 1
        assert "Disk low: a" in hook.got[0] and "1.2 nights left" in hook.got[0]
        hook.status = 500
        with pytest.raises(NetworkDown, match="apprise refused it") as refused:
            await deliver(settings, Notice("disk b", "Disk low: b"))
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b""],
)
async def test_a_notice_never_waits_for_what_its_server_says_bit_by_bit(
    beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crowdsky_tui.notices.send.PATIENCE_S", 0.5)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(beginning)
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)

    async with local_server(serve) as port, asyncio.timeout(5):
        with contextlib.suppress(NetworkDown):  # those with a status have been taken
            await deliver(NoticeSettings(url=f"http://127.0.0.1:{port}/x"), Notice("a", "b"))


async def test_a_notice_goes_by_the_settings_proxy_and_none_to_this_machine() -> None:
    async with Hook() as proxy, Hook() as hook:
        road = NetworkSettings(proxy=proxy.url.rpartition("/")[0])
        settings = NoticeSettings(url="http://ntfy.example/topic-s3cret")
        await deliver(settings, Notice("a", "b"), road)
        assert proxy.got[0].startswith("POST http://ntfy.example/topic-s3cret ")
        notices = Notices(settings, HandClock(), lambda text: None, None, road)
        notices.tell([Notice("a", "b")])
        await settled(notices)
        assert len(proxy.got) == 2
        await deliver(NoticeSettings(url=hook.url), Notice("a", "b"), road)
        assert len(proxy.got) == 2 and len(hook.got) == 1


async def test_a_proxy_that_cannot_be_used_is_named_and_the_address_is_not() -> None:
    settings = NoticeSettings(url="http://ntfy.example/topic-s3cret")
    with pytest.raises(NetworkDown, match="proxy") as told:
        await deliver(settings, Notice("a", "b"), NetworkSettings(proxy="gopher://x"))
    assert "s3cret" not in str(told.value)


def test_what_was_delivered_is_kept_in_the_records_and_a_beat_is_not() -> None:
    kept: list[Any] = []
    night = SimpleNamespace(
        settings=Settings(),
        clock=HandClock(),
        records=SimpleNamespace(
            records=SimpleNamespace(insert=lambda kind, data: kept.append((kind, data)))
        ),
    )
    watch = NoticeWatch(cast("Any", night), lambda about, text: None)
    watch._notices.on_sent(Notice("beat", "crowdsky-tui is alive"))
    watch._notices.on_sent(Notice("unsafe", "Not safe to observe", "roof: wet"))
    assert kept == [("notice", {"title": "Not safe to observe", "text": "roof: wet"})]


async def test_apprise_carries_a_file_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []

    class Apprise:
        def add(self, _url: str) -> bool:
            return True

        def notify(self, **more: Any) -> bool:
            sent.append(more)
            return True

    monkeypatch.setitem(sys.modules, "apprise", SimpleNamespace(Apprise=Apprise))
    settings = NoticeSettings(url="tgram://x", style="apprise")
    page = tmp_path / "report.html"
    for there in (False, True):
        if there:
            page.write_text("page")
        await deliver(settings, Notice("a", "b", attached=page))
    assert [each["attach"] for each in sent] == [None, str(page)]
