"""What is wrong with the site, a sensor, a file or the database: one clear line, nothing lost.

Each through the real verb, and where a night is concerned through a real night that goes on.
"""

import asyncio
import contextlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from device_kit import until
from night_kit import settings_for
from postgres_kit import Cluster
from seestar_kit import running
from test_films import stack

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.cli.main import main
from crowdsky_tui.config.schema import DatabaseSettings
from crowdsky_tui.config.sensor_settings import SensorSettings
from crowdsky_tui.database import records
from crowdsky_tui.database.database import FILE, Database
from crowdsky_tui.night.background import conditions
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import LogLine, Severity

pytest_plugins = ("database_kit",)

SITE = '[site]\nlatitude = 48.2\nlongitude = 16.3\nzone = "Europe/Vienna"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f'{SITE}[storage]\nstate_dir = "{tmp_path}/state"\n')
    path.chmod(0o600)
    return path


def message_of(capsys: pytest.CaptureFixture[str], code: int, *command: object) -> str:
    """What the verb says, which is one line."""
    assert main([str(each) for each in command]) == code, capsys.readouterr()
    said = capsys.readouterr().err
    assert said.startswith("crowdsky-tui: ") and said.count("\n") == 1, said
    return said


@pytest.mark.parametrize("value", ["91", "91 deg", "-90.001", "5460 arcmin", "nan", "1e9", "N 48"])
def test_a_latitude_that_is_none(
    config: Path, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = config.read_bytes()
    assert "site.latitude" in message_of(
        capsys, 2, "--config", config, "config", "set", "site.latitude", value
    )
    assert config.read_bytes() == before and not config.with_name("config.local.toml").exists()
    config.write_text(SITE.replace("48.2", f'"{value}"'))
    for verb in (["sky"], ["targets"], ["site"]):
        said = message_of(capsys, 2, "--config", config, *verb)
        assert "site.latitude" in said and "config.toml" in said


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ("[[[40, 30]]]", "two points"), ("[[]]", "two points"), ("[[[40], [40]]]", "2 entries"),
        ("[[[95, 1], [10, 2]]]", "altitude"), ("[[[9, 400], [10, 2]]]", "azimuth"),
    ],
)  # fmt: skip
def test_an_obstruction_that_is_none(
    config: Path, points: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert why in message_of(
        capsys, 2, "--config", config, "config", "set", "site.obstructions", points
    )
    config.write_text(f"{SITE}obstructions = {points}\n")
    assert why in message_of(capsys, 2, "--config", config, "sky")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("30 40\n", "two points"),
        ("", "empty"),
        ("30 40\n4O 40\n", "line 2"),
        ("30 nan\n1 2\n", "1"),
    ],
)
def test_a_horizon_file_that_is_none_leaves_the_horizon_as_it_was(
    config: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = config.with_name("trees.hrz")
    file.write_text(text)
    before = config.read_bytes()
    assert why in message_of(capsys, 2, "--config", config, "site", "horizon", file, "--yes")
    assert config.read_bytes() == before and not config.with_name("config.local.toml").exists()


@asynccontextmanager
async def endless_line(kind: str) -> AsyncIterator[str]:
    """The address of a line, serial or TCP, on which bytes come for ever and no line ends."""

    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"7" * 4096)
                await writer.drain()
        except OSError:
            pass

    if kind == "tcp":
        server = await asyncio.start_server(pour, "127.0.0.1", 0)
        async with server:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return
    inside, outside = os.openpty()
    os.set_blocking(inside, False)
    loop = asyncio.get_running_loop()

    def push() -> None:
        try:
            os.write(inside, b"7" * 512)
        except BlockingIOError:
            return

    loop.add_writer(inside, push)
    try:
        yield os.ttyname(outside)
    finally:
        loop.remove_writer(inside)
        os.close(inside)
        os.close(outside)


def add_sensor(config: Path, kind: str, address: str) -> None:
    sensor = f'[[sensors]]\nname = "roof"\nkind = "{kind}"\naddress = "{address}"\n'
    config.write_text(config.read_text() + sensor)


