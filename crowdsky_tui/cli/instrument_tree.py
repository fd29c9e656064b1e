"""Site, instruments and devices, by the settings and by Alpaca servers, as documents and lines."""

from typing import TYPE_CHECKING, Any

from crowdsky_tui.base.addresses import in_url
from crowdsky_tui.config.scope_settings import scope_name

if TYPE_CHECKING:
    from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.instruments.device_server import Configured, FoundServer

SENSOR_KINDS = {"safetymonitor": "alpaca_safety", "observingconditions": "alpaca_weather"}


def site_tree(settings: "Settings") -> dict[str, Any]:
    """Site and what stands there, by the settings; nothing is asked, and the place is left out."""
    scopes = [
        _entry(scope_name(each), "seestar", "telescope", each.host, each.serial)
        for each in settings.scopes
    ]
    sensors = [
        _entry(each.label, each.kind, "sensor", each.address, "") for each in settings.sensors
    ]
    rigs = [instrument_document(settings, each) for each in settings.instruments]
    name = settings.site.name or "site"
    return {"site": {"name": name, "instruments": [*scopes, *rigs, *sensors]}}


def _entry(name: str, kind: str, role: str, address: str, unique_id: str) -> dict[str, Any]:
    return {"name": name, "kind": kind, "role": role, "address": address, "unique_id": unique_id}


def instrument_document(settings: "Settings", each: "InstrumentSettings") -> dict[str, Any]:
    """An instrument of devices with its optics, its limits and its devices."""
    devices = [device for device in settings.devices if device.instrument == each.name]
    return {
        **_entry(each.name, "rig", "telescope", "", each.unique_id),
        "optics": {
            "aperture_mm": each.aperture_mm or None,
            "focal_mm": each.focal_mm or None,
        },
        "limits": {
            "min_altitude_deg": each.min_altitude,
            "max_altitude_deg": each.max_altitude,
            "sun_distance_deg": each.sun_distance,
            "settle_s": each.settle,
        },
        "folder": str(settings.frames_of(each)),
        "devices": [_device_document(device) for device in devices],
    }


def _device_document(device: "DeviceSettings") -> dict[str, Any]:
    told = {
        "role": device.role,
        "protocol": device.protocol,
        "address": device.address,
        "number": device.number,
        "unique_id": device.unique_id,
    }
    return {**told, "switch": device.switch} if device.role == "heater" else told


def tree_lines(document: dict[str, Any]) -> list[str]:
    """The tree for reading, a device below its instrument."""
    lines = [document["site"]["name"]]
    for each in document["site"]["instruments"]:
        lines.append(f"  {each['name']}  {each['kind']}  {each['address']}".rstrip())
        for device in each.get("devices", ()):
            where = f"{device['address']}/{device['number']}"
            told = f"    {device['role']}  {device['protocol']}  {where}  {device['unique_id']}"
            lines.append(told.rstrip())
    return lines


def instrument_lines(document: dict[str, Any]) -> list[str]:
    """One instrument for reading, with its optics and limits."""
    if "limits" not in document:
        return [f"{document['name']}  {document['kind']}  {document['address']}".rstrip()]
    limits, optics = document["limits"], document["optics"]
    lens = [f"{key.partition('_')[0]} {value:g} mm" for key, value in optics.items() if value]
    low, high = limits["min_altitude_deg"], limits["max_altitude_deg"]
    lines = [
        f"{document['name']}  {', '.join(lens) or 'optics not known'}",
        f"  altitude {low:g}° to {high:g}°, from the Sun {limits['sun_distance_deg']:g}° or more,"
        f" settles in {limits['settle_s']:g} s",
        f"  frames in {document['folder']}",
    ]
    return lines + tree_lines({"site": {"name": "", "instruments": [document]}})[2:]


def server_document(server: "FoundServer") -> dict[str, Any]:
    """A server for --json. `sensor` is the [[sensors]] table of a device that can be one."""
    return {
        "protocol": server.protocol,
        "addresses": [address_text(each) for each in server.addresses],
        "name": server.description.name,
        "maker": server.description.maker,
        "version": server.description.version,
        "devices": [
            {
                "type": device.kind,
                "number": device.number,
                "name": device.name,
                "unique_id": device.unique_id,
                "sensor": _sensor(server, device),
            }
            for device in server.devices
        ],
        "trouble": server.trouble,
    }


def server_lines(server: "FoundServer") -> list[str]:
    """A server for reading, with what to write into the settings for its sensors."""
    where = ", ".join(map(address_text, server.addresses))
    if server.trouble:
        return [f"{where}: {server.trouble}"]
    lines = [f"{where}  {server.description.name}".rstrip()]
    for device in server.devices:
        told = f"{device.kind} {device.number}  {device.name}  {device.unique_id}"
        lines.append(
            f"  {device.kind}  {device.name}" if server.protocol == "indi" else f"  {told}"
        )
        sensor = _sensor(server, device)
        if sensor:
            words = ", ".join(f'{key} = "{value}"' for key, value in sensor.items())
            lines.append(f"    as a sensor: {words}")
    return lines


def _sensor(server: "FoundServer", device: "Configured") -> dict[str, str]:
    kind, number, name = device.kind, device.number, device.name
    address = address_text(server.addresses[0])
    if server.protocol == "indi" and kind == "weather":
        return {"kind": "indi_weather", "address": f"{address}/{name}"}
    if server.protocol == "indi" or kind not in SENSOR_KINDS:
        return {}
    return {"kind": SENSOR_KINDS[kind], "address": f"{address}/{number}" if number else address}


def address_text(address: tuple[str, int]) -> str:
    """An address as it is typed: host and port, IPv6 in brackets."""
    host, port = address
    return f"{in_url(host)}:{port}"
