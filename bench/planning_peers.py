"""Others' ways to plan the same night: astroplan, and an exact solver."""

import warnings
from datetime import timedelta
from importlib import import_module
from typing import Any

from crowdsky_tui.scheduling.messages import PlanRequest, Schedule, continued

SOLVE_S = 120.0


def astroplan_night(request: PlanRequest) -> int:
    """Plan one visit of each target with astroplan's PriorityScheduler; how many blocks it uses."""
    import astropy.units as u
    from astropy.coordinates import SkyCoord
    from astropy.time import Time

    from crowdsky_tui.site.place import Place
    from crowdsky_tui.sky.sun_moon import location, offline

    astroplan: Any = import_module("astroplan")
    place = Place(request.longitude_deg, request.latitude_deg, request.elevation_m)
    limits = [
        astroplan.AltitudeConstraint(min=30 * u.deg, max=85 * u.deg),
        astroplan.AtNightConstraint.twilight_nautical(),
        astroplan.MoonSeparationConstraint(min=30 * u.deg),
    ]
    wanted = [
        astroplan.ObservingBlock(
            astroplan.FixedTarget(
                SkyCoord(each.ra_deg * u.deg, each.dec_deg * u.deg), name=each.name
            ),
            15 * each.blocks * u.min,
            6 - each.priority,
        )
        for each in request.candidates
    ]
    begin = Time((request.begins + timedelta(hours=5)).replace(tzinfo=None))
    with offline(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = astroplan.PriorityScheduler(
            constraints=limits,
            observer=astroplan.Observer(location=location(place)),
            transitioner=astroplan.Transitioner(1 * u.deg / u.second),
        )
        found = scheduler(wanted, astroplan.Schedule(begin, begin + 12.5 * u.hour))
    visit = request.candidates[0].blocks
    return visit * len(found.observing_blocks)


def optimum(schedule: Schedule) -> float:
    """The greatest total merit that any plan has with the schedule's verdicts; in whole runs."""
    import numpy as np

    optimize, sparse = import_module("scipy.optimize"), import_module("scipy.sparse")
    worth: list[float] = []
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    slots, scopes, targets = len(schedule.slots), len(schedule.scopes), len(schedule.targets)
    limits = np.concatenate([np.ones((scopes + targets) * slots), np.array(schedule.most, float)])
    for target, scope, start, length, merit in _runs(schedule):
        number = len(worth)
        worth.append(merit)
        for slot in range(start, start + length):
            rows += [scope * slots + slot, (scopes + target) * slots + slot]
            columns += [number, number]
            values += [1.0, 1.0]
        rows.append((scopes + targets) * slots + target)
        columns.append(number)
        values.append(float(length))
    matrix = sparse.csr_array((values, (rows, columns)), shape=(len(limits), len(worth)))
    found: Any = optimize.milp(
        -np.array(worth),
        integrality=np.ones(len(worth)),
        bounds=optimize.Bounds(0, 1),
        constraints=optimize.LinearConstraint(matrix, ub=limits),
        options={"time_limit": SOLVE_S},
    )
    if not found.success:
        raise RuntimeError(f"no optimum was proved: {found.message}")
    return -float(found.fun)


def _runs(schedule: Schedule) -> Any:
    """Every run that may be: target, scope, first slot, length, merit (as `problem.total`)."""
    slots = len(schedule.slots)
    for target in range(len(schedule.targets)):
        for scope in range(len(schedule.scopes)):
            for start in range(slots):
                merit = 0.0
                for length in range(1, min(schedule.most[target], slots - start) + 1):
                    slot = start + length - 1
                    if target in schedule.not_now or schedule.veto(target, slot, scope):
                        break
                    score = max(schedule.score(target, slot), 1e-3)
                    merit += score * (schedule.switch_share if length == 1 else 1.0)
                    merit += continued(schedule.continuity, schedule.blocks[target], length - 1)
                    yield target, scope, start, length, merit
