"""Starting `bench.standins` and small settings files from a benchmark."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

APP = (sys.executable, "-P", "-m", "crowdsky_tui")
ROOT = Path(__file__).parents[1]


@contextmanager
def standins(*options: str) -> Iterator[Path]:
    """Stand-ins that end with the block; yields the settings file that points at them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.standins", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the stand-ins did not start")
        yield Path(json.loads(line)["config"])
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


ONE_AWAY = """
[[scopes]]
name = "S1"
host = "127.0.0.1"
rpc_port = 1
files = "folder"
folder = "/nowhere"
"""
"""One telescope that is off. Without any, the program would search the network for some."""


@contextmanager
def settings(text: str = ONE_AWAY) -> Iterator[Path]:
    """A settings file with a state folder of its own, both gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder:
        path = Path(folder) / "config.toml"
        path.write_text(f'[storage]\nstate_dir = "{folder}/state"\n{text}', encoding="utf-8")
        yield path


def storm_settings() -> str:
    """Four telescopes and a server that refuse every connection, and so are asked for ever."""
    scope = '\n[[scopes]]\nname = "S{0}"\nhost = "127.0.0.1"\nrpc_port = {0}\nfiles = "folder"\n'
    scopes = "".join(scope.format(port) + 'folder = "/nowhere"\n' for port in range(1, 5))
    server = '\n[server]\nurl = "http://127.0.0.1:9"\nusername = "a"\npassword = "b"\n'
    return server + scopes
