"""The doctor's round on a telescope stand-in with troubles, as the app and the agent ask for it."""

from pathlib import Path

from device_kit import until
from night_kit import night_on, settings_for

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.server import Listener
from crowdsky_tui.doctor.check import Check, Level
from crowdsky_tui.night.calls.background import Examine
from crowdsky_tui.store.store import ScopeState


def troubles(checks: tuple[Check, ...]) -> dict[str, str]:
    return {check.name: check.text for check in checks if check.level is not Level.OK}


async def test_a_telescopes_troubles_are_named_through_an_agent_too(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    async with night_on(tmp_path) as (scope, night):
        night.config_path = tmp_path / "config.toml"
        await until(lambda: night.store.scopes["garden"].state is ScopeState.READY)
        scope.state.settings["stack"]["save_discrete_ok_frame"] = False
        scope.faults.reads_back["get_wheel_position"] = 0
        scope.faults.refuse["get_view_state"] = (103, "method not found")
        listener, app = Listener(night), RemoteNight(settings_for(scope, tmp_path))
        await listener.open()
        await app.open()
        try:
            found = troubles(await app.do(Examine()))
        finally:
            await app.close()
            await listener.close()
        assert "not kept" in found["garden sub-frames"]
        assert "dark filter" in found["garden filter"]
        assert "not known" in found["garden observing"]
        assert "garden" not in found  # what it refuses to tell hides nothing else
        assert found["server"].startswith("no account")


async def test_a_telescope_that_wants_a_login_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    async with night_on(tmp_path, firmware="8.46", login="required") as (_, night):
        night.config_path = tmp_path / "config.toml"
        await until(lambda: night.store.scopes["garden"].state is ScopeState.LOGIN_NEEDED)
        check = next(each for each in await night.do(Examine()) if each.name == "garden")
        assert check.level is Level.FAIL and "login needed" in check.text
        assert "key" in check.fix
