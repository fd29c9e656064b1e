"""List the telescopes: those of the settings, and others on the network."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.options import CommonOptions
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.store.store import ScopeState

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.instruments.seestar.connection.discovery import Found
    from crowdsky_tui.instruments.seestar.service import SeestarService


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `scopes` takes: what every verb does."""


class ScopeLine(msgspec.Struct, frozen=True):
    """One telescope; `name` is empty for one that is not in the settings.

    `found` says how it answered the search, empty if it did not; `clients` are the connected ones,
    ourselves included.
    """

    name: str
    serial: str
    model: str
    firmware: str
    host: str
    state: ScopeState
    reason: str
    found: str
    clients: int | None = None
    locked: bool = False


async def scopes(options: Options, settings: "Settings") -> int:
    """List the telescopes of the settings and those that answer a search."""
    import asyncio

    from crowdsky_tui.instruments.seestar.factory import find_telescopes, settled
    from crowdsky_tui.night.night import Night

    async with Night(settings, owner=False) as night:
        services = [watch.service for watch in night.watches.values()]
        if options.scope:
            services = [each for each in services if each.name == options.scope]
            if not services:
                raise UsageError(f"there is no scope named {options.scope}")
        found, _ = await asyncio.gather(
            find_telescopes(settings), asyncio.gather(*(settled(each) for each in services))
        )
        lines = scope_lines(services, () if options.scope else found, found)
    if options.json:
        print_json(lines)
    else:
        _print_lines(lines)
    there = any(line.state is not ScopeState.OFF for line in lines)
    if not there:
        say("No telescope answers. Check that one is on and in the same network.")
    return ExitCode.OK if there else ExitCode.UNREACHABLE


def scope_lines(
    services: "Sequence[SeestarService]", strangers: "Sequence[Found]", found: "Sequence[Found]"
) -> list[ScopeLine]:
    """The telescopes of the settings in their order, then those of `strangers` by serial."""
    lines = [_configured(each, _answer_of(each, found)) for each in services]
    known = {line.serial for line in lines} | {""}
    for one in strangers:
        if one.serial not in known:
            reason = "not in the settings"
            facts = ("", one.serial, one.model, "", one.host)
            lines.append(
                ScopeLine(*facts, ScopeState.REACHABLE, reason, one.how, one.clients, one.locked)
            )
    return lines


def _answer_of(service: "SeestarService", found: "Sequence[Found]") -> "Found | None":
    """Its answer to the search: by serial, or by address where commands are not answered."""
    at_address = [one for one in found if one.host == service.host]
    if not service.serial and len(at_address) == 1:
        return at_address[0]
    return next((one for one in found if one.serial == service.serial), None)


def _configured(service: "SeestarService", found: "Found | None") -> ScopeLine:
    return ScopeLine(
        name=service.name,
        serial=service.serial or (found.serial if found else ""),
        model=service.model or (found.model if found else ""),
        firmware=service.known.firmware,
        host=service.host,
        state=service.state,
        reason=service.reason,
        found=found.how if found else "",
        clients=found.clients if found else None,
        locked=found.locked if found else False,
    )


def _print_lines(lines: Sequence[ScopeLine]) -> None:
    print_table(
        ("name", "serial", "model", "firmware", "address", "state", "found", "clients"),
        [
            (
                line.name or "-",
                line.serial or "-",
                line.model or "-",
                line.firmware or "-",
                line.host or "-",
                line.state.value,
                line.found or "-",
                line.clients,
            )
            for line in lines
        ],
    )
    for line in lines:
        if line.reason:
            say(f"{line.name or line.serial}: {line.reason}")
