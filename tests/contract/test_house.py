"""What the house is told by MQTT, seen by mosquitto, which nobody here made."""

import asyncio
import io
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest
from PIL import Image

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ScienceUnavailable, SensorUnreachable
from crowdsky_tui.config.mqtt_settings import MqttSettings
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.sensors.kinds import KINDS
from crowdsky_tui.instruments.sensors.reading import Reading
from crowdsky_tui.instruments.sensors.sensor import Sensor
from crowdsky_tui.night.background import house as house_module
from crowdsky_tui.night.background import house_pictures
from crowdsky_tui.night.background.house import House
from crowdsky_tui.night.background.house_messages import discovery, slugs, states
from crowdsky_tui.night.background.house_pictures import HousePictures
from crowdsky_tui.store.store import ConditionsView, ScopeState, ScopeView, Store

SCOPE = ScopeView(
    name="Garten S50", serial="SN-1234567", host="192.168.7.9", state=ScopeState.READY,
    activity="stacking M 81", battery_percent=77, zone="Europe/Vienna",
)  # fmt: skip
SECRET = "very-secret-word"
needs_broker = pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not here")


class Journal:
    async def failed(self) -> list[int]:
        return [1, 2]


class Night:
    """Of a night what the house is told of."""

    def __init__(self, mqtt: MqttSettings) -> None:
        self.store, self.clock, self.journal = Store(), Clock(), Journal()
        self.settings: Any = type("Settings", (), {"mqtt": mqtt})
        self.rigs: dict[str, Any] = {}
        self.science: Any = None
        self.store.set_scope(SCOPE)
        self.store.set_conditions(ConditionsView("unsafe", "unsafe: wind", ("mast: wind",)))

    def situations(self) -> list[Any]:
        return []


@asynccontextmanager
async def broker(folder: Path, *, login: bool = True, tls: bool = False) -> AsyncIterator[int]:
    """mosquitto on a free port of this machine."""
    probe = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    folder.chmod(0o755)
    lines = [f"listener {port} 127.0.0.1", f"allow_anonymous {str(not login).lower()}", "user root"]
    if login:
        passwords = folder / "passwords"
        command = ["mosquitto_passwd", "-b", "-c", str(passwords), "sky", SECRET]
        await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
        lines.append(f"password_file {passwords}")
    if tls:
        lines += [f"certfile {folder / 'own.pem'}", f"keyfile {folder / 'own.key'}"]
    (folder / "broker.conf").write_text("\n".join(lines) + "\n")
    process = await asyncio.create_subprocess_exec(
        "mosquitto", "-c", str(folder / "broker.conf"), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                except OSError:
                    await asyncio.sleep(0.02)
        yield port
    finally:
        process.terminate()
        await process.wait()


def settings(port: int, **more: Any) -> MqttSettings:
    given = {"host": "127.0.0.1", "port": port, "username": "sky", "password": SECRET, **more}
    return MqttSettings(**given)


@asynccontextmanager
async def publishing(night: Night) -> AsyncIterator[None]:
    made: Any = night
    task = asyncio.create_task(House(made).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def heard(port: int, wanted: str, **more: Any) -> dict[str, str]:
    """All retained messages once `wanted` is among them."""
    found: dict[str, str] = {}
    async with (
        asyncio.timeout(60),
        aiomqtt.Client("127.0.0.1", port, username="sky", password=SECRET, **more) as client,
    ):
        await client.subscribe("#", qos=1)
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            found[message.topic.value] = message.payload.decode()
            if found.get(wanted.partition("=")[0]) == (wanted.partition("=")[2] or None):
                return found
            if "=" not in wanted and wanted in found:
                return found
    raise AssertionError("it was never told")


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[int]:
    """Grows with every call of a method of the house."""
    calls: list[int] = []
    method = getattr(House, name)

    async def noted(self: House, *args: Any) -> Any:
        calls.append(1)
        return await method(self, *args)

    monkeypatch.setattr(House, name, noted)
    return calls


@needs_broker
async def test_states_safety_and_counts_arrive_with_what_shows_them(tmp_path: Path) -> None:
    async with broker(tmp_path) as port:
        async with publishing(Night(settings(port))):
            found = await heard(port, "crowdsky-tui/availability=online")
            told = msgspec.json.decode(found["crowdsky-tui/instrument/garten_s50"])
            assert (told["state"], told["activity"]) == ("ready", "stacking M 81")
            assert msgspec.json.decode(found["crowdsky-tui/safety"])["safety"] == "unsafe"
            assert msgspec.json.decode(found["crowdsky-tui/jobs"])["failed"] == 2
            entity = "homeassistant/sensor/crowdsky_tui/garten_s50_battery_percent/config"
            config = msgspec.json.decode(found[entity])
            assert config["state_topic"] == "crowdsky-tui/instrument/garten_s50"
            assert config["availability_topic"] == "crowdsky-tui/availability"
            every = "\n".join([*found, *found.values()])
            for hidden in (SECRET, "SN-1234567", "192.168.7.9", "Vienna", 'sky"'):
                assert hidden not in every
        found = await heard(port, "crowdsky-tui/availability=offline")
        assert found["crowdsky-tui/availability"] == "offline", "on its way out it says so"


@needs_broker
async def test_only_what_changes_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house_module, "LOOK_EVERY_S", 0.02)
    sent: list[str] = []
    looks = counted(monkeypatch, "_messages")
    publish = aiomqtt.Client.publish

    async def note(self: Any, topic: str, *args: Any, **more: Any) -> None:
        sent.append(topic)
        await publish(self, topic, *args, **more)

    monkeypatch.setattr(aiomqtt.Client, "publish", note)
    async with broker(tmp_path) as port:
        night = Night(settings(port))
        async with publishing(night):
            await heard(port, "crowdsky-tui/availability=online")
            first = len(sent)
            night.store.set_scope(msgspec.structs.replace(SCOPE, battery_percent=76))
            async with asyncio.timeout(60):
                while len(sent) == first:
                    await asyncio.sleep(0.02)
            looks.clear()
            async with asyncio.timeout(60):
                while len(looks) < 3:
                    await asyncio.sleep(0.02)
            assert sent[first:] == ["crowdsky-tui/instrument/garten_s50"]


@needs_broker
async def test_a_broker_that_refuses_or_is_away_is_told_once_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house_module, "BACK_OFF_S", (0.02,))
    tries = counted(monkeypatch, "_client")
    async with broker(tmp_path) as port:
        night = Night(settings(port, password="wrong"))
        async with publishing(night):
            async with asyncio.timeout(60):
                while len(tries) < 4:
                    await asyncio.sleep(0.02)
            assert len(night.store.log) == 1
            assert "the house is not told" in night.store.log[0].text
            night.settings.mqtt = settings(port)
            await heard(port, "crowdsky-tui/availability=online")


