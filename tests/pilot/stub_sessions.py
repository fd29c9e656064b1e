"""Stubs of the session in the user's hands and of the search for telescopes: they take notes."""

from collections.abc import Callable, Iterable, Mapping

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.instruments.seestar.connection.discovery import Found
from crowdsky_tui.night.calls.telescope import DoAction, PlanAction, ReadTelescope
from crowdsky_tui.night.telescope_session import SessionPlan

FOUND = (
    Found("a3490de1", "Seestar S50", "192.0.2.7", "by search", 1),
    Found("10d50de3", "Seestar S30", "192.0.2.8", "by name", 0),
)


READING = (
    ("Doing", "observing M 81"),
    ("Frames", "225 stacked, 16 dropped (7 %)"),
    ("Arm", "open"),
    ("Battery", "83 %"),
    ("Temperature", "31 °C"),
    ("Free space", "35.7 GB, 9 nights as last week"),
    ("Focus", "1591 steps"),
    ("Wi-Fi", "-58 dBm, good"),
    ("Firmware", "7.75"),
)


class StubSessions:
    """Telemetry and plans of an invented scope."""

    def __init__(self, note: Callable[..., None]) -> None:
        self._note = note

    def answer(self, call: ReadTelescope | PlanAction | DoAction) -> object:
        """What came of a call about the scope."""
        if isinstance(call, ReadTelescope):
            return READING
        scope, action = call.scope, call.action
        if isinstance(call, DoAction):
            self._note("do", scope, action, call.text)
            return f"{scope}: {action} begins"
        self._note("plan", scope, action, call.text)
        ask = action in {"goto", "park", "stop", "open", "reboot", "shutdown"}
        return SessionPlan((f"{action} it",), ("it is low",) if action == "goto" else (), ask)


class StubSetup:
    """Two telescopes that answer."""

    first_start = False
    here = False

    def __init__(self, note: Callable[..., None]) -> None:
        self._note = note
        self.found = FOUND

    async def find(self) -> tuple[Found, ...]:
        return self.found

    async def find_at(self, host: str) -> Found:
        if host == "no address":
            raise UsageError("this is no address")
        if host.endswith(".9"):
            return Found("", "", host, "does not answer")
        return Found("77aa0001", "Seestar S30", host, "at its address", 1)

    async def keep(self, chosen: Iterable[Found], folders: Mapping[str, str]) -> str:
        serials = [one.key for one in chosen]
        if "/nowhere" in folders.values():
            raise UsageError("/nowhere does not hold MyWorks")
        self._note("keep", *serials, *folders.values())
        return f"Kept in the settings: {', '.join(serials)}"
