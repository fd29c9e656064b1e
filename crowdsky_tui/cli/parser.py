"""The parser of the whole command line. A verb is a file in `verbs`, read when it is asked for."""

import argparse
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.cli.app_options import AppOptions
from crowdsky_tui.cli.options import CommonOptions, add_options, options_of

VERBS = Path(__file__).with_name("verbs")


class ParsedCommand(msgspec.Struct, frozen=True):
    """What the command line asks for. `run` is None for the app."""

    options: CommonOptions
    run: Callable[..., Any] | None = None


class ExampleParser(argparse.ArgumentParser):
    """A parser whose `--help` ends with examples."""

    def format_help(self) -> str:
        from crowdsky_tui.cli.examples import help_lines

        examples = help_lines(self.prog.split()[1:])
        return f"{super().format_help()}\n{examples}\n" if examples else super().format_help()


class VerbParser(ExampleParser):
    """The parser of a verb, which imports the verb's file when it has to know its options."""

    verb = ""
    usual: str = ""
    """The action that is meant where none is named; empty for none."""
    actions: tuple[str, ...] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self.fill()
        if self.usual and args is not None and not {*self.actions, "-h", "--help"} & set(args):
            args = [self.usual, *args]
        return super().parse_known_args(args, namespace)

    def fill(self) -> None:
        """Add the verb's options, once."""
        verb, self.verb = self.verb, ""
        if not verb:
            return
        module = module_of(verb)
        actions: Mapping[str, type[CommonOptions]] = getattr(module, "ACTIONS", {})
        add_options(self, module.Options)
        if not actions:
            return
        several = self.add_subparsers(
            dest="action", metavar="ACTION", title="actions", required=True
        )
        self.usual, self.actions = getattr(module, "USUAL_ACTION", ""), tuple(actions)
        for name, record in actions.items():
            text = module.help_of(name)
            add_options(several.add_parser(name, help=text, description=f"{text}."), record)


class _NotTheAppAlone(Exception):
    """There is a verb, or something that the whole parser has to answer."""


class _AppParser(argparse.ArgumentParser):
    """A parser that knows the app's options only, written in full."""

    def error(self, message: str) -> NoReturn:
        raise _NotTheAppAlone(message)


def build_parser(*, whole: bool = True) -> argparse.ArgumentParser:
    """All verbs; their options too if `whole`, else as they are asked for."""
    parser = ExampleParser(
        prog="crowdsky-tui",
        description="Stack, review, upload and prove a Seestar's night for CrowdSky."
        " Without a verb it opens the full-screen app.",
    )
    parser.add_argument("--version", action="version", version=f"crowdsky-tui {__version__}")
    add_options(parser, AppOptions, top=True)
    verbs = parser.add_subparsers(
        dest="verb", metavar="VERB", title="verbs", parser_class=VerbParser
    )
    for verb in verb_names():
        text = summary(verb)
        made = verbs.add_parser(verb, help=text, description=text)
        made.verb = verb
        if whole:
            made.fill()
    return parser


def parse(argv: Sequence[str] | None = None) -> ParsedCommand:
    """What is asked for. Ends the program on --help and on what it does not understand."""
    words = _spelled_out(argv)
    try:
        return ParsedCommand(_options_of_the_app(words))
    except _NotTheAppAlone:
        namespace = build_parser(whole=False).parse_args(words)
    if namespace.verb is None:
        return ParsedCommand(options_of(AppOptions, namespace))
    module = module_of(namespace.verb)
    actions = getattr(module, "ACTIONS", None)
    record = actions[namespace.action] if actions else module.Options
    return ParsedCommand(options_of(record, namespace), getattr(module, _name(namespace.verb)))


def _options_of_the_app(words: Sequence[str]) -> AppOptions:
    """The options where there is nothing else: a parser of 40 verbs would put off the first frame.

    Raises `_NotTheAppAlone`.
    """
    parser = _AppParser(add_help=False, allow_abbrev=False)
    add_options(parser, AppOptions, top=True)
    namespace, more = parser.parse_known_args(words)
    if more:
        raise _NotTheAppAlone
    return options_of(AppOptions, namespace)


def _spelled_out(argv: Sequence[str] | None) -> list[str]:
    """`--demo dusk` is `--demo --dusk`: a verb may stand behind `--demo`, too."""
    words = list(sys.argv[1:] if argv is None else argv)
    for at, (word, after) in enumerate(pairwise(words)):
        if (word, after) == ("--demo", "dusk"):
            words[at + 1] = "--dusk"
    return words


def verb_names() -> list[str]:
    """All verbs, by name."""
    files = VERBS.glob("[!_]*.py")
    return sorted(path.stem.replace("_", "-") for path in files)


def summary(verb: str) -> str:
    """A verb in a sentence: the first line of its file, which is not imported for that."""
    with (VERBS / f"{_name(verb)}.py").open(encoding="utf-8") as file:
        return file.readline().strip().strip('"')


def module_of(verb: str) -> Any:
    """The module of a verb, with its `Options` and a function of the verb's name."""
    return importlib.import_module(f"crowdsky_tui.cli.verbs.{_name(verb)}")


def _name(verb: str) -> str:
    return verb.replace("-", "_")
