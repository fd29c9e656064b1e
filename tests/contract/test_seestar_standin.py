"""The telescope stand-in speaks as docs/design/seestar-protocol.md says."""

import asyncio
import hashlib
import json
from base64 import b64encode
from pathlib import Path

import httpx
import numpy as np
import pytest
from astropy.io import fits
from seestar_kit import BEGIN, SERIAL, client_of, frames, running, take

from crowdsky_tui.blocks import companions, parse_dso_name, parse_light_filename
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.fits import read_fits
from crowdsky_tui.simulator.sky import debayer


async def test_framing_is_compact_crlf_with_ids_as_sent(tmp_path: Path) -> None:
    async with running(tmp_path) as scope, client_of(scope) as client:
        client.writer.write(b'{"id":1.5,"method":"test_conn')
        await asyncio.sleep(0.01)
        client.writer.write(b'ection","verify":true}\r\n{"id":99,"method":"no_such"}\r\n')
        first = await client.reader.readline()
        second = json.loads(await client.reader.readline())
    assert b'"result":"server connected!","code":0,"id":1.5}\r\n' in first
    assert b" " not in first.replace(b"server connected!", b"")
    stamp = json.loads(first)["Timestamp"]
    assert isinstance(stamp, str)
    assert len(stamp.split(".")[1]) == 9
    assert (second["error"], second["code"], second["id"]) == ("method not found", 103, 99)
    assert "result" not in second


@pytest.mark.parametrize("line", [b"nonsense\r\n", b"[1,2]\r\n", b'{"id":1}\r\n'])
async def test_nonsense_is_an_error_and_the_line_stays_usable(tmp_path: Path, line: bytes) -> None:
    async with running(tmp_path) as scope, client_of(scope) as client:
        client.writer.write(line)
        assert (await client.line())["code"] == 101
        assert await client.result("test_connection") == "server connected!"


async def test_events_reach_every_client_between_replies(tmp_path: Path) -> None:
    async with (
        running(tmp_path, status_every=0.01) as scope,
        client_of(scope) as one,
        client_of(scope) as two,
    ):
        for client in (one, two):
            await asyncio.sleep(0.05)
            assert await client.result("test_connection") == "server connected!"
            assert {event["Event"] for event in client.events} == {"PiStatus"}
            assert "id" not in client.events[0]
        await one.result("set_setting", {"exp_ms": {"stack_l": 20000}})
        await two.result("test_connection")
        setting = next(event for event in two.events if event["Event"] == "Setting")
    assert setting["exp_ms"] == {"stack_l": 20000}


async def test_a_silent_client_is_cut_and_a_talking_one_is_not(tmp_path: Path) -> None:
    async with (
        running(tmp_path, idle_timeout=0.2, status_every=60) as scope,
        client_of(scope) as silent,
        client_of(scope) as talking,
    ):
        for _ in range(6):
            await asyncio.sleep(0.08)
            await talking.result("test_connection")
        assert await silent.reader.read() == b""
        assert scope.client_count == 1


async def test_device_state_gives_the_sections_asked_for(tmp_path: Path) -> None:
    async with running(tmp_path, firmware="7.32") as scope, client_of(scope) as client:
        every = await client.result("get_device_state", ["verify"])
        some = await client.result("get_device_state", {"keys": ["mount", "pi_status"]})
    assert every["device"]["firmware_ver_int"] == 2732
    assert every["device"]["sn"] == SERIAL
    assert set(some) == {"mount", "pi_status"}


async def test_settings_merge_and_strange_ones_are_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as scope, client_of(scope) as client:
        await client.result("set_setting", {"stack": {"drizzle2x": True}})
        stack = (await client.result("get_setting"))["stack"]
        strange = await client.call("set_setting", {"auto_af": True, "verify": True})
        wrapped = await client.call("set_setting", [{"auto_af": True}])
        changed = (await client.result("get_setting"))["auto_af"]
    assert stack["drizzle2x"] is True
    assert stack["star_correction"] is True
    assert (strange["code"], wrapped["code"]) == (109, 107)
    assert changed is True, "known keys are applied all the same"


