"""Settings: layers, strictness, and saving."""

import re
import stat
import tomllib
from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.command_settings import CommandSettings
from crowdsky_tui.config.describe import example_file
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.config.load import TABLES, Settings, read_settings
from crowdsky_tui.config.sensor_settings import SensorSettings
from crowdsky_tui.config.values import flat
from crowdsky_tui.config.write import save_settings
from crowdsky_tui.tui.keymap_lines import keymap_lines

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def write(folder: Path, text: str, name: str = "config.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_later_layers_win(tmp_path: Path) -> None:
    path = write(tmp_path, '[server]\nusername = "file"\npassword = "file"\nurl = "https://a"')
    write(tmp_path, '[server]\nusername = "local"\npassword = "local"', "config.local.toml")
    loaded = read_settings(
        path, {"CROWDSKY_USERNAME": "environment"}, {"stacking.min_exptime": 60.0}
    )
    assert loaded.settings.server.url == "https://a"
    assert loaded.settings.server.username == "environment"
    assert loaded.settings.server.password == "local"
    assert loaded.settings.stacking.min_exptime == 60.0
    assert loaded.sources["server.username"] == "environment"
    assert loaded.sources["stacking.min_exptime"] == "command line"
    assert loaded.sources["server.url"] == str(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[servr]\n", ["servr", "server"]),
        ('[server]\nuser = "x"', ["server.user", "server.username", "str"]),
        ('[stacking]\nblock_minutes = "x"', ["stacking.block_minutes", "int", "str"]),
        ("[stacking]\nblock_minutes = 10", ["stacking.block_minutes", "15-minute slot"]),
        ("[stacking]\nblock_minutes = 7", ["stacking.block_minutes", "divide an hour"]),
        ('[[scopes]]\nhots = "x"', ["scopes.hots", "scopes.host"]),
        ('[[scopes]]\nname = "a"', ["scopes.host", "serial"]),
        ("[[scopes]]\nhost = 3", ["scopes[0].host", "str"]),
        ('[[scopes]]\nhost = "a"\nrpc_port = 70000', ["rpc_port", "65535"]),
        ('[[scopes]]\nhost = "a"\nfiles = "folder"', ["folder", "MyWorks"]),
        ('[[scopes]]\nhost = "a"\nzone = "Mars/Base"', ["zone", "Mars/Base"]),
        ('[[scopes]]\nhost = "a"\n[[scopes]]\nhost = "a"', ["share a name"]),
        ("[clock]\norigin = 2026-02-28T05:30:00Z", ["origin and since"]),
        ("this is not toml", ["not valid TOML"]),
        ('[automatic]\nwhen = "noonish"', ["automatic.when", "idle|dawn"]),
        ('[notices]\nurl = "http://ntfy.sh/x"', ["notices", "https://"]),
        ('[notices]\nquiet_from = "22:00"', ["notices", "quiet_to"]),
        ('[upload]\nlimit = "fast"', ["upload.limit", "fast", "08:00 512k"]),
    ],
)
def test_a_mistake_names_file_key_and_remedy(tmp_path: Path, text: str, words: list[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_settings(path, {})
    assert str(path) in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_config_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no settings file"):
        read_settings(tmp_path / "none.toml", {})


def test_example_parses_to_the_defaults(tmp_path: Path) -> None:
    assert read_settings(EXAMPLE, {}).settings == Settings()


def test_the_example_is_what_the_settings_say_of_themselves() -> None:
    assert EXAMPLE.read_text() == example_file(), (
        "crowdsky-tui config example > config.example.toml"
    )


EXAMPLE_RUN = ["/home/pi/bin/note-target", "--quick"]


def test_example_holds_every_key_with_its_default(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()
    uncommented = re.sub(r"^# (\w+ = |\[\[)", r"\1", text, flags=re.MULTILINE)
    example = tomllib.loads(uncommented)
    scope = example.pop("scopes")[0]
    assert scope == {
        "host": "seestar.local",
        "name": "",
        "serial": "",
        "key_path": "",
        "rpc_port": 4700,
        "http_port": 80,
        "smb_port": 445,
        "udp_port": 4720,
        "files": "smb",
        "folder": "",
        "zone": "",
    }
    assert example.pop("sensors") == [
        msgspec.structs.asdict(SensorSettings(address="/dev/ttyUSB0"))
    ]
    assert example.pop("commands") == [
        msgspec.structs.asdict(CommandSettings(key="f6")) | {"run": EXAMPLE_RUN}
    ]
    assert example.pop("instruments") == [
        msgspec.structs.asdict(InstrumentSettings(name="balcony"))
    ]
    assert example.pop("devices") == [
        msgspec.structs.asdict(DeviceSettings(instrument="balcony", address="192.168.1.20:11111"))
    ]
    assert example.pop("keymap") == {"stack": "s,f5"}
    clock = example.pop("clock")
    assert set(clock) == {"origin", "since", "speed"}
    assert example.pop("read_only") is False
    written = {
        f"{table}.{key}": value for table, keys in example.items() for key, value in keys.items()
    }
    unset = {"site.latitude", "site.longitude", "site.elevation", "site.obstructions"}
    assert {key: type(written.pop(key)) for key in unset} == dict.fromkeys(unset, str) | {
        "site.obstructions": list
    }
    defaults = {
        key: value
        for key, value in flat(Settings()).items()
        if key.partition(".")[0] not in {*TABLES, "keymap", "clock", "read_only"}
        and key not in unset
    }
    assert written == defaults


def test_saving_writes_a_private_local_file_and_leaves_the_users_alone(tmp_path: Path) -> None:
    mine = '[server]\n# my comment\nusername = "me"\n'
    loaded = read_settings(write(tmp_path, mine), {})
    save_settings(loaded, {"server.password": "1234"})
    save_settings(loaded, {"stacking.min_exptime": "300"})
    local = tmp_path / "config.local.toml"
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    assert (tmp_path / "config.toml").read_text() == mine
    again = read_settings(tmp_path / "config.toml", {}).settings
    assert again.server.password == "1234"
    assert again.stacking.min_exptime == 300.0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".config")] == []


@pytest.mark.parametrize(
    ("key", "value"), [("server.nope", "x"), ("upload.parallel", "9"), ("upload.parallel", "many")]
)
def test_a_wrong_value_is_not_saved(tmp_path: Path, key: str, value: str) -> None:
    loaded = read_settings(write(tmp_path, ""), {})
    with pytest.raises(SettingsError):
        save_settings(loaded, {key: value})
    assert not (tmp_path / "config.local.toml").exists()


def test_secrets_are_masked_when_shown(tmp_path: Path) -> None:
    settings = read_settings(write(tmp_path, '[server]\npassword = "hush"'), {}).settings
    assert "hush" not in str(flat(settings))


def test_the_api_key_is_a_secret_that_the_environment_may_hold(tmp_path: Path) -> None:
    path = write(tmp_path, '[server]\napi_key = "csk_file"')
    assert read_settings(path, {}).settings.server.api_key == "csk_file"
    loaded = read_settings(path, {"CROWDSKY_API_KEY": "csk_environment"})
    assert loaded.settings.server.api_key == "csk_environment"
    assert "csk_" not in str(flat(loaded.settings))


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'\xef\xbb\xbf[server]\r\nusername = "demo"\r\n[keymap]\nstack = "s"\n')
    (tmp_path / "config.local.toml").write_bytes(b"\xef\xbb\xbfread_only = true\n")
    settings = read_settings(path, {}).settings
    assert settings.server.username == "demo" and settings.read_only
    path.write_bytes(b"\xef\xbb\xbf[keymap]\nstack = 's'\n")
    assert keymap_lines([path]) == {"stack": "config.toml, line 2"}
    for odd in (b"\xff\xfe[\x00s\x00", "[ö]".encode("latin-1")):
        path.write_bytes(odd)
        with pytest.raises(SettingsError, match="not valid TOML"):
            read_settings(path, {})


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///x",
        "mysql://bob:c4nary@host/db",
        "postgresql://bob:c4nary@host",
        "postgresql+psycopg://bob:c4n/ary@host/db",
        "postgresql://bob:c4nary@/db",
        "postgresql://bob@host/db?password=c4nary",
        "postgresql://bob:c4nary@host:x/db",
    ],
)
def test_a_databases_address_that_is_none_is_refused_and_not_repeated(
    tmp_path: Path, url: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(write(tmp_path, f'[database]\nurl = "{url}"'))
    assert "database.url" in str(caught.value)
    assert not re.search("c4n|ary|bob", f"{caught.value}")


def test_a_databases_password_is_masked_and_said_nowhere(tmp_path: Path) -> None:
    url = "postgresql+psycopg://bob:c4n%2Fary@db.example/club"
    loaded = read_settings(write(tmp_path, f'[database]\nurl = "{url}"'))
    shown = str(flat(loaded.settings)["database.url"])
    assert "c4n" not in shown and "bob" not in shown and "db.example/club" in shown
    assert "c4n" not in clean("refused c4n/ary") + clean("refused c4n%2Fary")


def test_a_login_in_the_proxys_address_is_masked(tmp_path: Path) -> None:
    path = write(tmp_path, '[network]\nproxy = "http://bob:c4n%20ary@proxy.example:3128"')
    shown = str(flat(read_settings(path, {}).settings))
    assert "c4n" not in shown and "bob" not in shown and "proxy.example:3128" in shown
    assert "c4n" not in clean("407: c4n ary, c4n%20ary")


def test_relative_folders_lie_in_the_base(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        f'[storage]\nbase = "{tmp_path}/usb"\ndownloads = "stacks"\npictures = "/elsewhere"\n'
    )
    settings = read_settings(path, {}).settings
    assert settings.downloads == tmp_path / "usb" / "stacks"
    assert settings.pictures == Path("/elsewhere")
    assert settings.state_dir.is_absolute() and "usb" not in settings.state_dir.parts
    path.write_text('[storage]\ndownloads = "stacks"\n')
    assert read_settings(path, {}).settings.downloads == Path("stacks")
