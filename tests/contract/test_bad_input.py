"""Bad input gives one clear line, a sensible exit code, no traceback, and loses nothing."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import COMMAND, Simulation, simulation


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(tmp_path_factory.mktemp("night"), "--scopes", "1") as running:
        yield running


def assert_one_clear_line(done: "subprocess.CompletedProcess[str]", code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("crowdsky-tui: ")]
    assert len(errors) == 1, done.stderr
    for word in words:
        assert word in errors[0]


def settings_with(sim: Simulation, folder: Path, old: str, new: str) -> Path:
    text = sim.config.read_text()
    assert old in text
    path = folder / "config.toml"
    path.write_text(text.replace(old, new))
    path.chmod(0o600)
    return path


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_a_scope_that_is_not_there(sim: Simulation, tmp_path: Path) -> None:
    port = f"rpc_port = {sim.ready['scopes'][0]['rpc_port']}"
    config = settings_with(sim, tmp_path, port, "rpc_port = 1")
    assert_one_clear_line(run("--config", config, "targets"), 4, "127.0.0.1 port 1", "Check that")


def test_a_wrong_password(sim: Simulation, tmp_path: Path) -> None:
    config = settings_with(sim, tmp_path, 'username = "demo"', 'username = "somebody"')
    done = run("--config", config, "sync")
    assert_one_clear_line(done, 5)
    assert sim.ready["server"]["password"] not in done.stderr


def test_no_account_at_all(sim: Simulation, tmp_path: Path) -> None:
    config = settings_with(sim, tmp_path, 'username = "demo"', 'username = ""')
    assert_one_clear_line(run("--config", config, "stacks"), 5, "CROWDSKY_USERNAME")


def test_a_server_that_answers_html(sim: Simulation, tmp_path: Path) -> None:
    code = (
        "import http.server\n"
        "class Page(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        body = b'<html><body>Welcome to our hotel</body></html>'\n"
        "        self.send_response(200); self.send_header('Content-Type', 'text/html')\n"
        "        self.send_header('Content-Length', str(len(body))); self.end_headers()\n"
        "        self.wfile.write(body)\n"
        "    def log_message(self, *a): pass\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), Page)\n"
        "print(server.server_port, flush=True)\n"
        "server.serve_forever()\n"
    )
    page = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert page.stdout is not None
        url = f"http://127.0.0.1:{page.stdout.readline().strip()}"
        config = settings_with(sim, tmp_path, sim.ready["server"]["url"], url)
        assert_one_clear_line(run("--config", config, "sync"), 3, "web page", "captive portal")
    finally:
        page.kill()
        page.communicate()
    assert sim.scope_files("DSO_Stacked_*") == []


def test_a_journal_from_a_newer_version(sim: Simulation) -> None:
    sim.state.mkdir(parents=True, exist_ok=True)
    journal = sim.state / "journal.sqlite3"
    journal.unlink(missing_ok=True)
    with sqlite3.connect(journal) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    try:
        assert_one_clear_line(sim.run("sync"), 2, "newer crowdsky-tui", "Update")
    finally:
        journal.unlink()


def test_another_copy_at_work(sim: Simulation) -> None:
    code = (
        "import asyncio, sys, pathlib, time\n"
        "from crowdsky_tui.jobs.journal import Journal\n"
        "asyncio.run(Journal(pathlib.Path(sys.argv[1])).open('the other one'))\n"
        "print('held', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(sim.state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        assert_one_clear_line(sim.run("stack", "--all"), 11, "the other one", "min")
        assert sim.run("targets").returncode == 0
    finally:
        holder.communicate()


def test_a_folder_with_stray_and_planted_files(sim: Simulation) -> None:
    root = Path(sim.ready["scopes"][0]["root"]) / "MyWorks"
    target = sim.json("targets")[0]["target"]
    before = sim.json("blocks", target, "--all")
    planted = [
        root / f"{target}_sub" / "Light_\x1b]52;c;aGk=\x07_20.0s_LP_20260227-225203.fit",
        root / f"{target}_sub" / "notes.txt",
        root / f"{target}_sub" / f"Light_{target}_20.0s_LP_20261327-225203.fit",
        root / f"{target}_sub" / f"Light_{target}_20.0s_LP_20260227-225203.jpg",
    ]
    evil = root / "\x1b[2Jgone_sub"
    evil.mkdir()
    for path in planted:
        path.write_bytes(b"x")
    try:
        done = sim.run("targets", "--json")
        assert done.returncode == 0
        assert "\x1b" not in done.stdout + done.stderr
        after = sim.json("blocks", target, "--all")
        assert [block["frame_count"] for block in after] == [
            block["frame_count"] for block in before
        ]
    finally:
        evil.rmdir()
        for path in planted:
            path.unlink()


def test_a_truncated_stack_is_not_sent(sim: Simulation, tmp_path: Path) -> None:
    root = Path(sim.ready["scopes"][0]["root"])
    whole = next(root.rglob("CrowdSky_*.fit"))
    cut = tmp_path / whole.name
    cut.write_bytes(whole.read_bytes()[:-3000])
    done = sim.run("upload", "--local-dir", str(tmp_path))
    assert done.returncode == 3
    assert "cut short" in done.stderr and "Traceback" not in done.stderr
    assert sim.rows() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk can only be mounted as root")
def test_a_full_disk_while_fetching(sim: Simulation, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    try:
        done = sim.run("upload", "M 81", "--dest", str(small))
        assert done.returncode == 3
        assert "Traceback" not in done.stderr
        assert "room" in done.stdout + done.stderr or "full" in done.stdout + done.stderr
        assert [path for path in small.rglob("*.fit") if path.is_file()] == []
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert sim.rows() == []


def test_help_and_version_need_nothing(tmp_path: Path) -> None:
    assert run("--version").stdout.startswith("crowdsky-tui ")
    assert "sync" in run("--help").stdout


def test_the_app_without_a_terminal_says_so(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    assert_one_clear_line(run("--config", config), 2, "terminal")
