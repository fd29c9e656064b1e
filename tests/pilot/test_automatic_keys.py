"""The keys of the automatic night and of the morning report."""

from driven import Drive

from crowdsky_tui.tui.screens.listing import Details


async def test_a_switches_it_and_m_shows_the_report(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("a")
        assert ("automatic", True) in driven.night.asked
        driven.night.store.set_automatic("on")
        await driven.press("a")
        assert ("automatic", False) in driven.night.asked
        await driven.press("m")
        assert ("report",) in driven.night.asked
        assert isinstance(driven.app.screen, Details)
