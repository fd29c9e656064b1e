"""Server facts section 9, what clients get wrong: 18 and 19, 22, 24, 27, 35."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from science_files import write

from crowdsky_tui.blocks import as_fit, companions
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.write import save_exactly
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.local_files import header_key, local_orders, with_key
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.server_list import identity, names_its_key
from crowdsky_tui.progress.situation import rows_of
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.services.crowdsky.sizes import MAX_FILE_BYTES, near_limit

START = datetime(2026, 2, 27, 21, 45, tzinfo=UTC)
PLACEHOLDER = "CrowdSky_41_{}_20.0s_LP_20260227.87_HP000000.fit"
KEY = "20260227.87_HP006478"


def order(target: str, name: str = PLACEHOLDER, key: str = "") -> Order:
    return Order(
        scope="S50", serial="00000000", telescope="S50_00000000", target=target, folder=target,
        chunk="20260227.87", exposure="20.0s", filter="LP", start=START,
        end=START + timedelta(minutes=15), name=name.format(target), key=key,
    )  # fmt: skip


def row(target: str) -> ServerStack:
    return ServerStack(
        1, KEY, target, "S50_00000000", "LP", START, START + timedelta(minutes=15), 41, 41, 820.0,
        148.9, 69.1, 12_400_000, START,
    )  # fmt: skip


@pytest.fixture
async def science() -> AsyncIterator[Science]:
    child = Science()
    yield child
    await child.close()


@pytest.mark.parametrize(
    "name",
    [PLACEHOLDER.format("M 81"), "CrowdSky_41_M 81_20.0s_LP_20260227-224500.fit"],
)
async def test_18_the_key_comes_from_the_header(
    tmp_path: Path, science: Science, name: str
) -> None:
    write(tmp_path / name)
    ((found,), damaged) = await local_orders(tmp_path, science)
    assert (found.key, damaged) == (KEY, [])
    assert identity(found).pixel == 6478
    assert identity(found, "20260227.87_HP000007").pixel == 7  # the server's word is the last
    facts = await science.inspect(tmp_path / name)
    on_scope = order("M 81")
    assert not names_its_key(on_scope)
    assert with_key(on_scope, facts.header).key == KEY
    assert header_key(msgspec.structs.replace(facts.header, pixel=None), "20260227.87") == ""


def test_18_two_placeholders_of_one_slot_are_two_stacks() -> None:
    first, second = order("M 81"), order("NGC 1")
    assert set(rows_of([second, first], {}, [row("M 81")])) == {first.stack_id}
    known = {first.stack_id: LedgerEntry(msgspec.structs.replace(first, key=KEY))}
    assert set(rows_of([second, first], known, [row("something else")])) == {first.stack_id}
    plain = order("M 81", f"CrowdSky_41_M 81_20.0s_LP_{KEY}.fit")
    assert set(rows_of([second, plain], {}, [row("")])) == {plain.stack_id}


async def test_22_other_suffixes_are_found(tmp_path: Path, science: Science) -> None:
    stem = f"CrowdSky_41_M 81_20.0s_LP_{KEY}"
    names = [f"{stem}.FIT", f"{stem}.fits", f"a/{stem}.FITS"]
    (tmp_path / "a").mkdir()
    for name in (*names, f"{stem}.jpg", f"{stem}.fits.part", "other.fits"):
        write(tmp_path / name)
    orders, damaged = await local_orders(tmp_path, science)
    assert damaged == []
    assert {Path(each.local_path) for each in orders} == {tmp_path / name for name in names}
    assert {identity(each).pixel for each in orders} == {6478}
    assert companions(f"{stem}.fits") == companions(f"{stem}.fit")
    assert [as_fit(name) for name in ("a.FITS", "a.b", "a")] == ["a.fit", "a.b", "a"]


@pytest.mark.parametrize(
    ("size", "words"),
    [(12_400_000, ""), (49_772_160, "95% of the 50 MiB"), (MAX_FILE_BYTES + 1, "larger than")],
)
def test_27_a_size_near_the_limit_is_told(size: int, words: str) -> None:
    assert (words in near_limit(size)) if words else near_limit(size) == ""


@pytest.mark.parametrize("password", ["  blanks  ", '"quoted"', "1234", "true", "a # b", "[x]"])
def test_35_a_password_is_kept_as_it_is(tmp_path: Path, password: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    save_exactly(read_settings(config, {}), {"server.password": password})
    assert read_settings(config, {}).settings.server.password == password
    environment = {"CROWDSKY_PASSWORD": password}
    assert read_settings(config, environment).settings.server.password == password
