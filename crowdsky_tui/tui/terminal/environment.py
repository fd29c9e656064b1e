"""Can a full-screen app run here, and how large? Asked before Textual is imported."""

import os
import sys

WEB_DRIVER = "textual.drivers.web_driver:WebDriver"
"""As textual-serve names it in TEXTUAL_DRIVER."""


def in_browser() -> bool:
    """Whether textual-serve runs us: its pipes are no terminal, and its driver is Textual's."""
    return os.environ.get("TEXTUAL_DRIVER") == WEB_DRIVER


def terminal_problem() -> str | None:
    """Say in one sentence why the full-screen app cannot run here; None if it can."""
    if in_browser():
        return None
    streams = ((sys.stdin, "input"), (sys.stdout, "output"), (sys.stderr, "error output"))
    for stream, name in streams:  # Textual draws on stderr
        if stream is None or not stream.isatty():
            return (
                f"The full-screen app needs a terminal, and its {name} is not one. "
                "For scripts and pipes use a command (crowdsky-tui --help lists them)."
            )
    if os.environ.get("TERM", "") in {"", "dumb", "unknown"}:
        return (
            "The full-screen app needs a terminal that can move its cursor, and TERM says that "
            "this one can't. Set TERM (xterm-256color, say) or use a command "
            "(crowdsky-tui --help lists them)."
        )
    return None


def trust_the_window() -> None:
    """Forget exported COLUMNS and LINES where the terminal tells its own size.

    Textual takes them before the terminal's answer, and then no resize is ever noticed.
    """
    try:
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):  # no terminal, or no file behind the stream
        return
    if columns and rows:
        os.environ.pop("COLUMNS", None)
        os.environ.pop("LINES", None)
