"""One seed against every command of the telescope's protocol, its events, listings and files."""

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from device_kit import InlineScience, shots
from mutate import TEXTS, encoded, mutated_json, replaced
from seestar_kit import MORNING, SERIAL, take
from server_fuzz import odd_server

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ClockSettings, StorageSettings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ends, Instruction
from crowdsky_tui.instruments.seestar.control import (
    camera_settings,
    clock_offset,
    plans,
    pointing,
    telemetry,
)
from crowdsky_tui.instruments.seestar.files.access import files_in_folder
from crowdsky_tui.instruments.seestar.files.http import HttpReader
from crowdsky_tui.instruments.seestar.instrument import SeestarInstrument
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.instruments.seestar.stacking import batch
from crowdsky_tui.night.night import Night
from crowdsky_tui.progress import telescope_watch
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.scope import Client
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.simulator.seestar.wire import Fault, event, reply
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

CALL_S = 60.0
"""What no call may take, whatever it is answered."""
SPEED = 600.0
M81 = SkyTarget("M 81", PositionJ2000(148.888, 69.065), PositionJNow(9.961, 68.94), "test")
WORKING = {"state": "working", "lapse_ms": 100, "route": ["View"]}
EVENTS: dict[str, dict[str, Any]] = {
    "PiStatus": {"temp": 30.5, "battery_capacity": 80, "charger_status": "Full"},
    "BatchStack": {
        **WORKING,
        "percent": 50.0,
        "remaining_sec": 20,
        "output_file": {"path": "MyWorks/M 81", "files": [{"name": "a.fit", "thn": "a.jpg"}]},
    },
    "AutoGoto": {**WORKING, "route": ["View"]},
    "ScopeGoto": {**WORKING, "dist_deg": 5.0, "route": ["View", "AutoGoto"]},
    "PlateSolve": {**WORKING, "route": ["View", "AutoGoto"]},
    "Exposure": {**WORKING, "route": ["View", "AutoGoto"], "exp_ms": 10000.0},
    "Stack": {**WORKING, "stacked_frame": 3, "dropped_frame": 1, "frame_errcode": 0},
    "Initialise": dict(WORKING),
    "AutoFocus": {**WORKING, "percent": 20.0, "result": {"points": [[1, 2.0]]}},
    "DarkLibrary": {**WORKING, "percent": 5.0},
    "WheelMove": {"state": "complete", "position": 1},
    "SaveImage": {"state": "complete", "fullname": "MyWorks/M 81/a.fit"},
    "ScopeHome": dict(WORKING),
    "ScopeMoveToHorizon": dict(WORKING),
    "Alert": {"state": "cause", "code": 270, "error": "below horizon"},
    "View": {**WORKING, "mode": "star", "target_name": "M 81"},
}
READINGS: dict[str, Callable[[SeestarService], Awaitable[Any]]] = {
    "facts": lambda scope: scope.facts(),
    "observing": lambda scope: scope.observing(),
    "zone": lambda scope: scope.scope_zone(),
    "folders": lambda scope: scope.look_for_targets(),
    "targets": lambda scope: scope.list_targets(),
    "blocks": lambda scope: scope.list_blocks("M 81"),
    "pages": lambda scope: scope._listing._pages_twice("M 81_sub"),
    "clock": lambda scope: clock_offset.clock_doubt(scope, UTC, scope.clock),
    "job": batch.read_job,
    "batch setting": batch.read_setting,
    "telemetry": telemetry.read_telemetry,
    "place": plans.read_place,
    "present": plans.read_present,
    "filter": camera_settings.read_filter,
    "position": pointing.read_position,
}
INSTRUCTIONS: dict[str, Instruction] = {
    "open": told.Unpark(),
    "goto": told.Goto(M81, may_start=True),
    "look": told.Goto(M81),
    "start": told.Start(),
    "autofocus": told.Focus(),
    "stop stacking": told.Stop(Ends.FRAMES),
    "stop": told.Stop(),
    "exposure": told.SetExposure(20),
    "set filter": told.SetFilter("LP"),
    "gain": told.SetGain(100),
    "heater": told.SetHeater(40),
    "park": told.Park(),
}


