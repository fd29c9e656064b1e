"""All surveys as the settings have them."""

from crowdsky_tui import __version__
from crowdsky_tui.config.load import Settings
from crowdsky_tui.services.http.polite import PoliteClient
from crowdsky_tui.services.surveys.aavso import Aavso
from crowdsky_tui.services.surveys.atlas import POLL_S, Atlas
from crowdsky_tui.services.surveys.gaia import Gaia
from crowdsky_tui.services.surveys.survey import BETWEEN_S, Survey
from crowdsky_tui.services.surveys.ztf import Ztf

NAMES = ("ztf", "atlas", "gaia", "aavso")
DESCRIPTIONS = tuple(each.description for each in (Ztf, Atlas, Gaia, Aavso))


def open_survey(name: str, settings: Settings) -> Survey:
    """The survey of this name, one of `NAMES`. On a simulated clock it pauses as much shorter."""
    told, speed = settings.surveys, max(settings.clock.speed, 1.0)

    def client(url: str) -> PoliteClient:
        return PoliteClient(
            url,
            f"crowdsky-tui/{__version__}",
            name=name,
            network=settings.network,
            between_s=BETWEEN_S / speed,
        )

    if name == "ztf":
        return Ztf(client(told.ztf_url), client(told.snad_url) if told.snad_url else None)
    if name == "atlas":
        return Atlas(
            client(told.atlas_url),
            told.atlas_username,
            told.atlas_password,
            poll_s=POLL_S / speed,
        )
    if name == "gaia":
        return Gaia(client(told.gaia_url))
    return Aavso(client(told.aavso_url))
