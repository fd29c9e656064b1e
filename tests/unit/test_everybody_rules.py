"""What is noted of a search among everybody's frames."""

from datetime import UTC, datetime, timedelta

import msgspec

from crowdsky_tui.archive import everybody
from crowdsky_tui.archive.everybody import to_note
from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.services.crowdsky.frames import ArchiveFrame

BEGUN = datetime(2026, 11, 20, 22, tzinfo=UTC)


def found(number: int, begun: datetime | None = BEGUN) -> ArchiveFrame:
    return ArchiveFrame(
        number, "key", "M 81", "IRCUT", 148.9, 69.1, 900.0, 90, 88, 412, 1, 20.5, begun, None, 10
    )


def test_the_newest_are_noted_and_those_without_a_time_come_last(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(everybody, "MOST_NOTED", 3)
    rows = [found(1, None), *(found(n, BEGUN + timedelta(hours=n)) for n in (2, 5, 3))]
    assert [frame.key for frame in to_note(rows, ())] == ["5", "3", "2"]


def test_what_is_here_stays_here_and_only_of_the_same_source() -> None:
    (plain,) = to_note([found(7)], ())
    assert plain.state == "412 stars" and not plain.here and plain.elsewhere
    here = msgspec.structs.replace(plain, path="/d/frame_7.fits", size=10, sha256="a" * 64)
    foreign = Frame(source=Source.SERVER, key="7", path="/d/other.fits")
    (again,) = to_note([found(7)], [here, foreign])
    assert (again.path, again.size, again.sha256) == (here.path, 10, "a" * 64)
    assert to_note([found(7)], [foreign]) == [plain]
