"""What a firmware can do, by what it answered."""

import stat
from pathlib import Path

import pytest

from crowdsky_tui.instruments.seestar.connection.capabilities import (
    Capabilities,
    CapabilityBook,
    feature,
)


@pytest.mark.parametrize(
    ("code", "supported", "words"),
    [
        (0, True, ""),
        (103, False, "does not know it (103)"),
        (107, False, "other parameters (107)"),
        (109, False, "refuses this parameter (109)"),
        (210, False, "does not support it (210)"),
        (259, True, ""),
        (267, True, ""),
        (-1, True, ""),
        (None, None, "not answered"),
    ],
)
def test_an_answer_says_whether_it_is_there(
    code: int | None, supported: bool | None, words: str
) -> None:
    table = Capabilities()
    assert table.supports("x") is None
    assert table.reason("x") == ""
    table.note("x", code)
    assert table.supports("x") is supported
    assert words in table.reason("x")
    assert bool(table.reason("x")) is bool(words)


def test_silence_and_wrong_parameters_undo_nothing() -> None:
    table = Capabilities()
    table.note("x", 0)
    for later in (None, 107, 109):
        table.note("x", later)
        assert table.supports("x") is True
    table.note("x", 103)
    assert table.supports("x") is False
    table.note("y", None)
    table.note("y", 109)
    assert table.supports("y") is False


def test_each_setting_is_a_feature_of_its_own() -> None:
    assert feature("set_setting", {"heater": 1}) == "set_setting heater"
    assert feature("set_setting", {"auto_af": True, "verify": True}) == "set_setting auto_af"
    assert feature("set_setting", {"a": 1, "b": 2}) == "set_setting"
    assert feature("get_albums", {"a": 1}) == "get_albums"
    assert feature("set_setting", {"\x1b[2J": 1}) == "set_setting \N{REPLACEMENT CHARACTER}[2J"


async def test_tables_are_kept_by_serial_and_firmware(tmp_path: Path) -> None:
    path = tmp_path / "state" / "capabilities.json"
    book = CapabilityBook(path)
    await book.load()
    fresh = Capabilities()
    fresh.note("clear_batch_stack", 103)
    old = book.table("a3490de1", "7.32", fresh)
    old.note("get_albums", 0)
    assert book.table("a3490de1", "7.75", Capabilities()).supports("clear_batch_stack") is None
    assert book.table("5c3e0de2", "7.32", Capabilities()).supports("clear_batch_stack") is None
    await book.save()
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = CapabilityBook(path)
    await again.load()
    table = again.table("a3490de1", "7.32", Capabilities())
    assert table.supports("clear_batch_stack") is False
    assert table.supports("get_albums") is True


async def test_an_unchanged_book_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "capabilities.json"
    book = CapabilityBook(path)
    await book.save()
    assert not path.exists()
    book.table("s", "7.75", Capabilities({"x": 0}))
    await book.save()
    path.unlink()
    await book.save()
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": {"x": "no"}}', b"\xff\xfe"])
async def test_a_damaged_book_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "capabilities.json"
    path.write_bytes(content)
    book = CapabilityBook(path)
    await book.load()
    assert book.table("s", "7.75", Capabilities()).supports("x") is None


async def test_a_book_that_cannot_be_written_hinders_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    book = CapabilityBook(tmp_path / "file" / "capabilities.json")
    book.table("s", "7.75", Capabilities({"x": 0}))
    await book.save()
    assert "was not kept" in caplog.text
