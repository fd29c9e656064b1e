"""Publishes how the night goes to an MQTT broker, where the settings name one.

Nothing is taken from there, and nothing of the night waits for it.
"""

import asyncio
from typing import TYPE_CHECKING

from crowdsky_tui.base.redaction import hide_secrets
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.mqtt_settings import MqttSettings, tls_of
from crowdsky_tui.night.background.conditions import conditions_now
from crowdsky_tui.night.background.house_messages import (
    OFFLINE,
    ONLINE,
    Messages,
    availability_topic,
    discovery,
    states,
)
from crowdsky_tui.night.background.house_pictures import HousePictures
from crowdsky_tui.store.store import LogLine, Severity

if TYPE_CHECKING:
    import aiomqtt

    from crowdsky_tui.night.interfaces import NightParts

LOOK_EVERY_S, SEND_S = 5.0, 10.0
"""Real seconds between two looks, and within which the broker has to take a message."""
BACK_OFF_S = (5.0, 15.0, 60.0)
NEEDS = "MQTT needs aiomqtt: pip install 'crowdsky-tui[mqtt]'"


class House:
    """`run` publishes until cancelled; what has not changed is not sent again."""

    def __init__(self, night: "NightParts") -> None:
        self._night = night
        self._sent: dict[str, str | bytes] = {}
        self._pictures = HousePictures(night)
        self._said = ""

    async def run(self) -> None:
        """Connect and publish, and again after every trouble, which is told once."""
        try:
            import aiomqtt
        except ImportError:
            self._tell(NEEDS)
            return
        tries = 0
        while True:
            try:
                async with await self._client() as client:
                    tries = 0
                    await self._publish(client)
            except (aiomqtt.MqttError, OSError) as error:
                self._tell(f"the house is not told: {hide_secrets(str(error))}")
            await asyncio.sleep(BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)])
            tries += 1

    async def _client(self) -> "aiomqtt.Client":
        import aiomqtt

        mqtt = self._night.settings.mqtt
        return aiomqtt.Client(
            mqtt.host,
            mqtt.port_in_use,
            username=mqtt.username or None,
            password=mqtt.password or None,
            will=aiomqtt.Will(availability_topic(mqtt), OFFLINE, qos=1, retain=True),
            tls_context=await asyncio.to_thread(tls_of, mqtt),
            timeout=SEND_S,
        )

    async def _publish(self, client: "aiomqtt.Client") -> None:
        """Everything once, then what changes; on the way out it says that it goes."""
        mqtt = self._night.settings.mqtt
        self._sent = {}
        try:
            while True:
                told = await self._messages(mqtt)
                payloads: dict[str, str | bytes] = {
                    topic: hide_secrets(each) for topic, each in told.items()
                }
                payloads.update(await self._pictures.messages(mqtt))
                for topic, payload in payloads.items():
                    if self._sent.get(topic) != payload:
                        await client.publish(topic, payload, qos=1, retain=True)
                        self._sent[topic] = payload
                if self._said:
                    self._tell("", Severity.INFO)
                await asyncio.sleep(LOOK_EVERY_S)
        except asyncio.CancelledError:
            await client.publish(availability_topic(mqtt), OFFLINE, qos=1, retain=True)
            raise

    async def _messages(self, mqtt: MqttSettings) -> Messages:
        store = self._night.store
        scopes = tuple(store.scopes.values())
        failed = len(await self._night.journal.failed())
        now = states(mqtt, scopes, conditions_now(self._night), store.jobs.values(), failed)
        return {**discovery(mqtt, scopes), **now, availability_topic(mqtt): ONLINE}

    def _tell(self, text: str, severity: Severity = Severity.WARNING) -> None:
        """Say a trouble once, and that it is over."""
        if text != self._said:
            self._said = text
            line = clean(text or "the house is told again", 300)
            self._night.store.add_log(LogLine(self._night.clock.now(), severity, line))
