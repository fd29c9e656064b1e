"""One app on the agent's socket: it is shown the night, and its calls are answered."""

import asyncio
import contextlib
import logging

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.agent.messages import Answer, Ask, Event, Failure, Hello, line_of
from crowdsky_tui.agent.store_changes import Show
from crowdsky_tui.base.crash_log import write_crash
from crowdsky_tui.base.errors import CrowdSkyError, JournalLocked
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.night.calls.call import decoded_call, encoded_result
from crowdsky_tui.night.interfaces import NightInterface

LOOK_EVERY_S = 0.2
MOST_AT_ONCE = 64
"""Calls of one app that are worked on together; the next are read when one is answered."""
HANG_UP_S = 1.0
"""What an app gets to read what is on its way when it is sent away."""

logger = logging.getLogger(__name__)


class Guest:
    """`serve` until the app goes. Where a `holder` is at work, nothing that changes is done for it.

    Calls are answered as they are done, not in their order: none waits for a slow telescope.
    An app that reads nothing holds at most `MOST_AT_ONCE` answers here.
    """

    def __init__(
        self,
        night: NightInterface,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        holder: str,
        faults: Faults,
    ) -> None:
        self._night = night
        self._reader = reader
        self._writer = writer
        self._holder = holder
        self._supervisor = Supervisor(faults)
        self._writing = asyncio.Lock()
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._show = Show(night.store)

    async def serve(self) -> None:
        """Greet, show and answer until the app goes or talks nonsense."""
        clock = self._night.clock
        try:
            await self._send(
                Hello(__version__, clock.speed, clock.origin, clock.since, self._holder)
            )
            self._supervisor.keep("showing the night to an app", self._follow)
            while line := await self._reader.readline():
                ask = msgspec.json.decode(line, type=Ask)
                await self._places.acquire()
                self._supervisor.start("an app's call", self._reply(ask))
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            logger.info("an app's connection ended: %s", clean(error))
        finally:
            await self._supervisor.close()
            await self._hang_up()

    async def _send(self, message: Event) -> None:
        """Send one line; returns when the app has taken nearly all of it."""
        line = line_of(message)
        async with self._writing:
            self._writer.write(line)
            await self._writer.drain()

    async def _follow(self) -> None:
        """Send what moved in the store, until cancelled."""
        while True:
            if (change := self._show.change()) is not None:
                with contextlib.suppress(OSError):  # `serve` notices that the app has gone
                    await self._send(change)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _reply(self, ask: Ask) -> None:
        try:
            with contextlib.suppress(OSError):  # as in `_follow`
                await self._send(await self._answer(ask))
        finally:
            self._places.release()

    async def _answer(self, ask: Ask) -> Answer:
        """What came of a call; whatever it is, its app must not be left waiting."""
        try:
            call = decoded_call(ask.call)
            if self._holder and call.changes:
                who = f"at work is {self._holder}"
                raise JournalLocked("this copy is read-only", who, "Use that one, or end it")
            return Answer(ask.id, encoded_result(await self._night.do(call)))
        except CrowdSkyError as error:
            failure = Failure(error.what, error.why, error.next_step, error.exit_code)
        except Exception as error:  # noqa: BLE001 - whatever it was, the guest is told
            failure = await self._own_fault(error)
        return Answer(ask.id, failure=failure)

    async def _own_fault(self, error: Exception) -> Failure:
        """Write a fault of this program down; what the app is told of it."""
        logger.error("a call failed on a fault of this program", exc_info=error)
        why = "its log has it"
        try:
            path = await asyncio.to_thread(write_crash, error, self._night.settings.state_dir)
            why = f"{path} has it"
        except OSError as problem:
            logger.error("the crash log cannot be written: %s", clean(problem))
        return Failure("the agent met a fault of its own", why, "It goes on; try something else")

    async def _hang_up(self) -> None:
        """Close the connection; an app that does not read holds nobody up."""
        self._writer.close()
        with contextlib.suppress(OSError):
            try:
                async with asyncio.timeout(HANG_UP_S):
                    await self._writer.wait_closed()
            except TimeoutError:
                self._writer.transport.abort()
