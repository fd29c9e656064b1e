"""One glyph, one word and one style per state. The glyph and the word carry the meaning alone."""

import msgspec

from crowdsky_tui.store.store import BlockState, JobState, ScopeState, ServerState, Severity
from crowdsky_tui.tui.widgets.paint import Part


class Mark(msgspec.Struct, frozen=True):
    """How a state looks. All glyphs are one cell wide."""

    glyph: str
    word: str
    style: str = ""

    @property
    def text(self) -> str:
        """The glyph and the word."""
        return f"{self.glyph} {self.word}"

    @property
    def part(self) -> Part:
        """The text with its style."""
        return (self.text, self.style)


BLOCK = {
    BlockState.RECORDING: Mark("░", "recording", "dim"),
    BlockState.SHORT: Mark("·", "short", "dim"),
    BlockState.UNCLEAR: Mark("?", "unclear", "warn"),
    BlockState.READY: Mark("□", "ready", "accent"),
    BlockState.WAITING: Mark("○", "waiting"),
    BlockState.STACKING: Mark("◐", "stacking", "accent"),
    BlockState.STACKED: Mark("■", "stacked"),
    BlockState.FETCHED: Mark("▼", "fetched"),
    BlockState.HELD: Mark("=", "held", "warn"),
    BlockState.REJECTED: Mark("–", "rejected", "dim"),
    BlockState.SAME: Mark("≡", "same file", "dim"),
    BlockState.SENDING: Mark("△", "sending", "accent"),
    BlockState.SENT: Mark("▲", "sent"),
    BlockState.CONFIRMED: Mark("✓", "confirmed", "good"),
    BlockState.FAILED: Mark("✗", "failed", "bad"),
}

SCOPE = {
    ScopeState.OFF: Mark("○", "off", "dim"),
    ScopeState.CONNECTING: Mark("◌", "connecting", "dim"),
    ScopeState.REACHABLE: Mark("◌", "reachable", "dim"),
    ScopeState.LOGIN_NEEDED: Mark("!", "login needed", "warn"),
    ScopeState.LOGIN_REFUSED: Mark("✗", "login refused", "bad"),
    ScopeState.READY: Mark("●", "ready", "good"),
    ScopeState.BUSY: Mark("◐", "busy", "warn"),
    ScopeState.STALLED: Mark("?", "stalled", "warn"),
}

JOB = {
    JobState.QUEUED: Mark("○", "queued", "dim"),
    JobState.RUNNING: Mark("◐", "running", "accent"),
    JobState.WAITING: Mark("◌", "waiting"),
    JobState.PROVED: Mark("✓", "proved", "good"),
    JobState.FAILED: Mark("✗", "failed", "bad"),
    JobState.CANCELLED: Mark("–", "cancelled", "dim"),
}

SERVER = {
    ServerState.UNKNOWN: Mark("○", "not asked yet", "dim"),
    ServerState.NO_ACCOUNT: Mark("◌", "no account", "warn"),
    ServerState.OK: Mark("●", "signed in", "good"),
    ServerState.REFUSED: Mark("✗", "login refused", "bad"),
    ServerState.DOWN: Mark("✗", "not reachable", "bad"),
}

SEVERITY = {
    Severity.INFO: Mark("·", "info"),
    Severity.GOOD: Mark("✓", "good", "good"),
    Severity.WARNING: Mark("!", "warning", "warn"),
    Severity.ERROR: Mark("✗", "error", "bad"),
}