@needs_broker
async def test_by_tls_only_who_is_vouched_for_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house_module, "BACK_OFF_S", (0.02,))
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        "-keyout", str(tmp_path / "own.key"), "-out", str(tmp_path / "own.pem"),
    ]  # fmt: skip
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    async with broker(tmp_path, tls=True) as port:
        stranger = Night(settings(port, tls=True))
        async with publishing(stranger), asyncio.timeout(60):
            while not stranger.store.log:
                await asyncio.sleep(0.02)
        known = aiomqtt.TLSParameters(ca_certs=str(tmp_path / "own.pem"))
        async with publishing(Night(settings(port, tls=True, ca_file=str(tmp_path / "own.pem")))):
            await heard(port, "crowdsky-tui/availability=online", tls_params=known)


async def sensor_reading_of(port: int, payload: bytes, *, kept: bool) -> Reading:
    sensor = Sensor("mast", "roof/weather", broker=settings(port))
    async with (
        asyncio.timeout(60),
        aiomqtt.Client("127.0.0.1", port, username="sky", password=SECRET) as client,
        aclosing(KINDS["mqtt"](sensor, Clock())) as readings,
    ):
        if kept:
            await client.publish("roof/weather", payload, qos=1, retain=True)
            return await anext(readings)
        reading = asyncio.create_task(anext(readings))
        while not reading.done():
            await client.publish("roof/weather", payload, qos=1)
            await asyncio.sleep(0.02)
        return await reading


class Draws:
    """The child that draws; it fails as often as `fails` says."""

    def __init__(self, fails: int = 0) -> None:
        self.drawn: list[Path] = []
        self.fails = fails

    async def preview(self, path: Path, width: int, height: int) -> Preview:
        self.drawn.append(path)
        if len(self.drawn) <= self.fails:
            raise ScienceUnavailable("the child is away")
        return Preview(2, 2, bytes(range(12)))


def with_rig(night: Night, root: Path, science: Draws) -> Path:
    """A rig with a frame in its folder."""
    folder = root / "M 81_sub"
    folder.mkdir(parents=True)
    frame = folder / "Light_M 81_10.0s_LP_20261128-200000.fit"
    frame.write_bytes(b"a frame")
    files: Any = FolderFiles(root, None)  # type: ignore[arg-type]
    night.rigs["hut"] = type("Watch", (), {"rig": type("Rig", (), {"files": files})})
    night.store.set_scope(msgspec.structs.replace(SCOPE, name="hut"))
    night.science = science
    return frame


