"""One conversation with one web site: one request at a time, never faster than allowed."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import httpx
import msgspec

from crowdsky_tui.base import wire_log
from crowdsky_tui.base.least_rate import Allowance, TooSlow
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.services.http.connection import check_base_url, network_error
from crowdsky_tui.services.http.limits import Patience
from crowdsky_tui.services.http.replies import error_for
from crowdsky_tui.services.http.reply import Reply
from crowdsky_tui.services.http.transport import transport_for

LEAST_BETWEEN_S = 1.0


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a site; `query` is added to the path, `content` is the body."""

    path: str
    method: str = "GET"
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    content: bytes | None = None


class Answer(msgspec.Struct, frozen=True):
    """A whole answer; `headers` by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class PoliteClient:
    """Sends requests to one site, one after another, with a pause between them.

    Parameters
    ----------
    url : str
        The site's address; UsageError unless it is https:// or this machine.
    name : str
        What the log calls the site.
    between_s : float
        Least seconds between the end of one call and the beginning of the next.
    clock : callable
        The steady clock, in seconds.
    """

    def __init__(
        self,
        url: str,
        user_agent: str,
        *,
        name: str,
        network: NetworkSettings | None = None,
        between_s: float = LEAST_BETWEEN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = check_base_url(url)
        self.name = name
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self._user_agent = clean(user_agent)
        self._network = network or NetworkSettings()
        self._between_s = between_s
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._turn = asyncio.Lock()
        self._ended_at = float("-inf")

    def __repr__(self) -> str:
        return f"<PoliteClient {self.url}>"

    async def close(self) -> None:
        """Close the connection and forget its cookies; the next request opens another."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    @contextlib.asynccontextmanager
    async def answer(self, asked: Request, patience: Patience) -> AsyncIterator[Reply]:
        """One answer of whatever status, its body not read yet, when it is this call's turn.

        Raises httpx's errors.
        """
        async with self._turn:
            await self.sleep(max(self._ended_at + self._between_s - self._clock(), 0))
            client = await self._open()
            allowance = Allowance(patience.grace, patience.whole)
            request = client.build_request(
                asked.method,
                self.url + asked.path,
                params=asked.query or None,
                content=asked.content,
                headers={"Accept-Encoding": "identity", **asked.headers},
                timeout=httpx.Timeout(
                    connect=patience.connect, read=patience.read, write=patience.write, pool=None
                ),
            )
            try:
                try:
                    async with allowance.waiting():
                        response = await client.send(request, stream=True)
                except TooSlow as error:
                    raise httpx.ReadTimeout(str(error)) from error
                async with contextlib.aclosing(response):
                    wire_log.tell("server", self.name, f"{asked.path}: {response.status_code}")
                    yield Reply(response, allowance)
            finally:
                self._ended_at = self._clock()

    async def whole(
        self,
        what: str,
        asked: Request,
        patience: Patience,
        *,
        limit: int,
        fine: frozenset[int] = frozenset({200}),
    ) -> Answer:
        """A whole answer of at most `limit` bytes.

        Raises
        ------
        ServerError
            No answer, one that is too large, or one whose status is not `fine`; `what` begins its
            sentence.
        """
        try:
            async with self.answer(asked, patience) as reply:
                if reply.status_code not in fine:
                    body = await reply.beginning()
                    raise error_for(what, self.name, reply.status_code, reply.headers, body)
                return Answer(reply.status_code, reply.headers, await reply.whole(limit, what))
        except httpx.HTTPError as error:
            raise network_error(what, error) from error

    async def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            url = httpx.URL(self.url)
            self._client = httpx.AsyncClient(
                transport=await asyncio.to_thread(transport_for, url, self._network),
                trust_env=False,
                follow_redirects=False,
                headers={"User-Agent": self._user_agent, "Accept": "*/*"},
            )
        return self._client
