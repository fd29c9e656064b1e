"""The verb `download` where several of the user's stacks share a chunk key."""

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from crowdsky_kit import KEY, Starter, client_of, stack_bytes, starter, until, upload

from crowdsky_tui.base.errors import ExitCode, NotFound, UsageError
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.cli.verbs.download import Options, download
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Starter]:
    async with starter(tmp_path) as begin:
        yield begin


VARIANTS: tuple[dict[str, Any], ...] = ({}, {"FILTER": "LP"})


def is_listed(standin: CrowdSkyStandIn, number: int) -> bool:
    return len(standin.stacks) == number


async def with_twins(start: Starter, folder: Path, api_key: bool = False) -> Settings:
    """The settings of an account that has two stacks under one key: 1 is IRCUT, 2 is LP."""
    standin: CrowdSkyStandIn = await start()
    async with client_of(standin) as client:
        for number, changes in enumerate(VARIANTS, 1):
            assert (await upload(client, stack_bytes(**changes))).status_code == 200
            await until(partial(is_listed, standin, number))
    config = folder / "config.toml"
    lines = ["[server]", f'url = "{standin.url}"', f'username = "{standin.username}"']
    lines += [f'password = "{standin.password}"']
    lines += [f'api_key = "{standin.api_key}"'] if api_key else []
    lines += ["[storage]", f'state_dir = "{folder}/state"', f'downloads = "{folder}/down"']
    config.write_text("\n".join(lines))
    return read_settings(config, {}).settings


def options_for(folder: Path, *options: str) -> Options:
    return options_of("download", KEY, "--dest", str(folder), *options)


def options_of(*words: str) -> Options:
    options = parse(words).options
    assert isinstance(options, Options)
    return options


async def test_without_a_choice_nothing_comes_and_all_are_told(
    start: Starter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = await with_twins(start, tmp_path)
    dest = tmp_path / "dest"
    assert await download(options_for(dest, "--json"), settings) == ExitCode.USAGE
    printed = capsys.readouterr()
    rows = json.loads(printed.out)["choose"][KEY]
    assert [(row["id"], row["filter"]) for row in rows] == [(1, "IRCUT"), (2, "LP")]
    assert "IRCUT" in printed.err and "id 2" in printed.err and "--filter" in printed.err
    assert not dest.exists()


@pytest.mark.parametrize("option", [("--id", "1"), ("--filter", "IRCUT")])
async def test_the_named_one_comes_or_none(
    start: Starter, tmp_path: Path, option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    settings = await with_twins(start, tmp_path)
    dest = tmp_path / "dest"
    assert await download(options_for(dest, *option), settings) == ExitCode.OK
    assert capsys.readouterr().out.strip() == str(dest / f"{KEY}_id1.fits")
    with pytest.raises(NotFound, match="the server sent another"):
        await download(options_for(dest, "--filter", "LP"), settings)
    assert [path.name for path in dest.iterdir()] == [f"{KEY}_id1.fits"]


async def test_with_an_api_key_either_comes(start: Starter, tmp_path: Path) -> None:
    settings = await with_twins(start, tmp_path, api_key=True)
    for number in (2, 1):
        assert await download(options_for(tmp_path, "--id", str(number)), settings) == ExitCode.OK
        assert (tmp_path / f"{KEY}_id{number}.fits").read_bytes().startswith(b"SIMPLE  =")


async def test_what_is_not_there_is_named(start: Starter, tmp_path: Path) -> None:
    settings = await with_twins(start, tmp_path)
    with pytest.raises(NotFound, match="IRCUT"):
        await download(options_for(tmp_path, "--exposure", "60"), settings)
    other = options_of("download", "20200101.00_HP000001")
    with pytest.raises(NotFound, match="lists no stack"):
        await download(other, settings)
    nonsense = options_of("download", "../../x")
    with pytest.raises(UsageError, match="not a chunk key"):
        await download(nonsense, settings)
