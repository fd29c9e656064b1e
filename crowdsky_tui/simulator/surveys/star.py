"""A star of the stand-in, and its rows as each survey writes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, hypot, pi, radians, sin

from crowdsky_tui.simulator.surveys.forms import AAVSO_HEAD, ATLAS_HEAD, GAIA_HEAD, ZTF_HEAD

MJD = 2_400_000.5
GAIA_ZERO = 2_455_197.5
EXPOSURE_S = 30.0
AB_ZERO_POINT = 23.9
REACH_DEG = 3.0 / 3600


@dataclass(frozen=True)
class SurveyStar:
    """A star that varies like a sine.

    Attributes
    ----------
    ra_deg, dec_deg
        ICRS degrees.
    mag, half_amplitude
        Magnitudes.
    period_d, epoch_jd
        Days.
    days
        Julian days at which each survey looked.
    """

    name: str
    ra_deg: float
    dec_deg: float
    gaia_id: str
    mag: float
    half_amplitude: float
    period_d: float
    epoch_jd: float
    days: tuple[float, ...]

    def magnitude(self, jd: float) -> float:
        """What it is at a Julian day."""
        turn = 2 * pi * (jd - self.epoch_jd) / self.period_d
        return self.mag + self.half_amplitude * sin(turn)

    def near(self, ra_deg: float, dec_deg: float) -> bool:
        """Whether a place is the star's, within 3 arcseconds."""
        across = (self.ra_deg - ra_deg) * cos(radians(self.dec_deg))
        return hypot(across, self.dec_deg - dec_deg) <= REACH_DEG

    def between(self, since_jd: float, until_jd: float) -> Iterator[tuple[int, float]]:
        """The days at which a survey looked, each with its number."""
        return ((k, jd) for k, jd in enumerate(self.days) if since_jd <= jd < until_jd)

    def ztf(self, since_jd: float, until_jd: float) -> str:
        """Rows of IRSA: two object ids in two filters, one row in five flagged."""
        rows = [ZTF_HEAD]
        for k, jd in self.between(since_jd, until_jd):
            band, oid = (("zg", 7361152), ("zr", 7362152))[k % 2]
            flags = 32768 if k % 5 == 4 else 0
            mid = jd - EXPOSURE_S / 2 / 86_400
            rows.append(
                f"{oid},{k},{jd},{mid - MJD:.7f},{self.magnitude(jd):.6f},0.012,{flags},{band},"
                f"{self.ra_deg},{self.dec_deg},1.0,0.0,1,736,0xf,0x2,20.5,26.2,0.02,-0.06,0,"
                f"{EXPOSURE_S:g},1.2,1"
            )
        return "\n".join(rows) + "\n"

    def snad(self) -> dict[str, dict[str, object]]:
        """SNAD's objects."""
        return {
            str(oid): {
                "meta": {"filter": band},
                "lc": [
                    {"mjd": jd - MJD, "mag": self.magnitude(jd), "magerr": 0.012}
                    for jd in self.days[place::2]
                ],
            }
            for place, (band, oid) in enumerate((("zg", 7361152), ("zr", 7362152)))
        }

    def atlas(self, since_mjd: float, until_mjd: float) -> str:
        """Rows of ATLAS: reduced flux, one row in seven too faint to be seen."""
        rows = [ATLAS_HEAD]
        for k, jd in self.between(since_mjd + MJD, until_mjd + MJD):
            flux = 10 ** (-0.4 * (self.magnitude(jd) - AB_ZERO_POINT))
            error = flux if k % 7 == 6 else flux / 80
            start = jd - EXPOSURE_S / 2 / 86_400 - MJD
            rows.append(
                f"{start:.6f} 15.0 0.1 {flux:.2f} {error:.2f} {'co'[k % 2]} 0 1.0 {self.ra_deg}"
                f" {self.dec_deg} 500 500 2 2 0 -0.4 19.4 20.1 01a59000o0001o"
            )
        return "\n".join(rows) + "\n"

    def gaia(self) -> str:
        """Gaia's individual structure, in G alone."""
        rows = [
            f"{self.gaia_id},{k},G,{jd - GAIA_ZERO:.7f},{self.magnitude(jd):.6f},1e4,10,1000,"
            f"false,{'true' if k % 9 == 8 else 'false'},0,1"
            for k, jd in enumerate(self.days)
        ]
        return "\n".join([GAIA_HEAD, *rows]) + "\n"

    def aavso(self, since_jd: float, until_jd: float) -> str:
        """The AAVSO's rows: two observers, one with the eye and now and then a limit."""
        rows = [AAVSO_HEAD]
        for k, jd in self.between(since_jd, until_jd):
            eye = k % 3 == 2
            limit = int(k % 6 == 5)
            rows.append(
                "@@@".join(
                    (
                        f"{jd:.5f}",
                        f"{self.magnitude(jd):.1f}" if eye else f"{self.magnitude(jd):.3f}",
                        "" if eye else "0.020",
                        str(limit),
                        "Vis." if eye else "V",
                        "EYE" if eye else "CCD",
                        "clear, calm",
                        "STD",
                        "Z",
                        self.name,
                    )
                )
            )
        return "\n".join(rows) + "\n"
