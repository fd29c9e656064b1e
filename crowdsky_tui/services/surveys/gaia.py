"""Gaia DR3's epoch photometry, by the star's number in Gaia's catalogue."""

from collections.abc import AsyncIterator

from crowdsky_tui.services.http.polite import PoliteClient, Request
from crowdsky_tui.services.surveys.survey import (
    LARGEST,
    PATIENCE,
    Description,
    Note,
    Part,
    StarPlace,
    Window,
    check_covered,
)
from crowdsky_tui.timeseries.surveys.messages import Form

PATH = "/data-server/data"
RELEASE = "Gaia DR3"


class Gaia:
    """What Gaia published of stars that it found to vary."""

    description = Description(
        name="gaia",
        title="Gaia DR3",
        bands=("G", "BP", "RP"),
        brightest=3.0,
        faintest=20.0,
        by_gaia=True,
        remark="only stars published as variable; G is not V",
    )

    def __init__(self, client: PoliteClient) -> None:
        self._client = client

    def search(self, star: StarPlace) -> str:
        """Its number."""
        check_covered(self.description, star)
        return star.gaia_id

    async def fetch(
        self, star: StarPlace, window: Window, resume: str, note: Note
    ) -> AsyncIterator[Part]:
        """One answer with all that is published; the window is not needed."""
        query = {
            "RETRIEVAL_TYPE": "EPOCH_PHOTOMETRY",
            "FORMAT": "CSV",
            "RELEASE": RELEASE,
            "ID": self.search(star),
        }
        answer = await self._client.whole(
            "Gaia's points were not read",
            Request(path=PATH, query=query),
            PATIENCE,
            limit=LARGEST,
        )
        yield Part(answer.body, Form.GAIA, self._client.url + PATH, answer.status)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()
