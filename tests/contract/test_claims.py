"""Several planners share one list over a real PostgreSQL: who has which slot, and takes it over."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from dusk_kit import CYG, FIRST, M51, M81, Dusk, run_dusk, settings_of, stand_ins, target
from postgres_kit import Cluster
from virtual_time import VirtualClock

from crowdsky_tui.base.errors import DatabaseUnavailable
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import DatabaseSettings, StorageSettings
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.database.database import Database
from crowdsky_tui.night.automatic.shared_list import SharedList
from crowdsky_tui.plan import claim_rows
from crowdsky_tui.plan.claims import Claim, ClaimKind, Claims, planner_id
from crowdsky_tui.plan.execution import covers
from crowdsky_tui.plan.visits import Visit, VisitState
from crowdsky_tui.scheduling.messages import SLOT

pytest_plugins = ("database_kit",)

AT = datetime(2026, 2, 27, 22, tzinfo=UTC)
TARGET = Claim(ClaimKind.TARGET, "t1", AT)
SCOPE = Claim(ClaimKind.INSTRUMENT, "S50", AT)
WAITS = 900.0


@pytest.fixture
async def planners(
    postgres: Cluster, tmp_path: Path
) -> AsyncIterator[tuple[Claims, Claims, Database]]:
    """Two of them on one database."""
    url = postgres.new_database()
    made = [Database(tmp_path / name, url) for name in "ab"]
    yield Claims(made[0], "a", "Vienna"), Claims(made[1], "b", "Hobart"), made[1]
    for each in made:
        await each.close()


async def let_run_out(database: Database) -> None:
    """The server's clock goes past every lease."""

    def work(connection: Any) -> None:
        connection.execute(sa.text("UPDATE slot_claim SET until = now() - interval '1 second'"))

    await database.run(work)


async def test_what_one_has_claimed_no_other_gets(planners: Any) -> None:
    one, other, _ = planners
    assert await one.take([SCOPE, TARGET], WAITS) is None
    assert await other.others() == (
        Claim(ClaimKind.INSTRUMENT, "S50", AT, "Vienna"),
        Claim(ClaimKind.TARGET, "t1", AT, "Vienna"),
    )
    assert await one.others() == ()
    refused = await other.take([TARGET], WAITS)
    assert refused is not None and refused.site == "Vienna"
    assert await one.take([TARGET], WAITS) is None, "its own it may claim again, after a restart"
    later = Claim(ClaimKind.TARGET, "t1", AT + SLOT)
    assert await other.take([later], WAITS) is None, "another slot is free"


async def test_all_or_none(planners: Any) -> None:
    one, other, _ = planners
    await one.take([TARGET], WAITS)
    assert (await other.take([SCOPE, TARGET], WAITS)).name == "t1"
    assert await one.others() == (), "the scope was not kept"


async def test_a_claim_that_ran_out_by_the_servers_clock_is_taken_over(planners: Any) -> None:
    one, other, database = planners
    await one.take([TARGET], WAITS)
    await let_run_out(database)
    assert await other.others() == ()
    assert await other.take([TARGET], WAITS) is None
    refused = await one.take([TARGET], WAITS)
    assert refused is not None and refused.site == "Hobart", "who comes back has lost it"


RACER = """
import asyncio, json, random, sys
from datetime import datetime, timedelta
from pathlib import Path
from crowdsky_tui.database.database import Database
from crowdsky_tui.plan.claims import Claim, ClaimKind, Claims

async def main(url, folder, who):
    database = Database(Path(folder), url)
    claims, won = Claims(database, who, who), []
    at = datetime.fromisoformat("2026-02-27T22:00+00:00")
    order = list(range(30))
    random.Random(who).shuffle(order)
    for number in order:
        slot = at + number * timedelta(minutes=15)
        wanted = [Claim(ClaimKind.INSTRUMENT, "S50", slot), Claim(ClaimKind.TARGET, "t1", slot)]
        random.Random(number).shuffle(wanted)
        if await claims.take(wanted, 900.0) is None:
            won.append(number)
    await database.close()
    print(json.dumps(won))

asyncio.run(main(*sys.argv[1:]))
"""


def test_two_processes_never_get_the_same_slot(postgres: Cluster, tmp_path: Path) -> None:
    url = postgres.new_database()
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, url, str(tmp_path / who), who], stdout=subprocess.PIPE
        )
        for who in ("one", "two")
    ]
    won = [json.loads(each.communicate(timeout=120)[0]) for each in racers]
    assert sorted(won[0] + won[1]) == list(range(30)), won


def test_a_planner_is_the_same_after_a_restart_and_none_where_nobody_shares(tmp_path: Path) -> None:
    said = Settings(storage=StorageSettings(str(tmp_path / "a")))
    there = Settings(storage=StorageSettings(str(tmp_path / "b")))
    url = "postgresql+psycopg://a:b@127.0.0.1/c"
    shared, own = Database(tmp_path, url), Database(tmp_path)
    assert planner_id(said, own) == ""
    assert planner_id(said, shared) == planner_id(said, shared) != planner_id(there, shared)
    assert str(tmp_path) not in planner_id(said, shared)


# --- two agents in one night ---------------------------------------------------------------------


