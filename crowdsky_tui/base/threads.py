"""A thread's work that is never left behind: who is cancelled meanwhile waits for its end."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def to_its_end(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`asyncio.to_thread` for what changes a file, in pieces that take well below a second.

    A cancellation is raised when `work` has ended, however often it comes: nothing is written,
    renamed or deleted later, into what somebody else has begun since.
    """
    return await end_of(asyncio.create_task(asyncio.to_thread(work, *args, **kwargs)))


async def finished(work: Coroutine[None, None, T]) -> T:
    """The result of `work`, which goes on to its end though its caller is cancelled meanwhile."""
    return await end_of(asyncio.create_task(work))


async def whatever_is_cancelled(work: Coroutine[None, None, T]) -> T:
    """The result of `work`, which must have an end of its own: no cancellation is raised at all."""
    task = asyncio.create_task(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([task])
    return task.result()


async def end_of(thread: "asyncio.Future[T]") -> T:
    """The result of work that has begun in a thread, awaited as `to_its_end` does."""
    cancelled: asyncio.CancelledError | None = None
    while not thread.done():
        try:
            await asyncio.wait([thread])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return thread.result()
    thread.exception()  # seen; the cancellation says more
    raise cancelled
