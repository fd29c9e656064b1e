"""Print the manual page, for man to read."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.examples import examples_of
from crowdsky_tui.cli.options import CommonOptions

ESCAPED = str.maketrans({"\\": "\\e", "-": "\\-", '"': "\\(dq"})
MEANINGS = {
    ExitCode.OK: "done and proved, or nothing to do",
    ExitCode.USAGE: "the command or a setting is wrong",
    ExitCode.SOME_FAILED: "some of the work failed, is not proved yet (it goes on at the next"
    " start), waits for your word in the review, or is left undecided and named with its reason",
    ExitCode.UNREACHABLE: "nothing reachable",
    ExitCode.LOGIN_REFUSED: "login refused",
    ExitCode.LOCKED: "another copy holds the journal",
    ExitCode.INTERRUPTED: "interrupted",
}


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `man` takes: what every verb does."""

    on_a_night: ClassVar[bool] = False


def man(options: Options) -> int:
    """Print the page."""
    print(page(), end="")
    return ExitCode.OK


def page() -> str:
    """The manual page in the man macros, made from the parser."""
    from crowdsky_tui.cli.parser import build_parser

    parser = build_parser()
    return "\n".join([*_head(parser), *_verbs(parser), *_exit_status()]) + "\n"


def _head(parser: argparse.ArgumentParser) -> Iterator[str]:
    made = datetime.now(UTC)
    yield f'.TH CROWDSKY\\-TUI 1 {made:%Y-%m-%d} "crowdsky\\-tui {__version__}"'
    yield ".ad l"  # a line of one long word cannot be spread out
    yield from (".SH NAME", r"crowdsky\-tui \- stack, review, send and prove a Seestar's night")
    yield from (".SH SYNOPSIS", *_synopsis(parser), ".SH DESCRIPTION", _text(parser.description))
    yield from (".SH OPTIONS", "Global options may stand before or after the verb.")
    yield from _arguments(parser)
    yield from (".SH EXAMPLES", *_examples(()))


def _verbs(parser: argparse.ArgumentParser) -> Iterator[str]:
    common = {each.dest for each in parser._actions}
    yield ".SH VERBS"
    for words, verb in _sub_parsers(parser, ()):
        yield from (f".SS {_text(' '.join(words))}", _text(verb.description))
        yield from (".PP", *_synopsis(verb, common), *_arguments(verb, common))
        if not any(isinstance(each, argparse._SubParsersAction) for each in verb._actions):
            yield from (".PP", "Examples:", *_examples(words))


def _examples(words: tuple[str, ...]) -> Iterator[str]:
    for example in examples_of(words):
        yield from (
            ".TP",
            f".B {_text(example.line)}",
            _text(example.meaning or "as its name says"),
        )


def _sub_parsers(
    parser: argparse.ArgumentParser, words: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, verb in action.choices.items():
                yield (*words, name), verb
                yield from _sub_parsers(verb, (*words, name))


def _synopsis(
    parser: argparse.ArgumentParser, leave_out: frozenset[str] | set[str] = frozenset()
) -> Iterator[str]:
    """The program's words, then each argument, in brackets where it may be left out."""
    yield f".B {_text(parser.prog)}"
    for action in parser._actions:
        if action.dest in leave_out or action.help == argparse.SUPPRESS:
            continue
        if isinstance(action, argparse._SubParsersAction):
            word = action.metavar if action.required else f"[{action.metavar} ...]"
        elif action.option_strings:
            word = f"[{_with_value(action, action.option_strings[-1])}]"
        else:
            word = {"?": "[{}]", "*": "[{} ...]", "+": "{} ..."}.get(str(action.nargs), "{}")
            word = word.format(_value(action))
        yield _text(word)


def _arguments(
    parser: argparse.ArgumentParser, leave_out: frozenset[str] | set[str] = frozenset()
) -> Iterator[str]:
    for action in parser._actions:
        several = isinstance(action, argparse._SubParsersAction)
        if several or action.dest in leave_out or action.help == argparse.SUPPRESS:
            continue
        names = [_with_value(action, name) for name in action.option_strings] or [_value(action)]
        yield from (".TP", f".B {_text(', '.join(names))}")
        yield _text((action.help or "").replace("%(prog)s", parser.prog) or "as its name says")


def _with_value(action: argparse.Action, name: str) -> str:
    return name if action.nargs == 0 else f"{name} {_value(action)}"


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices:
        return "|".join(str(each) for each in action.choices)
    return action.dest.upper()


def _exit_status() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for code, meaning in MEANINGS.items():
        yield from (".TP", f".B {int(code)}", _text(meaning))


def _text(text: object) -> str:
    """One line of text, with what means something to roff taken for what it is."""
    line = (
        " ".join(str(text).split()).replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    )
    return f"\\&{line}" if line.startswith((".", "'")) else line
