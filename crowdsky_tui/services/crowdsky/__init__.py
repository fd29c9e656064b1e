"""The CrowdSky server: its clients, its rows, and which rows prove which stacks.

`CrowdSkyServer` and `Archive` are loaded at first use, because they bring httpx along.
"""

from typing import TYPE_CHECKING, Any

from crowdsky_tui.services.crowdsky.matching import StackIdentity, match_stacks
from crowdsky_tui.services.crowdsky.rows import ServerStack, UploadReceipt
from crowdsky_tui.services.http.limits import Limits, Patience

if TYPE_CHECKING:
    from crowdsky_tui.services.crowdsky.archive import Archive
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer

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
        from crowdsky_tui.services.crowdsky.client import CrowdSkyServer

        return CrowdSkyServer
    if name == "Archive":
        from crowdsky_tui.services.crowdsky.archive import Archive

        return Archive
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
