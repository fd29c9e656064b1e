"""Settings of the house: an MQTT broker that is told how the night goes."""

import ssl
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from crowdsky_tui.config.section import Section, says

TOPIC = r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"


class MqttSettings(Section, frozen=True):
    """Where states are published, with Home Assistant's discovery. It needs the extra mqtt."""

    host: Annotated[
        str,
        says(
            'The MQTT broker\'s address, such as "192.168.1.2". Empty: the house is told nothing.'
        ),
    ] = ""
    port: Annotated[
        Annotated[int, Meta(ge=0, le=65535)],
        says("Its port. 0: 8883 with TLS, 1883 without."),
    ] = 0
    tls: Annotated[
        bool, says("Whether it is spoken to by TLS. Without, a password crosses your network.")
    ] = False
    ca_file: Annotated[
        str, says("With tls: who vouches for the broker, a PEM file. Empty: the system's.")
    ] = ""
    username: Annotated[str, says("Its login. Empty: none.")] = ""
    password: Annotated[
        str, says("Its password. Better in config.local.toml, or CROWDSKY_TUI_MQTT_PASSWORD.")
    ] = ""
    topic: Annotated[
        Annotated[str, Meta(pattern=TOPIC, max_length=60)],
        says("Below which topic the house is told."),
    ] = "crowdsky-tui"
    discovery: Annotated[
        Annotated[str, Meta(pattern=TOPIC, max_length=60)],
        says("Home Assistant's discovery topic."),
    ] = "homeassistant"

    @property
    def port_in_use(self) -> int:
        """The port, by TLS or not where none is set."""
        return self.port or (8883 if self.tls else 1883)


def tls_of(mqtt: MqttSettings) -> ssl.SSLContext | None:
    """How its broker is spoken to by TLS; None without. Blocks; OSError for an unreadable CA."""
    if not mqtt.tls:
        return None
    cafile = str(Path(mqtt.ca_file).expanduser()) if mqtt.ca_file else None
    return ssl.create_default_context(cafile=cafile)


def check_mqtt(mqtt: MqttSettings) -> None:
    """ValueError for a login without a name, a CA without TLS, or an address that is none."""
    if mqtt.host and (not mqtt.host.isprintable() or set(mqtt.host) & set("/?#@ ")):
        raise ValueError("mqtt.host is a name or an address, without scheme and port")
    if mqtt.password and not mqtt.username:
        raise ValueError("mqtt.password needs mqtt.username")
    if mqtt.ca_file and not mqtt.tls:
        raise ValueError("mqtt.ca_file needs mqtt.tls")
