"""ATLAS's forced photometry: a task is queued, waited for, fetched, and deleted.

A task is noted before it is waited for, so that a fetch that was cut short asks for it again
instead of queueing another.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from crowdsky_tui.base.errors import AuthRefused, NotFound, ProtocolError, ServerUnavailable
from crowdsky_tui.base.redaction import keep_secret
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.http.polite import Answer, PoliteClient, Request
from crowdsky_tui.services.surveys.survey import (
    LARGEST,
    PATIENCE,
    Description,
    Note,
    Part,
    StarPlace,
    Window,
    check_covered,
)
from crowdsky_tui.services.surveys.times import modified_julian_day
from crowdsky_tui.timeseries.surveys.messages import Form

WHAT = "ATLAS's points were not read"
T = TypeVar("T")
SMALL = 256 * 1024
POLL_S = 10.0
LONGEST_S = 6 * 3600.0
MOST_WAITS = 20
LONGEST_PAUSE_S = 3600.0
_PAUSE = re.compile(r"available in (\d{1,6}) (second|minute)")
EMPTY_WORDS = "no data returned"
EMPTY = b"###MJD m dm uJy duJy F err chi/N RA Dec x y maj min phi apfit mag5sig Sky Obs\n"


class _Token(msgspec.Struct):
    token: str


class _Task(msgspec.Struct):
    url: str
    result_url: str | None = None
    finishtimestamp: str | None = None
    error_msg: str | None = None


class Atlas:
    """The Asteroid Terrestrial-impact Last Alert System, by account.

    Parameters
    ----------
    poll_s : float
        Seconds between two looks at a task.
    sleep : callable
        Waits so many seconds.
    """

    description = Description(
        name="atlas",
        title="ATLAS",
        bands=("c", "o"),
        brightest=11.5,
        faintest=19.5,
        south=-50.0,
        account=True,
        remark="unreliable brighter than 11 to 12; takes minutes",
    )

    def __init__(
        self,
        client: PoliteClient,
        username: str,
        password: str,
        *,
        poll_s: float = POLL_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._login = (username, password)
        self._token = ""
        self._poll_s, self._sleep = poll_s, sleep

    def search(self, star: StarPlace) -> str:
        """Its place."""
        check_covered(self.description, star)
        return f"{star.ra_deg:.6f} {star.dec_deg:+.6f}"

    async def fetch(
        self, star: StarPlace, window: Window, resume: str, note: Note
    ) -> AsyncIterator[Part]:
        """One answer, when the task is done; the task is deleted only after it was taken.

        Raises
        ------
        AuthRefused
            There is no account, or it is refused.
        ServerUnavailable
            The queue is full, or the task took longer than six hours: the next fetch goes on with
            it.
        """
        self.search(star)
        task = await self._resumed(resume) if resume else None
        if task is None:
            task = await self._queue(star, window)
            await note(task.url)
        done = await self._finished(task)
        if EMPTY_WORDS in (done.error_msg or "").lower():
            yield Part(EMPTY, Form.ATLAS, self._client.url, 200)
        elif done.error_msg or not done.result_url:
            why = clean(done.error_msg or "the task ended without a result", 200)
            raise ServerUnavailable(WHAT, f"ATLAS says: {why}", "Try again later.")
        else:
            answer = await self._ask(self._path(done.result_url), limit=LARGEST)
            yield Part(answer.body, Form.ATLAS, self._client.url, answer.status)
        await note("")
        await self._ask(self._path(task.url), method="DELETE", fine=frozenset({200, 204, 404}))

    async def _resumed(self, url: str) -> _Task | None:
        """The task of before; None if ATLAS has it no more."""
        try:
            return await self._look(url)
        except NotFound:
            return None

    async def _queue(self, star: StarPlace, window: Window) -> _Task:
        fields = {
            "ra": f"{star.ra_deg:.6f}",
            "dec": f"{star.dec_deg:.6f}",
            "mjd_min": f"{modified_julian_day(window.since):.5f}",
            "mjd_max": f"{modified_julian_day(window.until):.5f}",
            "use_reduced": "true",  # the difference flux of a bright variable is absurd
        }
        for _ in range(MOST_WAITS):
            answer = await self._ask(
                "/forcedphot/queue/",
                method="POST",
                content=urlencode(fields).encode(),
                fine=frozenset({200, 201, 429}),
            )
            if answer.status != 429:
                return _read(answer.body, _Task)
            found = _PAUSE.search(answer.body.decode(errors="replace"))
            minutes = bool(found) and found[2] == "minute" if found else False
            pause_s = float(found[1]) * (60 if minutes else 1) if found else self._poll_s
            await self._sleep(min(pause_s, LONGEST_PAUSE_S))
        raise ServerUnavailable(WHAT, "its queue takes nothing more", "Try again later.")

    async def _finished(self, task: _Task) -> _Task:
        waited_s = 0.0
        while not task.finishtimestamp:
            if waited_s >= LONGEST_S:
                raise ServerUnavailable(WHAT, "the task has not ended", "The next run goes on.")
            await self._sleep(self._poll_s)
            waited_s += self._poll_s
            task = await self._look(task.url)
        return task

    async def _look(self, url: str) -> _Task:
        return _read((await self._ask(self._path(url))).body, _Task)

    def _path(self, url: str) -> str:
        """The path of one of ATLAS's own addresses; the token goes nowhere else.

        Raises
        ------
        ProtocolError
            It is another site's.
        """
        there, here = urlsplit(url), urlsplit(self._client.url)
        if (there.scheme, there.netloc) not in ((here.scheme, here.netloc), ("", "")):
            raise ProtocolError(WHAT, "it names another site's address", "Nothing was sent there.")
        return there.path

    async def _ask(
        self,
        path: str,
        *,
        method: str = "GET",
        content: bytes | None = None,
        fine: frozenset[int] = frozenset({200}),
        limit: int = SMALL,
    ) -> Answer:
        """One signed request; a token that is refused is asked for anew, once."""
        for last in (False, True):
            headers = {"Authorization": f"Token {await self._signed()}"}
            headers["Accept"] = "application/json" if limit == SMALL else "text/plain"
            if content is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            asked = Request(method=method, path=path, headers=headers, content=content)
            try:
                return await self._client.whole(WHAT, asked, PATIENCE, limit=limit, fine=fine)
            except AuthRefused:
                self._token = ""
                if last:
                    raise
        raise AssertionError("the second try returned nothing")

    async def _signed(self) -> str:
        username, password = self._login
        if not username or not password:
            raise AuthRefused(
                "No account for ATLAS",
                "user name or password is not set",
                "Set surveys.atlas_username and 'crowdsky-tui config set surveys.atlas_password'.",
            )
        if not self._token:
            content = urlencode({"username": username, "password": password}).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            asked = Request(
                method="POST",
                path="/forcedphot/api-token-auth/",
                headers=headers,
                content=content,
            )
            fine = frozenset({200, 400})
            answer = await self._client.whole(WHAT, asked, PATIENCE, limit=SMALL, fine=fine)
            if answer.status == 400:
                raise AuthRefused(
                    "ATLAS refused the login",
                    "user name or password is wrong",
                    "Check surveys.atlas_username and surveys.atlas_password.",
                )
            self._token = _read(answer.body, _Token).token
            keep_secret(self._token, user=username)
        return self._token

    async def close(self) -> None:
        """Close the connection and forget the token."""
        self._token = ""
        await self._client.close()


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(WHAT, f"its answer is not as expected: {clean(error, 100)}") from None