async def by_itself(*command: object) -> tuple[int, str, str]:
    """A verb as a process of its own: exit code, what it wrote, what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crowdsky_tui", *map(str, command),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(100):
        out, said = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), said.decode()


@asynccontextmanager
async def observing(root: Path, **more: Any) -> AsyncIterator[Night]:
    """A started night whose telescope is there."""
    async with (
        running(root / "scope", speed=60.0) as scope,
        Night(settings_for(scope, root, **more)) as night,
    ):
        await night.start()
        await until(lambda: "garden" in night.store.scopes)
        await until(lambda: night.store.scopes["garden"].state.usable)
        yield night


@pytest.mark.parametrize("kind", ["tcp", "serial"])
async def test_a_line_that_never_ends(
    config: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conditions, "LOOK_EVERY_S", 0.05)
    async with endless_line(kind) as address:
        add_sensor(config, "json", address)
        code, out, _ = await by_itself("--config", config, "sensors")
        assert code == 4 and "sent a line without end" in out.splitlines()[0]
        assert len(out.splitlines()) == 2 and len(out) < 500
        roof = SensorSettings(name="roof", kind="json", address=address)
        async with observing(tmp_path / "night", sensors=(roof,)) as night:
            await until(lambda: "without end" in night.store.conditions.text)
            assert night.store.conditions.safety == "unsafe"
            assert night.store.scopes["garden"].state.usable


AHEAD = datetime(2036, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["boltwood", "json"])
async def test_a_sensors_clock_in_2036(config: Path, tmp_path: Path, kind: str) -> None:
    at = AHEAD.astimezone()
    line = (
        f"{at:%Y-%m-%d %H:%M:%S}.00 C m -24.8 19.72 20.0 1.03 49 8.7 0 0 0 00002 040471.50566"
        " 1 1 1 1 0 0\n"
    )
    if kind == "json":
        line = json.dumps({"timestamp": AHEAD.isoformat(), "safe": True, "ambient_temp": 4}) + "\n"

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):  # the first line after opening is dropped
            writer.write(line.encode())
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    file = tmp_path / "boltwood.txt"
    file.write_text(line)
    port = server.sockets[0].getsockname()[1]
    address = str(file) if kind == "boltwood" else f"127.0.0.1:{port}"
    add_sensor(config, kind, address)
    async with server:
        code, out, _ = await by_itself("--config", config, "sensors")
    assert code == 3, out
    assert "unsafe: roof: its clock is wrong" in out and "ahead" in out


def a_fits(path: Path, **cards: object) -> Path:
    lines = [f"{key:<8}= {value:>20}".ljust(80) for key, value in {"SIMPLE": "T", **cards}.items()]
    path.write_bytes("".join([*lines, "END".ljust(80)]).ljust(2880).encode())
    return path


FITS = {
    "no data": {"BITPIX": 8, "NAXIS": 0},
    "sides of nothing": {"BITPIX": 16, "NAXIS": 2, "NAXIS1": 0, "NAXIS2": 0},
    "cut": {"BITPIX": 16, "NAXIS": 2, "NAXIS1": 100, "NAXIS2": 100},
    "a line": {"BITPIX": 16, "NAXIS": 1, "NAXIS1": 0},
}


@pytest.mark.parametrize("what", FITS)
def test_a_fits_without_data(
    config: Path, tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = a_fits(tmp_path / "empty.fits", **FITS[what])
    before = path.read_bytes()
    out = tmp_path / "out.jpg"
    assert "empty.fits" in message_of(capsys, 3, "--config", config, "picture", path, "--out", out)
    other = a_fits(tmp_path / "other.fits", **FITS[what])
    assert "0 of 2 pictures" in message_of(capsys, 3, "--config", config, "film", path, other)
    assert path.read_bytes() == before and not out.exists()


def with_small_files() -> None:
    """No file may grow: to whoever writes that is a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))


