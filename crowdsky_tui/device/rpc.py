"""One command socket to one telescope (TCP 4700).

One task owns the socket: it connects, reads, and connects again with growing pauses. Commands are
answered by id, events go to subscribers. Times here are real seconds: the firmware's idle cut (15.5
s without a byte from us) runs on its own clock, whatever a demo's clock does.
"""

import asyncio
import contextlib
import itertools
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from crowdsky_tui.device.wire import (
    NO_PARAMS,
    Event,
    LineBuffer,
    Reply,
    decode_line,
    encode_command,
)
from crowdsky_tui.errors import (
    CommandRefused,
    DeviceError,
    LoginNeeded,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.store import ScopeState

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 4.0
SILENCE_LIMIT_S = 30.0
CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0
GREET_AGAIN_S = 15.0
LOOK = "Check that it is on and in reach"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0

Greeting = Callable[["RpcConnection"], Awaitable[None]]
EventCallback = Callable[[Event], None]
StateCallback = Callable[[], None]


def pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait before each new attempt: doubling up to `longest`, with jitter."""
    for step in itertools.count():
        yield min(longest, first * 2 ** min(step, 16)) * random.uniform(0.6, 1.0)  # noqa: S311


def notify(callbacks: Iterable[Callable[..., None]], *facts: object) -> None:
    """Tell each subscriber; one that fails is logged and keeps nobody from the news."""
    for callback in list(callbacks):
        try:
            callback(*facts)
        except Exception:
            log.exception("a subscriber of the telescope's news failed")


class RpcConnection:
    """Commands out, replies and events in, for as long as it is open.

    `greet` runs after each connect and decides whether the telescope is ready (see `session`); it
    may use `request`, everyone else uses `call`. `state` and `reason` say how far we are.
    """

    def __init__(
        self,
        host: str,
        port: int,
        greet: Greeting,
        *,
        keep_alive_s: float = KEEP_ALIVE_S,
        silence_limit_s: float = SILENCE_LIMIT_S,
        first_pause_s: float = FIRST_PAUSE_S,
        greet_again_s: float = GREET_AGAIN_S,
    ) -> None:
        self.host = host
        self.port = port
        self.state = ScopeState.OFF
        self.reason = ""
        self.next_step = ""
        self.events_seen = 0
        self._greet = greet
        self._keep_alive_s = keep_alive_s
        self._silence_limit_s = silence_limit_s
        self._first_pause_s = first_pause_s
        self._greet_again_s = greet_again_s
        self._ids = itertools.count(1001)
        self._pending: dict[int, asyncio.Future[Reply]] = {}
        self._unanswered: set[str] = set()
        self._greeted = False
        self._writer: asyncio.StreamWriter | None = None
        self._last_sent = self._last_received = 0.0
        self._events: list[EventCallback] = []
        self._states: list[StateCallback] = []
        self._settled = asyncio.Event()
        self._owner: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start connecting, in the background. Needs a running loop."""
        if self._owner is None:
            self._set(ScopeState.CONNECTING)
            self._owner = asyncio.create_task(self._own(), name=f"rpc {self.host}")

    async def close(self) -> None:
        """End the connection; commands in flight end in ScopeUnreachable."""
        if self._owner is not None:
            self._owner.cancel()
            await asyncio.gather(self._owner, return_exceptions=True)
            self._owner = None
        self._set(ScopeState.OFF, "closed")

    def subscribe(self, callback: EventCallback) -> Callable[[], None]:
        """Call back with each event, on the loop; returns how to stop that."""
        self._events.append(callback)
        return lambda: self._events.remove(callback) if callback in self._events else None

    def on_state(self, callback: StateCallback) -> None:
        """Call back after each change of `state` or `reason`."""
        self._states.append(callback)

    async def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until commands are answered, at most `timeout` seconds.

        Raises LoginNeeded, ScopeTimeout or ScopeUnreachable, by the state it then is in.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._settled.wait()
        except TimeoutError:
            raise self._why_not() from None
        if self.state is ScopeState.LOGIN_NEEDED:
            raise self._why_not()

    async def call(
        self, method: str, params: object = NO_PARAMS, timeout: float = COMMAND_TIMEOUT_S
    ) -> Any:
        """Send a command and return its `result`.

        Raises CommandRefused (with the telescope's code), ScopeTimeout after `timeout` seconds,
        LoginNeeded, or ScopeUnreachable, at once if the connection ends meanwhile.
        """
        if self.state not in (ScopeState.READY, ScopeState.STALLED) or not self._greeted:
            raise self._why_not()
        return await self.request(method, params, timeout)

    async def request(
        self, method: str, params: object = NO_PARAMS, timeout: float = COMMAND_TIMEOUT_S
    ) -> Any:
        """`call` for the greeting: needs a connection, not a ready telescope."""
        if self._writer is None:
            raise self._why_not()
        command_id = next(self._ids)
        future = asyncio.get_running_loop().create_future()
        self._pending[command_id] = future
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(encode_command(command_id, method, params))
                self._last_sent = asyncio.get_running_loop().time()
                await self._writer.drain()
                reply = await future
        except TimeoutError:
            self._note_unanswered(method)
            raise ScopeTimeout(
                f"the telescope did not answer {method!r}",
                f"nothing came within {timeout:g} s",
                "It may be busy imaging; this is tried again",
            ) from None
        except OSError as error:
            raise self._lost(error) from error
        finally:
            del self._pending[command_id]
            if future.done() and not future.cancelled():
                future.exception()  # seen, even where the write failed first
        if reply.code != 0:
            raise CommandRefused(
                f"the telescope refused {method!r}",
                f"{reply.error or 'no reason given'} (code {reply.code})",
                code=reply.code,
            )
        return reply.result

    def _why_not(self) -> DeviceError:
        where = f"{self.host} port {self.port}"
        if self.state is ScopeState.LOGIN_NEEDED:
            return LoginNeeded(
                f"the telescope at {where} wants a login", self.reason, self.next_step
            )
        if self.state is ScopeState.STALLED:
            return ScopeTimeout(f"the telescope at {where} does not answer", self.reason)
        why = self.reason or "still connecting"
        return ScopeUnreachable(
            f"no connection to the telescope at {where}", why, self.next_step or LOOK
        )

    def _lost(self, error: OSError | None = None) -> ScopeUnreachable:
        return ScopeUnreachable(
            f"the connection to the telescope at {self.host} broke",
            str(error or "it ended"),
            "It is connected again by itself",
        )

    def _set(self, state: ScopeState, reason: str = "", next_step: str = "") -> None:
        changed = (state, reason) != (self.state, self.reason)
        self.state, self.reason, self.next_step = state, reason, next_step
        if state in (ScopeState.READY, ScopeState.LOGIN_NEEDED):
            self._settled.set()
        elif state is not ScopeState.STALLED:
            self._settled.clear()
        if changed:
            notify(self._states)

    async def _own(self) -> None:
        waits = pauses(self._first_pause_s, LONGEST_PAUSE_S)
        while True:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    reader, writer = await asyncio.open_connection(self.host, self.port)
            except TimeoutError:
                self._set(ScopeState.OFF, f"no answer within {CONNECT_TIMEOUT_S:g} s", LOOK)
            except OSError as error:
                self._set(ScopeState.OFF, error.strerror or str(error), LOOK)
            except UnicodeError:
                self._set(ScopeState.OFF, "this is not a host name", "Correct it in the settings")
            else:
                await self._serve(reader, writer)
                if self._greeted:
                    waits = pauses(self._first_pause_s, LONGEST_PAUSE_S)
                self._greeted = False
            await asyncio.sleep(next(waits))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection's life, from connected to ended."""
        self._writer = writer
        self._last_sent = self._last_received = asyncio.get_running_loop().time()
        self._unanswered.clear()
        self._set(ScopeState.CONNECTING, "connected, asking who it is")
        helpers = [asyncio.create_task(part()) for part in (self._keep_alive, self._become_ready)]
        error: OSError | None = None
        try:
            await self._read(reader)
        except OSError as problem:
            error = problem
        finally:
            self._writer = None
            self._set(ScopeState.OFF, "the telescope ended the connection")
            self._fail_pending(error)
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        lines = LineBuffer()
        while data := await reader.read(65536):
            self._last_received = asyncio.get_running_loop().time()
            for line in lines.feed(data):
                message = decode_line(line)
                if isinstance(message, Reply):
                    self._take_reply(message)
                elif message is not None:
                    self._take_event(message)

    def _take_reply(self, reply: Reply) -> None:
        self._unanswered.clear()
        if self.state is ScopeState.STALLED and self._greeted:
            self._set(ScopeState.READY)
        future = self._pending.get(reply.id)
        if future is not None and not future.done():
            future.set_result(reply)

    def _take_event(self, event: Event) -> None:
        self.events_seen += 1
        notify(self._events, event)

    def _note_unanswered(self, method: str) -> None:
        self._unanswered.add(method)
        if len(self._unanswered) > 1 and self._greeted:
            self._set(ScopeState.STALLED, "it is connected but does not answer commands")

    def _fail_pending(self, error: OSError | None) -> None:
        for future in self._pending.values():
            if not future.done():
                future.set_exception(self._lost(error))

    async def _keep_alive(self) -> None:
        """Send a cheap command in every silence of ours; drop a connection that is dead silent."""
        now = asyncio.get_running_loop().time
        while self._writer is not None:
            if now() - self._last_received > self._silence_limit_s:
                self._writer.transport.abort()
                return
            quiet = now() - self._last_sent
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

    async def _become_ready(self) -> None:
        """Greet until the telescope is ready; the state says what is in the way."""
        while True:
            try:
                await self._greet(self)
            except LoginNeeded as error:
                self._set(ScopeState.LOGIN_NEEDED, error.why, error.next_step)
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
            await asyncio.sleep(self._greet_again_s)
