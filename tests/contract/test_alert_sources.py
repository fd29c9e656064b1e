"""Sources of alerts on real sockets, each with its faults, and the verb `alerts`."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_plan_verb import here as here  # the science child's work is done in this process

from crowdsky_tui.base.clock import StoppedClock
from crowdsky_tui.base.errors import (
    AuthRefused,
    CrowdSkyError,
    NetworkDown,
    NotFound,
    RateLimited,
    ServerUnavailable,
    UsageError,
)
from crowdsky_tui.cli.alert_actions import AlertActions
from crowdsky_tui.cli.verbs.alerts import ACTIONS
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.alert_settings import AlertSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ClockSettings, StorageSettings
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.database.database import Database
from crowdsky_tui.plan.alerts.alert import Alert, AlertsRead, AlertState, Source
from crowdsky_tui.plan.alerts.alerts import Alerts
from crowdsky_tui.plan.alerts.look import AlertLook
from crowdsky_tui.plan.alerts.reading import NotUnderstood
from crowdsky_tui.plan.target_list import TargetList
from crowdsky_tui.services.alert_sources.client import AlertSources, Same
from crowdsky_tui.services.alert_sources.gcn_stream import GcnStream
from crowdsky_tui.simulator.alert_sources.answers import Transient
from crowdsky_tui.simulator.alert_sources.server import (
    AlertFault,
    AlertSourcesStandIn,
)

NOW = datetime(2026, 2, 27, 18, 30, tzinfo=UTC)
NOVA = Transient(
    name="2026abc", ra_deg=148.9, dec_deg=69.1, mag=9.4, at=NOW - timedelta(hours=1), type="Nova"
)
FAR = Transient(name="2026far", ra_deg=268.5, dec_deg=-74.8, mag=9.4, at=NOW - timedelta(hours=2))


@pytest.fixture
async def sources() -> AsyncIterator[AlertSourcesStandIn]:
    made = AlertSourcesStandIn(StoppedClock(NOW))
    made.sky.transients = [NOVA, FAR]
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(sources: AlertSourcesStandIn) -> AsyncIterator[AlertSources]:
    made = client_of(sources)
    yield made
    await made.close()


def client_of(sources: AlertSourcesStandIn, **more: Any) -> AlertSources:
    said = AlertSettings(**sources.settings | more)
    made = AlertSources(said, Settings().network, "crowdsky-tui/test", between_s=0)

    async def at_once(_seconds: float) -> None:
        return None

    made.sleep = at_once
    return made


async def looked(sources: AlertSourcesStandIn, source: Source, **more: Any) -> AlertsRead:
    look = AlertLook(lambda: client_of(sources, **more))
    try:
        return await look.at(source, (), NOW)
    finally:
        await look.close()


# --- each source ---------------------------------------------------------------------------------


async def test_the_target_tool_with_key_and_sections(sources: AlertSourcesStandIn) -> None:
    read = await looked(sources, Source.AAVSO)
    assert len(read.alerts) == 39 and len(read.refused) == 1, "one is wanted in spectra"
    with pytest.raises(AuthRefused, match="aavso_key"):
        await looked(sources, Source.AAVSO, aavso_key="wrong")


@pytest.mark.parametrize("key", ["a-tns-key", ""])
async def test_the_tns_as_a_bot_and_as_a_user(sources: AlertSourcesStandIn, key: str) -> None:
    read = await looked(sources, Source.TNS, tns_key=key)
    assert [each.name for each in read.alerts] == ["AT 2026abc", "AT 2026far"]


async def test_a_wrong_key_of_the_tns_is_refused(sources: AlertSourcesStandIn) -> None:
    with pytest.raises(AuthRefused, match="tns_key"):
        await looked(sources, Source.TNS, tns_key="wrong")


async def test_each_file_of_the_tns_is_fetched_once(sources: AlertSourcesStandIn) -> None:
    look = AlertLook(lambda: client_of(sources))
    while (await look.at(Source.TNS, (), NOW)).alerts or len(sources.calls) < 19:
        continue
    assert len(sources.calls) == 19, "18 hours and yesterday"
    assert await look.at(Source.TNS, (), NOW) == AlertsRead()
    assert len(sources.calls) == 19
    await look.close()


async def test_a_file_of_the_tns_that_is_not_there_holds_up_no_other(
    sources: AlertSourcesStandIn,
) -> None:
    sources.sky.faults["tns"] = AlertFault("status", 404)
    read = await looked(sources, Source.TNS)
    assert read.passed_over == {"files that are not there": 1} and len(read.alerts) == 1


async def test_asassn_is_asked_for_its_beginning_and_only_for_what_is_new(
    sources: AlertSourcesStandIn, client: AlertSources
) -> None:
    assert len(await client.asassn()) <= 102_400
    with pytest.raises(Same):
        await client.asassn()
    sources.sky.transients.append(Transient(name="x", ra_deg=1, dec_deg=1, mag=9, at=NOW))
    assert b">x<" in await client.asassn()


async def test_the_vsx_is_asked_again_after_a_405_three_times_at_most(
    sources: AlertSourcesStandIn, client: AlertSources
) -> None:
    sources.sky.faults["vsx"] = AlertFault("status", 405, count=2)
    assert b"000-BBW-825" in await client.vsx("T CrB")
    sources.sky.faults["vsx"] = AlertFault("status", 405, count=None)
    with pytest.raises(CrowdSkyError, match="405"):
        await client.vsx("T CrB")
    assert [status for _, status in sources.calls] == [405, 405, 200, 405, 405, 405]


async def test_a_star_that_the_charts_do_not_know(client: AlertSources) -> None:
    with pytest.raises(NotFound):
        await client.vsp("nobody", 60, 15)


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("status", 401, AuthRefused),
        ("challenge", None, AuthRefused),
        ("status", 429, RateLimited),
        ("status", 500, ServerUnavailable),
        ("html", None, NotUnderstood),
        ("cut", None, NotUnderstood),
        ("large", 17_000_000, CrowdSkyError),
        ("reset", None, NetworkDown),
    ],
)
@pytest.mark.parametrize("source", [Source.AAVSO, Source.TNS])
async def test_each_fault_is_a_typed_error_with_words(
    sources: AlertSourcesStandIn,
    source: Source,
    kind: Any,
    value: Any,
    error: type[Exception],
) -> None:
    fault = AlertFault("body", b"x" * value) if kind == "large" else AlertFault(kind, value)
    sources.sky.faults[source.value] = fault
    fault.count = None
    with pytest.raises(error) as caught:
        await looked(sources, source)
    assert "a-target-tool-key" not in f"{caught.value}" and "a-tns-key" not in f"{caught.value}"
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 30


# --- GCN -----------------------------------------------------------------------------------------


class FakeError:
    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name

    def str(self) -> str:
        return f"broker: {self._name}"


class FakeMessage:
    def __init__(self, topic: str, body: bytes = b"{}", error: str = "") -> None:
        self._topic, self._body, self._error = topic, body, error

    def topic(self) -> str:
        return self._topic

    def value(self) -> bytes:
        return self._body

    def error(self) -> FakeError | None:
        return FakeError(self._error) if self._error else None


class FakeConsumer:
    """What the library would give, one after another; then nothing."""

    def __init__(self, given: list[FakeMessage], settings: dict[str, Any]) -> None:
        self.given, self.settings, self.closed = given, settings, False
        self.topics: list[str] = []

    def subscribe(self, topics: list[str]) -> None:
        self.topics = topics

    def poll(self, timeout: float) -> FakeMessage | None:
        return self.given.pop(0) if self.given else None

    def close(self) -> None:
        self.closed = True


def stream_of(given: list[FakeMessage], told: list[str], refused: str = "") -> GcnStream:
    def make(settings: dict[str, Any]) -> FakeConsumer:
        if refused:
            settings["error_cb"](FakeError(refused))
        return FakeConsumer(given, settings)

    said = AlertSettings(gcn_id="me", gcn_secret="s", gcn_topics="gcn.notices.a, gcn.notices.a")
    return GcnStream(said, told.append, make)


async def test_messages_come_without_heartbeats_and_an_unknown_topic_is_told() -> None:
    told: list[str] = []
    given = [
        FakeMessage("gcn.heartbeat"), FakeMessage("gcn.notices.b", error="UNKNOWN_TOPIC_OR_PART"),
        FakeMessage("gcn.notices.a", b'{"id":1}'),
    ]  # fmt: skip
    async for topic, body in stream_of(given, told).messages():
        assert (topic, body) == ("gcn.notices.a", b'{"id":1}')
        break
    assert told == ["GCN: broker: UNKNOWN_TOPIC_OR_PART"]


async def test_a_minute_of_silence_is_a_dead_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crowdsky_tui.services.alert_sources.gcn_stream.SILENCE_S", 0.05)
    with pytest.raises(NetworkDown, match="silent"):
        async for _ in stream_of([], []).messages():
            raise AssertionError("nothing was given")


@pytest.mark.parametrize("in_callback", [True, False])
async def test_a_wrong_secret_is_a_refusal_wherever_it_shows(in_callback: bool) -> None:
    name = "_AUTHENTICATION"
    given = [] if in_callback else [FakeMessage("", error=name)]
    with pytest.raises(AuthRefused, match="gcn_secret"):
        async for _ in stream_of(given, [], name if in_callback else "").messages():
            raise AssertionError("nothing was given")


def test_a_broker_elsewhere_is_asked_with_the_login_over_tls() -> None:
    stream, kept = stream_of([], []), {}
    stream._make = lambda settings: FakeConsumer([], kept.update(settings) or settings)
    stream._open([])
    assert kept["security.protocol"] == "sasl_ssl"
    assert kept["sasl.oauthbearer.client.secret"] == "s"


async def test_a_real_broker_on_loopback() -> None:
    kafka = pytest.importorskip("confluent_kafka", reason="the extra 'alerts' is not installed")
    broker = kafka.Producer({"bootstrap.servers": "", "test.mock.num.brokers": 1, "log_level": 0})
    topics = await asyncio.to_thread(broker.list_topics, timeout=10)
    [at] = topics.brokers.values()
    said = AlertSettings(
        gcn_id="me", gcn_topics="gcn.notices.a", gcn_servers=f"{at.host}:{at.port}"
    )
    messages = GcnStream(said, lambda _text: None).messages()
    waiting = asyncio.ensure_future(anext(messages))
    async with asyncio.timeout(30):
        while not waiting.done():
            broker.produce("gcn.heartbeat", b"{}")
            broker.produce("gcn.notices.a", b'{"id":"X"}')
            await asyncio.to_thread(broker.flush, 5)
            await asyncio.wait([waiting], timeout=0.2)
    assert waiting.result() == ("gcn.notices.a", b'{"id":"X"}')
    await messages.aclose()


# --- the verb ------------------------------------------------------------------------------------


@pytest.fixture
async def actions(
    sources: AlertSourcesStandIn, tmp_path: Path
) -> AsyncIterator[tuple[AlertActions, Database]]:
    settings = Settings(
        alerts=AlertSettings(tns="propose", asassn="notify", **sources.settings),
        storage=StorageSettings(str(tmp_path), str(tmp_path / "stacks")),
        site=SiteSettings(latitude=53.0, longitude=15.5, zone="UTC"),
        clock=ClockSettings(NOW, datetime.now(UTC), 1.0),
    )
    database = Database(tmp_path)
    made = AlertActions(settings, database, Science())
    made._look = AlertLook(lambda: client_of(sources))
    yield made, database
    await made.close()
    await database.close()


def common(action: str, **more: Any) -> Any:
    return ACTIONS[action](action=action, json=True, **more)


async def test_look_list_take_and_leave(
    actions: tuple[AlertActions, Database], capsys: pytest.CaptureFixture[str]
) -> None:
    table, database = actions
    assert await table.run(common("look")) == 0
    looks = json.loads(capsys.readouterr().out)["looks"]
    assert [(each["source"], each["new"], each["up"]) for each in looks] == [
        ("tns", 2, 1), ("asassn", 0, 0),
    ], "ASAS-SN's are the same two"  # fmt: skip
    targets = TargetList(database, StoppedClock(NOW))
    assert await targets.all() == (), "nothing is planned without a yes"
    await table.run(common("list"))
    rows = json.loads(capsys.readouterr().out)["alerts"]
    assert rows[0]["name"] == "AT 2026abc" and rows[0]["tonight"].startswith("up ")
    assert not rows[1]["up"] and rows[1]["tonight"]
    await table.run(common("take", name="at2026abc"))
    [target] = await targets.all()
    assert (target.name, target.kind, target.priority) == ("AT 2026abc", "alert", 5)
    await table.run(common("ignore", name="at2026far"))
    states = [
        each.state for each in await Alerts(database, StoppedClock(NOW), AlertSettings()).all()
    ]
    assert sorted(states) == [AlertState.IGNORED, AlertState.TAKEN]
    await table.run(common("take", name="at2026abc"))
    assert len(await targets.all()) == 1, "taken twice is there once"


async def test_one_source_that_fails_holds_up_no_other(
    actions: tuple[AlertActions, Database], sources: AlertSourcesStandIn,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    sources.sky.faults["tns"] = AlertFault("status", 500, count=None)
    assert await actions[0].run(common("look")) == 3
    said = capsys.readouterr()
    assert "tns:" in said.err and json.loads(said.out)["looks"][0]["new"] == 2


async def test_a_pasted_line_and_a_star(
    actions: tuple[AlertActions, Database], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("Nova", "Per", "23", "24", "47.7", "+61", "11", "14", "mag", "7.6")
    assert await actions[0].run(common("add", words=words)) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 1
    with pytest.raises(UsageError, match="no alert"):
        await actions[0].run(common("add", words=("hello",)))
    assert await actions[0].run(common("star", name="Algol")) == 0
    star = json.loads(capsys.readouterr().out)["star"]
    assert star["period_d"] == 2.867328 and star["repeats"]


async def test_what_was_withdrawn_cannot_be_taken(actions: tuple[AlertActions, Database]) -> None:
    inbox = Alerts(actions[1], StoppedClock(NOW), AlertSettings())
    gone = Alert(source=Source.GCN, id="X", name="X", ra_deg=1, dec_deg=1, retraction=True)
    await inbox.receive([gone])
    with pytest.raises(UsageError, match="withdrawn"):
        await actions[0].run(common("take", name="X"))
