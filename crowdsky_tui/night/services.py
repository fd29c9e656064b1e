"""What calls need beside the parts of a night, made at its first use: archive, gallery, watches."""

from typing import TYPE_CHECKING

from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.gallery.stacks import Gallery
from crowdsky_tui.gallery.stamps import Stamps
from crowdsky_tui.night.background.alert_watch import AlertWatch
from crowdsky_tui.night.background.coverage import CoverageWatch
from crowdsky_tui.night.background.coverage_table import SkyCoverage
from crowdsky_tui.night.background.sky_times import SkyWatch
from crowdsky_tui.night.sign_in import archive_of
from crowdsky_tui.site.place import Place

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts
    from crowdsky_tui.services.crowdsky.archive import Archive
    from crowdsky_tui.sky.coordinates import PositionJ2000


class NightServices:
    """`close` ends what was begun in the background."""

    def __init__(self, night: "NightParts", faults: Faults | None = None) -> None:
        self._night = night
        self._watches = Supervisor(faults)
        self._coverage: CoverageWatch | None = None
        self._sky: SkyWatch | None = None
        self._archives: list[tuple[object, Archive]] = []
        self.proposed: dict[str, Place] = {}
        """Places that were asked for and not agreed to yet, by who told them."""
        self.places: dict[str, PositionJ2000 | None] = {}
        """Where targets stand, by name; None for a name that nobody knows."""
        self.alerts = AlertWatch(night, faults)
        self.gallery = Gallery(night)
        self.stamps = Stamps(night)

    async def close(self) -> None:
        """End the watches, then the archive's connection."""
        await self.alerts.close()
        await self._watches.close()
        for _, archive in self._archives:
            await archive.close()

    def archive(self) -> "Archive":
        """The archive with the present key. AuthRefused without one."""
        settings = self._night.settings
        made_for = settings.server, settings.network
        if not self._archives or self._archives[-1][0] != made_for:
            self._archives.append((made_for, archive_of(settings, self._night.science)))
        return self._archives[-1][1]

    def watch_sky(self) -> None:
        """Keep the Sun's and the Moon's times in the store from now on."""
        if self._sky is None:
            self._sky = SkyWatch(self._night, self._watches.faults)
            self._watches.start("the sky's watch", self._sky.run())

    def watch_coverage(self) -> None:
        """Look the targets' coverage up from now on.

        Nothing is asked of a server that the user has never named an account or key for.
        """
        night, server = self._night, self._night.settings.server
        if self._coverage is not None or not (server.username or server.api_key):
            return
        sky = SkyCoverage(
            self.archive().sky_coverage, night.science, night.settings.state_dir, night.clock
        )
        self._coverage = CoverageWatch(
            night,
            lambda: list(night.views.situations()),
            sky,
            night.clock,
            night.views.note_coverage,
            self._watches.faults,
        )
        self._watches.start("the sky coverage's watch", self._coverage.run())
