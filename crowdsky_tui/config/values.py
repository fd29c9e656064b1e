"""Every setting's value by its dotted key, and where it comes from."""

from collections.abc import Mapping
from typing import Any

import msgspec

from crowdsky_tui.base.addresses import without_login
from crowdsky_tui.base.secret_forms import MASK
from crowdsky_tui.config.load import SECRET_KEYS, TABLES, Loaded, Settings

_ADDRESSES = ("network.proxy", "database.url")
"""Secret only where they hold a login."""


def flat(settings: Settings) -> dict[str, Any]:
    """Every setting by dotted key, secrets masked, in plain TOML and JSON types.

    The telescopes' are `scopes.1.host` and so on, the sensors' `sensors.1.kind`; `scopes`,
    `sensors` and `keymap` stand there if empty.
    """
    values: dict[str, Any] = {}

    def walk(node: Any, dotted: str) -> None:
        if isinstance(node, Mapping) and node:
            for key, value in node.items():
                walk(value, f"{dotted}.{key}" if dotted else key)
        elif dotted in TABLES and node:
            walk({str(number): each for number, each in enumerate(node, start=1)}, dotted)
        else:
            values[dotted] = _masked(dotted, node)

    walk(msgspec.to_builtins(settings), "")
    return values


def _masked(dotted: str, value: Any) -> Any:
    """A value as it may be shown: an address may hold a login."""
    known = value is not None if dotted.startswith("site.") else bool(value)  # 0° is a place
    if dotted in SECRET_KEYS and known and dotted not in _ADDRESSES:
        return MASK
    if isinstance(value, list):
        return [without_login(each, MASK) if isinstance(each, str) else each for each in value]
    return without_login(value, MASK) if isinstance(value, str) else value


def source_of(loaded: Loaded, key: str) -> str:
    """Where a setting's value comes from: a file's path, environment, command line or default."""
    group, _, rest = key.partition(".")
    if group not in TABLES or not rest:
        return loaded.sources.get(key, "default")
    number, _, name = rest.partition(".")
    table = getattr(loaded.settings, group)[int(number) - 1]
    usual = getattr(table, name) == getattr(TABLES[group](), name)
    return "default" if usual else loaded.sources[group]
