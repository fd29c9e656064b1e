"""The automatic night: asks for everything that is eligible, again and again, and needs nobody.

What a scope cannot do now (it observes, it is away) waits in the queue with its reason.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from crowdsky_tui.base.clock import clock_problem
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.blocks.nights import last_night
from crowdsky_tui.jobs.order import of_stacks
from crowdsky_tui.night.automatic.daylight import Daylight, is_time
from crowdsky_tui.night.automatic.plan import DONE_WORDS, AutomaticPlan
from crowdsky_tui.night.automatic.plan_execution import PlanExecution
from crowdsky_tui.night.automatic.retention import keep_room
from crowdsky_tui.night.automatic.undecided import Undecided, counted
from crowdsky_tui.notices.watch import NoticeWatch
from crowdsky_tui.progress.requests import orders_to_stack
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.report.gather import gather_report, local_now, report_path, save_report
from crowdsky_tui.report.report import Report, report_text
from crowdsky_tui.store.store import BlockState, LogLine, ServerState, Severity

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

T = TypeVar("T")

LOOK_EVERY_S = 60.0
NOBODY_FOR_S = 600.0
FAILED_AGAIN_S = 3600.0
"""What failed is asked for again after so long: at once the same would only go wrong again."""
SETTLE_S = 60.0
"""Real seconds that the telescopes get to answer before a report says that they did not."""
CLOCK_PATIENCE_S = 10.0
"""Real seconds between two looks at a clock that is not set."""


class Automatic:
    """Works beside a night: `switch` turns it on and off, `attend` is for the agent.

    Whatever goes wrong in one part of a round, the other parts are done, and another round follows.
    """

    def __init__(self, night: "NightParts", faults: Faults | None = None) -> None:
        self._night = night
        self._supervisor = Supervisor(faults)
        self._task: asyncio.Task[None] | None = None
        self._daylight = Daylight(night)
        self.undecided = Undecided(night)
        self._notice_watch = NoticeWatch(night, self._complain, self._supervisor.faults)
        self._execution = PlanExecution(night, self._log)
        self._complaints: dict[str, str] = {}
        self._failed_at: dict[str, float] = {}
        self._somebody_at: float | None = None
        self._begun_at = 0.0

    @property
    def on(self) -> bool:
        """Whether it works now."""
        return self._task is not None and not self._task.done()

    async def report(self) -> str:
        """The page of the newest night, as it stands now."""
        return report_text(await gather_report(self._night))

    async def plan(self) -> AutomaticPlan:
        """What it would do if it were switched on now."""
        night = self._night
        seen = night.situations()
        lying = self.undecided.lying()
        ids = {one.order.stack_id for one in lying}
        return AutomaticPlan(
            ready=sum(one.to_stack for one in seen),
            decided=sum(one.to_upload and one.order.stack_id not in ids for one in seen),
            undecided=tuple(
                f"{scope} {target}: {count}" for (scope, target), count in counted(lying).items()
            ),
            undecided_count=len(lying),
        )

    async def done_since(self, moment: datetime) -> str:
        """What was proved since `moment` (aware), in one line with counts, and what failed."""
        jobs = await self._night.journal.latest()
        proved = Counter(job.kind for job in jobs if job.proved_at and job.proved_at >= moment)
        told = [f"{proved[kind]} {word}" for kind, word in DONE_WORDS.items() if proved[kind]]
        if failed := len(await self._night.journal.failed()):
            told.append(f"{failed} failed so far")
        if waiting := sum(map(self.undecided.waits, self.undecided.lying())):
            told.append(f"{waiting} undecided in the review")
        return ", ".join(told) or "nothing to do"

    async def switch(self, *, on: bool) -> str:
        """Turn it on or off; returns a plain line. What is in the queue goes on either way."""
        if on == self.on:
            return f"The automatic night is {'on' if on else 'off'} already."
        if on:
            await self.undecided.forget()
            self.begin()
            return "The automatic night is on: what becomes eligible is stacked and sent."
        if self._task is not None:
            await self._supervisor.stop(self._task)
            self._task = None
        self._night.store.set_automatic("off")
        return "The automatic night is off; what is in the queue goes on."

    def begin(self) -> None:
        """Turn it on."""
        self._night.store.set_automatic("on")
        self._begun_at = monotonic()
        self._task = self._supervisor.keep("the automatic night", self._run)

    def begin_if_wanted(self) -> None:
        """Turn it on if the settings say so."""
        if self._night.settings.automatic.enabled and not self.on:
            self.begin()

    async def attend(self) -> None:
        """Wait until cancelled, whether it is switched on or off: no fault ends it."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """End it, whatever it is doing."""
        self._task = None
        async with contextlib.AsyncExitStack() as last_first:
            last_first.push_async_callback(self._notice_watch.close)
            last_first.push_async_callback(self._supervisor.close)

    async def _run(self) -> None:
        """One round a minute of the night's clock, until cancelled."""
        night = self._night
        while True:
            problem = clock_problem(night.clock.now())
            if problem:
                night.store.set_automatic("waits for the clock")
                self._complain("clock", problem)
                await asyncio.sleep(CLOCK_PATIENCE_S)
                continue
            await self._round()
            await night.clock.sleep(LOOK_EVERY_S)

    async def _round(self) -> None:
        night = self._night
        self._settle("clock")
        local = local_now(night)
        light = await self._daylight.look(local)
        when = night.settings.automatic.when
        observes = await self._part("the plan", self._execution.look) or False
        at_work = not observes and is_time(when, local, light=light)
        waits = "on, observes the plan" if observes else f"on, waits for {when}"
        night.store.set_automatic("on" if at_work else waits)
        if at_work:
            await self._part("asking", self._ask)
        await self._part("room", self._keep_room)
        await self._part("visits", lambda: self._execution.settle(f"{last_night(local)}"))
        await self._part("the report", lambda: self._report_when_due(local, light=light))
        await self._part("notices", lambda: self._notice_watch.look(local, light=light))

    async def _part(self, about: str, part: Callable[[], Awaitable[T]]) -> T | None:
        """Do one part of a round; say once what is wrong with it."""
        try:
            done = await part()
        except CrowdSkyError as error:
            self._complain(about, str(error))
        except Exception as error:  # noqa: BLE001 - one part holds up no other
            known = self._complaints.get(about)
            self._complain(about, f"{about}: a fault of this program, {type(error).__name__}")
            if self._complaints[about] != known:
                await self._supervisor.faults.report(f"the automatic night, {about}", error)
        else:
            self._settle(about)
            return done
        return None

    async def _keep_room(self) -> None:
        for path in await keep_room(self._night):
            self._log(Severity.INFO, f"removed here, proved on the server: {path.name}")

    async def _ask(self) -> None:
        """Stack and send what is eligible; without a usable account, stack and fetch alone.

        A read-only run only sends what is stacked already. What lay undecided before waits, and so
        does, for an hour, what failed.
        """
        night = self._night
        self._look_for_somebody()
        await self.undecided.note()
        resting = self._resting()
        usable = self._has_account()
        if not night.settings.read_only:
            blocks = {
                seen.order.block_key
                for seen in night.situations()
                if seen.order.stack_id not in resting
            }
            orders = orders_to_stack(night.situations(), blocks, waiting=True, insist=False)
            await night.stack_orders(orders, goal="confirm" if usable else "fetch")
        if usable:
            await night.review.measure_left()
            await night.upload_orders(
                [
                    seen.order
                    for seen in night.situations()
                    if self._to_send(seen)
                    and self.undecided.noted(seen)
                    and seen.order.stack_id not in resting
                ]
            )

    def _has_account(self) -> bool:
        """Whether there is an account that the server has not refused."""
        night = self._night
        refused = night.listing.state is ServerState.REFUSED
        return bool(night.settings.server.username) and not refused

    def _resting(self) -> set[str]:
        """The ids of what failed, or was asked for again since, less than an hour ago."""
        now = self._night.clock.steady()
        failed = {
            seen.order.stack_id
            for seen in self._night.situations()
            if seen.block.state is BlockState.FAILED
        }
        at = {one: self._failed_at.get(one, now) for one in failed}
        due = {one for one, since in at.items() if now - since >= FAILED_AGAIN_S}
        self._failed_at = at | dict.fromkeys(due, now)
        return failed - due

    def _to_send(self, seen: Situation) -> bool:
        return seen.to_upload and not self.undecided.waits(seen)

    def _look_for_somebody(self) -> None:
        """A run with no telescope is a failure, and is told."""
        night, now = self._night, self._night.clock.steady()
        if any(view.state.usable for view in night.store.scopes.values()):
            self._somebody_at = now
            self._settle("nobody")
            return
        if self._somebody_at is None:
            self._somebody_at = now
        if now - self._somebody_at >= NOBODY_FOR_S:
            reasons = "; ".join(
                f"{view.name}: {view.reason or view.state.value}"
                for view in night.store.scopes.values()
            )
            text = f"no telescope can be used: {reasons or 'none is set'}"
            self._complain("nobody", text)
            self._notice_watch.nobody(text)

    async def _report_when_due(self, local: datetime, *, light: bool) -> None:
        """Write the night's report once: when all is done after dawn, at noon at the latest."""
        night, of = self._night, last_night(local)
        path = report_path(night.settings.state_dir, of)
        if await asyncio.to_thread(path.exists):
            return
        done = light and self._is_done()
        if not done and (local.hour < 12 or monotonic() - self._begun_at < SETTLE_S):
            return
        await self._part("visits", lambda: self._execution.settle(f"{of}", final=True))
        report = await gather_report(night, of)
        await save_report(report, night.settings.state_dir)
        self._log(Severity.GOOD, f"report: {report.verdict} ({path})")
        page = path.with_suffix(".html") if night.settings.notices.page else None
        if page is not None:
            await self._part("the report's page", lambda: self._write_page(report, page))
        self._notice_watch.report_ready(report, page)

    async def _write_page(self, report: Report, page: Path) -> None:
        from crowdsky_tui.report.gather_page import gather_page, save_page

        await save_page(await gather_page(self._night, report), page)

    def _is_done(self) -> bool:
        night = self._night
        views = night.store.scopes.values()
        if of_stacks(night.queue.unfinished()) or not any(view.state.usable for view in views):
            return False
        if any(view.observing or view.state.value == "connecting" for view in views):
            return False
        if night.review.reviews.to_look_at:
            return False
        if not all(watch.targets for watch in night.watches.values() if watch.service.state.usable):
            return False
        return not any(map(self._is_to_come, night.situations()))

    def _is_to_come(self, seen: Situation) -> bool:
        """Whether a round would do something about it, or will; what failed has had its turn."""
        if seen.block.state is BlockState.FAILED:
            return False
        if seen.block.state is BlockState.RECORDING:
            return True
        stacks = seen.to_stack and not self._night.settings.read_only
        return stacks or (self._has_account() and self._to_send(seen))

    def _complain(self, about: str, text: str) -> None:
        """Say it once, not once a minute."""
        if self._complaints.get(about) != text:
            self._complaints[about] = text
            self._log(Severity.ERROR, f"automatic night: {text}")

    def _settle(self, about: str) -> None:
        self._complaints.pop(about, None)

    def _log(self, severity: Severity, text: str) -> None:
        self._night.store.add_log(LogLine(self._night.clock.now(), severity, text))
