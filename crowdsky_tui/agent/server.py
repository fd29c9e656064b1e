"""The agent's socket: lets apps of the same user in."""

import asyncio
import socket
import tempfile
from pathlib import Path

from crowdsky_tui.agent.messages import LONGEST_LINE, socket_path
from crowdsky_tui.agent.server_connection import Guest
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.night.calls.call import import_calls
from crowdsky_tui.night.interfaces import NightInterface
from crowdsky_tui.store.store import LogLine, Severity


class Listener:
    """Listens on `agent.sock` in the state folder, readable by the user alone."""

    def __init__(self, night: NightInterface, *, holder: str = "") -> None:
        """With a `holder`, who is at work, guests may only look; without one they may ask."""
        self._night = night
        self._holder = holder
        self._path = socket_path(night.settings.state_dir)
        self._server: asyncio.Server | None = None
        self._faults = Faults(self._tell, night.settings.state_dir)
        self._guests = Supervisor(self._faults)
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Begin to listen. The journal's lock says that no other agent of ours is alive."""
        await asyncio.to_thread(import_calls)  # here, and not when the first app asks
        place = await asyncio.to_thread(bound_socket, self._path)
        self._server = await asyncio.start_unix_server(
            self._welcome, sock=place, limit=LONGEST_LINE
        )

    async def close(self) -> None:
        """Stop listening and send the guests away."""
        if self._server is not None:
            self._server.close()
        await self._guests.close()
        if self._server is not None:
            for writer in self._writers:  # of apps that came too late to be greeted
                writer.close()
            await self._server.wait_closed()
        await asyncio.to_thread(self._path.unlink, missing_ok=True)

    def _tell(self, line: str) -> None:
        self._night.store.add_log(LogLine(self._night.clock.now(), Severity.ERROR, line))

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self._guests.start("an app on the agent's socket", self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = Guest(self._night, reader, writer, holder=self._holder, faults=self._faults)
        try:
            await guest.serve()
        finally:
            self._writers.discard(writer)


def bound_socket(path: Path) -> socket.socket:
    """A Unix socket at `path` that only its owner could ever open. Blocks. Raises OSError.

    It is made in a folder of its own, mode 0700, and moved: the mask for new files belongs to the
    whole process, and others make files meanwhile.
    """
    with tempfile.TemporaryDirectory(prefix="", dir=path.parent) as folder:
        place = Path(folder) / "s"
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(str(place))
            place.chmod(0o600)
            place.replace(path)
        except BaseException:
            listening.close()
            raise
    return listening
