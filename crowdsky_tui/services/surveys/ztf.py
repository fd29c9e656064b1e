"""ZTF: IRSA's door, and where that one has an error, SNAD's."""

from collections.abc import AsyncIterator

from crowdsky_tui.base.errors import CrowdSkyError, Rejected
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
from crowdsky_tui.services.surveys.times import modified_julian_day
from crowdsky_tui.timeseries.surveys.messages import Form

RADIUS_DEG = 0.00042
"""1.5 arcseconds: larger or smaller cones are answered with 400."""
IRSA_PATH = "/cgi-bin/ZTF/nph_light_curves"
SNAD_PATH = "/api/v3/data/latest/circle/full/json"
VOTABLE = (b"<?xml", b"<VOTABLE")
UNUSABLE = "32768"


class Ztf:
    """The Zwicky Transient Facility's light curves."""

    description = Description(
        name="ztf",
        title="ZTF",
        bands=("zg", "zr", "zi"),
        brightest=12.5,
        faintest=20.5,
        south=-30.0,
        remark="saturates near 12.5 to 13; each object id has a zero point of its own",
    )

    def __init__(self, irsa: PoliteClient, snad: PoliteClient | None) -> None:
        self._irsa, self._snad = irsa, snad

    def search(self, star: StarPlace) -> str:
        """Its place."""
        check_covered(self.description, star)
        return f"{star.ra_deg:.6f} {star.dec_deg:+.6f}"

    async def fetch(
        self, star: StarPlace, window: Window, resume: str, note: Note
    ) -> AsyncIterator[Part]:
        """One answer; the second door is asked where the first one tells an error."""
        self.search(star)
        try:
            part = await self._from_irsa(star, window)
        except CrowdSkyError:
            if self._snad is None:
                raise
            part = await self._from_snad(self._snad, star)
        yield part

    async def _from_irsa(self, star: StarPlace, window: Window) -> Part:
        query = {
            "POS": f"CIRCLE {star.ra_deg:.6f} {star.dec_deg:.6f} {RADIUS_DEG}",
            "BANDNAME": "g,r,i",
            "BAD_CATFLAGS_MASK": UNUSABLE,
            "TIME": " ".join(
                f"{modified_julian_day(each):.5f}" for each in (window.since, window.until)
            ),
            "FORMAT": "csv",
        }
        answer = await self._irsa.whole(
            "ZTF's points were not read",
            Request(path=IRSA_PATH, query=query),
            PATIENCE,
            limit=LARGEST,
        )
        if answer.body.lstrip().startswith(VOTABLE) and b"ERROR" in answer.body:
            raise Rejected(
                "ZTF's points were not read", "IRSA tells an error", "Try again tomorrow."
            )
        return Part(answer.body, Form.ZTF, self._irsa.url + IRSA_PATH, answer.status)

    async def _from_snad(self, snad: PoliteClient, star: StarPlace) -> Part:
        query = {
            "ra": f"{star.ra_deg:.6f}",
            "dec": f"{star.dec_deg:.6f}",
            "radius_arcsec": f"{RADIUS_DEG * 3600:.3f}",
        }
        answer = await snad.whole(
            "ZTF's points were not read at its second door",
            Request(path=SNAD_PATH, query=query),
            PATIENCE,
            limit=LARGEST,
        )
        return Part(answer.body, Form.SNAD, snad.url + SNAD_PATH, answer.status)

    async def close(self) -> None:
        """Close both doors."""
        await self._irsa.close()
        if self._snad is not None:
            await self._snad.close()
