"""`simulate` as its own process: one ready line, settings for the app, a clean end."""

import asyncio
import json
import os
import signal
import socket
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from seestar_kit import RawClient

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.cli.verbs.simulate import Options, simulated
from crowdsky_tui.simulator.options import SimulateOptions
from crowdsky_tui.simulator.run import simulate

CHILD = """
import sys
from crowdsky_tui.cli.main import main
sys.exit(main(["simulate", *sys.argv[1:]]))
"""


@asynccontextmanager
async def simulating(
    *options: str, tmp: Path, ending: signal.Signals | None = signal.SIGTERM
) -> AsyncIterator[dict[str, Any]]:
    """The ready line of a child; `ending` None closes its stdin instead of signalling."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CHILD,
        *options,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp)},
    )
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        line = await asyncio.wait_for(child.stdout.readline(), 60)
        yield json.loads(line)
        if ending is None:
            child.stdin.close()
        else:
            child.send_signal(ending)
        rest = await asyncio.wait_for(child.stdout.read(), 20)
        code = await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert rest == b"", "one line and nothing else"
    assert code == (-9 if ending is signal.SIGKILL else 0)


@asynccontextmanager
async def talking(scope: dict[str, Any]) -> AsyncIterator[RawClient]:
    reader, writer = await asyncio.open_connection(scope["host"], scope["rpc_port"])
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


def _clock(config: dict[str, Any]) -> Clock:
    clock = config["clock"]
    return Clock(clock["origin"], clock["since"], clock["speed"])


async def test_the_ready_line_and_the_settings_lead_to_the_stand_ins(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    hosts = ("--hosts", "127.0.0.2,127.0.0.3", "--rpc-port", str(port))
    options = (*hosts, "--speed", "60", "--follow-stdin")
    async with simulating(*options, tmp=tmp_path, ending=None) as ready:
        where = [(scope["host"], scope["rpc_port"]) for scope in ready["scopes"]]
        assert where == [("127.0.0.2", port), ("127.0.0.3", port)]
        config = tomllib.loads(Path(ready["config"]).read_text())
        assert Path(ready["config"]).stat().st_mode & 0o077 == 0
        assert len(ready["scopes"]) == len(config["scopes"]) == 2
        for line, section in zip(ready["scopes"], config["scopes"], strict=True):
            assert section["files"] == "folder"
            assert section["folder"] == line["root"]
            assert section["name"] == f"S50 {line['serial'][:4]}"
            async with talking(line) as client:
                view = (await client.result("get_view_state"))["View"]
                assert view["mode"] == "none"
                albums = await client.result("get_albums")
            async with httpx.AsyncClient() as web:
                name = albums["list"][0]["files"][0]["thn"]
                url = f"http://{line['host']}:{line['http_port']}/MyWorks/{name}"
                assert (await web.get(url)).status_code == 200
        assert config["server"] == ready["server"]
        async with httpx.AsyncClient() as web:
            account = (ready["server"]["username"], ready["server"]["password"])
            url = f"{ready['server']['url']}/api/my_stacks.php"
            assert (await web.get(url, auth=account)).status_code == 200
        morning = datetime(2026, 2, 28, 5, 30, tzinfo=UTC)
        assert 0 <= (_clock(config).now() - morning).total_seconds() < 60 * 30
        assert not Path(config["storage"]["state_dir"]).exists()
    assert list(tmp_path.iterdir()) == [], "the temporary night is removed"


async def test_a_live_night_grows_and_ends(tmp_path: Path) -> None:
    options = ("--live", "--scopes", "1", "--speed", "3000", "--root", str(tmp_path / "n"))
    async with simulating(*options, tmp=tmp_path) as ready, talking(ready["scopes"][0]) as client:
        view = (await client.result("get_view_state"))["View"]
        assert (view["state"], view["target_name"]) == ("working", "M 51")
        seen = view["Stack"]["stacked_frame"]
        sub = Path(ready["scopes"][0]["root"]) / "MyWorks" / "M 51_sub"
        files = len(list(sub.glob("*.fit")))
        for _ in range(200):
            await asyncio.sleep(0.05)
            view = (await client.result("get_view_state"))["View"]
            if view["state"] == "cancel":
                break
        assert view["mode"] == "none"
        assert view["Stack"]["stacked_frame"] == len(list(sub.glob("*.fit"))) > max(files, seen)
        names = {event["Event"] for event in client.events}
        assert {"Stack", "Exposure", "Alert", "SaveImage", "View"} <= names
        assert len(list((sub.parent / "M 51").glob("Stacked_*.fit"))) == 1
    files = len(list(sub.glob("*.fit")))
    async with simulating(*options, tmp=tmp_path) as again, talking(again["scopes"][0]) as client:
        view = (await client.result("get_view_state"))["View"]
        assert view["state"] == "cancel", "the session is not observed twice"
        assert len(list(sub.glob("*.fit"))) == files


async def test_a_kept_night_is_found_again(tmp_path: Path) -> None:
    options = ("--scopes", "1", "--root", str(tmp_path / "n"))
    works, victim, before = Path(), Path(), datetime(2026, 2, 28, 5, 30, tzinfo=UTC)
    for ending in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        async with simulating(*options, tmp=tmp_path, ending=ending) as ready:
            if ending is signal.SIGKILL:
                works = Path(ready["scopes"][0]["root"]) / "MyWorks"
                victim = next((works / "M 81_sub").glob("Light_*.fit"))
                victim.unlink()
            assert Path(ready["scopes"][0]["root"]) / "MyWorks" == works
            assert not victim.exists(), "taken as it is"
            now = _clock(tomllib.loads(Path(ready["config"]).read_text())).now()
            assert now >= before, "its time goes on"
            before = now
    assert works.is_dir()
    other = SimulateOptions(scopes=1, seed=2, root=tmp_path / "n")
    with pytest.raises(UsageError, match="holds another night"):
        await simulate(other, sys.stdout)


async def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = SimulateOptions(scopes=1, rpc_port=port, root=tmp_path)
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1, port {port}"):
            await simulate(options, sys.stdout)


@pytest.mark.parametrize("options", [{"scopes": 0}, {"scopes": 9}, {"firmware": "new"}])
async def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        await simulate(SimulateOptions(**options), sys.stdout)


def options_of(*words: str) -> Options:
    options = parse(words).options
    assert isinstance(options, Options)
    return options


def test_the_arguments_default_to_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(options_of("simulate")) == SimulateOptions()
    line = ["simulate", "--hosts", "127.0.0.2, 127.0.0.3", "--live", "--root", "x"]
    options = simulated(options_of(*line))
    assert options.hosts == ("127.0.0.2", "127.0.0.3")
    assert (options.live, options.root) == (True, Path("x"))
    with pytest.raises(SystemExit):
        parse(["simulate", "--help"])
    told = capsys.readouterr().out
    assert "--duplicates" in told and "--follow-stdin" not in told


def test_the_arguments_cost_neither_numpy_nor_a_web_server() -> None:
    code = (
        "import sys, crowdsky_tui.simulator.options\n"
        "print([m for m in ('asyncio', 'numpy', 'astropy', 'starlette') if m in sys.modules])"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
