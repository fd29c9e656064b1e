"""What stands at the site by your settings, and Alpaca devices on the network."""

from typing import TYPE_CHECKING, Annotated, Any

from crowdsky_tui.base.addresses import in_url
from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.options import CommonOptions, option, positional
from crowdsky_tui.cli.output import say, tell

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.instruments.alpaca.search import FoundServer

DISCOVERY_PORT = 32227
SENSOR_KINDS = {"safetymonitor": "alpaca_safety", "observingconditions": "alpaca_weather"}


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `instruments` takes."""

    what: Annotated[str, positional(None, nargs="?", choices=("list", "find"))] = "list"
    address: Annotated[
        tuple[str, ...],
        positional("HOST:PORT", "find: ask these Alpaca servers instead of searching", "*"),
    ] = ()
    discovery_port: Annotated[
        int, option("PORT", f"find: UDP port of the search ({DISCOVERY_PORT})")
    ] = DISCOVERY_PORT


async def instruments(options: Options, settings: "Settings") -> int:
    """List the site's instruments and sensors by the settings; `find` asks the network."""
    if options.what == "find":
        return await _find(options)
    if options.address:
        raise UsageError("only 'instruments find' takes addresses")
    document = site_tree(settings)
    lines = [document["site"]["name"]]
    for each in document["site"]["instruments"]:
        lines.append(f"  {each['name']}  {each['kind']}  {each['address']}".rstrip())
    tell(document, lines, as_json=options.json)
    return ExitCode.OK


def site_tree(settings: "Settings") -> dict[str, Any]:
    """Site and what stands there, by the settings; nothing is asked, and the place is left out."""
    from crowdsky_tui.config.load import scope_name

    scopes = [
        {
            "name": scope_name(each),
            "kind": "seestar",
            "role": "telescope",
            "address": each.host,
            "unique_id": each.serial,
        }
        for each in settings.scopes
    ]
    sensors = [
        {
            "name": each.label,
            "kind": each.kind,
            "role": "sensor",
            "address": each.address,
            "unique_id": "",
        }
        for each in settings.sensors
    ]
    return {"site": {"name": settings.site.name or "site", "instruments": [*scopes, *sensors]}}


async def _find(options: Options) -> int:
    from crowdsky_tui.instruments.alpaca.search import find_servers, read_server_address

    if not 0 < options.discovery_port < 65536:
        raise UsageError("the port of the search is 1 to 65535")
    typed = [read_server_address(each) for each in options.address]
    servers = await find_servers(typed, port=options.discovery_port)
    if not servers:
        say(
            "No Alpaca server answered. A search stays in its own network: name an address, as in"
            " 'instruments find 192.168.1.20:11111'."
        )
    document = {"servers": [server_document(each) for each in servers]}
    lines = [line for each in servers for line in server_lines(each)]
    tell(document, lines, as_json=options.json)
    away = not servers or any(each.trouble for each in servers)
    return ExitCode.UNREACHABLE if away else ExitCode.OK


def server_document(server: "FoundServer") -> dict[str, Any]:
    """A server for --json. `sensor` is the [[sensors]] table of a device that can be one."""
    return {
        "addresses": [_address(each) for each in server.addresses],
        "name": server.description.name,
        "maker": server.description.maker,
        "version": server.description.version,
        "devices": [
            {
                "type": device.kind,
                "number": device.number,
                "name": device.name,
                "unique_id": device.unique_id,
                "sensor": _sensor(server, device.kind, device.number),
            }
            for device in server.devices
        ],
        "trouble": server.trouble,
    }


def server_lines(server: "FoundServer") -> list[str]:
    """A server for reading, with what to write into the settings for its sensors."""
    where = ", ".join(map(_address, server.addresses))
    if server.trouble:
        return [f"{where}: {server.trouble}"]
    lines = [f"{where}  {server.description.name}".rstrip()]
    for device in server.devices:
        lines.append(f"  {device.kind} {device.number}  {device.name}  {device.unique_id}")
        sensor = _sensor(server, device.kind, device.number)
        if sensor:
            told = ", ".join(f'{key} = "{value}"' for key, value in sensor.items())
            lines.append(f"    as a sensor: {told}")
    return lines


def _sensor(server: "FoundServer", kind: str, number: int) -> dict[str, str]:
    if kind not in SENSOR_KINDS:
        return {}
    address = _address(server.addresses[0])
    return {"kind": SENSOR_KINDS[kind], "address": f"{address}/{number}" if number else address}


def _address(address: tuple[str, int]) -> str:
    host, port = address
    return f"{in_url(host)}:{port}"
