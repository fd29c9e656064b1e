"""Runs `crowdsky-tui` commands in children which kill themselves where they are told.

Reads one JSON order per line on stdin, answers with one JSON line. Every order is run in a fork of
this process, so that the imports are paid once. Production code knows nothing of it: the points
where a child may die are put around its functions here.
"""

import asyncio
import json
import os
import resource
import signal
import sys
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

# ruff: noqa: F401 - much is only imported to be paid for before the fork
import anyio._backends._asyncio
import astropy.wcs
import certifi
import httpcore
import stamina
import tomli_w
from powercut import PageCache

from crowdsky_tui.agent import hosted_night
from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.cli import main as command_line
from crowdsky_tui.cli.verbs import clean, purge, stack, sync, targets, upload
from crowdsky_tui.compute.client import Science
from crowdsky_tui.compute.messages import Reply
from crowdsky_tui.compute.worker import answer
from crowdsky_tui.instruments.seestar.files import download
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess
from crowdsky_tui.instruments.seestar.stacking import batch, stack_block, watch_job
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.night import wait_for_jobs
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.crowdsky.upload import UploadForm
from crowdsky_tui.store.store import JobState

Wrapped = Callable[..., Awaitable[Any]]


class Doom:
    """Counts how often each point is passed, and dies at one of them.

    `who` is the first word of the points at which the telescope's files change. With a `cache` it
    dies of a power cut.
    """

    def __init__(
        self, point: str, nth: int, who: str = "scope", cache: PageCache | None = None
    ) -> None:
        self.point = point
        self.cache = cache
        self.who = who
        self.nth = nth
        self.passed: Counter[str] = Counter()

    def at(self, point: str) -> None:
        self.passed[point] += 1
        if point == self.point and self.passed[point] == self.nth:
            if self.cache is not None:
                self.cache.cut()
            os.kill(os.getpid(), signal.SIGKILL)


class InlineScience(Science):
    """What the science child does, here: its start would cost more than the whole run."""

    async def _ask(self, request: Any, label: str) -> Reply:
        reply = await asyncio.to_thread(answer, request)
        if reply.damage is not None:
            raise FileDamaged(reply.damage.what, reply.damage.why, reply.damage.next_step)
        return reply


def around(owner: Any, name: str, before: str, after: str, doom: Doom) -> None:
    """Points before and after an async function; "" for none."""
    inner: Wrapped = getattr(owner, name)

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            doom.at(before)
        result = await inner(*args, **kwargs)
        if after:
            doom.at(after)
        return result

    setattr(owner, name, wrapped)


def haunt(doom: Doom) -> None:
    """Put every point in place."""
    _journal(doom)
    _scope(doom)
    _files(doom)
    _server(doom)


def _journal(doom: Doom) -> None:
    note, prove, move, save, add = (
        getattr(Journal, name) for name in ("note", "prove", "move", "save_entry", "add")
    )

    async def noted(self: Journal, job: AnyJob, step: str, facts: dict[str, Any]) -> AnyJob:
        doom.at(f"{job.kind} noting {step}")
        result: AnyJob = await note(self, job, step, facts)
        doom.at(f"{job.kind} noted {step}")
        return result

    async def proved(self: Journal, job: AnyJob, *rest: Any, **options: Any) -> Any:
        doom.at(f"{job.kind} proving")
        result = await prove(self, job, *rest, **options)
        doom.at(f"{job.kind} proved")
        return result

    async def moved(self: Journal, job: AnyJob, state: JobState, **changes: Any) -> AnyJob:
        result: AnyJob = await move(self, job, state, **changes)
        doom.at(f"{job.kind} {state}")
        return result

    async def saved(self: Journal, entry: LedgerEntry) -> LedgerEntry:
        name = entry.upload or "fetched"
        doom.at(f"ledger noting {name}")
        result: LedgerEntry = await save(self, entry)
        doom.at(f"ledger noted {name}")
        return result

    async def added(self: Journal, kind: str, goal: str, order: Order, *rest: Any) -> Any:
        doom.at(f"asking {kind}")
        result = await add(self, kind, goal, order, *rest)
        doom.at(f"asked {kind}")
        return result

    Journal.note, Journal.move = noted, moved  # type: ignore[assignment, method-assign]
    Journal.prove = proved  # type: ignore[assignment, method-assign]
    Journal.save_entry, Journal.add = saved, added  # type: ignore[assignment, method-assign]


