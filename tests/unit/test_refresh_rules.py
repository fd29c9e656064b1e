"""When the picture of the telescopes is made anew, and of what: no telescope, no server."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from telling_scope import HandClock
from test_survey import LATER, STACK, facts, job, row

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ServerSettings, StackingSettings
from crowdsky_tui.instruments.seestar.files.records import LeftOut
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.progress.refresh import Views
from crowdsky_tui.progress.situation import Situation, TargetFacts, Verdict, orders_of
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import BlockState, JobState, JobView, ServerState, Store, Topic

M81 = TargetKey("a", "M 81")
SOON = LATER + timedelta(minutes=1)


class SetClock(HandClock):
    """Begins at the moment at which the folders were read."""

    def now(self) -> Any:
        return LATER + timedelta(seconds=self.seconds)


class Known:
    """All that the picture is made of, by hand."""

    def __init__(self, *targets: TargetFacts) -> None:
        self.store, self.clock = Store(), SetClock()
        self.entries: list[LedgerEntry] = []
        self.failures: list[Job] = []
        self.open: list[Job] = []
        self.watch = SimpleNamespace(targets={each.target: each for each in targets}, left_out=())
        self.listing = SimpleNamespace(
            rows=list[ServerStack](), listed_at=None, state=ServerState.OK, reason="well"
        )
        self.settings = Settings(server=ServerSettings(username="me", password="x"))
        at_hand: Any = self
        self.views = Views(
            self.store, at_hand, at_hand, at_hand.listing, self.settings, self.clock,
            {"a": at_hand.watch},
        )  # fmt: skip

    async def ledger(self, chunk: str | None = None) -> list[LedgerEntry]:
        return [each for each in self.entries if chunk in (None, each.order.chunk)]

    async def failed(self) -> list[Job]:
        return self.failures

    def unfinished(self) -> list[Job]:
        return self.open

    def list(self, *rows: ServerStack) -> None:
        """The server has listed these rows at this moment."""
        self.listing.rows, self.listing.listed_at = [*rows], self.clock.now()

    def state(self) -> BlockState:
        (one,) = self.views.situations()[M81]
        return one.block.state

    def shown(self) -> Any:
        return self.store.targets[M81]


def the_order(*stacks: str) -> Order:
    (order,) = orders_of(facts(*stacks))
    return order


# when


def test_what_is_known_is_put_together_once_until_it_is_stale_or_half_a_minute_old() -> None:
    known = Known(facts())
    first = known.views.situations()
    assert known.views.situations() is first
    known.clock.seconds = 30
    assert known.views.situations() is first
    known.clock.seconds += 1
    second = known.views.situations()
    assert second is not first
    known.views.stale = True
    assert known.views.situations() is not second


@pytest.mark.parametrize("what", ["entry", "coverage", "settings", "job", "load"])
async def test_whatever_is_noted_is_in_the_next_picture(what: str) -> None:
    known = Known(facts())
    first = known.views.situations()
    if what == "entry":
        known.views.note_entry(LedgerEntry(the_order()))
    elif what == "coverage":
        known.views.note_coverage(M81, "observed within a day", 0)
    elif what == "settings":
        known.views.use(known.settings)
    elif what == "job":
        await known.views.note_job(job(the_order(), "stack", JobState.RUNNING))
    else:
        await known.views.load()
    assert known.views.situations() is not first


def test_the_settings_in_force_decide_what_is_too_short() -> None:
    known = Known(facts(frames=5))
    assert known.state() is BlockState.SHORT
    short = msgspec.structs.replace(known.settings, stacking=StackingSettings(min_exptime=100))
    known.views.use(short)
    assert known.state() is BlockState.READY


def test_a_target_is_painted_anew_only_when_the_picture_is_another() -> None:
    known = Known(facts())
    known.views.refresh()
    before = known.shown()
    known.store.targets[M81] = "as it was painted"  # type: ignore[assignment]
    known.views.refresh()
    assert known.shown() == "as it was painted"
    known.views.stale = True
    known.views.refresh()
    assert known.shown() == before


# of what


async def test_what_failed_in_an_earlier_run_is_known_from_the_start() -> None:
    known = Known(facts())
    known.failures = [job(the_order(), "stack", JobState.FAILED)]
    assert known.state() is BlockState.READY
    await known.views.load()
    assert known.state() is BlockState.FAILED


async def test_a_job_that_ended_takes_its_entries_along_and_an_open_one_is_no_end() -> None:
    known = Known(facts(STACK))
    order = the_order(STACK)
    known.entries = [LedgerEntry(order, upload=Delivery.SENT)]
    await known.views.note_job(job(order, "upload", JobState.RUNNING))
    assert known.state() is BlockState.SENT  # the entry, though the job goes on
    other = job(order, "fetch", JobState.FAILED)
    known.entries = [LedgerEntry(order, upload=Delivery.NOTHING_SENT)]
    await known.views.note_job(msgspec.structs.replace(other, state=JobState.QUEUED))
    assert known.state() is BlockState.STACKED
    await known.views.note_job(other)
    assert known.state() is BlockState.FAILED


async def test_a_job_is_forgotten_only_when_it_did_what_it_should_and_that_was_read() -> None:
    known = Known(facts())
    done = msgspec.structs.replace(job(the_order(STACK), "stack", JobState.PROVED), proved_at=SOON)
    await known.views.note_job(done)
    assert known.state() is BlockState.STACKED  # believed before the folder is read again
    known.watch.targets = {}
    known.views.stale = True
    assert known.views.situations() == {}  # a telescope that is away forgets nothing
    known.watch.targets = {"M 81": facts()}
    known.views.stale = True
    assert known.state() is BlockState.STACKED
    known.watch.targets = {"M 81": msgspec.structs.replace(facts(), read_at=SOON)}
    known.views.stale = True
    assert known.state() is BlockState.READY and known.views._ended == {}


async def test_a_cancelled_job_leaves_nothing_and_a_failed_one_stays_whatever_is_read() -> None:
    known = Known(msgspec.structs.replace(facts(), read_at=SOON + timedelta(hours=1)))
    await known.views.note_job(job(the_order(), "stack", JobState.CANCELLED))
    assert known.state() is BlockState.READY
    await known.views.note_job(job(the_order(), "stack", JobState.FAILED))
    assert known.state() is BlockState.FAILED


def test_jobs_that_wait_and_the_reviews_word_are_asked_for_at_each_picture() -> None:
    known = Known(facts(STACK))
    order = the_order(STACK)
    known.open = [job(order, "fetch", JobState.RUNNING)]
    known.views.stale = True
    (one,) = known.views.situations()[M81]
    assert one.under_way
    known.open = []
    known.views.note_entry(LedgerEntry(order, str(Path("x")), 1, "sha"))
    known.views.verdict = lambda _order: Verdict(BlockState.HELD, "held")
    assert known.state() is BlockState.HELD


def test_what_was_delivered_counts_for_the_block_though_its_stack_is_gone() -> None:
    known = Known(facts())
    for upload, state in ((Delivery.SENT, BlockState.SENT), (Delivery.DOUBT, BlockState.READY)):
        known.views.note_entry(LedgerEntry(the_order(STACK), upload=upload))
        assert known.state() is state


def test_only_stacks_of_the_quarter_that_were_seen_are_told() -> None:
    known = Known(facts(STACK), facts(target="M 82"))
    (order,) = known.views.stacks_in("20260227.87")
    assert order.name == STACK and known.views.stacks_in("20260227.88") == []


def test_a_row_of_the_list_is_found_for_what_is_asked_about() -> None:
    known = Known(facts(STACK))
    known.list(row())
    order = the_order(STACK)
    known.views.note_entry(LedgerEntry(order))
    assert [each.id for each in known.views.rows_of([order]).values()] == [1]
    known.list()
    assert known.views.rows_of([order]) == {}


def test_orders_are_worked_out_once_for_each_reading_of_the_folders() -> None:
    known = Known(facts())
    one = known.watch.targets["M 81"]
    first = known.views._orders_of(M81, one)
    assert known.views._orders_of(M81, one) is first
    assert known.views._orders_of(M81, facts()) is not first
    known.views.situations()
    known.watch.targets = {}
    known.views.stale = True
    known.views.situations()
    assert known.views._orders == {}


# what is shown


def test_what_is_gone_is_taken_away_and_what_is_left_out_is_shown_beside() -> None:
    known = Known(facts(), facts(target="M 82"))
    known.watch.left_out = (LeftOut("odd_sub", "no target", 7), LeftOut("M 81", "a second"))
    known.views.refresh()
    odd = TargetKey("a", "odd_sub")
    assert set(known.store.targets) == {M81, TargetKey("a", "M 82"), odd}
    assert (known.store.targets[odd].raw_files, known.store.targets[odd].note) == (7, "no target")
    assert known.shown().raw_files == 44  # a target's own line stays
    del known.watch.targets["M 82"]
    known.watch.left_out = ()
    known.views.stale = True
    known.views.refresh()
    assert set(known.store.targets) == {M81}


def test_the_coverage_of_a_target_is_on_its_line() -> None:
    known = Known(facts())
    known.views.note_coverage(M81, "observed within a day", 0)
    known.views.refresh()
    assert (known.shown().coverage, known.shown().coverage_days) == ("observed within a day", 0)


def test_only_the_blocks_of_running_jobs_are_painted_when_nothing_else_moved() -> None:
    known = Known(facts(), facts(target="M 82"))
    order = the_order()
    known.open = [job(order, "stack", JobState.RUNNING)]
    known.views.refresh()
    painted: list[TargetKey] = []
    real = known.store.set_target

    def set_target(view: Any, blocks: Any) -> None:
        painted.append(view.key)
        real(view, blocks)

    known.store.set_target = set_target  # type: ignore[method-assign]
    known.views.refresh()
    assert painted == []
    view = JobView(1, "stack", "a", "M 81", "it", JobState.RUNNING, LATER, progress=0.5)
    known.store.set_job(view)
    known.views.refresh()
    assert painted == [M81]
    (block,) = known.store.blocks[M81]
    assert block.progress == 0.5
    known.store.set_job(msgspec.structs.replace(view, progress=None))
    known.views.refresh()
    assert painted == [M81]


def test_the_servers_pane_says_how_it_is_and_without_an_account_nothing_else() -> None:
    known = Known(facts())
    known.list(row(id=5))
    known.views.note_entry(LedgerEntry(the_order(STACK), upload=Delivery.SENT, sent_at=LATER))
    known.views.refresh()
    server = known.store.server
    assert (server.state, server.username, server.reason) == (ServerState.OK, "me", "well")
    assert server.listed_at == LATER and [each.id for each in server.stacks] == [5]
    known.views.use(Settings())
    known.views.refresh()
    assert known.store.server.state is ServerState.NO_ACCOUNT


def test_what_waits_for_the_list_is_counted_until_it_is_there() -> None:
    known = Known(facts(STACK))
    known.list()
    order = the_order(STACK)
    known.views.refresh()
    assert known.store.server.in_flight == 0
    known.views.note_entry(LedgerEntry(order, upload=Delivery.SENT, sent_at=LATER))
    known.views.refresh()
    assert known.store.server.in_flight == 1 == len(known.store.server.queued)
    known.clock.seconds = 1
    known.list(row())
    known.views.refresh()
    assert known.store.server.in_flight == 0


def test_a_stack_that_came_back_is_shown_as_here_at_once() -> None:
    known = Known(facts())
    known.list(row())
    known.views.refresh()
    assert [each.local for each in known.store.server.stacks] == [False]
    known.views.note_downloaded(frozenset({"20260227.87_HP006478"}))
    known.views.note_downloaded(frozenset({"another"}))
    known.views.refresh()
    assert [each.local for each in known.store.server.stacks] == [True]


def test_a_list_that_tells_the_same_is_the_very_same_and_nothing_is_painted() -> None:
    known = Known(facts())
    known.list(row())
    known.views.refresh()
    before, painted = known.store.server.stacks, known.store.revisions[Topic.SERVER]
    known.views.refresh()
    assert known.store.revisions[Topic.SERVER] == painted
    known.clock.seconds = 1
    known.list(row())
    known.views.refresh()
    assert known.store.server.stacks is before


async def test_what_is_worked_out_in_a_thread_is_the_same() -> None:
    known, other = Known(facts(STACK)), Known(facts(STACK))
    for each in (known, other):
        each.list(row())
        each.views.note_entry(LedgerEntry(the_order(STACK), upload=Delivery.SENT, sent_at=LATER))
    await known.views.refresh_gently()
    other.views.refresh()
    assert known.store.server == other.store.server
    assert known.store.targets == other.store.targets and known.store.blocks == other.store.blocks


def situation_of(known: Known) -> Situation:
    (one,) = known.views.situations()[M81]
    return one


def test_how_many_sub_frames_were_stacked_is_known_of_the_ledger() -> None:
    known = Known(facts(STACK))
    known.views.note_entry(LedgerEntry(the_order(STACK), subs=42))
    assert situation_of(known).block.late == 2
