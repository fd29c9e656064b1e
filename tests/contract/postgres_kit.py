"""A PostgreSQL of the tests' own: an unprivileged cluster in a temporary folder, on loopback."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

USER, PASSWORD = "club", "s3cr3t-of-the-club"
START_S = 60.0


def program(name: str) -> str | None:
    """PostgreSQL's own program of that name, None without PostgreSQL."""
    newest_first = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return str(newest_first[0]) if newest_first else shutil.which(name)


def as_other() -> tuple[str, ...]:
    """The words before a command of root's that shall not know it: where / is closed to others."""
    closed = os.geteuid() == 0 and not Path("/").stat().st_mode & 0o001
    unshare = shutil.which("unshare") if closed else None
    return (unshare, "--user", "--map-user=1000", "--map-group=1000") if unshare else ()


class Cluster:
    """A running server. `url(database)` is an address that SQLAlchemy understands."""

    def __init__(self, folder: Path, port: int, who: Mapping[str, Any]) -> None:
        self._folder, self.port, self._who = folder, port, who
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        server = program("postgres")
        assert server
        line = [
            *as_other(),
            server,
            "-D",
            str(self._folder / "data"),
            "-p",
            str(self.port),
            "-k",
            "",
        ]
        line += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(line, stdout=log, stderr=log, **self._who)
        deadline = monotonic() + START_S
        while not self._answers():
            told = (self._folder / "log").read_text()
            assert self._process.poll() is None and monotonic() < deadline, told
            sleep(0.05)

    def stop(self) -> None:
        """End it at once, as a power cut does: connections break in the middle."""
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: immediate shutdown
            self._process.wait(30)
            self._process = None

    def new_database(self) -> str:
        """The address of an empty database."""
        import psycopg

        self._made += 1
        name = f"night_{os.getpid()}_{self._made}"
        with psycopg.connect(self._plain_url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def _plain_url(self) -> str:
        return self.url().replace("+psycopg", "")

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self._plain_url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a cluster, run it, and take it away."""
    initdb = program("initdb")
    assert initdb
    folder = Path(tempfile.mkdtemp(prefix="crowdsky-postgres-"))
    who: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0 and not as_other():  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    line = [*as_other(), initdb, "-D", str(folder / "data"), "-U", USER, "-A", "scram-sha-256"]
    line += ["--pwfile", str(secret), "--no-sync", "-E", "UTF8", "--locale=C"]
    try:
        made = subprocess.run(line, capture_output=True, text=True, **who)
        assert made.returncode == 0, made.stderr
        running = Cluster(folder, port, who)
        running.start()
        try:
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
