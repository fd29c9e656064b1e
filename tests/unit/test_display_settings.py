"""The settings of review and display: defaults, refusals, and the theme that is remembered."""

from pathlib import Path

import pytest

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.tui.themes import NAMED, next_theme


def test_by_default_everything_is_sent_and_dark() -> None:
    settings = Settings()
    assert (settings.review.mode, settings.display.theme) == ("off", "dark")
    assert (settings.display.speak, settings.display.images) == (False, "half")


@pytest.mark.parametrize(
    "text", ['[review]\nmode = "poor"', '[display]\ntheme = "pink"', '[display]\nimages = "png"']
)
def test_other_words_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(SettingsError):
        read_settings(path, {})


def test_a_theme_is_remembered_beside_the_users_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n")
    for name in NAMED:
        SettingsBook(path).save({"display.theme": name})
        assert read_settings(path, {}).settings.display.theme == name
    assert path.read_text() == "# mine\n"


def test_the_themes_go_round() -> None:
    names = list(NAMED)
    after = [next_theme(NAMED[name].name) for name in names]
    assert after == [*names[1:], names[0]]
