"""Rules of services, config and base, each by its name: order, pauses, who is told what."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from crowdsky_tui.base.errors import NetworkDown, ServerError, UsageError
from crowdsky_tui.base.private_files import close_to_others
from crowdsky_tui.base.supervisor import Faults, Supervisor, close_all
from crowdsky_tui.config.alert_settings import AlertSettings, check_alerts
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import NoticeSettings, check_notices
from crowdsky_tui.config.units import UnitError, in_own_units
from crowdsky_tui.services.crowdsky.archive import MOST_TILES, TILES_AT_A_TIME, Archive
from crowdsky_tui.services.http import polite
from crowdsky_tui.services.http.limits import Patience
from crowdsky_tui.services.http.polite import PoliteClient, Request

PATIENCE = Patience(connect=5, read=5, write=5)
ELSEWHERE = (
    "http://example.org/x",
    "http://127.0.0.1.example.org/x",
    "http://localhost.example.org/x",
    "http://127.0.0.1@example.org/x",
    "ftp://127.0.0.1/x",
    "//127.0.0.1/x",
    "https:///x",
)
SAFE = ("https://example.org/x", "http://localhost:8000/x", "http://127.0.0.1/x", "http://[::1]/x")
Answering = Callable[[httpx.Request], Awaitable[httpx.Response]]


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    yield body


class Site:
    """A web site in this process, and a clock that only its answers and pauses move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.open, self.most_open = 100.0, 0, 0
        self.spans: list[tuple[float, float]] = []
        self.answers: Answering = self._well
        monkeypatch.setattr(polite, "transport_for", lambda *_: httpx.MockTransport(self._answer))
        self.client = PoliteClient(
            "http://127.0.0.1", "x", name="site", between_s=2.0, clock=lambda: self.now
        )
        self.client.sleep = self._sleep

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        begun = self.now
        try:
            for _ in range(5):
                await asyncio.sleep(0)
            self.now += 0.5
            return await self.answers(request)
        finally:
            self.open -= 1
            self.spans.append((begun, self.now))

    async def _well(self, _request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=_pieces(b"well"))

    async def ask(self, path: str = "/") -> polite.Answer:
        return await self.client.whole("It failed", Request(path=path), PATIENCE, limit=100)


# polite.py


async def test_a_site_is_never_asked_twice_at_once_nor_sooner_than_the_pause_after_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = Site(monkeypatch)
    await asyncio.gather(*(site.ask() for _ in range(4)))
    await site.client.close()
    assert site.most_open == 1
    pauses = [
        begun - ended for (_, ended), (begun, _) in zip(site.spans, site.spans[1:], strict=False)
    ]
    assert pauses == [2.0] * 3


async def test_the_first_call_waits_for_nothing_and_time_that_has_passed_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = Site(monkeypatch)
    await site.ask()
    assert site.spans[0][0] == 100.0
    site.now += 1.5
    await site.ask()
    site.now += 60.0
    await site.ask()
    await site.client.close()
    assert [begun for begun, _ in site.spans] == [100.0, 102.5, 163.0]


@pytest.mark.parametrize("status", [None, 302, 429, 503])
async def test_a_call_that_fails_is_followed_by_the_pause_too(
    monkeypatch: pytest.MonkeyPatch, status: int | None
) -> None:
    site = Site(monkeypatch)

    async def refuse(_request: httpx.Request) -> httpx.Response:
        if status is None:
            raise httpx.ReadError("gone")
        headers = {"location": "http://127.0.0.1/elsewhere"}
        return httpx.Response(status, headers=headers, content=_pieces(b"no"))

    site.answers = refuse
    with pytest.raises(ServerError):
        await site.ask()
    site.answers = site._well
    await site.ask()
    await site.client.close()
    assert len(site.spans) == 2, "a redirect is not followed"
    assert site.spans[1][0] - site.spans[0][1] == 2.0


@pytest.mark.parametrize("url", ["http://example.org", "http://a:b@127.0.0.1", "example.org"])
def test_only_a_safe_address_is_a_site(url: str) -> None:
    with pytest.raises(UsageError):
        PoliteClient(url, "x", name="site")


# archive.py


class Frame(msgspec.Struct, frozen=True):
    id: int
    date_obs_start: None = None


def cone(count: int, tile: Callable[[int, dict[str, str]], Awaitable[Any]]) -> Archive:
    async def pixels(*_cone: float) -> list[int]:
        return list(range(count))

    archive = Archive("http://127.0.0.1:1", "csk_1", cone_pixels=pixels)
    archive._tile = tile  # type: ignore[assignment, method-assign]
    return archive


async def test_of_a_cone_each_frame_comes_once_and_few_tiles_are_asked_at_a_time() -> None:
    at_work: list[int] = []
    most = 0

    async def tile(pixel: int, _params: dict[str, str]) -> list[Any]:
        nonlocal most
        at_work.append(pixel)
        most = max(most, len(at_work))
        for _ in range(3):
            await asyncio.sleep(0)
        at_work.remove(pixel)
        return [Frame(pixel), Frame(pixel + 1)]

    found = await cone(10, tile).cone_search(0, 0)
    assert sorted(frame.id for frame in found) == list(range(11))
    assert most == TILES_AT_A_TIME


