"""Grades are relative to a stack's own kind; a table of reference verdicts holds them."""

from typing import Any

import msgspec
import pytest

from crowdsky_tui.photometry.measures import Quality
from crowdsky_tui.review.grades import FEWEST, Grade, Graded, compare, grade, hints, may_go

USUAL = Quality(
    width=1080, height=1920, planes=3, pattern="", stars=400, fwhm_px=2.0, fwhm_arcsec=4.8,
    elongation=1.1, alignment=0.1, streaks=0, light=20000.0, background=1200.0, noise=2.0,
    unevenness=0.01, saturated=0.0, frames=40,
)  # fmt: skip


def like(**changes: Any) -> Quality:
    return msgspec.structs.replace(USUAL, **changes)


SESSION = [
    like(fwhm_px=1.9 + number / 40, stars=380 + 10 * number, background=1180.0 + 10 * number)
    for number in range(6)
]
WILD = [like(fwhm_px=width) for width in (1.5, 1.8, 2.2, 2.7, 3.4, 4.0)]


@pytest.mark.parametrize(
    ("own", "others", "verdict", "reason"),
    [
        (like(), SESSION, Grade.GOOD, "like the other 6"),
        (like(fwhm_px=2.2), SESSION, Grade.GOOD, ""),
        (like(fwhm_px=2.9), SESSION, Grade.DOUBTFUL, "FWHM 2.9 px, 48% above"),
        (like(fwhm_px=4.1), SESSION, Grade.POOR, "FWHM 4.1 px, twice this target's usual 2.0 px"),
        (like(fwhm_px=9.0), SESSION, Grade.POOR, "4.6 times"),
        (like(fwhm_px=4.1), WILD, Grade.GOOD, ""),  # a session that varies by itself
        (like(elongation=1.45), SESSION, Grade.DOUBTFUL, "elongation 1.45"),
        (like(elongation=2.4), SESSION, Grade.POOR, "elongation 2.40"),
        (like(stars=180), SESSION, Grade.DOUBTFUL, "stars 180"),
        (like(stars=90), SESSION, Grade.POOR, "stars 90, 1/4.5 of this target's usual 405"),
        (like(light=9000.0), SESSION, Grade.DOUBTFUL, "star light 9,000 ADU"),
        (like(background=9000.0), SESSION, Grade.DOUBTFUL, "background 9,000 ADU"),  # the Moon
        (like(noise=50.0), SESSION, Grade.DOUBTFUL, "noise"),
        (like(frames=10, noise=4.0), SESSION, Grade.GOOD, ""),  # few frames are noisier, not worse
        (like(stars=0, fwhm_px=None, elongation=None, light=None), SESSION, Grade.POOR, "no stars"),
        (like(fwhm_px=1.2, stars=900), SESSION, Grade.GOOD, ""),  # better is never worse
        (like(unevenness=0.23), SESSION, Grade.POOR, "uneven sky 23.0%, this target's usual 1.0%"),
        (like(unevenness=0.12), SESSION, Grade.DOUBTFUL, "uneven sky 12.0%"),
        (like(unevenness=0.04), SESSION, Grade.GOOD, ""),  # a Moon, a town
        (like(unevenness=0.0), SESSION, Grade.GOOD, ""),
        (like(fwhm_px=9.0), SESSION[: FEWEST - 1], Grade.UNKNOWN, "only 3 others"),
        (like(), [], Grade.UNKNOWN, "no other"),
    ],
)
def test_reference_verdicts(
    own: Quality, others: list[Quality], verdict: Grade, reason: str
) -> None:
    found = grade(own, others)
    assert found.grade is verdict, found
    assert reason in found.text


def test_the_nights_stars_judge_the_shape_where_a_target_is_alone() -> None:
    assert grade(like(fwhm_px=8.0), [], SESSION).grade is Grade.POOR
    assert "this night's usual" in grade(like(fwhm_px=8.0), [], SESSION).text
    assert grade(like(stars=3, background=9000.0), [], SESSION).grade is Grade.UNKNOWN


def test_the_worst_reason_comes_first() -> None:
    found = grade(like(fwhm_px=2.9, elongation=2.4), SESSION)
    assert [reason.split()[0] for reason in found.reasons] == ["elongation", "FWHM"]


def test_the_rule_explains_itself() -> None:
    poor, unknown = grade(like(fwhm_px=9.0), SESSION), grade(like(), [])
    assert may_go(None) == (False, "not measured yet")
    assert may_go(poor)[0] is False and "graded poor: FWHM" in may_go(poor)[1]
    assert may_go(unknown)[0] is True and "unknown is not bad" in may_go(unknown)[1]
    assert may_go(grade(like(fwhm_px=2.9), SESSION))[0] is True
    assert may_go(grade(like(), SESSION))[0] is True


