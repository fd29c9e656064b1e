"""The AAVSO's International Database: by the star's name, a year at a time."""

from collections.abc import AsyncIterator
from datetime import timedelta

from crowdsky_tui.base.errors import UsageError
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
from crowdsky_tui.services.surveys.times import julian_day
from crowdsky_tui.timeseries.surveys.aavso import DELIMITER
from crowdsky_tui.timeseries.surveys.messages import Form

PATH = "/index.php"
WINDOW = timedelta(days=365)
MOST_WINDOWS = 120


class Aavso:
    """What observers reported, with the eye and with cameras."""

    description = Description(
        name="aavso",
        title="AAVSO",
        bands=("Vis.", "V", "B", "R", "I", "TG"),
        brightest=-2.0,
        faintest=20.0,
        by_name=True,
        recheck_days=7.0,
        remark="by name; points of many observers, each with a zero point of its own",
    )

    def __init__(self, client: PoliteClient) -> None:
        self._client = client

    def search(self, star: StarPlace) -> str:
        """Its name."""
        check_covered(self.description, star)
        return star.name

    async def fetch(
        self, star: StarPlace, window: Window, resume: str, note: Note
    ) -> AsyncIterator[Part]:
        """An answer for each year of the window.

        Raises
        ------
        UsageError
            The window is longer than 120 years.
        """
        name = self.search(star)
        if window.until - window.since > MOST_WINDOWS * WINDOW:
            raise UsageError("AAVSO cannot be asked", f"{MOST_WINDOWS} years at most at once")
        since = window.since
        while since < window.until:
            until = min(since + WINDOW, window.until)
            query = {
                "view": "api.delim",
                "ident": name,
                "fromjd": f"{julian_day(since):.5f}",
                "tojd": f"{julian_day(until):.5f}",
                "delimiter": DELIMITER,
            }
            answer = await self._client.whole(
                "AAVSO's points were not read",
                Request(path=PATH, query=query),
                PATIENCE,
                limit=LARGEST,
            )
            yield Part(answer.body, Form.AAVSO, self._client.url + PATH, answer.status)
            since = until

    async def close(self) -> None:
        """Close the connection."""
        await self._client.close()
