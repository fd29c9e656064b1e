"""Opens the full-screen app."""

import socket
from argparse import Namespace
from pathlib import Path

from crowdsky_tui.errors import UsageError
from crowdsky_tui.settings import Settings
from crowdsky_tui.terminal import terminal_problem


def run_desk(arguments: Namespace, settings: Settings) -> int:
    """Run the app until it is left; returns its exit code. UsageError on an unfit terminal.

    If an agent works on this journal, the app attaches to it; else it does the work itself.
    """
    problem = terminal_problem()
    if problem:
        raise UsageError(problem)
    from crowdsky_tui.agent.wire import socket_path
    from crowdsky_tui.app import run_app

    if _answers(socket_path(settings.state_dir)):
        from crowdsky_tui.agent.remote import RemoteNight

        return run_app(RemoteNight(settings))
    from crowdsky_tui.night import Night

    return run_app(Night(settings, holder="crowdsky-tui"))


def _answers(path: Path) -> bool:
    """Whether an agent listens there; a dead one leaves a socket that nobody answers."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
