"""What the verb `plan` does: plans a night and tells it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crowdsky_tui.base.errors import ExitCode, FileInTheWay, UsageError
from crowdsky_tui.base.files import write_whole
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.at_site import need_place, read_time
from crowdsky_tui.cli.output import print_json, print_table, say, tell
from crowdsky_tui.cli.plan_import import import_plan
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.database.database import Database
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.plan.decisions import Decision, DecisionKind, way_of
from crowdsky_tui.plan.exchange import plan_document
from crowdsky_tui.plan.night_request import usual_scopes
from crowdsky_tui.plan.planning import NightPlanning, PlannedNight
from crowdsky_tui.plan.proved import ProvedBlock, proved_blocks
from crowdsky_tui.plan.target import Target
from crowdsky_tui.plan.target_list import find_named
from crowdsky_tui.plan.why import grouped, ranked, why_target
from crowdsky_tui.scheduling.messages import EMPTY, SLOT, Schedule, Skip
from crowdsky_tui.site.place import zone_of

if TYPE_CHECKING:
    from crowdsky_tui.cli.verbs.plan import Export, Import, Options, Pin, RunAgain, Slot, Why
    from crowdsky_tui.cli.verbs.plan import Skip as SkipOptions


class NightPlanner:
    """The actions, for one site."""

    def __init__(
        self, settings: Settings, database: Database, science: Science, journal: Journal
    ) -> None:
        self._settings, self._journal = settings, journal
        self._now = settings.make_clock().now()
        self._planning = NightPlanning(settings, database, science, settings.make_clock(), say)
        self._zone = zone_of(settings)
        self._targets: tuple[Target, ...] = ()
        self._night = ""
        self._proved_blocks: tuple[ProvedBlock, ...] | None = None

    async def show(self, options: "Options") -> int:
        """Print the runs, by time; the exit code."""
        schedule = await self._plan(options)
        if options.json:
            print_json(
                {
                    "begins": schedule.begins,
                    "slots": len(schedule.slots),
                    "runs": schedule.runs,
                    "total": round(schedule.total, 4),
                    "notes": schedule.notes,
                }
            )
            return ExitCode.OK
        if not schedule.slots:
            print("No block of that night lies wholly in the dark")
            return ExitCode.OK
        rows = [
            (run.scope, self._clock(run.start), self._clock(run.end), run.slots, run.name,
             self._altitudes(schedule, run.uid, run.start, run.slots))
            for run in schedule.runs
        ]  # fmt: skip
        ends = schedule.slots[0], schedule.slots[-1] + SLOT
        names = (each.astimezone(self._zone).tzname() or "UTC" for each in ends)
        zone = "/".join(dict.fromkeys(names))  # two where the clocks change in that night
        print_table(("scope", f"from ({zone})", "until", "blocks", "target", "altitude"), rows)
        used = sum(run.slots for run in schedule.runs)
        print(f"{used} of {len(schedule.slots) * len(schedule.scopes)} blocks are used")
        return ExitCode.OK

    async def why(self, options: "Why") -> int:
        """Print what was found for a target, block by block; the exit code."""
        schedule = await self._plan(options)
        target = find_named(self._targets, options.name)
        number = [uid for uid, _ in schedule.targets].index(target.uid)
        reasons = [
            each
            for scope in range(len(schedule.scopes))
            for each in why_target(schedule, number, scope)
        ]
        if options.at is not None:
            start = self._slot(schedule, options.at)
            reasons = [each for each in reasons if each.slot == schedule.slots[start]]
        if options.json:
            print_json({"target": target.name, "reasons": reasons})
            return ExitCode.OK
        if not reasons:
            print("No block of that night lies wholly in the dark")
        for first, last, count in grouped(reasons):
            span = self._clock(first.slot)
            if count > 1:
                span = f"{span}–{self._clock(last.slot + SLOT)}"
            said = first.words if count == 1 else f"{first.words} … {last.words}"
            if first.words == last.words:
                said = first.words
            print(f"{first.scope} {span} {first.verdict}: {said}")
        return ExitCode.OK

    async def slot(self, options: "Slot") -> int:
        """Print all targets for one block; the exit code."""
        schedule = await self._plan(options)
        at = self._slot(schedule, options.at)
        rows = [
            (name, reason)
            for scope in range(len(schedule.scopes))
            for name, reason in ranked(schedule, at, scope)
        ]
        if options.json:
            print_json([{"target": name, "reason": reason} for name, reason in rows])
        else:
            table = [
                (each.scope, name, "-" if each.score is None else f"{each.score:.4f}", each.verdict,
                 each.words)
                for name, each in rows
            ]  # fmt: skip
            print_table(("scope", "target", "score", "", "because"), table)
        return ExitCode.OK

    async def decide(self, options: "Pin | SkipOptions") -> int:
        """Pin a target to a block, or skip it; the exit code."""
        schedule = await self._plan(options)
        target = find_named(self._targets, options.name)
        start = None if options.at is None else schedule.slots[self._slot(schedule, options.at)]
        kind = DecisionKind.PIN if options.action == "pin" else DecisionKind.SKIP
        scopes = [options.scope or ""]
        if kind is DecisionKind.PIN and options.scope is None:
            if len(schedule.scopes) > 1:
                raise UsageError("a pin is for one scope", "", "Name it with --scope")
            scopes = schedule.scopes
        made = Decision(
            night=self._night, kind=kind, target=target.uid, scope=scopes[0], start=start
        )
        await self._planning.decisions.add([made])
        await self._plan(options)  # which tells if a pin cannot be
        what = "pinned" if kind is DecisionKind.PIN else "skipped"
        told = f"{target.name} is {what} in the night of {self._night}"
        tell({"decision": made}, [told], as_json=options.json)
        return ExitCode.OK

    async def pause(self, options: "Options") -> int:
        """Stop or pause a night, or take back what was decided; the exit code."""
        await self._plan(options)
        if options.action in ("pause", "stop"):
            made = Decision(
                night=self._night, kind=DecisionKind.PAUSE, scope=options.scope or "",
                start=self._now,
            )  # fmt: skip
            await self._planning.decisions.add([made])
            said = f"the night of {self._night} is paused"
            if options.action == "stop":
                said = f"the plan of {self._night} is stopped; the agent ends what it observes"
                said = f"{said} within a minute{self._off()}"
            tell({"decision": made}, [said], as_json=options.json)
            return ExitCode.OK
        kept = await self._planning.decisions.of_night(self._night)
        gone = [each for each in kept if options.scope in (None, each.scope)]
        await self._planning.decisions.remove(each.uid for each in gone)
        tell({"taken_back": len(gone)}, [f"{len(gone)} decisions are taken back"],
             as_json=options.json)  # fmt: skip
        return ExitCode.OK

    async def run(self, options: "RunAgain") -> int:
        """Take the night's pauses back, and keep how it is to be observed; the exit code."""
        if options.drive and options.hand_over:
            raise UsageError("a night is driven or handed over", "", "Give one of the two")
        await self._plan(options)
        kept = await self._planning.decisions.of_night(self._night)
        scope = options.scope or ""
        gone = [
            each.uid
            for each in kept
            if each.kind is DecisionKind.PAUSE and options.scope in (None, each.scope)
        ]
        execute = self._settings.plan.execute
        way = way_of(kept, scope, execute)
        made = []
        if options.drive or options.hand_over:
            kind = DecisionKind.DRIVE if options.drive else DecisionKind.HAND_OVER
            made, way = [Decision(night=self._night, kind=kind, scope=scope)], kind.value
        if not options.dry_run:
            await self._planning.decisions.remove(gone)
            await self._planning.decisions.add(made)
        way = "off" if execute == "off" else way
        said = f"the plan of {self._night} runs, {len(gone)} pauses are taken back"
        how = {"hand-over": "; each telescope gets it as a plan of its own"}.get(way, "")
        told = ("would be so: " if options.dry_run else "") + said + how + self._off()
        tell({"taken_back": len(gone), "execute": way}, [told], as_json=options.json)
        return ExitCode.OK

    def _off(self) -> str:
        off = self._settings.plan.execute == "off"
        return "; plan.execute is off, so that nothing is observed" if off else ""

    async def leave_present(self, options: "Options") -> int:
        """Skip for the night what has the block of this moment; the exit code."""
        schedule = await self._plan(options)
        at = next((k for k, each in enumerate(schedule.slots) if each <= self._now < each + SLOT),
                  None)  # fmt: skip
        made, told = [], []
        for scope, name in enumerate(schedule.scopes) if at is not None else ():
            holder = schedule.target_at(scope, at or 0)
            if holder > EMPTY:
                uid, target = schedule.targets[holder]
                made.append(Decision(night=self._night, kind=DecisionKind.SKIP, target=uid,
                                     scope=name))  # fmt: skip
                told.append(f"{name}: {target} is skipped in the night of {self._night}")
        await self._planning.decisions.add(made)
        tell({"decisions": made}, told or ["Nothing is observed by the plan now"],
             as_json=options.json)  # fmt: skip
        return ExitCode.OK

    async def import_file(self, options: "Import", ask: Callable[[int], None]) -> int:
        """Take a friend's list over, and plan what they leave; the exit code."""

        async def plan(targets: tuple[Target, ...], skips: tuple[Skip, ...]) -> PlannedNight:
            return await self._planned(options, targets=targets, skips=skips)

        return await import_plan(options, self._planning.list, plan, ask, self._clock)

    async def export(self, options: "Export") -> int:
        """Write list and plan to a new file; the exit code."""
        if options.file.exists():
            raise FileInTheWay(f"{clean(options.file.name)} is there already", "", "Choose another")
        schedule = await self._plan(options)
        place = need_place(self._settings) if options.with_place else None
        document = plan_document(
            self._targets, schedule, self._now, author=options.author, place=place
        )
        write_whole(options.file, document)
        runs = len(schedule.runs)
        told = f"{options.file.name}: {len(self._targets)} targets, {runs} runs"
        counts = {"file": str(options.file), "targets": len(self._targets), "runs": runs}
        tell(counts, [told], as_json=options.json)
        return ExitCode.OK

    async def _plan(self, options: "Options") -> Schedule:
        planned = await self._planned(options)
        self._targets, self._night = planned.targets, planned.night
        for note in planned.schedule.notes:
            say(note)
        return planned.schedule

    async def _planned(
        self,
        options: "Options",
        targets: tuple[Target, ...] | None = None,
        skips: Sequence[Skip] = (),
    ) -> PlannedNight:
        place, scopes = need_place(self._settings), usual_scopes(self._settings)
        if options.scope is not None:
            scopes = [each for each in scopes if each.name == options.scope]
            if not scopes:
                raise UsageError(f"there is no scope {clean(options.scope, 40)}")
        when = self._when(options.night)
        return await self._planning.plan(
            place, when, await self._proved(), scopes=scopes, targets=targets, skips=skips
        )

    def _when(self, night: str | None) -> datetime:
        """A moment in the night that is meant: an evening's date, or now."""
        if night is None:
            return self._now
        try:
            moment = read_time(f"{date.fromisoformat(night)}T23:00", self._now, self._zone)
        except ValueError as error:
            said = f"{clean(night, 40)} is no date"
            raise UsageError(said, "", "Write it like 2026-11-29") from error
        if abs(moment - self._now) > timedelta(days=3660):
            raise UsageError(f"{clean(night, 40)} is too far away", "ten years at most")
        return moment

    def _slot(self, schedule: Schedule, typed: str) -> int:
        """The block that is meant by a time of day."""
        for number, start in enumerate(schedule.slots):
            if self._clock(start) == typed.strip().zfill(5):
                return number
        raise UsageError(f"no block of the night begins at {clean(typed, 20)}", "", "such as 22:15")

    async def _proved(self) -> tuple[ProvedBlock, ...]:
        """What is proved, by the journal, which is read once."""
        if self._proved_blocks is not None:
            return self._proved_blocks
        await self._journal.open("crowdsky-tui plan", read_only=True)
        try:
            entries = await self._journal.ledger(uploads=(Delivery.CONFIRMED,))
        finally:
            await self._journal.close()
        self._proved_blocks = proved_blocks(entries)
        return self._proved_blocks

    def _clock(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%H:%M}"

    def _altitudes(self, schedule: Schedule, uid: str, start: datetime, slots: int) -> str:
        number = [each for each, _ in schedule.targets].index(uid)
        at = schedule.slots.index(start)
        found: list[Any] = [schedule.altitude_deg(number, at + each) for each in range(slots)]
        return f"{min(found):.0f}–{max(found):.0f}°"
