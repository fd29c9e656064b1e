"""One command socket to one telescope (TCP 4700).

One task owns the socket: it connects, reads, and connects again with growing pauses. Commands are
answered by id, events go to subscribers. Times here are real seconds: the firmware's idle cut (15.5
s without a byte from us) runs on its own clock, whatever a demo's clock does.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator

from crowdsky_tui.base import wire_log
from crowdsky_tui.base.errors import (
    CommandRefused,
    DeviceError,
    LoginNeeded,
    LoginRefused,
    OtherTelescope,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.instruments.seestar.connection.markers import WRONG_PARAMS, Markers
from crowdsky_tui.instruments.seestar.connection.pending_replies import Exchange
from crowdsky_tui.instruments.seestar.connection.wire import (
    NO_PARAMS,
    Event,
    LineBuffer,
    Reply,
    decode_line,
)
from crowdsky_tui.store.store import ScopeState

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 4.0
SILENCE_LIMIT_S = 30.0
REPLY_LIMIT_S = 60.0  # events alone may go on for ever: then only a new login helps
CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0
GREET_AGAIN_S = 15.0
REFUSED_REST = 4  # times as long before a refused login is tried again
LOOK = "Check that it is on and in reach"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
SETTLED = (ScopeState.READY, ScopeState.LOGIN_NEEDED, ScopeState.LOGIN_REFUSED)

Greeting = Callable[["RpcConnection"], Awaitable[None]]
EventCallback = Callable[[Event], None]
StateCallback = Callable[[], None]
AnswerCallback = Callable[[str, object, int | None], None]


def pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait before each new attempt: doubling up to `longest`, with jitter."""
    for step in itertools.count():
        jitter = random.uniform(0.6, 1.0)  # noqa: S311 - no secret
        yield min(longest, first * 2 ** min(step, 16)) * jitter


def notify(callbacks: Iterable[Callable[..., None]], *facts: object) -> None:
    """Tell each subscriber; one that fails is logged and keeps nobody from the news."""
    for callback in list(callbacks):
        try:
            callback(*facts)
        except Exception:
            log.exception("a subscriber of the telescope's news failed")


async def _or_hang_up(exchange: Exchange, help: Callable[[Exchange], Awaitable[None]]) -> None:
    """Run a connection's helper; without it, only a new connection is of use."""
    try:
        await help(exchange)
    except Exception:
        exchange.hang_up()
        raise


