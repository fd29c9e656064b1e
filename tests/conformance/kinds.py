"""The kinds of instrument: for each a factory of subjects. A new kind is one more entry."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from indi_kind import indi_rig
from rig_kind import rig
from subject import TARGET, Factory, Subject, Truth

sys.path.insert(0, str(Path(__file__).parent.parent / "contract"))

from device_kit import InlineScience, shots, until
from seestar_kit import client_of, running, take

from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.instruments.seestar.connection.guard import only_reads
from crowdsky_tui.instruments.seestar.connection.wire import NO_PARAMS
from crowdsky_tui.instruments.seestar.files.access import files_in_folder
from crowdsky_tui.instruments.seestar.instrument import METHODS, SeestarInstrument
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.seestar.parts import FILTER_NAMES
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

SPEED = 300.0
REPLY_S, LATE_S = 0.4, 0.6
"""Real seconds that a reply is waited for here, and after which a late one comes."""
READINGS = (
    "get_view_state",
    "get_device_state",
    "get_setting",
    "scope_get_equ_coord",
    "get_wheel_position",
    "get_control_value",
    "pi_output_get2",
    "iscope_get_app_state",
)
UNDER_WAY_FOR_EVER = {
    "View": {
        "state": "working",
        "lapse_ms": 0,
        "mode": "star",
        "stage": "AutoGoto",
        "target_ra_dec": [TARGET.jnow.ra_hours_jnow, TARGET.jnow.dec_deg_jnow],
        "target_name": TARGET.name,
        "AutoGoto": {"state": "working", "lapse_ms": 0},
    }
}


class ImpatientService(SeestarService):
    """Waits for no reply as long as the real one does."""

    async def call(self, method: str, params: object = NO_PARAMS, timeout: float = 10.0) -> Any:
        return await super().call(method, params, min(timeout, REPLY_S))


class Seestar(Subject):
    instrument: SeestarInstrument

    def __init__(self, scope: SeestarStandIn, instrument: SeestarInstrument) -> None:
        self.instrument = instrument
        self.scope = scope
        self._faults = scope.faults

    def traffic(self) -> int:
        return sum(method != "test_connection" for method in self.scope.requests)

    def changes(self) -> list[str]:
        return [method for method in self.scope.requests if not only_reads(method)]

    def arrived(self, ability: Ability) -> int:
        return self.scope.requests.count(self._method(ability))

    def truth(self) -> Truth:
        session, settings = self.scope.session, self.scope.state.settings
        heater = session.heater
        return Truth(
            parked=bool(session.mount.report()["close"]),
            filter=FILTER_NAMES[session.wheel.position],
            exposure_s=settings["exp_ms"]["stack_l"] / 1000,
            gain=self.scope.view.gain,
            heater_percent=heater.value if heater.on else 0,
            taking=self.scope.view.stacking,
            position=session.mount.position,
            borrowed=f"stack_after_goto {settings['stack_after_goto']}",
        )

    def held(self) -> dict[str, bytes]:
        folder = self.scope.root / "MyWorks" / f"{TARGET.name}_sub"
        return {
            f"MyWorks/{folder.name}/{path.name}": path.read_bytes() for path in folder.glob("*.fit")
        }

    def listeners(self) -> int:
        return len(self.instrument._scope._link.rpc._events)

    def lose_reply(self, ability: Ability) -> None:
        self._faults.mute.add(self._method(ability))

    def answer_after_timeout(self, ability: Ability) -> None:
        self._faults.delay[self._method(ability)] = LATE_S

    def refuse(self, ability: Ability) -> None:
        self._faults.refuse[self._method(ability)] = (207, "fail to operate")

    def take_away(self, ability: Ability) -> None:
        self._faults.refuse[self._method(ability)] = (103, "method not found")

    def talk_nonsense(self, value: Any) -> None:
        self._faults.reads_back.update(dict.fromkeys(READINGS, value))

    def never_arrive(self) -> None:
        self._faults.reads_back["scope_get_equ_coord"] = {"ra": 9.9, "dec": 60.0}

    def never_end(self) -> None:
        self._faults.reads_back["get_view_state"] = UNDER_WAY_FOR_EVER

    def mend(self) -> None:
        for fault in (self._faults.mute, self._faults.delay, self._faults.refuse):
            fault.clear()
        self._faults.reads_back.clear()

    async def cut(self) -> None:
        await self.scope.drop_clients()

    async def restart(self) -> None:
        self.scope.session.power_off(boot_again=True)

    async def vanish(self) -> None:
        await self.scope.hang_up()

    async def use_by_somebody_else(self) -> None:
        async with client_of(self.scope) as phone:
            marked = self.scope.profile.wants_markers_inside
            await phone.result("scope_move_to_horizon", ["verify"] if marked else None)
            await until(lambda: not self.scope.session.mount.moving)
            order: dict[str, Any] = {
                "mode": "star",
                "target_ra_dec": [9.5, 60.0],
                "target_name": "theirs",
            }
            order |= {"verify": True} if marked else {}
            await phone.result("iscope_start_view", order)
            await until(lambda: self.scope.view.stage not in ("", "AutoGoto"))

    async def is_under_way(self, ability: Ability) -> None:
        assert ability is Ability.GOTO
        await until(lambda: self.scope.view.stage == "AutoGoto")

    @staticmethod
    def _method(ability: Ability) -> str:
        return METHODS[ability].partition(" ")[0]


def seestar(**profile: Any) -> Factory:
    """A Seestar of a profile, on its stand-in, with three frames of `TARGET`."""

    @asynccontextmanager
    async def made(folder: Path, *, read_only: bool) -> AsyncIterator[Subject]:
        await asyncio.to_thread(take, folder, shots(3, TARGET.name))
        async with running(folder, speed=SPEED, faults=Faults(), **profile) as scope:
            scope.session.observer.initialised = True
            files = files_in_folder(scope.root, scope.host, scope.http_port)
            service = ImpatientService(
                "garden", scope.host, scope.rpc_port, files, scope.time.clock, InlineScience()
            )
            await service.open()
            try:
                await service.wait_ready(5)
                yield Seestar(
                    scope, SeestarInstrument(service, read_only=read_only, patience_s=1.5)
                )
            finally:
                await service.close()

    return made


KINDS: dict[str, Factory] = {
    "seestar": seestar(),
    "seestar of firmware 6.70": seestar(firmware="6.70"),
    "seestar S30 Pro of firmware 8.89": seestar(firmware="8.89", model="Seestar S30 Pro"),
    "rig over Alpaca": rig(),
    "rig over Alpaca before Platform 7": rig(modern=False),
    "rig over INDI": indi_rig(),
    "seestar over its own Alpaca server": rig(seestar=True),
}
