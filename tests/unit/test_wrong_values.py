"""A wrong value is said in words, not in a library's."""

from pathlib import Path

import pytest

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.write import save_settings


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "[site]\nlatitude = 91\nlongitude = 16",
            "site.latitude is not valid: it must be at most 90",
        ),
        ('[site]\nlatitude = "-91 deg"\nlongitude = 16', "it must be at least -90"),
        (
            "[site]\nlatitude = 48\nlongitude = 361",
            "site.longitude is not valid: it must be at most 360",
        ),
        ("[upload]\nlimit = 3", "it takes text (a string), and this is a whole number"),
        ("[scopes]\n", "scopes is not valid: it takes a list, and this is a table"),
        ("read_only = 1", "it takes true or false, and this is a whole number"),
        ("[site]\nobstructions = [[[1]]]", "it must have 2 entries"),
    ],
)
def test_a_wrong_value_in_the_file_says_what_it_may_be(
    line: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(line)
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    assert words in str(caught.value) and str(path) in str(caught.value)
    assert "Expected" not in str(caught.value)


def test_a_value_that_is_only_typed_is_not_sought_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.touch()
    loaded = read_settings(path)
    with pytest.raises(SettingsError) as caught:
        save_settings(loaded, {"site.latitude": "91 deg", "site.longitude": "16"})
    assert (
        str(caught.value) == "site.latitude is not valid: it must be at most 90. Nothing is written"
    )
    assert not loaded.local_path.exists()
