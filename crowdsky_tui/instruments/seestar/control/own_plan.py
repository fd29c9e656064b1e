"""The telescope's own plan: sent, read back and proved, followed, ended.

Source: docs/design/seestar-protocol.md 3.8.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from crowdsky_tui.base.errors import (
    CommandRefused,
    NotProved,
    ScopeTimeout,
    UsageError,
)
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.own_plan import HandedRow, OwnPlan, PlanState, RowReport
from crowdsky_tui.instruments.seestar.connection.refusals import ended
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.control.operations import (
    Operated,
    OperationContext,
    Seen,
    is_outer,
    say,
)
from crowdsky_tui.instruments.seestar.control.state import (
    items_of,
    number_of,
    section,
    text_of,
    whole_of,
)

SEND_LIMIT_S = 60.0
STOP_LIMIT_S = 60.0
MOST_MINUTES = 2880
PLACE_TOLERANCE = 1e-4
"""How far a place read back may lie from the one sent, in its own units."""


def rows_of(order: told.RunPlan, zone: tzinfo) -> list[dict[str, object]]:
    """The rows as the telescope wants them: minutes after the evening's midnight of its zone.

    Raises
    ------
    UsageError
        The telescope's clock is changed meanwhile, so that its minutes would be ambiguous, or
        there is no row.
    """
    if not order.rows:
        raise UsageError("the plan is empty", "there is nothing to observe")
    offsets = {at.astimezone(zone).utcoffset() for r in order.rows for at in (r.start, r.end)}
    if len(offsets) > 1:
        raise UsageError(
            "the plan cannot be handed over", "the telescope's clock is changed in that time"
        )
    evening = datetime.combine(order.evening, datetime.min.time())
    return [_row(each, order, zone, evening) for each in order.rows]


def _row(
    row: HandedRow, order: told.RunPlan, zone: tzinfo, midnight: datetime
) -> dict[str, object]:
    start = row.start.astimezone(zone).replace(tzinfo=None) - midnight
    minutes = round(start / timedelta(minutes=1))
    if not 0 <= minutes < MOST_MINUTES:
        raise UsageError("the plan cannot be handed over", "its rows are of another night")
    now, j2000 = row.target.jnow, row.target.j2000
    place = [now.ra_hours_jnow, now.dec_deg_jnow]
    if order.j2000:
        place = [j2000.ra_deg_j2000 / 15, j2000.dec_deg_j2000]
    return {
        "target_id": row.number,
        "target_name": row.target.name,
        "alias_name": "",
        "target_ra_dec": [round(place[0] % 24, 6) % 24, round(place[1], 6)],
        "lp_filter": row.filter == "LP",
        "start_min": minutes,
        "duration_min": round((row.end - row.start) / timedelta(minutes=1)),
    }


def plan_in(state: object) -> OwnPlan:
    """The plan in a reply of `iscope_get_app_state`."""
    said = section(state, "ViewPlan")
    inside = section(said, "plan")
    rows = tuple(_report(section(each)) for each in items_of(inside, "list"))
    return OwnPlan(text_of(inside, "plan_name"), _state_of(said), rows)


def _report(row: dict[str, object]) -> RowReport:
    words, code = text_of(row, "error"), whole_of(row, "code")
    reason = " ".join(filter(None, (words, f"(code {code})" if code else "")))
    state = PlanState.IDLE if row.get("skip") is True else _state_of(row)
    return RowReport(whole_of(row, "target_id") or 0, text_of(row, "target_name"), state, reason)


def _state_of(fields: dict[str, object]) -> PlanState:
    said = text_of(fields, "state")
    return PlanState(said) if said in set(PlanState) else PlanState.UNKNOWN


async def read_own_plan(scope: Operated) -> OwnPlan:
    """The telescope's plan; an empty one where it has none, or does not tell."""
    return plan_in(await _read(scope))


async def _read(scope: Operated) -> object:
    try:
        return await scope.call("iscope_get_app_state")
    except CommandRefused:
        return {}


