"""Lists that are neither JSON nor tables: SkySafari's observing lists and POCS fields. Pure."""

from collections.abc import Iterator
from typing import Any

from crowdsky_tui.plan.importers.coordinates import read_dec, read_ra, split_pair
from crowdsky_tui.plan.importers.items import Gathering, Item, ListRead, blocks_of, number, text

SKYSAFARI = "SkySafariObservingListVersion"
_PLANET = "1"


def read_skysafari(content: str) -> ListRead:
    """A SkySafari list: names only, whose places a catalogue has to tell."""
    gathering = Gathering("SkySafari")
    for line, block in _blocks(content):
        numbers = [value for key, value in block if key == "CatalogNumber"]
        common = [value for key, value in block if key == "CommonName"]
        identity = next((value for key, value in block if key == "ObjectID"), "")
        names = [name for name in (*numbers, *common) if name]
        if not names:
            gathering.refuse(line, "", "it has no name")
        elif identity.split(",")[0].strip() == _PLANET:
            gathering.refuse(line, names[0], "it moves among the stars")
        else:
            others = tuple(name[:80] for name in names[1:9])
            gathering.add(Item(line, names[0], fields={"alt_names": others, "source": "SkySafari"}))
    return gathering.done()


def _blocks(content: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """The objects, each with its line and its keys and values."""
    block: list[tuple[str, str]] | None = None
    begun = 0
    for line, raw in enumerate(content.splitlines(), start=1):
        key, _, value = (part.strip() for part in raw.strip().partition("="))
        if (key, value) == ("SkyObject", "BeginObject"):
            block, begun = [], line
        elif (key, value) == ("EndObject", "SkyObject") and block is not None:
            yield begun, block
            block = None
        elif block is not None:
            block.append((key, " ".join(value.split())))


def read_pocs(document: Any) -> ListRead:
    """The fields of POCS; their priorities, 1 to 1000, become 1 to 5 by rank."""
    if not isinstance(document, list) or not any(_field(each) for each in document):
        raise ValueError("this YAML is no list of fields")
    gathering = Gathering("POCS fields")
    ranks = _ranks([_priority(each) for each in document])
    for line, each in enumerate(document, start=1):
        field = _field(each)
        name = text(field.get("name"))
        fields: dict[str, Any] = {"source": "POCS"}
        if (rank := ranks.get(_priority(each))) is not None:
            fields["priority"] = rank
        fields |= blocks_of(_observation(each).get("min_duration"))
        try:
            ra, dec = split_pair(str(field.get("position") or ""))
            item = Item(line, name, read_ra(ra, None), read_dec(dec), jnow=False, fields=fields)
        except ValueError as error:
            gathering.refuse(line, name, error)
        else:
            gathering.add(item)
    return gathering.done()


def _field(each: Any) -> dict[str, Any]:
    """The field of an entry, in the newer form or the older flat one."""
    if not isinstance(each, dict):
        return {}
    field = each.get("field", each)
    return field if isinstance(field, dict) and "position" in field else {}


def _observation(each: Any) -> dict[str, Any]:
    found = each.get("observation", each) if isinstance(each, dict) else {}
    return found if isinstance(found, dict) else {}


def _priority(each: Any) -> float | None:
    return number(_observation(each).get("priority"))


def _ranks(priorities: list[float | None]) -> dict[float | None, int]:
    """1 to 5 by rank among those that occur; 3 where all are the same."""
    known = sorted({each for each in priorities if each is not None})
    if len(known) == 1:
        return {known[0]: 3}
    return {each: 1 + round(4 * at / (len(known) - 1)) for at, each in enumerate(known)}
