"""Typed options: a verb's record, whose fields tell how they are written on the command line.

A field `dry_run: Annotated[bool, flag("…")] = False` is the option `--dry-run`. A field without
such a note is no option.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as type_hints

import msgspec

from crowdsky_tui.base.number_option import number

Nargs = Literal["?", "*", "+"]
Completes = Literal["", "file", "folder", "target", "scope", "project", "star", "setting"]
DEFAULT_WAIT_S = 1800.0
LONGEST_WAIT_S = 1e7


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """How a field is written.

    `read` makes the value where the field's type alone does not. Of those that share an `exclusive`
    word one may be given; a `group` is a heading in the help. `setting` is the setting that it
    changes for this run. `completes`: what a shell offers for it.
    """

    help: str | None = None
    metavar: str | None = None
    positional: bool = False
    nargs: Nargs | None = None
    repeated: bool = False
    read: Callable[[str], Any] | None = None
    choices: tuple[str | int, ...] = ()
    exclusive: str = ""
    group: str = ""
    setting: str = ""
    completes: Completes = ""


def flag(help: str, **more: Any) -> Argument:
    """An option without a value, for a bool."""
    return Argument(help=help, **more)


def option(metavar: str | None, help: str | None = None, **more: Any) -> Argument:
    """An option with a value."""
    return Argument(metavar=metavar, help=help, **more)


def positional(
    metavar: str | None, help: str | None = None, nargs: Nargs | None = None, **more: Any
) -> Argument:
    """A word that stands by its place."""
    return Argument(metavar=metavar, help=help, nargs=nargs, positional=True, **more)


class CommonOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What may stand before or after every verb."""

    on_a_night: ClassVar[bool] = True
    """Whether the verb looks at settings, so that --demo means something."""
    reads_records: ClassVar[bool] = False
    """Whether the verb wants the earlier records of the demo, which come after its telescopes."""

    config: Annotated[Path | None, option("FILE", "settings file", completes="file")] = None
    scope: Annotated[str | None, option("NAME", "work with this scope only", completes="scope")] = (
        None
    )
    demo: Annotated[bool, flag("on a built-in demo night")] = False
    dusk: Annotated[
        bool, flag("with --demo: the night is still to come, planned and observed by itself")
    ] = False
    read_only: Annotated[
        bool, flag("refuse whatever would change a telescope", setting="read_only")
    ] = False
    defaults: Annotated[bool, flag("as if there were no settings file (to look for a fault)")] = (
        False
    )
    json: Annotated[bool, flag("one JSON document on stdout")] = False


Targets = Annotated[
    tuple[str, ...], positional("TARGET", "none: all targets", "*", completes="target")
]
AllTargets = Annotated[bool, flag("all targets")]
Yes = Annotated[bool, flag("do not ask")]
AnyBlock = Annotated[str | None, option("HH:MM", "only the blocks that begin then")]
WhileObserving = Annotated[bool, flag("do not wait for a scope that observes")]
Folder = Annotated[str, option("D", "folder to keep them in", completes="folder")]
BlockMinutes = Annotated[
    int | None, option("N", "length of a block (15)", setting="stacking.block_minutes")
]
MinExptime = Annotated[
    float | None,
    option("S", "least exposure of a block, in s (240)", setting="stacking.min_exptime"),
]
Downloads = Annotated[
    str | None,
    option(
        "D", "keep what is fetched from the scope here",
        setting="storage.downloads", completes="folder",
    ),
]  # fmt: skip
Wait = Annotated[
    float,
    option(
        "S", f"give up after S seconds in which nothing moves ({DEFAULT_WAIT_S:.0f})",
        read=number(0, LONGEST_WAIT_S, "a number of seconds"),
    ),
]  # fmt: skip

Record = TypeVar("Record", bound=CommonOptions)


def arguments_of(record: type[CommonOptions]) -> Iterator[tuple[str, type, Argument]]:
    """The fields that are options, in their order, with the type of one value."""
    hints = type_hints(record, include_extras=True)
    for name in record.__struct_fields__:
        kind, *notes = get_args(hints[name]) if get_origin(hints[name]) is Annotated else [None]
        for note in notes:
            if isinstance(note, Argument):
                yield name, _single(kind), note


def _single(kind: Any) -> Any:
    """`int` of `int | None` and of `tuple[int, ...]`."""
    if get_origin(kind) in (Union, UnionType, tuple):
        return get_args(kind)[0]
    return kind


def add_options(
    parser: argparse.ArgumentParser, record: type[CommonOptions], *, top: bool = False
) -> None:
    """Give a parser the options of a record.

    What may stand before a verb, too, has its default there alone, at the `top`.
    """
    without_default = () if top else CommonOptions.__struct_fields__
    defaults = {each.name: each.default for each in msgspec.structs.fields(record)}
    places: dict[str, Any] = {}
    for name, kind, note in arguments_of(record):
        place: Any = parser
        if note.group:
            place = places.setdefault(note.group, None) or parser.add_argument_group(note.group)
            places[note.group] = place
        if note.exclusive:
            word = f"exclusive {note.exclusive}"
            place = places.get(word) or place.add_mutually_exclusive_group()
            places[word] = place
        default = argparse.SUPPRESS if name in without_default else defaults[name]
        made = place.add_argument(*_names(name, note), **_keywords(kind, note, default))
        if note.completes:
            made.complete = note.completes


def _names(name: str, note: Argument) -> tuple[str]:
    return (name,) if note.positional else (f"--{name.replace('_', '-')}",)


def _keywords(kind: type, note: Argument, default: object) -> dict[str, Any]:
    """The keywords of `add_argument`."""
    keywords: dict[str, Any] = {"help": note.help}
    if default is not msgspec.NODEFAULT and default != ():
        keywords["default"] = default
    if kind is bool:
        return {**keywords, "action": "store_true"}
    if note.read or kind is not str:
        keywords["type"] = note.read or kind
    if note.repeated:
        keywords |= {"action": "append", "default": []}
    more = {"metavar": note.metavar, "nargs": note.nargs, "choices": note.choices or None}
    return keywords | {key: value for key, value in more.items() if value is not None}


def options_of(record: type[Record], namespace: argparse.Namespace) -> Record:
    """The record of what was parsed."""
    given = vars(namespace)
    fields: dict[str, Any] = {
        name: tuple(given[name]) if isinstance(given[name], list) else given[name]
        for name in record.__struct_fields__
        if name in given
    }
    return record(**fields)


def overrides(options: CommonOptions) -> Mapping[str, Any]:
    """Settings that the command line changes for this run, by dotted key.

    The demo's own folder goes away with it: what is saved there is kept in the present one.
    """
    here = {"storage.pictures": str(Path.cwd())} if options.demo else {}
    changed = here | {
        note.setting: getattr(options, name)
        for name, _, note in arguments_of(type(options))
        if note.setting
    }
    return {
        key: value for key, value in changed.items() if value is not None and value is not False
    }
