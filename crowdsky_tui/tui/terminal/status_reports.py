"""Takes a terminal's status reports out of what is typed, however a slow link has cut both."""

import re
from collections.abc import Callable

_REPORT = re.compile(r"\x1b\[\d{1,5};(\d{1,5})R")
_TAIL = re.compile(r"\[\d{1,5};\d{1,5}R")
"""The rest of a report whose ESC came so much earlier that it was taken for the key."""
_BEGUN = re.compile(r"\x1b(?:\[[<?]?[\d;:]*)?\Z")
"""The beginning of a report, of a key or of a mode's answer, cut anywhere."""
_PASTE = re.compile(r"\x1b\[20([01])~")
ESCAPE = "\x1b"
ESCAPE_S = 0.25
"""How long a lone ESC may be a report's beginning, while one is awaited."""
ALT_S = 0.1
"""Between ESC and a key that it makes an alt of; Textual's own measure."""
CUT_S = 10.0
"""How long what was cut off waits for its end: longer than a line or a machine stands still."""
MOST = 40


class Replies:
    """Splits input into typed text and reports. `clock` is steady, in seconds.

    A begun sequence waits for its end. Alone, while no report is awaited, ESC is a key at once.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held = ""
        self._since = 0.0
        self._pasting = False
        self._escaped_at = -CUT_S

    def feed(self, data: str, *, awaited: bool) -> tuple[str, list[int]]:
        """What was typed, and the columns in the reports that came with it."""
        late = self._clock() - self._escaped_at < CUT_S and _TAIL.match(data)
        before, text = self._held, (ESCAPE if late else self._held) + data
        begins_a_report = _REPORT.match(text) is not None
        reports = [int(column) for column in _REPORT.findall(text)]
        text, self._held = _REPORT.sub("", text), ""
        for end in _PASTE.findall(text):
            self._pasting = end == "0"
        begun = _BEGUN.search(text)
        if begun and len(begun[0]) < MOST and (len(begun[0]) > 1 or awaited or self._pasting):
            if begins_a_report or not before == text == ESCAPE:  # that ESC is a new one
                self._since = self._clock()
            self._held = begun[0]
            text = text[: begun.start()]
        return text, reports

    def overdue(self, then: str = "") -> bool:
        """Whether ESC has waited long enough to be the key. What is cut off is no key: dropped.

        `then` is what comes next: a key that is not typed with ESC (as alt and that key) ends the
        waiting.
        """
        waited = self._clock() - self._since
        if not self._held or self._pasting:
            return False
        if self._held != ESCAPE:
            if waited > CUT_S:
                self._held = ""
            return False
        typed_after = then and not then.startswith(("[", ESCAPE)) and waited >= ALT_S
        if waited < ESCAPE_S and not typed_after:
            return False
        self._held, self._escaped_at = "", self._clock()
        return True
