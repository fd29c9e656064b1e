"""What a target is, and when it is wanted."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.plan.target import DEFAULTS, Kind, Target, changed, new_target
from crowdsky_tui.plan.timeliness import (
    Before,
    Between,
    Every,
    Phase,
    Timeliness,
    Tonight,
    With,
    parse_all,
    parse_timeliness,
)

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_brings_its_priority_blocks_altitude_and_cadence(kind: Kind) -> None:
    target = new_target("M 81", 148.9, 69.1, kind=kind)
    given = DEFAULTS[kind]
    assert (target.priority, target.blocks_per_visit) == (given.priority, given.blocks_per_visit)
    assert (target.min_alt_deg, target.cadence_d) == (given.min_alt_deg, given.cadence_d)


def test_what_is_said_of_a_target_goes_before_its_kind() -> None:
    target = new_target(
        "T CrB", 239.9, 25.9, kind=Kind.MONITOR, priority=5, timeliness=(Every(0.5),)
    )
    assert target.priority == 5 and target.cadence_d == 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"priority": 0}, {"priority": 6}, {"blocks_per_visit": 41}, {"blocks_per_visit": 0},
        {"min_run": 0}, {"filter": "UV"}, {"sub_exposure_s": 15}, {"dec_deg_j2000": 90.1},
        {"ra_deg_j2000": 360.0}, {"ra_deg_j2000": float("nan")}, {"name": ""}, {"scopes": " "},
        {"expires": datetime(2026, 1, 1)}, {"max_visits": 0}, {"nonsense": 1}, {"notes": object()},
        {"constraints": {"min_alt_deg": 91}},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="no target can be like this"):
        changed(new_target("M 81", 148.9, 69.1), **wrong)


def test_a_rig_that_is_named_may_have_any_filter_and_exposure() -> None:
    m81 = new_target("M 81", 148.9, 69.1, scopes="hut", filter=" Ha ", sub_exposure_s=300)
    assert (m81.filter, m81.sub_exposure_s) == ("Ha", 300)
    assert changed(m81, filter="lp").filter == "LP"
    for wrong in ({"sub_exposure_s": 3601}, {"sub_exposure_s": 0}, {"filter": "a\x1b[31mb"},
                  {"filter": "x" * 21}, {"scopes": "any"}):  # fmt: skip
        with pytest.raises(UsageError, match="no target can be like this"):
            changed(m81, **wrong)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("before 2026-12-01T12:00Z", Before(NOON)),
        ("before 2026-12-01T13:00+01:00", Before(NOON)),
        ("between 2026-12-01T12:00Z and 2026-12-02", Between(NOON, NOON + timedelta(hours=12))),
        ("every 3d", Every(3.0)),
        ("Every 12h ± 2h", Every(0.5, 2 / 24)),
        ("every 3 d +- 1 d", Every(3.0, 1.0)),
        ("phase 0.95-0.05 of 227.5528 d from 2455828.9", Phase(0.95, 0.05, 227.5528, 2455828.9)),
        (
            "phase 0.9–1 of 1.195 from 2455828.9 bjd MIN",
            Phase(0.9, 1.0, 1.195, 2455828.9, "BJD", "min"),
        ),
        ("tonight", Tonight()),
        ("with  RZ   Cas", With("RZ Cas")),
    ],
)
def test_words_of_time(text: str, meant: Timeliness) -> None:
    assert parse_timeliness(text) == meant
    assert parse_timeliness(str(meant)) == meant


@pytest.mark.parametrize(
    "text", ["", "soon", "every", "every 0d", "every -1d", "every 3", "before tomorrow", "with ",
             "between 2026-12-02 and 2026-12-01", "phase 1.2-0.1 of 3 d from 2455828.9",
             "phase 0.1-0.2 of 0 d from 2455828", "tonight maybe", "every 1e9d", "every 3d ± x"],
)  # fmt: skip
def test_other_words_are_refused_with_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="every 3d"):
        parse_timeliness(text)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
times = st.one_of(
    moments.map(Before),
    moments.map(lambda at: Between(at, at + timedelta(minutes=7))),
    st.builds(Every, st.floats(0.01, 1000).map(lambda x: round(x, 3))),
    st.builds(Phase, st.floats(0, 1).map(lambda x: round(x, 3)), st.just(0.5),
              st.floats(0.01, 900), st.floats(2e6, 3e6)),
    st.just(Tonight()),
)  # fmt: skip


@given(st.lists(times, max_size=4))
def test_every_time_reads_back_from_its_words(found: list[Timeliness]) -> None:
    again = parse_all("; ".join(map(str, found)))
    for before, after in zip(found, again, strict=True):
        if isinstance(before, Every):
            assert isinstance(after, Every) and after.days == pytest.approx(before.days)
        else:
            assert after == before


@given(st.lists(times, max_size=3))
def test_a_target_survives_json(found: list[Timeliness]) -> None:
    target = new_target("M 81", 148.9, 69.1, timeliness=tuple(found), created=NOON)
    assert msgspec.json.decode(msgspec.json.encode(target), type=Target) == target
