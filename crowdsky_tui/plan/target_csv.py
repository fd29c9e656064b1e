"""The list of targets as a CSV of our own, from which it can be made anew. Pure."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from crowdsky_tui.plan.target import Constraints, Target
from crowdsky_tui.plan.timeliness import parse_all

COLUMNS = tuple(Target.__struct_fields__)
_DEFAULTS = {each.name: each.default for each in msgspec.structs.fields(Target)}


def targets_csv(targets: Iterable[Target]) -> str:
    """The whole list, one line for each target."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for target in targets:
        writer.writerow([_shown(name, getattr(target, name)) for name in COLUMNS])
    return text.getvalue()


def text_of(target: Target, name: str) -> str:
    """One field as text, which `field_of` reads again."""
    return _shown(name, getattr(target, name))


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "timeliness":
        return "; ".join(map(str, value))
    if name == "alt_names":
        return "; ".join(each.replace(";", ",") for each in value)
    if name == "constraints":
        return " ".join(f"{key}={each}" for key, each in msgspec.to_builtins(value).items())
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def read_row(row: Mapping[str, str]) -> dict[str, Any]:
    """The fields of one line; an empty cell leaves a field as it is. Raises ValueError."""
    fields: dict[str, Any] = {}
    for name, value in row.items():
        if value and value.strip():
            fields[name] = field_of(name, value)
    for name in ("uid", "name", "ra_deg_j2000", "dec_deg_j2000"):
        if name not in fields:
            raise ValueError(f"{name} is missing")
    return fields


def field_of(name: str, value: str) -> Any:
    """The value of one field from its text; of an empty text its default. Raises ValueError."""
    if name not in COLUMNS:
        raise ValueError(f"there is no column {name[:40]}")
    if not value.strip():
        return _DEFAULTS[name]
    return _READERS.get(name, str)(value)


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value.strip())
    if moment.tzinfo is None:
        raise ValueError(f"{value[:40]} has no zone")
    return moment


def _constraints(value: str) -> Constraints:
    pairs = dict(each.split("=", 1) for each in value.split())
    try:
        return msgspec.convert(pairs, Constraints, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


def _names(value: str) -> tuple[str, ...]:
    return tuple(name for each in value.split(";") if (name := each.strip()))


_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        ("ra_deg_j2000", "dec_deg_j2000", "pm_ra_mas", "pm_dec_mas", "mag_bright", "mag_faint"),
        float,
    ),
    **dict.fromkeys(
        ("priority", "sub_exposure_s", "blocks_per_visit", "min_run", "max_visits"), int
    ),
    **dict.fromkeys(("fetched_at", "created", "expires"), _moment),
    "timeliness": parse_all,
    "constraints": _constraints,
    "alt_names": _names,
}
