"""The telescope's settings and the sections of `get_device_state`.

Source: docs/design/seestar-protocol.md 3.1.
"""

import copy
from typing import Any

from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.wire import (
    EXPECTED_OBJECT,
    NOT_SUPPORTED,
    UNEXPECTED_PARAM,
    Fault,
)

TOTAL_MB = 51854
CLAIMS_CONTROL = "master_cli"

COMMON_SETTINGS: dict[str, Any] = {
    "temp_unit": "C",
    "beep_volume": "close",
    "lang": "en",
    "stack_lenhance": False,
    "heater_enable": False,
    "auto_power_off": False,
    "auto_af": False,
    "frame_calib": True,
    "calib_location": 2,
    "wide_cam": False,
    "stack_after_goto": True,
    "guest_mode": False,
    "usb_en_eth": False,
    "dark_mode": False,
    "plan_target_af": False,
    "viewplan_gohome": True,
    "expert_mode": False,
    "mosaic": {
        "scale": 1.0,
        "angle": 0.0,
        "estimated_hours": 0.258333,
        "star_map_angle": 361.0,
        "star_map_ratio": 1.0,
    },
    "stack": {
        "dbe": False,
        "star_correction": True,
        "airplane_line_removal": False,
        "drizzle2x": False,
        "capt_type": "stack",
        "save_discrete_frame": False,
        "save_discrete_ok_frame": True,
        "light_duration_min": -1,
        "brightness": 0.0,
        "contrast": 0.0,
        "saturation": 0.0,
    },
    "ae_bri_percent": 50.0,
    "manual_exp": False,
    "isp_gain": -9990.0,
    "isp_range_gain": [0, 400],
    "stack_dither": {"pix": 100, "interval": 5, "enable": True},
    "exp_ms": {"stack_l": 10000, "continuous": 500},
}
PER_CAMERA = ("ae_bri_percent", "manual_exp", "isp_gain", "isp_range_gain")
"""Those that a second camera has once more, for itself."""
PREVIEW_SETTINGS: dict[str, Any] = {
    "preview": {
        "rtsp_quality": "HighQuality",
        "image_transfer_mode": "Raw",
        "rtsp_width": 1080,
        "rtsp_height": 1920,
    },
    "typec_mode": "file",
}


def factory_settings(profile: Profile) -> dict[str, Any]:
    """`get_setting` of a telescope that nobody has touched."""
    make = profile.make
    width, height = make.tele.chip
    settings = {
        **copy.deepcopy(COMMON_SETTINGS),
        "center_xy": [width // 2, height // 2],
        "focal_pos": make.focus,
        "factory_focal_pos": make.focus,
    }
    if profile.has_auto_lenhance:
        settings["auto_lenhance"] = False
    if profile.has_preview_settings:
        settings.update(copy.deepcopy(PREVIEW_SETTINGS))
    if make.wide is not None:
        settings["second_camera"] = {key: COMMON_SETTINGS[key] for key in PER_CAMERA}
    return settings


class DeviceState:
    """Settings and read-outs of one telescope; nothing here moves by itself but the temperature."""

    def __init__(self, profile: Profile, serial: str) -> None:
        self.settings = factory_settings(profile)
        self.temperature = 31.5
        self.battery = 83
        self._profile = profile
        self._serial = serial

    def change_settings(self, changes: object) -> dict[str, Any]:
        """`set_setting`: nested objects merge. Returns what changed; Fault for a strange key."""
        if not isinstance(changes, dict):
            raise Fault(EXPECTED_OBJECT)
        if CLAIMS_CONTROL in changes:
            raise Fault(NOT_SUPPORTED)
        known = {key: value for key, value in changes.items() if key in self.settings}
        for key, value in known.items():
            present = self.settings[key]
            if isinstance(present, dict) and isinstance(value, dict):
                present.update(value)
            else:
                self.settings[key] = value
        if len(known) < len(changes) and self._profile.refuses_unknown_settings:
            raise Fault(UNEXPECTED_PARAM)
        return known

    def pi_status(self) -> dict[str, Any]:
        """Temperature in °C, battery in percent."""
        return {
            "is_overtemp": False,
            "temp": round(self.temperature, 6),
            "charger_status": "Discharging",
            "battery_capacity": self.battery,
            "charge_online": False,
            "is_typec_connected": False,
            "battery_overtemp": False,
            "battery_temp": 25,
            "battery_temp_type": "normal",
        }

    def volume(self) -> dict[str, int]:
        """`get_disk_volume`."""
        return {"totalMB": TOTAL_MB, "freeMB": self._profile.free_mb}

    def sections(self, host: str, *, observing: bool) -> dict[str, Any]:
        """Every section of `get_device_state`."""
        make = self._profile.make
        sections = {
            "device": self._device(),
            "setting": self.settings,
            "location_lon_lat": [self._profile.longitude, self._profile.latitude],
            "camera": make.tele.section(),
            "focuser": {"state": "idle", "max_step": 2600, "step": make.focus},
            "ap": {"ssid": self._ssid, "passwd": "not-a-password", "is_5g": True},
            "station": {"server": True, "freq": 5200, "ip": host, "ssid": "demo", "sig_lev": -57},
            "storage": self._storage(),
            "balance_sensor": {"code": 0, "data": {"x": 0.0, "y": 0.0, "z": 1.0, "angle": 0.9}},
            "mount": {
                "move_type": "none",
                "close": not observing,
                "tracking": observing,
                "equ_mode": False,
            },
            "pi_status": self.pi_status(),
        }
        if make.wide is not None:
            sections["second_camera"] = make.wide.section()
        return sections

    @property
    def _ssid(self) -> str:
        return f"{self._profile.short_model}_{self._serial}"

    def _device(self) -> dict[str, Any]:
        return {
            "name": "ASI AIR imager",
            "firmware_ver_int": self._profile.firmware_int,
            "firmware_ver_string": self._profile.firmware,
            "is_verified": True,
            "sn": self._serial,
            "product_model": self._profile.model,
            "user_product_model": self._profile.model,
            "focal_len": self._profile.make.focal_mm,
            "fnumber": self._profile.make.f_number,
            "can_star_mode_sel_cam": False,
        }

    def _storage(self) -> dict[str, Any]:
        free = self._profile.free_mb
        volume = {
            "name": "emmc",
            "state": "mounted",
            "total_mb": TOTAL_MB,
            "totalMB": TOTAL_MB,
            "free_mb": free,
            "freeMB": free,
            "disk_mb": 59699,
            "diskSizeMB": 59699,
            "used_percent": round(100 * (TOTAL_MB - free) / TOTAL_MB),
        }
        return {
            "is_typec_connected": False,
            "connected_storage": ["emmc"],
            "storage_volume": [volume],
            "cur_storage": "emmc",
        }
