"""Deleting a stack from a telescope: what goes, in which order, and what is proved."""

from types import SimpleNamespace
from typing import Any

import pytest
from test_automatic import order

from crowdsky_tui.base.errors import DeviceError
from crowdsky_tui.blocks import companions
from crowdsky_tui.jobs.kinds.purge import PurgeWork

OTHERS = ["CrowdSky_2.fit", "Stacked.fit"]


class Scope:
    """A telescope's folder; `deleted` are the paths in order, `stuck` is never deleted."""

    def __init__(self, *names: str, stuck: str = "") -> None:
        self.names, self.stuck = [*names], stuck
        self.deleted: list[str] = []
        self.files = self

    async def ready_to_change(self, _order: Any, lane: str) -> "Scope":
        assert lane == "purge S50"
        return self

    async def list_folder(self, _folder: str) -> list[Any]:
        return [SimpleNamespace(name=name) for name in self.names]

    async def delete(self, path: str) -> None:
        self.deleted.append(path)
        name = path.removeprefix("MyWorks/M 81/")
        if name != self.stuck:
            self.names.remove(name)


async def purge(scope: Scope) -> tuple[str, list[str]]:
    """Delete stack 1: what was proved, and what had been noted by then."""
    noted: list[str] = []

    async def note(_step: str, facts: dict[str, list[str]]) -> None:
        assert scope.deleted == []  # before anything is touched
        noted.extend(facts["found"])

    work: Any = PurgeWork(scope)  # type: ignore[arg-type]
    job: Any = SimpleNamespace(payload=order(1))
    return (await work.run(job, SimpleNamespace(note=note))).text, noted


async def test_the_companions_go_first_the_stack_last_and_nothing_else() -> None:
    name = order(1).name
    wanted = [*companions(name), name]
    scope = Scope(name, *OTHERS, *companions(name))
    said, noted = await purge(scope)
    assert scope.deleted == [f"MyWorks/M 81/{each}" for each in wanted] and noted == wanted
    assert sorted(scope.names) == sorted(OTHERS)
    assert said == f"deleted from S50, {len(wanted)} files"


async def test_what_is_gone_already_is_proved_and_nothing_is_touched() -> None:
    scope = Scope(*OTHERS)
    assert await purge(scope) == ("deleted from S50, 0 files", [])
    assert scope.deleted == []


async def test_what_is_still_listed_is_never_called_deleted() -> None:
    name = order(1).name
    for stuck in (name, companions(name)[0]):
        with pytest.raises(DeviceError, match="still there"):
            await purge(Scope(*companions(name), name, stuck=stuck))
