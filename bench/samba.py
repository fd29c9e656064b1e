"""A real Samba with the telescope's share, if there is one on this machine."""

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.system import tool

HOST = "127.0.0.1"
SHARE = "EMMC Images"
_FOREGROUND = ("--foreground", "--no-process-group")
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


class Samba:
    """One smbd in the foreground, all its state below `folder`; `root` is what it shares."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.port = _free_port()
        self._config = folder / "smb.conf"
        self._log = folder / "smbd.out"
        for part in ("private", "state", "cache", "lock", "pid", "ncalrpc", "root/MyWorks"):
            (folder / part).mkdir(parents=True)
        about = {"host": HOST, "port": self.port, "share": SHARE, "user": folder.owner()}
        self._config.write_text(
            _CONFIG.format(state=folder, root=self.root, **about), encoding="utf-8"
        )

    def start(self) -> None:
        """Returns when it listens; RuntimeError with what it said if it does not."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [tool("smbd") or "smbd", *_FOREGROUND, "-s", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # at its end smbd sends SIGTERM to its process group
            )
        end = time.monotonic() + 10
        while not self._listens():
            if time.monotonic() > end or self._process.poll() is not None:
                self.stop()
                raise RuntimeError(self._log.read_text(errors="replace"))
            time.sleep(0.05)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)

    def _listens(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def samba() -> Iterator[Samba | None]:
    """The share as a telescope has it (guest, no signing); None where smbd does not run."""
    if tool("smbd") is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-smb-") as name:
        server = Samba(Path(name))
        try:
            server.start()
        except RuntimeError:
            yield None
            return
        try:
            yield server
        finally:
            server.stop()
