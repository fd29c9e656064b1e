"""A block keeps its name from the folder to the request, whatever sign that name holds."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import crowdsky_tui
from crowdsky_tui.agent.messages import TargetChange
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import BlockKey, LightFrame, TargetKey, group_frames_into_blocks
from crowdsky_tui.blocks.targets import matching_names
from crowdsky_tui.progress.requests import orders_to_restack, orders_to_stack, plan_line
from crowdsky_tui.progress.situation import (
    Known,
    Situation,
    TargetFacts,
    orders_of,
    situation,
    target_view,
)
from crowdsky_tui.store.store import BlockView, Store

VIENNA = ZoneInfo("Europe/Vienna")
START = datetime(2026, 2, 27, 22, 45)
LATER = datetime(2026, 2, 28, 6, 0, tzinfo=UTC)
HOSTILE = "\u200b\u200d\u2060\xa0\u202e\u2066\x1b\x07\x9b\x00\u3164\ufe0f\u034f\U000e0041"
NAMES = st.text(st.one_of(st.sampled_from(HOSTILE), st.characters(codec="utf-8")), max_size=20)


def facts(name: str, scope: str = "a") -> TargetFacts:
    """A target of one block of 44 sub-frames."""
    frames = [
        LightFrame(name, "20.0s", "LP", START + timedelta(seconds=20 * number), f"{number}.fit")
        for number in range(44)
    ]
    return TargetFacts(
        scope=scope,
        serial=f"{scope}123456",
        telescope=f"S50_{scope}123456",
        target=name,
        folder=name,
        sub_folder=f"{name}_sub",
        zone=VIENNA,
        raw_files=44,
        stacked_files=0,
        blocks=tuple(group_frames_into_blocks(frames, zone=VIENNA).values()),
        stacks=(),
        read_at=LATER,
    )


def seen_of(of: TargetFacts, stack: str = "", stacked_subs: int = 44) -> Situation:
    """How far its block is."""
    (order,) = orders_of(of)
    order = msgspec.structs.replace(order, name=stack)
    known = Known(
        now=LATER, min_exptime=240, ledger={}, delivered={}, open={}, ended={}, rows={},
        stacked_subs={order.block_id: stacked_subs},
    )  # fmt: skip
    return situation(order, known)


def filled(*targets: TargetFacts) -> Store:
    store = Store()
    for of in targets:
        seen = seen_of(of)
        store.set_target(target_view(of, [seen]), [seen.block])
    return store


@given(NAMES)
@example("Andro\u200bmeda")
@example("M\xa081")
def test_a_chosen_block_is_asked_for_whatever_its_target_is_called(name: str) -> None:
    seen = seen_of(facts(name))
    (order,) = orders_to_stack([seen], [seen.block.key], waiting=False, insist=False)
    assert (order.target, order.folder) == (name, name)


@given(NAMES)
@example("Andro\u200bmeda")
def test_a_grown_block_is_asked_for_again_whatever_its_target_is_called(name: str) -> None:
    seen = seen_of(facts(name), stack="a.fit", stacked_subs=40)
    (order,) = orders_to_restack([seen], [seen.block.key], waiting=False, insist=False)
    assert order.target == name


@given(NAMES, st.sampled_from(HOSTILE), st.sampled_from(HOSTILE))
def test_two_names_that_look_alike_stay_two_targets(name: str, one: str, other: str) -> None:
    assume(one != other)
    alike = facts(one + name), facts(other + name)
    store = filled(*alike)
    assert list(store.targets) == [of.key for of in alike]
    assert len({view.target for view in store.targets.values()}) == 1
    first, second = map(seen_of, alike)
    (order,) = orders_to_stack([first, second], [second.block.key], waiting=False, insist=False)
    assert order.target == other + name


@given(NAMES)
def test_what_is_shown_of_a_target_and_its_block_is_clean(name: str) -> None:
    store = filled(facts(name))
    ((view,), (target,)) = (*store.blocks.values(),), (*store.targets.values(),)
    assert view[0].target == target.target == clean(name)
    assert view[0].target.isprintable()
    assert view[0].key.target == target.key == TargetKey("a", name)


@given(NAMES)
def test_the_name_of_a_block_comes_back_from_the_agents_socket_as_it_was(name: str) -> None:
    store = filled(facts(name))
    ((key, view),) = store.targets.items()
    sent = TargetChange(key, view, store.blocks[key])
    assert msgspec.json.decode(msgspec.json.encode(sent), type=TargetChange) == sent
    block = store.blocks[key][0]
    assert msgspec.json.decode(msgspec.json.encode(block), type=BlockView).key == block.key
    assert isinstance(block.key, BlockKey)


@given(NAMES, NAMES)
def test_a_target_is_found_by_what_is_shown_of_it(name: str, other: str) -> None:
    found = matching_names(clean(name), [name, other])
    assert name in found or found == [clean(name)]


def test_of_two_targets_that_look_alike_the_shown_name_means_neither() -> None:
    names = ["M\u200b81", "M\u200d81"]
    assert matching_names(clean(names[0]), names) == names
    assert matching_names(names[1], names) == [names[1]]


@pytest.mark.parametrize("scope", ["a", "b"])
def test_one_target_on_two_scopes_is_two(scope: str) -> None:
    store = filled(facts("M 81", "a"), facts("M 81", "b"))
    assert store.blocks[TargetKey(scope, "M 81")][0].key.target.scope == scope


def made_in(name: str) -> set[str]:
    """The files of the program in which a record of this name is made."""
    package = Path(crowdsky_tui.__file__).parent
    return {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if f"{name}(" in (text := path.read_text())
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == name
    }


def test_a_block_is_named_in_one_place_and_its_record_made_in_one_place() -> None:
    read_back = "tui/desk_memory.py"  # the cursor's row of the last run
    assert made_in("BlockKey") == {"jobs/order.py", read_back}
    assert made_in("BlockView") == {"progress/situation.py"}
    assert made_in("TargetKey") == {
        "jobs/order.py",
        read_back,
        "progress/situation.py",  # a folder that is no target's
        "progress/target_folders.py",
    }


@given(NAMES)
def test_what_the_store_shows_is_the_very_record_of_the_situation(name: str) -> None:
    seen = seen_of(facts(name))
    store = Store()
    store.set_target(target_view(facts(name), [seen]), [seen.block])
    assert store.blocks[seen.block.key.target][0] is seen.block
    (order,) = orders_of(facts(name))
    assert seen.block.key == order.block_key == BlockKey(facts(name).key, *seen.block.key[1:])


@given(NAMES)
@example("\x1b]52;c;aGk=\x07")
def test_a_dry_run_shows_clean_names(name: str) -> None:
    for stack in ("", f"{name}.fit"):
        line = plan_line(seen_of(facts(name), stack=stack))
        assert line.target == clean(name)
        assert f"{line.what}{line.reason}".isprintable()
