"""Work in the background that somebody watches.

`Supervisor.keep` is for endless loops: whatever is raised in one is told, is written into the crash
log, and the loop begins again after a pause. `Supervisor.start` is for work that ends by itself.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from time import monotonic

from crowdsky_tui.base.crash_log import where_written
from crowdsky_tui.base.text import clean

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 300.0
"""Real seconds before a loop begins again, doubling; a loop that held so long starts afresh."""
CLOSE_PATIENCE_S = 60.0

Loop = Callable[[], Awaitable[object]]

logger = logging.getLogger(__name__)


class NothingLeft(Exception):
    """What a loop raises that `Supervisor.keep` shall not begin again."""


class Faults:
    """Where an exception that nobody expected is told: log file, crash log, and `tell`.

    `tell` gets one clean line, for the job log; without a `state_dir` there is no crash log.
    """

    def __init__(
        self, tell: Callable[[str], None] | None = None, state_dir: Path | None = None
    ) -> None:
        self._tell = tell
        self._state_dir = state_dir

    async def report(self, what: str, error: BaseException, then: str = "") -> None:
        """Tell that `what` met `error`, and what happens `then`. Raises nothing.

        The line names the error's kind alone: its text may hold anything.
        """
        where = ""
        with contextlib.suppress(Exception):  # an executor that is gone, at the program's end
            if self._state_dir is not None:
                where = await asyncio.to_thread(where_written, error, self._state_dir)
        parts = (f"{what}: a fault in crowdsky-tui, {type(error).__name__}.", then, where)
        line = clean(" ".join(filter(None, parts)), 400)
        logger.error("%s", line, exc_info=error)
        try:
            if self._tell is not None:
                self._tell(line)
        except Exception:
            logger.exception("a fault could not be told")


class Supervisor:
    """The background work of one owner; `close` ends all of it."""

    def __init__(
        self, faults: Faults | None = None, *, first_pause_s: float = FIRST_PAUSE_S
    ) -> None:
        self.faults = faults or Faults()
        self._first_pause_s = first_pause_s
        self._tasks: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[asyncio.Task[None]]:
        """The tasks that have not ended."""
        return iter(set(self._tasks))

    def keep(self, what: str, loop: Loop) -> asyncio.Task[None]:
        """Run an endless loop in the background until `close`; see `endless`."""
        return self.start(what, self.endless(what, loop))

    def start(self, what: str, work: Coroutine[None, None, object]) -> asyncio.Task[None]:
        """Run `work` in the background, once; what it raises is told, as `what`."""
        task = asyncio.create_task(self._once(what, work), name=what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _task: work.close())  # where it was cancelled before it began
        return task

    async def endless(self, what: str, loop: Loop) -> None:
        """Run `loop`, and again whenever it ends or raises, until this task is cancelled.

        The pause before that doubles, on the clock that nobody can set. `NothingLeft` ends it.
        """
        pause = self._first_pause_s
        while True:
            begun = monotonic()
            error = await _fault_of(loop()) or RuntimeError("an endless loop ended")
            if isinstance(error, NothingLeft):
                return
            if monotonic() - begun >= LONGEST_PAUSE_S:
                pause = self._first_pause_s
            await self.faults.report(what, error, f"It begins again in {pause:.3g} s.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def close(self) -> None:
        """Cancel everything and wait until it has ended; what does not is named in the log."""
        await self.stop(*self._tasks)

    async def stop(self, *tasks: asyncio.Task[None]) -> None:
        """As `close`, for these alone."""
        ours = {task for task in tasks if task is not asyncio.current_task()}
        for task in ours:
            task.cancel()
        if ours:
            _, left = await asyncio.wait(ours, timeout=CLOSE_PATIENCE_S)
            for task in left:
                logger.error("%s does not end", task.get_name())

    async def _once(self, what: str, work: Awaitable[object]) -> None:
        error = await _fault_of(work)
        if error is not None:
            await self.faults.report(what, error)


async def close_all(
    parts: Iterable[tuple[str, Callable[[], Awaitable[None]]]], faults: Faults
) -> None:
    """Close every part, the last one first; what one raises is told, and the others are closed."""
    async with contextlib.AsyncExitStack() as last_first:
        for what, close in parts:
            last_first.push_async_callback(_close, what, close, faults)


async def _close(what: str, close: Callable[[], Awaitable[None]], faults: Faults) -> None:
    if (error := await _fault_of(close())) is not None:
        await faults.report(f"closing {what}", error)


async def _fault_of(work: Awaitable[object]) -> BaseException | None:
    """Await `work`; what it raised, None if it ended. A cancellation of ours is raised.

    One that nobody asked of this task came out of something within, and is a fault like others.
    """
    try:
        await work
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return error
    except BaseException as error:  # noqa: BLE001 - other languages raise their own kind
        return error
    return None
