"""Any window size at any moment, with any dialog open; poor terminals get plain signs."""

import msgspec
import pytest
from driven import Drive
from stub_night import StubNight

SIZES = ((60, 20), (80, 24), (120, 40), (200, 50), (60, 20))
DIALOGS = ("help", "palette", "jump", "filter", "why-not", "ribbon", "review", "speak")


@pytest.mark.parametrize("dialog", DIALOGS)
async def test_a_dialog_lives_through_any_resize(drive: Drive, dialog: str) -> None:
    async with drive() as driven:
        await driven.press("j", "2")
        await driven.act(dialog)
        for width, height in SIZES:
            await driven.pilot.resize_terminal(width, height)
            await driven.pilot.pause()
            lines = driven.text().splitlines()
            assert max(map(len, lines)) <= width
        assert driven.app.crash is None
        assert driven.app.is_running
        assert not any("fault of this program" in told for told in driven.notices())


async def test_plain_signs_where_the_terminal_has_no_others(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "linux")
    async with drive(size=(120, 40)) as driven:
        for action_id in ("speak", "help", "ribbon", "jump"):
            text = driven.text()
            assert text == text.encode("latin-1", "replace").decode("latin-1")
            assert "1 Targets" in text or action_id != "speak"
            await driven.close_dialogs()
            await driven.act(action_id)


async def test_the_setting_wins_over_what_term_says(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "linux")

    def full(night: StubNight) -> None:
        display = msgspec.structs.replace(night.settings.display, glyphs="full")
        night.settings = msgspec.structs.replace(night.settings, display=display)

    async with drive(change=full) as driven:
        assert "╭" in driven.text()
