"""The CrowdSky server: its clients, its rows, and which rows prove which stacks.

`CrowdSkyServer` and `Archive` are loaded at first use, because they bring httpx along.
"""

from typing import TYPE_CHECKING, Any

from crowdsky_tui.server.limits import Limits, Patience
from crowdsky_tui.server.matching import StackIdentity, match_stacks
from crowdsky_tui.server.rows import ServerStack, UploadReceipt

if TYPE_CHECKING:
    from crowdsky_tui.server.archive import Archive
    from crowdsky_tui.server.client import CrowdSkyServer

__all__ = [
    "Archive",
    "CrowdSkyServer",
    "Limits",
    "Patience",
    "ServerStack",
    "StackIdentity",
    "UploadReceipt",
    "match_stacks",
]


def __getattr__(name: str) -> Any:
    if name == "CrowdSkyServer":
        from crowdsky_tui.server.client import CrowdSkyServer

        return CrowdSkyServer
    if name == "Archive":
        from crowdsky_tui.server.archive import Archive

        return Archive
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
