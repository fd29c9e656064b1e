"""What the stand-ins are asked for."""

from pathlib import Path
from typing import Literal

import msgspec

from crowdsky_tui.simulator.sensors.kinds import SensorKind

MAX_SCOPES = 8

Login = Literal["none", "required"]
Duplicates = Literal["accept", "refuse409", "replace"]


class SimulateOptions(msgspec.Struct, frozen=True):
    """What `simulate` is asked for. Port 0 is any free one; `root` None a folder for this run."""

    scopes: int = 2
    hosts: tuple[str, ...] = ("127.0.0.1",)
    rpc_port: int = 0
    http_port: int = 0
    udp_port: int = 0
    server_port: int = 0
    root: Path | None = None
    seed: int = 1
    live: bool = False
    dusk: bool = False
    """Whether the night is still to come, and observed by its plan."""
    speed: float = 1.0
    """Simulated seconds per real second."""
    seconds_per_frame: float = 2.5
    """Simulated seconds of batch stacking per sub-frame."""
    firmware: str = "7.75"
    model: str = "S50"
    login: Login = "none"
    full_size: bool = False
    fault: tuple[str, ...] = ()
    """What shall go wrong at the server, as `crowdsky.faults.parse_fault` reads it;
    at the sensors, as `sensors.troubles.parse_trouble` does."""
    duplicates: Duplicates = "accept"
    """What the server does with a second upload of one key, filter and telescope."""
    sensor: tuple[SensorKind, ...] = ()
    """Kinds of the sensors that stand beside the telescopes."""
    remote: bool = False
    """Whether an account at a stand-in of telescope.org belongs to the night."""
    follow_stdin: bool = False
    """End when stdin does."""


DEFAULTS = SimulateOptions()
