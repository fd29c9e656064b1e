"""Asks a person before something is done that cannot be taken back."""

import sys

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.streams import tell_person


def confirm(question: str, not_done: str) -> None:
    """Ask on the terminal. Raises UsageError, which says `not_done`, unless `yes` is typed."""
    if not sys.stdin.isatty():
        raise UsageError(not_done, "nobody was there to confirm it", "Add --yes")
    tell_person(f"{question} Type yes: ", end="")
    if sys.stdin.readline().strip().lower() != "yes":
        raise UsageError(not_done, "it was not confirmed")
