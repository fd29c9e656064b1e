"""Makes a telescope's service from its settings, and finds telescopes on the network."""

from collections.abc import Sequence
from pathlib import Path

from crowdsky_tui.clock import Clock, zone_named
from crowdsky_tui.device.access import files_in_folder, files_over_smb
from crowdsky_tui.device.auth import KeyFile
from crowdsky_tui.device.capabilities import CapabilityBook
from crowdsky_tui.device.discovery import Found, discover
from crowdsky_tui.device.service import SeestarService
from crowdsky_tui.science.child import Science
from crowdsky_tui.settings import ScopeSettings, Settings, scope_name

REHEARSAL_S = 0.6


def make_service(
    scope: ScopeSettings,
    clock: Clock,
    science: Science,
    book: CapabilityBook | None = None,
    *,
    read_only: bool = False,
) -> SeestarService:
    """The service of one telescope, not yet opened; `book` keeps what its firmware can do.

    With `read_only` it refuses every command that changes the telescope.
    """
    if scope.files == "folder":
        folder = Path(scope.folder).expanduser()
        files = files_in_folder(folder, scope.host, scope.http_port)
    else:
        files = files_over_smb(scope.host, scope.http_port, scope.smb_port)

    async def find_host(serial: str) -> str | None:
        found = await search([scope], simulated=clock.simulated)
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
        read_only=read_only,
    )


async def find_telescopes(settings: Settings) -> list[Found]:
    """Every telescope that answers now: those of the settings, and others on the network."""
    return await search(settings.scopes, simulated=settings.make_clock().simulated)


async def search(scopes: Sequence[ScopeSettings], *, simulated: bool) -> list[Found]:
    """`discover` with these settings; a rehearsal asks nobody but its own stand-ins."""
    hosts = [(scope.host, scope.udp_port) for scope in scopes if scope.host]
    if simulated:
        return await discover(hosts, targets=(), names=(), seconds=REHEARSAL_S)
    return await discover(hosts)
