"""What a raw upload would send, what it leaves, and what it would delete."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.cli.verbs.raw_upload import _document, _print_lines
from crowdsky_tui.fits.messages import FileFacts, HeaderFacts
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.kind import next_kind
from crowdsky_tui.jobs.handover import raw_folder
from crowdsky_tui.jobs.kinds import load_kinds
from crowdsky_tui.jobs.kinds.subframe_upload import RawFrame, check_frame, of_one_key
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.subframe_plan import make_plan
from crowdsky_tui.services.crowdsky.rows import decode_rows

START = datetime(2026, 7, 24, 21, 0, tzinfo=UTC)
NOW = START + timedelta(hours=9)
KEY = "20260724.84_HP006478"
HEADER = HeaderFacts(
    ra_deg=148.888,
    dec_deg=69.065,
    pixel=6478,
    date_obs=START,
    filter="LP",
    exposure_s=10.0,
    stack_count=1,
    total_s=10.0,
    telescope="S50_8a95aa90",
    object_name="M 81",
    width=24,
    height=40,
    planes=1,
    expected_size=5760,
)

load_kinds()


def order(filter: str = "LP", exposure: str = "10.0s", frames: int = 30, slot: int = 84) -> Order:
    begun = START + timedelta(minutes=15 * (slot - 84))
    return Order(
        scope="s50",
        serial="8a95aa90",
        telescope="S50_8a95aa90",
        target="M 81",
        folder="M 81",
        sub_folder="M 81_sub",
        chunk=f"20260724.{slot}",
        exposure=exposure,
        filter=filter,
        start=begun,
        end=begun + timedelta(minutes=15),
        files=tuple(f"Light_{number}.fit" for number in range(frames)),
    )


ROW = decode_rows(f'[{{"id":7,"chunk_key":"{KEY}","filter_name":"IRCUT"}}]'.encode())


def test_one_session_never_mixes_and_one_chunk_never_has_two() -> None:
    few, many, longer, other = (
        order("IRCUT", frames=5),
        order("LP", frames=30),
        order("LP", "20.0s", frames=12),
        order("LP", slot=85),
    )
    plan = make_plan([few, many, longer, other], {}, [], [], overwrite=False, now=NOW)
    assert [bool(item.reason) for item in plan] == [True, False, True, False]
    assert "one stack" in plan[0].reason


@pytest.mark.parametrize("overwrite", [False, True])
def test_beside_one_that_is_on_its_way_nothing_is_sent(overwrite: bool) -> None:
    entry = LedgerEntry(order("IRCUT"), upload=Delivery.SENT, sent_at=START)
    second, later = order("LP"), order("LP", slot=85)
    plan = make_plan([second, later], {}, [], [entry], overwrite=overwrite, now=NOW)
    assert [bool(item.reason) for item in plan] == [True, False]
    assert "IRCUT is on its way" in plan[0].reason


def test_a_row_under_the_key_is_kept_or_named() -> None:
    one = order()
    (left,) = make_plan([one], {one.block_id: 6478}, ROW, [], overwrite=False, now=NOW)
    assert "IRCUT" in left.reason
    assert left.doomed == ()
    (sent,) = make_plan([one], {one.block_id: 6478}, ROW, [], overwrite=True, now=NOW)
    assert (sent.reason, [row.id for row in sent.doomed]) == ("", [7])
    (elsewhere,) = make_plan([one], {one.block_id: 5}, ROW, [], overwrite=False, now=NOW)
    assert elsewhere.reason == ""
    (unknown,) = make_plan([one], {one.block_id: None}, ROW, [], overwrite=False, now=NOW)
    assert unknown.reason


@pytest.mark.parametrize("upload", ["sent", "doubt", "sending"])
def test_what_is_on_its_way_is_not_sent_again(upload: str) -> None:
    one = order()
    stack = msgspec.structs.replace(one, name="CrowdSky_30_M 81_10.0s_LP_x.fit")
    (item,) = make_plan(
        [one], {}, [], [LedgerEntry(stack, upload=Delivery(upload))], overwrite=False, now=NOW
    )
    assert "on its way" in item.reason


@pytest.mark.parametrize(
    ("changes", "size", "words"),
    [
        ({}, 5760, ""),
        ({"date_obs": None}, 5760, "DATE-OBS"),
        ({"date_obs": START + timedelta(minutes=15)}, 5760, "quarter"),
        ({"filter": "IRCUT"}, 5760, "another filter"),
        ({"exposure_s": 20.0}, 5760, "another filter or exposure"),
        ({}, 50 * 1024 * 1024 + 1, "50 MiB"),
    ],
)
def test_frames_are_checked_here(changes: dict[str, object], size: int, words: str) -> None:
    header = msgspec.structs.replace(HEADER, **changes)
    frame = check_frame(Path("Light.fit"), FileFacts(size, "0", header), order())
    assert (words in frame.problem) if words else frame.problem == ""


def test_a_stray_tile_is_left_out() -> None:
    frames = [RawFrame(Path(str(number)), 1, KEY) for number in range(3)]
    stray = RawFrame(Path("x"), 1, "20260724.84_HP006479")
    assert [bool(frame.problem) for frame in of_one_key([*frames, stray])] == [False] * 3 + [True]
    assert of_one_key([]) == []


def test_a_hostile_folder_is_no_path() -> None:
    evil = msgspec.structs.replace(order(), sub_folder="../../etc")
    with pytest.raises(ValueError, match="separator"):
        raw_folder(Path("/data"), evil)


def test_raw_is_followed_by_its_confirmation() -> None:
    assert next_kind("raw", "confirm") == "confirm"
    assert next_kind("raw", "raw") is None
    assert next_kind("purge", "purge") is None
    assert next_kind("stack", "confirm") == "fetch"


@pytest.mark.parametrize("year", [1970, 2000, 2040])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_night_dated_by_a_wrong_clock_is_refused_when_it_is_asked_for(
    year: int, overwrite: bool
) -> None:
    wrong = msgspec.structs.replace(order(), start=START.replace(year=year))
    (item,) = make_plan([wrong], {}, [], [], overwrite=overwrite, now=NOW)
    assert "clock was not set" in item.reason


def test_sub_frames_that_were_left_out_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    one, whole = order(frames=30), order(slot=85)
    plan = make_plan([one, whole], {}, [], [], overwrite=False, now=NOW)
    told = [LedgerEntry(one, frames_told=28), LedgerEntry(whole, frames_told=30)]
    document = _document(plan, {}, told, dry_run=False)
    assert [block["frames_sent"] for block in document["blocks"]] == [28, 30]
    _print_lines(document)
    first, second = capsys.readouterr().out.splitlines()
    assert "(2 left out)" in first and "left out" not in second
