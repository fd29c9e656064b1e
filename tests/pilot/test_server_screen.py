"""The server's part of the app: its list, one stack in full, sign-in, sub-frames, the archive."""

from datetime import timedelta

import msgspec
import pytest
from driven import Drive
from stub_calls import FRAME, RAW
from stub_night import NOW, StubNight

from crowdsky_tui.base.errors import AuthRefused, NotFound
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.schema import ServerSettings
from crowdsky_tui.night.calls.account import KeepPlace, SignIn
from crowdsky_tui.night.calls.downloads import DownloadFrame, DownloadStack
from crowdsky_tui.night.calls.gallery import ShowThumbnail
from crowdsky_tui.night.calls.subframes import SendRaw
from crowdsky_tui.store.store import ServerState, ServerView, StackRow
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.screens.archive import ArchiveFrames
from crowdsky_tui.tui.screens.choice import Choice
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.form import Form
from crowdsky_tui.tui.screens.main import MainScreen
from crowdsky_tui.tui.screens.raw_upload import RawUpload
from crowdsky_tui.tui.screens.stack_detail import StackDetail
from crowdsky_tui.tui.widgets.pictures.picture import UPPER_HALF

M81 = ("S50 a349", "M 81")
QUEUED = StackRow(
    None,
    "20261120.77_HP006478",
    "M 81",
    "S50_a349",
    "LP",
    41,
    820.0,
    local=True,
    queued_since=NOW - timedelta(minutes=12),
)


def with_queue(night: StubNight) -> None:
    view = night.store.server
    night.store.set_server(msgspec.structs.replace(view, queued=(QUEUED,), in_flight=1))


def with_twins(night: StubNight) -> None:
    first, *rest = night.store.server.stacks
    twin = msgspec.structs.replace(first, id=9000, filter="IRCUT")
    stacks = (first, twin, *rest)
    night.store.set_server(msgspec.structs.replace(night.store.server, stacks=stacks))


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_what_waits_is_on_top_and_all_is_told(drive: Drive, size: tuple[int, int]) -> None:
    async with drive(size=size, change=with_queue) as driven:
        await driven.press("4")
        lines = driven.text().splitlines()
        row = next(line for line in lines if "20261120.77_HP006478" in line)
        assert "12 min ▲ queued" in " ".join(row.split())
        assert "20261120.76_HP006478" in "".join(lines)
        assert "▼ here" in "".join(lines)
        assert "2 of 6 confirmed, 1 queued 12 min" in "".join(lines)
        assert driven.main.server.table.rows[0] is QUEUED
        await driven.press("G")
        assert "· there" in driven.text()


async def test_the_order_is_sticky(drive: Drive) -> None:
    async with drive(change=with_queue) as driven:
        await driven.press("4", "comma", "comma")
        assert driven.notices()[-1] == "Sorted: by object"
        names = [row.object_name for row in driven.main.server.table.rows[1:]]
        assert names == sorted(names, key=str.casefold)
        view = driven.night.store.server
        more = (*view.stacks, msgspec.structs.replace(view.stacks[0], id=8000, object_name="AA"))
        driven.night.store.set_server(msgspec.structs.replace(view, stacks=more))
        await driven.settle()
        assert [row.object_name for row in driven.main.server.table.rows[:2]] == ["M 81", "AA"]
        assert "by object" in driven.text()


