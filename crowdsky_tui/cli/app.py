"""Opens the full-screen app."""

import gc
import socket
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.cli.app_options import AppOptions
from crowdsky_tui.cli.options import overrides
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.load import Settings, default_path, local_path_for, read_settings
from crowdsky_tui.tui.keymap_lines import keymap_lines
from crowdsky_tui.tui.terminal.environment import terminal_problem

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightInterface


def app(options: AppOptions) -> int:
    """Open the app until it is left for good; returns its exit code."""
    from crowdsky_tui.tui.desk import RESTART

    changed = overrides(options)
    while True:
        settings = read_settings(options.config, overrides=changed).settings
        if options.check_update:
            return _check_update(options, settings)
        code = run_desk(options, settings, changed)
        if code != RESTART:
            return code
        options = msgspec.structs.replace(options, restarted=True)


def _check_update(options: AppOptions, settings: Settings) -> int:
    from crowdsky_tui.cli.check_update import check_update
    from crowdsky_tui.cli.ending import run_verb

    return run_verb(check_update(settings, as_json=options.json))


def run_desk(options: AppOptions, settings: Settings, changed: Mapping[str, Any]) -> int:
    """Run the app until it is left; returns its exit code. UsageError on an unfit terminal.

    The code is `desk.RESTART` where it shall be run again with the settings read anew.

    `changed` are the command line's settings. If an agent works on this journal, the app attaches
    to it; if another copy does, it follows that one read-only; else it does the work itself.
    """
    problem = terminal_problem()
    if problem:
        raise UsageError(problem)
    gc.disable()  # until the night opens: one collection takes as long as painting the first frame
    from crowdsky_tui.tui.app import run_app
    from crowdsky_tui.tui.starting import LazyNight

    night = LazyNight(settings, partial(_make_night, options, settings))
    path = options.config or default_path()
    return run_app(
        night,
        SettingsBook(options.config, changed),
        lines=keymap_lines((path, local_path_for(path))),
    )


def _make_night(options: AppOptions, settings: Settings) -> "NightInterface":
    """The night of whoever works on this journal already, else one of our own. Imports for long."""
    from crowdsky_tui.night.calls.call import import_calls

    import_calls()  # here and now, and not at a key
    config: Path | None = options.config
    if options.replay:
        from crowdsky_tui.recorder.replay import ReplayedNight

        return ReplayedNight(settings, options.replay, options.replay_speed)
    from crowdsky_tui.agent.messages import socket_path

    if _answers(socket_path(settings.state_dir)):
        from crowdsky_tui.agent.client import RemoteNight

        if options.record:
            raise UsageError(
                "an agent works on this journal",
                "the app does not see its traffic",
                "Stop the agent to record",
            )
        attached = RemoteNight(settings)
        attached.config_path = config
        return attached
    from crowdsky_tui.agent.hosted_night import HostedNight

    if not options.record:
        night = HostedNight(settings, holder="crowdsky-tui")
    else:
        from crowdsky_tui.recorder.record import RecordedNight
        from crowdsky_tui.recorder.writer import new_file, same_file

        opened = same_file if options.restarted else new_file
        night = RecordedNight(settings, opened(options.record), holder="crowdsky-tui")
    night.config_path = config
    return night


def _answers(path: Path) -> bool:
    """Whether somebody listens there; a dead one leaves a socket that nobody answers."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
