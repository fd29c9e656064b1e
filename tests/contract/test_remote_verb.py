"""The verb `remote` against the stand-in of telescope.org."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from telescope_org_kit import remote

from crowdsky_tui.cli.parser import parse
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.simulator.ensemble import ensemble
from crowdsky_tui.simulator.options import SimulateOptions
from crowdsky_tui.simulator.telescope_org.server import TelescopeOrgStandIn

DAY = "2024-11-17T20:00:00Z"


async def run(
    site: TelescopeOrgStandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str], *line: str
) -> tuple[int, Any]:
    """Exit code and document of `remote …`."""
    config = tmp_path / "config.toml"
    config.write_text(
        f"""[remote]
url = "{site.url}"
username = "{site.account.username}"
password = "{site.account.password}"
queue = 500
cache = "{tmp_path / "cache"}"
[clock]
origin = {DAY}
since = 2026-11-20T10:00:00Z
speed = 1000.0
"""
    )
    parsed = parse(["remote", *line, "--json", "--config", str(config)])
    capsys.readouterr()
    assert parsed.run is not None
    code = await parsed.run(parsed.options, read_settings(config).settings)
    out = capsys.readouterr().out
    return int(code), json.loads(out)


@pytest.fixture(autouse=True)
def no_login(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("TELESCOPE_ORG_USERNAME", raising=False)
    monkeypatch.delenv("TELESCOPE_ORG_PASSWORD", raising=False)
    yield


async def test_requests_details_jobs_and_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with remote(tmp_path / "unused") as it:
        code, said = await run(it.site, tmp_path, capsys, "requests")
        assert code == 0 and len(said["requests"]) == 250
        done = next(row for row in said["requests"] if row["group"] == "done")
        code, details = await run(it.site, tmp_path, capsys, "request", f"R{done['id']}")
        assert code == 0 and details["status"] == "Complete"
        code, said = await run(it.site, tmp_path, capsys, "fetch", f"R{done['id']}")
        assert code == 0 and Path(said["fetched"][0]["path"]).is_file()
        assert said["fetched"][0]["job"] == details["job_id"]
        code, said = await run(it.site, tmp_path, capsys, "folders")
        assert [one["count"] for one in said["folders"]][:2] == [250, 0]


async def test_a_dry_run_sends_nothing_and_a_second_submission_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from crowdsky_tui.base.errors import UsageError

    async with remote(tmp_path / "unused") as it:
        before = len(it.site.account.requests)
        line = ("submit", "T CrB", "--filter", "V", "--telescope", "PIRATE", "--exposure", "60")
        code, said = await run(it.site, tmp_path, capsys, *line, "--dry-run")
        assert code == 0 and said["would_send"]["filtertype"] == "Green"
        assert said["would_send"]["exposuretime"] == 60_000
        assert len(it.site.account.requests) == before and it.count("clear") == 0
        code, said = await run(it.site, tmp_path, capsys, *line, "--yes")
        assert code == 0 and said["proved"] and said["status"] == "New"
        with pytest.raises(UsageError, match="asks for the same"):
            await run(it.site, tmp_path, capsys, *line, "--yes")
        assert len(it.site.account.requests) == before + 1


async def test_a_lost_answer_is_settled_by_the_list_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with remote(tmp_path / "unused") as it:
        it.spoil("submit", "lost")
        code, said = await run(it.site, tmp_path, capsys, "submit", "T CrB", "--yes")
        assert code == 0 and said["proved"] and it.count("submit") == 1
        it.spoil("submit", "html")
        code, said = await run(it.site, tmp_path, capsys, "submit", "M 81", "--yes")
        assert code == 3 and not said["proved"] and "may or may not" in said["why"]


async def test_a_stand_in_night_has_an_account_whose_request_becomes_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At ×3600 a request is complete after a third of a second."""
    options = SimulateOptions(scopes=1, speed=3600.0, remote=True)
    async with ensemble(options, tmp_path) as ready:
        settings = read_settings(Path(ready["config"])).settings

        async def said(*line: str) -> Any:
            parsed = parse(["remote", *line, "--json"])
            assert parsed.run is not None
            capsys.readouterr()
            assert await parsed.run(parsed.options, settings) == 0
            return json.loads(capsys.readouterr().out)

        asked = await said("submit", "T CrB", "--filter", "BVR", "--yes")
        await asyncio.sleep(0.5)
        fetched = await said("fetch", f"R{asked['request']}")
        assert Path(fetched["fetched"][0]["path"]).is_file()
