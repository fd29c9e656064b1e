"""A recording that goes on where the run before ended, whole or cut off."""

from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.recorder import writer as recording
from crowdsky_tui.recorder.lines import Said
from crowdsky_tui.recorder.writer import Writer, same_file


def record(path: Path, *words: str) -> None:
    writer = Writer(same_file(path), lambda text: text)
    for word in words:
        writer.put(Said(1.0, "sent", "server", word))
    writer.close()


def said(path: Path) -> list[str]:
    return [msgspec.json.decode(line)["said"] for line in path.read_bytes().splitlines()]


@pytest.mark.parametrize("piece", [1, 7, 64 * 1024])
@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_line_that_was_cut_off_hides_nothing_that_is_recorded_after_it(
    tmp_path: Path, cut: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "PIECE", piece)
    path = tmp_path / "night.jsonl"
    record(path, "one", "two")
    path.write_bytes(path.read_bytes()[:-cut])
    record(path, "three")
    assert said(path) == ["one", "three"]


def test_a_file_that_holds_nothing_but_a_cut_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "night.jsonl"
    path.write_bytes(b'{"type":"He')
    record(path, "one")
    assert said(path) == ["one"]


def test_whole_lines_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "night.jsonl"
    record(path, "one", "two")
    before = path.read_bytes()
    record(path)
    assert path.read_bytes() == before
