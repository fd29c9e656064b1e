"""A VOEvent, as GCN's classic topics carry it: one notice as XML. Pure.

Source: IVOA Recommendation VOEvent 2.0: `role` says what is no observation, `WhereWhen` holds the
place in degrees with the radius of its error, `Citations` what is taken back.
"""

from datetime import datetime
from xml.etree import ElementTree as ET

from crowdsky_tui.plan.alerts.alert import LONGEST_ERROR_DEG, AlertGathering, AlertsRead, Source
from crowdsky_tui.plan.alerts.reading import NotUnderstood, moment
from crowdsky_tui.plan.importers.items import number

LARGEST = 1_000_000
EVENT_KEYS = ("TrigID", "GraceID", "EventID", "Event_ID", "event_id")
PLACE = "WhereWhen//AstroCoords/Position2D"
_NO_PLACE = frozenset({"utility", "prediction"})


def read_voevent(topic: str, body: bytes) -> AlertsRead:
    """What one VOEvent holds. Raises NotUnderstood, also for one that declares a document type."""
    if len(body) > LARGEST:
        raise NotUnderstood("GCN", "a VOEvent is too large")
    try:
        text = body.decode("utf-8")  # whatever it declares: nothing hides in another encoding
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise NotUnderstood("GCN", "a VOEvent declares a document type")
        event = ET.fromstring(text)  # noqa: S314 - no entity is declared
    except (ET.ParseError, ValueError, LookupError) as error:
        raise NotUnderstood("GCN", "a VOEvent is cut or no XML") from error
    if event.tag.rpartition("}")[2] != "VOEvent":
        raise NotUnderstood("GCN", "a notice is no VOEvent")
    gathering, role = AlertGathering(), event.get("role", "observation")
    if role in _NO_PLACE:
        gathering.pass_over(f"{role} events")
        return gathering.done()
    ivorn = event.get("ivorn", "")
    said = {each.get("name", ""): each.get("value", "") for each in event.iterfind("What//Param")}
    number_of_event = next((said[key] for key in EVENT_KEYS if said.get(key)), "")
    kind = topic.rpartition(".")[2]
    name = number_of_event or ivorn.rpartition("#")[2]
    if not name:
        gathering.refuse(1, topic, "it has no id")
        return gathering.done()
    ra, dec = (_number(event, f"{PLACE}/Value2/{each}") for each in ("C1", "C2"))
    in_degrees = all(each.get("unit", "deg") == "deg" for each in event.iterfind(PLACE))
    gathering.add(
        1,
        source=Source.GCN,
        id=f"{kind} {name}",
        name=f"{kind} {name}",
        ra_deg=ra % 360 if ra is not None and in_degrees else None,
        dec_deg=dec if in_degrees else None,
        error_deg=_error(event) if in_degrees else LONGEST_ERROR_DEG,
        what=(event.findtext("Why/Inference/Concept") or kind)[:40],
        discovered=_time(event),
        text=topic,
        also=tuple(f"gcn {each}" for each in (ivorn, number_of_event) if each),
        test=role == "test",
        retraction=_is_retraction(event, said),
    )
    return gathering.done()


def _number(event: ET.Element, path: str) -> float | None:
    return number((event.findtext(path) or "").strip())


def _error(event: ET.Element) -> float:
    """The whole sky where no radius is told."""
    radius = _number(event, f"{PLACE}/Error2Radius")
    usable = radius is not None and radius >= 0
    return min(radius, LONGEST_ERROR_DEG) if radius is not None and usable else LONGEST_ERROR_DEG


def _time(event: ET.Element) -> datetime | None:
    told = event.findtext("WhereWhen//AstroCoords/Time/TimeInstant/ISOTime")
    return moment((told or "").strip()) or moment((event.findtext("Who/Date") or "").strip())


def _is_retraction(event: ET.Element, said: dict[str, str]) -> bool:
    cited = {each.get("cite", "") for each in event.iterfind("Citations/EventIVORN")}
    return "retraction" in cited or said.get("AlertType", "").casefold() == "retraction"
