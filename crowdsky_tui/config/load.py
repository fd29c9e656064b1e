"""Typed, layered, strict settings.

Later layers win: defaults < config.toml < config.local.toml < environment < command line. The
program writes only `config.local.toml`; the user's own commented file is never touched.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
import platformdirs

from crowdsky_tui.base.absent_disk import keep_base
from crowdsky_tui.base.addresses import login_in
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.base.files import read_plain
from crowdsky_tui.base.redaction import keep_place, keep_secret
from crowdsky_tui.base.text import holds_nul
from crowdsky_tui.config.alert_settings import AlertSettings
from crowdsky_tui.config.automatic_settings import AutomaticSettings, PlanSettings
from crowdsky_tui.config.command_settings import CommandSettings
from crowdsky_tui.config.compute_settings import ComputeSettings
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.config.meaning import check_meaning
from crowdsky_tui.config.mqtt_settings import MqttSettings
from crowdsky_tui.config.remote_settings import RemoteSettings
from crowdsky_tui.config.schema import (
    ClockSettings,
    ConfirmSettings,
    DatabaseSettings,
    DisplaySettings,
    NetworkSettings,
    NoticeSettings,
    ReviewSettings,
    ServerSettings,
    StackingSettings,
    StorageSettings,
    UploadSettings,
)
from crowdsky_tui.config.scope_settings import ScopeSettings, SearchSettings
from crowdsky_tui.config.section import Section, says
from crowdsky_tui.config.sensor_settings import SafetySettings, SensorSettings
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.config.survey_settings import SurveySettings
from crowdsky_tui.config.units import UnitError, in_own_units
from crowdsky_tui.config.validate import refuse_unknown
from crowdsky_tui.config.wrong_values import in_words

APP = "crowdsky-tui"


class Settings(Section, frozen=True):
    """Everything that can be set. `read_settings` builds it from the layers."""

    read_only: Annotated[
        bool,
        says(
            "Look only: whatever would change a telescope is refused. --read-only does the same"
            " for one run."
        ),
    ] = False
    server: ServerSettings = ServerSettings()
    network: NetworkSettings = NetworkSettings()
    remote: RemoteSettings = RemoteSettings()
    surveys: SurveySettings = SurveySettings()
    compute: ComputeSettings = ComputeSettings()
    search: SearchSettings = SearchSettings()
    stacking: StackingSettings = StackingSettings()
    upload: UploadSettings = UploadSettings()
    confirm: ConfirmSettings = ConfirmSettings()
    storage: StorageSettings = StorageSettings()
    database: DatabaseSettings = DatabaseSettings()
    site: SiteSettings = SiteSettings()
    automatic: AutomaticSettings = AutomaticSettings()
    plan: PlanSettings = PlanSettings()
    alerts: AlertSettings = AlertSettings()
    notices: NoticeSettings = NoticeSettings()
    mqtt: MqttSettings = MqttSettings()
    review: ReviewSettings = ReviewSettings()
    display: DisplaySettings = DisplaySettings()
    safety: SafetySettings = SafetySettings()
    clock: ClockSettings = ClockSettings()
    keymap: Annotated[
        dict[str, str],
        says(
            "Keys of your own, by the ids in the table of docs/keys.md. Several keys go into one"
            " string.",
            {"stack": "s,f5"},
        ),
    ] = msgspec.field(default_factory=dict)
    scopes: Annotated[tuple[ScopeSettings, ...], says("One table for each telescope.")] = ()
    sensors: Annotated[
        tuple[SensorSettings, ...],
        says("One table for each sky quality meter, cloud sensor or weather station."),
    ] = ()
    instruments: Annotated[
        tuple[InstrumentSettings, ...],
        says("One table for each instrument of your own devices on one mount, no Seestar."),
    ] = ()
    devices: Annotated[
        tuple[DeviceSettings, ...], says("One table for each device of such an instrument.")
    ] = ()
    commands: Annotated[
        tuple[CommandSettings, ...], says("One table for each program of your own with a key.")
    ] = ()

    def _folder(self, text: str, default: Path) -> Path:
        """What is set, below `storage.base` where it is relative."""
        return Path(self.storage.base).expanduser() / Path(text).expanduser() if text else default

    @property
    def state_dir(self) -> Path:
        """Where the journal, its lock and the log file live."""
        return self._folder(self.storage.state_dir, platformdirs.user_state_path(APP))

    @property
    def downloads(self) -> Path:
        """Where fetched stacks are kept."""
        return self._folder(self.storage.downloads, platformdirs.user_data_path(APP) / "stacks")

    @property
    def pictures(self) -> Path:
        """The folder of saved pictures and films."""
        return self._folder(self.storage.pictures, self.downloads / "pictures")

    def frames_of(self, instrument: InstrumentSettings) -> Path:
        """The folder of an instrument's frames."""
        return self._folder(instrument.folder, self.downloads / "frames" / instrument.name)

    @property
    def remote_cache(self) -> Path:
        """Where pictures of telescope.org are kept."""
        own = self.remote.cache
        return Path(own).expanduser() if own else self.downloads / "telescope.org"

    @property
    def survey_answers(self) -> Path:
        """Where the answers of surveys are kept."""
        return self.state_dir / "surveys"

    def make_clock(self) -> Clock:
        """The clock that these settings ask for."""
        return Clock(self.clock.origin, self.clock.since, self.clock.speed)


class Loaded(msgspec.Struct, frozen=True):
    """Settings with where they come from: `sources` maps a dotted key to its layer's name."""

    settings: Settings
    path: Path
    local_path: Path
    sources: dict[str, str]


