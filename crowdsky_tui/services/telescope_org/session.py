"""One signed-in conversation with telescope.org: one call at a time, never faster than allowed.

The site has no interface of its own for programs; this is its browser's traffic, done politely
(docs/design/telescope-org.md 3). A wrong password shows only where HTML comes instead of JSON.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec

from crowdsky_tui.base.errors import AuthRefused, ProtocolError, Rejected, ServerError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.services.http.connection import network_error
from crowdsky_tui.services.http.limits import Patience
from crowdsky_tui.services.http.polite import LEAST_BETWEEN_S, PoliteClient, Request
from crowdsky_tui.services.http.replies import error_for
from crowdsky_tui.services.http.reply import Reply
from crowdsky_tui.services.telescope_org.errors import SiteChanged
from crowdsky_tui.services.telescope_org.login import Login
from crowdsky_tui.services.telescope_org.pages import is_login_page

Fields = Mapping[str, str] | Sequence[tuple[str, str]]

T = TypeVar("T")
ADDRESS = "https://www.telescope.org"
LARGEST_PAGE = 4 * 1024**2
AFTER_REFUSAL_S = 600.0
PAGE_PATIENCE = Patience(connect=10, read=30, write=10, whole=300)
FILE_PATIENCE = Patience(connect=10, read=60, write=10, whole=6 * 3600)


class _SignInNeeded(Exception):
    """The site answered with its sign-in page."""


class Session:
    """Signs in at the first call that needs it, once more where it has expired, never in a loop.

    Parameters
    ----------
    login : Login or None
        None: only what is open to everybody.
    between_s : float
        Least seconds between the end of one call and the beginning of the next.
    clock : callable
        The steady clock, in seconds.
    """

    def __init__(
        self,
        login: Login | None,
        user_agent: str,
        *,
        url: str = ADDRESS,
        network: NetworkSettings | None = None,
        between_s: float = LEAST_BETWEEN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = PoliteClient(
            url,
            user_agent,
            name="telescope.org",
            network=network,
            between_s=between_s,
            clock=clock,
        )
        self._login = login
        self._clock = clock
        self._refused_at = float("-inf")
        self._signing_in = asyncio.Lock()
        self._sign_ins = self._asked_since_sign_in = 0
        self.signed_in = False

    @property
    def url(self) -> str:
        """The site's address."""
        return self.client.url

    def __repr__(self) -> str:
        return f"<Session {self.url}>"

    async def close(self) -> None:
        """Close the connection and forget the cookies, without signing out."""
        self.signed_in = False
        await self.client.close()

    async def sign_out(self) -> None:
        """Tell the site that we go, if we are signed in. The cookies are forgotten in any case."""
        try:
            if self.signed_in:
                await self.page("sign-out", "/logout.php", {}, public=True)
        finally:
            await self.close()

    # --- calls -----------------------------------------------------------------------------------

    async def json(
        self,
        what: str,
        module: str,
        request: str,
        params: Mapping[str, Any] | None = None,
        *,
        may_repeat: bool = True,
        once: bool = False,
    ) -> tuple[str, Any]:
        """One call of the JSON interface: its status word, cleaned, and its data.

        `may_repeat`: it changes nothing, so that a refusal is tried once more after a new sign-in.
        `once`: it is sent once, whatever comes; a sign-in page is AuthRefused then.
        Raises Rejected with the site's words where it says no, AuthRefused, ProtocolError.
        """
        fields = {"module": module, "request": request}
        if params:
            fields["params"] = msgspec.json.encode(params).decode()

        async def ask() -> tuple[str, Any]:
            self._asked_since_sign_in += 1
            return _judged(what, await self._body(what, "/api-user.php", fields))

        return await self._signed_in_for(ask, may_repeat=may_repeat, once=once)

    async def page(
        self,
        what: str,
        path: str,
        fields: Fields | None,
        *,
        query: Mapping[str, str] | None = None,
        public: bool = False,
        once: bool = False,
    ) -> bytes:
        """One page: a POST of `fields`, or a GET where they are None. At most 4 MiB."""

        async def ask() -> bytes:
            body = await self._body(what, path, fields, query)
            if not public and await asyncio.to_thread(is_login_page, body):
                raise _SignInNeeded
            return body

        if public:
            return await ask()
        return await self._signed_in_for(ask, may_repeat=False, once=once)

    @contextlib.asynccontextmanager
    async def file(
        self, what: str, path: str, query: Mapping[str, str] | None = None
    ) -> AsyncIterator[Reply]:
        """A file's answer, its body not read yet. A page in its place is AuthRefused's sign.

        Raises Rejected if the answer is a page that asks for no sign-in.
        """
        before = await self._sign_in()
        for last in (False, True):
            try:
                async with self._answer(what, path, None, query, FILE_PATIENCE) as reply:
                    if not reply.headers.get("content-type", "").lower().startswith("text/html"):
                        yield reply
                        return
                    body = await reply.beginning()
            except httpx.HTTPError as error:
                raise network_error(what, error) from error
            if not await asyncio.to_thread(is_login_page, body):
                raise Rejected(what, "a page came instead of a picture", "Try again later.")
            if not last:
                await self._sign_in(again_after=before)
        raise self._given_up()

    # --- signing in ------------------------------------------------------------------------------

    async def _signed_in_for(
        self, ask: Callable[[], Awaitable[T]], *, may_repeat: bool, once: bool
    ) -> T:
        """What `ask` brings, signed in; asked once more after a new sign-in, unless `once`.

        `may_repeat`: a refusal too may only mean that the sign-in has expired.
        """
        before = await self._sign_in()
        try:
            return await ask()
        except _SignInNeeded:
            if once:
                self.signed_in = False
                raise _refused("the sign-in expired on the way") from None
        except Rejected:
            if not may_repeat or self._asked_since_sign_in < 2:
                raise
        await self._sign_in(again_after=before)
        try:
            return await ask()
        except _SignInNeeded:
            raise self._given_up() from None

    def _given_up(self) -> AuthRefused:
        self.signed_in, self._refused_at = False, self._clock()
        return _refused("the site shows its sign-in page again")

    async def _sign_in(self, again_after: int | None = None) -> int:
        """Sign in unless somebody has since sign-in `again_after`; the number of the sign-in."""
        async with self._signing_in:
            if self.signed_in and again_after != self._sign_ins:
                return self._sign_ins
            self.signed_in = False
            if self._login is None or not self._login.username or not self._login.password:
                raise AuthRefused(
                    "No login for telescope.org",
                    "user name or password is not set",
                    "Set remote.username and 'crowdsky-tui config set remote.password'.",
                )
            if self._clock() - self._refused_at < AFTER_REFUSAL_S:
                raise _refused("it was refused a moment ago and is not sent again for ten minutes")
            fields = {
                "action": "login",
                "username": self._login.username,
                "password": self._login.password,
                "stayloggedin": "true",
            }
            await self._body("Signing in at telescope.org", "/login.php", fields, any_page=True)
            self.signed_in, self._sign_ins, self._asked_since_sign_in = True, self._sign_ins + 1, 0
            return self._sign_ins

    # --- one request -----------------------------------------------------------------------------

    async def _body(
        self,
        what: str,
        path: str,
        fields: Fields | None,
        query: Mapping[str, str] | None = None,
        *,
        any_page: bool = False,
    ) -> bytes:
        try:
            async with self._answer(
                what, path, fields, query, PAGE_PATIENCE, any_page=any_page
            ) as reply:
                return await reply.whole(LARGEST_PAGE, what)
        except httpx.HTTPError as error:
            raise network_error(what, error) from error

    @contextlib.asynccontextmanager
    async def _answer(
        self,
        what: str,
        path: str,
        fields: Fields | None,
        query: Mapping[str, str] | None,
        patience: Patience,
        *,
        any_page: bool = False,
    ) -> AsyncIterator[Reply]:
        """One answer. `any_page`: a redirect too is one."""
        content = None if fields is None else urlencode(_pairs(fields)).encode()
        form = {} if content is None else {"Content-Type": "application/x-www-form-urlencoded"}
        asked = Request(
            method="GET" if fields is None else "POST",
            path=path,
            query=query or {},
            headers=form,
            content=content,
        )
        async with self.client.answer(asked, patience) as reply:
            good = reply.status_code == 200 or (any_page and reply.status_code < 400)
            if not good:
                raise _error(what, path, reply, await reply.beginning())
            yield reply


