"""What a telescope says about itself, as typed records (docs/design/seestar-protocol.md 3.1).

Replies come from outside and differ by firmware: whatever is missing or of another type is None.
Numbers are within bounds already (`wire.read_json`); shapes are checked by the readers below, and
by nobody else.
Wi-Fi names and passwords, the place and the rest of the reply are never kept.
"""

import msgspec

from crowdsky_tui.base.text import clean

STATE_KEYS = ["device", "pi_status", "storage"]
"""The sections of `get_device_state` we ask for: none of them holds a secret."""


class ScopeFacts(msgspec.Struct, frozen=True):
    """One telescope: who it is and how it is. Temperatures in °C, sizes in MB (10^6 bytes)."""

    serial: str = ""
    model: str = ""
    firmware: str = ""
    firmware_int: int | None = None
    battery_percent: int | None = None
    charging: bool | None = None
    temperature_c: float | None = None
    free_mb: int | None = None
    total_mb: int | None = None

    @property
    def telescope(self) -> str:
        """The name it writes into TELESCOP, `S50_a3497936`."""
        return f"{self.model.removeprefix('Seestar ')}_{self.serial}" if self.serial else ""


class Observing(msgspec.Struct, frozen=True):
    """Whether the telescope is imaging, None if it could not be asked; `text` says it plainly."""

    observing: bool | None
    text: str


def section(value: object, *keys: str) -> dict[str, object]:
    """The object at `keys` inside `value`, an empty one if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items_of(value: object, *keys: str) -> list[object]:
    """The list at `keys` inside `value`, an empty one if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def text_of(fields: dict[str, object], key: str) -> str:
    """The text under `key`, cleaned and at most 80 characters; empty where there is none."""
    value = fields.get(key)
    return clean(value, 80) if isinstance(value, str) else ""


def number_of(fields: dict[str, object], key: str) -> float | None:
    """The number under `key`; None where there is none. A truth value is no number."""
    value = fields.get(key)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def whole_of(fields: dict[str, object], key: str) -> int | None:
    """The number under `key`, its fraction cut off; None where there is none."""
    value = number_of(fields, key)
    return None if value is None else int(value)


def facts_from_state(result: object) -> ScopeFacts:
    """Read `get_device_state`."""
    device, storage = section(result, "device"), section(result, "storage")
    volume = section(next(iter(items_of(storage, "storage_volume")), None))
    facts = ScopeFacts(
        serial=text_of(device, "sn"),
        model=text_of(device, "product_model"),
        firmware=text_of(device, "firmware_ver_string"),
        firmware_int=whole_of(device, "firmware_ver_int"),
        free_mb=whole_of(volume, "free_mb" if "free_mb" in volume else "freeMB"),
        total_mb=whole_of(volume, "total_mb" if "total_mb" in volume else "totalMB"),
    )
    return with_status(facts, section(result, "pi_status"))


def with_status(facts: ScopeFacts, status: dict[str, object]) -> ScopeFacts:
    """Merge `pi_status` or a `PiStatus` event, which carries only what changed."""
    battery, temperature = whole_of(status, "battery_capacity"), number_of(status, "temp")
    charger = status.get("charger_status")
    charging = charger in ("Charging", "Full") if isinstance(charger, str) else None
    return msgspec.structs.replace(
        facts,
        battery_percent=facts.battery_percent if battery is None else battery,
        temperature_c=facts.temperature_c if temperature is None else round(temperature, 1),
        charging=facts.charging if charging is None else charging,
    )


def observing_from_view(result: object) -> Observing:
    """Read `get_view_state`: observing is `working` in a mode; ended views stay as `cancel`."""
    if not isinstance(result, dict):
        return Observing(None, "its view could not be read")
    view = section(result, "View")
    if view.get("state") != "working" or view.get("mode") in (None, "none"):
        return Observing(observing=False, text="idle")
    stack = section(view, "Stack")
    words = ["observing", text_of(view, "target_name") or text_of(view, "mode")]
    if stack.get("state") == "working":
        kept, dropped = whole_of(stack, "stacked_frame"), whole_of(stack, "dropped_frame")
        return Observing(
            observing=True, text=f"{' '.join(words)}, {kept or 0} kept {dropped or 0} dropped"
        )
    stage = text_of(view, "stage")
    return Observing(observing=True, text=" ".join(words) + (f", {stage}" if stage else ""))
