"""What of Textual's inside we stand on: a new version that lacks it fails here, by its name."""

import inspect

from rich.color import ColorSystem
from textual import _compositor
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.strip import Strip


def test_the_driver_has_what_ours_overrides_and_uses() -> None:
    for name in (
        "run_input_thread",
        "_sigcont_application",
        "disable_input",
        "close",
        "process_message",
        "start_application_mode",
        "resume_application_mode",
    ):
        assert callable(getattr(LinuxDriver, name)), name
    source = inspect.getsource(LinuxDriver)
    for name in ("_file", "_writer_thread", "_key_thread", "exit_event", "attrs_before", "fileno",
                 "_must_signal_resume"):  # fmt: skip
        assert f"self.{name} = " in source, name
    assert "self.run_input_thread()" in source
    assert "signal.SIGCONT, self._sigcont_application" in source
    assert "self._file" in inspect.getsource(WriterThread)


def test_the_app_displays_by_what_ours_overrides() -> None:
    assert list(inspect.signature(App._display).parameters) == ["self", "screen", "renderable"]
    source = inspect.getsource(App)
    for name in ("_driver", "_running", "_closed", "_batch_count", "_sync_available"):
        assert f"self.{name}" in source, name


def test_updates_and_lines_hold_what_is_read_of_them() -> None:
    update = inspect.getsource(_compositor.LayoutUpdate.__init__)
    assert "self.strips" in update and "self.region" in update
    update = inspect.getsource(_compositor.ChopsUpdate.__init__)
    assert all(f"self.{name}" in update for name in ("chops", "spans", "chop_ends"))
    from rich.style import Style

    assert Strip.render_ansi(Style(bold=True, color="red"), ColorSystem.STANDARD) == "1;31"


def test_the_parser_takes_text_and_times_out() -> None:
    parser = XTermParser(False)
    assert [getattr(event, "key", None) for event in parser.feed("j")] == ["j"]
    assert list(parser.tick()) == []


def test_what_keeps_painted_lines_can_be_told_to_let_go() -> None:
    assert callable(StylesCache.get_inner_outer.cache_clear)
