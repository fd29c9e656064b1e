"""The archive and the remote requests, by keys."""

from typing import Any

import msgspec
import pytest
from driven import Drive

from crowdsky_tui.archive.frame import FrameKey, Source
from crowdsky_tui.night.calls.archive import FetchFrames, RemoveCopies
from crowdsky_tui.night.calls.everybody import FindFrames
from crowdsky_tui.night.calls.frame_pictures import ShowFrame
from crowdsky_tui.night.calls.remote import AskRemotely, FetchRemote, ListRemote
from crowdsky_tui.night.calls.remote_jobs import CancelRemoteJobs, ClearRemoteJobs
from crowdsky_tui.tui.screens.archive_list import ArchiveList
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.form import Form
from crowdsky_tui.tui.screens.frame_detail import FrameDetail
from crowdsky_tui.tui.screens.listing import Details
from crowdsky_tui.tui.screens.plan import PlanScreen
from crowdsky_tui.tui.screens.remote_jobs import RemoteJobList
from crowdsky_tui.tui.screens.remote_requests import RemoteList


def calls_of(driven: Any, kind: type) -> list[Any]:
    return [call for call in driven.night.stub_calls.asked if isinstance(call, kind)]


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_every_source_is_in_one_table(drive: Drive, size: tuple[int, int]) -> None:
    async with drive("full", size=size) as driven:
        await driven.press("6")
        assert isinstance(driven.showing, ArchiveList)
        await driven.rest()
        text = driven.text()
        assert "Archive · 4 frames" in text
        for word in ("M 81", "own scope", "own server", "telescope.org", "folder", "here", "BVR"):
            assert word in text, word
        assert "esc leave" in text


