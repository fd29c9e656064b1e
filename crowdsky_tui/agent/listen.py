"""The agent's side of the socket: shows its night to apps, and takes their requests."""

import asyncio
import contextlib
import logging
import os

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.agent.review_calls import answer_review
from crowdsky_tui.agent.wire import (
    LONGEST_LINE,
    Answer,
    AutomaticRequest,
    CancelRequest,
    Changed,
    ErrandRequest,
    Failure,
    Hello,
    PlanRequest,
    RefreshRequest,
    Request,
    ReviewRequest,
    ScopeRequest,
    StackRequest,
    TargetChange,
    TargetKey,
    UploadRequest,
    line_of,
    socket_path,
)
from crowdsky_tui.errors import CrowdSkyError
from crowdsky_tui.night import Night
from crowdsky_tui.store import BlockView, TargetView, Topic

LOOK_EVERY_S = 0.2

logger = logging.getLogger(__name__)


class Listener:
    """Listens on `agent.sock` in the state folder, readable by the user alone."""

    def __init__(self, night: Night) -> None:
        self._night = night
        self._path = socket_path(night.settings.state_dir)
        self._server: asyncio.Server | None = None
        self._guests: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begin to listen. The journal's lock says that no other agent of ours is alive."""
        await asyncio.to_thread(self._path.unlink, missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._welcome, self._path, limit=LONGEST_LINE
            )
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Send the guests away and stop listening."""
        for task in self._guests:
            task.cancel()
        await asyncio.gather(*self._guests, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        await asyncio.to_thread(self._path.unlink, missing_ok=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._guests.add(task)
        task.add_done_callback(self._guests.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock = self._night.clock
        writer.write(line_of(Hello(__version__, clock.speed, clock.origin, clock.since)))
        own = {asyncio.create_task(_Show(self._night, writer).run())}
        try:
            while line := await reader.readline():
                request: Request = msgspec.json.decode(line, type=Request)
                if isinstance(request, ErrandRequest):  # a download must hold up nothing
                    own.add(asyncio.create_task(self._reply(request, writer)))
                else:
                    await self._reply(request, writer)
        except (
            OSError,
            ValueError,
            msgspec.MsgspecError,
        ) as error:  # the guest has gone, or talks nonsense
            logger.info("an app's connection ended: %s", error)
        finally:
            for task in own:
                task.cancel()
            await asyncio.gather(*own, return_exceptions=True)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _reply(self, request: Request, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._do(request)
        except CrowdSkyError as error:
            answer = Answer(request.id, failure=Failure(error.what, error.why, error.next_step))
        writer.write(line_of(answer))

    async def _do(self, request: Request) -> Answer:
        night = self._night
        match request:
            case StackRequest(id, targets, blocks, insist, again):
                asked = await night.stack(targets, blocks=blocks, insist=insist, again=again)
                return Answer(id, asked=asked)
            case UploadRequest(id, targets):
                return Answer(id, asked=await night.upload(targets))
            case PlanRequest(id, targets):
                return Answer(id, plan=await night.dry_run(targets))
            case CancelRequest(id, job_id):
                return Answer(id, text=await night.cancel(job_id))
            case AutomaticRequest(id, on):
                automatic = night.automatic
                text = await (automatic.report() if on is None else automatic.switch(on))
                return Answer(id, text=text)
            case ScopeRequest():
                return await self._session(request)
            case ErrandRequest(id, errand):
                result = msgspec.json.encode(await night.errands.do(errand))
                return Answer(id, result=msgspec.Raw(result))
            case ReviewRequest():
                return await answer_review(night.review, request)
            case RefreshRequest(id, scope):
                night.refresh_soon(scope)
                return Answer(id, text="")

    async def _session(self, request: ScopeRequest) -> Answer:
        sessions, scope = self._night.sessions, request.scope
        if request.verb == "read":
            return Answer(request.id, reading=await sessions.read(scope))
        if request.verb == "plan":
            plan = await sessions.plan(scope, request.action, request.text)
            return Answer(request.id, session_plan=plan)
        text = await sessions.do(scope, request.action, request.text)
        return Answer(request.id, text=text)


class _Show:
    """Follows the store for one guest and sends what moved."""

    def __init__(self, night: Night, writer: asyncio.StreamWriter) -> None:
        self._store = night.store
        self._writer = writer
        self._sent: dict[Topic, int] = dict.fromkeys(Topic, -1)
        self._shown: dict[TargetKey, tuple[TargetView, tuple[BlockView, ...]]] = {}

    async def run(self) -> None:
        while True:
            change = self._change()
            if change is not None:
                self._writer.write(line_of(change))
                await self._writer.drain()
            await asyncio.sleep(LOOK_EVERY_S)

    def _change(self) -> Changed | None:
        store, sent = self._store, self._sent
        moved = {topic for topic in Topic if store.revisions[topic] != sent[topic]}
        if not moved:
            return None
        new_lines = min(store.revisions[Topic.LOG] - max(sent[Topic.LOG], 0), len(store.log))
        self._sent = dict(store.revisions)
        return Changed(
            scopes=tuple(store.scopes.values()) if Topic.SCOPES in moved else None,
            targets=self._targets() if moved & {Topic.TARGETS, Topic.BLOCKS} else None,
            jobs=tuple(store.jobs.values()) if Topic.JOBS in moved else None,
            log=tuple(store.log)[len(store.log) - new_lines :] if Topic.LOG in moved else None,
            server=store.server if Topic.SERVER in moved else None,
            automatic=store.automatic if Topic.AUTOMATIC in moved else None,
            sky=store.sky if Topic.SKY in moved else None,
        )

    def _targets(self) -> tuple[TargetChange, ...]:
        store, before = self._store, self._shown
        self._shown = {key: (store.targets[key], blocks) for key, blocks in store.blocks.items()}
        changes = [
            TargetChange(key, view, blocks)
            for key, (view, blocks) in self._shown.items()
            if (old := before.get(key)) is None or old[0] is not view or old[1] is not blocks
        ]
        changes += [TargetChange(key, None) for key in before if key not in store.blocks]
        return tuple(changes)
