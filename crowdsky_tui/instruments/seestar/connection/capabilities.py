"""What each telescope's firmware answered to each command: asked for, not guessed.

A feature that the firmware lacks is switched off alone, with the reason. The tables are kept by
serial and firmware, so that an update is asked anew.
"""

import asyncio
import logging
from pathlib import Path

import msgspec

from crowdsky_tui.base.files import read_plain, write_whole
from crowdsky_tui.base.text import clean

log = logging.getLogger(__name__)

SILENT = -1000
"""Stands for "no answer" among the telescope's codes."""
WORDS = {
    103: "this firmware does not know it",
    107: "this firmware wants other parameters",
    109: "this firmware refuses this parameter",
    210: "this firmware does not support it",
    SILENT: "it was not answered",
}
_LACKING = frozenset({103, 107, 109, 210})
_ONLY_IF_NOTHING_ELSE = frozenset({107, 109, SILENT})

Answers = dict[str, int]


def feature(method: str, params: object) -> str:
    """What an answer is about: the method, or the one setting that `set_setting` changes."""
    if method == "set_setting" and isinstance(params, dict):
        keys = [key for key in params if key != "verify"]
        if len(keys) == 1:
            return f"{method} {clean(keys[0], 60)}"
    return method


class Capabilities:
    """One firmware's answers: the telescope's codes by feature (see `feature`)."""

    def __init__(self, answers: Answers | None = None) -> None:
        self.answers: Answers = answers if answers is not None else {}

    def note(self, name: str, code: int | None) -> None:
        """Remember an answer's code, None for silence.

        Silence and a dislike of the parameters do not undo what was answered before.
        """
        answer = SILENT if code is None else code
        if answer in _ONLY_IF_NOTHING_ELSE and self.answers.get(name, SILENT) != SILENT:
            return
        self.answers[name] = answer if answer in _LACKING | {SILENT} else 0

    def merge(self, newer: "Capabilities") -> None:
        """Take over what `newer` knows; its silence is no answer."""
        for name, code in newer.answers.items():
            self.note(name, None if code == SILENT else code)

    def supports(self, name: str) -> bool | None:
        """Whether the firmware does it; None where that has not come up, or was not answered."""
        code = self.answers.get(name, SILENT)
        return None if code == SILENT else code not in _LACKING

    def reason(self, name: str) -> str:
        """Why it cannot be used; empty where it can, or where nothing is known."""
        code = self.answers.get(name, 0)
        return f"{WORDS[code]} ({code})" if code in _LACKING else WORDS.get(code, "")


class CapabilityBook:
    """All tables, kept in the file at `path` if there is one."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._tables: dict[str, Answers] = {}
        self._saved = b""
        self._writing = asyncio.Lock()

    async def load(self) -> None:
        """Read the file; one that is missing or damaged counts as empty, answers come again."""
        if self._path is None:
            return
        try:
            content = await asyncio.to_thread(read_plain, self._path)
            self._tables = msgspec.json.decode(content, type=dict[str, Answers])
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            log.warning("what the telescopes can do is asked anew: %s", clean(error))

    def table(self, serial: str, firmware: str, fresh: Capabilities) -> Capabilities:
        """The table of this firmware on this telescope, with what it has just answered."""
        table = Capabilities(self._tables.setdefault(f"{serial} {firmware}", {}))
        table.merge(fresh)
        return table

    async def save(self) -> None:
        """Write the file if something is new, whole or not at all; a failure is only logged."""
        async with self._writing:
            if self._path is None or not self._tables:
                return
            content = msgspec.json.format(msgspec.json.encode(self._tables), indent=1)
            if content == self._saved:
                return
            try:
                await asyncio.to_thread(write_whole, self._path, content)
            except OSError as error:
                log.warning("what the telescopes can do was not kept: %s", clean(error))
                return
            self._saved = content