async def test_time_has_its_own_zone_and_can_be_set_wrong(tmp_path: Path) -> None:
    async with running(tmp_path, speed=1.0) as scope, client_of(scope) as client:
        before = await client.result("pi_get_time")
        later = {**before, "hour": 23, "time_zone": "Asia/Kathmandu"}
        await client.result("pi_set_time", [later])
        after = await client.result("pi_get_time")
        bad = await client.call("pi_set_time", [{"time_zone": "Mars/Olympus"}])
    assert (before["hour"], before["min"], before["time_zone"]) == (6, 30, "Europe/Vienna")
    assert (after["hour"], after["time_zone"]) == (23, "Asia/Kathmandu")
    assert bad["code"] == 102


async def test_idle_view_is_a_cancelled_one(tmp_path: Path) -> None:
    async with running(tmp_path) as scope, client_of(scope) as client:
        idle = (await client.result("get_view_state"))["View"]
        scope.view.begin("M 51", (13.5, 47.1), BEGIN, exposure_s=30.0)
        scope.view.frame()
        scope.view.frame(263)
        busy = (await client.result("get_view_state"))["View"]
    assert (idle["state"], idle["mode"]) == ("cancel", "none")
    assert (busy["state"], busy["mode"], busy["stage"]) == ("working", "star", "Stack")
    assert (busy["target_name"], busy["target_ra_dec"]) == ("M 51", [13.5, 47.1])
    stack = busy["Stack"]
    assert (stack["stacked_frame"], stack["dropped_frame"], stack["frame_errcode"]) == (1, 1, 263)


async def test_albums_follow_the_disk(tmp_path: Path) -> None:
    take(tmp_path, frames(3))
    faults = Faults()
    async with running(tmp_path, faults=faults) as scope, client_of(scope) as client:
        albums = await client.result("get_albums")
        (tmp_path / "MyWorks" / "M 81_sub" / "extra.fit").write_bytes(b"x")
        again = await client.result("get_albums")
        faults.hidden_albums.add("M 81_sub")
        hidden = await client.result("get_albums")
    group = albums["list"][0]
    assert (albums["path"], group["group_name"]) == ("MyWorks", "DeepSky")
    assert [(row["name"], row["count"]) for row in group["files"]] == [("M 81", 0), ("M 81_sub", 3)]
    assert again["list"][0]["files"][1]["count"] == 4
    assert [row["name"] for row in hidden["list"][0]["files"]] == ["M 81"]


async def test_pages_of_twenty_share_one_cursor(tmp_path: Path) -> None:
    names = take(tmp_path, frames(23))
    take(tmp_path, frames(2, "M 51"))
    async with (
        running(tmp_path) as scope,
        client_of(scope) as one,
        client_of(scope) as two,
    ):
        pages = await one.result("get_img_file_page_number", {"dir": "MyWorks/M 81_sub"})
        first = await one.result("get_img_file_page_name", {"page": 0})
        second = await one.result("get_img_file_page_name", {"page": 1})
        await two.result("get_img_file_page_number", {"dir": "MyWorks/M 51_sub"})
        stolen = await one.result("get_img_file_page_name", {"page": 0})
        missing = await one.result("get_img_file_page_number", {"dir": "MyWorks/none"})
        outside = await one.call("get_img_file_page_number", {"dir": "MyWorks/../.."})
    assert pages == 2
    assert [row["name"] for row in first + second] == sorted(names), "no companions in pages"
    assert {row["name"].split("_")[1] for row in stolen} == {"M 51"}
    assert missing == 0
    assert outside["code"] == 102
    size = (tmp_path / "MyWorks" / "M 81_sub" / names[0]).stat().st_size
    assert first[0]["size_k"] == round(size / 1024)


