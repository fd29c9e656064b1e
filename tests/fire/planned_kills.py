"""Kill -9 at each step of a planned night: `python -m tests.fire planned --seeds 10`.

One process holds the stand-ins and the night, in a loop whose time jumps. A death freezes all that
the night's tasks would do from there on, in the middle of whatever they do: nothing is closed,
given back or written any more. Each case is a fork of this process.
"""

import argparse
import asyncio
import contextvars
import functools
import json
import os
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import sqlalchemy.dialects.sqlite  # noqa: F401 - paid for before the fork
from dusk_kit import CYG, FIRST, M51, NIGHT, Dusk, InlineScience, stand_ins, target
from virtual_time import VirtualClock, VirtualLoop

from crowdsky_tui.config.load import Settings
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.night import night as night_module
from crowdsky_tui.night.night import Night
from crowdsky_tui.plan.visits import Visits, VisitState
from crowdsky_tui.scheduling import planner  # noqa: F401 - paid for before the fork
from crowdsky_tui.store.store import JobState

KINDS = ("observe", "park", "hand over")
TOLD = (
    *("set_setting", "scope_move_to_horizon", "iscope_start_view"),
    *("iscope_start_stack", "iscope_stop_view", "scope_park", "set_view_plan", "stop_func"),
)


def _noted(kind: str, *steps: str) -> tuple[str, ...]:
    return tuple(f"{kind} {tense} {step}" for step in steps for tense in ("noting", "noted"))


def _sent(*methods: str) -> tuple[str, ...]:
    return tuple(f"{tense} {method}" for method in methods for tense in ("telling", "told"))


ASKING = ("visits saving", "visits saved", "asking observe", "asked observe", "observe running")
POINTING = (
    *_noted("observe", "prepare"),
    *_sent("set_setting"),
    *_noted("observe", "goto"),
    *_sent("scope_move_to_horizon", "iscope_start_view"),
)
TAKING = (
    *_noted("observe", "centred", "start"),
    *_sent("iscope_start_stack"),
    *_noted("observe", "frames"),
    "planned replaced",
)
ENDING = (
    *_noted("observe", "stop"),
    *_sent("iscope_stop_view"),
    *_noted("observe", "counted"),
    *("observe proving", "observe proved"),
)
PARKING = (
    *("asking park", "asked park", "park running"),
    *_noted("park", "park"),
    *_sent("scope_park"),
    *("park proving", "park proved"),
)
HANDING = (
    *("asking hand over", "asked hand over", "hand over running"),
    *_noted("hand over", "prepare", "send"),
    *_sent("set_view_plan"),
    *_noted("hand over", "running", "stop", "counted"),
    *("hand over proving", "hand over proved"),
)
"""Of a night that each telescope observes as a plan of its own."""
CHAINS = (ASKING, POINTING, TAKING, ENDING, PARKING, HANDING)
STEPS = tuple(step for chain in CHAINS for step in chain)
FROM_SLOT = 5
SPEED = 10.0
LONGEST_S = 5000.0


class Death(msgspec.Struct, frozen=True):
    """At the `nth` passing of a point; the next run begins `pause` seconds of the night later."""

    point: str
    nth: int = 1
    pause: float = 5.0


class Case(msgspec.Struct, frozen=True):
    """The deaths of one night, one after another."""

    name: str
    deaths: tuple[Death, ...]

    @property
    def handed(self) -> bool:
        """Whether the night is handed over; else it is driven."""
        return any(each.point in HANDING for each in self.deaths)


class Life:
    """What the tasks of one run share: once it is dead, none of them does anything more."""

    def __init__(self, death: Death | None) -> None:
        self.death = death
        self.dead = False
        self.over = asyncio.Event()
        self.passed: Counter[str] = Counter()

    async def at(self, point: str) -> None:
        """Pass a point, or die there."""
        self.passed[point] += 1
        death = self.death
        if death is not None and point == death.point and self.passed[point] == death.nth:
            self.dead = True
            LIFE.set(None)  # so that whoever waits outside is woken
            self.over.set()
            await asyncio.get_running_loop().create_future()


LIFE: contextvars.ContextVar[Life | None] = contextvars.ContextVar("life", default=None)


