"""Each *only*, *never*, *first* and *until* of reading a telescope's folders."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crowdsky_tui.base.errors import NotFoundOnScope, ScopeBusy, ScopeUnreachable, UsageError
from crowdsky_tui.blocks import Block, main_folder
from crowdsky_tui.instruments.seestar.files import smb_connection
from crowdsky_tui.instruments.seestar.files.files import Listing, RemoteFile, moment_of
from crowdsky_tui.instruments.seestar.files.listing import (
    MOST_PAGES,
    PAGE,
    SHARE_REST_S,
    ScopeListing,
)
from crowdsky_tui.instruments.seestar.files.mounted_folder import FolderShare
from crowdsky_tui.instruments.seestar.files.records import AMBIGUOUS, Target, why_unclear
from crowdsky_tui.instruments.seestar.files.smb import SmbShare
from crowdsky_tui.instruments.seestar.files.targets import (
    SAVE_TIME,
    files_left_out,
    is_finished,
    light_frames,
    pair_folders,
    why_barred,
)

LIGHT = "Light_{}_20.0s_LP_20260227-22{:02d}{:02d}.fit"
AWAY = ScopeUnreachable("away")


class Share:
    """A share with these folders, or none at all; counts how often it is asked."""

    def __init__(self, folders: list[str] | None, refused: str = "") -> None:
        self._folders = folders
        self._refused = refused
        self.asked = 0

    async def folders(self) -> list[str]:
        self.asked += 1
        if self._folders is None:
            raise AWAY
        return self._folders

    async def list(self, folder: str) -> Listing:
        self.asked += 1
        if self._folders is None:
            raise AWAY
        return [RemoteFile("share.fit", 1)]

    def refuses(self, name: str) -> str:
        return "no" if name == self._refused else ""


class Pages:
    """The telescope's command socket, as far as listing needs it."""

    def __init__(self, albums: object = None, *readings: list[str], count: Any = None) -> None:
        self._albums = albums
        self._readings = list(readings)
        self._count = count
        self.asked: list[str] = []

    async def call(self, method: str, params: Any = None, timeout: float = 0) -> Any:
        self.asked.append(method)
        if method == "get_albums":
            if self._albums is None:
                raise AWAY
            files = [{"name": name} for name in self._albums]  # type: ignore[attr-defined]
            return {"list": [{"files": files}]}
        if method == "get_img_file_page_number":
            if self._count is not None:
                return self._count
            return -(-len(self._readings[0]) // PAGE)
        page = params["page"] * PAGE
        names = self._readings[0][page : page + PAGE]
        if page + PAGE >= len(self._readings[0]) and len(self._readings) > 1:
            self._readings.pop(0)
        return [{"name": name, "size_k": 5} for name in names]


def listing(share: Share, pages: Pages) -> ScopeListing:
    return ScopeListing("garden", share, pages)  # type: ignore[arg-type]


async def test_folders_are_unreachable_only_if_neither_can_be_asked() -> None:
    assert (await listing(Share(None), Pages(["A_sub"])).folders()).names == ("A_sub",)
    assert (await listing(Share(["A_sub"]), Pages(None)).folders()).names == ("A_sub",)
    with pytest.raises(ScopeUnreachable):
        await listing(Share(None), Pages(None)).folders()


async def test_only_in_is_empty_where_only_one_could_be_asked() -> None:
    both = await listing(Share(["A_sub"]), Pages(["B_sub"])).folders()
    assert both.only_in == {"A_sub": "share", "B_sub": "albums"}
    assert (await listing(Share(None), Pages(["B_sub"])).folders()).only_in == {}


async def test_one_folder_in_two_forms_is_one_as_the_first_source_writes_it() -> None:
    found = await listing(Share(["Bo\u0308hm_sub"]), Pages(["B\u00f6hm_sub"])).folders()
    assert (found.names, found.only_in) == (("Bo\u0308hm_sub",), {})
    two = await listing(Share(["Bo\u0308hm_sub", "B\u00f6hm_sub"]), Pages([])).folders()
    assert len(two.names) == 2


async def test_a_share_that_was_away_is_not_asked_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    share = Share(None)
    found = listing(share, Pages(["A_sub"], ["a.fit"]))
    for _ in range(3):
        await found.list("A_sub")
    assert share.asked == 1
    later = asyncio.get_running_loop().time() + SHARE_REST_S + 1
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: later)
    await found.list("A_sub")
    assert share.asked == 2


