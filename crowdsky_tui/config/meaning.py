"""Whether settings of the right types make sense, each and together."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from crowdsky_tui.base.addresses import check_host
from crowdsky_tui.base.errors import SettingsError, UsageError
from crowdsky_tui.config.alert_settings import check_alerts
from crowdsky_tui.config.command_settings import check_commands
from crowdsky_tui.config.instrument_settings import check_instruments
from crowdsky_tui.config.mqtt_settings import check_mqtt
from crowdsky_tui.config.schema import check_database, check_notices
from crowdsky_tui.config.scope_settings import scope_name
from crowdsky_tui.config.sensor_settings import check_sensors
from crowdsky_tui.config.site_settings import check_site

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


def check_meaning(settings: "Settings", source: str) -> None:
    """SettingsError for values that are each of the right type and do not fit together."""
    from crowdsky_tui.blocks import check_block_minutes
    from crowdsky_tui.config.rate_schedule import parse_timetable

    try:
        parse_timetable(settings.upload.limit)
    except ValueError as error:
        raise SettingsError(
            f"{source}: upload.limit is not valid",
            str(error),
            'Write it like "512k" or "08:00 512k, 23:00 off"',
        ) from error
    checks: tuple[tuple[str, Callable[[], None]], ...] = (
        ("notices", lambda: check_notices(settings.notices)),
        ("mqtt", lambda: check_mqtt(settings.mqtt)),
        ("site", lambda: check_site(settings.site)),
        ("alerts", lambda: check_alerts(settings.alerts)),
        ("sensors", lambda: check_sensors(settings.sensors, settings.safety)),
        ("commands", lambda: check_commands(settings.commands)),
    )
    for section, holds in checks:
        try:
            holds()
        except ValueError as error:
            what = f"{source}: {section} is not valid"
            raise SettingsError(what, str(error), "Correct it") from error
    try:
        check_database(settings.database)
    except ValueError as error:
        raise SettingsError(
            f"{source}: database.url is not valid",
            str(error),
            'Write it like "postgresql+psycopg://user:password@host/crowdsky"',
        ) from error
    try:
        check_block_minutes(settings.stacking.block_minutes, for_keys=True)
    except UsageError as error:
        raise SettingsError(
            f"{source}: stacking.block_minutes is not valid",
            f"{error.what}: {error.why}",
            error.next_step,
        ) from error
    _check_hosts(settings, source)
    _check_scopes(settings, source)
    _check_instruments(settings, source)


def _check_instruments(settings: "Settings", source: str) -> None:
    try:
        names = [scope_name(each) for each in settings.scopes]
        check_instruments(settings.instruments, settings.devices, names)
    except ValueError as error:
        raise SettingsError(
            f"{source}: instruments is not valid", str(error), "Correct it"
        ) from error


def _check_scopes(settings: "Settings", source: str) -> None:
    from crowdsky_tui.base.clock import zone_named

    for scope in settings.scopes:
        if not (scope.host or scope.serial):
            raise SettingsError(
                f"{source}: scopes.host is missing for {scope.name or 'a scope'}",
                "a scope is known by its address or by its serial",
                'Set host, or serial (both are in "crowdsky-tui scopes")',
            )
        if scope.files == "folder" and not scope.folder:
            raise SettingsError(
                f"{source}: scopes.folder is missing for {scope_name(scope)}",
                'files = "folder" needs the folder that holds MyWorks',
                'Set folder, or files = "smb"',
            )
        if scope.zone:
            try:
                zone_named(scope.zone)
            except ValueError as error:
                raise SettingsError(
                    f"{source}: scopes.zone is not valid",
                    str(error),
                    "Use a name such as Europe/Vienna, or leave it empty to ask the scope",
                ) from error
    names = [scope_name(scope) for scope in settings.scopes]
    if len(set(names)) != len(names):
        raise SettingsError(
            f"{source}: two scopes share a name", ", ".join(sorted(names)), "Give each its own name"
        )
    simulated = settings.clock
    if (simulated.origin is None) != (simulated.since is None):
        raise SettingsError(
            f"{source}: the clock is half set", "origin and since belong together", "Remove [clock]"
        )


def _check_hosts(settings: "Settings", source: str) -> None:
    """SettingsError for a host that is none, such as a web address or one with a port."""
    named = [("scopes.host", scope.host) for scope in settings.scopes]
    for key, host in (*named, *(("search.hosts", host) for host in settings.search.addresses)):
        try:
            check_host(host)
        except ValueError as error:
            raise SettingsError(
                f"{source}: {key} {host!r} is not valid", str(error), "Correct it there"
            ) from error
