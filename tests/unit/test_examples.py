"""Every `--help` ends with an example, and every example is a command."""

import argparse
import contextlib
import io
from collections.abc import Iterator

import pytest

from crowdsky_tui.cli.examples import WIDTH, Example, all_examples, examples_of, help_lines
from crowdsky_tui.cli.parser import build_parser, parse


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The program and each verb or action that takes no further one."""
    below = [
        made
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for made in action.choices.values()
    ]
    for each in below:
        yield from leaves(each)
    if not below:
        yield parser


@pytest.mark.parametrize("example", all_examples(), ids=lambda each: each.line)
def test_an_example_is_understood(example: Example) -> None:
    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        try:
            parse(example.words)
        except SystemExit:
            pytest.fail(told.getvalue())


def test_every_verb_and_action_has_one() -> None:
    bare = [each.prog for each in leaves(build_parser()) if not examples_of(each.prog.split()[1:])]
    assert bare == []


def test_help_shows_them_within_a_terminal() -> None:
    program = build_parser()
    for parser in [program, *leaves(program)]:
        shown = help_lines(parser.prog.split()[1:])
        assert shown.startswith("examples:\n")
        assert parser.format_help().endswith(f"\n{shown}\n")
    lines = [
        line
        for verb in {each.words[:1] for each in all_examples()}
        for line in help_lines(verb).splitlines()
    ]
    assert max(len(line) for line in lines) <= WIDTH


def test_the_examples_of_a_verb_are_those_of_its_actions() -> None:
    plan = [each.words[0] for each in examples_of(["plan"])]
    assert len(plan) > 3 and set(plan) == {"plan"}
    assert [each.words[:2] for each in examples_of(["plan", "why"])] == [("plan", "why")]
    assert examples_of(["no such verb"]) == []
    assert all(not each.words or each.words[0][0] == "-" for each in examples_of([]))
