"""Which targets are the user's own, and what is said where they cannot be read."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, ScopeTimeout
from crowdsky_tui.cli import own_targets
from crowdsky_tui.cli.options import CommonOptions
from crowdsky_tui.plan.target import Target
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget

NOW = datetime(2026, 11, 29, tzinfo=UTC)
M42 = Target(name="my nebula", ra_deg_j2000=83.82, dec_deg_j2000=-5.39)
DARK, LOST = ScopeTimeout("it does not answer"), CrowdSkyError("the database is damaged")


class Sky:
    async def find_target(self, typed: str, _when: datetime) -> SkyTarget:
        ra, dec = map(float, typed.split())
        return SkyTarget("J0535-0523", PositionJ2000(ra, dec), PositionJNow(0, 0), "as typed")


def gives(answer: Any) -> Callable[..., Any]:
    async def answered(*_: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return answered


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    async def targets_of(listed: Any, told: Any, scope: str | None = None) -> Any:
        monkeypatch.setattr(own_targets, "_listed", gives(listed))
        monkeypatch.setattr(own_targets, "_on_telescopes", gives(told))
        settings: Any = SimpleNamespace(scopes=() if told is None else ("garden",))
        sky: Any = Sky()
        found, names, code = await own_targets.own_targets(
            CommonOptions(scope=scope), settings, sky, NOW
        )
        return [(each.name, each.j2000.ra_deg_j2000) for each in found], names, code

    return targets_of


NEBULA = [("my nebula", 83.82)]


async def test_the_list_and_the_telescopes_both_count(ask: Callable[..., Any]) -> None:
    there = (["M 81"], ExitCode.OK)
    assert await ask((M42,), there) == (NEBULA, ["M 81"], ExitCode.OK)
    assert await ask((M42,), there, scope="garden") == ([], ["M 81"], ExitCode.OK)
    assert await ask((M42,), None) == (NEBULA, [], ExitCode.OK)


async def test_what_cannot_be_read_is_told_beside_the_other(
    ask: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert await ask((M42,), DARK) == (NEBULA, [], ExitCode.SOME_FAILED)
    assert "does not answer" in capsys.readouterr().err
    assert await ask(LOST, (["M 81"], ExitCode.OK)) == ([], ["M 81"], ExitCode.SOME_FAILED)
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize(("listed", "told"), [((), DARK), (LOST, None), ((), None)])
async def test_where_nothing_is_left_that_is_the_error(
    ask: Callable[..., Any], listed: Any, told: Any
) -> None:
    with pytest.raises(CrowdSkyError):
        await ask(listed, told)
