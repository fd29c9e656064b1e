"""The moving parts of a stand-in, together: mount, wheel, focus, heater, view, power."""

from __future__ import annotations

import asyncio

from crowdsky_tui.simulator.seestar.mount import Mount
from crowdsky_tui.simulator.seestar.observer import Observer
from crowdsky_tui.simulator.seestar.parts import Focuser, Heater, Wheel
from crowdsky_tui.simulator.seestar.scope import Scope
from crowdsky_tui.simulator.seestar.solve import Solver
from crowdsky_tui.simulator.seestar.view_plan import ViewPlan

BOOT_S = 40.0


class ScopeSession:
    """Everything of one telescope that moves, warms or looks."""

    def __init__(self, scope: Scope) -> None:
        self.mount = Mount(scope)
        self.wheel = Wheel(scope)
        self.focuser = Focuser(scope)
        self.heater = Heater(scope)
        self.solver = Solver(scope)
        self.observer = Observer(scope)
        self.plan = ViewPlan(scope)
        self._scope = scope
        self._power: asyncio.Task[None] | None = None

    async def park(self, *, equ_mode: bool | None) -> None:
        """`scope_park`: looking ends, the arm folds."""
        self.mount.check_free()
        await self.observer.stop_view(None)
        self.mount.fold(equ_mode=equ_mode)

    def power_off(self, *, boot_again: bool) -> None:
        """`pi_reboot` and `pi_shutdown`: the connections just die."""
        self._power = asyncio.create_task(self._cycle(boot_again=boot_again))

    async def close(self) -> None:
        """End everything that runs, silently."""
        if self._power is not None:
            self._power.cancel()
            await asyncio.wait([self._power])
        await self._rest()

    async def _cycle(self, *, boot_again: bool) -> None:
        scope = self._scope
        await scope.hang_up()
        await self._rest()
        scope.view.reset()
        self.observer.initialised = False
        self.heater.on = False
        if boot_again:
            await scope.time.clock.sleep(BOOT_S)
            await scope.listen()

    async def _rest(self) -> None:
        await self.plan.close()
        await self.observer.close()
        await self.solver.stop()
        await self.mount.halt()
        await self.wheel.close()
