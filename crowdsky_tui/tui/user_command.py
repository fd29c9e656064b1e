"""Runs a program of the user's own: its environment, its output, its end. No Textual."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from crowdsky_tui.base.patterns import LazyPattern
from crowdsky_tui.base.redaction import hide_secrets
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.command_settings import CommandSettings

OURS = "CROWDSKY_"
MOST_LINES, LONGEST_LINE = 1000, 500
READ_BYTES = 8192
END_PATIENCE_S = 2.0
SHELL = "/bin/sh"
_ESCAPES = LazyPattern(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
"""Colours, cursor moves, window titles: none of it is the program's words."""


class Selection(msgspec.Struct, frozen=True):
    """What is selected where the key was pressed; empty where nothing is."""

    target: str = ""
    scope: str = ""
    stack: str = ""
    chunk_key: str = ""
    filter: str = ""
    block_start: str = ""
    star: str = ""
    project: str = ""

    def variables(self) -> dict[str, str]:
        """What the program finds in its environment."""
        return {
            f"{OURS}{name.upper()}": clean(value)
            for name, value in msgspec.structs.asdict(self).items()
        }


def missing(command: CommandSettings, selected: Selection) -> str | None:
    """Which selection a command lacks, and how to make it; None where it lacks nothing."""
    if command.needs == "star":
        return None if selected.star else "No star is selected: choose one among the curves (7)"
    if command.needs != "nothing" and not selected.target:
        return "No target is selected"
    if command.needs == "stack" and not selected.stack:
        return "No stack is selected: choose a block that has one (2), or one of the server's (4)"
    return None


def environment_for(selection: Selection, own: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without secrets and our own variables, with the selection."""
    kept = {
        name: value
        for name, value in own.items()
        if not name.startswith(OURS) and hide_secrets(value) == value
    }
    return kept | selection.variables()


def arguments_of(command: CommandSettings) -> list[str]:
    """What is executed: the words as they stand; a shell only where one was asked for."""
    return [SHELL, "-c", command.run[0], *command.run] if command.shell else list(command.run)


def lines_of(text: str) -> list[str]:
    """A piece of output as lines that can be shown."""
    plain = _ESCAPES.sub("", text).replace("\t", "    ")
    lines = (line.removesuffix("\r") for line in plain.split("\n"))
    return [clean(line.rpartition("\r")[2], LONGEST_LINE) for line in lines]


class Ended(msgspec.Struct, frozen=True):
    """How it ended, in words, and whether that is well."""

    words: str
    well: bool = False


class UserCommand:
    """One run. `lines` grow while it runs; `stop` ends it and all that it has begun."""

    def __init__(self, command: CommandSettings, selection: Selection) -> None:
        self._command, self._selection = command, selection
        self._stopped = asyncio.Event()
        self.lines: list[str] = []
        self.left_out = 0

    def stop(self) -> None:
        """End it soon."""
        self._stopped.set()

    async def run(self, on_output: Callable[[], None]) -> Ended:
        """Run to the end; `on_output` is told whenever there are more lines."""
        try:
            process = await asyncio.create_subprocess_exec(
                *arguments_of(self._command),
                stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True,
                env=environment_for(self._selection, os.environ), cwd=Path.home(),
            )  # fmt: skip
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else f"{error}"
            return Ended(clean(f"it cannot be started: {why}"))
        reading = asyncio.ensure_future(self._read(process, on_output))
        stopping = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait(
                {reading, stopping},
                timeout=self._command.timeout,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if reading.done():
                reading.result()
                return _ended_words(await process.wait())
            if stopping.done():
                return Ended("it was stopped")
            return Ended(f"it was stopped after {self._command.timeout:g} s")
        finally:
            stopping.cancel()
            if process.returncode is None or not reading.done():
                await _end(process, reading)
            reading.cancel()
            await asyncio.wait({reading, stopping})

    async def _read(self, process: Process, on_output: Callable[[], None]) -> None:
        assert process.stdout is not None
        rest = ""
        while data := await process.stdout.read(READ_BYTES):
            *whole, rest = (rest + data.decode(errors="replace")).split("\n")
            rest = rest[-READ_BYTES:]
            self._keep("\n".join(whole) if whole else None)
            on_output()
        self._keep(rest or None)

    def _keep(self, text: str | None) -> None:
        if text is None:
            return
        found = lines_of(text)
        room = MOST_LINES - len(self.lines)
        self.lines += found[:room]
        self.left_out += max(len(found) - room, 0)


def _ended_words(code: int) -> Ended:
    if code == 0:
        return Ended("it ended well", well=True)
    if code < 0:
        return Ended(f"signal {-code} ended it")
    return Ended(f"it ended with exit code {code}")


async def _end(process: Process, reading: asyncio.Future[None]) -> None:
    """End it and its children: politely, then for good.

    While its output is open one of the group lives, so that the group's number is still theirs.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_PATIENCE_S):
                await process.wait()
                await asyncio.wait({reading})
                return
