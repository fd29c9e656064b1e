"""The automatic night by itself: everything proved, a report that is true, and a notice of it."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.night.calls.automatic import ShowReport, SwitchAutomatic
from crowdsky_tui.store.store import Store, Topic
from crowdsky_tui.tui.widgets.top_line import automatic_words


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "--scopes", "1", "--speed", "120") as running:
        yield running


@pytest.fixture
def hook() -> Iterator[tuple[str, list[str]]]:
    """The address of a web hook, and what it was told."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            told.append(f"{self.headers['title']}\n{body}")
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/t", told
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.long
async def test_a_night_needs_nobody_and_ends_with_a_true_report(
    sim: Simulation, hook: tuple[str, list[str]]
) -> None:
    address, told = hook
    with sim.config.open("a") as config:
        config.write(f'\n[automatic]\nwhen = "dawn"\n[notices]\nurl = "{address}"\n')
    process = sim.begin("agent")
    page = sim.state / "report-2026-02-27.txt"
    night = RemoteNight(read_settings(sim.config, {}).settings)
    try:
        async with asyncio.timeout(150):
            while not page.exists() or not any("CrowdSky" in text for text in told):
                assert process.poll() is None
                await asyncio.sleep(0.3)
        rows = len(await asyncio.to_thread(sim.rows))
        text = page.read_text()
        assert rows > 0 and f"All {rows} eligible blocks are proved." in text
        [notice] = [each for each in told if "CrowdSky" in each]
        assert notice.startswith("CrowdSky: All") and text.splitlines()[0] in notice

        await night.open()
        assert f"All {rows} eligible blocks are proved" in await night.do(ShowReport())
        assert night.store.automatic.startswith("on")
        assert "is off" in await night.do(SwitchAutomatic(on=False))
        await asyncio.sleep(0.5)
        assert night.store.automatic == "off" and process.poll() is None
        assert "already" in await night.do(SwitchAutomatic(on=False))
        assert "is on" in await night.do(SwitchAutomatic(on=True))
    finally:
        await night.close()
        process.terminate()
        process.communicate(timeout=30)
    log = (sim.state / "crowdsky-tui.log").read_text()
    assert "report: All" in log and address not in log


def test_the_top_line_says_how_it_is() -> None:
    store = Store()
    store.set_automatic("waits for the clock")
    assert store.revisions[Topic.AUTOMATIC] == 1
    assert automatic_words(store.automatic, 120) == "automatic night: waits for the clock"
    assert automatic_words("on, waits for dawn", 80) == "auto: on"
    assert automatic_words("off", 120) == ""
