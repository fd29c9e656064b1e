"""What is proved counts by quarters, before a night and in it."""

from datetime import UTC, datetime, timedelta

from crowdsky_tui.plan.proved import ProvedBlock, happened, keys_of, proved_before
from crowdsky_tui.plan.target import new_target
from crowdsky_tui.scheduling.messages import Given

BEGINS = datetime(2026, 11, 28, 11, tzinfo=UTC)
EVENING = BEGINS + timedelta(hours=9)
M_81 = new_target("M 81", 148.888, 69.065, alt_names=("Bode's Galaxy",))


def block(at: datetime, scope: str = "S50", name: str = "m81") -> ProvedBlock:
    return ProvedBlock(name, scope, at + timedelta(seconds=7), at + timedelta(minutes=14))


def test_quarters_before_the_night_count_once_for_all_scopes() -> None:
    earlier = EVENING - timedelta(days=1)
    blocks = [block(earlier), block(earlier, "S30"), block(earlier + timedelta(minutes=15)),
              block(EVENING)]  # fmt: skip
    found = proved_before(blocks, BEGINS)
    assert found.blocks == {"m81": 2}
    assert found.last == {"m81": earlier + timedelta(minutes=29)}


def test_what_is_proved_of_this_night_has_happened() -> None:
    later = EVENING + timedelta(minutes=15)
    blocks = [block(EVENING), block(later), block(EVENING - timedelta(days=1)),
              block(later, "S30", "unlisted"), block(EVENING + timedelta(days=1))]  # fmt: skip
    assert happened([M_81], blocks, BEGINS, ()) == (
        Given("S50", EVENING, M_81.uid), Given("S50", later, M_81.uid),
    )  # fmt: skip


def test_what_the_run_of_the_night_knows_goes_before() -> None:
    known = Given("S50", EVENING, "other")
    assert happened([M_81], [block(EVENING)], BEGINS, (known,)) == (known,)
    pin = Given("S50", EVENING, "other", pinned=True)
    assert happened([M_81], [block(EVENING)], BEGINS, (pin,)) == (
        pin, Given("S50", EVENING, M_81.uid),
    )  # fmt: skip


def test_a_target_is_found_by_each_of_its_names_and_its_folders() -> None:
    assert keys_of(M_81)[0] == "m81" and len(keys_of(M_81)) == 2
    odd = new_target("V1/2 Cyg", 300.0, 40.0)
    assert len(keys_of(odd)) == 2, "as the telescope calls it, too"
