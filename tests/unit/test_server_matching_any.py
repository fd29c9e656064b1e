"""Which row proves which stack: any stacks and rows."""

from datetime import timedelta
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_server_matching import END, START, row, wanted

from crowdsky_tui.services.crowdsky.matching import StackIdentity, match_stacks
from crowdsky_tui.services.crowdsky.rows import ServerStack

UNITS = ("S50_8a95aa90", "S30 Pro_10d57b1d")
CHUNKS = ("20260724.84", "20260724.85")
identities = st.builds(
    StackIdentity,
    telescope=st.sampled_from((*UNITS, "", "S50")),
    chunk=st.sampled_from(CHUNKS),
    pixel=st.sampled_from((None, 0, 6478)),
    filter=st.sampled_from(("LP", "IRCUT")),
    exposure_s=st.sampled_from((10.0, 20.0)),
    start=st.sampled_from((None, START, START + timedelta(hours=1))),
    end=st.just(END + timedelta(hours=1)),
)
server_rows = st.builds(
    row,
    id=st.integers(1, 999),
    chunk_key=st.sampled_from((*CHUNKS, f"{CHUNKS[0]}_HP006478", f"{CHUNKS[1]}_HP000000", "")),
    telescope_id=st.sampled_from((*UNITS, "7", "")),
    filter_name=st.sampled_from(("LP", "IRCUT", "")),
    total_exptime=st.sampled_from((None, 410.0, 820.0, 400.0)),
)


@settings(max_examples=300)
@given(st.lists(identities, max_size=8), st.lists(server_rows, max_size=8))
def test_rows_are_exclusive_and_agree(stacks: list[StackIdentity], rows: list[ServerStack]) -> None:
    rows = [msgspec.structs.replace(stack, id=number) for number, stack in enumerate(rows)]
    proved = match_stacks(stacks, rows)
    ids = [stack.id for stack in proved.values()]
    assert len(set(ids)) == len(ids)
    for index, stack in proved.items():
        identity = stacks[index]
        assert stack.chunk_key.startswith(identity.chunk)
        assert stack.filter_name == identity.filter
        exposure = stack.sub_exposure_s
        assert exposure is None or abs(exposure - identity.exposure_s) < 0.31
        if stack.telescope_id in UNITS and identity.telescope in UNITS:
            assert stack.telescope_id == identity.telescope
    unmatched = [n for n in range(len(stacks)) if n not in proved]
    unused = [stack for stack in rows if stack.id not in ids]
    assert match_stacks([stacks[n] for n in unmatched], unused) == {}


@given(st.lists(identities, max_size=6), st.lists(server_rows, max_size=6), st.randoms())
def test_the_number_proved_does_not_depend_on_order(
    stacks: list[StackIdentity], rows: list[ServerStack], random: Random
) -> None:
    before = len(match_stacks(stacks, rows))
    random.shuffle(stacks)
    random.shuffle(rows)
    assert len(match_stacks(stacks, rows)) == before


def test_many_rows_are_quick() -> None:
    rows = [row(id=n, chunk_key=f"20250{1 + n % 9}10.{n % 96:02d}_HP006478") for n in range(40_000)]
    others = [wanted(chunk=f"20250110.{number:02d}") for number in range(1, 50)]
    assert match_stacks([wanted(), *others], [*rows, row(id=-1)])[0].id == -1


def test_many_rows_in_one_slot() -> None:
    rows = [row(id=n) for n in range(250)]
    proved = match_stacks([wanted() for _ in range(200)], rows)
    assert len({stack.id for stack in proved.values()}) == 200
