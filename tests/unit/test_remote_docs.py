"""docs/remote-telescopes.md names tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "remote-telescopes.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:\.\./\w+/)?test_\w+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_the_page_names_is_one(file: str, name: str) -> None:
    text = (ROOT / "tests" / "contract" / file).resolve().read_text()
    assert re.search(rf"^(?:async )?def {name}\(", text, flags=re.MULTILINE)


def test_every_method_and_every_fault_has_a_row() -> None:
    rows = re.findall(r"^\| (.+?) \|", PAGE, flags=re.MULTILINE)
    for method in (
        "login", "logout", "get_user_folders", "get_user_requests", "get_jid_for_req",
        "get_request", "get_job", "get_obs_list", "download_obs", "get_obs",
        "download_obs_processed", "get_obs_processed", "submit_job_api", "submit_RADEC_job",
    ):  # fmt: skip
        assert any(f"`{method}`" in row for row in rows), method
