"""Run the automatic night without a terminal; apps attach to it."""

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.options import CommonOptions, flag
from crowdsky_tui.cli.output import print_json, say

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings

UNIT = "crowdsky-tui.service"
UNSTARTABLE = frozenset("'\"\\")
PLAIN = re.compile(r"[\w./:@+=,-]+")
BY_SHELL = ("/bin/sh", "-c", 'exec "$0" "$@"')


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `agent` takes."""

    install: Annotated[bool, flag("write a systemd user unit instead")] = False


async def agent(options: Options, settings: "Settings") -> int:
    """Run the automatic night until stopped, or install the unit that does."""
    from crowdsky_tui.agent.server import Listener
    from crowdsky_tui.night.night import Night

    if options.install:
        return install(options)
    async with Night(settings, holder="crowdsky-tui agent") as night:
        night.config_path = options.config
        listener = Listener(night)
        await listener.open()
        try:
            await night.start()
            if not night.automatic.on:
                night.automatic.begin()
            say(f"at work on {len(night.watches)} scopes; stop with SIGTERM or ctrl+c")
            await night.automatic.attend()
        finally:
            await listener.close()
    return ExitCode.OK


def install(options: Options) -> int:
    """Write a systemd user unit and say how to start it; nothing is started here."""
    program = shutil.which("crowdsky-tui") or str(Path(sys.executable).with_name("crowdsky-tui"))
    command = [program, *_config_option(options), "agent"]
    folder = Path.home() / ".config/systemd/user"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / UNIT
    path.write_text(unit_text(command))
    steps = [
        "systemctl --user daemon-reload",
        f"systemctl --user enable --now {UNIT.removesuffix('.service')}",
        "loginctl enable-linger",
    ]
    if options.json:
        print_json({"unit": str(path), "next": steps})
    else:
        print(f"{path} is written. Next:")
        print("\n".join(f"  {step}" for step in steps))
        print("The last line lets it run while nobody is logged in.")
    return ExitCode.OK


def unit_text(command: list[str]) -> str:
    """The unit file, quoted as systemd reads it: `$` means something in arguments alone.

    systemd starts no program with a quote or a backslash in its path, however it is written, so
    that one is an argument of a shell.
    """
    if UNSTARTABLE.intersection(command[0]):
        command = [*BY_SHELL, *command]
    program, *arguments = command
    quoted = " ".join((_quoted(program), *(_quoted(part).replace("$", "$$") for part in arguments)))
    return (
        "[Unit]\n"
        "Description=CrowdSky night agent for Seestar telescopes\n"
        "After=network-online.target\n\n"
        "[Service]\n"
        f"ExecStart={quoted}\n"
        "Restart=on-failure\n"
        "RestartSec=30\n"
        # exit codes that a restart does not mend: usage, login refused, another copy
        "RestartPreventExitStatus=2 5 11\n"
        "TimeoutStopSec=30\n\n"
        "[Install]\n"
        "WantedBy=default.target\n"
    )


def _quoted(part: str) -> str:
    if any(ord(char) < 32 for char in part):
        raise UsageError("the unit cannot be written", "a path holds a control character")
    escaped = part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return part if PLAIN.fullmatch(part) else f'"{escaped}"'


def _config_option(options: Options) -> list[str]:
    return ["--config", str(options.config.resolve())] if options.config else []
