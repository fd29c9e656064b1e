"""Print the script that lets a shell complete verbs and options."""

import argparse
from collections.abc import Iterator
from typing import Annotated, ClassVar

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.options import CommonOptions, positional

SHELLS = ("bash", "zsh", "fish")


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `completion` takes."""

    on_a_night: ClassVar[bool] = False

    shell: Annotated[str, positional(None, "the shell that reads it", choices=SHELLS)]


def completion(options: Options) -> int:
    """Print the script; where it belongs is in docs/commands.md."""
    print(script(options.shell))
    return ExitCode.OK


def script(shell: str) -> str:
    """The completion script for one of `SHELLS`, made from the parser."""
    import shtab

    from crowdsky_tui.cli.parser import build_parser

    parser = build_parser()
    offers = {"file": shtab.FILE, "folder": shtab.DIRECTORY}
    for action in _actions(parser):
        if completes := getattr(action, "complete", ""):
            vars(action)["complete"] = offers[completes]
    text: str = shtab.complete(parser, shell=shell)
    return text.strip()


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from _actions(verb)