class OddScope(SeestarStandIn):
    """Answers as `random` says, with odd events before each answer, once `odd` is set."""

    random = Random(0)
    odd = False
    answered = 0
    last = b""

    async def _answer(self, client: Client, request: dict[str, Any]) -> None:
        if not self.odd:
            await super()._answer(client, request)
            return
        outcome = await self._outcome(client, str(request.get("method")), request.get("params"))
        right = reply(self.time.timestamp(), request, outcome)
        self.answered += 1
        self.last = self._mutated(right, request.get("id"), outcome)
        client.send(self._odd_event() + self.last + right)  # the first to come is the answer
        await client.writer.drain()

    def _mutated(self, right: bytes, asked: Any, outcome: object) -> bytes:
        """The reply with something odd in it; most of them still answer what was asked."""
        tree = json.loads(right)
        if self.random.random() < 0.1 or isinstance(outcome, Fault):
            return mutated_json(self.random, tree) + b"\r\n"
        right_result = tree.pop("result")
        if self.random.random() < 0.7:
            result = encoded(replaced(self.random, right_result)).encode(errors="surrogatepass")
        else:
            result = mutated_json(self.random, right_result)
        head = json.dumps({**tree, "id": asked}).encode()[:-1]
        return head + b',"result":' + result.replace(b"\n", b" ") + b"}\r\n"

    def _odd_event(self) -> bytes:
        name = self.random.choice(list(EVENTS))
        right = json.loads(event(self.time.timestamp(), name, EVENTS[name]))
        fields = encoded(replaced(self.random, EVENTS[name])).encode(errors="surrogatepass")
        if self.random.random() < 0.3 or not fields.startswith(b"{") or fields == b"{}":
            return mutated_json(self.random, right) + b"\r\n"
        return b'{"Event":"%s",' % name.encode() + fields[1:].replace(b"\n", b" ") + b"\r\n"


class Heard(logging.Handler):
    """Keeps what is logged with a traceback."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[0] is not None:
            self.texts.append("".join(traceback.format_exception(*record.exc_info)))


@asynccontextmanager
async def odd_scope(seed: int, folder: Path) -> AsyncIterator[OddScope]:
    take(folder, shots(30))
    scope = OddScope(
        folder, Clock(MORNING, datetime.now(UTC), SPEED), serial=SERIAL, profile=Profile()
    )
    scope.random = Random(seed)
    await scope.start()
    try:
        yield scope
    finally:
        await scope.stop()


async def fuzz_scope(seed: int, folder: Path, rounds: int = 12) -> list[str]:
    """Every reading `rounds` times and every order once, then all readings answered rightly."""
    problems, heard = [], Heard()
    logging.getLogger("crowdsky_tui").addHandler(heard)
    try:
        async with odd_scope(seed, folder) as scope:
            files = files_in_folder(scope.root, scope.host, scope.http_port)
            service = SeestarService(
                "odd", scope.host, scope.rpc_port, files, scope.time.clock, InlineScience()
            )
            await service.open()
            try:
                await service.wait_ready(10)
                instrument = SeestarInstrument(service, patience_s=0.3)
                for number in range(rounds):
                    scope.odd = True
                    tries = {name: read(service) for name, read in READINGS.items()}
                    if number == 0:
                        tries |= {
                            name: instrument.operate(instruction, take_over=True)
                            for name, instruction in INSTRUCTIONS.items()
                        }
                        tries |= {"look at it": instrument.look()}
                        tries |= {"a plan's": instrument.operate(told.Park())}
                    for name, work in tries.items():
                        if problem := await _tried(work):
                            problems.append(f"{name}, seed {seed}: {problem} {scope.last[:400]!r}")
                scope.odd = False
                await service.wait_ready(20)
                for name, read in READINGS.items():
                    if problem := await _tried(read(service), good=True):
                        problems.append(f"{name} afterwards, seed {seed}: {problem}")
                json.dumps(service.capabilities.answers)
            finally:
                await service.close()
    finally:
        logging.getLogger("crowdsky_tui").removeHandler(heard)
    return problems + [f"seed {seed}: logged {text}" for text in heard.texts]


async def _tried(work: Awaitable[Any], *, good: bool = False) -> str:
    """What went wrong in one call; "" for an answer or an error of ours with a clean sentence."""
    try:
        async with asyncio.timeout(CALL_S):
            str(await work)
    except CrowdSkyError as error:
        return f"{error!r}" if good or not str(error).isprintable() else ""
    except Exception:  # noqa: BLE001 - what it is, is the finding
        return traceback.format_exc()
    return ""


async def fuzz_files(seed: int, folder: Path, rounds: int = 60) -> list[str]:
    """What the telescope's web server answers, mutated: ranges and whole files."""
    del folder
    problems = []
    async with odd_server(Random(seed)) as (odd, url):
        path = "MyWorks/M 81/download_frame.php"
        for number in range(rounds + 1):
            odd.good = number == rounds
            reader = HttpReader(url.removeprefix("http://").partition(":")[0])
            reader.base = url
            for work in (reader.read_range(path, 0, 2880), _whole(reader, path)):
                problem = await _tried(work, good=odd.good)
                if problem:
                    problems.append(f"files, seed {seed}: {problem} {odd.sent[:300]!r}")
            await reader.close()
    return problems