async def test_what_the_share_cannot_reach_is_read_by_pages_and_it_does_not_rest() -> None:
    share = Share(["M 81_sub"], refused="V* T CrB_sub")
    found = listing(share, Pages([], ["pages.fit"]))
    assert [file.name for file in await found.list("V* T CrB_sub")] == ["pages.fit"]
    assert [file.name for file in await found.list("M 81_sub")] == ["share.fit"]


async def test_pages_are_read_again_until_all_names_belong_to_the_folder() -> None:
    foreign = [LIGHT.format("M 42", 0, second) for second in range(3)]
    ours = [LIGHT.format("M 81", 0, second) for second in range(3)]
    found = listing(Share(None), Pages([], foreign, ours))
    assert [file.name for file in await found.list("M 81_sub")] == ours


async def test_pages_that_never_agree_are_busy_after_four_readings() -> None:
    readings = [[LIGHT.format("M 42", minute, 0)] for minute in range(9)]
    pages = Pages([], *readings)
    with pytest.raises(ScopeBusy):
        await listing(Share(None), pages).list("M 81_sub")
    assert pages.asked.count("get_img_file_page_number") == 4


@pytest.mark.parametrize("count", [0, -1, MOST_PAGES + 1, 2**53, "5", None, [], {"count": 10**9}])
async def test_no_number_of_pages_makes_a_loop_without_an_end(count: object) -> None:
    pages = Pages([], ["a.fit"], count=count if count is not None else "none")
    with pytest.raises(NotFoundOnScope):
        await listing(Share(None), pages).list("M 81_sub")
    assert len(pages.asked) == 1


def test_only_a_folder_of_sub_frames_makes_a_target_and_the_older_form_comes_second() -> None:
    found = pair_folders(["M 81-sub", "M 81_sub", "M 81", "M 42", "M 42_video", "NGC 1-sub"])
    assert [(one.target, one.folder, one.sub_folder) for one in found] == [
        ("M 81", "M 81", "M 81_sub"),
        ("M 81-sub", "M 81", "M 81-sub"),
        ("NGC 1", "NGC 1", "NGC 1-sub"),
    ]
    assert main_folder("_sub") is None


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        (LIGHT.format("M 81", 0, 0), False),
        ("Light_M 81_20.0s_LP_20260227-220000_failed.fit", False),
        ("Light_M 81_20.0s_LP_20260227-220000.jpg", False),
        ("._Light_M 81_20.0s_LP_20260227-220000.fit", False),
        ("Light_M 81_20s_LP_20260227-220000.fit", True),
        ("Light_M 81_20.0s_LP_20260227-220000 (1).FIT", True),
        ("anything.fits", True),
    ],
)
def test_only_fits_files_that_are_not_understood_are_left_out(name: str, counts: bool) -> None:
    target = Target("M 81", 0, 0, "M 81", "M 81_sub")
    found = files_left_out(target, [RemoteFile(name, 5760)], [], [])
    assert [left.count for left in found] == ([1] if counts else [])


def test_a_sub_frame_among_the_stacks_is_named_and_a_cut_one_waits_for_nobody() -> None:
    target = Target("M 81", 0, 0, "M 81", "M 81_sub")
    name = LIGHT.format("M 81", 0, 0)
    (astray,) = files_left_out(target, [], [], [RemoteFile(name, 5760)])
    assert astray.waits and "among the stacks" in astray.reason
    (cut,) = files_left_out(target, [RemoteFile(name, 0)], [], [])
    assert not cut.waits and "cut off" in cut.reason
    assert light_frames([RemoteFile(name, 0)]) == []
    assert len(light_frames([RemoteFile(name, 0, exact=False)])) == 1


