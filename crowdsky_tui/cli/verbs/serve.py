"""Show the full-screen app in a browser on this machine (extra web); for an SSH tunnel."""

import sys
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.number_option import number
from crowdsky_tui.cli.options import CommonOptions, option
from crowdsky_tui.cli.output import print_json, say

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings

EXTRA = "Install it with crowdsky-tui's extra: pipx install 'crowdsky-tui[web]'"


def _port(text: str) -> int:
    return int(number(0, 65535, "a port", whole=True)(text))


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `serve` takes."""

    host: Annotated[str, option("ADDRESS", "an address of this machine alone (127.0.0.1)")] = (
        "127.0.0.1"
    )
    port: Annotated[int, option("P", "its port (8000; 0: any free one)", read=_port)] = 8000


async def serve(options: Options, settings: "Settings") -> int:
    """Serve until stopped. UsageError for an address that others can reach."""
    try:
        from crowdsky_tui.web.server import LoopbackServer
    except ImportError as error:
        raise UsageError("textual-serve is not installed", f"{error}", EXTRA) from error
    try:
        server = LoopbackServer(command_of(options), options.host, options.port)
    except ValueError as error:
        raise UsageError(
            f"{options.host!r} is not served", f"{error}",
            "From elsewhere use an SSH tunnel: ssh -L 8000:127.0.0.1:8000 HOST",
        ) from error  # fmt: skip
    try:
        runner, port = await server.start()
    except OSError as error:
        raise UsageError(
            f"{server.host} port {options.port} cannot be used", error.strerror or f"{error}",
            "Take another one: --port 0",
        ) from error  # fmt: skip
    try:
        if options.json:
            print_json({"address": server.address(port)})
        say(f"open {server.address(port)}")
        say("the key in it is good until this ends: ctrl+c")
        import asyncio

        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
    return ExitCode.OK


def command_of(options: Options) -> list[str]:
    """How each browser's app is started: with the options that were given here."""
    command = [sys.executable, "-m", "crowdsky_tui"]
    if options.config:
        command += ["--config", str(options.config.resolve())]
    if options.scope:
        command += ["--scope", options.scope]
    command += ["--read-only"] if options.read_only else []
    return command + (["--defaults"] if options.defaults else [])
