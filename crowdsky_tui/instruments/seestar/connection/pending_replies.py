"""Commands and replies on one open connection, matched by their ids."""

import asyncio
from collections.abc import Iterator

from crowdsky_tui.base import wire_log
from crowdsky_tui.base.errors import ScopeTimeout, ScopeUnreachable
from crowdsky_tui.instruments.seestar.connection.wire import Reply, encode_command


class Exchange:
    """Each command waits for the reply with its own id, or for the connection's end.

    `last_sent` is the loop's time of the last command. Events and late replies hurt nobody.
    """

    def __init__(self, host: str, writer: asyncio.StreamWriter, ids: Iterator[int]) -> None:
        self.last_sent = asyncio.get_running_loop().time()
        self._host = host
        self._writer = writer
        self._ids = ids
        self._pending: dict[int, asyncio.Future[Reply]] = {}

    async def ask(self, method: str, params: object, timeout: float) -> Reply:
        """Send one command and wait for its reply. Raises ScopeTimeout, ScopeUnreachable."""
        command_id = next(self._ids)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = loop.create_future()
        self._pending[command_id] = future
        try:
            async with asyncio.timeout(timeout):
                line = encode_command(command_id, method, params)
                wire_log.tell("to scope", self._host, line)
                self._writer.write(line)
                self.last_sent = loop.time()
                await self._writer.drain()
                return await future
        except TimeoutError:
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

    def take(self, reply: Reply) -> None:
        """Hand a reply to its command; one that nobody waits for is dropped."""
        future = self._pending.get(reply.id)
        if future is not None and not future.done():
            future.set_result(reply)

    def end(self, error: OSError | None) -> None:
        """The connection is gone: every command in flight ends in ScopeUnreachable."""
        for future in self._pending.values():
            if not future.done():
                future.set_exception(self._lost(error))

    def hang_up(self) -> None:
        """Cut the connection without a word."""
        self._writer.transport.abort()

    def _lost(self, error: OSError | None) -> ScopeUnreachable:
        return ScopeUnreachable(
            f"the connection to the telescope at {self._host} broke",
            str(error or "it ended"),
            "It is connected again by itself",
        )
