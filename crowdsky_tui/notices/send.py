"""Notices to a person who is asleep: a web hook in the core, apprise if it is installed.

A notice that cannot be sent is kept and tried again; it never stops the work. Nothing secret goes
into one: only names of telescopes and targets, counts and reasons.
"""

import asyncio
import importlib
from collections.abc import Callable, Iterable
from datetime import datetime, time
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, NetworkDown, UsageError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.config.schema import NetworkSettings, NoticeSettings

AGAIN_AFTER_S = 12 * 3600.0
RETRY_AFTER_S = 300.0
PATIENCE_S = 15.0
MOST_WAITING = 20
LONGEST_TEXT = 3500
DIRECT = NetworkSettings()


class Notice(msgspec.Struct, frozen=True):
    """`key` says what it is about: the same is not told again within twelve hours.

    `attached` is a file that goes along where the service takes one.
    """

    key: str
    title: str
    text: str = ""
    attached: Path | None = None


class Notices:
    """Tells each thing once. `on_trouble` is told, once, why notices cannot be sent."""

    def __init__(
        self,
        settings: NoticeSettings,
        clock: Clock,
        on_trouble: Callable[[str], None],
        faults: Faults | None = None,
        network: NetworkSettings = DIRECT,
    ) -> None:
        self._settings = settings
        self._network = network
        self._clock = clock
        self._on_trouble = on_trouble
        self.on_sent: Callable[[Notice], None] = lambda notice: None
        """Called with each notice that was delivered."""
        self._told: dict[str, float] = {}
        self._waiting: list[Notice] = []
        self._retry_at: float | None = None
        self._in_trouble = False
        self._supervisor = Supervisor(faults)
        self._sending: asyncio.Task[None] | None = None

    def tell(self, notices: Iterable[Notice]) -> None:
        """Put aside what is new; `send_soon` sends it."""
        if not self._settings.url:
            return
        now = self._clock.steady()
        for notice in notices:
            told = self._told.get(notice.key)
            if told is None or now - told >= AGAIN_AFTER_S:
                self._told[notice.key] = now
                self._waiting = [*self._waiting, notice][-MOST_WAITING:]

    def over(self, keys_still_true: Iterable[str], kinds: Iterable[str]) -> None:
        """Forget what is not so any more, so that it is told anew when it comes back.

        A key's kind is its first word.
        """
        true, mine = set(keys_still_true), set(kinds)
        for key in [key for key in self._told if key.split()[0] in mine and key not in true]:
            del self._told[key]

    def beat(self) -> None:
        """Say that all is alive, if that is wanted and due."""
        hours, now = self._settings.beat_h, self._clock.steady()
        last = self._told.get("beat")
        if hours and (last is None or now - last >= hours * 3600):
            self._told.pop("beat", None)
            self.tell([Notice("beat", "crowdsky-tui is alive")])

    def send_soon(self) -> None:
        """Begin to send what waits, unless it is quiet time or the last try was just now."""
        now = self._clock.steady()
        if not self._waiting or (self._sending and not self._sending.done()):
            return
        if is_quiet(self._settings, self._clock.now()) or now < (self._retry_at or 0.0):
            return
        self._sending = self._supervisor.start("sending notices", self._send())

    async def close(self) -> None:
        """Send what is under way; what waits is lost, the report's file has it."""
        if self._sending is not None:
            await asyncio.wait([self._sending], timeout=PATIENCE_S)
        await self._supervisor.close()

    async def _send(self) -> None:
        while self._waiting:
            notice = self._waiting[0]
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await deliver(self._settings, notice, self._network)
            except (CrowdSkyError, TimeoutError) as error:
                self._put_off(str(error) or "no answer")
                return
            except Exception as error:  # noqa: BLE001 - of the library, or of ours
                if self._put_off(f"a fault, {type(error).__name__}"):
                    await self._supervisor.faults.report("sending notices", error)
                return
            self._in_trouble, self._retry_at = False, None
            self._waiting = [each for each in self._waiting if each is not notice]
            self.on_sent(notice)

    def _put_off(self, why: str) -> bool:
        """Try again later; whether the trouble is a new one, which is told."""
        self._retry_at = self._clock.steady() + RETRY_AFTER_S
        fresh, self._in_trouble = not self._in_trouble, True
        if fresh:
            self._on_trouble(f"notices cannot be sent: {why}")
        return fresh


def is_quiet(settings: NoticeSettings, now: datetime) -> bool:
    """Whether `now` (aware) lies in the quiet hours of this machine's day."""
    if not settings.quiet_from:
        return False
    local = now.astimezone().time()
    begin, end = time.fromisoformat(settings.quiet_from), time.fromisoformat(settings.quiet_to)
    return begin <= local < end if begin <= end else local >= begin or local < end


async def deliver(
    settings: NoticeSettings, notice: Notice, network: NetworkSettings = DIRECT
) -> None:
    """Send one notice now. Raises NetworkDown, or UsageError if apprise is missing.

    A web hook is reached as the server is, by `network`; apprise goes by the environment alone.
    The address is a secret: no error names it.
    """
    if settings.style == "apprise":
        await _apprise(settings.url, notice)
        return
    import httpx

    from crowdsky_tui.services.http.transport import transport_for

    text = notice.text[:LONGEST_TEXT] or notice.title
    if settings.style == "slack":
        body: dict[str, Any] = {"json": {"text": f"*{notice.title}*\n{notice.text}".strip()}}
    else:
        title = notice.title.encode("ascii", "replace").decode()
        body = {"content": text.encode(), "headers": {"Title": title}}
    try:
        road = await asyncio.to_thread(transport_for, httpx.URL(settings.url), network)
        async with (  # the answer's body is nobody's business: it may be of any size
            asyncio.timeout(PATIENCE_S),
            httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, transport=road) as client,
            client.stream("POST", settings.url, **body) as answer,
        ):
            pass
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        what = "the notice was not sent"
        raise NetworkDown(what, type(error).__name__, "Check notices.url") from None
    if not answer.is_success:
        what = "the notice was refused"
        raise NetworkDown(what, f"status {answer.status_code}", "Check notices.url")


async def _apprise(url: str, notice: Notice) -> None:
    try:
        apprise = importlib.import_module("apprise")
    except ImportError as error:
        raise UsageError(
            "apprise is not installed", "", 'Run: pip install "crowdsky-tui[notify]"'
        ) from error

    def send() -> bool:
        sender = apprise.Apprise()
        carried = notice.attached
        file = str(carried) if carried is not None and carried.is_file() else None
        return bool(sender.add(url)) and bool(
            sender.notify(title=notice.title, body=notice.text or notice.title, attach=file)
        )

    if not await asyncio.to_thread(send):
        raise NetworkDown("the notice was not sent", "apprise refused it", "Check notices.url")
