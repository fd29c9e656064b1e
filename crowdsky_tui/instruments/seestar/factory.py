"""Makes a telescope's service from its settings, and finds telescopes on the network."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from crowdsky_tui.base.addresses import check_host, is_loopback
from crowdsky_tui.base.clock import Clock, zone_named
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.scope_settings import ScopeSettings, scope_name
from crowdsky_tui.instruments.seestar.connection.auth import KeyFile
from crowdsky_tui.instruments.seestar.connection.capabilities import CapabilityBook
from crowdsky_tui.instruments.seestar.connection.discovery import (
    ASK_FOR_S,
    PORT,
    SILENT,
    Found,
    discover,
)
from crowdsky_tui.instruments.seestar.files.access import (
    LookingFileAccess,
    ScopeFileAccess,
    files_in_folder,
    files_over_smb,
)
from crowdsky_tui.instruments.seestar.files.marks import this_copy
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.store.store import ScopeState

REHEARSAL_S = 0.6
PATIENCE_S = 30.0
UNDECIDED = (ScopeState.CONNECTING, ScopeState.REACHABLE)


def make_service(
    scope: ScopeSettings,
    settings: Settings,
    clock: Clock,
    science: Science,
    book: CapabilityBook | None = None,
    faults: Faults | None = None,
) -> SeestarService:
    """The service of one telescope, not yet opened; `book` keeps what its firmware can do."""
    form = LookingFileAccess if settings.read_only else ScopeFileAccess
    if scope.files == "folder":
        folder = Path(scope.folder).expanduser()
        files = files_in_folder(folder, scope.host, scope.http_port, form)
    else:
        files = files_over_smb(scope.host, scope.http_port, scope.smb_port, form)

    async def find_host(serial: str) -> str | None:
        found = await search([scope], settings.search.addresses, simulated=clock.simulated)
        return next((one.host for one in found if one.serial == serial), None)

    return SeestarService(
        scope_name(scope),
        scope.host,
        scope.rpc_port,
        files,
        clock,
        science,
        zone=zone_named(scope.zone) if scope.zone else None,
        serial=scope.serial,
        key_file=KeyFile(scope.key_path),
        book=book,
        find_host=find_host,
        read_only=settings.read_only,
        faults=faults,
        copy=this_copy(settings.state_dir),
    )


async def settled(service: SeestarService) -> None:
    """Wait until it is known how far one gets, at most as long as a refused login takes."""
    moved = asyncio.Event()
    service.on_change(moved.set)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while service.state in UNDECIDED:
                moved.clear()
                await moved.wait()
    except TimeoutError:
        return


async def find_telescopes(settings: Settings) -> list[Found]:
    """Every telescope that answers now: those of the settings, and others on the network."""
    simulated = settings.make_clock().simulated
    return await search(settings.scopes, settings.search.addresses, simulated=simulated)


async def find_telescope_at(settings: Settings, host: str) -> Found:
    """The telescope at an address or name; one without serial number where nobody answers.

    Raises UsageError where this is no address, or a rehearsal would leave this machine.
    """
    try:
        check_host(host or " ")
    except ValueError as error:
        raise UsageError("this is no address", str(error), "Such as 192.168.1.42") from error
    if settings.make_clock().simulated and not is_loopback(host):
        raise UsageError("a rehearsal asks nobody but its own stand-ins")
    found = await discover([(host, PORT)], targets=(), names=())
    if not found:
        return Found("", "", host, SILENT)
    return msgspec.structs.replace(found[0], host=host)


async def search(
    scopes: Sequence[ScopeSettings], asked: Sequence[str] = (), *, simulated: bool
) -> list[Found]:
    """`discover` with these settings; a rehearsal asks nobody but its own stand-ins.

    `asked` are addresses or names of telescopes: where there are some, nobody else is asked.
    """
    hosts = [(scope.host, scope.udp_port) for scope in scopes if scope.host]
    hosts += [(host, PORT) for host in asked]
    seconds = REHEARSAL_S if simulated else ASK_FOR_S
    if asked or simulated:
        return await discover(hosts, targets=(), names=(), seconds=seconds)
    return await discover(hosts)
