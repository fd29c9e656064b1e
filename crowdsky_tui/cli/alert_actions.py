"""What the verb `alerts` does: asks sources, tells what they say, and takes what is wanted."""

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, FileInTheWay, UsageError
from crowdsky_tui.base.files import write_whole
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.output import print_json, print_table, say, tell
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.database.database import Database
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.plan.alerts.alert import AlertsRead, AlertState, Source
from crowdsky_tui.plan.alerts.alerts import Alerts, JudgedAlert, judged_rows
from crowdsky_tui.plan.alerts.inbox import find_alert
from crowdsky_tui.plan.alerts.look import POLLED, AlertLook, open_sources
from crowdsky_tui.plan.alerts.pasted import LONGEST_LINE, MOST_LINES, read_pasted
from crowdsky_tui.plan.alerts.vsx import read_vsp, read_vsx
from crowdsky_tui.plan.planning import NightPlanning
from crowdsky_tui.plan.proved import ProvedBlock, proved_blocks
from crowdsky_tui.site.place import set_place, zone_of

if TYPE_CHECKING:
    from crowdsky_tui.cli.verbs.alerts import Add, Chart, List, Look, Named, Options, Star


class AlertActions:
    """The actions, on one inbox."""

    def __init__(self, settings: Settings, database: Database, science: Science) -> None:
        self._settings, clock = settings, settings.make_clock()
        self._now = clock.now
        self._alerts = Alerts(database, clock, settings.alerts)
        self._planning = NightPlanning(settings, database, science, clock, say)
        self._look = AlertLook(lambda: open_sources(settings))

    async def close(self) -> None:
        """Close the connections."""
        await self._look.close()

    async def run(self, options: "Options") -> int:
        """Carry out an action; its exit code."""
        actions: dict[str, Callable[[Any], Awaitable[int]]] = {
            "list": self.show, "look": self.look, "take": self.take, "ignore": self.ignore,
            "add": self.add, "star": self.star, "chart": self.chart,
        }  # fmt: skip
        return await actions[options.action](options)

    async def show(self, options: "List") -> int:
        """Print the inbox, what can be observed first; the exit code."""
        kept = [each for each in await self._alerts.all() if options.state == each.state.value]
        judged = judged_rows(await self._judged(kept), "", self._now())
        rows = [each for each in judged if each.verdict.good or not options.up]
        if options.json:
            print_json({"alerts": [_document(each) for each in rows]})
        elif not rows:
            print("No alert of this kind; 'alerts look' asks the sources")
        else:
            print_table(("name", "source", "what", "mag", "uid", "tonight"), map(_row, rows))
        return ExitCode.OK

    async def look(self, options: "Look") -> int:
        """Ask the sources, each for itself; the exit code."""
        rule = self._settings.alerts.rule
        wanted = [each for each in POLLED if rule(each.value) != "off"]
        if options.source is not None:
            wanted = [Source(options.source)]
        if not wanted:
            raise UsageError("no source is on", "", "crowdsky-tui config set alerts.tns notify")
        failed, documents = 0, []
        for source in wanted:
            try:
                read = await self._look.at(source, await self._alerts.all(), self._now())
            except CrowdSkyError as error:
                failed += 1
                say(f"{source.value}: {error}")
                continue
            documents.append(await self._receive(source.value, read, as_json=options.json))
        if options.json:
            print_json({"looks": documents, "failed": failed})
        return ExitCode.SOME_FAILED if failed else ExitCode.OK

    async def _receive(self, name: str, read: AlertsRead, *, as_json: bool) -> dict[str, Any]:
        found = await self._alerts.receive(read.alerts)
        for row in read.refused[:20]:
            say(f"{name}: refused {row}")
        good = [each for each in await self._judged(found.new) if each.verdict.good]
        counts = {
            "source": name, "read": len(read.alerts), "new": len(found.new), "up": len(good),
            "changed": len(found.changed), "withdrawn": len(found.withdrawn),
            "refused": len(read.refused), "passed_over": read.passed_over,
        }  # fmt: skip
        if not as_json:
            print(
                f"{name}: {len(read.alerts)} read, {len(found.new)} new, {len(good)} of them up"
                f" tonight, {len(found.withdrawn)} withdrawn, {len(read.refused)} refused"
            )
            for each in good[:10]:
                print(f"  {each.kept.alert.name}: {each.verdict.words}")
        return counts

    async def take(self, options: "Named") -> int:
        """Put an alert onto the list; the exit code."""
        kept = find_alert(await self._alerts.all(), options.name)
        target = await self._alerts.take(kept, self._planning)
        told = f"{target.name} is on the list, as {target.kind.value} of priority {target.priority}"
        tell({"target": target}, [told], as_json=options.json)
        return ExitCode.OK

    async def ignore(self, options: "Named") -> int:
        """Leave an alert; the exit code."""
        kept = find_alert(await self._alerts.all(), options.name)
        after = await self._alerts.decide(kept.uid, AlertState.IGNORED, kept.target)
        tell({"alert": after}, [f"{kept.alert.name} is left"], as_json=options.json)
        return ExitCode.OK

    async def add(self, options: "Add") -> int:
        """Keep lines of a mail as alerts; the exit code."""
        text = " ".join(options.words) or sys.stdin.read(MOST_LINES * LONGEST_LINE)
        read = read_pasted(text)
        if not read.alerts:
            why = read.refused[0].reason if read.refused else "nothing was typed"
            raise UsageError("this is no alert", why, "Such as: alerts add V1 19 24 33 +50 14 29 9")
        counts = await self._receive("pasted", read, as_json=options.json)
        if options.json:
            print_json(counts)
        return ExitCode.SOME_FAILED if read.refused else ExitCode.OK

    async def star(self, options: "Star") -> int:
        """Print what the VSX says of a star; the exit code."""
        client = open_sources(self._settings)
        try:
            found = read_vsx(await client.vsx(options.name))
        finally:
            await client.close()
        if found is None:
            raise UsageError(f"the VSX does not know {clean(options.name, 60)}")
        if options.json:
            print_json({"star": msgspec.to_builtins(found) | {"repeats": found.repeats}})
            return ExitCode.OK
        rows = [(name, value) for name, value in msgspec.structs.asdict(found).items() if value]
        print_table(("", found.name), [(name, f"{value}") for name, value in rows[1:]])
        if found.period_d and found.epoch:
            when = f"phase 0.95-0.05 of {found.period_d!r} d from {found.epoch!r} HJD"
            note = "" if found.repeats else " (expected only: the period may be its orbit's)"
            print(f"A window of phases for the list: --when '{when}'{note}")
        return ExitCode.OK

    async def chart(self, options: "Chart") -> int:
        """Print, or keep, the comparison stars around one; the exit code."""
        if options.file is not None and options.file.exists():
            raise FileInTheWay(f"{clean(options.file.name)} is there already", "", "Choose another")
        client = open_sources(self._settings)
        try:
            body = await client.vsp(options.name, options.fov, options.faintest)
        finally:
            await client.close()
        number, stars = read_vsp(body)
        if options.file is not None:
            write_whole(options.file, body)
        if options.json:
            print_json({"chart": number, "stars": stars})
            return ExitCode.OK
        rows = [
            (each.auid, each.label, f"{each.ra_deg:.5f}", f"{each.dec_deg:+.5f}",
             " ".join(f"{band} {mag:.3f}" for band, mag in each.mags.items()))
            for each in stars
        ]  # fmt: skip
        print_table(("auid", "label", "ra", "dec", f"chart {number}"), rows)
        return ExitCode.OK

    async def _judged(self, kept: Any) -> tuple[JudgedAlert, ...]:
        place, zone = set_place(self._settings), zone_of(self._settings)
        proved = await self._proved() if kept else ()
        return await self._alerts.judge(kept, self._planning, place, proved, zone)

    async def _proved(self) -> tuple[ProvedBlock, ...]:
        journal = Journal(self._settings.state_dir)
        await journal.open("crowdsky-tui alerts", read_only=True)
        try:
            return proved_blocks(await journal.ledger(uploads=(Delivery.CONFIRMED,)))
        finally:
            await journal.close()


def _row(each: JudgedAlert) -> tuple[str, ...]:
    alert = each.kept.alert
    mag = "" if alert.mag is None else f"{alert.mag:.1f} {alert.band}".strip()
    return (alert.name, alert.source.value, alert.what or alert.kind.value, mag, each.kept.uid[:8],
            each.verdict.words)  # fmt: skip


def _document(each: JudgedAlert) -> dict[str, Any]:
    kept = each.kept
    return {
        "uid": kept.uid,
        "state": kept.state.value,
        "seen": kept.seen,
        **msgspec.to_builtins(kept.alert),
        "up": each.verdict.good,
        "tonight": each.verdict.words,
    }
