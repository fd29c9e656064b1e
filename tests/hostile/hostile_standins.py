"""Stand-ins whose every name, row, header, error and event is hostile: `… FOLDER`.

One JSON line says where the settings file is; it ends when stdin does.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hostile_kit import WORDS, as_file_name

from crowdsky_tui.simulator.crowdsky.faults import Fault
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Stack
from crowdsky_tui.simulator.frames import stack_frames, write_stack
from crowdsky_tui.simulator.night_folder import start_clock, write_config
from crowdsky_tui.simulator.script import SERIALS, Frame
from crowdsky_tui.simulator.scripted_night import Camera
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

EVENING = datetime(2026, 2, 27, 14, 0, 30, tzinfo=UTC)
FRAMES = 5
EXPOSURE_S = 60.0
EVENTS_EVERY_S = 0.2
PLACE = (149.0, 69.06)


def names_of(words: Sequence[str]) -> list[str]:
    """Those that a folder can have."""
    return [name for word in words if (name := as_file_name(word))]


def fill(root: Path, words: Sequence[str]) -> None:
    """Two blocks of each target, one of them stacked already, under a header that lies."""
    camera = Camera(root, Profile(), SERIALS[0], seed=1)
    for number, (name, word) in enumerate(zip(names_of(words), words, strict=False)):
        begin = EVENING + timedelta(minutes=30 * number)
        moments = [begin + timedelta(seconds=70 * each) for each in range(FRAMES)]
        for block in range(2):
            frames = [
                Frame("target", when + timedelta(minutes=15 * block), EXPOSURE_S, "LP", "clear",
                      False, PLACE)
                for when in moments
            ]  # fmt: skip
            taken = [camera.take(frame) for frame in frames]
            if block:
                continue
            stack = stack_frames(taken)
            chunk = f"{begin:%Y%m%d}.{begin.hour * 4 + begin.minute // 15:02d}_HP006478"
            made = f"CrowdSky_{FRAMES}_target_60.0s_LP_{chunk}.fit"
            write_stack(root / "MyWorks" / "target", made, stack, moments[-1])
        rename(root / "MyWorks", name, word)


def rename(works: Path, name: str, word: str) -> None:
    """Give the target and all that is in it another name, and its headers another object."""
    card = word.encode("utf-8", "surrogateescape").replace(b"'", b"''")[:60]
    for folder in ("target", "target_sub"):
        for path in (works / folder).iterdir():
            content = path.read_bytes()
            at = content.find(b"OBJECT  =")
            if at >= 0:
                new = (b"OBJECT  = '" + card + b"'").ljust(80)
                content = content[:at] + new[:80] + content[at + 80 :]
            path.unlink()
            path.with_name(path.name.replace("_target_", f"_{name}_")).write_bytes(content)
        (works / folder).rename(works / folder.replace("target", name))


def sendable(word: str) -> str:
    """The word as the stand-in's own database can hold it; test_server_hostile has the rest."""
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def rows(words: Sequence[str]) -> list[Stack]:
    """A row for each word, in every field that holds text."""
    return [
        Stack(
            chunk_key=word if number % 2 else f"20260227.{80 + number % 9}_HP006478",
            object_name=word,
            telescope_id=word,
            filter_name=word,
            date_obs_start=f"2026-02-27 20:{number:02d}:00",
            date_obs_end=word,
            created_at=f"2026-02-27 21:{number:02d}:00",
            program=word,
            ra_deg=PLACE[0],
            dec_deg=PLACE[1],
            n_frames_input=9,
        )
        for number, word in enumerate(map(sendable, words))
    ]


async def shout(scope: SeestarStandIn, words: Sequence[str]) -> None:
    """Events of every name and content, for ever."""
    while True:
        for word in words:
            scope.view.target = word
            fields = {"state": word, "target_name": word, "error": word, "stage": word, word: word}
            for event in (word, "View", "Stack", "BatchStack", "Alert", "PiStatus", "AutoGoto"):
                scope.broadcast(event, {**fields, "code": 200})
            await asyncio.sleep(EVENTS_EVERY_S)


async def main(root: Path, words: Sequence[str]) -> None:
    await asyncio.to_thread(fill, root / SERIALS[0], words)
    (root / SERIALS[1]).mkdir()
    clock = start_clock(EVENING + timedelta(hours=12), 1.0)
    async with contextlib.AsyncExitStack() as running:
        scopes = [SeestarStandIn(root / each, clock, serial=each) for each in SERIALS[:2]]
        for scope in scopes:
            await scope.start()
            running.push_async_callback(scope.stop)
        quiet, loud = scopes
        quiet.faults.batch_failures += [(267, word) for word in words]
        loud.view.begin(words[0], (9.9, 69.0), loud.time.now())
        loud.faults.refuse["get_setting"] = (103, words[0])
        server = CrowdSkyStandIn(root / "server", clock)
        await server.start()
        running.push_async_callback(server.stop)
        await server.seed(rows(words))
        for word in words:
            server.faults.add("upload_stack", Fault("status", status=400, text=sendable(word)))
        shouting = asyncio.create_task(shout(loud, words))
        account = {"url": server.url, "username": server.username, "password": server.password}
        settings = write_config(
            root / "app",
            server={**account, "api_key": server.api_key},
            clock=clock,
            scopes=[
                {
                    "name": scope.name,
                    "host": scope.host,
                    "rpc_port": scope.rpc_port,
                    "http_port": scope.http_port,
                    "udp_port": scope.udp_port,
                    "files": "folder",
                    "folder": str(scope.root),
                }
                for scope in scopes
            ],
        )
        print(json.dumps({"config": str(settings)}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        shouting.cancel()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), WORDS))
