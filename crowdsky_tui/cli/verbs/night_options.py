"""The options of the verbs about the night as a whole: report, doctor, clean, bundle."""

import argparse
from collections.abc import Callable

MakeVerb = Callable[[str, str], argparse.ArgumentParser]


def add_night_verbs(verb: MakeVerb) -> None:
    """Add `report`, `doctor`, `bundle` and `clean`."""
    report = verb("report", "The morning report: what became of a night, and what needs you.")
    report.add_argument(
        "--night", metavar="DATE", help="the evening's date, 2026-02-27 (none: the newest night)"
    )
    verb("doctor", "Look at settings, clock, telescopes, disk and server; say what to do.")
    bundle = verb("bundle", "Write an archive for a bug report, without secrets.")
    bundle.add_argument("--dest", metavar="D", default=".", help="folder to write it to")
    bundle.add_argument("--dry-run", action="store_true", help="only say what would be in it")
    clean = verb("clean", "Make room on the scopes with stacks that the server lists.")
    clean.add_argument("target", metavar="TARGET", nargs="*", help="none: all targets")
    way = clean.add_mutually_exclusive_group()
    way.add_argument("--undo", action="store_true", help="move what is held back")
    way.add_argument("--empty", action="store_true", help="delete what is held (needs --yes)")
    clean.add_argument("--yes", action="store_true", help="do not ask")
    clean.add_argument("--dry-run", action="store_true", help="name files and bytes, do nothing")