def _scope(doom: Doom) -> None:
    around(batch, "clear", "", "scope cleared", doom)
    around(batch, "configure", "", "scope set", doom)
    around(batch, "start", "", "scope started", doom)
    follow = watch_job.follow

    async def followed(scope: Any, progress: Any, *rest: Any) -> Any:
        def seen(fraction: float, text: str) -> None:
            progress(fraction, text)
            doom.at("scope working")

        result = await follow(scope, seen, *rest)
        doom.at("scope followed")
        return result

    stack_block.follow = followed  # type: ignore[attr-defined, assignment]
    rename = ScopeFileAccess.rename

    async def renamed(self: ScopeFileAccess, old: str, new: str) -> None:
        await rename(self, old, new)
        ending = "picture" if new.endswith(".jpg") else "stack"
        doom.at(f"{doom.who} renamed {ending}")

    ScopeFileAccess.rename = renamed  # type: ignore[method-assign]
    around(ScopeFileAccess, "delete", "", f"{doom.who} deleted", doom)
    around(ScopeFileAccess, "make_folder", "", f"{doom.who} made folder", doom)
    link = Path.hardlink_to

    def linked(self: Path, target: Any) -> None:
        link(self, target)
        doom.at(f"{doom.who} linked")

    Path.hardlink_to = linked  # type: ignore[method-assign]


def _files(doom: Doom) -> None:
    write, finish, fill = download._write, download._finish, download._fill

    async def filled(*args: Any) -> None:
        doom.at("file begun")
        await fill(*args)
        doom.at("file whole")

    def written(part: Path, start: int, piece: bytes) -> None:
        half = len(piece) // 2
        write(part, start, piece[:half])
        doom.at("file half")
        write(part, start + half, piece[half:])
        doom.at("file piece")

    def finished(part: Path, dest: Path) -> None:
        doom.at("file naming")
        finish(part, dest)
        doom.at("file named")

    download._fill = filled  # type: ignore[assignment]
    download._finish, download._write = finished, written


def _server(doom: Doom) -> None:
    around(CrowdSkyServer, "upload_stack", "body opening", "server answered", doom)
    around(ServerList, "_ask", "server listing", "server listed", doom)
    body = UploadForm.body

    async def pieces(self: UploadForm, *args: Any) -> AsyncIterator[bytes]:
        first = True
        async for piece in body(self, *args):
            if self.handed_over:
                doom.at("body before last byte")
            yield piece
            doom.at("body last byte left" if self.handed_over else "body piece left")
            if first:
                doom.at("body begun")
                first = False

    UploadForm.body = pieces  # type: ignore[assignment, method-assign]


def run_child(order: dict[str, Any]) -> None:
    """Become the command; never returns."""
    code = 70
    try:
        out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        err = os.open(order["err"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(out, 1)
        os.dup2(err, 2)
        if handles := order.get("handles"):
            resource.setrlimit(resource.RLIMIT_NOFILE, (handles, handles))
        cache = PageCache(Path(order["power"])) if order.get("power") else None
        if cache is not None:
            cache.watch()
        who = order.get("who") or "scope"
        doom = Doom(order.get("point", ""), order.get("nth", 1), who, cache)
        haunt(doom)
        from crowdsky_tui.night import night

        night.Science = InlineScience  # type: ignore[attr-defined]
        code = command_line.main(order["argv"])
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - a child ends here, whatever it was
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Answer until stdin ends: `{"code": N}`, negative for the signal that ended the child."""
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            run_child(order)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
