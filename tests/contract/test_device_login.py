"""The signed login against a stand-in that ignores whoever has not signed in."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from device_kit import joined, until
from login_kit import Keys, greet_quickly, no_key
from seestar_kit import running

from crowdsky_tui.base.errors import LoginNeeded, LoginRefused
from crowdsky_tui.instruments.seestar.connection.auth import KeyFile
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.store.store import ScopeState

WANTS_LOGIN: dict[str, Any] = {"login": "required", "status_every": 0.01}


@asynccontextmanager
async def locked(
    root: Path, keys: Keys, key_file: KeyFile, **options: Any
) -> AsyncIterator[tuple[SeestarStandIn, SeestarService]]:
    async with running(root, **{**WANTS_LOGIN, **options}) as scope:
        scope.public_key = keys.public
        async with joined(scope, key_file=key_file) as service:
            yield scope, service


async def test_the_right_key_signs_in_and_again_after_each_reconnect(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    keys = Keys(tmp_path)
    async with locked(tmp_path, keys, keys.file) as (scope, service):
        assert service.state is ScopeState.READY
        assert await service.call("pi_is_verified", "verify") is True
        for times in (2, 3):
            await scope.drop_clients()
            await until(lambda: service.state is not ScopeState.READY)
            await service.wait_ready(5)
            assert scope.requests.count("verify_client") == times
            assert (await service.facts()).firmware == "7.75"
    assert not any(line in caplog.text for line in keys.secret_lines)


async def test_a_busy_telescope_takes_its_time_for_the_challenge(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    faults = Faults(delay={"get_verify_str": 0.3, "verify_client": 0.1})
    async with locked(tmp_path, keys, keys.file, faults=faults) as (_, service):
        assert service.state is ScopeState.READY


async def test_no_key_is_login_needed_and_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greet_quickly(monkeypatch)
    monkeypatch.chdir(tmp_path)
    keys = Keys(tmp_path, "elsewhere.pem")
    async with running(tmp_path, **WANTS_LOGIN) as scope:
        scope.public_key = keys.public
        with pytest.raises(LoginNeeded) as caught:
            async with joined(scope, key_file=no_key(tmp_path)):
                pass
    assert "no key file" in caught.value.why
    assert "your own Seestar app" in caught.value.next_step
    assert "~/.config/crowdsky-tui/seestar.pem" in caught.value.next_step


async def test_a_key_that_comes_later_is_taken_at_the_next_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greet_quickly(monkeypatch)
    keys = Keys(tmp_path, "new.pem")
    later = tmp_path / "seestar.pem"
    async with running(tmp_path, **WANTS_LOGIN) as scope:
        scope.public_key = keys.public
        with pytest.raises(LoginNeeded):
            async with joined(scope, key_file=KeyFile(str(later), {})) as service:
                pass
        keys.path.rename(later)
        async with joined(scope, key_file=KeyFile(str(later), {})) as service:
            assert service.state is ScopeState.READY


async def test_a_key_of_another_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    greet_quickly(monkeypatch)
    ours, theirs = Keys(tmp_path, "ours.pem"), Keys(tmp_path, "theirs.pem")
    async with running(tmp_path, **WANTS_LOGIN) as scope:
        scope.public_key = theirs.public
        with pytest.raises(LoginRefused) as caught:
            async with joined(scope, key_file=ours.file):
                pass
    assert "signature" in caught.value.why
    assert caught.value.next_step


async def test_a_key_that_others_can_read_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greet_quickly(monkeypatch)
    keys = Keys(tmp_path)
    keys.path.chmod(0o644)
    async with running(tmp_path, **WANTS_LOGIN) as scope:
        scope.public_key = keys.public
        with pytest.raises(LoginNeeded) as caught:
            async with joined(scope, key_file=keys.file):
                pass
        assert f"chmod 600 {keys.path}" in caught.value.next_step
        assert "verify_client" not in scope.requests
    keys.path.chmod(0o600)
    async with locked(tmp_path, keys, keys.file) as (_, service):
        assert service.state is ScopeState.READY


@pytest.mark.parametrize("firmware", ["6.70", "7.06", "7.18"])
async def test_firmware_that_does_not_insist_needs_no_key(tmp_path: Path, firmware: str) -> None:
    async with (
        running(tmp_path, firmware=firmware) as scope,
        joined(scope, key_file=no_key(tmp_path)) as service,
    ):
        assert (service.state, service.reason) == (ScopeState.READY, "")


async def test_a_refused_login_that_nobody_insists_on_is_no_hindrance(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    faults = Faults(refuse={"verify_client": (-1, "signature invalid")})
    async with (
        running(tmp_path, firmware="7.18", faults=faults) as scope,
        joined(scope, key_file=keys.file) as service,
    ):
        assert service.state is ScopeState.READY


async def test_a_telescope_that_ignores_even_the_question_wants_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greet_quickly(monkeypatch)
    keys = Keys(tmp_path)
    faults = Faults(stall={"get_verify_str", "test_connection", "get_device_state"})
    async with running(tmp_path, faults=faults, **WANTS_LOGIN) as scope:
        with pytest.raises(LoginNeeded) as caught:
            async with joined(scope, key_file=keys.file):
                pass
        assert "sends events but ignores commands" in caught.value.why


async def test_a_signed_in_telescope_that_stalls_is_not_said_to_want_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greet_quickly(monkeypatch)
    keys = Keys(tmp_path)
    faults = Faults(stall={"test_connection", "get_device_state"})
    async with running(tmp_path, faults=faults, **WANTS_LOGIN) as scope:
        scope.public_key = keys.public
        async with joined(scope, wait=False, key_file=keys.file) as service:
            await until(lambda: service.state is ScopeState.STALLED)
            assert "verify_client" in scope.requests
            assert "key" not in service.reason
