"""The verb `remote` against the stand-in of telescope.org."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from telescope_org_kit import a_night, remote, until

from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, JournalLocked, UsageError
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.jobs.kinds import remote_fetch, remote_request
from crowdsky_tui.night.calls.remote_jobs import CheckRequest, SubmitRequest
from crowdsky_tui.services.telescope_org.download import Downloads
from crowdsky_tui.simulator.ensemble import ensemble
from crowdsky_tui.simulator.options import SimulateOptions
from crowdsky_tui.simulator.telescope_org.server import TelescopeOrgStandIn
from crowdsky_tui.store.store import JobState

DAY = "2024-11-17T20:00:00Z"


async def run(
    site: TelescopeOrgStandIn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *line: str,
    password: str = "",
) -> tuple[int, Any]:
    """Exit code and document of `remote …`."""
    config = tmp_path / "config.toml"
    config.write_text(
        f"""[storage]
state_dir = "{tmp_path / "state"}"
base = "{tmp_path / "data"}"
[remote]
url = "{site.url}"
username = "{site.account.username}"
password = "{password or site.account.password}"
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
        before = len(it.site.account.requests)
        it.spoil("submit", "html")  # not taken: looked for twice, then sent once more
        code, said = await run(it.site, tmp_path, capsys, "submit", "M 81", "--yes")
        assert code == 0 and said["proved"] and len(it.site.account.requests) == before + 1


async def test_what_the_site_never_takes_is_told_and_can_be_cleared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with remote(tmp_path / "unused") as it:
        it.spoil("submit", "refuse", "Your queue is full")
        code, said = await run(it.site, tmp_path, capsys, "submit", "M 81", "--yes")
        assert code == 3 and not said["proved"] and "Your queue is full" in said["why"]
        _, said = await run(it.site, tmp_path, capsys, "queue")
        (job,) = said["jobs"]
        assert (job["kind"], job["state"]) == ("remote-request", "failed")
        with pytest.raises(UsageError, match="has failed"):
            await run(it.site, tmp_path, capsys, "clear", str(job["id"] + 1))
        assert await run(it.site, tmp_path, capsys, "clear", str(job["id"])) == (0, {"cleared": 1})
        assert await run(it.site, tmp_path, capsys, "queue") == (0, {"jobs": []})
        assert await run(it.site, tmp_path, capsys, "clear") == (0, {"cleared": 0})


async def test_what_is_not_ready_stays_in_the_journal_until_it_is_cancelled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Downloads.__init__, "__kwdefaults__", {"poll_s": 0.0, "ready_within_s": 0.0}
    )
    monkeypatch.setattr(remote_fetch, "NOT_READY_S", (40_000.0,))
    async with remote(tmp_path / "unused") as it:
        it.site.faults.ready_at_poll = 0
        number = it.a_job()
        code, said = await run(it.site, tmp_path, capsys, "fetch", f"J{number}")
        assert code == 3 and said["fetched"][0]["job"] == number
        assert said["fetched"][0]["not_ready"] and "path" not in said["fetched"][0]
        _, said = await run(it.site, tmp_path, capsys, "queue")
        (job,) = said["jobs"]
        assert job["state"] in ("waiting", "queued") and job["job"] == number
        code, said = await run(it.site, tmp_path, capsys, "cancel", str(job["id"]))
        assert code == 0 and said["jobs"][0]["state"] == "cancelled"
        with pytest.raises(UsageError, match="is to be done"):
            await run(it.site, tmp_path, capsys, "cancel", str(job["id"]))
        with pytest.raises(UsageError, match="no job was named"):
            await run(it.site, tmp_path, capsys, "cancel")


async def test_one_left_in_doubt_is_taken_up_by_the_same_words_and_not_sent_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with remote(tmp_path / "cache") as it:
        before = len(it.site.account.requests)
        it.spoil("submit", "lost")
        with monkeypatch.context() as patched:
            patched.setattr(remote_request, "LOOK_AGAIN_S", 80_000.0)
            async with a_night(it, tmp_path) as night:
                checked = await night.do(CheckRequest("T CrB", filter="V"))
                job_id = await night.do(SubmitRequest(checked.draft))
                await until(night, job_id, lambda job: job.state is JobState.WAITING)
        line = ("submit", "T CrB", "--filter", "V", "--yes")
        code, said = await run(it.site, tmp_path, capsys, *line)
        assert code == 0 and said["proved"] and it.count("submit") == 1
        assert len(it.site.account.requests) == before + 1


