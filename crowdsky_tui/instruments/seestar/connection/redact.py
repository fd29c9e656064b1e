"""What a telescope's replies must not carry into a log: passwords, places, names of networks.

`get_device_state` holds the Wi-Fi password in clear and the owner's coordinates.

Source: docs/design/seestar-protocol.md 3.1.
"""

import re

from crowdsky_tui.base.redaction import HIDDEN, is_place

_SECRET_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        "pass passwd password passphrase pwd psk wep secret token auth sign signature challenge"
        " key pem ssid bssid mac ip gateway netmask dns lon lat long longitude latitude sitelong"
        " sitelat location place lst sn serial cpuid uuid zone timezone",
    )
)
_SECRET_PARTS = re.compile(
    "passw|passphrase|passcode|pwd|psk|wpa|wep$|key$|secret|token|credential|ssid|mail|account"
    "|login|user(?!_?product|_?stack)|nick|phone|mobile|owner|latitude|longitude|lonlat|latlon|gps"
)
"""In names that run words together, as `wifipassword` does."""
_NOT_SECRET = frozenset({"calib_location", "keys"})
_SECRET_METHODS = frozenset(
    {
        "get_user_location",
        "set_user_location",
        "scope_get_ra_dec",  # its third number is the sidereal time: that is the longitude
        "scope_get_horiz_coord",  # with the other coordinates and the time: that is the place
        "get_verify_str",
        "verify_client",
        "pi_get_ap",
        "pi_set_ap",
    }
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def redacted(message: object) -> object:
    """A copy of a reply, an event or a part of one that may be logged and kept."""
    if isinstance(message, dict):
        hide_all = message.get("method") in _SECRET_METHODS
        return {
            key: HIDDEN
            if _is_secret(str(key)) or (hide_all and key in ("result", "params"))
            else redacted(value)
            for key, value in message.items()
        }
    if isinstance(message, list | tuple):
        return [redacted(value) for value in message]
    if isinstance(message, float) and is_place(message):
        return HIDDEN
    return message


def _is_secret(key: str) -> bool:
    if key in _NOT_SECRET:
        return False
    words = [word.lower() for word in _WORD.findall(key)]
    whole = key.lower()
    if whole in _SECRET_WORDS or not _SECRET_WORDS.isdisjoint(words):
        return True
    together = _SECRET_PARTS.search(whole) or _SECRET_PARTS.search(re.sub("[^a-z]", "", whole))
    return together is not None