def test_hints_name_clouds_trails_streaks_and_dropped_frames() -> None:
    trailed = like(elongation=2.4, alignment=0.99, streaks=1, light=5000.0)
    assert [hint.split(":")[0] for hint in hints(trailed, SESSION, 44)] == [
        "trails",
        "1 streak",
        "clouds or haze",
        "4 of 44 sub-frames were not accepted",
    ]
    assert hints(like(), SESSION, 40) == ()


def test_haze_is_hinted_at() -> None:
    assert any("haze" in each for each in hints(like(unevenness=0.23), SESSION))
    assert not any("haze" in each for each in hints(like(unevenness=0.03), SESSION))


def test_numbers_stand_beside_what_is_usual() -> None:
    rows = {row.name: row for row in compare(like(fwhm_px=4.1), SESSION)}
    assert (rows["FWHM"].value, rows["FWHM"].usual, rows["FWHM"].off) == (
        "4.1 px", "2.0 px ±10%", True,
    )  # fmt: skip
    assert not rows["stars"].off
    assert {row.usual for row in compare(like(), [])} == {""}


def test_four_others_are_enough_of_a_kind_and_of_a_night_and_no_fewer() -> None:
    blurred = like(fwhm_px=9.0)
    assert grade(blurred, SESSION[:4]).grade is Grade.POOR
    assert grade(blurred, SESSION[:3], SESSION[:4]).grade is Grade.POOR
    assert grade(blurred, SESSION[:3], SESSION[:3]).grade is Grade.UNKNOWN


def test_what_cannot_be_the_stacks_fault_is_never_poor_however_many_reasons_there_are() -> None:
    found = grade(like(background=90_000.0, noise=90.0), SESSION)
    assert found.grade is Grade.DOUBTFUL and len(found.reasons) == 2


def test_a_measure_that_too_few_have_is_not_compared() -> None:
    others = [like(light=None), *SESSION[:3], like(light=None)]
    assert grade(like(light=1.0), others).grade is Grade.GOOD
    light = next(line for line in compare(like(light=1.0), others) if line.name == "star light")
    assert (light.usual, light.off) == ("", False)
    missing = next(line for line in compare(like(light=None), SESSION) if line.name == "star light")
    assert (missing.value, missing.usual, missing.off) == ("–", "", False)


@pytest.mark.parametrize(
    ("change", "same", "hint"),
    [
        ({"elongation": 1.6, "alignment": 0.71}, SESSION, "trails: "),
        ({"elongation": 1.6, "alignment": 0.7}, SESSION, ""),
        ({"elongation": 1.2, "alignment": 0.9}, SESSION, ""),
        ({"elongation": 1.6, "alignment": 0.71}, [], "trails? "),
        ({"elongation": 1.5, "alignment": 0.9}, [], ""),
        ({"elongation": 1.6, "alignment": 0.7}, [], ""),
        ({"elongation": None, "alignment": 0.9}, SESSION, ""),
        ({"elongation": 1.6, "alignment": None}, SESSION, ""),
        ({"light": 9000.0}, SESSION, "clouds or haze"),
        ({"light": 19_000.0}, SESSION, ""),
        ({"light": None}, SESSION, ""),
        ({"light": 9000.0}, [], ""),
        ({"unevenness": 0.23}, SESSION, "haze, cloud or a light nearby"),
    ],
)
def test_only_what_stands_out_of_its_kind_is_hinted_at(
    change: dict[str, Any], same: list[Quality], hint: str
) -> None:
    found = hints(like(**change), same)
    assert len(found) == bool(hint) and all(each.startswith(hint) for each in found)


@pytest.mark.parametrize(
    ("frames", "recorded", "hint"),
    [
        (38, 40, ("2 of 40 sub-frames were not accepted",)),
        (40, 40, ()),
        (None, 40, ()),
        (-1, 0, ()),
    ],
)
def test_sub_frames_that_were_not_accepted_are_counted_where_both_numbers_are_known(
    frames: int | None, recorded: int, hint: tuple[str, ...]
) -> None:
    assert hints(like(frames=frames), SESSION, recorded) == hint


@pytest.mark.parametrize(
    ("grade", "goes", "why"),
    [
        (Grade.GOOD, True, "kept by rule: why"), (Grade.POOR, False, "graded poor: why"),
        (Grade.DOUBTFUL, True, "kept by rule: doubtful, not poor (why)"),
        (Grade.UNKNOWN, True, "kept by rule: unknown is not bad (why)"),
    ],
)  # fmt: skip
def test_only_what_is_poor_is_held_by_the_rule(grade: Grade, goes: bool, why: str) -> None:
    assert may_go(Graded(grade, ("why",))) == (goes, why)
    assert may_go(None) == (False, "not measured yet")
