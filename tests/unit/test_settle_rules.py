"""What waits for the user's word, and what that word does: each rule by its name."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from test_settled_out_of_reach import START, order, parts

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.night.settle import NO_ANSWER, NOT_LISTED, lines_of, settle, unsettled
from crowdsky_tui.store.store import JobState

STACK = "CrowdSky_1.fit"


def with_jobs(night: Any, *jobs: tuple[Any, JobState]) -> list[tuple[str, str, Any]]:
    """Give the night these open jobs; what is asked of its queue."""
    asked: list[tuple[str, str, Any]] = []

    async def add(kind: str, goal: str, payload: Any) -> tuple[int, bool]:
        asked.append((kind, goal, payload))
        return 40 + len(asked), True

    open_jobs = [SimpleNamespace(payload=payload, state=state) for payload, state in jobs]
    night.queue = SimpleNamespace(unfinished=lambda: open_jobs, add=add)
    return asked


@pytest.mark.parametrize(
    ("fields", "job", "waits"),
    [
        ({"upload": Delivery.DOUBT}, None, True),
        ({"upload": Delivery.DOUBT}, JobState.WAITING, True),
        ({"upload": Delivery.DOUBT}, JobState.RUNNING, False),
        ({"upload": Delivery.SENT}, None, True),
        ({"upload": Delivery.SENT}, JobState.WAITING, False),  # a job looks after it
        ({"upload": Delivery.SENT}, JobState.RUNNING, False),
        ({"upload": Delivery.SENT, "row_id": 3}, None, False),  # it was listed once
        ({"upload": Delivery.CONFIRMED, "row_id": 3}, None, False),
        ({"upload": Delivery.NOTHING_SENT}, None, False),
        ({"upload": Delivery.SENDING}, None, False),
    ],
)
async def test_only_what_nobody_looks_after_or_answered_for_waits_for_the_users_word(
    tmp_path: Path, fields: dict[str, Any], job: JobState | None, waits: bool
) -> None:
    one = order(91, STACK)
    async with parts(tmp_path) as night:
        await night.journal.save_entry(LedgerEntry(one, **fields))
        with_jobs(night, *([(one, job)] if job else []))
        assert bool(await unsettled(night)) is waits


async def test_nothing_is_decided_of_what_is_settled_or_was_not_named(tmp_path: Path) -> None:
    one, other = order(91, STACK), order(92, STACK)
    async with parts(tmp_path, one, other) as night:
        with pytest.raises(UsageError, match="nothing to decide"):
            await settle(night, {"something else"}, resend=True)
        asked = await settle(night, {one.stack_id}, resend=True)
        assert asked.note == "1 sent again"
        assert [sent.stack_id for sent in night.sent] == [one.stack_id]
        assert (await night.journal.entry(other)).upload == "doubt"


async def test_a_stack_is_sent_again_whatever_a_mark_says_and_as_the_views_know_it(
    tmp_path: Path,
) -> None:
    one = order(91, STACK)
    async with parts(tmp_path, one) as night:
        noted: list[LedgerEntry] = []
        resends: list[bool] = []
        real = night.upload_orders

        async def upload_orders(orders: Any, *, resend: bool) -> Any:
            resends.append(resend)
            return await real(orders, resend=resend)

        night.upload_orders = upload_orders
        night.views.note_entry = noted.append
        await settle(night, {one.stack_id}, resend=True)
        assert resends == [True] and [entry.again_by_word for entry in noted] == [True]


async def test_what_has_arrived_is_waited_for_and_never_sent(tmp_path: Path) -> None:
    one = order(91, STACK)
    async with parts(tmp_path, one) as night:
        asked = with_jobs(night)
        outcome = await settle(night, {one.stack_id}, resend=False)
        assert (outcome.jobs, outcome.note) == ((41,), "1 waited for")
        (kind, goal, payload) = asked[0]
        assert (kind, goal, payload.stack_id) == ("confirm", "confirm", one.stack_id)
        assert night.sent == [] and (await night.journal.entry(one)).upload == "sent"


async def test_sub_frames_go_again_as_they_lie_there_and_overwrite_only_if_they_did(
    tmp_path: Path,
) -> None:
    plain, over = order(91), msgspec.structs.replace(order(92), overwrite=True)
    async with parts(tmp_path, plain, over) as night:
        night.there = [
            msgspec.structs.replace(one, name=STACK, local_path="/x.fit", overwrite=False)
            for one in (plain, over)
        ]
        night.there.append(msgspec.structs.replace(plain, name="b.fit", files=()))
        await settle(night, {plain.stack_id, over.stack_id}, resend=True)
        told = {(one.chunk, one.name, one.local_path, one.overwrite) for one in night.sent}
        assert told == {(plain.chunk, "", "", False), (over.chunk, "", "", True)}
        assert all(one.files for one in night.sent)


def test_a_line_tells_what_it_is_when_it_was_handed_over_and_what_is_missing() -> None:
    doubt = LedgerEntry(order(91, STACK), upload=Delivery.DOUBT, sent_at=START)
    sent = LedgerEntry(order(92), upload=Delivery.SENT)
    first, second = lines_of([doubt, sent])
    assert (first.what, first.reason) == (STACK, f"{NO_ANSWER} on 27 Feb 22:45 UTC")
    assert (second.what, second.reason) == ("sub-frames of M 81, 20.0s LP", NOT_LISTED)
    assert first.label == "M 81 27 Feb 22:45 LP"
