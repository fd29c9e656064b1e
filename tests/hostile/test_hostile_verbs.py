"""Hostile text through the verbs and into files: what is printed, written and logged."""

import logging
from pathlib import Path

import msgspec
import pytest
from hostile_kit import CHUNK, CORPUS, KEY, SECRET, Hostile, assert_clean, serving

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.http.limits import Limits


def settings_for(url: str, folder: Path) -> Settings:
    config = folder / "config.toml"
    config.write_text(
        f'[server]\nurl = "{url}"\nusername = "alice"\npassword = "{SECRET}"\n'
        f'api_key = "{KEY}"\n[storage]\nstate_dir = "{folder}/state"\n'
        f'downloads = "{folder}/downloads"\n'
    )
    return read_settings(config, {}).settings


def lines_into(dest: Path) -> tuple[tuple[str, ...], ...]:
    return (
        ("stacks",),
        ("stacks", "--json"),
        ("frames", "--healpix", "1"),
        ("download", CHUNK, "--dest", str(dest)),
        ("download", CHUNK, "--dest", str(dest), "--filter", "LP", "--json"),
        ("download", CHUNK, "--dest", str(dest), "--id", "1"),
        ("fetch-frame", "7", "--dest", str(dest)),
    )


@pytest.mark.parametrize(
    ("number", "fits"),
    [*((number, False) for number in range(len(CORPUS))), (0, True), (1, True), (9, True)],
)
async def test_the_verbs(
    number: int,
    fits: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    text, said = CORPUS[number], ""
    async with serving(Hostile(text, fits=fits)) as url:
        settings = settings_for(url, tmp_path)
        server = msgspec.structs.replace(settings.server, api_key="")
        for each in (settings, msgspec.structs.replace(settings, server=server)):
            for line in lines_into(tmp_path / f"dest{len(each.server.api_key)}"):
                try:
                    asked = parse(line)
                    assert asked.run is not None
                    await asked.run(asked.options, each)
                except CrowdSkyError as error:
                    assert_clean(str(error))
                    said += str(error)
    printed = capsys.readouterr()
    said += printed.out + printed.err
    for piece in said.split("\n"):
        assert piece.isprintable(), piece[:80]
    logs = caplog.text + "".join(path.read_text() for path in tmp_path.glob("state/*.log*"))
    for shown in (said, logs) if SECRET not in text else (logs,):
        assert SECRET not in shown and KEY not in shown
    assert "\x1b" not in logs
    outside = [path for path in tmp_path.rglob("*") if path.suffix in {".fits", ".part"}]
    names = {f"{CHUNK}_id1.fits", f"{CHUNK}_id2.fits", "frame_7.fits"} if fits else set()
    assert {path.name for path in outside} <= names
    assert ("frame_7.fits" in {path.name for path in outside}) is fits
    assert {path.parent for path in outside} <= {tmp_path / "dest0", tmp_path / f"dest{len(KEY)}"}


@pytest.mark.parametrize(
    "name", ["a\x1b[31m", 'a"; filename="b', "a\r\nX-Evil: 1", "\u202etxt", "a" * 200]
)
async def test_a_hostile_file_name_is_one_field_of_the_form(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.fit"
    path.write_bytes((b"SIMPLE  =                    T".ljust(80) + b"END").ljust(2880))
    hostile = Hostile("nothing")
    async with serving(hostile) as url:
        client = CrowdSkyServer(url, "alice", SECRET, limits=Limits(attempts=1))
        await client.upload_stack(path, scrub_location=1)
        hostile.status = 400
        with pytest.raises(CrowdSkyError) as caught:
            await client.upload_stack(path)
        await client.close()
    assert_clean(str(caught.value))
    _, _, body = hostile.asked[0].partition(b"\r\n\r\n")
    heads = [part.partition(b"\r\n\r\n")[0] for part in body.split(b"\r\n--")]
    fields = [head for head in heads if b"Content-Disposition" in head]
    assert len(fields) == 2  # scrub_location and the file
    assert all(
        head.count(b"\r\n") <= 2 and b"\n" not in head.replace(b"\r\n", b"") for head in heads
    )
    assert fields[-1].count(b'filename="') == 1