Table = ScopeSettings | SensorSettings | InstrumentSettings | DeviceSettings | CommandSettings
TABLES: Mapping[str, type[Table]] = {
    "scopes": ScopeSettings,
    "sensors": SensorSettings,
    "instruments": InstrumentSettings,
    "devices": DeviceSettings,
    "commands": CommandSettings,
}
"""What there may be several of: each a list of tables in the file."""
SECRET_KEYS = frozenset(
    {
        "server.password",
        "server.api_key",
        "remote.password",
        "surveys.atlas_password",
        "alerts.aavso_key",
        "alerts.tns_key",
        "alerts.gcn_secret",
        "mqtt.password",
        "network.proxy",  # may hold a login
        "database.url",  # so may this
        "notices.url",  # whoever knows it can write there
        "automatic.latitude",
        "automatic.longitude",
        "site.latitude",
        "site.longitude",
    }
)
LARGEST = 1_000_000
"""Bytes of a settings file."""
_ENVIRONMENT = {
    "CROWDSKY_USERNAME": "server.username",
    "CROWDSKY_PASSWORD": "server.password",
    "CROWDSKY_API_KEY": "server.api_key",
    "CROWDSKY_URL": "server.url",
    "CROWDSKY_SEARCH": "search.hosts",
    "TELESCOPE_ORG_USERNAME": "remote.username",
    "TELESCOPE_ORG_PASSWORD": "remote.password",
    "AAVSO_TARGET_TOOL_KEY": "alerts.aavso_key",
    "TNS_API_KEY": "alerts.tns_key",
    "GCN_CLIENT_SECRET": "alerts.gcn_secret",
    "CROWDSKY_TUI_MQTT_PASSWORD": "mqtt.password",
}


def download_folder(settings: Settings) -> Path:
    """Where stacks that come back from the server are kept, if the user does not say."""
    return settings.downloads / "from-server"


def default_path() -> Path:
    """The user's settings file on this platform."""
    return platformdirs.user_config_path(APP) / "config.toml"


def local_path_for(path: Path) -> Path:
    """The file beside `path` that this program may write."""
    return path.with_name(f"{path.stem}.local.toml")


def read_settings(
    path: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    overrides: Mapping[str, Any] | None = None,
) -> Loaded:
    """Read all layers; raise SettingsError naming file, key, nearest valid key and expected type.

    `path` given by the user must exist; the default one need not. `overrides` maps dotted keys to
    values from the command line.
    """
    if path is not None and not path.is_file():
        why = "it is no plain file" if path.exists() else "it does not exist"
        raise SettingsError(f"no settings file at {path}", why, "Check the path given to --config")
    path = path or default_path()
    local = local_path_for(path)
    from_environment = {
        key: environment[name] for name, key in _ENVIRONMENT.items() if environment.get(name)
    }
    merged: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for source, layer in (
        (str(path), read_toml(path)),
        (str(local), read_toml(local)),
        ("environment", nested(from_environment)),
        ("command line", nested(overrides or {})),
    ):
        if layer:
            check(layer, source)
            merge(merged, layer)
            sources.update(dict.fromkeys(_leaf_keys(layer), source))
    settings = check(merged, str(path))
    keep_secrets(settings)
    keep_base(settings.storage.base)
    return Loaded(settings, path, local, sources)


def _texts(tree: Any) -> Iterator[str]:
    """All texts among the settings' values."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for each in tree.values():
            yield from _texts(each)
    elif isinstance(tree, list | tuple):
        for each in tree:
            yield from _texts(each)


def keep_secrets(settings: Settings) -> None:
    """From now on nothing that this process says or writes holds them."""
    server, url = settings.server, settings.notices.url
    path = url.partition("://")[2].partition("/")[2]
    keep_secret(server.password, server.api_key, url, path, user=server.username)
    keep_secret(settings.mqtt.password, user=settings.mqtt.username)
    keep_secret(settings.remote.password, user=settings.remote.username)
    keep_secret(settings.surveys.atlas_password, user=settings.surveys.atlas_username)
    keep_secret(settings.alerts.aavso_key, settings.alerts.tns_key, settings.alerts.gcn_secret)
    for address in _texts(msgspec.to_builtins(settings)):
        if "@" in address:
            user, password = login_in(address)
            keep_secret(password, unquote(password), user=unquote(user))
    site = settings.site
    keep_place(settings.automatic.latitude, settings.automatic.longitude)
    keep_place(site.latitude or 0.0, site.longitude or 0.0)


def check(data: Mapping[str, Any], source: str) -> Settings:
    """Validate one layer (or all merged); SettingsError if a key or a type is wrong."""
    refuse_unknown(data, Settings, source, "")
    if holds_nul(data):
        raise SettingsError(f"{source}: a text holds the sign \\u0000", "", "Correct it there")
    try:
        settings = msgspec.convert(in_own_units(data, Settings), Settings)
    except UnitError as error:
        raise SettingsError(
            f"{source}: {error.key} is not valid", error.why, "Correct it there"
        ) from None
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        key = where.strip("`.") or "the file"
        why = in_words(what)
        raise SettingsError(f"{source}: {key} is not valid", why, "Correct it there") from error
    check_meaning(settings, source)
    return settings


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's content, empty if there is no such file. Raises SettingsError."""
    try:
        return tomllib.loads(read_plain(path, LARGEST).decode("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:  # also for a number of thousands of digits
        raise SettingsError(
            f"{path} is not valid TOML", str(error), "Correct it or move it away"
        ) from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read", error.strerror or "") from error


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted keys as a tree."""
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *parents, leaf = key.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return tree


def merge(into: dict[str, Any], layer: Mapping[str, Any]) -> None:
    """Lay one tree over another, in place."""
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value


def _leaf_keys(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaf_keys(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
