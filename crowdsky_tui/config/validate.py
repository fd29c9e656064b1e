"""Refuses settings that do not exist, and says which one may have been meant."""

import difflib
from collections.abc import Mapping
from typing import Any

import msgspec

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.config.units import section_of


def refuse_unknown(data: Any, section: type[msgspec.Struct], source: str, prefix: str) -> None:
    """Raise SettingsError if `data` has a key that `section` does not know, at any depth.

    `prefix` is the dotted way to `data`; the error names the nearest key that exists.
    """
    if isinstance(data, list | tuple):
        for item in data:
            refuse_unknown(item, section, source, prefix)
        return
    if not isinstance(data, Mapping):
        return
    fields = {field.name: field.type for field in msgspec.structs.fields(section)}
    for key, value in data.items():
        if key not in fields:
            close = difflib.get_close_matches(str(key), fields, n=1, cutoff=0.4)
            nearest = (
                f"Did you mean {prefix}{close[0]} ({_type_name(fields[close[0]])})?"
                if close
                else ""
            )
            raise SettingsError(
                f"{source}: {prefix}{key} is not a setting",
                "" if close else f"here one can set {', '.join(fields)}",
                nearest,
            )
        inner = section_of(fields[key])
        if inner is not None:
            refuse_unknown(value, inner, source, f"{prefix}{key}.")


def _type_name(annotation: Any) -> str:
    if getattr(annotation, "__metadata__", None):
        annotation = annotation.__origin__
    if isinstance(annotation, type):
        return "a table" if issubclass(annotation, msgspec.Struct) else annotation.__name__
    return str(annotation).replace("typing.", "")
