"""Run stand-ins for telescopes and server until SIGTERM."""

import argparse
import sys
from pathlib import Path
from typing import Annotated, ClassVar

from crowdsky_tui.base.number_option import number
from crowdsky_tui.cli.options import CommonOptions, flag, option
from crowdsky_tui.simulator.options import DEFAULTS, Duplicates, Login, SimulateOptions
from crowdsky_tui.simulator.seestar.models import MODELS
from crowdsky_tui.simulator.sensors.kinds import KINDS, SensorKind


def _port(text: str) -> int:
    return int(number(0, 65535, "a port", whole=True)(text))


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `simulate` takes: `SimulateOptions`, with the hosts in one word."""

    on_a_night: ClassVar[bool] = False

    scopes: Annotated[int, option("N", "telescopes, 1 to 8")] = DEFAULTS.scopes
    hosts: Annotated[str, option("A,B", "addresses to bind")] = ",".join(DEFAULTS.hosts)
    rpc_port: Annotated[int, option("P", "command port (0: any free one)", read=_port)] = 0
    http_port: Annotated[int, option("P", "file port (0: any free one)", read=_port)] = 0
    udp_port: Annotated[int, option("P", "search port (0: any free one)", read=_port)] = 0
    server_port: Annotated[int, option("P", "the server's (0: any free one)", read=_port)] = 0
    root: Annotated[
        Path | None, option("DIR", "keep the night here and find it again", completes="folder")
    ] = None
    seed: Annotated[int, option("N", "another night for another N")] = DEFAULTS.seed
    live: Annotated[bool, flag("the night is not over: sub-frames keep arriving")] = False
    speed: Annotated[float, option("X", "times real time", read=number(1e-6, 1e9, "a speed"))] = (
        DEFAULTS.speed
    )
    seconds_per_frame: Annotated[
        float,
        option(
            "S",
            "simulated seconds of stacking per sub-frame",
            read=number(0, 1e6, "a number of seconds"),
        ),
    ] = DEFAULTS.seconds_per_frame
    firmware: Annotated[str, option("V", "of the telescopes")] = DEFAULTS.firmware
    model: Annotated[str, option(None, "of the telescopes", choices=tuple(MODELS))] = DEFAULTS.model
    login: Annotated[
        Login,
        option(
            None,
            "whether commands are ignored without a signed login, as by firmware 7.32 and later",
            choices=("none", "required"),
            read=str,
        ),
    ] = DEFAULTS.login
    full_size: Annotated[bool, flag("frames of 1080 by 1920 pixels (several GB)")] = False
    fault: Annotated[
        tuple[str, ...],
        option(
            "ENDPOINT:KIND[:NTH][,FIELD=X]",
            "let a request to the server go wrong, or with sensor:TROUBLE[:NAME] a sensor;"
            " may be given more than once",
            repeated=True,
        ),
    ] = ()
    duplicates: Annotated[
        Duplicates,
        option(
            None,
            "what the server does with a second upload of the same stack",
            choices=("accept", "refuse409", "replace"),
            read=str,
        ),
    ] = DEFAULTS.duplicates
    sensor: Annotated[
        tuple[SensorKind, ...],
        option(
            "KIND",
            f"a sensor beside the telescopes: {', '.join(KINDS)}; may be given more than once",
            choices=KINDS,
            read=str,
            repeated=True,
        ),
    ] = ()
    remote: Annotated[bool, flag("an account at telescope.org, the robotic telescopes")] = False
    follow_stdin: Annotated[bool, flag(argparse.SUPPRESS)] = False


def simulate(options: Options) -> int:
    """Run until a signal, or until stdin closes where --follow-stdin says so."""
    import asyncio

    from crowdsky_tui.simulator.run import simulate as run

    return asyncio.run(run(simulated(options), sys.stdout))


def simulated(options: Options) -> SimulateOptions:
    """What the stand-ins are asked for."""
    fields = {name: getattr(options, name) for name in SimulateOptions.__struct_fields__}
    hosts = tuple(host.strip() for host in options.hosts.split(",") if host.strip())
    return SimulateOptions(**{**fields, "hosts": hosts or DEFAULTS.hosts})
