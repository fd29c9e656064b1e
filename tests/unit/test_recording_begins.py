"""A recording begins with a head: what came before it has no clock."""

from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.agent.messages import Changed, Hello
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.recorder.lines import VERSION, End, Head, Line, Said, Shown
from crowdsky_tui.recorder.replay import read_recording


def written(path: Path, *lines: Line) -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return path


def head(version: int = VERSION) -> Head:
    return Head(version, Hello("1", 1.0))


@pytest.mark.parametrize(
    "first", [Shown(0.0, Changed()), Said(0.0, "sent", "server"), End(0.0, "full")]
)
def test_what_does_not_begin_with_a_head_is_no_recording(tmp_path: Path, first: Line) -> None:
    path = written(tmp_path / "night.jsonl", first, head(), Shown(1.0, Changed()))
    with pytest.raises(UsageError, match="does not begin like a recording"):
        read_recording(path)


def test_each_further_head_begins_a_run_and_only_what_was_shown_is_played(tmp_path: Path) -> None:
    lines = (head(), Shown(1.0, Changed()), End(2.0, "left"), head(), Shown(0.5, Changed()))
    found = read_recording(written(tmp_path / "night.jsonl", *lines))
    assert [type(line) for line in found] == [Head, Shown, Head, Shown]


def test_one_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="version 7"):
        read_recording(written(tmp_path / "night.jsonl", head(7)))