def _pairs(fields: Fields) -> list[tuple[str, str]]:
    return list(fields.items()) if isinstance(fields, Mapping) else list(fields)


def _error(what: str, path: str, reply: Reply, body: bytes) -> ServerError:
    error = error_for(what, path.lstrip("/"), reply.status_code, reply.headers, body)
    if isinstance(error, AuthRefused):
        error.next_step = "Check remote.username and remote.password."
    return error


def _refused(why: str) -> AuthRefused:
    return AuthRefused(
        "telescope.org refused the login", why, "Check remote.username and remote.password."
    )


def _judged(what: str, body: bytes) -> tuple[str, Any]:
    """Status and data of an answer in JSON; whatever else comes asks for a sign-in."""
    text = body.strip()
    if not text or text.startswith(b"<"):
        raise _SignInNeeded
    try:
        answer = msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProtocolError(what, "its answer is cut or no JSON", "Try again.") from error
    if not isinstance(answer, dict) or "success" not in answer:
        raise SiteChanged("interface", "word whether a call succeeded")
    status = clean(answer.get("status") or "", 200)
    if str(answer["success"]).strip().lower() not in ("1", "true"):
        raise Rejected(what, f"telescope.org says: {status or 'no'}", "Read what it says.")
    return status, answer.get("data")