def test_nothing_is_begun_that_could_not_be_named() -> None:
    def no(name: str) -> str:
        return ""

    def refuses(name: str) -> str:
        return "no colon" if ":" in name else ""

    good, odd = Target("M 81", 0, 0, "M 81", "M 81_sub"), "M 31: core"
    assert why_barred(good, refuses) == ""
    assert "no colon" in why_barred(Target(odd, 0, 0, odd, f"{odd}_sub"), refuses)
    long = "x" * 150
    assert "longer than" in why_barred(Target(long, 0, 0, long, f"{long}_sub"), no)


def test_a_block_is_finished_only_when_its_last_exposure_is_over_and_saved() -> None:
    start = datetime(2026, 2, 27, 22, 45, tzinfo=UTC)
    end = start + timedelta(minutes=15)
    block = Block(start, end, "20.0s", "LP", [], 0)
    done = end + timedelta(seconds=20) + SAVE_TIME
    assert is_finished(block, done) and not is_finished(block, done - timedelta(seconds=1))


def test_an_ambiguous_block_is_unclear_first_and_a_doubt_is_its_own_nights_alone() -> None:
    start = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    block = Block(start, start + timedelta(minutes=15), "20.0s", "LP", [], 0, ambiguous=True)
    assert why_unclear(block, {start.date(): "doubt"}) == AMBIGUOUS
    plain = Block(start, start + timedelta(minutes=15), "20.0s", "LP", [], 0)
    assert why_unclear(plain, {start.date(): "doubt"}) == "doubt"
    assert why_unclear(plain, {start.date() - timedelta(days=1): "doubt"}) == ""


async def test_a_path_never_leads_outside_the_root_not_even_through_a_link(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "MyWorks").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.fit").write_bytes(b"x")
    (root / "MyWorks" / "out").symlink_to(tmp_path / "secret")
    share = FolderShare(root)
    for path in ("MyWorks/out/a.fit", "MyWorks/../../secret/a.fit"):
        with pytest.raises(UsageError):
            await share.size(path)
        with pytest.raises(UsageError):
            await share.delete(path)
    assert (tmp_path / "secret" / "a.fit").read_bytes() == b"x"


@pytest.mark.parametrize("seconds", [1e12, -1e15, float("inf"), float("nan")])
def test_a_files_time_that_no_calendar_has_is_not_known(seconds: float) -> None:
    assert moment_of(seconds) is None
    assert moment_of(0) == datetime(1970, 1, 1, tzinfo=UTC)


class Status:
    def __init__(self, value: int) -> None:
        self.status = value


def test_the_first_failing_status_among_the_messages_tells() -> None:
    error = Exception()
    error.smb_messages = [Status(0), Status(0x80000005), Status(0xC0000034), Status(0xC0000022)]  # type: ignore[attr-defined]
    assert smb_connection.status_of(error) == 0xC0000034
    assert smb_connection.status_of(Exception()) == 0


async def test_a_share_connects_at_first_use_and_again_once_when_it_broke(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    share, made = SmbShare("127.0.0.1", 1), []

    class Breaks:
        def close(self) -> None:
            pass

    def connect() -> Breaks:
        made.append(1)
        return Breaks()

    def broken(connection: Any) -> None:
        raise OSError("it broke")

    def works(connection: Any) -> str:
        return "well"

    monkeypatch.setattr(share, "_connect", connect)
    try:
        assert made == []
        await _refused(share, broken)
        assert len(made) == 1
        assert await share._do("a", works) == "well"
        assert len(made) == 2
        await _refused(share, broken)
        assert len(made) == 3
    finally:
        await share.close()


async def _refused(share: SmbShare, work: Callable[[Any], None]) -> None:
    with pytest.raises(ScopeUnreachable):
        await share._do("a", work)
