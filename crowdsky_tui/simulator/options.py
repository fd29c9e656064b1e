"""The options of the verb `simulate`. Light: they are built whenever the command line is."""

import argparse
from pathlib import Path
from typing import Literal

import msgspec

from crowdsky_tui.base.number_option import number
from crowdsky_tui.simulator.seestar.models import MODELS

MAX_SCOPES = 8


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
    speed: float = 1.0
    """Simulated seconds per real second."""
    seconds_per_frame: float = 2.5
    """Simulated seconds of batch stacking per sub-frame."""
    firmware: str = "7.75"
    model: str = "S50"
    login: Literal["none", "required"] = "none"
    full_size: bool = False
    fault: tuple[str, ...] = ()
    """What shall go wrong at the server, as `crowdsky_faults.parse_fault` reads it."""
    duplicates: Literal["accept", "refuse409", "replace"] = "accept"
    """What the server does with a second upload of one key, filter and telescope."""
    follow_stdin: bool = False
    """End when stdin does."""


DEFAULTS = SimulateOptions()


def _port(text: str) -> int:
    return int(number(0, 65535, "a port", whole=True)(text))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the `simulate` verb."""
    add = parser.add_argument
    add("--scopes", type=int, default=DEFAULTS.scopes, metavar="N", help="telescopes, 1 to 8")
    add("--hosts", default=",".join(DEFAULTS.hosts), metavar="A,B", help="addresses to bind")
    add("--rpc-port", type=_port, default=0, metavar="P", help="command port (0: any free one)")
    add("--http-port", type=_port, default=0, metavar="P", help="file port (0: any free one)")
    add("--udp-port", type=_port, default=0, metavar="P", help="search port (0: any free one)")
    add("--server-port", type=_port, default=0, metavar="P", help="the server's (0: any free one)")
    add("--root", type=Path, metavar="DIR", help="keep the night here and find it again")
    add("--seed", type=int, default=DEFAULTS.seed, metavar="N", help="another night for another N")
    add("--live", action="store_true", help="the night is not over: sub-frames keep arriving")
    speed = number(1e-6, 1e9, "a speed")
    add("--speed", type=speed, default=DEFAULTS.speed, metavar="X", help="times real time")
    add(
        "--seconds-per-frame",
        type=number(0, 1e6, "a number of seconds"),
        default=DEFAULTS.seconds_per_frame,
        metavar="S",
        help="simulated seconds of stacking per sub-frame",
    )
    add("--firmware", default=DEFAULTS.firmware, metavar="V", help="of the telescopes")
    add("--model", default=DEFAULTS.model, choices=tuple(MODELS), help="of the telescopes")
    add(
        "--login",
        default=DEFAULTS.login,
        choices=("none", "required"),
        help="whether commands are ignored without a signed login, as by firmware 7.32 and later",
    )
    add("--full-size", action="store_true", help="frames of 1080 by 1920 pixels (several GB)")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="ENDPOINT:KIND[:NTH][,FIELD=X]",
        help="let a request to the server go wrong; may be given more than once",
    )
    add(
        "--duplicates",
        default=DEFAULTS.duplicates,
        choices=("accept", "refuse409", "replace"),
        help="what the server does with a second upload of the same stack",
    )
    add("--follow-stdin", action="store_true", help=argparse.SUPPRESS)


def options_from(namespace: argparse.Namespace) -> SimulateOptions:
    """The options that `add_arguments` parsed."""
    fields = {name: getattr(namespace, name) for name in SimulateOptions.__struct_fields__}
    hosts = tuple(host.strip() for host in namespace.hosts.split(",") if host.strip())
    fields |= {"hosts": hosts or DEFAULTS.hosts, "fault": tuple(namespace.fault)}
    return SimulateOptions(**fields)
