"""The Sun's altitude, by the science child."""

import asyncio
from datetime import UTC, datetime

from crowdsky_tui.compute.client import Science
from crowdsky_tui.site.place import Place

PLACE = Place(16.4, 48.2)


async def test_the_sun_over_vienna() -> None:
    science = Science()
    try:
        noon = await science.sun_altitude(PLACE, datetime(2026, 6, 21, 10, 56, tzinfo=UTC))
        dusk = await science.sun_altitude(PLACE, datetime(2026, 2, 27, 17, 30, tzinfo=UTC))
        midnight = await science.sun_altitude(PLACE, datetime(2026, 12, 21, 23, tzinfo=UTC))
        await asyncio.sleep(0)
    finally:
        await science.close()
    assert abs(noon - 65.2) < 0.2  # 90° - 48.2° + 23.4°
    assert -14 < dusk < -8
    assert abs(midnight + 65.2) < 0.3
