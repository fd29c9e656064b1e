"""Sky quality meters, cloud sensors, weather stations: what they say, and whether it is safe."""

from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode
from crowdsky_tui.cli.options import CommonOptions, positional
from crowdsky_tui.cli.output import say, tell

if TYPE_CHECKING:
    from crowdsky_tui.cli.documents.look import SensorsRead
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.config.sensor_settings import SensorSettings
    from crowdsky_tui.instruments.sensors.watch import SensorState

PATIENCE_S = 110.0
"""A sky quality meter takes up to 100 s in the dark."""
NONE = "There is no sensor in the settings: write [[sensors]] into your config.toml"


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `sensors` takes."""

    what: Annotated[str, positional(None, nargs="?", choices=("read", "list", "ports"))] = "read"


async def sensors(options: Options, settings: "Settings") -> int:
    """Read every sensor once and judge; `list` names them, `ports` the serial ports here."""
    if options.what == "ports":
        return await _ports(options)
    if not settings.sensors:
        tell({"sensors": [], "safety": "no sensor"}, [NONE], as_json=options.json)
        return ExitCode.OK
    if options.what == "list":
        named = [
            {"name": each.label, "kind": each.kind, "address": each.address}
            for each in settings.sensors
        ]
        lines = [f"{each['name']}  {each['kind']}  {each['address']}" for each in named]
        tell({"sensors": named}, lines, as_json=options.json)
        return ExitCode.OK
    return await _read(options, settings)


async def _read(options: Options, settings: "Settings") -> int:
    import asyncio

    from crowdsky_tui.instruments.sensors.words import reading_words
    from crowdsky_tui.night.background.conditions import sources_of
    from crowdsky_tui.safety.verdict import SafetyMonitor

    clock = settings.make_clock()
    states = await asyncio.gather(*(_once(settings, each) for each in settings.sensors))
    pairs = list(zip(settings.sensors, states, strict=True))
    verdict = SafetyMonitor().look(sources_of(pairs), clock.now(), clock.steady())
    document: SensorsRead = {
        "safety": verdict.safety.value,
        "reasons": [str(reason) for reason in verdict.reasons],
        "sensors": [
            {
                "name": state.name,
                "kind": each.kind,
                "values": dict(state.reading.values) if state.reading else {},
                "conditions": dict(state.reading.conditions) if state.reading else {},
                "is_safe": state.reading.is_safe if state.reading else None,
                "measured_at": state.reading.measured_at if state.reading else None,
                "trouble": state.trouble,
            }
            for each, state in pairs
        ],
    }
    lines = [f"{state.name}: {state.trouble or reading_words(state)}" for state in states]
    tell(document, [*lines, str(verdict)], as_json=options.json)
    if any(state.trouble for state in states):
        return ExitCode.UNREACHABLE
    return ExitCode.OK if verdict.may_observe else ExitCode.SOME_FAILED


async def _once(settings: "Settings", each: "SensorSettings") -> "SensorState":
    """One reading of a sensor, or why there is none."""
    import asyncio
    from contextlib import aclosing

    from crowdsky_tui.instruments.sensors.kinds import KINDS
    from crowdsky_tui.instruments.sensors.watch import SensorState
    from crowdsky_tui.night.background.conditions import sensor_of

    clock = settings.make_clock()
    try:
        async with (
            asyncio.timeout(PATIENCE_S),
            aclosing(KINDS[each.kind](sensor_of(each, settings), clock)) as readings,
        ):
            return SensorState(each.label, await anext(readings), clock.steady())
    except CrowdSkyError as error:
        return SensorState(each.label, trouble=str(error))
    except TimeoutError:
        return SensorState(each.label, trouble=f"nothing came within {PATIENCE_S:g} s")


async def _ports(options: Options) -> int:
    """Name the serial ports of this machine."""
    import asyncio

    from crowdsky_tui.instruments.sensors.serial_ports import serial_ports

    found = await asyncio.to_thread(serial_ports)
    if not found:
        say("No serial port is here. Is the sensor plugged in?")
    lines = [f"{each.address}  {each.what}  {each.usb}".rstrip() for each in found]
    tell({"ports": found}, lines, as_json=options.json)
    return ExitCode.OK
