"""A file of targets, its format told by its content. Pure."""

import re

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.plan.importers.coordinates import RaUnit
from crowdsky_tui.plan.importers.items import ListRead, RaUnitUnknown
from crowdsky_tui.plan.importers.json_lists import read_json
from crowdsky_tui.plan.importers.tables import read_table
from crowdsky_tui.plan.importers.text_lists import SKYSAFARI, read_pocs, read_skysafari

MOST_BYTES = 16_000_000
FORMATS = (
    "Known are lists of Telescopius, Target Scheduler, N.I.N.A., seestar_alp, SkySafari, AAVSO's"
    " Target Tool, SeeVar, POCS, our own, and tables with columns for name, ra and dec"
)


def read_list(data: bytes, unit: RaUnit | None = None) -> ListRead:
    """The targets of a file. `unit` is that of bare right ascensions, where nobody else can tell.

    Raises UsageError for what is no list, or for one of which only the user knows the unit.
    """
    if len(data) > MOST_BYTES:
        raise UsageError("this list is not read", f"it has more than {MOST_BYTES:,} bytes")
    try:
        return _read(_decoded(data), unit)
    except RaUnitUnknown as error:
        raise UsageError(
            "its right ascensions may be hours or degrees",
            "all are bare numbers up to 24, and no heading tells",
            "Say which: --ra hours or --ra degrees",
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError("this is no list of targets", str(error), FORMATS) from error


def _read(content: str, unit: RaUnit | None) -> ListRead:
    first = content.lstrip()[:200]
    if first.startswith(SKYSAFARI):
        return read_skysafari(content)
    if first.startswith(("{", "[")):
        try:
            return read_json(msgspec.json.decode(content), unit)
        except msgspec.DecodeError as error:
            raise ValueError(f"its JSON is broken: {error}") from error
    if first.startswith("- ") or (first.startswith(("---", "#")) and "\n- " in content):
        return read_pocs(_yaml(content))
    return read_table(content, unit)


def _yaml(content: str) -> object:
    import yaml  # type: ignore[import-untyped]

    if re.search(r"(^|\s)[&*]\w", content):
        raise ValueError("its YAML has anchors, which are not followed")
    try:
        return yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise ValueError(f"its YAML is broken: {' '.join(str(error).split())}") from error


def _decoded(data: bytes) -> str:
    """The text, with or without a byte order mark, in UTF-8 or what Windows wrote before it."""
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
