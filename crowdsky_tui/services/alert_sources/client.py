"""HTTP to sources of alerts: bounded, polite, and each for itself.

Sources: facts of planning, section 10. What has not changed since (ETag, Last-Modified) is not
fetched again. Imports httpx, so it is imported when something is asked.
"""

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from crowdsky_tui.base.errors import AuthRefused, NotFound
from crowdsky_tui.config.alert_settings import AlertSettings
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.services.http.connection import network_error
from crowdsky_tui.services.http.limits import Patience
from crowdsky_tui.services.http.polite import LEAST_BETWEEN_S, PoliteClient, Request
from crowdsky_tui.services.http.replies import error_for
from crowdsky_tui.services.http.reply import Reply

PATIENCE = Patience(connect=15, read=60, write=15, whole=300)
"""The Target Tool takes 30 to 45 s at times."""
LARGEST = 16_000_000
ASASSN_BYTES = 102_400
VSX_TRIES, VSX_PAUSE_S = 3, 5.0
"""vsx.aavso.org answers 405 now and then."""
KEY_PASSWORD = "api_token"  # noqa: S105 - the word that stands for a password there
Headers = Mapping[str, str]


class Same(Exception):
    """Nothing has changed since the last answer."""


class AlertSources:
    """The sources of the settings. Every call raises ServerError, `Same` where it polls."""

    def __init__(
        self,
        settings: AlertSettings,
        network: NetworkSettings,
        user_agent: str,
        between_s: float = LEAST_BETWEEN_S,
    ) -> None:
        self._settings, self._network, self._agent = settings, network, user_agent
        self._between_s = between_s
        self._clients: dict[str, PoliteClient] = {}
        self._seen: dict[str, dict[str, str]] = {}
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def close(self) -> None:
        """Close every connection."""
        clients, self._clients = list(self._clients.values()), {}
        for each in clients:
            await each.close()

    async def aavso(self) -> bytes:
        """The Target Tool's list of the sections that are wanted."""
        said = self._settings
        sections = [each.strip() for each in said.aavso_sections.split(",") if each.strip()]
        query = urlencode([("obs_section", each) for each in sections])
        login = base64.b64encode(f"{said.aavso_key}:{KEY_PASSWORD}".encode()).decode()
        return await self._ask(
            "AAVSO's Target Tool",
            f"{said.aavso_url.rstrip('/')}/TargetTool/api/v1/targets?{query}",
            {"Authorization": f"Basic {login}"},
            hint="Check alerts.aavso_key",
        )

    async def tns(self, file: str) -> bytes:
        """A file of public objects, by its name."""
        said = self._settings
        kind = "bot" if said.tns_key else "user"
        marker = {"tns_id": said.tns_id, "type": kind, "name": said.tns_name}
        return await self._ask(
            "the Transient Name Server",
            f"{said.tns_url.rstrip('/')}/system/files/tns_public_objects/{file}",
            {"User-Agent": f"tns_marker{msgspec.json.encode(marker).decode()}"},
            form={"api_key": said.tns_key} if said.tns_key else None,
            hint="Check alerts.tns_id, tns_name and tns_key",
        )

    async def asassn(self) -> bytes:
        """The beginning of ASAS-SN's page, where the newest are."""
        return await self._ask(
            "ASAS-SN's page",
            self._settings.asassn_url,
            {"Range": f"bytes=0-{ASASSN_BYTES - 1}"},
            beginning=ASASSN_BYTES,
        )

    async def vsx(self, name: str) -> bytes:
        """What the catalogue of variable stars says of a name."""
        query = urlencode({"view": "api.object", "format": "json", "ident": name})
        url = f"{self._settings.vsx_url.rstrip('/')}/index.php?{query}"
        for number in range(1, VSX_TRIES + 1):
            try:
                return await self._ask("AAVSO's VSX", url, {}, polls=False)
            except _Busy as error:
                if number == VSX_TRIES:
                    raise error.reason from error
                await self.sleep(VSX_PAUSE_S)
        raise AssertionError("unreachable")

    async def vsp(self, name: str, fov_arcmin: float, faintest: float) -> bytes:
        """The comparison stars around a star. Raises NotFound for a star that is not known."""
        said = {"star": name, "fov": f"{fov_arcmin:g}", "maglimit": f"{faintest:g}"}
        query = urlencode({**said, "format": "json"})
        url = f"{self._settings.vsp_url.rstrip('/')}/vsp/api/chart/?{query}"
        return await self._ask("AAVSO's charts", url, {}, polls=False, missing=400)

    # --- one request -----------------------------------------------------------------------------

    async def _ask(
        self,
        what: str,
        url: str,
        headers: Headers,
        *,
        form: Mapping[str, str] | None = None,
        hint: str = "",
        beginning: int = 0,
        polls: bool = True,
        missing: int = 404,
    ) -> bytes:
        since = self._seen.get(url, {}) if polls else {}
        try:
            async with self._sent(url, {**since, **headers}, form) as reply:
                if reply.status_code == 304 and since:
                    raise Same
                if reply.status_code not in (200, 206):
                    raise _refusal(what, url, reply, await reply.beginning(), hint, missing)
                body = await (_first(reply, beginning) if beginning else reply.whole(LARGEST, what))
                if polls:
                    self._seen[url] = _marks(reply.headers)
                return body
        except httpx.HTTPError as error:
            raise network_error(what, error) from error

    def _sent(
        self, url: str, headers: Headers, form: Mapping[str, str] | None
    ) -> contextlib.AbstractAsyncContextManager[Reply]:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._clients:
            name = parts.hostname or ""
            self._clients[site] = PoliteClient(
                site, self._agent, name=name, network=self._network, between_s=self._between_s
            )
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        request = Request(
            path=path,
            method="POST" if form else "GET",
            headers={"Accept-Encoding": "gzip", **kind, **headers},
            content=urlencode(form).encode() if form else None,
        )
        return self._clients[site].answer(request, PATIENCE)


class _Busy(Exception):
    """An answer that a second try does not get."""

    def __init__(self, reason: Exception) -> None:
        super().__init__()
        self.reason = reason


def _refusal(what: str, url: str, reply: Reply, body: bytes, hint: str, missing: int) -> Exception:
    error = error_for(what, urlsplit(url).path, reply.status_code, reply.headers, body)
    if reply.status_code == missing:
        return NotFound(what, "it does not know this", "Check what was asked for")
    if reply.status_code in (401, 403):
        page = body.lstrip()[:1] == b"<"
        why = "a page came instead: it takes us for a browser" if page else error.why
        return AuthRefused(f"{what} refused us", why, hint or "Try again later")
    return _Busy(error) if reply.status_code == 405 and "vsx" in what.casefold() else error


async def _first(reply: Reply, most: int) -> bytes:
    """The beginning of a body, whether or not the other side knows ranges."""
    body = bytearray()
    async with contextlib.aclosing(reply.pieces()) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) >= most:
                break
    return bytes(body[:most])


def _marks(headers: Headers) -> dict[str, str]:
    """What is sent along the next time, so that only what is new comes."""
    found = {}
    for theirs, ours in (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")):
        value = headers.get(theirs, "")
        if value and len(value) < 200 and value.isprintable():
            found[ours] = value
    return found