class MortalLoop(VirtualLoop):
    """Drops what belongs to a dead life, and keeps it from being cleaned up."""

    def __init__(self) -> None:
        self.every: list[Any] = []
        super().__init__()

    def create_task(self, work: Any, **options: Any) -> Any:  # type: ignore[override]
        task = super().create_task(work, **options)
        self.every.append(task)
        return task

    def _call_soon(self, callback: Any, args: Any, context: Any) -> Any:
        return super()._call_soon(self._while_alive(callback, context), args, context)  # type: ignore[misc]

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> Any:
        return super().call_at(when, self._while_alive(callback, context), *args, context=context)

    def _add_reader(self, fd: Any, callback: Any, *args: Any) -> Any:
        read = self._while_mine(callback, lambda: self._remove_reader(fd))  # type: ignore[attr-defined]
        return super()._add_reader(fd, read, *args)  # type: ignore[misc]

    def _add_writer(self, fd: Any, callback: Any, *args: Any) -> Any:
        write = self._while_mine(callback, lambda: self._remove_writer(fd))  # type: ignore[attr-defined]
        return super()._add_writer(fd, write, *args)  # type: ignore[misc]

    def _while_mine(self, callback: Callable[..., Any], drop: Callable[[], Any]) -> Any:
        """A dead life's sockets are not looked at any more."""
        life = LIFE.get()

        def run(*args: Any) -> None:
            if life is not None and life.dead:
                drop()
            else:
                callback(*args)

        return run

    def _while_alive(self, callback: Callable[..., Any], context: Any) -> Callable[..., Any]:
        life = LIFE.get() if context is None else context.get(LIFE)
        if life is None:
            return callback

        @functools.wraps(callback, assigned=())
        def run(*args: Any) -> None:
            if not life.dead:
                callback(*args)

        return run


def around(owner: Any, name: str, words: Callable[..., tuple[str, str]]) -> None:
    """Points before and after an async method; `words` makes them of its arguments, "" for none."""
    inner = getattr(owner, name)

    async def wrapped(self: Any, *args: Any, **options: Any) -> Any:
        life = LIFE.get()
        before, after = words(*args) if life is not None else ("", "")
        if before and life is not None:
            await life.at(before)
        result = await inner(self, *args, **options)
        if after and life is not None:
            await life.at(after)
        return result

    setattr(owner, name, wrapped)


def haunt() -> None:
    """Put every point in place."""

    def of_job(job: AnyJob, before: str, after: str) -> tuple[str, str]:
        if job.kind not in KINDS:
            return "", ""
        return before and f"{job.kind} {before}", after and f"{job.kind} {after}"

    around(Journal, "note", lambda job, step, *_: of_job(job, f"noting {step}", f"noted {step}"))
    around(Journal, "prove", lambda job, *_: of_job(job, "proving", "proved"))
    around(Journal, "move", lambda job, state, *_: of_job(job, "", f"{state}"))
    around(
        Journal,
        "add",
        lambda kind, *_: (f"asking {kind}", f"asked {kind}") if kind in KINDS else ("", ""),
    )
    around(Visits, "save", lambda *_: ("visits saving", "visits saved"))
    around(Visits, "replace_planned", lambda *_: ("", "planned replaced"))
    around(
        SeestarService,
        "call",
        lambda method, *_: (f"telling {method}", f"told {method}") if method in TOLD else ("", ""),
    )


async def one_life(settings: Settings, made: list[Night]) -> None:
    night = Night(settings)
    made.append(night)
    await night.open()
    await night.start()
    await asyncio.get_running_loop().create_future()


async def bury(night: Night) -> None:
    """What the system does for a dead process: its locks and files are free again."""
    await night.journal.close()
    await night.records.database.close()


async def run_case(loop: MortalLoop, root: Path, case: Case) -> dict[str, Any]:
    """A night with these deaths; what it came to. AssertionError if it is not well."""
    clock = VirtualClock(loop, FIRST + timedelta(minutes=15 * FROM_SLOT - 5), SPEED)
    Settings.make_clock = lambda _self: clock  # type: ignore[method-assign, assignment]
    targets = [target("M 51", M51, filter="LP"), target("SS Cyg", CYG, filter="LP")]
    died = 0
    execute = "hand-over" if case.handed else "drive"
    async with stand_ins(root, clock, 1, execute=execute) as (scopes, server, settings):
        dusk = Dusk(scopes, server, settings)
        await dusk.keep(*targets[: 1 + len(case.deaths) % 2])
        await dusk.night.records.database.close()
        for death in (*case.deaths, None):
            life, made = Life(death), list[Night]()
            context = contextvars.copy_context()
            context.run(LIFE.set, life)
            loop.create_task(one_life(settings, made), context=context)
            page = settings.state_dir / f"report-{NIGHT}.txt"
            async with asyncio.timeout(LONGEST_S):
                while not life.over.is_set() and not page.exists():
                    await asyncio.sleep(0.5)
            died += life.over.is_set()
            dusk.night = made[0]
            if not life.over.is_set():
                break
            await bury(made[0])
            await clock.sleep(death.pause if death else 0)
        await check(dusk, handed=case.handed)
    return {"died": died}


