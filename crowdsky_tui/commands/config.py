"""The verb `config`: path, show, get, set."""

from argparse import Namespace

from crowdsky_tui.commands.output import print_json, print_table
from crowdsky_tui.errors import ExitCode, UsageError
from crowdsky_tui.saving import save_setting
from crowdsky_tui.settings import Loaded, Settings, flat


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
    sources = {key: loaded.sources.get(key, "default") for key in values}
    if arguments.json:
        print_json({key: {"value": values[key], "source": sources[key]} for key in values})
    else:
        rows = [(key, _shown(values[key]), sources[key]) for key in values]
        print_table(("key", "value", "from"), rows)
    return ExitCode.OK


def _get(arguments: Namespace, loaded: Loaded) -> int:
    key, values = _need_key(arguments), flat(loaded.settings)
    if key not in values:
        raise UsageError(f"{key} is not a setting", "", "'config show' lists all of them")
    if arguments.json:
        print_json({key: values[key]})
    else:
        print(_shown(values[key]))
    return ExitCode.OK


def _set(arguments: Namespace, loaded: Loaded) -> int:
    key = _need_key(arguments)
    if arguments.value is None:
        raise UsageError("config set needs a key and a value", "", f"config set {key} VALUE")
    save_setting(loaded, key, arguments.value)
    if arguments.json:
        print_json({"saved": key, "file": str(loaded.local_path)})
    else:
        print(f"{key} is saved in {loaded.local_path}")
    return ExitCode.OK


def _need_key(arguments: Namespace) -> str:
    if arguments.key is None:
        known = ", ".join(flat(Settings()))
        raise UsageError(f"config {arguments.what} needs a key", f"there are: {known}")
    return str(arguments.key)


def _shown(value: object) -> str:
    if value == () or value == {}:
        return "(none)"
    return "(empty)" if value == "" else str(value)


_ACTIONS = {"path": _path, "show": _show, "get": _get, "set": _set}
