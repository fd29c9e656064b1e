"""Opens the full-screen app."""

from argparse import Namespace

from crowdsky_tui.errors import UsageError
from crowdsky_tui.settings import Settings
from crowdsky_tui.terminal import terminal_problem


def run_desk(arguments: Namespace, settings: Settings) -> int:
    """Run the app until it is left; returns its exit code. UsageError on an unfit terminal."""
    problem = terminal_problem()
    if problem:
        raise UsageError(problem)
    from crowdsky_tui.app import run_app
    from crowdsky_tui.night import Night

    return run_app(Night(settings, holder="crowdsky-tui"))
