"""The child's loop: one JSON request per line on stdin, one JSON answer per line on stdout."""

import os
import sys
import warnings
from pathlib import Path

import msgspec

from crowdsky_tui.errors import FileDamaged
from crowdsky_tui.science.facts import Damage, HeaderRequest, Reply, Request
from crowdsky_tui.science.headers import header_facts
from crowdsky_tui.science.wholefile import inspect_file
from crowdsky_tui.text import clean

_requests = msgspec.json.Decoder(Request)


def _label(request: Request) -> str:
    if isinstance(request, HeaderRequest):
        return "the file's header"
    return clean(Path(os.fsdecode(request.path)).name, 100)


def answer(request: Request) -> Reply:
    """Do what was asked. Whatever a file makes go wrong becomes a `Damage` without its content."""
    label = _label(request)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(request, HeaderRequest):
                return Reply(header=header_facts(request.head, label))
            return Reply(file=inspect_file(Path(os.fsdecode(request.path)), label))
    except FileDamaged as error:
        damage = Damage(error.what, error.why, error.next_step)
    except OSError as error:
        damage = Damage(
            f"{label} cannot be read", clean(error.strerror or "input/output error"), ""
        )
    except MemoryError:
        damage = Damage(f"{label} cannot be read", "it would take too much memory", "")
    except Exception as error:  # the file is hostile until proved otherwise: name the kind only
        damage = Damage(f"{label} cannot be read", f"it led to a {type(error).__name__}", "")
    return Reply(damage=damage)


def main() -> None:
    """Answer until stdin ends."""
    replies = sys.stdout.buffer
    sys.stdout = sys.stderr
    for line in sys.stdin.buffer:
        replies.write(msgspec.json.encode(answer(_requests.decode(line))) + b"\n")
        replies.flush()
