"""Textual's driver, made to outlive its terminal."""

import contextlib
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """Drops what a terminal that has gone cannot take.

    Textual's writing thread ends at the first failed write; then its queue fills up, and whoever
    writes next, the app on its way out, waits for ever.
    """

    _app: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file: Any = LastingFile(self._file)

    def start_application_mode(self) -> None:
        """At the start and after a suspension: another, blank screen."""
        self._app.forget_shown()
        super().start_application_mode()  # type: ignore[no-untyped-call]


class LastingFile:
    """A terminal's file of which a failed write is not worth an error."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the hang-up's signal ends the app in good order
            self._file.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
