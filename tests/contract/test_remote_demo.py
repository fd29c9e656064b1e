"""telescope.org in the demo."""

from telescope_org_kit import StepClock

from crowdsky_tui.simulator import ensemble
from crowdsky_tui.simulator.options import SimulateOptions


async def test_two_pictures_of_a_star_are_on_their_way_and_come_in_the_night() -> None:
    clock = StepClock()
    assert await ensemble._remote(SimulateOptions(), clock) is None
    site = await ensemble._remote(SimulateOptions(remote=True), clock)
    assert site is not None
    try:
        asked = [each for each in site.account.requests.values() if each.submitted]
        assert [(each.object_name, each.filter) for each in asked] == [
            ("CH Cyg", "B"),
            ("CH Cyg", "V"),
        ]
        site.account.grow()
        assert {each.status for each in asked} == {1}
        clock.go_on(minutes=25)
        site.account.grow()
        assert all(each.status == 8 and each.job in site.account.jobs for each in asked)
    finally:
        await site.stop()
