"""A real Samba with the telescope's share, if there is one on this machine."""

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.system import tool

HOST = "127.0.0.1"
SHARE = "EMMC Images"
_CONFIG = """
[global]
  server role = standalone server
  map to guest = Bad User
  guest account = {user}
  interfaces = {host}/8
  bind interfaces only = yes
  smb ports = {port}
  disable netbios = yes
  load printers = no
  server min protocol = NT1
  ntlm auth = yes
  private dir = {state}/private
  state directory = {state}/state
  cache directory = {state}/cache
  lock directory = {state}/lock
  pid directory = {state}/pid
  ncalrpc dir = {state}/ncalrpc
  log file = {state}/log
[{share}]
  path = {root}
  read only = no
  guest ok = yes
  force user = {user}
"""


class Share(msgspec.Struct, frozen=True):
    """A running Samba; `root` is the folder that it shares."""

    root: Path
    port: int


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def samba() -> Iterator[Share | None]:
    """The share as a telescope has it (guest, no signing); None where smbd is not installed."""
    smbd = tool("smbd")
    if smbd is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-smb-") as name:
        folder, port = Path(name), _free_port()
        for part in ("private", "state", "cache", "lock", "pid", "ncalrpc", "root/MyWorks"):
            (folder / part).mkdir(parents=True)
        root = folder / "root"
        config = folder / "smb.conf"
        user = folder.owner()
        config.write_text(
            _CONFIG.format(host=HOST, port=port, state=folder, root=root, user=user, share=SHARE),
            encoding="utf-8",
        )
        process = subprocess.Popen(
            [smbd, "--foreground", "--no-process-group", "-s", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # at its end smbd sends SIGTERM to its process group
        )
        try:
            yield Share(root, port) if _listens(process, port) else None
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _listens(process: "subprocess.Popen[bytes]", port: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False
