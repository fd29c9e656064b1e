"""The server's list of our stacks, asked for once and shared by everybody who needs it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from crowdsky_tui.blocks import as_fit, parse_chunk_key, parse_crowdsky_name
from crowdsky_tui.clock import Clock
from crowdsky_tui.errors import AuthRefused, CrowdSkyError, ServerUnavailable
from crowdsky_tui.jobs.order import LedgerEntry, Order
from crowdsky_tui.server.matching import StackIdentity, match_stacks
from crowdsky_tui.server.rows import ServerStack
from crowdsky_tui.store import ServerState


class ServerList:
    """One request at a time; everyone who waits gets its answer.

    `fetch` asks the server. `on_change` hears of every answer and every failure, `on_rows` sees
    every answer before those who wait for it.
    """

    def __init__(self, fetch: Callable[[], Awaitable[list[ServerStack]]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self.rows: tuple[ServerStack, ...] = ()
        self.listed_at: datetime | None = None
        self._asked: float | None = None
        self.state = ServerState.UNKNOWN
        self.reason = ""
        self.on_change: Callable[[], None] = lambda: None
        self.on_rows: Callable[[tuple[ServerStack, ...]], Awaitable[None]] | None = None

    async def fresh(self, max_age_s: float = 0.0) -> tuple[ServerStack, ...]:
        """The list, at most `max_age_s` seconds old. Raises ServerError: never an empty guess.

        Whatever is wrong with the list, no job is to blame: an outage, unless the login is refused.
        """
        oldest = self._clock.steady() - max_age_s
        async with self._lock:
            if self._asked is None or self._asked < oldest:
                await self._ask()
        return self.rows

    async def _ask(self) -> None:
        asked, steady = self._clock.now(), self._clock.steady()
        try:
            self.rows = tuple(await self._fetch())
        except CrowdSkyError as error:
            refused = isinstance(error, AuthRefused)
            self.state = ServerState.REFUSED if refused else ServerState.DOWN
            self.reason = str(error)
            if refused or error.outage:
                raise
            outage = ServerUnavailable(error.what, error.why, error.next_step)
            outage.exit_code = error.exit_code
            raise outage from error
        else:
            self.listed_at, self.state, self.reason = asked, ServerState.OK, ""
            self._asked = steady
            if self.on_rows is not None:
                await self.on_rows(self.rows)
        finally:
            self.on_change()


def names_its_key(order: Order) -> bool:
    """Whether a stack's key is known, by its header or its name (not so: `HP000000`, legacy)."""
    name = parse_crowdsky_name(as_fit(order.name))
    return bool(order.key or (name is not None and name.chunk_key))


def identity(order: Order, server_key: str = "") -> StackIdentity:
    """How the server's rows are compared with one of our stacks.

    The key that the server gave when it accepted the file beats the one in the file's header, and
    that the one in its name.
    """
    chunk, pixel = order.chunk, None
    name = parse_crowdsky_name(as_fit(order.name))
    for key in (server_key, order.key, name.chunk_key if name else None):
        parsed = parse_chunk_key(key) if key else None
        if parsed is not None:
            chunk, pixel = parsed
            break
    return StackIdentity(
        telescope=order.telescope,
        chunk=chunk,
        pixel=pixel,
        filter=order.filter,
        exposure_s=order.exposure_s,
        start=order.start,
        end=order.end,
    )


def find_rows(
    entries: Iterable[LedgerEntry], rows: Iterable[ServerStack]
) -> dict[str, ServerStack]:
    """The server's row of each stack that has one, by stack id. A row proves one stack only."""
    by_id = {entry.order.stack_id: entry for entry in entries}
    ids = list(by_id)
    wanted = [identity(entry.order, entry.server_key) for entry in by_id.values()]
    return {ids[index]: row for index, row in match_stacks(wanted, tuple(rows)).items()}
