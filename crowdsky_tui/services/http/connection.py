"""One HTTP connection pool to one CrowdSky server: address, time-outs, retries, errors.

Imports httpx and stamina, so it is imported when a server object is made, never before.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeVar

import httpx
import stamina

from crowdsky_tui.base import wire_log
from crowdsky_tui.base.addresses import is_loopback
from crowdsky_tui.base.errors import (
    AuthRefused,
    NetworkDown,
    ProtocolError,
    RateLimited,
    ServerError,
    ServerUnavailable,
    UsageError,
)
from crowdsky_tui.base.least_rate import Allowance, TooSlow
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.services.http.credentials import Credentials
from crowdsky_tui.services.http.limits import Limits, Patience
from crowdsky_tui.services.http.replies import error_for
from crowdsky_tui.services.http.reply import Reply
from crowdsky_tui.services.http.transport import transport_for

T = TypeVar("T")
Content = bytes | AsyncIterator[bytes]

LARGEST_REPLY = 64 * 1024
_RETRIED = (NetworkDown, RateLimited, ServerUnavailable)

# stamina reports each retry as a warning; without any handler Python would print it on the screen.
logging.getLogger("stamina").addHandler(logging.NullHandler())


def check_base_url(url: str) -> str:
    """The address without a trailing slash; UsageError if the password would not be safe there."""
    what = f"{clean(url.rpartition('@')[2], 80)!r} cannot be the server's address"
    url = url.strip().rstrip("/")
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UsageError(what, str(error), "Use a form such as https://server.example.") from error
    if parts.scheme not in ("http", "https") or not parts.host:
        raise UsageError(what, "it does not begin with https:// and a host name")
    if parts.userinfo or parts.query or parts.fragment:
        raise UsageError(what, "it holds more than scheme, host, port and path")
    if parts.scheme == "http" and not is_loopback(parts.host):
        raise UsageError(
            what, "over http:// the password would travel in the clear", "Use https://."
        )
    return url


def network_error(what: str, error: httpx.HTTPError) -> ServerError:
    """The typed error for something that went wrong below HTTP."""
    text = clean(error) or type(error).__name__
    broken = "disconnected" in text or "peer closed" in text
    if isinstance(error, httpx.DecodingError | httpx.ProtocolError) and not broken:
        return ProtocolError(what, text, "Check that the address is the right one.")
    if "CERTIFICATE" in text or "SSL" in text:
        next_step = (
            "Check this machine's clock, whether a captive portal is in between, and whether your"
            " site has an authority of its own (network.ca_file)."
        )
    elif isinstance(error, httpx.ProxyError):
        text = f"the proxy says: {text}"
        next_step = "Check network.proxy in the settings, or HTTPS_PROXY in the environment."
    elif isinstance(error, httpx.TimeoutException):
        text = str(error) or f"nothing moved for too long ({type(error).__name__})"
        next_step = "Check the network; then try again."
    else:
        next_step = "Check the network and the server's address; then try again."
    return NetworkDown(what, text, next_step)


class Connection:
    """Sends requests to one server; the secret leaves only for the host it was given for."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        user_agent: str,
        limits: Limits,
        network: NetworkSettings | None = None,
    ) -> None:
        self.credentials = credentials
        self.limits = limits
        self._network = network or NetworkSettings()
        self._base_url = check_base_url(base_url)
        self._user_agent = clean(user_agent)
        self._client: httpx.AsyncClient | None = None
        self._former: list[httpx.AsyncClient] = []
        self._opening = asyncio.Lock()

    @property
    def base_url(self) -> str:
        """The service's address, without a slash at its end."""
        return self._base_url

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._base_url}>"

    def set_base_url(self, url: str) -> None:
        """Use this address from the next request on. Another host or port forgets the secret."""
        base_url = check_base_url(url)
        old, new = httpx.URL(self._base_url), httpx.URL(base_url)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            self.credentials = self.credentials.forgotten()
            if self._client is not None:  # another road may lead there
                self._former.append(self._client)
                self._client = None
        self._base_url = base_url

    async def close(self) -> None:
        """Close every connection; the next request opens new ones."""
        former, self._former = self._former, []
        client, self._client = self._client, None
        for each in (*former, *filter(None, (client,))):
            await each.aclose()

    async def _open(self) -> httpx.AsyncClient:
        """The client, made on first use: certificates are read in a thread. Raises NetworkDown."""
        async with self._opening:
            if self._client is None:
                url = httpx.URL(self._base_url)
                self._client = httpx.AsyncClient(
                    transport=await asyncio.to_thread(transport_for, url, self._network),
                    trust_env=False,
                    follow_redirects=False,
                    headers={"User-Agent": self._user_agent, "Accept": "*/*"},
                )
            return self._client

    @contextlib.asynccontextmanager
    async def answer(
        self,
        method: str,
        endpoint: str,
        patience: Patience,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
    ) -> AsyncIterator[Reply]:
        """Send one signed request; the answer's body is not read yet.

        `patience` bounds the wait for every single step, and for all of them together. Raises
        AuthRefused before anything is sent if there is nothing to sign with, NetworkDown if the
        settings name no usable road, and httpx's own errors.
        """
        signature = self.credentials.header()
        signed = {"Authorization": signature} if signature else {}
        client = await self._open()
        allowance = Allowance(patience.grace, patience.whole)
        request = client.build_request(
            method,
            f"{self._base_url}/api/{endpoint}",
            params=params,
            headers={"Accept-Encoding": "identity", **signed, **(headers or {})},
            content=content
            if content is None or isinstance(content, bytes)
            else _counted(content, allowance),
            timeout=httpx.Timeout(
                connect=patience.connect, read=patience.read, write=patience.write, pool=None
            ),
        )
        try:
            async with allowance.waiting():
                response = await client.send(request, stream=True)
        except TooSlow as error:
            raise httpx.ReadTimeout(str(error)) from error
        async with contextlib.aclosing(response):
            asked = " ".join((method, endpoint, *(params or ())))
            wire_log.tell("server", "server", f"{asked}: {response.status_code}")
            yield Reply(response, allowance)

    @contextlib.asynccontextmanager
    async def success(
        self,
        what: str,
        method: str,
        endpoint: str,
        patience: Patience,
        params: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Reply]:
        """One request without a body whose answer is 200; all else is raised as a typed error.

        `what` begins the error's sentence. Also covers errors while the caller reads the body.
        """
        try:
            async with self.answer(
                method, endpoint, patience, params=params, headers=headers
            ) as reply:
                if reply.status_code != 200:
                    raise self.refusal(what, endpoint, reply, await reply.beginning())
                yield reply
        except httpx.HTTPError as error:
            raise network_error(what, error) from error

    async def fetch(
        self,
        what: str,
        endpoint: str,
        params: Mapping[str, str],
        limit: int,
        *,
        method: str = "GET",
        patience: Patience | None = None,
        compressed: bool = False,
    ) -> bytes:
        """The whole body of a request that may be repeated, at most `limit` bytes, with retries."""
        headers = {"Accept-Encoding": "gzip"} if compressed else None

        async def once() -> bytes:
            async with self.success(
                what, method, endpoint, patience or self.limits.query, params, headers
            ) as reply:
                return await reply.whole(limit, what)

        return await self.retried(once, self.limits.total_s)

    def refusal(self, what: str, endpoint: str, reply: Reply, body: bytes) -> ServerError:
        """The typed error for an answer that is not a success."""
        error = error_for(what, endpoint, reply.status_code, reply.headers, body)
        if isinstance(error, AuthRefused):
            error.next_step = self.credentials.hint
        return error

    async def retried(self, call: Callable[[], Awaitable[T]], total_s: float | None = None) -> T:
        """Await `call()`, again after a network, 429 or 5xx error. For idempotent calls only.

        Waits are jittered and grow; a `Retry-After` is honoured unless it is past `total_s`.
        """
        started = time.monotonic()

        def wait(error: Exception) -> bool | float:
            if not isinstance(error, _RETRIED):
                return False
            if error.retry_after is None:
                return True
            left = (total_s or self.limits.total_s) - (time.monotonic() - started)
            return error.retry_after if error.retry_after <= left else False

        async for attempt in stamina.retry_context(
            on=wait,
            attempts=self.limits.attempts,
            timeout=total_s,
            wait_initial=self.limits.first_wait_s,
            wait_max=self.limits.longest_wait_s,
            wait_jitter=self.limits.first_wait_s,
        ):
            with attempt:
                return await call()
        raise AssertionError("stamina ended without a result")


async def _counted(content: AsyncIterator[bytes], allowance: Allowance) -> AsyncIterator[bytes]:
    """What is sent, noted as it leaves; making it takes our own time."""
    pieces = aiter(content)
    while True:
        with allowance.own_work():
            piece = await anext(pieces, None)
        if piece is None:
            return
        yield piece
        allowance.moved(len(piece))