async def _whole(reader: HttpReader, path: str) -> int:
    async with aclosing(reader.stream(path, 0)) as pieces:
        return sum([len(piece) async for piece in pieces])


async def fuzz_scope_watch(seed: int, folder: Path, answers: int = 300) -> list[str]:
    """The watch of a telescope in a whole night: it looks on, and sees its blocks when all is well.

    Folders of odd names lie beside those of the target.
    """
    _plant_odd_names(folder / "scope" / "MyWorks")
    pauses = telescope_watch.SHORTEST_LOOK_S, telescope_watch.LOOK_EVERY_S
    telescope_watch.SHORTEST_LOOK_S = telescope_watch.LOOK_EVERY_S = 0.02
    try:
        async with odd_scope(seed, folder / "scope") as scope:
            clock = scope.time.clock
            settings = Settings(
                scopes=(ScopeSettings(**scope.settings | {"name": "odd"}),),
                storage=StorageSettings(str(folder / "state"), str(folder / "downloads")),
                clock=ClockSettings(clock.origin, clock.since, clock.speed),
            )
            async with Night(settings) as night:
                await night.start()
                scope.odd = True
                try:
                    async with asyncio.timeout(150):
                        while scope.answered < answers:
                            await asyncio.sleep(0.02)
                        scope.odd = False
                        while not _sees_all(night):
                            await asyncio.sleep(0.05)
                except TimeoutError:
                    return [f"the watch, seed {seed}: after {scope.answered} answers no more"]
                faults = [line.text for line in night.store.log if "a fault" in line.text]
                return [f"the watch, seed {seed}: {line}" for line in faults]
    finally:
        telescope_watch.SHORTEST_LOOK_S, telescope_watch.LOOK_EVERY_S = pauses


def _sees_all(night: Night) -> bool:
    scope = night.store.scopes.get("odd")
    blocks = night.store.blocks.get(TargetKey("odd", "M 81"), ())
    ready = scope is not None and scope.state.usable
    return bool(ready and blocks and {block.state.value for block in blocks} <= {"ready", "short"})


def _plant_odd_names(works: Path) -> None:
    for text in TEXTS:
        if isinstance(text, str):
            try:
                (works / f"{text}_sub").mkdir(parents=True, exist_ok=True)
            except (OSError, ValueError):  # no file system has such a name
                continue
