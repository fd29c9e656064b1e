"""docs/remote-telescopes.md names tests that exist."""

import re
from pathlib import Path

import pytest

from crowdsky_tui.services.telescope_org.client import TelescopeOrg

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "remote-telescopes.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:\.\./\w+/)?test_\w+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_test_that_the_page_names_is_one(file: str, name: str) -> None:
    text = (ROOT / "tests" / "contract" / file).resolve().read_text()
    assert re.search(rf"^(?:async )?def {name}\(", text, flags=re.MULTILINE)


COUNTERPARTS = {
    "login": "login", "logout": "logout", "get_user_folders": "folders",
    "get_user_requests": "requests", "get_jid_for_req": "job_of_request",
    "get_request": "request", "get_job": "job", "get_obs_list": "night",
    "get_object_obs": "jobs_of_object", "download_obs": "fetch", "get_obs": "fetch",
    "download_obs_processed": "fetch", "get_obs_processed": "fetch",
    "submit_job_api": "submit", "submit_RADEC_job": "submit", "submitVarStar": "remote submit",
    "REQUESTSTATUS_TEXTS": "codes.STATUS_WORDS",
}  # fmt: skip
"""What the document of the original names, and what answers it here."""


@pytest.mark.parametrize(("method", "counterpart"), COUNTERPARTS.items())
def test_every_method_has_a_row_a_counterpart_and_a_test(method: str, counterpart: str) -> None:
    (row,) = (line for line in PAGE.splitlines() if line.startswith("|")
              and f"`{method}`" in line.split("|")[1])  # fmt: skip
    _, answer, test = (cell.strip() for cell in row.split("|")[1:4])
    assert f"`{counterpart}" in answer
    assert "::test_" in test
    if counterpart.isidentifier():
        assert callable(getattr(TelescopeOrg, counterpart))
