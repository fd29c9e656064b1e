"""The three standard streams, whatever the shell left of them: closed, broken, Latin-1 or ASCII."""

import io
import os
import sys

NAMES = ("stdin", "stdout", "stderr")


def mend_streams() -> None:
    """Make a closed stream the null device, and a character that cannot be shown a `?`.

    A stream that stayed closed would give its number to the next file that is opened: what a child
    says on stderr would end up in the journal.
    """
    for number, name in enumerate(NAMES):
        try:
            os.fstat(number)
        except OSError:
            _to_nowhere(number)
        if getattr(sys, name) is None:
            stream = os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(errors="replace")


def tell_person(text: str, end: str = "\n") -> None:
    """Say something on stderr. Nobody who listens any more is no reason to stop working."""
    try:
        print(text, end=end, file=sys.stderr, flush=True)
    except OSError:
        _to_nowhere(2)


def end_output() -> None:
    """Have stdout take what was said last, or forget that if its reader has gone."""
    try:
        sys.stdout.flush()
    except OSError:
        _to_nowhere(1)


def shows(text: str, encoding: str | None) -> bool:
    """Whether an output of this encoding can show all of a text."""
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _to_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