def difference(sent: Iterable[dict[str, object]], must: set[int], state: object) -> str:
    """How the plan read back differs from the rows sent; `must` are the numbers it has to have."""
    wanted = {whole_of(each, "target_id") or 0: each for each in sent}
    found: set[int] = set()
    for row in map(section, items_of(state, "ViewPlan", "plan", "list")):
        number = whole_of(row, "target_id") or 0
        found.add(number)
        if number not in wanted:
            return f"it has a row {number} that was not sent"
        for field, value in wanted[number].items():
            if not _same(row, field, value):
                return f"{field} of {text_of(wanted[number], 'target_name')} is another one"
    missing = must - found
    return f"{len(missing)} of its rows are missing" if missing else ""


def _same(row: dict[str, object], field: str, value: object) -> bool:
    if field == "alias_name":
        return True
    if field == "target_ra_dec":
        return _same_place(items_of(row, field), value if isinstance(value, list) else [])
    return row.get(field) == value


def _same_place(read: list[object], sent: list[object]) -> bool:
    pairs = [
        (number_of({"": a}, ""), number_of({"": b}, "")) for a, b in zip(read, sent, strict=False)
    ]
    near = [a is not None and b is not None and abs(a - b) <= PLACE_TOLERANCE for a, b in pairs]
    return len(near) == len(read) == len(sent) and all(near)


async def run_plan(context: OperationContext, order: told.RunPlan, zone: tzinfo) -> Done:
    """Send a plan, and prove that it runs as it was sent; one that differs is stopped.

    What is over already is not sent. With `order.resume` a plan of its name is not sent again.
    """
    scope, now = context.scope, context.scope.clock.now()
    rows = rows_of(order, zone)
    due = {each.number for each in order.rows if each.end > now}
    if not due:
        raise UsageError("the plan cannot be handed over", "its time is over")
    operation = context.operation(f"handing the plan to {scope.name}", SEND_LIMIT_S)
    known = order.resume and (await read_own_plan(scope)).name == order.name
    payload = {
        "plan_name": order.name,
        "update_time_seestar": f"{order.evening:%Y.%m.%d}",
        "list": [each for each in rows if each["target_id"] in due],
    }

    async def command() -> None:
        if not known:
            await say(scope, operation.doing, "set_view_plan", payload)

    async def look() -> Seen:
        state = await _read(scope)
        found = plan_in(state)
        if found.name != order.name:
            return Seen(None, "it does not tell of the plan")
        if differs := difference(rows, due, state):
            await stop_plan(context)
            raise NotProved(f"{operation.doing} failed", f"read back, {differs}")
        if found.state in (PlanState.CANCEL, PlanState.FAIL):
            raise ended(operation.doing, section(state, "ViewPlan"))
        running = found.state in (PlanState.WORKING, PlanState.COMPLETE)
        return Seen(running or None, f"its plan has {len(found.rows)} rows")

    def hear(event: Event) -> None:
        if event.name == "ViewPlan" and is_outer(event):
            operation.wake()

    return await operation.run(command, look, "handed over", hear)


async def stop_plan(context: OperationContext) -> Done:
    """End the telescope's plan with what it observes; proved by its state."""
    scope = context.scope
    operation = context.operation(f"ending the plan of {scope.name}", STOP_LIMIT_S)
    if not (await _plan_or_none(scope)).working:
        return Done("idle", "it had no plan to end")

    async def command() -> None:
        await say(scope, operation.doing, "stop_func", {"name": "ViewPlan"}, 20.0)

    async def look() -> Seen:
        working = (await read_own_plan(scope)).working
        return Seen(not working or None, "its plan goes on" if working else "its plan is ended")

    def hear(event: Event) -> None:
        if event.name == "ViewPlan" and is_outer(event):
            operation.wake()

    return await operation.run(command, look, "idle", hear)


async def _plan_or_none(scope: Operated) -> OwnPlan:
    """A telescope that is too busy to tell of a plan is not known to have one."""
    try:
        return await read_own_plan(scope)
    except ScopeTimeout:
        return OwnPlan()