class RpcConnection:
    """Commands out, replies and events in, for as long as it is open.

    `greet` runs after each connect and decides whether the telescope is ready (see `session`); it
    may use `request`, everyone else uses `call`. `state` and `reason` say how far we are. `host`
    may be changed (see `move`); while it is empty, nothing is connected.
    """

    def __init__(  # noqa: PLR0913 - each limit may be set
        self,
        host: str,
        port: int,
        greet: Greeting,
        *,
        keep_alive_s: float = KEEP_ALIVE_S,
        silence_limit_s: float = SILENCE_LIMIT_S,
        reply_limit_s: float = REPLY_LIMIT_S,
        first_pause_s: float = FIRST_PAUSE_S,
        greet_again_s: float = GREET_AGAIN_S,
        faults: Faults | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.state = ScopeState.OFF
        self.reason = ""
        self.next_step = ""
        self.events_seen = 0
        self.markers = Markers()
        self._greet = greet
        self._keep_alive_s = keep_alive_s
        self._silence_limit_s = silence_limit_s
        self._reply_limit_s = reply_limit_s
        self._first_pause_s = first_pause_s
        self._greet_again_s = greet_again_s
        self._ids = itertools.count(1001)
        self._unanswered: set[str] = set()
        self._greeted = False
        self._exchange: Exchange | None = None
        self._last_received = self._last_reply = 0.0
        self._events: list[EventCallback] = []
        self._states: list[StateCallback] = []
        self._answers: list[AnswerCallback] = []
        self._settled = asyncio.Event()
        self._moved = asyncio.Event()
        self._supervisor = Supervisor(faults, first_pause_s=first_pause_s)
        self._owner: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start connecting, in the background. Needs a running loop."""
        if self._owner is None:
            self._set(ScopeState.CONNECTING)
            self._owner = self._supervisor.keep("the connection to a telescope", self._own)

    async def close(self) -> None:
        """End the connection; commands in flight end in ScopeUnreachable."""
        await self._supervisor.close()
        self._owner = None
        self._set(ScopeState.OFF, "closed")

    def move(self, host: str) -> None:
        """Connect to this address from now on, at once."""
        self.host = host
        self._moved.set()
        if self._exchange is not None:
            self._exchange.hang_up()

    def subscribe(self, callback: EventCallback) -> Callable[[], None]:
        """Call back with each event, on the loop; returns how to stop that."""
        self._events.append(callback)
        return lambda: self._events.remove(callback) if callback in self._events else None

    def on_state(self, callback: StateCallback) -> None:
        """Call back after each change of `state` or `reason`."""
        self._states.append(callback)

    def on_answer(self, callback: AnswerCallback) -> None:
        """Call back with (method, params, code) of each command, code None if none came."""
        self._answers.append(callback)

    async def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until commands are answered, at most `timeout` seconds.

        Raises LoginNeeded, LoginRefused, ScopeTimeout or ScopeUnreachable, by the state it then
        is in.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._settled.wait()
        except TimeoutError:
            raise self._why_not() from None
        if self.state in (ScopeState.LOGIN_NEEDED, ScopeState.LOGIN_REFUSED):
            raise self._why_not()

    async def call(
        self, method: str, params: object = NO_PARAMS, timeout: float = COMMAND_TIMEOUT_S
    ) -> object:
        """Send a command and return its `result`.

        Raises CommandRefused (with the telescope's code), ScopeTimeout after `timeout` seconds,
        LoginNeeded, LoginRefused, or ScopeUnreachable, at once if the connection ends meanwhile.
        """
        if self.state not in (ScopeState.READY, ScopeState.STALLED) or not self._greeted:
            raise self._why_not()
        return await self.request(method, params, timeout)

    async def request(
        self, method: str, params: object = NO_PARAMS, timeout: float = COMMAND_TIMEOUT_S
    ) -> object:
        """`call` for the greeting: needs a connection, not a ready telescope."""
        exchange = self._exchange
        if exchange is None:
            raise self._why_not()
        try:
            marked = self.markers.mark(method, params)
            reply = await exchange.ask(method, marked, timeout)
            if reply.code in WRONG_PARAMS and self.markers.give_up(method):
                reply = await exchange.ask(method, params, timeout)
        except ScopeTimeout:
            self._note_unanswered(method)
            notify(self._answers, method, params, None)
            raise
        notify(self._answers, method, params, reply.code)
        if reply.code != 0:
            raise CommandRefused(
                f"the telescope refused {method!r}",
                f"{reply.error or 'no reason given'} (code {reply.code})",
                code=reply.code,
            )
        return reply.result

    def _why_not(self) -> DeviceError:
        where = f"{self.host} port {self.port}" if self.host else "an address not known yet"
        if self.state is ScopeState.LOGIN_NEEDED:
            return LoginNeeded(
                f"the telescope at {where} wants a login", self.reason, self.next_step
            )
        if self.state is ScopeState.LOGIN_REFUSED:
            return LoginRefused(
                f"the telescope at {where} refused the login", self.reason, self.next_step
            )
        if self.state is ScopeState.STALLED:
            return ScopeTimeout(f"the telescope at {where} does not answer", self.reason)
        why = self.reason or "still connecting"
        return ScopeUnreachable(
            f"no connection to the telescope at {where}", why, self.next_step or LOOK
        )

    def _set(self, state: ScopeState, reason: str = "", next_step: str = "") -> None:
        changed = (state, reason) != (self.state, self.reason)
        self.state, self.reason, self.next_step = state, reason, next_step
        if state in SETTLED:
            self._settled.set()
        elif state is not ScopeState.STALLED:
            self._settled.clear()
        if changed:
            notify(self._states)

    async def _own(self) -> None:
        waits = pauses(self._first_pause_s, LONGEST_PAUSE_S)
        while True:
            self._moved.clear()
            connected = await self._connect()
            if connected is not None:
                await self._serve(*connected)
                if self._greeted:
                    waits = pauses(self._first_pause_s, LONGEST_PAUSE_S)
                self._greeted = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(next(waits)):
                    await self._moved.wait()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The open connection; None, with the state saying why, if there is none."""
        if not self.host:
            self._set(ScopeState.OFF, "it has not been found on the network yet", LOOK)
            return None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return await asyncio.open_connection(self.host, self.port)
        except TimeoutError:
            self._set(ScopeState.OFF, f"no answer within {CONNECT_TIMEOUT_S:g} s", LOOK)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            self._set(ScopeState.OFF, why, LOOK)
        except (ValueError, OverflowError):  # no name, or no port, for the resolver
            self._set(ScopeState.OFF, "this is not a host name", "Correct it in the settings")
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection's life, from connected to ended."""
        exchange = self._exchange = Exchange(self.host, writer, self._ids)
        self._last_received = self._last_reply = asyncio.get_running_loop().time()
        self._unanswered.clear()
        self._greeted = False
        self._set(ScopeState.REACHABLE, "connected, asking who it is")
        helpers = Supervisor(self._supervisor.faults)
        helpers.start("keeping a telescope awake", _or_hang_up(exchange, self._keep_alive))
        helpers.start("greeting a telescope", _or_hang_up(exchange, self._become_ready))
        error: OSError | None = None
        try:
            await self._read(reader, exchange)
        except OSError as problem:
            error = problem
        finally:
            self._exchange = None
            if self.state is not ScopeState.OFF:
                self._set(ScopeState.OFF, "the telescope ended the connection")
            exchange.end(error)
            writer.close()  # before anything is waited for, which a cancellation ends
            await helpers.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, exchange: Exchange) -> None:
        lines = LineBuffer()
        while data := await reader.read(65536):
            self._last_received = asyncio.get_running_loop().time()
            for line in lines.feed(data):
                wire_log.tell("from scope", self.host, line)
                message = decode_line(line)
                if isinstance(message, Reply):
                    self._revive()
                    exchange.take(message)
                elif message is not None:
                    self.events_seen += 1
                    notify(self._events, message)

    def _revive(self) -> None:
        self._last_reply = self._last_received
        self._unanswered.clear()
        if self.state is ScopeState.STALLED and self._greeted:
            self._set(ScopeState.READY)

    def _note_unanswered(self, method: str) -> None:
        self._unanswered.add(method)
        if len(self._unanswered) > 1 and self._greeted:
            self._set(ScopeState.STALLED, "it is connected but does not answer commands")

    async def _keep_alive(self, exchange: Exchange) -> None:
        """Send a cheap command in every silence of ours; drop a connection that is dead."""
        now = asyncio.get_running_loop().time
        while True:
            silent = now() - self._last_received > self._silence_limit_s
            mute = self._greeted and now() - self._last_reply > self._reply_limit_s
            if silent or mute:
                exchange.hang_up()
                return
            quiet = now() - exchange.last_sent
            if quiet < self._keep_alive_s:
                await asyncio.sleep(self._keep_alive_s - quiet)
                continue
            try:
                await self.request("test_connection", timeout=self._keep_alive_s)
            except CommandRefused:
                continue  # an answer all the same
            except ScopeTimeout as error:
                log.debug("%s", error)
            except ScopeUnreachable:
                return

    async def _become_ready(self, exchange: Exchange) -> None:
        """Greet until the telescope is ready; the state says what is in the way."""
        while True:
            rest = self._greet_again_s
            try:
                await self._greet(self)
            except LoginNeeded as error:
                self._set(ScopeState.LOGIN_NEEDED, error.why, error.next_step)
            except LoginRefused as error:
                self._set(ScopeState.LOGIN_REFUSED, error.why, error.next_step)
                rest *= REFUSED_REST
            except OtherTelescope as error:
                self._set(ScopeState.OFF, str(error))
                exchange.hang_up()
                return
            except ScopeUnreachable:
                return
            except DeviceError as error:
                self._set(ScopeState.STALLED, str(error))
            except Exception:
                log.exception("the telescope's greeting could not be read")
                self._set(ScopeState.STALLED, "it answered something unexpected")
            else:
                self._greeted = True
                self._set(ScopeState.READY)
                return
            await asyncio.sleep(rest)
