"""The verb `config`: path, show, get, set, example."""

import sys
from argparse import Namespace
from getpass import getpass

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.redaction import keep_secret
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.config.describe import example_file
from crowdsky_tui.config.editor import SettingsBook, shown
from crowdsky_tui.config.load import Loaded, Settings, flat, source_of

ASKED_FOR = frozenset({"server.password", "server.api_key", "notices.url"})
"""Secrets that 'config set' asks for, so that neither process list nor history holds them."""
LONGEST_SECRET = 4096
SEEN = (
    "{key} stood in the process list and stands in your shell's history: next time leave it out"
    " ('config set {key}' asks for it), and take it out of the history"
)


def run_config(arguments: Namespace, loaded: Loaded) -> int:
    """Show or change settings. Secrets are never printed."""
    return _ACTIONS[arguments.what](arguments, loaded)


def _path(arguments: Namespace, loaded: Loaded) -> int:
    paths = {"config": str(loaded.path), "local": str(loaded.local_path)}
    if arguments.json:
        print_json(paths)
    else:
        print(f"{paths['config']}\n{paths['local']}")
    return ExitCode.OK


def _show(arguments: Namespace, loaded: Loaded) -> int:
    values = flat(loaded.settings)
    sources = {key: source_of(loaded, key) for key in values}
    if arguments.json:
        print_json({key: {"value": values[key], "source": sources[key]} for key in values})
    else:
        rows = [(key, shown(values[key]), sources[key]) for key in values]
        print_table(("key", "value", "from"), rows)
    return ExitCode.OK


def _get(arguments: Namespace, loaded: Loaded) -> int:
    key, values = _need_key(arguments), flat(loaded.settings)
    if key not in values:
        raise UsageError(f"{key} is not a setting", "", "'config show' lists all of them")
    if arguments.json:
        print_json({key: values[key]})
    else:
        print(shown(values[key]))
    return ExitCode.OK


def _set(arguments: Namespace, loaded: Loaded) -> int:
    key = _need_key(arguments)
    secret = key in ASKED_FOR
    if arguments.value is None and not secret:
        raise UsageError("config set needs a key and a value", "", f"config set {key} VALUE")
    if len(arguments.more) % 2:
        raise UsageError("config set takes pairs", f"{arguments.more[-1]} has no value")
    value = _asked(key) if arguments.value is None else arguments.value
    texts = {key: value, **dict(zip(arguments.more[::2], arguments.more[1::2], strict=True))}
    seen = [each for each in texts if each in ASKED_FOR and (each != key or arguments.value)]
    keep_secret(*(texts[each] for each in texts if each in ASKED_FOR))
    note = SettingsBook(arguments.config).save(texts)
    for each in seen:
        say(SEEN.format(key=each))
    if arguments.json:
        print_json({"saved": [*texts], "file": str(loaded.local_path)})
    else:
        print(note)
    return ExitCode.OK


def _asked(key: str) -> str:
    """A secret, typed without an echo, or the first line of stdin where nobody types."""
    if sys.stdin.isatty():
        value = getpass(f"{key}: ")
    else:
        value = sys.stdin.readline(LONGEST_SECRET).removesuffix("\n").removesuffix("\r")
    if not value:
        raise UsageError(
            f"{key} was not changed", "nothing was typed", "Take it back in the app (E)"
        )
    return value


def _example(arguments: Namespace, loaded: Loaded) -> int:
    print(example_file(), end="")
    return ExitCode.OK


def _need_key(arguments: Namespace) -> str:
    if arguments.key is None:
        known = ", ".join(flat(Settings()))
        raise UsageError(f"config {arguments.what} needs a key", f"there are: {known}")
    return str(arguments.key)


_ACTIONS = {"path": _path, "show": _show, "get": _get, "set": _set, "example": _example}
