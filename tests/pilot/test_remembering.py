"""The desk comes back as it was left."""

from pathlib import Path

from driven import Drive
from stub_night import fill_targets

from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.desk_memory import DeskMemory, PaneMemory, keep, recall

S50 = "S50 a349"


async def test_pane_filter_order_and_cursor_come_back(drive: Drive, tmp_path: Path) -> None:
    async with drive() as driven:
        await driven.press("j", "2", "j", "j", "4", "comma", "slash", *"m 81", "enter", "2")
        block = driven.main.blocks.table.selected_key
        await driven.app.keep_memory()
    async with drive() as driven:
        assert driven.main.pane is Pane.BLOCKS
        shown = driven.main.target()
        assert shown and shown.target == "M 81"
        assert driven.main.blocks.table.selected_key == block
        assert driven.main.server.table.filter_text == "m 81"
        assert driven.main.server.order.name == "observed last first"


async def test_the_cursor_waits_for_its_row_unless_it_is_moved(
    drive: Drive, tmp_path: Path
) -> None:
    keep(tmp_path, DeskMemory("targets", {"targets": PaneMemory(row=(S50, "NGC 7000"))}))
    for keys, target in (((), "NGC 7000"), (("j",), "AM Leo")):
        async with drive("empty") as driven:
            await driven.press(*keys)
            fill_targets(driven.night.store)
            await driven.settle()
            shown = driven.main.target()
            assert shown and shown.target == target


async def test_a_memory_of_another_version_is_no_trouble(drive: Drive, tmp_path: Path) -> None:
    odd = PaneMemory("zzz", "by colour", ("gone",))
    keep(tmp_path, DeskMemory("attic", {"attic": odd, "targets": odd}))
    async with drive() as driven:
        assert driven.main.pane is Pane.TARGETS
        assert "No row holds “zzz”" in driven.text()
        await driven.press("escape")
        assert len(driven.main.targets.table.rows) == 3
        await driven.app.keep_memory()
    assert recall(tmp_path).panes["targets"] == PaneMemory(row=(S50, "AM Leo"))
