"""Print the script that lets a shell complete verbs and options."""

import argparse
import contextlib
import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode
from crowdsky_tui.cli.known_words import KINDS, known_words
from crowdsky_tui.cli.options import CommonOptions, option, positional

SHELLS = ("bash", "zsh", "fish")


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `completion` takes."""

    on_a_night: ClassVar[bool] = False

    shell: Annotated[str, positional(None, "the shell that reads it", choices=SHELLS)]
    known: Annotated[
        str | None,
        option(None, "for the script: print what is known of this kind", choices=KINDS),
    ] = None
    word: Annotated[str, option("WORD", "with --known: what is typed so far")] = ""


def completion(options: Options) -> int:
    """Print the script; where it belongs is in docs/commands.md."""
    if options.known is None:
        print(script(options.shell))
        return ExitCode.OK
    from crowdsky_tui.config.load import read_settings

    with contextlib.suppress(CrowdSkyError):  # who presses tab is not told of faults
        settings = read_settings(options.config).settings
        for name in known_words(options.known, options.word, settings):
            print(re.sub(r"([^\w./+:@%-])", r"\\\1", name) if options.shell == "bash" else name)
    return ExitCode.OK


def script(shell: str) -> str:
    """The completion script for one of `SHELLS`, made from the parser."""
    import shtab

    from crowdsky_tui.cli.parser import build_parser

    parser = build_parser()
    offers = {
        "file": shtab.FILE,
        "folder": shtab.DIRECTORY,
        **{kind: _known(kind) for kind in KINDS},
    }
    for action in _actions(parser):
        if completes := getattr(action, "complete", ""):
            vars(action)["complete"] = offers[completes]
    text: str = shtab.complete(parser, shell=shell)
    return text.strip()


def _known(kind: str) -> dict[str, Any]:
    """How each shell asks for the words of a kind."""
    name, ask = f"_crowdsky_tui_known_{kind}", f"crowdsky-tui completion {{}} --known {kind}"
    asked = {shell: ask.format(shell) for shell in SHELLS}
    return {
        "bash": name,
        "zsh": name,
        "fish": f"({asked['fish']} --word=(commandline -ct) 2>/dev/null)",
        "preamble": {
            "bash": f'{name}() {{\n  {asked["bash"]} --word="$1" 2>/dev/null\n}}',
            "zsh": f"{name}() {{\n  local -a words\n"
            f'  words=("${{(@f)$({asked["zsh"]} 2>/dev/null)}}")\n'
            f"  (( ${{#words}} )) && compadd -a words\n}}",
        },
    }


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                yield from _actions(verb)