async def _configure(client: object, names: list[str], *, full: bool = True) -> None:
    path = "MyWorks/M 81_sub"
    files = [{"name": f"{path}/{name}" if full else name} for name in names]
    await client.result("set_batch_stack_setting", {"path": path, "files": files})  # type: ignore[attr-defined]
    await client.result("start_batch_stack")  # type: ignore[attr-defined]


async def test_a_batch_stack_is_the_mean_of_its_sub_frames(tmp_path: Path) -> None:
    names = take(tmp_path, frames(8))
    folder = tmp_path / "MyWorks"
    async with running(tmp_path) as scope, client_of(scope) as client:
        await _configure(client, names)
        busy = await client.call("start_batch_stack")
        done = await client.batch_end()
    assert (busy["code"], busy["error"]) == (259, "stack is already running")
    assert done["state"] == "complete"
    assert (done["percent"], done["stacked_img"], done["total_img"]) == (100.0, 8, 8)
    name = done["output_file"]["files"][0]["name"]
    assert done["output_file"]["path"] == "MyWorks/M 81"
    parsed = parse_dso_name(name)
    assert parsed is not None
    assert (parsed.frames, parsed.target, parsed.exposure) == (8, "M 81", "20.0s")
    assert f"{parsed.datetime:%H:%M}" == "06:30", "the scope's local time of stacking"
    subs = [read_fits(folder / "M 81_sub" / each) for each in names]
    mean = np.mean([pixels for _, pixels in subs], axis=0, dtype=np.float32)
    with fits.open(folder / "M 81" / name) as hdus:
        header, data = hdus[0].header, hdus[0].data
        assert data.shape == (3, 192, 108)
        assert data.dtype == np.uint16
        assert np.abs(data - debayer(np.asarray(mean))).max() <= 1
    assert (header["STACKCNT"], header["TOTALEXP"], header["EXPTIME"]) == (8, 160.0, 20.0)
    assert header["DATE-OBS"] == subs[-1][0]["DATE-OBS"]
    assert header["TELESCOP"] == f"S50_{SERIAL}"
    assert (folder / "M 81" / name).stat().st_size % 2880 == 0
    for companion in companions(name):
        assert (folder / "M 81" / companion).read_bytes()[:2] == b"\xff\xd8"
    states = [event["state"] for event in client.events if event["Event"] == "BatchStack"]
    assert states[0] == "working"
    assert states[-1] == "complete"


async def test_a_result_sticks_until_it_is_cleared(tmp_path: Path) -> None:
    names = take(tmp_path, frames(2))
    async with running(tmp_path, seconds_per_frame=0) as scope, client_of(scope) as client:
        await _configure(client, names)
        first = await client.batch_end()
        again = await client.batch_end()
        await client.result("clear_batch_stack")
        cleared = await client.result("iscope_get_app_state")
    assert first == again
    assert "BatchStack" not in cleared


@pytest.mark.parametrize(
    ("firmware", "full", "state"),
    [
        ("7.75", True, "complete"),
        ("7.75", False, "fail"),
        ("7.32", False, "complete"),
        ("7.32", True, "fail"),
    ],
)
async def test_the_path_rule_of_each_firmware(
    tmp_path: Path, firmware: str, full: bool, state: str
) -> None:
    names = take(tmp_path, frames(2))
    async with (
        running(tmp_path, firmware=firmware, seconds_per_frame=0) as scope,
        client_of(scope) as client,
    ):
        await _configure(client, names, full=full)
        done = await client.batch_end()
        cleared = await client.call("clear_batch_stack")
        await client.result("clear_app_state", {"name": "BatchStack"})
        assert "BatchStack" not in await client.result("iscope_get_app_state")
    assert done["state"] == state
    assert cleared["code"] == (0 if firmware == "7.75" else 103)
    if state == "fail":
        assert (done["error"], done["code"]) == ("no image", 267)


