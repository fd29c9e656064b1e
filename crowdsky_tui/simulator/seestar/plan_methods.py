"""The methods of the telescope's own plan; `get_view_plan` is none (103).

Source: docs/design/seestar-protocol.md 3.8.
"""

from __future__ import annotations

from typing import Any

from crowdsky_tui.simulator.seestar.methods import OK, method
from crowdsky_tui.simulator.seestar.scope import Client, Scope
from crowdsky_tui.simulator.seestar.wire import BAD_VALUE, EXPECTED_OBJECT, Fault


@method("set_view_plan")
async def _set_plan(scope: Scope, client: Client, params: Any) -> int:
    await scope.session.plan.set(params)
    return OK


@method("stop_func")
async def _stop_func(scope: Scope, client: Client, params: Any) -> int:
    if not isinstance(params, dict):
        raise Fault(EXPECTED_OBJECT)
    if params.get("name") != "ViewPlan":
        raise Fault(BAD_VALUE)
    await scope.session.plan.stop()
    return OK


@method("clear_view_plan")
async def _clear_plan(scope: Scope, client: Client, params: Any) -> int:
    await scope.session.plan.clear()
    return OK