async def test_each_dry_run_says_what_would_be_done_and_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with remote(tmp_path / "unused") as it:
        job = next(one for one in it.site.account.jobs.values() if one.flat and one.success)
        code, said = await run(it.site, tmp_path, capsys, "fetch", f"J{job.id}", "--dry-run")
        assert code == 0 and said["would_fetch"][0]["path"] == "" and not it.count("create")
        flat = ("fetch", f"J{job.id}", "--flat", "--dry-run")
        _, said = await run(it.site, tmp_path, capsys, *flat)
        assert said["would_fetch"][0]["flat"] == job.flat
        await run(it.site, tmp_path, capsys, "fetch", f"J{job.id}")
        _, said = await run(it.site, tmp_path, capsys, "fetch", f"J{job.id}", "--dry-run")
        kept = Path(said["would_fetch"][0]["path"])
        assert kept.is_file()
        theirs = tmp_path / "theirs" / "3" / "6"
        theirs.mkdir(parents=True)
        (theirs / "369256.fits").write_bytes(kept.read_bytes())
        before = sorted((tmp_path / "cache").rglob("*"))
        line = ("import", str(tmp_path / "theirs"), "--dry-run")
        code, said = await run(it.site, tmp_path, capsys, *line)
        assert code == 0 and len(said["imported"]) == 1
        assert sorted((tmp_path / "cache").rglob("*")) == before
        it.spoil("submit", "refuse", "No")
        await run(it.site, tmp_path, capsys, "submit", "M 81", "--yes")
        _, said = await run(it.site, tmp_path, capsys, "clear", "--dry-run")
        (failed,) = said["jobs"]
        _, said = await run(it.site, tmp_path, capsys, "cancel", str(failed["id"]), "--dry-run")
        assert said["jobs"] == []
        _, said = await run(it.site, tmp_path, capsys, "queue")
        assert [one["id"] for one in said["jobs"]] == [failed["id"]]


async def test_several_are_fetched_and_one_that_fails_is_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with remote(tmp_path / "unused") as it:
        first, second = it.a_job(5), it.a_job(6)
        line = ("fetch", f"J{first}", "nonsense", f"J{second}", f"J{first}")
        code, said = await run(it.site, tmp_path, capsys, *line, "--form", "zip")
        assert code == 3
        assert [one.get("job") for one in said["fetched"]] == [first, None, second, first]
        assert "is no number" in said["fetched"][1]["error"]
        assert it.count("download") == 2


async def test_an_account_that_is_refused_is_said_with_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with remote(tmp_path / "unused") as it:
        it.site.account.password = "another"
        with pytest.raises(CrowdSkyError) as caught:
            await run(it.site, tmp_path, capsys, "fetch", f"J{it.a_job()}", password="wrong")
        assert caught.value.exit_code == ExitCode.LOGIN_REFUSED


async def test_an_agent_does_what_the_verb_asks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with remote(tmp_path / "cache") as it, a_night(it, tmp_path) as night:
        listener = Listener(night)
        await listener.open()
        try:
            code, said = await run(it.site, tmp_path, capsys, "submit", "T CrB", "--yes", "--fetch")
            assert code == 0 and said["proved"]
            (watch,) = night.queue.unfinished()
            assert watch.kind == "remote-watch" and watch.goal == "remote-fetch"
            code, said = await run(it.site, tmp_path, capsys, "fetch", f"J{it.a_job()}")
            assert code == 0 and Path(said["fetched"][0]["path"]).parent.is_relative_to(it.cache)
            code, said = await run(it.site, tmp_path, capsys, "cancel", str(watch.id))
            assert code == 0 and not night.queue.unfinished()
            with pytest.raises(CrowdSkyError, match="asks for the same") as refused:
                await run(it.site, tmp_path, capsys, "submit", "T CrB", "--yes")
            assert refused.value.exit_code == ExitCode.USAGE
        finally:
            await listener.close()


async def test_a_copy_that_takes_no_calls_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with remote(tmp_path / "cache") as it, a_night(it, tmp_path) as night:
        with pytest.raises(JournalLocked):
            await run(it.site, tmp_path, capsys, "fetch", f"J{it.a_job()}")
        listener = Listener(night, holder="crowdsky-tui, process 1")
        await listener.open()
        try:
            with pytest.raises(CrowdSkyError, match="process 1") as refused:
                await run(it.site, tmp_path, capsys, "fetch", f"J{it.a_job()}")
            assert refused.value.exit_code == ExitCode.LOCKED
        finally:
            await listener.close()


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


@pytest.mark.long
@pytest.mark.parametrize("taken", [True, False])
async def test_a_verb_that_is_killed_while_it_hands_over_is_gone_on_with_and_sends_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    async with remote(tmp_path / "unused") as it:
        before = set(it.site.account.requests)
        handed, submit = asyncio.Event(), it.site.account.submit

        def hand_over(**told: Any) -> Any:
            handed.set()
            if not taken:
                raise ConnectionError
            return submit(**told)

        line = ("submit", "T CrB", "--filter", "V", "--yes")
        await run(it.site, tmp_path, capsys, *line, "--dry-run")  # writes the settings
        monkeypatch.setattr(it.site.account, "submit", hand_over)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "crowdsky_tui", "remote", *line,
            "--config", str(tmp_path / "config.toml"),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(60):
            await handed.wait()
        process.kill()
        assert await process.wait() == -9
        monkeypatch.undo()
        code, said = await run(it.site, tmp_path, capsys, *line)
        assert code == 0 and said["proved"], said
        (new,) = set(it.site.account.requests) - before
        assert said["request"] == new
