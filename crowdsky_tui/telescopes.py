"""Makes a telescope's service from its settings."""

from pathlib import Path

from crowdsky_tui.clock import Clock, zone_named
from crowdsky_tui.device.access import files_in_folder, files_over_smb
from crowdsky_tui.device.service import SeestarService
from crowdsky_tui.science.child import Science
from crowdsky_tui.settings import ScopeSettings, scope_name


def make_service(scope: ScopeSettings, clock: Clock, science: Science) -> SeestarService:
    """The service of one telescope, not yet opened."""
    if scope.files == "folder":
        folder = Path(scope.folder).expanduser()
        files = files_in_folder(folder, scope.host, scope.http_port)
    else:
        files = files_over_smb(scope.host, scope.http_port, scope.smb_port)
    return SeestarService(
        scope_name(scope),
        scope.host,
        scope.rpc_port,
        files,
        clock,
        science,
        zone=zone_named(scope.zone) if scope.zone else None,
    )
