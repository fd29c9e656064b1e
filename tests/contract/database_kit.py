"""Fixtures of databases, by `pytest_plugins = ("database_kit",)`: SQLite and PostgreSQL alike."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import postgres_kit
import pytest

from crowdsky_tui.database.database import Database


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_kit.Cluster]:
    """PostgreSQL on loopback."""
    if postgres_kit.program("initdb") is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with postgres_kit.cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """What stands in database.url: an empty database of either kind."""
    if request.param == "sqlite":
        return ""
    cluster: postgres_kit.Cluster = request.getfixturevalue("postgres")
    return cluster.new_database()


@pytest.fixture
async def opened_database(
    tmp_path: Path, database_url: str
) -> AsyncIterator[Callable[[], tuple[Database, list[str]]]]:
    """Makes a database on the same file or server again and again, with what it told."""
    made: list[Database] = []

    def make() -> tuple[Database, list[str]]:
        told: list[str] = []
        made.append(Database(tmp_path, database_url, told.append))
        return made[-1], told

    yield make
    for each in made:
        await each.close()