async def test_the_first_broken_tile_is_the_cones_error_and_never_a_group() -> None:
    async def tile(pixel: int, _params: dict[str, str]) -> list[Any]:
        if pixel in (2, 5):
            raise NetworkDown(f"tile {pixel}")
        return []

    with pytest.raises(NetworkDown, match="tile 2"):
        await cone(8, tile).cone_search(0, 0)


async def test_too_wide_a_cone_is_refused_before_anything_is_asked() -> None:
    asked: list[int] = []

    async def tile(pixel: int, _params: dict[str, str]) -> list[Any]:
        asked.append(pixel)
        return []

    with pytest.raises(UsageError, match="too wide"):
        await cone(MOST_TILES + 1, tile).cone_search(0, 0)
    assert asked == []
    await cone(MOST_TILES, tile).cone_search(0, 0)
    assert len(asked) == MOST_TILES


# config


@pytest.mark.parametrize("url", ELSEWHERE)
def test_over_plain_http_a_notice_goes_only_to_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match=r"only to this machine|no host"):
        check_notices(NoticeSettings(url=url, style="ntfy"))


@pytest.mark.parametrize("url", SAFE)
def test_over_https_or_to_this_machine_a_notice_goes(url: str) -> None:
    check_notices(NoticeSettings(url=url, style="ntfy"))


@pytest.mark.parametrize("name", ["aavso_url", "tns_url", "asassn_url", "vsx_url", "vsp_url"])
def test_over_plain_http_an_alerts_source_is_asked_only_on_this_machine(name: str) -> None:
    for url in SAFE:
        check_alerts(msgspec.structs.replace(AlertSettings(), **{name: url}))
    for url in ELSEWHERE:
        with pytest.raises(ValueError, match=f"{name} must begin with https"):
            check_alerts(msgspec.structs.replace(AlertSettings(), **{name: url}))


def test_only_a_setting_that_is_declared_with_a_unit_takes_text() -> None:
    said = {
        "site": {"horizon": "0.5 rad"},
        "server": {"username": "15 min"},
        "retry": {"attempts": "15 min"},
        "no_such": {"horizon": "0.5 rad"},
    }
    read = in_own_units(said, Settings)
    assert read["site"]["horizon"] == pytest.approx(28.6478898)
    assert {**read, "site": said["site"]} == said


@pytest.mark.parametrize("value", ["48.13579 parsecs", "48.13579.1 deg", ["48.13579"], True])
def test_a_units_error_names_the_key_and_never_the_value(value: object) -> None:
    with pytest.raises(UnitError, match=r"site\.latitude: it takes degrees") as caught:
        in_own_units({"site": {"latitude": value}}, Settings)
    assert "48.13579" not in str(caught.value)
    assert caught.value.__suppress_context__, "a traceback would tell it"


# base


async def test_the_last_part_is_closed_first_and_what_one_raises_keeps_no_other_open() -> None:
    closed: list[str] = []
    told: list[str] = []

    def part(name: str, error: BaseException | None = None) -> tuple[str, Any]:
        async def close() -> None:
            closed.append(name)
            if error is not None:
                raise error

        return name, close

    parts = [part("a"), part("b", KeyError("secret")), part("c", asyncio.CancelledError())]
    await close_all([*parts, part("d")], Faults(told.append))
    assert closed == ["d", "c", "b", "a"]
    assert [line.partition(":")[0] for line in told] == ["closing c", "closing b"]
    assert "secret" not in "".join(told)


async def test_who_stops_its_own_supervisor_is_not_cancelled_by_it() -> None:
    supervisor, ended = Supervisor(), asyncio.Event()
    other = supervisor.start("other", asyncio.sleep(3600))

    async def stops() -> None:
        await supervisor.close()
        ended.set()

    supervisor.start("stops", stops())
    async with asyncio.timeout(60):
        await ended.wait()
    assert other.cancelled() or other.done()


def test_only_our_own_names_are_closed_to_others_and_never_through_a_link(tmp_path: Path) -> None:
    state, stranger = tmp_path / "state", tmp_path / "stranger"
    (state / "folder.db").mkdir(parents=True)
    for path in (stranger, state / "journal.db", state / "other.txt"):
        path.write_text("x")
        path.chmod(0o644)
    (state / "folder.db").chmod(0o755)
    (state / "link.db").symlink_to(stranger)
    os.mkfifo(state / "pipe.db", 0o644)
    (state / "pipe.db").chmod(0o644)
    close_to_others(state, ["*.db"])
    names = ("journal.db", "folder.db", "other.txt", "pipe.db")
    modes = [stat.S_IMODE((state / name).stat().st_mode) for name in names]
    assert modes == [0o600, 0o700, 0o644, 0o644]
    assert stat.S_IMODE(stranger.stat().st_mode) == 0o644
