"""Floors: the least that anything of the kind can cost, taken in the same run as ours."""

import json
import re
import socket
import sqlite3
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.system import tool

PYTHON = (sys.executable, "-P")

TEN_LINES = """
from textual.app import App
from textual.widgets import Input
class Ten(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        yield Input("a ten-line app")
    def on_mount(self):
        self.query_one(Input).cursor_blink = False
if __name__ == "__main__":
    Ten().run()
"""

_LIGHT = re.compile(
    r"Light_(?P<target>.+)_(?P<exposure>\d+\.\d+s)_(?P<filter>[A-Za-z]+)_(?P<time>\d{8}-\d{6})\.fit"
)


def ten_line_app() -> tuple[str, ...]:
    """The smallest Textual app, as a command."""
    return (*PYTHON, "-c", TEN_LINES)


def process_ms(command: tuple[str, ...]) -> float:
    """Milliseconds of a whole process, its output thrown away."""
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - begun) * 1000


def parse_plainly(names: list[str]) -> int:
    """What the documented module does with each name: one `re` match, one `strptime`."""
    parsed = 0
    for name in names:
        match = _LIGHT.fullmatch(name)
        if match:
            datetime.strptime(match["time"], "%Y%m%d-%H%M%S")  # noqa: DTZ007 - as names have it
            parsed += 1
    return parsed


def sha256sum_ms(path: Path) -> float:
    """Milliseconds of the system's own sha256sum over a file."""
    return process_ms((tool("sha256sum") or "sha256sum", str(path)))


def read_ms(path: Path) -> float:
    """Reading a file once, from the page cache."""
    begun = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass
    return (time.perf_counter() - begun) * 1000


def curl_ms(*arguments: str) -> float:
    """The time that curl itself takes for a transfer, without its start; ValueError if it fails."""
    command = [tool("curl") or "curl", "-sS", "--noproxy", "*", "-w", "%{time_total} %{http_code}"]
    run = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
    seconds, code = run.stdout.split()[-2:]
    if not code.startswith("2"):
        raise ValueError(f"curl was answered {code}")
    return float(seconds) * 1000


def smbclient_ms(host: str, port: int, share: str, folder: str) -> float:
    """`smbclient -c ls` of one folder, its start and login included."""
    command = [tool("smbclient") or "smbclient", f"//{host}/{share}", "-N", "-p", str(port)]
    begun = time.perf_counter()
    run = subprocess.run(
        [*command, "-D", folder, "-c", "ls"], stdout=subprocess.DEVNULL, check=True
    )
    assert run.returncode == 0
    return (time.perf_counter() - begun) * 1000


def bare_transactions(path: Path, count: int) -> float:
    """Seconds of `count` commits of one small row, as durable as the journal's."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT)")
    body = "x" * 600
    begun = time.perf_counter()
    for _ in range(count):
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO rows (body) VALUES (?)", (body,))
        db.execute("COMMIT")
    seconds = time.perf_counter() - begun
    db.close()
    return seconds


def pages_ms(host: str, port: int, folder: str) -> tuple[float, int]:
    """All pages of a folder over a bare socket, one after another; and how many names came."""
    with socket.create_connection((host, port)) as line, line.makefile("rb") as answers:

        def call(number: int, method: str, params: object) -> Any:
            request = {"id": number, "method": method, "params": params}
            line.sendall(json.dumps(request).encode() + b"\r\n")
            for answer in answers:
                reply = json.loads(answer)
                if reply.get("id") == number:
                    return reply["result"]
            raise ConnectionError("the stand-in hung up")

        begun = time.perf_counter()
        opened = call(1, "get_img_file_page_number", {"dir": folder, "skip_avi": False})
        pages = opened["count"] if isinstance(opened, dict) else opened
        names = sum(
            len(call(2 + page, "get_img_file_page_name", {"page": page})) for page in range(pages)
        )
        return (time.perf_counter() - begun) * 1000, names
