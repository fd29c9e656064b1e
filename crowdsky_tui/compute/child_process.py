"""The child process that computes: started when it is needed, replaced when it dies."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence

import msgspec

from crowdsky_tui.base.errors import CannotWrite, FileDamaged, ScienceUnavailable
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.child import end, kill
from crowdsky_tui.compute.messages import Reply, Request

COMMAND = (sys.executable, "-P", "-m", "crowdsky_tui.compute")  # -P: nothing from the work folder
REQUEST_TIMEOUT = 60.0
TRIES = 2
MAX_ANSWER = 4 * 1024**2

_requests = msgspec.json.Encoder()
_replies = msgspec.json.Decoder(Reply)


class ChildProcess:
    """One child process, `python -m crowdsky_tui.compute`, started when first needed.

    Requests take turns. A child that dies without an answer is replaced and asked once more: it may
    have died of something else. A request that kills two, or takes longer than `timeout_s` seconds,
    is the file's fault and raises FileDamaged. ScienceUnavailable if no child can be started, or
    after `close`.
    """

    def __init__(
        self, command: Sequence[str] = COMMAND, timeout_s: float = REQUEST_TIMEOUT
    ) -> None:
        self._command = command
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._process.pid if self._process else None

    async def close(self) -> None:
        """End the child; a request under way raises ScienceUnavailable. May be called again."""
        self._closed = True
        if self._lock.locked() and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        async with self._lock:
            process, self._process = self._process, None
            if process is not None:
                await end(process)

    async def _ask(self, request: Request, label: str) -> Reply:
        line = _requests.encode(request) + b"\n"
        async with self._lock:
            for _ in range(TRIES):
                reply = await self._exchange(await self._running(), line, label)
                if reply is None:
                    continue
                if damage := reply.damage:
                    kind = CannotWrite if damage.writing else FileDamaged
                    raise kind(damage.what, damage.why, damage.next_step)
                return reply
            self._check_open()
        raise FileDamaged(f"{label} cannot be read", "the reader broke down over it, twice")

    async def _running(self) -> Process:
        self._check_open()
        if self._process is None:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=DEVNULL,
                    limit=MAX_ANSWER,
                    start_new_session=True,
                )
            except OSError as error:
                why = clean(error.strerror or error)
                raise ScienceUnavailable("the science child cannot be started", why) from error
            if self._closed:  # whoever closes may have been cancelled while it waited for this
                await kill(process)
                self._check_open()
            self._process = process
        return self._process

    async def _exchange(self, process: Process, line: bytes, label: str) -> Reply | None:
        """Send one line and read one; None if the child died. No answer, no child."""
        assert process.stdin is not None and process.stdout is not None
        reply = None
        try:
            async with asyncio.timeout(self._timeout_s):
                process.stdin.write(line)
                await process.stdin.drain()
                reply = _replies.decode(await process.stdout.readline())
        except TimeoutError:
            why = f"reading took longer than {self._timeout_s:g} s"
            raise FileDamaged(f"{label} cannot be read", why) from None
        except (ConnectionError, ValueError):
            reply = None  # it died, or what it wrote is no answer
        finally:
            if reply is None:
                self._process = None
                await kill(process)
        return reply

    def _check_open(self) -> None:
        if self._closed:
            raise ScienceUnavailable("the science child is closed", "the program is ending")
