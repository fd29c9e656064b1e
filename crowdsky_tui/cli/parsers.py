"""The options of the verbs for downloads, raw sub-frames and the archive."""

import argparse
from collections.abc import Callable
from pathlib import Path

from crowdsky_tui.base.number_option import number

MakeVerb = Callable[[str, str], argparse.ArgumentParser]


def add_server_verbs(verb: MakeVerb, add_wait: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add `download`, `raw-upload`, `settle`, `frames`, `coverage` and `fetch-frame`."""
    _add_download(verb("download", "Fetch finished stacks from the server."))
    raw = verb("raw-upload", "Send a target's sub-frames, for the server to stack.")
    raw.add_argument("target", metavar="TARGET")
    raw.add_argument("--block", metavar="HH:MM", help="only the blocks that begin then")
    raw.add_argument("--filter", metavar="F", help="only the blocks of this filter")
    raw.add_argument(
        "--overwrite", action="store_true", help="delete the server's stacks of these blocks first"
    )
    raw.add_argument("--yes", action="store_true", help="do not ask")
    raw.add_argument("--dry-run", action="store_true", help="say what would be sent, send nothing")
    add_wait(raw)
    _add_settle(verb("settle", "Say what became of what was sent and never listed."), add_wait)
    _add_frames(verb)
    coverage = verb("coverage", "Say when each target's part of the sky was last observed.")
    coverage.add_argument("target", metavar="TARGET", nargs="*", help="none: all targets")
    fetch = verb("fetch-frame", "Download frames of the archive by their ids (needs an API key).")
    fetch.add_argument("id", metavar="ID", nargs="+", type=int)
    fetch.add_argument("--dest", metavar="D", default=".", help="folder to keep them in")


def _add_settle(
    settle: argparse.ArgumentParser, add_wait: Callable[[argparse.ArgumentParser], None]
) -> None:
    settle.add_argument("target", metavar="TARGET", nargs="*", help="none: of all targets")
    settle.add_argument("--block", metavar="HH:MM", help="only the blocks that begin then")
    word = settle.add_mutually_exclusive_group()
    word.add_argument("--again", action="store_true", help="it is not there: send it once more")
    word.add_argument("--arrived", action="store_true", help="it is there: go on waiting")
    add_wait(settle)


def _add_download(download: argparse.ArgumentParser) -> None:
    download.add_argument("key", metavar="KEY", nargs="+", help="chunk key, 20250115.78_HP049152")
    download.add_argument("--dest", metavar="D", default=".", help="folder to keep them in")
    which = download.add_argument_group("which one, where several of your stacks share a key")
    which.add_argument("--id", metavar="N", type=int, help="the one with this id")
    which.add_argument("--filter", metavar="F", help="of this filter")
    which.add_argument("--exposure", metavar="S", type=float, help="of sub-frames of S seconds")
    which.add_argument("--telescope", metavar="T", help="of the telescope whose name has T in it")


def _add_frames(verb: MakeVerb) -> None:
    frames = verb("frames", "List everybody's frames of a part of the sky (needs an API key).")
    where = frames.add_mutually_exclusive_group()
    where.add_argument("--target", metavar="NAME", help="around this target of a scope")
    where.add_argument("--healpix", metavar="N", type=int, help="of this tile (RING, NSIDE 128)")
    where.add_argument("--ra", metavar="DEG", type=float, help="around this right ascension")
    frames.add_argument("--dec", metavar="DEG", type=float, help="and this declination")
    frames.add_argument(
        "--radius", metavar="DEG", type=float, default=0.75, help="how far around (0.75)"
    )
    frames.add_argument("--start", metavar="TIME", help="begun then or later (UTC)")
    frames.add_argument("--end", metavar="TIME", help="begun then or earlier (UTC)")
    frames.add_argument("--filter", metavar="F", help="of this filter")
    frames.add_argument("--eq-mode", type=int, choices=(0, 1), help="1: equatorial mount")
    frames.add_argument("--min-sqm", metavar="M", type=float, help="least sky quality, mag/arcsec²")
    frames.add_argument("--min-exptime", metavar="S", type=float, help="least exposure, in s")


def add_recorder(parser: argparse.ArgumentParser) -> None:
    """Add the app's flight recorder."""
    parser.set_defaults(restarted=False)
    recorder = parser.add_argument_group("the app's flight recorder")
    which = recorder.add_mutually_exclusive_group()
    which.add_argument(
        "--record", metavar="FILE", type=Path, help="write a redacted recording of the night"
    )
    which.add_argument("--replay", metavar="FILE", type=Path, help="play one, without a scope")
    recorder.add_argument(
        "--replay-speed",
        metavar="N",
        type=number(0.01, 100_000, "a speed"),
        default=1.0,
        help="N times as fast (1)",
    )
