"""Does the jobs of telescope.org in children which kill themselves where they are told.

Reads one JSON order per line on stdin, answers with one JSON line, as `doomed` does for commands.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from collections import Counter
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any

from crowdsky_tui.archive import frame_rows  # noqa: F401 - paid for before the fork
from crowdsky_tui.archive.frame import Frame
from crowdsky_tui.archive.frames import Frames
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.remote_settings import RemoteSettings
from crowdsky_tui.config.schema import ClockSettings, StorageSettings
from crowdsky_tui.database.database import open_database
from crowdsky_tui.fits.completeness import inspect_file
from crowdsky_tui.fits.messages import FileFacts
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds.remote_fetch import RemoteFetchWork
from crowdsky_tui.jobs.kinds.remote_request import RequestWork
from crowdsky_tui.jobs.kinds.remote_watch import WatchWork
from crowdsky_tui.jobs.remote_order import RemoteOrder
from crowdsky_tui.jobs.remote_pictures import RemotePictures
from crowdsky_tui.jobs.work import JobQueue
from crowdsky_tui.services.telescope_org import download
from crowdsky_tui.services.telescope_org.account import open_account
from crowdsky_tui.services.telescope_org.draft import Draft
from crowdsky_tui.services.telescope_org.records import Form
from crowdsky_tui.services.telescope_org.session import Session
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.store.store import JobState, Store

PATIENCE_S = 60.0


class Doom:
    """Counts how often each point is passed, and dies at one of them."""

    def __init__(self, point: str, nth: int) -> None:
        self.point, self.nth = point, nth
        self.passed: Counter[str] = Counter()

    def at(self, point: str) -> None:
        self.passed[point] += 1
        if point == self.point and self.passed[point] == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)


def haunt(doom: Doom) -> None:
    """Put every point in place."""
    _journal(doom)
    _calls(doom)
    _files(doom)


def _journal(doom: Doom) -> None:
    note, prove, move, add = (getattr(Journal, name) for name in ("note", "prove", "move", "add"))

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

    async def added(self: Journal, kind: str, *rest: Any) -> Any:
        doom.at(f"asking {kind}")
        result = await add(self, kind, *rest)
        doom.at(f"asked {kind}")
        return result

    Journal.note, Journal.prove = noted, proved  # type: ignore[assignment, method-assign]
    Journal.move, Journal.add = moved, added  # type: ignore[assignment, method-assign]


def _calls(doom: Doom) -> None:
    json_call, page = Session.json, Session.page

    async def json_called(self: Session, what: str, *rest: Any, **more: Any) -> Any:
        name = str(rest[1]).split("-", 1)[1]
        doom.at(f"before {name}")
        result = await json_call(self, what, *rest, **more)
        doom.at(f"after {name}")
        return result

    async def read(self: Session, what: str, path: str, *rest: Any, **more: Any) -> bytes:
        doom.at("before page")
        result = await page(self, what, path, *rest, **more)
        doom.at("after page")
        return result

    Session.json, Session.page = json_called, read  # type: ignore[method-assign]


def _files(doom: Doom) -> None:
    begin, settle, save = download._begin, download._settle, Frames.save

    class Halved(FileIO):
        def writelines(self, pieces: Any) -> None:
            content = b"".join(pieces)
            half = len(content) // 2
            self.write(content[:half])
            doom.at("file half")
            self.write(content[half:])
            doom.at("file whole")

    def begun(part: Path) -> Any:
        begin(part).close()
        return Halved(part, "w")

    def settled(part: Path, path: Path) -> None:
        doom.at("file naming")
        settle(part, path)
        doom.at("file named")

    async def saved(self: Frames, *rest: Any) -> None:
        doom.at("frame noting")
        await save(self, *rest)
        doom.at("frame noted")

    download._begin, download._settle = begun, settled
    Frames.save = saved  # type: ignore[assignment, method-assign]


async def inspect(path: Path) -> FileFacts:
    """What the science child does, here."""
    return inspect_file(path, path.name)


async def do(order: dict[str, Any]) -> int:
    """Ask for a picture, or take up what was asked for; 0 once all of it is over and good."""
    settings = Settings(
        storage=StorageSettings(f"{order['folder']}/state", f"{order['folder']}/data"),
        remote=RemoteSettings(
            url=order["url"], username=order["username"], password=order["password"],
            queue=1000, look_every=60.0, cache=f"{order['folder']}/cache",
        ),
        clock=ClockSettings(
            origin=datetime.fromisoformat(order["origin"]),
            since=datetime.fromisoformat(order["since"]),
            speed=3600.0,
        ),
    )  # fmt: skip
    clock, journal, store = settings.make_clock(), Journal(settings.state_dir), Store()
    client = await open_account(settings, inspect)

    async def opened() -> Any:
        return client

    async def nobody(_: Frame) -> None:
        """Nobody measures here."""

    database = open_database(settings)
    pictures = RemotePictures(Frames(database), clock, settings.remote_cache, 0)
    work: dict[str, Any] = {
        "remote-request": RequestWork(opened, read_only=False),
        "remote-watch": WatchWork(opened, 60.0),
        "remote-fetch": RemoteFetchWork(opened, pictures, nobody),
    }
    await journal.open("doomed")
    queue = JobQueue(journal, store, clock, work)
    await queue.start()
    if not await journal.latest():
        place = PositionJ2000(ra_deg_j2000=325.67833, dec_deg_j2000=43.58607)
        draft = Draft(name="SS Cyg", position=place, filter=order["filter"])
        asked = RemoteOrder(target="SS Cyg", draft=draft, form=Form(order["form"]))
        await queue.add("remote-request", "remote-fetch", asked)
    async with asyncio.timeout(PATIENCE_S):
        while queue.unfinished():
            await asyncio.sleep(0.02)
    last = (await journal.latest())[-1]
    await queue.stop()
    await client.close()
    await journal.close()
    await database.close()
    print(last.kind, last.state, last.reason, file=sys.stderr)
    return 0 if (last.kind, last.state) == ("remote-fetch", JobState.PROVED) else 1


def run_child(order: dict[str, Any]) -> None:
    """Do one order; never returns."""
    code = 70
    try:
        os.dup2(os.open(order["err"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        haunt(Doom(order.get("point", ""), order.get("nth", 1)))
        code = asyncio.run(do(order))
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