async def test_one_source_alone_the_order_and_the_filter(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("6", "s", "s", "s", "s")
        await driven.rest()
        assert "1 frame of telescope.org" in driven.text() and "NGC 7000" not in driven.text()
        await driven.press("s", "s", "s")  # rigs, folder, all
        await driven.press("slash", *"ngc", "enter")
        assert "NGC 7000" in driven.text() and "SS Cyg" not in driven.text()
        await driven.press("escape")  # shows all again
        assert isinstance(driven.showing, ArchiveList) and "SS Cyg" in driven.text()
        await driven.press("comma")
        assert "by target" in driven.text()


async def test_marked_frames_are_fetched(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("down", "space", "space", "D")
        assert calls_of(driven, FetchFrames) == [
            FetchFrames((FrameKey(Source.SERVER, "77"), FrameKey(Source.REMOTE, "369256.fits")))
        ]
        assert isinstance(driven.showing, ArchiveList)


async def test_copies_are_deleted_after_a_proof_and_a_question(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("asterisk", "x")
        assert isinstance(driven.showing, Confirm)
        text = driven.text()
        assert "3 local copies" in text and "1 stay" in text
        await driven.press("y")
        first, second = calls_of(driven, RemoveCopies)
        assert first.dry_run and not second.dry_run
        assert len(first.keys) == 4 and len(second.keys) == 3
        assert FrameKey(Source.FOLDER, "/rig/M 31.fits") not in second.keys


async def test_nothing_is_deleted_or_asked_for_read_only(drive: Drive) -> None:
    def read_only(night: Any) -> None:
        night.settings = msgspec.structs.replace(night.settings, read_only=True)

    async with drive("full", change=read_only) as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("x")
        assert not calls_of(driven, RemoveCopies) and isinstance(driven.showing, ArchiveList)
        await driven.press("a")
        assert isinstance(driven.showing, ArchiveList)
        assert "read-only" in driven.text()


async def test_enter_opens_header_and_picture(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("enter")
        assert isinstance(driven.showing, FrameDetail)
        assert "4,100,000" in driven.text() and "M 81" in driven.text()
        await driven.press("escape")
        assert isinstance(driven.showing, ArchiveList)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_each_plane_of_a_cube_is_a_picture(drive: Drive, size: tuple[int, int]) -> None:
    async with drive("full", size=size) as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("down", "down", "enter")
        await driven.rest()
        assert "all colours (1 of 4)" in driven.text() and "SS Cyg" in driven.text()
        for name in ("B (2 of 4)", "V (3 of 4)", "R (4 of 4)", "all colours (1 of 4)"):
            await driven.press("right")
            await driven.rest()
            assert name in driven.text()
        await driven.press("left")
        await driven.rest()
        assert "R (4 of 4)" in driven.text()
        asked = [call.plane for call in calls_of(driven, ShowFrame)]
        assert asked == [None, 0, 1, 2], "each is drawn once"


async def test_a_frame_that_is_elsewhere_is_told_and_fetched_from_its_details(
    drive: Drive,
) -> None:
    async with drive("full") as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("down", "enter")
        await driven.rest()
        assert "NGC 7000" in driven.text() and "D fetch" in driven.text()
        assert not calls_of(driven, ShowFrame)
        await driven.press("D")
        assert calls_of(driven, FetchFrames) == [FetchFrames((FrameKey(Source.SERVER, "77"),))]


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_remote_requests_and_their_states(drive: Drive, size: tuple[int, int]) -> None:
    async with drive("full", size=size) as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("tab")
        assert isinstance(driven.showing, RemoteList)
        await driven.rest()
        text = driven.text()
        assert "Inbox: 4 requests, 2 pending" in text
        for word in ("R729130", "Waiting", "Hold", "Cancelled", "Complete"):
            assert word in text, word
        await driven.press("x")
        assert "do it on the site" in driven.text()
        await driven.press("f")
        await driven.rest()
        assert calls_of(driven, ListRemote)[-1] == ListRemote(2)
        await driven.press("tab")
        assert isinstance(driven.showing, ArchiveList)


async def test_a_request_is_opened_and_fetched(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("tab")
        await driven.rest()
        await driven.press("end", "enter")
        assert "Complete" in driven.text() and "R729127" in driven.text()
        await driven.press("escape")
        await driven.rest()
        await driven.press("end", "D")
        assert calls_of(driven, FetchRemote) == [FetchRemote((729127,))]


async def test_three_filters_of_the_selected_target_are_asked_for_after_a_look(
    drive: Drive,
) -> None:
    async with drive("full") as driven:
        driven.main.targets.table.select(1)
        await driven.settle()
        await driven.press("at")
        assert isinstance(driven.showing, Form)
        await driven.press("enter", "enter")
        assert isinstance(driven.showing, Confirm)
        text = driven.text()
        assert "COAST V" in text and "sent once" in text
        await driven.press("y")
        dry, sent = calls_of(driven, AskRemotely)
        assert dry.dry_run and not sent.dry_run
        assert sent == AskRemotely("M 81", "COAST", ("B", "V", "R"), 90.0)


async def test_a_number_that_is_none_asks_for_nothing(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("at")
        await driven.press("down", "down", "down", "end", "x", "enter", "enter")
        assert "no number" in driven.text() and not calls_of(driven, AskRemotely)


async def test_everybodys_frames_around_the_frame_of_the_cursor_are_searched(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("down", "e")
        assert isinstance(driven.showing, Form)
        await driven.press("enter")
        assert calls_of(driven, FindFrames) == [FindFrames("NGC 7000")]
        assert isinstance(driven.showing, ArchiveList)


async def test_the_target_of_the_cursor_is_asked_for_from_frames_requests_and_plan(
    drive: Drive,
) -> None:
    async with drive("full") as driven:
        for keys, target in (
            (("6", "down", "a"), "NGC 7000"),
            (("6", "tab", "down", "a"), "CH Cyg"),
            (("5", "down", "at"), "T CrB"),
        ):
            for key in keys:
                await driven.press(key)
                await driven.rest()
            assert isinstance(driven.showing, Form), keys
            await driven.press("enter", "enter")
            assert calls_of(driven, AskRemotely)[-1].target == target
            await driven.press("y")
            sent = calls_of(driven, AskRemotely)[-1]
            assert not sent.dry_run and sent.filters == ("B", "V", "R")
            await driven.rest()
            if isinstance(driven.showing, PlanScreen):
                assert driven.showing.chosen is not None
                assert driven.showing.chosen.name == target, "the cursor stays"
            await driven.close_dialogs()


async def test_cursor_order_and_source_are_kept_where_a_list_is_left_for_a_frame(
    drive: Drive,
) -> None:
    async with drive("full") as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("comma", "down", "down")
        first = driven.showing
        key, order = first.table.selected_key, first.order
        await driven.press("enter")
        await driven.rest()
        await driven.press("escape")
        await driven.rest()
        again = driven.showing
        assert isinstance(again, ArchiveList) and again is not first
        assert (again.table.selected_key, again.order) == (key, order)
        await driven.press("tab")
        await driven.rest()
        await driven.press("down", "down", "enter")
        await driven.rest()
        await driven.press("escape")
        await driven.rest()
        assert isinstance(driven.showing, RemoteList)
        assert driven.showing.table.selected_key == 729128


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_jobs_here_are_cancelled_and_failed_ones_cleared(
    drive: Drive, size: tuple[int, int]
) -> None:
    async with drive("full", size=size) as driven:
        await driven.press("6")
        await driven.rest()
        await driven.press("tab")
        await driven.rest()
        await driven.press("w")
        await driven.rest()
        assert isinstance(driven.showing, RemoteJobList)
        text = driven.text()
        assert "2 jobs to do, 1 failed" in text and "CH Cyg J369257" in text
        await driven.press("x")
        assert "It is over already" in driven.text() and not calls_of(driven, CancelRemoteJobs)
        await driven.press("enter")
        assert isinstance(driven.showing, Details) and "(tried" in driven.text()
        await driven.press("escape")
        await driven.rest()
        await driven.press("c")
        assert calls_of(driven, ClearRemoteJobs) == [ClearRemoteJobs((13,))]
        await driven.rest()
        await driven.press("asterisk", "x")
        assert calls_of(driven, CancelRemoteJobs) == [CancelRemoteJobs((12, 11))]
        await driven.rest()
        assert "may have been sent" in driven.text()
        await driven.press("escape")
        assert isinstance(driven.showing, RemoteList)
