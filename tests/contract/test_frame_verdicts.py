"""A frame's calibration beside its night's others is told by its measurement and the review."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
from curve_projects_kit import FRAMES, make_night, project_of, runner

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import DatabaseUnavailable
from crowdsky_tui.curves import rows
from crowdsky_tui.curves.frame_words import frame_words
from crowdsky_tui.curves.project import effective
from crowdsky_tui.database.database import Database
from crowdsky_tui.night.calls.review import ListReview, MeasureStack


class Item(msgspec.Struct, frozen=True):
    """What the review's calls need of a stack."""

    sha256: str
    hints: tuple[str, ...] = ("a hint of its own",)


async def test_cloud_is_told_in_the_review_by_what_the_projects_measured(tmp_path: Path) -> None:
    night = make_night(tmp_path)
    project = project_of(night)
    database = Database(tmp_path)
    await database.run(partial(rows.save_project, project=project, now=Clock().now()))
    survey = await runner(database).run(project, effective(project))
    by_name = {each.name: each for each in survey.known.values()}
    clouded, clear = by_name[f"{FRAMES - 1}.fit"], by_name["0.fit"]
    assert frame_words(survey.known.values()) == {clouded.key: "zero point 0.8 mag low: cloud"}, (
        "the frame that was made 0.8 mag fainter, and no other"
    )
    items = (Item(clouded.key), Item(clear.key), Item(""))

    async def listed() -> tuple[Item, ...]:
        return items

    async def measured(_: str) -> Item:
        return items[0]

    review = SimpleNamespace(items=listed, measure=measured)
    parts: Any = SimpleNamespace(review=review, records=SimpleNamespace(database=database))
    told: Any = await ListReview().run(parts)
    assert [each.hints[1:] for each in told] == [("zero point 0.8 mag low: cloud",), (), ()]
    one: Any = await MeasureStack("id1").run(parts)
    assert one == told[0]
    other = msgspec.structs.replace(project, parameters={"fraction": 0.9})
    await database.run(partial(rows.save_project, project=other, now=Clock().now()))
    unchanged: Any = await ListReview().run(parts)
    assert unchanged == items, "what other parameters measured tells nothing"
    await database.close()
    parts.records.database = SimpleNamespace(is_there=listed, run=_unavailable)
    unchanged = await ListReview().run(parts)
    assert unchanged == items, "the review is there without the database"


async def _unavailable(_: object) -> None:
    raise DatabaseUnavailable("The database cannot be reached")
