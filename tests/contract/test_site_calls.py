"""The calls behind the horizon's screen, on a night's own parts and the real compute child."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.night.background.sky_times import SkyWatch
from crowdsky_tui.night.calls.altitudes import ShowAltitudes
from crowdsky_tui.night.calls.call import decoded_call, encoded_call
from crowdsky_tui.night.calls.site import HorizonView, KeepHorizon, ShowHorizon
from crowdsky_tui.store.store import Store

SITE = """
[site]
latitude = 48.2082
longitude = 16.3738
zone = "Europe/Vienna"
horizon = 20
"""
EVENING = datetime(2026, 11, 28, 19, tzinfo=UTC)


class Parts:
    """The few parts of a night that these calls need."""

    def __init__(self, config: Path) -> None:
        self.config_path = config
        self.settings: Settings = read_settings(config, {}).settings
        self.clock = Clock(EVENING, datetime.now(UTC), 1.0)
        self.store = Store()
        self.science = Science()
        self.watches: dict[str, Any] = {}
        self.services = SimpleNamespace(places={})

    async def use_settings(self, settings: Settings) -> None:
        self.settings = settings


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Any]:
    config = tmp_path / "config.toml"
    config.write_text(SITE)
    made = Parts(config)
    yield made
    await made.science.close()


async def test_the_ways_of_a_target_and_of_the_moon(parts: Any) -> None:
    view = await ShowHorizon("Andromeda Galaxy").run(parts)
    assert set(view.line) == {20.0} and view.problem == ""
    assert len(view.track) == len(view.moon) == 145
    evening = next(each for each in view.track if each.minutes >= 480)
    assert evening.dark and evening.altitude_deg > 75, "M 31 is high at eight"
    assert not view.track[0].dark and view.noon_minutes in (714, 715, 716)
    assert (await ShowHorizon("").run(parts)).track == ()


async def test_an_unknown_target_or_place_leaves_the_horizon(parts: Any, tmp_path: Path) -> None:
    view = await ShowHorizon("Planet X").run(parts)
    assert view.track == () and view.moon and "is not known" in view.problem
    parts.settings = Settings()
    nowhere = await ShowHorizon("M 31").run(parts)
    assert nowhere.line == (30.0,) * 361 and "not set" in nowhere.problem and not nowhere.moon


async def test_altitudes_of_many_targets_from_sunset_to_sunrise(parts: Any) -> None:
    found = await ShowAltitudes(("Andromeda Galaxy", "Planet X", "M 81")).run(parts)
    assert set(found.ways) == {"Andromeda Galaxy", "M 81"}, "an unknown name has no way"
    assert not found.dark[0] and not found.dark[-1] and any(found.dark)
    assert found.begins < EVENING < found.ends
    assert found.begins.minute % 10 == found.begins.second == 0, "full hours are among the steps"
    step = found.step_at(EVENING)
    assert step is not None
    alone = await ShowHorizon("M 81").run(parts)
    same = min(alone.track, key=lambda each: abs(each.minutes + alone.noon_minutes - (20 * 60)))
    assert abs(found.ways["M 81"].altitude_deg[step] - same.altitude_deg) <= 2
    assert set(found.ways["M 81"].line_deg) == {20}
    assert parts.services.places["Planet X"] is None, "it is not looked up again"


async def test_altitudes_need_a_place_and_tell_none(parts: Any) -> None:
    parts.settings = Settings()
    with pytest.raises(UsageError, match="the site is not set"):
        await ShowAltitudes(("M 81",)).run(parts)


async def test_altitudes_without_a_name_that_is_known(parts: Any) -> None:
    found = await ShowAltitudes(("Planet X",)).run(parts)
    assert found.ways == {} and found.dark


async def test_a_drawn_horizon_is_kept_in_force_and_in_tonights_line(parts: Any) -> None:
    await SkyWatch(parts).look()
    watch = SkyWatch(parts)
    assert parts.store.sky.moon_clears is None
    tree = (((40.0, 30.0), (40.0, 150.0)),)
    note = await KeepHorizon(tree).run(parts)
    assert "config.local.toml" in note
    assert read_settings(parts.config_path, {}).settings.site.obstructions == tree
    assert (await ShowHorizon("").run(parts)).line[100] == 40
    await watch.look()
    assert parts.store.sky.moon_clears is not None, "though the night was known"


def test_the_calls_go_over_the_wire_and_tell_no_place() -> None:
    kept = KeepHorizon((((40.0, 30.0), (40.0, 150.0)),))
    assert decoded_call(encoded_call(kept)) == kept
    assert KeepHorizon.changes and not ShowHorizon.changes
    assert not {"latitude", "longitude"} & set(HorizonView.__struct_fields__)
