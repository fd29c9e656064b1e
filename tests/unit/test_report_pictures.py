"""Which pictures stand in the morning's page, and that one that fails leaves the rest."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from situations import a_situation
from test_automatic import order

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.report.gather_page import MOST_OF_A_KIND, gather_page
from crowdsky_tui.report.report import Report
from crowdsky_tui.review.grades import Grade, Graded
from crowdsky_tui.store.store import BlockState


class Night:
    """Stacks of one night with a grade and a width each; those of `lost` have no picture."""

    def __init__(
        self, stacks: list[tuple[Grade | None, float]], lost: tuple[int, ...] = ()
    ) -> None:
        self.seen = [
            a_situation(order(number), BlockState.STACKED) for number in range(len(stacks))
        ]
        known = {
            each.order.stack_id: (grade, fwhm, number in lost)
            for number, (each, (grade, fwhm)) in enumerate(zip(self.seen, stacks, strict=True))
        }
        self.asked: list[str] = []

        async def picture(_target: Any, key: str, width: int, height: int) -> Preview:
            self.asked.append(key)
            if known[key][2]:
                raise CrowdSkyError("no picture", "", "")
            return Preview(2, 2, bytes(12))

        def graded(of: Any) -> Graded | None:
            grade = known[of.stack_id][0]
            return None if grade is None else Graded(grade, ("few <stars>",))

        def review_of(of: Any) -> Any:
            return SimpleNamespace(quality=SimpleNamespace(fwhm_px=known[of.stack_id][1]))

        async def absent() -> bool:
            return False

        self.review = SimpleNamespace(reviews=SimpleNamespace(graded=graded, of=review_of))
        self.services = SimpleNamespace(gallery=SimpleNamespace(picture=picture))
        self.records = SimpleNamespace(database=SimpleNamespace(is_there=absent))

    def situations(self) -> Any:
        return self.seen

    def key(self, number: int) -> str:
        return self.seen[number].order.stack_id


def report_of(night: Night) -> Report:
    evening = night_of(night.seen[0].order.start)
    return Report(evening, night.seen[0].order.start, "well", (), (), (), 0, ())


async def test_the_sharpest_good_ones_and_then_the_doubtful() -> None:
    night: Any = Night(
        [(Grade.GOOD, 3.0 - number / 10) for number in range(MOST_OF_A_KIND + 2)]
        + [(Grade.DOUBTFUL, 5.0), (Grade.POOR, 9.0), (Grade.UNKNOWN, 1.0), (None, 1.0)]
    )
    page = await gather_page(night, report_of(night))
    good = [night.key(number) for number in range(MOST_OF_A_KIND + 1, 1, -1)]
    first_doubt = MOST_OF_A_KIND + 2
    assert night.asked == [*good, night.key(first_doubt + 1), night.key(first_doubt)]
    assert page.count("<img") == len(night.asked)
    assert "poor: few &lt;stars&gt;" in page and "one of the best" in page


async def test_a_picture_that_cannot_be_had_leaves_the_others() -> None:
    night: Any = Night([(Grade.GOOD, 2.0), (Grade.GOOD, 3.0)], lost=(0,))
    assert (await gather_page(night, report_of(night))).count("<img") == 1


async def test_without_grades_there_are_no_pictures(tmp_path: Path) -> None:
    night: Any = Night([(None, 2.0)])
    assert "<img" not in await gather_page(night, report_of(night)) and not night.asked
