"""The own stacks' endpoints of the CrowdSky stand-in, and the table of all of them.

Paths, fields and texts: docs/design/crowdsky-protocol.md 2.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, tzinfo
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.crowdsky import upload as uploads
from crowdsky_tui.simulator.crowdsky.accounts import Accounts
from crowdsky_tui.simulator.crowdsky.archive import ArchiveApi
from crowdsky_tui.simulator.crowdsky.files import file_reply, file_size, safe_filename
from crowdsky_tui.simulator.crowdsky.fits import column_text
from crowdsky_tui.simulator.crowdsky.php_json import JsonReply, error_reply, php_json
from crowdsky_tui.simulator.crowdsky.raw_api import RawApi
from crowdsky_tui.simulator.crowdsky.state import HIDDEN, Job, Stack, State
from crowdsky_tui.simulator.crowdsky.upload import Refused

Endpoint = Callable[[Request], Awaitable[Response]]
Admission = Callable[[str], bool]
"""Whether an Authorization header opens a door."""


class Api:
    """The endpoints of one account, over a `State`.

    `duplicate_policy` says what becomes of an upload that shares key, telescope, filter and
    exposure with an earlier one: `accept` (a second row), `refuse409`, or `replace` (the old row
    goes when the new one is done). `zone` is PHP's `date.timezone`. `queued` is called for every
    new job.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        accounts: Accounts,
        queued: Callable[[], None],
        duplicate_policy: str = "accept",
        zone: tzinfo = UTC,
    ) -> None:
        self.state = state
        self.clock = clock
        self.accounts = accounts
        self.queued = queued
        self.duplicate_policy = duplicate_policy
        self.zone = zone

    def app(self) -> Starlette:
        """The ASGI application."""
        raw = RawApi(self.state, self.clock, self.queued, self.zone)
        archive = ArchiveApi(self.state)
        login, key = self.accounts.knows_login, self.accounts.knows_key
        table: dict[str, tuple[str, Endpoint, Admission | None]] = {
            "my_stacks": ("GET", self.my_stacks, login),
            "upload_stack": ("POST", self.upload_stack, login),
            "download_stack": ("GET", self.download_stack, login),
            "thumbnail": ("GET", self.thumbnail, login),
            "raw_upload": ("POST", raw.raw_upload, login),
            "frames_by_healpix": ("GET", archive.frames_by_healpix, key),
            "download_frame": ("GET", archive.download_frame, key),
            "frame_stars": ("GET", archive.frame_stars, key),
            "sky_coverage": ("GET", archive.sky_coverage, None),
        }
        every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        routes = [
            Route(f"/api/{name}.php", self._guarded(*row), methods=every)
            for name, row in table.items()
        ]
        return Starlette(routes=routes, exception_handlers={404: _no_such_page})

    def _guarded(self, method: str, endpoint: Endpoint, admission: Admission | None) -> Endpoint:
        async def guarded(request: Request) -> Response:
            if request.method != method:
                return error_reply(405, f"{method} required.")
            if admission and not admission(request.headers.get("authorization", "")):
                return _refused(by_key=admission == self.accounts.knows_key)
            try:
                return await endpoint(request)
            except Refused as refusal:
                if not refusal.text:
                    return Response(b"", refusal.status, media_type="application/json")
                return error_reply(refusal.status, refusal.text)

        return guarded

    async def my_stacks(self, request: Request) -> Response:
        """The stacks of the account."""
        wanted = request.query_params.get("object")
        rows = [
            stack
            for stack in self.state.stacks.values()
            if not stack.owner and wanted in (None, stack.object_name)
        ]
        return JsonReply(await asyncio.to_thread(_rows_json, rows))

    async def upload_stack(self, request: Request) -> Response:
        """Queue a stack."""
        form = await uploads.read_form(request)
        try:
            job = await self._queue(form)
        finally:
            await form.close()
        return JsonReply(
            {
                "ok": True,
                "job_id": job.id,
                "chunk_key": job.stack.chunk_key,
                "status": job.status,
            }
        )

    async def _queue(self, form: FormData) -> Job:
        """Check a form, keep its files, and journal the job. Raises Refused."""
        file = uploads.checked_file(form)
        cards = await uploads.header_of(file)
        now = self.clock.now()
        stack = await asyncio.to_thread(
            uploads.stack_of, cards, form, file.size or 0, self.zone, now
        )
        if self.duplicate_policy == "refuse409" and self._is_known(stack):
            raise Refused(409, "A stack with this chunk key already exists.")
        thumbnail = form.get("thumbnail")
        job = Job(
            id=self.state.new_id("job"),
            stack=stack,
            created_at=column_text(now),
            filename=file.filename or "",
            scrub=uploads.is_scrubbed(form),
            has_thumbnail=isinstance(thumbnail, UploadFile) and bool(thumbnail.size),
        )
        await uploads.save(file, self.state.incoming_file(job.id))
        if isinstance(thumbnail, UploadFile) and job.has_thumbnail:
            await uploads.save(thumbnail, self.state.incoming_thumbnail(job.id))
        await asyncio.to_thread(self.state.put, job)
        self.queued()
        return job

    def _is_known(self, stack: Stack) -> bool:
        finished = (known.identity for known in self.state.stacks.values())
        waiting = (job.stack.identity for job in self.state.jobs.values() if job.stack_id is None)
        return stack.identity in (*finished, *waiting)

    async def download_stack(self, request: Request) -> Response:
        """The stack with this key; of several the oldest, as an unordered query tends to give."""
        key = request.query_params.get("chunk_key")
        if not key:
            raise Refused(400, "Missing chunk_key.")
        found = await asyncio.to_thread(self._oldest_file, key)
        if found is None:
            raise Refused(404, "Stack not found.")
        stack, path = found
        return await file_reply(path, safe_filename(f"{stack.object_name or 'stack'}_{key}.fits"))

    def _oldest_file(self, key: str) -> tuple[Stack, Path] | None:
        named = (row for row in self.state.stacks.values() if row.chunk_key == key)
        for stack in sorted((row for row in named if not row.owner), key=lambda row: row.id):
            path = self.state.stack_file(stack.id)
            if file_size(path) is not None:
                return stack, path
        return None

    async def thumbnail(self, request: Request) -> Response:
        """A stack's picture, called PNG even where an uploaded JPEG is served."""
        number = request.query_params.get("id", "")
        if not number.isdecimal():
            raise Refused(400, "Missing stack ID.")
        path = self.state.thumbnail_file(int(number))
        if int(number) not in self.state.stacks or await asyncio.to_thread(file_size, path) is None:
            raise Refused(404, "Thumbnail not found.")
        return Response(await asyncio.to_thread(path.read_bytes), media_type="image/png")


def _rows_json(rows: list[Stack]) -> bytes:
    newest_first = sorted(rows, key=lambda row: row.date_obs_start or "", reverse=True)
    return b"[" + b",".join(php_json(_shown(row)) for row in newest_first) + b"]"


def _shown(stack: Stack) -> dict[str, object]:
    row = msgspec.structs.asdict(stack)
    return {name: row[name] for name in row if name not in HIDDEN}


def _refused(*, by_key: bool) -> Response:
    if by_key:
        return error_reply(401, "Invalid or expired API key.")
    reply = error_reply(401, "Invalid credentials.")
    reply.headers["WWW-Authenticate"] = 'Basic realm="CrowdSky"'
    return reply


async def _no_such_page(_: Request, error: HTTPException | Exception) -> Response:
    return HTMLResponse("<html><h1>Not Found</h1></html>", 404)
