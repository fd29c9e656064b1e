"""GCN's stream of notices, over Kafka. One thread waits for messages, never the event loop.

Source: gcn-kafka's settings of confluent-kafka (OAuth with client ID and secret); a heartbeat comes
every second, so that a minute's silence means a dead connection. A wrong secret shows only in a
callback, never as an exception.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from crowdsky_tui.base.errors import AuthRefused, NetworkDown, ServerError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.alert_settings import AlertSettings

HEARTBEAT = "gcn.heartbeat"
SILENCE_S = 60.0
POLL_S = 0.5
LARGEST = 4_000_000
TOKENS = "https://auth.gcn.nasa.gov/oauth2/token"
_REFUSED = ("_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "TOPIC_AUTHORIZATION_FAILED")
_PASSING = ("_PARTITION_EOF", "UNKNOWN_TOPIC_OR_PART", "_TRANSPORT", "OFFSET_OUT_OF_RANGE")
"""What mends itself, or holds up one topic alone; silence tells if it does not."""


class Consumer(Protocol):
    """What is used of confluent-kafka's consumer."""

    def subscribe(self, topics: list[str]) -> None:
        """Ask for these topics."""

    def poll(self, timeout: float) -> Any:
        """One message, or None after so many seconds."""

    def close(self) -> None:
        """Leave."""


class GcnStream:
    """The messages from now on. `make` makes the consumer, given its settings.

    `told` hears of what passes by itself, such as a topic that does not exist.
    """

    def __init__(
        self,
        settings: AlertSettings,
        told: Callable[[str], None],
        make: Callable[[dict[str, Any]], Consumer] | None = None,
    ) -> None:
        self._settings, self._told = settings, told
        self._make = make or _kafka_consumer
        self._refused = ""

    async def messages(self) -> AsyncGenerator[tuple[str, bytes], None]:
        """Topic and body of each message, heartbeats left out.

        Raises NetworkDown after a minute of silence, AuthRefused, UsageError without the extra.
        """
        loop, topics = asyncio.get_running_loop(), self._topics()
        self._refused = ""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gcn")
        consumer: Consumer | None = None
        try:
            consumer = await loop.run_in_executor(thread, self._open, topics)
            silent_since = loop.time()
            while True:
                message = await loop.run_in_executor(thread, consumer.poll, POLL_S)
                if self._refused:
                    raise _no_login(self._refused)
                if message is None:
                    if loop.time() - silent_since > SILENCE_S:
                        raise NetworkDown("GCN is silent", f"for {SILENCE_S:.0f} s")
                    continue
                if (error := message.error()) is not None:
                    self._judge(error)
                    continue
                silent_since = loop.time()
                topic, body = f"{message.topic()}", message.value() or b""
                if topic != HEARTBEAT and len(body) <= LARGEST:
                    yield topic, body
        finally:
            if consumer is not None:
                thread.submit(consumer.close)
            thread.shutdown(wait=False)

    def _topics(self) -> list[str]:
        asked = [each.strip() for each in self._settings.gcn_topics.split(",")]
        return [*dict.fromkeys(each for each in asked if each), HEARTBEAT]

    def _open(self, topics: list[str]) -> Consumer:
        said, servers = self._settings, self._settings.gcn_servers
        login = {
            "security.protocol": "sasl_ssl",
            "sasl.mechanisms": "OAUTHBEARER",
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.client.id": said.gcn_id,
            "sasl.oauthbearer.client.secret": said.gcn_secret,
            "sasl.oauthbearer.token.endpoint.url": TOKENS,
        }
        here = servers.partition(":")[0] in ("localhost", "127.0.0.1")
        consumer = self._make(
            {
                "bootstrap.servers": servers,
                "group.id": f"crowdsky-tui-{said.gcn_id}",
                "auto.offset.reset": "latest",
                "enable.auto.commit": True,
                "error_cb": self._hear,
                "log_level": 0,
                **({} if here else login),
            }
        )
        consumer.subscribe(topics)
        return consumer

    def _hear(self, error: Any) -> None:
        """The library's callback, in its thread."""
        name = f"{error.name()}"
        if name in _REFUSED:
            self._refused = clean(error.str(), 200)

    def _judge(self, error: Any) -> None:
        name, words = f"{error.name()}", clean(error.str(), 200)
        if name in _REFUSED:
            raise _no_login(words)
        if name not in _PASSING:
            raise ServerError("GCN cannot be read", words, "It is tried again")
        if name != "_PARTITION_EOF":
            self._told(f"GCN: {words}")


def _no_login(words: str) -> AuthRefused:
    return AuthRefused("GCN refused us", words, "Check alerts.gcn_id and alerts.gcn_secret")


def _kafka_consumer(settings: dict[str, Any]) -> Consumer:
    try:
        from confluent_kafka import Consumer as KafkaConsumer
    except ModuleNotFoundError as error:
        raise UsageError(
            "GCN cannot be read",
            "confluent-kafka is not installed",
            'pip install "crowdsky-tui[alerts]"',
        ) from error
    consumer: Consumer = KafkaConsumer(settings)
    return consumer