async def test_a_missing_frame_fails_and_a_useless_one_is_left_out(tmp_path: Path) -> None:
    names = take(tmp_path, frames(9, quality="hazy"))
    folder = tmp_path / "MyWorks" / "M 81_sub"
    (folder / names[0]).write_bytes((folder / names[0]).read_bytes()[:9000])
    async with running(tmp_path, seconds_per_frame=0) as scope, client_of(scope) as client:
        await _configure(client, names)
        done = await client.batch_end()
        await _configure(client, [*names, "Light_M 81_20.0s_IRCUT_20260227-235959.fit"])
        missing = await client.batch_end()
        await _configure(client, names[:1])
        none_left = await client.batch_end()
    name = parse_dso_name(done["output_file"]["files"][0]["name"])
    assert name is not None
    assert name.frames == 7, "one is cut short, one shows no stars"
    assert (missing["code"], none_left["code"]) == (267, 267)


async def test_a_stopped_batch_stack_is_cancelled(tmp_path: Path) -> None:
    names = take(tmp_path, frames(5))
    async with running(tmp_path, speed=1.0) as scope, client_of(scope) as client:
        await _configure(client, names)
        await client.result("stop_batch_stack")
        assert (await client.batch_end())["state"] == "cancel"
        assert list((tmp_path / "MyWorks" / "M 81").iterdir()) == []


async def test_stacking_takes_the_clocks_time(tmp_path: Path) -> None:
    names = take(tmp_path, frames(10))
    async with running(tmp_path, speed=100.0) as scope, client_of(scope) as client:
        began = scope.time.clock.now()
        await _configure(client, names)
        await client.batch_end()
        took = (scope.time.clock.now() - began).total_seconds()
    assert took >= 10 * 2.5
    progress = [e["stacked_img"] for e in client.events if e["Event"] == "BatchStack"]
    assert progress == sorted(progress)
    assert any(0 < done < 10 for done in progress)


async def test_login_is_wanted_in_silence(tmp_path: Path) -> None:
    async with (
        running(tmp_path, login="required", status_every=0.02) as scope,
        client_of(scope) as client,
    ):
        await client.send("get_device_state")
        challenge = (await client.result("get_verify_str", "verify"))["str"]
        sign = {"sign": "AAAA", "data": challenge}
        refused = await client.call("verify_client", sign)
        await asyncio.sleep(0.05)
        await client.call("get_verify_str", "verify")
    assert refused["code"] == -1
    assert {event["Event"] for event in client.events} == {"PiStatus"}, "no reply, but events"


