"""The command line: parses, runs the verb, and turns errors into one line and an exit code.

Importing this imports neither Textual nor astropy.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode
from crowdsky_tui.base.streams import end_output, mend_streams, tell_person
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.app_options import AppOptions
from crowdsky_tui.cli.options import CommonOptions, overrides
from crowdsky_tui.cli.parser import ParsedCommand, build_parser, parse

__all__ = ["build_parser", "main"]

HTTPX_COMMAND_LINE = "httpx._main"
"""What httpx imports for a program of its own: pygments and click, 3 MiB and 30 ms. With `None`
for it in `sys.modules` httpx goes on without, as it does where these are not installed."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (`errors.ExitCode`, or 128 + signal)."""
    mend_streams()
    sys.modules.setdefault(HTTPX_COMMAND_LINE, None)  # type: ignore[arg-type]
    asked = parse(argv)
    try:
        code = int(_run(asked))
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


def _run(asked: ParsedCommand) -> int:
    run = asked.run or _open_app
    if asked.options.demo and asked.options.on_a_night:
        from crowdsky_tui.cli.demo import demo_night

        with demo_night(dusk=asked.options.dusk, whole=asked.options.reads_records) as config:
            return _do(run, msgspec.structs.replace(asked.options, config=config))
    if asked.options.defaults:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="crowdsky-tui-") as folder:
            config = Path(folder) / "config.toml"
            config.touch()
            return _do(run, msgspec.structs.replace(asked.options, config=config))
    return _do(run, asked.options)


def _open_app(options: AppOptions) -> int:
    from crowdsky_tui.cli.app import app

    return app(options)


def _do(run: Callable[..., Any], options: CommonOptions) -> int:
    """Run the app or a verb: a coroutine is given the settings, and ends as signals want it."""
    if not inspect.iscoroutinefunction(run):
        return int(run(options))
    from crowdsky_tui.cli.ending import run_verb
    from crowdsky_tui.config.load import read_settings

    settings = read_settings(options.config, overrides=overrides(options)).settings
    return run_verb(run(options, settings))
