"""A topic of an MQTT broker whose messages are JSON objects, as `json_line` reads them.

Imports aiomqtt, so it is imported when it is needed.
"""

import asyncio
import ssl
from dataclasses import replace

import aiomqtt

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import SensorGarbled, SensorUnreachable
from crowdsky_tui.base.redaction import hide_secrets
from crowdsky_tui.config.mqtt_settings import MqttSettings, tls_of
from crowdsky_tui.instruments.sensors import json_line
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.sensor import Readings, Sensor

SILENCE_S = 600.0
"""Real seconds without a message after which the connection is made anew."""
CONNECT_S = 10.0


async def topic(sensor: Sensor, clock: Clock) -> Readings:
    """The messages of the topic in `sensor.address`, by the broker of `[mqtt]`.

    A message that the broker had kept has no time unless it tells one: nobody knows how old it is.
    """
    mqtt = sensor.broker
    if not mqtt.host:
        raise SensorUnreachable("no MQTT broker is set", "", "Set mqtt.host")
    if set(sensor.address) & set("+#"):
        raise SensorUnreachable("a topic is one topic", sensor.address, "Correct sensors.address")
    try:
        tls = await asyncio.to_thread(tls_of, mqtt)
        async with _client(mqtt, tls) as client:
            await client.subscribe(sensor.address, qos=1)
            messages = aiter(client.messages)
            while True:
                async with asyncio.timeout(SILENCE_S):
                    message = await anext(messages)
                yield _reading(message, sensor.name, clock)
    except (aiomqtt.MqttError, OSError) as error:
        why = hide_secrets(str(error)) or "it says nothing"
        raise SensorUnreachable(f"{sensor.name} cannot be heard", why, "Look at [mqtt]") from error


def _client(mqtt: MqttSettings, tls: ssl.SSLContext | None) -> aiomqtt.Client:
    return aiomqtt.Client(
        mqtt.host,
        mqtt.port_in_use,
        username=mqtt.username or None,
        password=mqtt.password or None,
        tls_context=tls,
        timeout=CONNECT_S,
    )


def _reading(message: aiomqtt.Message, name: str, clock: Clock) -> Reading:
    if not isinstance(message.payload, bytes):
        raise SensorGarbled(f"{name} sent what is no JSON object", "an empty message")
    now = clock.now()
    kept = bool(message.retain)
    reading = json_line.parse(message.payload, name, None if kept else now).reading
    if reading.measured_at is None and not kept and b'"timestamp"' not in message.payload:
        return replace(reading, measured_at=now)
    return reading
