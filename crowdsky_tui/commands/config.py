"""The verb `config`: path, show, get, set, example."""

from argparse import Namespace

from crowdsky_tui.commands.output import print_json, print_table
from crowdsky_tui.errors import ExitCode, UsageError
from crowdsky_tui.meanings import example_file
from crowdsky_tui.settings import Loaded, Settings, flat, source_of
from crowdsky_tui.settingsbook import SettingsBook, shown


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
    if arguments.value is None:
        raise UsageError("config set needs a key and a value", "", f"config set {key} VALUE")
    if len(arguments.more) % 2:
        raise UsageError("config set takes pairs", f"{arguments.more[-1]} has no value")
    pairs = dict(zip(arguments.more[::2], arguments.more[1::2], strict=True))
    note = SettingsBook(arguments.config).save({key: arguments.value, **pairs})
    if arguments.json:
        print_json({"saved": [key, *pairs], "file": str(loaded.local_path)})
    else:
        print(note)
    return ExitCode.OK


def _example(arguments: Namespace, loaded: Loaded) -> int:
    print(example_file(), end="")
    return ExitCode.OK


def _need_key(arguments: Namespace) -> str:
    if arguments.key is None:
        known = ", ".join(flat(Settings()))
        raise UsageError(f"config {arguments.what} needs a key", f"there are: {known}")
    return str(arguments.key)


_ACTIONS = {"path": _path, "show": _show, "get": _get, "set": _set, "example": _example}
