"""Hostile text through every path of the server: not to the terminal, not into a path or a log."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from hostile_kit import CHUNK, CORPUS, KEY, SECRET, Hostile, assert_clean, serving, texts_in

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.services.crowdsky.archive import Archive
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.http.limits import Limits

SENT = [SECRET] * 7 + [KEY] * 3  # what each call below carries; the last one carries nothing


@pytest.fixture
def all_logs(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
async def test_every_path(
    text: str, status: int, tmp_path: Path, all_logs: pytest.LogCaptureFixture
) -> None:
    fits = tmp_path / "stack.fit"
    fits.write_bytes((b"SIMPLE  =                    T".ljust(80) + b"END").ljust(2880))
    down = tmp_path / "data" / "down"
    limits = Limits(attempts=1)
    async with serving(Hostile(text, status)) as url:
        await ask_everything(url, limits, fits, down)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"stack.fit"}
    assert SECRET not in all_logs.text and KEY not in all_logs.text
    assert "\x1b" not in all_logs.text


async def ask_everything(url: str, limits: Limits, fits: Path, down: Path) -> None:
    """Every call of both clients: whatever comes is clean, and without what that call sent."""
    client = CrowdSkyServer(url, "alice", SECRET, limits=limits)
    archive = Archive(url, KEY, limits=limits)
    calls: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: client.list_stacks(),
        lambda: client.thumbnail(1),
        lambda: client.upload_stack(fits),
        lambda: client.download_stack(CHUNK, down),
        lambda: client.raw_start_session(),
        lambda: client.raw_upload_file("token", fits),
        lambda: client.raw_finalize("token"),
        lambda: archive.frames_by_healpix(1),
        lambda: archive.frame_stars(1),
        lambda: archive.download_frame(1, down),
        lambda: archive.sky_coverage(),
    )
    for number, call in enumerate(calls):
        try:
            answer = await call()
        except CrowdSkyError as error:
            assert_clean((error.what, error.why, error.next_step, str(error)))
            answer = str(error)
        assert_clean(answer)
        sent = SENT[number : number + 1]
        assert not any(secret in part for secret in sent for part in texts_in(answer))
    await client.close()
    await archive.close()