async def check(night: Dusk, *, handed: bool) -> None:
    """The same end as without any death."""
    scope, visits = night.scopes[0], await night.visits()
    told = [f"{v.name} {v.start:%H:%M} {v.blocks} {v.state}: {v.reason}" for v in visits]
    assert visits, "nothing was planned"
    for each in visits:
        assert each.state in (VisitState.DONE, VisitState.SHORT, VisitState.MISSED), told
        assert each.state is VisitState.DONE or each.reason, told
    assert sum(each.blocks for each in visits) == 8 - FROM_SLOT, told
    assert sum(each.proved for each in visits) >= 8 - FROM_SLOT - 1, told
    jobs = await night.jobs("hand over" if handed else "observe")
    assert not [job.id for job in await night.night.journal.unfinished()], "something is left"
    told_once, fact = ("set_view_plan", "frames") if handed else ("iscope_start_view", "sent")
    known = sum(fact in job.facts for job in jobs)
    assert scope.requests.count(told_once) == known, f"{told_once} was told twice"
    assert scope.session.mount.closed and not scope.view.working, "it is not in bed"
    assert scope.state.settings["stack_after_goto"] is True, "what was borrowed was kept"
    parks = await night.jobs("park")
    assert [job.state for job in parks] == [JobState.PROVED], [job.reason for job in parks]
    names = [job.filename for job in night.server.jobs]
    assert len(names) == len(set(names)) == sum(each.proved for each in visits), names


def run_forked(case: Case) -> dict[str, Any]:
    """Run a case in a fork of this process; `problem` is empty if all was well."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        root = Path(tempfile.mkdtemp(prefix="crowdsky-planned-"))
        loop = MortalLoop()
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(lambda *_: None)
        try:
            answer = loop.run_until_complete(run_case(loop, root, case)) | {"problem": ""}
            shutil.rmtree(root, ignore_errors=True)
        except BaseException:  # noqa: BLE001 - told by the parent
            answer = {"died": 0, "problem": f"{traceback.format_exc()[-3000:]} (see {root})"}
        os.write(write, json.dumps(answer).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    found: dict[str, Any] = json.loads(told or b'{"died": 0, "problem": "the case has died"}')
    return found


def chains() -> list[Case]:
    """Every step once, several deaths in each night."""
    return [Case(chain[0], tuple(map(Death, chain))) for chain in CHAINS]


def seeded(step: str, seed: int) -> Case:
    """One death at a step: which passing of it, and how long nobody was there, by the seed."""
    random = Random(f"{step} {seed}")
    again = step.startswith(("observe", "asking observe", "asked observe", "visits", "planned"))
    nth = random.choice((1, 1, 2)) if again and "running" not in step else 1
    return Case(f"{step}, seed {seed}", (Death(step, nth, random.uniform(1, 150)),))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases; 0 only if all was well in each."""
    parser = argparse.ArgumentParser(prog="python -m tests.fire planned", description=__doc__)
    parser.add_argument("--seeds", type=int, default=0, metavar="N", help="0: the chains alone")
    parser.add_argument("--step", choices=STEPS, help="this step alone")
    parser.add_argument("--chain", choices=[chain[0] for chain in CHAINS], help="this chain alone")
    options = parser.parse_args(arguments)
    night_module.Science = InlineScience  # type: ignore[attr-defined]
    haunt()
    steps = [options.step] if options.step else STEPS
    if options.chain:
        steps = next(chain for chain in CHAINS if chain[0] == options.chain)
    cases = [seeded(step, seed) for seed in range(1, options.seeds + 1) for step in steps]
    if not options.seeds:
        cases = [case for case in chains() if options.chain in (None, case.name)]
    bad = deaths = 0
    for case in cases:
        found = run_forked(case)
        deaths += found["died"]
        missing = 0 if options.seeds else len(case.deaths) - found["died"]
        if found["problem"] or missing:
            bad += 1
            said = found["problem"] or f"{missing} of its deaths were never died"
            print(f"\nBAD {case.name}: {said}", flush=True)
        print("." if not found["problem"] else "x", end="", flush=True)
    print(f"\n{len(cases)} nights, {len(cases) - bad} well, {bad} bad; {deaths} deaths")
    return 1 if bad else 0