@needs_broker
async def test_the_last_picture_is_told_small_and_shown_by_home_assistant(tmp_path: Path) -> None:
    async with broker(tmp_path) as port:
        night = Night(settings(port))
        with_rig(night, tmp_path / "hut", Draws())
        topic = "crowdsky-tui/instrument/hut/picture"
        async with (
            publishing(night),
            asyncio.timeout(20),
            aiomqtt.Client("127.0.0.1", port, username="sky", password=SECRET) as client,
        ):
            await client.subscribe("#", qos=1)
            found: dict[str, bytes] = {}
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                found[message.topic.value] = message.payload
                if topic in found:
                    break
        with Image.open(io.BytesIO(found[topic])) as picture:
            assert (picture.format, picture.size, picture.info) == ("PNG", (2, 2), {})
            assert picture.convert("RGB").tobytes() == bytes(range(12))
        entity = found["homeassistant/image/crowdsky_tui/hut_picture/config"]
        config = msgspec.json.decode(entity)
        assert (config["image_topic"], config["content_type"]) == (topic, "image/png")


async def test_a_picture_is_drawn_once_and_one_that_fails_not_at_every_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night, science = Night(MqttSettings(host="h")), Draws(fails=1)
    frame = with_rig(night, tmp_path, science)
    made: Any = night
    pictures = HousePictures(made)
    assert await pictures.messages(night.settings.mqtt) == {}
    assert await pictures.messages(night.settings.mqtt) == {}
    assert len(science.drawn) == 1
    monkeypatch.setattr(house_pictures, "RETRY_S", 0.0)
    told = await pictures.messages(night.settings.mqtt)
    assert await pictures.messages(night.settings.mqtt) == told
    assert list(told) == ["crowdsky-tui/instrument/hut/picture"] and len(science.drawn) == 2
    newer = frame.with_name("Light_M 81_10.0s_LP_20261128-200010.fit")
    newer.write_bytes(b"another")
    await pictures.messages(night.settings.mqtt)
    assert science.drawn[-1] == newer


@needs_broker
async def test_conditions_are_taken_in_as_a_sensor(tmp_path: Path) -> None:
    payload = b'{"is_safe": true, "temperature": 7.5, "humidity": 80}'
    async with broker(tmp_path) as port:
        reading = await sensor_reading_of(port, payload, kept=False)
        assert reading.is_safe is True and reading.values["ambient_temperature_c"] == 7.5
        assert reading.measured_at is not None


@needs_broker
async def test_what_the_broker_kept_has_no_age_and_so_is_never_safe(tmp_path: Path) -> None:
    async with broker(tmp_path) as port:
        odd = await sensor_reading_of(port, b'{"is_safe": true, "timestamp": "soon"}', kept=False)
        assert odd.measured_at is None
        kept = await sensor_reading_of(port, b'{"is_safe": true}', kept=True)
        assert kept.measured_at is None
        dated = b'{"is_safe": true, "timestamp": "2026-11-28T22:00:00Z"}'
        assert (await sensor_reading_of(port, dated, kept=True)).measured_at is not None


@pytest.mark.parametrize(
    ("mqtt", "topic"), [(MqttSettings(), "a"), (MqttSettings(host="127.0.0.1", port=9), "a"),
                        (MqttSettings(host="127.0.0.1", port=9), "#")],
)  # fmt: skip
async def test_a_broker_that_is_not_there_is_no_sensor(mqtt: MqttSettings, topic: str) -> None:
    with pytest.raises(SensorUnreachable):
        await anext(KINDS["mqtt"](Sensor("mast", topic, broker=mqtt), Clock()))


def test_names_that_share_their_letters_have_topics_of_their_own() -> None:
    assert slugs(["S50 a", "S50/a", "#+", "Öl"]) == {
        "S50 a": "s50_a", "S50/a": "s50_a_2", "#+": "unnamed", "Öl": "l",
    }  # fmt: skip


def test_a_hostile_name_makes_no_topic_of_its_own() -> None:
    mqtt = MqttSettings(host="h")
    scope = msgspec.structs.replace(SCOPE, name="a/#\x1b[31m+/b", activity="x\x1b]0;y\x07" * 400)
    told = {**states(mqtt, [scope], ConditionsView(), [], 0), **discovery(mqtt, [scope])}
    assert not any(set(topic) & set("#+\x1b") for topic in told)
    assert all("\x1b" not in payload and len(payload) < 2000 for payload in told.values())
