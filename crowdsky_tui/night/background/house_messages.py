"""What the house is told by MQTT: topics and payloads, Home Assistant's discovery included. Pure.

Source: Home Assistant's MQTT discovery, `<prefix>/<component>/<node>/<object>/config`. Only what is
listed here goes out: no address, no serial, no place, no login.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.config.mqtt_settings import MqttSettings
from crowdsky_tui.store.store import ConditionsView, JobView, ScopeView

ONLINE, OFFLINE = "online", "offline"
LONGEST_TEXT = 120
COUNTED = ("queued", "running", "waiting", "failed")
Messages = dict[str, str]
PICTURE_TYPE = "image/png"
"""Payloads by topic; all are retained."""
_FIELDS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("state", "state", {}),
    ("activity", "activity", {}),
    ("battery_percent", "battery", {"device_class": "battery", "unit_of_measurement": "%"}),
    ("temperature_c", "temperature", {"device_class": "temperature", "unit_of_measurement": "°C"}),
    ("free_gb", "free space", {"device_class": "data_size", "unit_of_measurement": "GB"}),
)
"""A telescope's or rig's values: the field, its name, and what Home Assistant makes of it."""


def availability_topic(mqtt: MqttSettings) -> str:
    """Where it says whether it is there; the broker says "offline" when the connection breaks."""
    return f"{mqtt.topic}/availability"


def slug(name: str) -> str:
    """A name as a part of a topic: letters, digits and underscores, never empty.

    Names that differ only in other signs would share a topic: `slugs` tells them apart.
    """
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:40] or "unnamed"


def slugs(names: Iterable[str]) -> dict[str, str]:
    """A slug of its own for each name."""
    taken: Counter[str] = Counter()
    found = {}
    for name in names:
        base = slug(name)
        taken[base] += 1
        found[name] = base if taken[base] == 1 else f"{base}_{taken[base]}"
    return found


def states(
    mqtt: MqttSettings,
    scopes: Iterable[ScopeView],
    conditions: ConditionsView,
    jobs: Iterable[JobView],
    failed: int,
) -> Messages:
    """How everything is now."""
    scopes = list(scopes)
    names = slugs(each.name for each in scopes)
    told = {f"{mqtt.topic}/instrument/{names[each.name]}": _scope(each) for each in scopes}
    told[f"{mqtt.topic}/safety"] = _json(
        {"safety": conditions.safety, "reasons": [_text(each) for each in conditions.reasons[:10]]}
    )
    counts = Counter(each.state.value for each in jobs)
    counts["failed"] = failed
    told[f"{mqtt.topic}/jobs"] = _json({name: counts[name] for name in COUNTED})
    return told


def discovery(mqtt: MqttSettings, scopes: Iterable[ScopeView]) -> Messages:
    """What Home Assistant needs to show it: an entity for each value that there can be."""
    scopes = list(scopes)
    names = slugs(each.name for each in scopes)
    pictures = picture_topics(mqtt, names)
    told: Messages = {}
    for each in scopes:
        own = names[each.name]
        _add(told, mqtt, "image", f"{own}_picture", {
            "name": f"{_text(each.name)} last picture",
            "image_topic": pictures[each.name],
            "content_type": PICTURE_TYPE,
        })  # fmt: skip
        for field, label, more in _FIELDS:
            _add(told, mqtt, "sensor", f"{own}_{field}", {
                "name": f"{_text(each.name)} {label}",
                "state_topic": f"{mqtt.topic}/instrument/{own}",
                "value_template": f"{{{{ value_json.{field} }}}}",
                **more,
            })  # fmt: skip
    _add(told, mqtt, "binary_sensor", "safety", {
        "name": "safety",
        "device_class": "safety",
        "state_topic": f"{mqtt.topic}/safety",
        "value_template": "{{ 'OFF' if value_json.safety == 'safe' else 'ON' }}",
        "json_attributes_topic": f"{mqtt.topic}/safety",
    })  # fmt: skip
    for name in COUNTED:
        _add(told, mqtt, "sensor", f"jobs_{name}", {
            "name": f"jobs {name}",
            "state_topic": f"{mqtt.topic}/jobs",
            "value_template": f"{{{{ value_json.{name} }}}}",
        })  # fmt: skip
    return told


def picture_topics(mqtt: MqttSettings, names: Iterable[str]) -> dict[str, str]:
    """Where the newest picture of each of these instruments is told."""
    return {name: f"{mqtt.topic}/instrument/{own}/picture" for name, own in slugs(names).items()}


def _add(
    told: Messages, mqtt: MqttSettings, kind: str, name: str, entity: Mapping[str, object]
) -> None:
    node = slug(mqtt.topic)
    told[f"{mqtt.discovery}/{kind}/{node}/{name}/config"] = _json(
        {
            **entity,
            "unique_id": f"{node}_{name}",
            "availability_topic": availability_topic(mqtt),
            "device": {"identifiers": [node], "name": "crowdsky-tui"},
        }
    )


def _scope(view: ScopeView) -> str:
    told = {
        "state": view.state.value,
        "activity": _text(view.activity),
        "observing": view.observing,
        "battery_percent": view.battery_percent,
        "temperature_c": view.temperature_c,
        "free_gb": view.free_gb,
    }
    return _json(told)


def _text(text: str) -> str:
    return clean(text, LONGEST_TEXT)


def _json(told: Mapping[str, object]) -> str:
    return msgspec.json.encode(told).decode()
