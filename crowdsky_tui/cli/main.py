"""The command line: parses, picks the verb, and turns errors into one line and an exit code.

Importing this imports neither Textual nor astropy.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import CrowdSkyError, ExitCode
from crowdsky_tui.base.number_option import number
from crowdsky_tui.base.streams import end_output, mend_streams, tell_person
from crowdsky_tui.base.text import clean

Verb = Callable[[argparse.Namespace, Any], Coroutine[Any, Any, int]]
DEFAULT_WAIT_S = 1800.0
LONGEST_WAIT_S = 1e7


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (`errors.ExitCode`, or 128 + signal)."""
    mend_streams()
    arguments = build_parser().parse_args(argv)
    try:
        code = int(_run(arguments))
        sys.stdout.flush()
        return code
    except CrowdSkyError as error:
        tell_person(f"crowdsky-tui: {error}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        tell_person("crowdsky-tui: interrupted; unfinished work goes on at the next start")
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone
        end_output()
        return int(ExitCode.SOME_FAILED)
    except OSError as error:
        end_output()
        tell_person(f"crowdsky-tui: the system refused: {clean(error.strerror or error)}")
        return int(ExitCode.SOME_FAILED)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.verb == "simulate":
        import asyncio

        from crowdsky_tui.simulator.options import options_from
        from crowdsky_tui.simulator.run import simulate

        return asyncio.run(simulate(options_from(arguments), sys.stdout))
    if arguments.demo:
        from crowdsky_tui.cli.demo import demo_night

        with demo_night() as config:
            arguments.config = config
            return _run_with_settings(arguments)
    return _run_with_settings(arguments)


def _run_with_settings(arguments: argparse.Namespace) -> int:
    from crowdsky_tui.config.load import read_settings

    loaded = read_settings(arguments.config, overrides=_overrides(arguments))
    if arguments.verb == "config":
        from crowdsky_tui.cli.verbs.config import run_config

        return run_config(arguments, loaded)
    if arguments.verb is None:
        from crowdsky_tui.cli.app import run_desk
        from crowdsky_tui.tui.desk import RESTART

        code = run_desk(arguments, loaded.settings, _overrides(arguments))
        if code != RESTART:
            return code
        arguments.restarted = True
        return _run_with_settings(arguments)
    from crowdsky_tui.cli.ending import run_verb

    return run_verb(_verb(arguments.verb)(arguments, loaded.settings))


MODULES = {
    "targets": "targets",
    "blocks": "targets",
    "stacks": "targets",
    "stack": "stack",
    "upload": "upload",
    "sync": "upload",
    "purge": "stack",
    "raw-upload": "raw_upload",
    "frames": "frames",
    "coverage": "frames",
    "fetch-frame": "frames",
}
"""Where in `commands` a verb's function is, if not in a module with its name."""


def _verb(name: str) -> Verb:
    module = importlib.import_module(f"crowdsky_tui.cli.verbs.{MODULES.get(name, name)}")
    verb: Verb = getattr(module, name.replace("-", "_"))
    return verb


def _overrides(arguments: argparse.Namespace) -> dict[str, Any]:
    """Settings that the command line changes for this run."""
    given = {
        "stacking.block_minutes": getattr(arguments, "block_minutes", None),
        "stacking.min_exptime": getattr(arguments, "min_exptime", None),
        "storage.downloads": getattr(arguments, "dest", None)
        if arguments.verb in {"upload", "sync"}
        else None,
        "read_only": arguments.read_only or None,
    }
    return {key: value for key, value in given.items() if value is not None}


def build_parser() -> argparse.ArgumentParser:
    """All verbs and options. Global options may stand before or after the verb."""
    parser = argparse.ArgumentParser(
        prog="crowdsky-tui",
        description="Stack, review, upload and prove a Seestar's night for CrowdSky."
        " Without a verb it opens the full-screen app.",
    )
    parser.add_argument("--version", action="version", version=f"crowdsky-tui {__version__}")
    _add_globals(parser, top=True)
    from crowdsky_tui.cli.parsers import add_recorder, add_server_verbs

    add_recorder(parser)
    common = argparse.ArgumentParser(add_help=False)
    _add_globals(common, top=False)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")

    def verb(name: str, help_text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=help_text, description=help_text, parents=[common])

    verb("scopes", "List the telescopes: those of the settings, and others on the network.")
    from crowdsky_tui.cli.verbs.scope_options import add_actions

    add_actions(verb("scope", "Tell one telescope what to do, and see it done."), common)
    verb("status", "Say how each telescope is: how far one gets, and what it does.")
    targets = verb("targets", "List the targets on each scope.")
    targets.add_argument(
        "--check", action="store_true", help="end with 4 or 5 if the server cannot be asked"
    )
    blocks = verb("blocks", "List a target's blocks that have no stack yet, or all of them.")
    blocks.add_argument("target", metavar="TARGET")
    blocks.add_argument(
        "--all", action="store_true", help="also those that are stacked or recording"
    )
    _add_block_options(blocks)

    stack = verb("stack", "Stack the eligible blocks of some targets, or of all.")
    _add_targets(stack)
    _add_block_options(stack)
    _add_insist(stack)
    stack.add_argument(
        "--again", metavar="HH:MM", help="stack the block that begins then anew, if it has grown"
    )
    stack.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")

    upload = verb("upload", "Send stacks to the server and wait until it lists them.")
    _add_targets(upload)
    upload.add_argument(
        "--local-dir", metavar="D", help="send the stacks below this folder instead"
    )
    upload.add_argument("--dest", metavar="D", help="keep what is fetched from the scope here")
    upload.add_argument(
        "--no-skip-existing", action="store_true", help="send even what is on the server already"
    )
    upload.add_argument(
        "--dry-run", action="store_true", help="say what would be sent, send nothing"
    )
    _add_wait(upload)

    sync = verb("sync", "Stack, fetch, send, and wait for the server to list each stack.")
    _add_targets(sync)
    _add_block_options(sync)
    _add_insist(sync)
    sync.add_argument("--dest", metavar="D", help="keep what is fetched from the scope here")
    sync.add_argument("--dry-run", action="store_true", help="say what would be done, do nothing")
    _add_wait(sync)

    stacks = verb("stacks", "List your stacks on the server.")
    stacks.add_argument("--object", metavar="NAME", help="of this object only")
    purge = verb("purge", "Delete finished stacks (CrowdSky_* files) from the scopes.")
    _add_targets(purge)
    purge.add_argument("--yes", action="store_true", help="do not ask")
    purge.add_argument(
        "--force", action="store_true", help="also stacks that the server does not list"
    )

    agent = verb("agent", "Run the automatic night without a terminal; apps attach to it.")
    agent.add_argument("--install", action="store_true", help="write a systemd user unit instead")

    from crowdsky_tui.cli.verbs.night_options import add_night_verbs

    add_night_verbs(verb)
    add_server_verbs(verb, _add_wait)
    config = verb("config", "Show and change settings.")
    config.add_argument("what", choices=("path", "show", "get", "set", "example"))
    config.add_argument("key", metavar="KEY", nargs="?")
    config.add_argument("value", metavar="VALUE", nargs="?")
    config.add_argument("more", metavar="KEY VALUE", nargs="*", help="more to set with it")

    from crowdsky_tui.simulator.options import add_arguments

    add_arguments(verb("simulate", "Run stand-ins for telescopes and server until SIGTERM."))
    return parser


def _add_globals(parser: argparse.ArgumentParser, *, top: bool) -> None:
    def default(value: object) -> object:
        return value if top else argparse.SUPPRESS

    parser.add_argument(
        "--config", metavar="FILE", type=Path, default=default(None), help="settings file"
    )
    parser.add_argument(
        "--scope", metavar="NAME", default=default(None), help="work with this scope only"
    )
    parser.add_argument(
        "--demo", action="store_true", default=default(False), help="on a built-in demo night"
    )
    parser.add_argument(
        "--read-only",
        action="store_true",
        default=default(False),
        help="refuse whatever would change a telescope",
    )
    parser.add_argument(
        "--json", action="store_true", default=default(False), help="one JSON document on stdout"
    )


def _add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", nargs="*", help="none: all targets")
    parser.add_argument("--all", action="store_true", help="all targets")


def _add_block_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--block-minutes", type=int, metavar="N", help="length of a block (15)")
    parser.add_argument(
        "--min-exptime", type=float, metavar="S", help="least exposure of a block, in s (240)"
    )


def _add_insist(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--while-observing", action="store_true", help="do not wait for a scope that observes"
    )


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait",
        type=number(0, LONGEST_WAIT_S, "a number of seconds"),
        metavar="S",
        default=DEFAULT_WAIT_S,
        help=f"give up after S seconds in which nothing moves ({DEFAULT_WAIT_S:.0f})",
    )
