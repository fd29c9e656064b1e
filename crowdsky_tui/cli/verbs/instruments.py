"""What stands at the site by your settings, and Alpaca devices on the network."""

from typing import TYPE_CHECKING, Annotated, Any

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.instrument_tree import (
    address_text,
    instrument_lines,
    server_document,
    server_lines,
    site_tree,
    tree_lines,
)
from crowdsky_tui.cli.options import CommonOptions, Yes, flag, option, positional
from crowdsky_tui.cli.output import print_json, say, tell
from crowdsky_tui.cli.rig_actions import RIG_ACTIONS, act, focus_sweep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crowdsky_tui.config.instrument_settings import DeviceSettings, Role
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.instruments.device_server import FoundServer

DISCOVERY_PORT = 32227
INDI = "indi://"
ROLES: "dict[str, Role]" = {
    "telescope": "mount",
    "camera": "camera",
    "filterwheel": "wheel",
    "focuser": "focuser",
    "switch": "switch",
}
WHAT = ("list", "find", "show", "export", "add", *RIG_ACTIONS)


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `instruments` takes."""

    what: Annotated[str, positional(None, nargs="?", choices=WHAT)] = "list"
    words: Annotated[
        tuple[str, ...],
        positional(
            "NAME|HOST:PORT",
            "find: ask these Alpaca servers instead of searching; show: the instrument;"
            " add: a name for it, then the servers of its devices; others: the instrument, then"
            " a target; on, off or percent; a filter; seconds, frames, target (expose); steps"
            " (focus); number, then on, off or a value (switch)",
            "*",
        ),
    ] = ()
    discovery_port: Annotated[
        int, option("PORT", f"find: UDP port of the search ({DISCOVERY_PORT})")
    ] = DISCOVERY_PORT
    sweep: Annotated[bool, flag("focus: find the focus by the stars")] = False
    yes: Yes = False


async def instruments(options: Options, settings: "Settings") -> int:
    """List the site's instruments by the settings; `find` asks the network, `add` keeps one."""
    if options.what == "find":
        return await _find(options)
    if options.what == "add":
        return await _add(options)
    if options.sweep:
        if options.what != "focus":
            raise UsageError("--sweep belongs to 'instruments focus'")
        return await focus_sweep(options.words, settings, as_json=options.json)
    if options.what in RIG_ACTIONS:
        return await act(
            options.what, options.words, settings, yes=options.yes, as_json=options.json
        )
    document = site_tree(settings)
    if options.what == "show":
        return _show(options, document)
    if options.words:
        raise UsageError(f"'instruments {options.what}' takes no name and no address")
    if options.what == "export":
        print_json(document)
    else:
        tell(document, tree_lines(document), as_json=options.json)
    return ExitCode.OK


def _show(options: Options, document: dict[str, Any]) -> int:
    if len(options.words) != 1:
        raise UsageError("'instruments show' takes the name of one instrument")
    every = {each["name"]: each for each in document["site"]["instruments"]}
    found = every.get(options.words[0])
    if found is None:
        names = ", ".join(every) or "there is none"
        raise UsageError(f"there is no instrument {options.words[0]!r}", names)
    tell(found, instrument_lines(found), as_json=options.json)
    return ExitCode.OK


async def _find(options: Options) -> int:
    if not 0 < options.discovery_port < 65536:
        raise UsageError("the port of the search is 1 to 65535")
    servers = await _servers(options.words, options.discovery_port)
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


async def _add(options: Options) -> int:
    """Keep the devices of Alpaca servers as one instrument, after the person has agreed."""
    import asyncio

    from crowdsky_tui.config.instrument_settings import InstrumentSettings
    from crowdsky_tui.config.load import read_settings
    from crowdsky_tui.config.write import save_instrument

    if len(options.words) < 2:
        raise UsageError(
            "'instruments add' takes a name and the servers of its devices",
            "",
            "instruments add balcony 192.168.1.20:11111",
        )
    name, *addresses = options.words
    servers = await _servers(addresses, DISCOVERY_PORT)
    away = [each for each in servers if each.trouble]
    if away:
        raise UsageError(f"the devices of {name} are not known", away[0].trouble)
    devices = devices_of(name, servers)
    if not any(device.role in ("mount", "camera") for device in devices):
        raise UsageError(f"{name} would have neither a mount nor a camera", "nothing is written")
    told = ", ".join(device.role for device in devices)
    if not options.yes:
        confirm(f"{name} gets {told}. Keep it in your settings?", "it was not kept")
    loaded = await asyncio.to_thread(read_settings, options.config)
    await asyncio.to_thread(save_instrument, loaded, InstrumentSettings(name=name), devices)
    tell(
        {"name": name, "roles": [device.role for device in devices]},
        [f"{name} is kept in {loaded.local_path.name}: {told}"],
        as_json=options.json,
    )
    return ExitCode.OK


async def _servers(words: "Sequence[str]", port: int) -> "tuple[FoundServer, ...]":
    """The servers at addresses, INDI's written as indi://host:port; without any, Alpaca's found."""
    import asyncio

    from crowdsky_tui.instruments.alpaca.search import find_servers
    from crowdsky_tui.instruments.device_server import read_server_address

    indi = [each.removeprefix(INDI) for each in words if each.startswith(INDI)]
    typed = [read_server_address(each) for each in words if not each.startswith(INDI)]
    asked = [read_server_address(each if ":" in each else f"{each}:7624") for each in indi]
    found = await find_servers(typed, port=port) if typed or not indi else ()
    if not asked:
        return found
    try:
        from crowdsky_tui.instruments.indi.search import ask_indi_server
    except ImportError as error:
        why = "indipyclient is not installed"
        raise UsageError("INDI is not here", why, "pip install 'crowdsky-tui[indi]'") from error
    return (*found, *await asyncio.gather(*map(ask_indi_server, asked)))


def devices_of(name: str, servers: "tuple[FoundServer, ...]") -> "list[DeviceSettings]":
    """The devices of servers as the settings of one instrument.

    UsageError where there are two of a kind of which it has one: which of them, nobody can guess.
    """
    from crowdsky_tui.config.instrument_settings import ONCE, DeviceSettings
    from crowdsky_tui.instruments.alpaca.management import made_up_id

    found = []
    for server in servers:
        host, _ = server.addresses[0]
        for device in server.devices:
            role = ROLES.get(device.kind)
            if role is not None:
                made_up = server.protocol == "alpaca" and made_up_id(host, device)
                own = "" if device.unique_id == made_up else device.unique_id
                address = address_text(server.addresses[0])
                found.append(
                    DeviceSettings(
                        instrument=name,
                        role=role,
                        protocol="indi" if server.protocol == "indi" else "alpaca",
                        address=address,
                        number=device.number,
                        unique_id=own,
                    )
                )
    for once in ONCE:
        if sum(device.role == once for device in found) > 1:
            raise UsageError(
                f"there are several devices for the {once} of {name}",
                "only one can be part of it",
                "Write [[instruments]] and [[devices]] into your config.toml",
            )
    return found
