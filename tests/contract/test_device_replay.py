"""A recorded session, played to the client by a telescope that answers each command as then.

The recording has one JSON object a line: timestamp, direction (client, telescope), raw.
"""

import asyncio
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from device_kit import InlineScience, until

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.instruments.seestar.connection.markers import Markers
from crowdsky_tui.instruments.seestar.connection.wire import (
    NO_PARAMS,
    Event,
    LineBuffer,
    Reply,
    decode_line,
)
from crowdsky_tui.instruments.seestar.control.state import facts_from_state, observing_from_view
from crowdsky_tui.instruments.seestar.files.access import files_in_folder
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.store.store import ScopeState

RECORDING = Path(__file__).parents[1] / "fixtures" / "session-s50-6.70.jsonl"


class Recording:
    """What was said, and by whom."""

    def __init__(self, path: Path) -> None:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        self.asked = [json.loads(row["raw"]) for row in rows if row["direction"] == "client"]
        self.lines: list[str] = [row["raw"] for row in rows if row["direction"] == "telescope"]
        self.heard = [json.loads(line) for line in self.lines]
        self.events = [message for message in self.heard if "Event" in message]
        self.replies: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for message in self.heard:
            if "Event" not in message:
                self.replies[message["method"]].append(message)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording(RECORDING)


class Replayer:
    """Answers each method with its recorded replies in turn (the last one again and again); what
    was recorded otherwise, foreign replies included, it says between them.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.turns: dict[str, int] = defaultdict(int)
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while line := await reader.readline():
            command = json.loads(line)
            recorded = self.recording.replies.get(command["method"])
            answer = {"error": "method not found", "code": 103}
            if recorded:
                turn = min(self.turns[command["method"]], len(recorded) - 1)
                self.turns[command["method"]] += 1
                answer = recorded[turn]
            writer.write(json.dumps({**answer, "id": command["id"]}).encode() + b"\r\n")

    async def play(self, piece: int) -> None:
        """Say everything that was recorded, in pieces that know nothing of lines."""
        stream = b"".join(line.encode() + b"\r\n" for line in self.recording.lines)
        for start in range(0, len(stream), piece):
            self.writers[-1].write(stream[start : start + piece])
            await self.writers[-1].drain()


def test_every_line_is_a_reply_or_an_event(recording: Recording) -> None:
    stream = b"".join(line.encode() + b"\r\n" for line in recording.lines)
    messages = [decode_line(line) for line in LineBuffer().feed(stream)]
    assert len(messages) == len(recording.lines)
    for message, said in zip(messages, recording.heard, strict=True):
        if "Event" in said:
            assert isinstance(message, Event)
            assert (message.name, message.fields) == (said["Event"], said)
        else:
            assert isinstance(message, Reply)
            assert (message.id, message.code) == (said["id"], said["code"])
            assert message.result == said.get("result")


def test_every_state_and_view_can_be_read(recording: Recording) -> None:
    for reply in recording.replies["get_device_state"]:
        facts = facts_from_state(reply["result"])
        assert (facts.serial, facts.firmware_int) == ("a3490de1", 2670)
        assert None not in (facts.battery_percent, facts.temperature_c, facts.free_mb)
    texts = [observing_from_view(reply["result"]) for reply in recording.replies["get_view_state"]]
    assert [(view.observing, view.text) for view in texts] == [
        (False, "idle"),
        (False, "idle"),
        (True, "observing M81, 3 kept 1 dropped"),
        (False, "idle"),
    ]


@pytest.mark.parametrize("piece", [7, 1460, 1 << 20])
async def test_a_session_goes_through_the_client(
    recording: Recording, tmp_path: Path, piece: int, caplog: pytest.LogCaptureFixture
) -> None:
    replayer = Replayer(recording)
    server = await asyncio.start_server(replayer.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    service = SeestarService(
        "garden", "127.0.0.1", port, files_in_folder(tmp_path), Clock(), InlineScience()
    )
    seen: list[str] = []
    states: set[ScopeState] = set()
    service.subscribe(lambda event: seen.append(event.name))
    service.on_change(lambda: states.add(service.state))
    await service.open()
    try:
        await service.wait_ready(5)
        await replayer.play(piece)
        await until(lambda: len(seen) == len(recording.events))
        assert seen == [event["Event"] for event in recording.events]
        assert (service.known.battery_percent, service.known.temperature_c) == (65, 43.9)
        assert service.known.charging is True
        assert (await service.observing()).observing is False
        assert ScopeState.BUSY in states, "another app's stack ran"
        assert service.state is ScopeState.READY
    finally:
        await service.close()
        server.close()
        for writer in replayer.writers:
            writer.close()
        await server.wait_closed()
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


def test_the_client_of_then_marked_its_commands_as_ours_does(recording: Recording) -> None:
    markers = Markers()
    markers.learn(2670)
    for command in recording.asked:
        params = command.get("params", NO_PARAMS)
        if params is NO_PARAMS:
            continue
        if isinstance(params, dict):
            bare: Any = {key: value for key, value in params.items() if key != "verify"}
        else:
            bare = [value for value in params if value != "verify"] or NO_PARAMS
        assert markers.mark(command["method"], bare) == params