def _signed(challenge: str, private: int, modulus: int) -> str:
    """RSA PKCS#1 v1.5 with SHA-1 over the challenge, as base64."""
    digest = "3021300906052b0e03021a05000414" + hashlib.sha1(challenge.encode()).hexdigest()
    size = (modulus.bit_length() + 7) // 8
    padded = "0001" + "ff" * (size - 3 - len(digest) // 2) + "00" + digest
    return b64encode(pow(int(padded, 16), private, modulus).to_bytes(size, "big")).decode()


async def test_login_with_the_key_is_answered(tmp_path: Path) -> None:
    p, q = 2**521 - 1, 2**607 - 1  # Mersenne primes make a key that nobody else uses
    private = pow(65537, -1, (p - 1) * (q - 1))
    async with running(tmp_path, login="required") as scope, client_of(scope) as client:
        scope.public_key = (p * q, 65537)
        challenge = (await client.result("get_verify_str", "verify"))["str"]
        wrong = {"sign": _signed("another", private, p * q), "data": challenge}
        assert (await client.call("verify_client", wrong))["code"] == -1
        right = {"sign": _signed(challenge, private, p * q), "data": challenge}
        await client.result("verify_client", right)
        assert await client.result("pi_is_verified", "verify") is True


async def test_older_firmware_knows_no_login(tmp_path: Path) -> None:
    async with running(tmp_path, firmware="7.06") as scope, client_of(scope) as client:
        assert (await client.call("get_verify_str", "verify"))["code"] == 103


async def test_faults_stall_drop_and_refuse(tmp_path: Path) -> None:
    faults = Faults(
        stall={"get_albums"}, drop_on={"get_setting"}, refuse={"pi_get_info": (207, "no")}
    )
    async with running(tmp_path, faults=faults) as scope, client_of(scope) as client:
        await client.send("get_albums")
        refused = await client.call("pi_get_info")
        await client.send("get_setting")
        assert await client.reader.read() == b""
    assert (refused["code"], refused["error"]) == (207, "no")
    assert scope.requests == ["get_albums", "pi_get_info", "get_setting"]


async def test_files_over_http_with_ranges(tmp_path: Path) -> None:
    name = take(tmp_path, frames(1))[0]
    content = (tmp_path / "MyWorks" / "M 81_sub" / name).read_bytes()
    async with running(tmp_path) as scope:
        base = f"http://127.0.0.1:{scope.http_port}/MyWorks/M%2081_sub"
        async with httpx.AsyncClient() as web:
            whole = await web.get(f"{base}/{name}")
            head = await web.get(f"{base}/{name}", headers={"Range": "bytes=0-2879"})
            tail = await web.get(f"{base}/{name}", headers={"Range": "bytes=48000-"})
            beyond = await web.get(f"{base}/{name}", headers={"Range": "bytes=999999-"})
            missing = await web.get(f"{base}/none.fit")
            outside = await web.get(f"{base}/%2e%2e/%2e%2e/%2e%2e/etc/passwd")
    assert (whole.status_code, whole.content) == (200, content)
    assert int(whole.headers["Content-Length"]) == len(content)
    assert (head.status_code, head.content) == (206, content[:2880])
    assert head.headers["Content-Range"] == f"bytes 0-2879/{len(content)}"
    assert (tail.status_code, tail.content) == (206, content[48000:])
    assert (beyond.status_code, missing.status_code, outside.status_code) == (416, 404, 404)


async def test_a_body_can_end_early(tmp_path: Path) -> None:
    name = take(tmp_path, frames(1))[0]
    async with running(tmp_path, faults=Faults(truncate_http=10_000)) as scope:
        url = f"http://127.0.0.1:{scope.http_port}/MyWorks/M%2081_sub/{name}"
        async with httpx.AsyncClient() as web:
            received = 0
            with pytest.raises(httpx.RemoteProtocolError):
                async with web.stream("GET", url) as response:
                    async for chunk in response.aiter_raw():
                        received += len(chunk)
    assert received == 10_000


async def test_a_sub_frame_is_what_a_seestar_writes(tmp_path: Path) -> None:
    shot = frames(1)[0]
    name = take(tmp_path, [shot], full_size=True)[0]
    path = tmp_path / "MyWorks" / "M 81_sub" / name
    parsed = parse_light_filename(name)
    assert parsed is not None
    assert f"{parsed.datetime:%H:%M:%S}" == "20:00:21", "local time of saving"
    assert path.stat().st_size == 4_152_960
    with fits.open(path) as hdus:
        hdus.verify("exception")
        header = hdus[0].header
        assert hdus[0].data.shape == (1920, 1080)
    assert header["DATE-OBS"] == "2026-02-27T19:00:00.000000", "UTC, the exposure's start"
    assert (header["OBJECT"], header["FILTER"], header["EXPTIME"]) == ("M 81", "IRCUT", 20.0)
    assert abs(header["RA"] - 149.42) < 0.01
    assert header["BAYERPAT"] == "GRBG"


async def test_it_tells_its_camera_and_what_it_has_stacked(tmp_path: Path) -> None:
    async with running(tmp_path) as scope, client_of(scope) as client:
        camera = await client.result("get_camera_info")
        told = (await client.result("get_device_state"))["camera"]
        for name in ("chip_size", "pixel_size_um", "debayer_pattern"):
            assert camera[name] == told[name]
        assert camera["chip_size"] == [1080, 1920] and camera["is_color"] is True
        assert await client.result("get_stack_info") == {"width": 0, "height": 0}
        scope.view.stacked = 3
        assert await client.result("get_stack_info") == {"width": 1080, "height": 1920}
