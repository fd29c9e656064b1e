"""`POST /api/raw_upload.php` of the CrowdSky stand-in: start, file, finalize.

As on the real server: a file sent twice counts twice, two files of one name overwrite each other,
groups know neither filter nor exposure, `overwrite` deletes at once, nothing can be asked again.

Source: docs/design/crowdsky-protocol.md 2.4.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path, PurePosixPath, PureWindowsPath

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.crowdsky import fits as php
from crowdsky_tui.simulator.crowdsky import upload as uploads
from crowdsky_tui.simulator.crowdsky.php_json import JsonReply
from crowdsky_tui.simulator.crowdsky.state import Job, RawRecord, Session, Stack, State
from crowdsky_tui.simulator.crowdsky.upload import Refused

SESSION_LIFE = timedelta(hours=24)
NO_SESSION = "Upload session not found or expired."


class RawApi:
    """The three steps, over a `State`. `zone` is PHP's `date.timezone`."""

    def __init__(
        self, state: State, clock: Clock, queued: Callable[[], None], zone: tzinfo
    ) -> None:
        self.state = state
        self.clock = clock
        self.queued = queued
        self.zone = zone

    async def raw_upload(self, request: Request) -> Response:
        """One step of a raw session: start, file or finalize."""
        steps = {"start": self._start, "file": self._file, "finalize": self._finalize}
        step = steps.get(request.query_params.get("action", ""))
        if step is None:
            raise Refused(400, "Unknown action.")
        await asyncio.to_thread(self._expire)
        return JsonReply(await step(request))

    def _expire(self) -> None:
        """Sessions left uploading for a day end, and their files go."""
        oldest = self.clock.now() - SESSION_LIFE
        for session in list(self.state.sessions.values()):
            begun = datetime.fromisoformat(session.created_at).replace(tzinfo=UTC)
            if session.status == "uploading" and begun <= oldest:
                self.state.put(msgspec.structs.replace(session, status="expired"))
                self.state.drop_raws(session.id)

    async def _start(self, request: Request) -> dict[str, object]:
        session = Session(
            id=self.state.new_id("session"),
            token=secrets.token_hex(16),
            created_at=php.column_text(self.clock.now()),
        )
        await asyncio.to_thread(self._keep_new, session)
        return {"session_id": session.id, "session_token": session.token}

    def _keep_new(self, session: Session) -> None:
        self.state.raw_folder(session.id).mkdir(parents=True)
        self.state.put(session)

    def _session(self, form: FormData, missing: str) -> Session:
        """The open session that a form names. Raises Refused."""
        token = form.get("session_token")
        if not isinstance(token, str) or not token:
            raise Refused(400, "Missing session_token.")
        for session in self.state.sessions.values():
            if session.token == token and session.status == "uploading":
                return session
        raise Refused(404, missing)

    async def _file(self, request: Request) -> dict[str, object]:
        form = await uploads.read_form(request)
        try:
            self._session(form, NO_SESSION)
            file = uploads.checked_file(form)
            cards = await uploads.header_of(file)
            name = base_name(file.filename or "")
            record = await asyncio.to_thread(self._record, name, cards)
            session = self._session(form, NO_SESSION)
            await uploads.save(file, self.state.raw_folder(session.id) / name)
        finally:
            await form.close()
        # Looked up once more: another file of this session may have come in meanwhile.
        session = self._session(form, NO_SESSION)
        grown = msgspec.structs.replace(session, records=(*session.records, record))
        self.state.put(grown)
        return {
            "ok": True,
            "filename": name,
            "chunk_key": record.chunk_key,
            "date_obs": record.date_obs,
            "object": cards.get("OBJECT"),
        }

    def _record(self, name: str, cards: dict[str, str]) -> RawRecord:
        date_obs = cards.get("DATE-OBS", "")
        moment = php.strtotime(date_obs, self.zone, self.clock.now())
        key = php.chunk_key(moment, php.number(cards.get("RA")), php.number(cards.get("DEC")))
        if key is None:
            raise Refused(400, "DATE-OBS is missing or cannot be read.")
        exposure = php.number(cards.get("EXPTIME")) or 0.0
        return RawRecord(name, key, cards.get("TELESCOP") or None, date_obs, exposure)

    async def _finalize(self, request: Request) -> dict[str, object]:
        form = await request.form()
        session = self._session(form, "Session not found or already finalized.")
        if not session.records:
            raise Refused(400, "No files in this session.")
        overwrite = uploads.is_set(form, "overwrite")
        return await asyncio.to_thread(
            self._queue_groups, session, scrub=uploads.is_scrubbed(form), overwrite=overwrite
        )

    def _queue_groups(self, session: Session, *, scrub: bool, overwrite: bool) -> dict[str, object]:
        groups: dict[tuple[str, str | None], list[RawRecord]] = {}
        for record in session.records:
            groups.setdefault((record.chunk_key, record.telescope_id), []).append(record)
        jobs, skipped = [], []
        for (key, _), records in groups.items():
            finished = [row for row in self.state.stacks.values() if _is_own(row, key)]
            if finished and not overwrite:
                skipped.append(key)
                continue
            for row in finished:
                self.state.drop_stack(row.id)
            jobs.append(self._job(session, records, scrub=scrub))
        self.state.put(msgspec.structs.replace(session, status="complete"), *jobs)
        self.queued()
        return {
            "ok": True,
            "jobs": len(jobs),
            "job_ids": [job.id for job in jobs],
            "chunks": [job.stack.chunk_key for job in jobs],
            "skipped": skipped,
        }

    def _job(self, session: Session, records: Sequence[RawRecord], *, scrub: bool) -> Job:
        return Job(
            id=self.state.new_id("job"),
            stack=self._row(session, records),
            created_at=php.column_text(self.clock.now()),
            filename=records[0].filename,
            scrub=scrub,
            session=session.id,
            raws=tuple(record.filename for record in records),
        )

    def _row(self, session: Session, records: Sequence[RawRecord]) -> Stack:
        """The row to be: the first file's header, everybody's exposure."""
        cards = _read_cards(self.state.raw_folder(session.id) / records[0].filename)
        begun = sorted(self._moment(record) for record in records)
        eq_mode = php.number(cards.get("EQMODE"))
        return Stack(
            chunk_key=records[0].chunk_key,
            object_name=cards.get("OBJECT") or None,
            telescope_id=records[0].telescope_id,
            filter_name=cards.get("FILTER") or None,
            date_obs_start=php.column_text(begun[0]),
            date_obs_end=php.column_text(begun[-1] + timedelta(seconds=records[-1].exposure_s)),
            n_frames_input=len(records),
            n_frames_aligned=len(records),
            total_exptime=sum(record.exposure_s for record in records),
            ra_deg=php.number(cards.get("RA")),
            dec_deg=php.number(cards.get("DEC")),
            eq_mode=None if eq_mode is None else int(eq_mode),
            sub_exposure=records[0].exposure_s,
        )

    def _moment(self, record: RawRecord) -> datetime:
        moment = php.strtotime(record.date_obs, self.zone, self.clock.now())
        return moment or self.clock.now()


def base_name(filename: str) -> str:
    """A file name as PHP's `basename` leaves it."""
    return PurePosixPath(PureWindowsPath(filename).name).name or "file.fit"


def _is_own(row: Stack, key: str) -> bool:
    return row.chunk_key == key and not row.owner


def _read_cards(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return php.read_cards(file.read(php.HEADER_BYTES))
