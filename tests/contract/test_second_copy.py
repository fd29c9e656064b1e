"""A second copy follows the first's state live and can ask for nothing; the first hosts it."""

from pathlib import Path

import pytest
from device_kit import until
from night_kit import settings_for
from seestar_kit import running

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.hosted_night import HostedNight
from crowdsky_tui.base.errors import CrowdSkyError, JournalLocked
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.night.calls.account import SignIn
from crowdsky_tui.night.calls.automatic import ShowReport, SwitchAutomatic
from crowdsky_tui.night.calls.jobs import Cancel, DryRun, Stack, Upload
from crowdsky_tui.night.calls.review import MarkStack
from crowdsky_tui.night.calls.telescope import DoAction
from crowdsky_tui.store.store import LogLine, Severity


async def test_a_second_copy_follows_live_and_asks_for_nothing(tmp_path: Path) -> None:
    async with running(tmp_path / "scope", speed=600.0) as scope:
        settings = settings_for(scope, tmp_path)
        first, second = HostedNight(settings, holder="crowdsky-tui"), RemoteNight(settings)
        async with first:
            await first.start()
            await second.open()
            try:
                await until(lambda: second.store.scopes == first.store.scopes != {})
                assert second.settings.read_only and not first.settings.read_only
                assert "crowdsky-tui, process" in second.store.log[0].text

                line = LogLine(first.clock.now(), Severity.GOOD, "proved: M 81 22:30")
                first.store.add_log(line)
                await until(lambda: line in second.store.log)
                assert await second.do(DryRun()) == ()
                assert "CrowdSky, night of" in await second.do(ShowReport())
                for ask in (
                    second.do(Stack()),
                    second.do(Upload()),
                    second.do(Cancel(1)),
                    second.do(SwitchAutomatic(on=True)),
                    second.do(DoAction("garden", "park")),
                    second.do(MarkStack("a", Mark.KEPT)),
                    second.do(SignIn("a", "b")),
                ):
                    with pytest.raises(CrowdSkyError, match="read-only"):
                        await ask
                assert first.store.automatic == "off"

                third = HostedNight(settings, holder="crowdsky-tui sync")
                with pytest.raises(JournalLocked):
                    await third.open()
                await third.close()
                assert (tmp_path / "state" / "agent.sock").exists()  # it is the first's
            except BaseException:
                await second.close()
                raise
        await until(lambda: "has gone" in second.store.log[-1].text)
        await second.close()
    assert not (tmp_path / "state" / "agent.sock").exists()