async def test_a_filter_finds_what_is_only_there(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("4", "slash", *"there", "enter")
        rows = driven.main.server.table.rows
        assert len(rows) == 412 - 27
        assert not any(row.local for row in rows)


async def test_a_stack_is_shown_with_its_picture_and_downloaded(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("4", "enter")
        assert isinstance(driven.app.screen, StackDetail)
        await driven.pilot.pause(0.05)
        text = driven.text()
        assert text.count(UPPER_HALF) > 100
        assert "stack id" in text and "412" in text
        await driven.press("D")
        assert isinstance(driven.app.screen, Form)
        assert "from-server" in driven.text()
        await driven.press("enter")
        row = driven.night.store.server.stacks[0]
        last = driven.night.stub_calls.asked[-1]
        assert isinstance(last, DownloadStack)
        assert last.row == row
        assert f"{row.chunk_key}.fits" in driven.notices()[-1]


async def test_a_stack_without_a_picture_says_so(drive: Drive) -> None:
    def change(night: StubNight) -> None:
        night.stub_calls.failures[ShowThumbnail] = NotFound("no picture", "the server has none")

    async with drive(change=change) as driven:
        await driven.press("4", "enter")
        await driven.pilot.pause(0.05)
        assert "no picture" in driven.text()
        await driven.press("escape")
        assert isinstance(driven.app.screen, MainScreen)


async def test_of_twins_the_user_picks(drive: Drive) -> None:
    async with drive(change=with_twins) as driven:
        await driven.press("4", "f")
        assert isinstance(driven.app.screen, Choice)
        assert "Without an API" in driven.text()
        assert "IRCUT, 44 sub-frames of 20 s" in driven.text()
        await driven.press("down", "enter", "enter")
        last = driven.night.stub_calls.asked[-1]
        assert isinstance(last, DownloadStack)
        assert last.row.id == 9000


async def test_what_is_queued_cannot_be_downloaded(drive: Drive) -> None:
    async with drive(change=with_queue) as driven:
        await driven.press("4", "f")
        assert driven.notices()[-1] == "The server has not made this stack yet"
        await driven.press("enter")
        assert "queued 12 min" in driven.text()


async def test_the_first_start_works_without_an_account_and_signs_in(drive: Drive) -> None:
    def change(night: StubNight) -> None:
        night.store.set_server(ServerView(ServerState.NO_ACCOUNT))

    async with drive(change=change) as driven:
        await driven.press("j", "s")
        assert driven.night.asked == [("stack", [M81], None)]
        await driven.press("u")
        assert "Press i to sign in" in driven.notices()[-1]
        await driven.press("4")
        assert "Press i to sign in" in " ".join(driven.text().replace("│", "").split())
        await driven.press("i", *"alice", "enter", "space", *"s3 cret", "space")
        assert "cret" not in driven.text()
        assert "••" in driven.text()
        await driven.press("enter")
        assert driven.night.stub_calls.asked[-1] == SignIn("alice", " s3 cret ")
        assert driven.notices()[-1] == "Signed in as alice"
        assert not any("cret" in notice for notice in driven.notices())


async def test_a_refused_login_is_told(drive: Drive) -> None:
    def change(night: StubNight) -> None:
        night.stub_calls.failures[SignIn] = AuthRefused("the server refused the login", "401")

    async with drive(change=change) as driven:
        await driven.press("i", *"bob", "enter", *"x", "enter")
        assert driven.notices()[-1].startswith("the server refused the login")


async def test_the_place_is_asked_for_once_before_the_first_upload(drive: Drive) -> None:
    def change(night: StubNight) -> None:
        night.stub_calls.scrub_decided_before = False

    async with drive(change=change) as driven:
        await driven.press("j", "u")
        assert isinstance(driven.app.screen, Choice)
        await driven.press("escape")
        assert driven.night.asked == []
        await driven.press("u", "enter")
        assert KeepPlace(True) in driven.night.stub_calls.asked
        assert driven.night.asked == [("upload", [M81])]


async def test_sub_frames_are_chosen_and_confirmed(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "R")
        assert isinstance(driven.app.screen, RawUpload)
        assert "1 marked" in driven.text()
        await driven.press("down")
        words = " ".join(driven.text().replace("│", "").split())
        assert "Left: the server has M 81, LP, 41 frames, S50_a349 under its key" in words
        assert "expires at the server by" in " ".join(driven.text().replace("│", "").split())
        await driven.press("enter")
        assert isinstance(driven.app.screen, Confirm)
        assert "Send 44 sub-frames of 1 block?" in driven.text()
        await driven.press("enter")
        assert not any(isinstance(each, SendRaw) for each in driven.night.stub_calls.asked)
        await driven.press("R", "enter", "y")
        assert driven.night.stub_calls.asked[-1] == SendRaw(
            TargetKey(*M81), (RAW[0].block_id,), False
        )


async def test_overwriting_names_what_goes(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "R", "down", "space", "o", "enter")
        text = driven.text()
        assert "Delete 2 of the server's stacks and send 85 sub-frames?" in text
        assert "20261120.77 M 81, LP" in text
        await driven.press("y")
        sent = driven.night.stub_calls.asked[-1]
        assert sent == SendRaw(TargetKey(*M81), tuple(line.block_id for line in RAW), True)


async def test_the_archive_wants_a_key(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "A")
        assert "account.php" in driven.notices()[-1]
        server = ServerSettings(api_key="csk_test")
        driven.night.settings = msgspec.structs.replace(driven.night.settings, server=server)
        await driven.press("A")
        assert isinstance(driven.app.screen, ArchiveFrames)
        assert "1 frame around M 81, 148.90° +69.07°" in driven.text()
        assert "2026-10-01 22:03" in driven.text()
        await driven.press("D", "enter")
        last = driven.night.stub_calls.asked[-1]
        assert isinstance(last, DownloadFrame) and last.frame_id == FRAME.id


async def test_coverage_stands_beside_the_targets(drive: Drive) -> None:
    def change(night: StubNight) -> None:
        for key, text, days in (
            (TargetKey(*M81), "first data on this tile in 41 days", 41),
            (TargetKey("S50 a349", "NGC 7000"), "first data on this tile", None),
        ):
            view = msgspec.structs.replace(
                night.store.targets[key], coverage=text, coverage_days=days
            )
            night.store.set_target(view, night.store.blocks[key])

    async with drive(size=(160, 40), change=change) as driven:
        assert "41 days ago" in driven.text()
        assert "never yet" in driven.text()
        await driven.pilot.resize_terminal(230, 40)
        await driven.settle()
        assert "first data on this tile in 41 days" in driven.text()
        await driven.pilot.resize_terminal(80, 24)
        await driven.settle()
        driven.main.go(Pane.TARGETS)
        assert "proved" in driven.text()
