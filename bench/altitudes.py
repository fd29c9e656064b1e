"""Altitude and Moon of 1,000 targets in 96 slots: one call of the compute child, to astropy alone.

The floor is the same numbers (altitude, azimuth, distance from the Moon), worked out by astropy in
this process, imported before and warmed up like the child.
"""

import asyncio
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.figures import Figure, compared
from crowdsky_tui.compute.client import Science
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJ2000

GROUP = "Sky"
TARGETS, SLOTS = 1000, 96
PLACE = Place(16.37, 48.21)
BEGIN = datetime(2026, 11, 28, 11, tzinfo=UTC)
TIMES = [BEGIN + timedelta(minutes=15 * slot) for slot in range(SLOTS)]
POSITIONS = [
    PositionJ2000(number * 137.508 % 360, (number * 61.8 % 160) - 80) for number in range(TARGETS)
]


def run(quick: bool) -> Iterator[Figure]:
    """The one figure."""
    runs = 3 if quick else 7
    yield compared(
        GROUP,
        f"altitude and Moon of {TARGETS:,} targets in {SLOTS} slots",
        asyncio.run(_ours(runs)),
        _astropy(runs),
        unit="s",
        floor_name="astropy alone",
        budget="altitudes",
        command="Science.altitudes",
    )


async def _ours(runs: int) -> list[float]:
    science, taken = Science(), []
    try:
        for _ in range(runs + 1):
            begin = time.perf_counter()
            await science.altitudes(POSITIONS, TIMES, PLACE)
            taken.append(time.perf_counter() - begin)
    finally:
        await science.close()
    return taken[1:]


def _astropy(runs: int) -> list[float]:
    import astropy.units as u
    import numpy as np
    from astropy.coordinates import AltAz, SkyCoord, get_body
    from astropy.time import Time

    from crowdsky_tui.sky.sun_moon import location, offline

    where, taken = location(PLACE), []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        with offline(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            times = Time([when.replace(tzinfo=None) for when in TIMES])
            frame = AltAz(obstime=times[np.newaxis, :], location=where)
            stars = SkyCoord(
                [each.ra_deg_j2000 for each in POSITIONS] * u.deg,
                [each.dec_deg_j2000 for each in POSITIONS] * u.deg,
            )
            seen = stars[:, np.newaxis].transform_to(frame)
            moon = get_body("moon", times, where).transform_to(AltAz(obstime=times, location=where))
            there = SkyCoord(moon.az[np.newaxis, :], moon.alt[np.newaxis, :])
            SkyCoord(seen.az, seen.alt).separation(there)
        taken.append(time.perf_counter() - begin)
    return taken[1:]
