"""The line to one telescope: its connection, who answers there, and what it is known to do."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from crowdsky_tui.base.errors import CommandRefused, DeviceError, OtherTelescope, ScopeTimeout
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.instruments.seestar.connection.auth import KeyFile
from crowdsky_tui.instruments.seestar.connection.capabilities import (
    Capabilities,
    CapabilityBook,
    feature,
)
from crowdsky_tui.instruments.seestar.connection.login import greet
from crowdsky_tui.instruments.seestar.connection.rpc import RpcConnection, notify
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.control.state import ScopeFacts, facts_from_state, with_status
from crowdsky_tui.instruments.seestar.stacking import batch
from crowdsky_tui.instruments.seestar.stacking.batch import BatchJob
from crowdsky_tui.store.store import ScopeState

log = logging.getLogger(__name__)

FIRST_SEEK_S, SEEK_EVERY_S = 10.0, 150.0

HostSearch = Callable[[str], Awaitable[str | None]]
"""Finds the address of the telescope with a serial; None if it does not answer."""


class ScopeLink:
    """`rpc` with a login, the telescope's facts and its capabilities.

    `serial` from the settings says which telescope is meant: another one is not talked to. With
    `find_host` a telescope that is away is searched for by its serial, every few minutes.
    `our_stack` says whether a running batch stack is this program's own.
    """

    def __init__(
        self,
        host: str,
        rpc_port: int,
        key_file: KeyFile,
        our_stack: Callable[[], bool],
        *,
        serial: str = "",
        book: CapabilityBook | None = None,
        find_host: HostSearch | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.facts = ScopeFacts()
        self.capabilities = Capabilities()
        self.rpc = RpcConnection(host, rpc_port, self._greet, faults=faults)
        self.on_move: Callable[[str], None] = lambda host: None
        self._key_file = key_file
        self._our_stack = our_stack
        self._serial = serial
        self._book = book or CapabilityBook()
        self._find_host = find_host
        self._batch_percent: float | None = None
        self._callbacks: list[Callable[[], None]] = []
        self._seeker = Supervisor(faults)
        self._seeks = False
        self.rpc.on_state(self._changed)
        self.rpc.on_answer(self._note_answer)
        self.rpc.subscribe(self._hear)

    def open(self) -> None:
        """Begin to connect, and to seek the address where it may have changed."""
        self.rpc.open()
        if self._find_host is not None and not self._seeks:
            self._seeks = True
            self._seeker.keep("a search for a telescope", partial(self._seek, self._find_host))

    async def close(self) -> None:
        """End the search and the connection."""
        await self._seeker.close()
        self._seeks = False
        await self.rpc.close()

    @property
    def state(self) -> ScopeState:
        """The connection's state; BUSY while another app stacks."""
        busy = self.rpc.state is ScopeState.READY and self._foreign_batch is not None
        return ScopeState.BUSY if busy else self.rpc.state

    @property
    def reason(self) -> str:
        """Why it is not ready, and what to do about it; empty when it is."""
        if self.state is ScopeState.BUSY:
            return f"a stack runs on it that another app started, {self._foreign_batch:.0f} %"
        return ". ".join(filter(None, (self.rpc.reason.rstrip("."), self.rpc.next_step)))

    @property
    def _foreign_batch(self) -> float | None:
        """How far a batch stack is that is not ours, in percent; None if there is none."""
        return None if self._our_stack() else self._batch_percent

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back, on the loop, when state, reason or facts have changed."""
        self._callbacks.append(callback)

    def learn(self, facts: ScopeFacts) -> None:
        """Take over newer facts, and tell whoever follows them."""
        if facts != self.facts:
            self.facts = facts
            self._changed()

    async def look_for_batch(self) -> None:
        """Ask whether another app's stack runs: events say so too, but they can be lost."""
        if self._our_stack():
            return
        try:
            job = await batch.read_job(self.rpc)
        except (CommandRefused, ScopeTimeout) as error:
            log.debug("the telescope's jobs are not known: %s", error)
        else:
            self._take_batch(job)

    async def _greet(self, connection: RpcConnection) -> None:
        """Sign in, and see who answers and what its firmware is."""
        self.capabilities = Capabilities()
        facts = facts_from_state(await greet(connection, self._key_file))
        self._check_serial(facts)
        connection.markers.learn(facts.firmware_int)
        self.capabilities = self._book.table(facts.serial, facts.firmware, self.capabilities)
        self._batch_percent = None
        self.learn(facts)

    def _check_serial(self, facts: ScopeFacts) -> None:
        if self._serial and facts.serial != self._serial:
            raise OtherTelescope(
                f"another telescope answers at {self.rpc.host}",
                f"its serial is {facts.serial or 'not known'}, the settings say {self._serial}",
                "It is searched for; or correct the address in the settings",
            )

    def _note_answer(self, method: str, params: object, code: int | None) -> None:
        self.capabilities.note(feature(method, params), code)

    def _hear(self, event: Event) -> None:
        if event.name == "PiStatus":
            self.learn(with_status(self.facts, event.fields))
        elif event.name == "BatchStack":
            self._take_batch(batch.job_from(event.fields))

    def _take_batch(self, job: BatchJob | None) -> None:
        percent = job.percent if job is not None and job.working else None
        if percent != self._batch_percent:
            self._batch_percent = percent
            self._changed()

    async def _seek(self, find_host: HostSearch) -> None:
        """Look for the telescope at other addresses for as long as it is away."""
        await asyncio.sleep(FIRST_SEEK_S if self.rpc.host else 0)
        while True:
            serial = self._serial or self.facts.serial
            if serial and self._is_away:
                with contextlib.suppress(DeviceError):  # a search that failed is tried again
                    host = await find_host(serial)
                    if host and host != self.rpc.host and self._is_away:
                        log.info("a telescope was found at another address than before")
                        self.rpc.move(host)
                        self.on_move(host)
            await asyncio.sleep(SEEK_EVERY_S)

    @property
    def _is_away(self) -> bool:
        return not self.rpc.host or self.rpc.state is ScopeState.OFF

    def _changed(self) -> None:
        notify(self._callbacks)
