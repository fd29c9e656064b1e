"""A stand-in of the CrowdSky server on a real socket, strict enough to learn from.

It listens on the loopback only, knows one account and its API keys, and turns uploads into stacks
after a while of its clock's time. What it does and says follows
docs/design/crowdsky-protocol.md; where nothing is known of the real server it does the plain thing.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from pathlib import Path

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.crowdsky.accounts import DEMO_KEY, Accounts
from crowdsky_tui.simulator.crowdsky.faults import Fault, Faults
from crowdsky_tui.simulator.crowdsky.gate import Gate, Traffic
from crowdsky_tui.simulator.crowdsky.routes import Api
from crowdsky_tui.simulator.crowdsky.state import Job, Session, Stack, State
from crowdsky_tui.simulator.crowdsky.worker import Worker
from crowdsky_tui.simulator.socket_server import SocketServer

__all__ = ["CrowdSkyStandIn", "Fault", "Job", "Stack"]

DUPLICATE_POLICIES = ("accept", "refuse409", "replace")


class CrowdSkyStandIn:
    """The server, from `start` to `stop`; the same `root` brings back the same rows.

    `worker_delay_s` is how long a job takes, in seconds of `clock`. `duplicate_policy` is one of
    `DUPLICATE_POLICIES` (see `Api`). `date_timezone` is PHP's zone for a DATE-OBS without one.
    `api_keys` maps API keys to their state (`active`, `expired`, `revoked` or `owner_off`);
    `api_key` is the one that works.

    For tests: `stacks` and `jobs` as they are now, `requests` (count and bytes by endpoint),
    `faults` (what shall go wrong), `crashes` and `worker.paused`.
    """

    def __init__(  # noqa: PLR0913 - options by name
        self,
        root: Path,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        username: str = "demo",
        password: str = "demo-night",  # noqa: S107 - the demo account, known to all
        api_keys: Mapping[str, str] | None = None,
        worker_delay_s: float = 60.0,
        duplicate_policy: str = "accept",
        date_timezone: tzinfo = UTC,
        seed: int = 0,
    ) -> None:
        if duplicate_policy not in DUPLICATE_POLICIES:
            raise ValueError(f"duplicate_policy must be one of {', '.join(DUPLICATE_POLICIES)}")
        self.username = username
        self.password = password
        self.api_key = DEMO_KEY
        self.accounts = Accounts(username, password, {DEMO_KEY: "active", **(api_keys or {})})
        self.faults = Faults()
        self._state = State(root)
        self.worker = Worker(
            self._state,
            clock,
            self.faults,
            worker_delay_s,
            seed,
            replace=duplicate_policy == "replace",
        )
        api = Api(
            self._state,
            clock,
            self.accounts,
            self.worker.wake,
            duplicate_policy,
            date_timezone,
        )
        self._gate = Gate(api.app(), self.faults)
        self._server = SocketServer(self._gate, host, port)
        self._gate.connections = self._server.connections

    @property
    def url(self) -> str:
        """`http://HOST:PORT`; the port is known once started."""
        return self._server.url

    @property
    def account(self) -> dict[str, str]:
        """The `[server]` table that signs the app in here, without the API key."""
        return {"url": self.url, "username": self.username, "password": self.password}

    @property
    def stacks(self) -> list[Stack]:
        """Finished rows, oldest first."""
        return sorted(self._state.stacks.values(), key=lambda stack: stack.id)

    @property
    def jobs(self) -> list[Job]:
        """Every upload so far, oldest first."""
        return sorted(self._state.jobs.values(), key=lambda job: job.id)

    @property
    def sessions(self) -> list[Session]:
        """Every raw session so far, oldest first."""
        return sorted(self._state.sessions.values(), key=lambda session: session.id)

    @property
    def requests(self) -> dict[str, Traffic]:
        """Traffic by endpoint (`my_stacks`, `raw_file`, ...; `crowdsky_faults.ENDPOINTS`)."""
        return self._gate.traffic

    @property
    def crashes(self) -> list[Exception]:
        """Errors of the stand-in itself, which a client only sees as 500; a test wants none."""
        return self._gate.crashes

    async def start(self) -> None:
        """Listen and work. Raises OSError if the port is taken."""
        await asyncio.to_thread(self._state.open)
        try:
            await self._server.start()
        except OSError:
            self._state.close()
            raise
        self.worker.start()

    async def stop(self) -> None:
        """Close every connection and file. Unfinished jobs are carried on by the next start."""
        await self.worker.stop()
        await self._server.stop()
        await asyncio.to_thread(self._state.close)

    async def seed(self, rows: Iterable[Stack]) -> None:
        """Add finished rows (ids are given here) that have neither a file nor a picture."""
        await asyncio.to_thread(self._state.put_new_stacks, list(rows))
