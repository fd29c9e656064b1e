"""Properties of a stand-in's devices, and how they are written.

Source: INDI protocol 1.7 (docs/design/indi-protocol.md).
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

import msgspec

Limits = tuple[float, float, float]
"""Least, greatest and step of a number."""


class Property(msgspec.Struct):
    """One property. `kind` is Number, Switch, Text, Light or BLOB; `read` gives its members.

    `change` gets the members that a client sets; it is read-only without. `blocks`: what `change`
    refuses makes it Alert.
    """

    kind: str
    name: str
    read: Callable[[], Mapping[str, object]]
    change: Callable[[Mapping[str, str]], None] | None = None
    state: Callable[[], str] = lambda: "Ok"
    limits: Limits = (0.0, 0.0, 0.0)


class Device(msgspec.Struct):
    """A device and its properties by name; those of `always` are there before it is connected."""

    name: str
    properties: dict[str, Property]
    connected: bool = False
    gone: set[str] = msgspec.field(default_factory=set)

    def offered(self) -> list[Property]:
        """The properties that are there now."""
        every = [each for each in self.properties.values() if each.name not in self.gone]
        return [each for each in every if self.connected or each.name == "CONNECTION"]


def connection_of(device: Device) -> Property:
    """The switch by which a device is connected."""

    def change(values: Mapping[str, str]) -> None:
        device.connected = values.get("CONNECT") == "On"

    return Property(
        "Switch",
        "CONNECTION",
        lambda: {"CONNECT": device.connected, "DISCONNECT": not device.connected},
        change,
    )


def definition(device: str, told: Property, nonsense: object = None) -> str:
    """`def…Vector`. `nonsense` stands in place of each value."""
    extra = "" if told.kind == "Light" else ' perm="rw"'
    extra += ' rule="OneOfMany"' if told.kind == "Switch" else ""
    members = ""
    low, high, step = told.limits
    for name, value in told.read().items():
        more = f' format="%g" min="{low}" max="{high}" step="{step}"'
        more = more if told.kind == "Number" else ""
        text = "" if told.kind == "BLOB" else _written(value, nonsense)
        members += (
            f"<def{told.kind} name={quoteattr(name)} label={quoteattr(name)}{more}>\n{text}\n"
            f"</def{told.kind}>"
        )
    return _vector("def", device, told, extra, members)


def setting(device: str, told: Property, state: str = "", message: str = "") -> str:
    """`set…Vector`, with another state where one is given."""
    members = "".join(
        f"<one{told.kind} name={quoteattr(name)}>\n{_written(value)}\n</one{told.kind}>"
        for name, value in told.read().items()
    )
    extra = f" message={quoteattr(message)}" if message else ""
    return _vector("set", device, told, extra, members, state)


def blob(device: str, told: Property, content: bytes, form: str = ".fits") -> str:
    """A picture as `setBLOBVector`."""
    member = (
        f'<oneBLOB name="{told.name}" size="{len(content)}" format="{form}">\n'
        f"{b64encode(content).decode()}\n</oneBLOB>"
    )
    return _vector("set", device, told, "", member)


def _vector(
    verb: str, device: str, told: Property, extra: str, members: str, state: str = ""
) -> str:
    tag = f"{verb}{told.kind}Vector"
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return (
        f"<{tag} device={quoteattr(device)} name={quoteattr(told.name)}"
        f' state="{state or told.state()}" timeout="60" timestamp="{stamp}"{extra}>'
        f"{members}</{tag}>\n"
    )


def _written(value: object, nonsense: object = None) -> str:
    if nonsense is not None:
        return escape(str(nonsense))
    if isinstance(value, bool):
        return "On" if value else "Off"
    return escape(str(value))