@pytest.mark.parametrize("verb", ["picture", "film"])
def test_a_picture_folder_that_is_full(config: Path, tmp_path: Path, verb: str) -> None:
    stacks = [stack(tmp_path / f"{number}.fit") for number in range(2)]
    out = tmp_path / ("old.jpg" if verb == "picture" else "old.webp")
    out.write_bytes(b"the old one")
    files = stacks[:1] if verb == "picture" else stacks
    done = subprocess.run(
        [sys.executable, "-m", "crowdsky_tui", "--config", config, verb, *files, "--out", out,
         "--overwrite"],
        capture_output=True, text=True, timeout=100, check=False, preexec_fn=with_small_files,
    )  # fmt: skip
    assert done.returncode == 3 and "Traceback" not in done.stderr, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("crowdsky-tui: ") and "cannot be written" in last
    assert out.read_bytes() == b"the old one"
    assert sorted(each.name for each in tmp_path.iterdir() if "old" in each.name) == [out.name]


async def make_newer(state: Path, url: str = "") -> None:
    database = Database(state, url)
    await database.run(
        lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'") and None
    )
    await database.close()


def test_a_database_from_a_newer_version(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(make_newer(tmp_path / "state"))
    before = (tmp_path / "state" / FILE).read_bytes()
    for verb in (["log"], ["log", "runs"], ["target", "list"], ["target", "add", "M 81"],
                 ["database", "export", tmp_path / "out"], ["plan", "tonight"]):  # fmt: skip
        said = message_of(capsys, 2, "--config", config, *verb)
        assert "9999" in said and "Update crowdsky-tui" in said, verb
    assert (tmp_path / "state" / FILE).read_bytes() == before
    assert not (tmp_path / "out").exists()


async def test_a_night_goes_on_beside_a_newer_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "FIRST_WRITE_S", 0.01)
    await make_newer(tmp_path / "state")
    before = (tmp_path / "state" / FILE).read_bytes()
    async with observing(tmp_path) as night:
        night.store.add_log(LogLine(night.clock.now(), Severity.ERROR, "noticed"))
        await until(lambda: any("kept in memory" in line.text for line in night.store.log))
        current = night.records.records.current("error")
        assert current is not None
        assert sum("kept in memory" in line.text for line in night.store.log) == 1
        assert night.store.scopes["garden"].state.usable
    assert (tmp_path / "state" / FILE).read_bytes() == before


async def test_postgresql_that_goes_away_while_a_verb_follows_it(
    config: Path, postgres: Cluster
) -> None:
    url = postgres.new_database()
    config.write_text(f'{config.read_text()}[database]\nurl = "{url}"\n')
    database = Database(config.parent, url)
    stream = records.Records(database, Clock())
    stream.insert("scope", {"n": 1}, "garden")
    await stream.flush()
    await database.close()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crowdsky_tui", "--config", str(config), "log", "--follow", "--json",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert b"garden" in await asyncio.wait_for(process.stdout.readline(), 100)
        postgres.stop()
        async with asyncio.timeout(100):
            _, said = await process.communicate()
    finally:
        postgres.start()
    assert process.returncode == 4, said
    assert said.decode().count("\n") == 1 and b"the database cannot be reached" in said
    assert b"s3cr3t" not in said and b"Traceback" not in said


async def test_postgresql_that_goes_away_in_the_middle_of_a_night(
    tmp_path: Path, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("FIRST_WRITE_S", 0.01), ("WRITE_EVERY_S", 0.05)):
        monkeypatch.setattr(records, name, seconds)
    monkeypatch.setattr(records, "LONGEST_PAUSE_S", 0.1)
    shared = DatabaseSettings(postgres.new_database())
    async with observing(tmp_path, database=shared) as night:
        log = night.store.log
        stream = night.records.records
        first = stream.insert("scope", {"n": 1}, "garden")
        assert await stream.find(first) is not None
        postgres.stop()
        try:
            second = stream.insert("scope", {"n": 2}, "garden")
            await until(lambda: any("kept in memory" in line.text for line in log))
            assert night.store.scopes["garden"].state.usable
            assert not any("s3cr3t" in line.text for line in log)
        finally:
            postgres.start()
        await until(lambda: any("the database is back" in line.text for line in log))
        assert await stream.find(first) is not None and await stream.find(second) is not None


def test_the_clock_of_these_tests_is_before_2036() -> None:
    assert Clock().now() < AHEAD
