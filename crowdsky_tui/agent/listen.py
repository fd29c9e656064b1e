"""The agent's side of the socket: shows its night to apps, and takes their requests."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.agent.review_calls import answer_review
from crowdsky_tui.agent.show import Show
from crowdsky_tui.agent.wire import (
    LONGEST_LINE,
    Answer,
    AutomaticRequest,
    CancelRequest,
    ErrandRequest,
    Failure,
    Hello,
    PlanRequest,
    RefreshRequest,
    Request,
    ReviewRequest,
    ScopeRequest,
    StackRequest,
    UploadRequest,
    line_of,
    socket_path,
)
from crowdsky_tui.crash import write_crash
from crowdsky_tui.errors import CrowdSkyError
from crowdsky_tui.night import Night
from crowdsky_tui.text import clean

LOOK_EVERY_S = 0.2

logger = logging.getLogger(__name__)


def anything(_request: Request, _holder: str) -> None:
    """An agent's guests may ask for everything."""


class Listener:
    """Listens on `agent.sock` in the state folder, readable by the user alone."""

    def __init__(
        self, night: Night, *, holder: str = "", allow: Callable[[Request, str], None] = anything
    ) -> None:
        """`allow` raises for what guests may not ask for; `holder` is who may, "" for anybody."""
        self._night = night
        self._holder = holder
        self._allow = allow
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
        hello = Hello(__version__, clock.speed, clock.origin, clock.since, self._holder)
        writer.write(line_of(hello))
        own = {asyncio.create_task(_follow(self._night, writer))}
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
            self._allow(request, self._holder)
            line = line_of(await self._do(request))
        except CrowdSkyError as error:
            failure = Failure(error.what, error.why, error.next_step)
            line = line_of(Answer(request.id, failure=failure))
        except Exception as error:  # whatever it is, its app must not be left waiting
            line = line_of(Answer(request.id, failure=await self._own_fault(error)))
        writer.write(line)

    async def _own_fault(self, error: Exception) -> Failure:
        """Write a fault of this program down; what the guest is told of it."""
        logger.error("a request failed on a fault of this program", exc_info=error)
        why = "its log has it"
        try:
            path = await asyncio.to_thread(write_crash, error, self._night.settings.state_dir)
            why = f"{path} has it"
        except OSError as problem:
            logger.error("the crash log cannot be written: %s", clean(problem))
        return Failure("the agent met a fault of its own", why, "It goes on; try something else")

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


async def _follow(night: Night, writer: asyncio.StreamWriter) -> None:
    """Send a guest what moved in the store."""
    show = Show(night.store)
    while True:
        if (change := show.change()) is not None:
            writer.write(line_of(change))
            await writer.drain()
        await asyncio.sleep(LOOK_EVERY_S)