@asynccontextmanager
async def two_agents(root: Path, clock: VirtualClock, url: str) -> AsyncIterator[list[Dusk]]:
    """Four telescopes, two at each agent, over one list."""
    async with AsyncExitStack() as running:
        scopes, server, _ = await running.enter_async_context(stand_ins(root, clock, 4))
        agents = []
        for number in range(2):
            home = root / f"site{number}"
            mine = scopes[2 * number : 2 * number + 2]
            place = SiteSettings(latitude=53.0, longitude=15.5, name=f"site {number}")
            said = settings_of(
                home, clock, mine, server, database=DatabaseSettings(url), site=place
            )
            agents.append(Dusk(mine, server, said))
        for each in agents:
            await each.night.open()
        await agents[0].keep(*LIST)
        for each in agents:
            await each.night.start()
        try:
            yield agents
        finally:
            for each in agents:
                await each.night.close()


LIST = [target("SS Cyg", CYG), target("M 51", M51), target("M 81", M81)]


def held(visits: list[Visit], slot: int) -> Counter[str]:
    """How many telescopes have begun each target in a slot."""
    at = FIRST + slot * SLOT
    begun = (VisitState.RUNNING, VisitState.DONE, VisitState.SHORT)
    return Counter(v.name for v in visits if v.state in begun and covers(v, at))


def in_step(clock: VirtualClock) -> sa.BindParameter[datetime]:
    """The server's clock, standing still where the night's does.

    Leases are in the server's seconds. While a slow machine works, the night stands still: by the
    real clock a slot's lease ran out within the slot, and its star was observed twice.
    """
    return sa.bindparam(
        "server_now",
        callable_=lambda: AT + timedelta(seconds=clock.steady() / clock.speed),
        type_=sa.DateTime(timezone=True),
    )


@pytest.mark.long
@pytest.mark.parametrize("end", ["killed", "cut off"])
def test_two_agents_on_one_list_double_nothing_and_one_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Cluster, end: str
) -> None:
    url = postgres.new_database()

    async def work(clock: VirtualClock) -> None:
        monkeypatch.setattr(claim_rows, "_NOW", in_step(clock))
        async with two_agents(tmp_path, clock, url) as (one, other):
            await one.until_slot(2, 5)
            before = await other.visits()
            for slot in range(3):
                counted = held(before, slot)
                assert max(counted.values()) == 1, (slot, counted)
                assert len(counted) == 3, "each of three stars has one of four telescopes"
            holders = {v.holder for v in before if v.state is not VisitState.PLANNED}
            assert len(holders) == 2 and "" not in holders
            if end == "killed":
                await one.night.close()
            else:
                monkeypatch.setattr(one.night.records.database, "run", away)
            await other.until_slot(4, 5)
            after = await other.visits()
            holder = planner_id(other.settings, other.night.records.database)
            fourth = FIRST + 4 * SLOT
            mine = {v.name for v in after if v.holder == holder and covers(v, fourth)}
            assert len(mine) == 2, "two telescopes, two stars"
            for slot in range(5):
                assert max(held(after, slot).values()) == 1, slot

    run_dusk(monkeypatch, work)


async def away(*_work: Any, **_more: Any) -> Any:
    raise DatabaseUnavailable("the database does not answer")


@pytest.mark.long
def test_through_a_whole_night_with_a_death_and_a_cut_no_slot_is_doubled_or_long_unclaimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Cluster
) -> None:
    """One agent is killed and comes back, the other is cut off in between for half an hour.

    A slot is a lease: what either lost is observed again from the next slot on that it, or the
    other one, can claim.
    """
    url = postgres.new_database()
    last = 7

    async def work(clock: VirtualClock) -> None:
        monkeypatch.setattr(claim_rows, "_NOW", in_step(clock))
        async with two_agents(tmp_path, clock, url) as (one, other):
            await one.until_slot(1, 5)
            await one.night.close()
            await other.until_slot(3, 5)
            whole = other.night.records.database.run
            monkeypatch.setattr(other.night.records.database, "run", away)
            await other.until_slot(4, 12)
            monkeypatch.setattr(other.night.records.database, "run", whole)
            await other.until_slot(5, 5)
            await one.restart()
            await other.until_slot(last, 12)
            visits = await other.visits()
            stars = [held(visits, slot) for slot in range(last + 1)]
            assert all(max(each.values(), default=0) <= 1 for each in stars), stars
            # one's two telescopes are away in 2 to 5; other begins nothing in 4, and 6 has all
            seen = [len(each) for each in stars]
            assert seen[0] == seen[1] == 3, seen
            assert seen[2] == seen[3] == 2, "what the dead one had is not waited for"
            assert seen[5] >= 2, "after the cut, from the next slot on"
            assert seen[6] == seen[7] == 3, seen
            unclaimed = [slot for slot, count in enumerate(seen) if count == 0]
            assert unclaimed in ([], [4]), "nothing is unclaimed for longer than one lease"

    run_dusk(monkeypatch, work)


async def test_a_lease_ends_with_its_slot() -> None:
    """So that nobody waits for a dead planner longer than that, however early it claimed."""
    asked: list[float] = []

    class Noting:
        async def take(self, _wanted: Any, lease_s: float) -> None:
            asked.append(lease_s)

    for minutes in (-3, 0, 6.5):
        clock: Any = SimpleNamespace(
            now=lambda minutes=minutes: AT + timedelta(minutes=minutes), real_seconds=lambda s: s
        )
        scope = SimpleNamespace(serial="1234")
        night: Any = SimpleNamespace(clock=clock, store=SimpleNamespace(scopes={"garden": scope}))
        shared = SharedList(night)
        shared.__dict__ |= {"holder": "a", "_claims": Noting()}
        await shared.claim("garden", ("t1", "M 81"), (), AT)
    assert asked == [18 * 60.0, 15 * 60.0, 8.5 * 60.0]
