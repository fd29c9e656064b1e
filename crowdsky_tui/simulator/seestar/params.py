"""The `verify` marker among the parameters: wanted, harmless or refused.

Source: docs/design/seestar-protocol.md 1.2.
"""

from typing import Any

from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.wire import EXPECTED_OBJECT, UNEXPECTED_PARAM, Fault

VERIFY = "verify"
UNMARKED = frozenset({"scope_get_equ_coord", "test_connection", "get_verify_str"})
"""These never needed one."""
LENIENT = frozenset({"iscope_start_view", "iscope_start_stack", "iscope_stop_view"})
KNOWN_KEYS_FIRST = frozenset({"set_setting"})
"""These apply what they know before they refuse the rest."""


class Unmarked(Exception):
    """The firmware wants a marker and there is none."""


def accepted(profile: Profile, name: str, params: Any) -> Any:
    """The parameters that a method is given. Raises Unmarked, or Fault 107 or 109."""
    if profile.wants_markers_inside:
        if name in UNMARKED:
            return params
        if not _is_marked(params):
            raise Unmarked
        return _without(params)
    if not profile.refuses_unknown_settings or name in LENIENT:
        return _without(params)
    if isinstance(params, dict) and VERIFY in params and name not in KNOWN_KEYS_FIRST:
        raise Fault(UNEXPECTED_PARAM)
    if isinstance(params, list) and VERIFY in params[1:] and isinstance(params[0], dict):
        raise Fault(EXPECTED_OBJECT)
    return None if params == [VERIFY] else params


def _is_marked(params: Any) -> bool:
    return params == VERIFY or (isinstance(params, dict | list) and VERIFY in params)


def _without(params: Any) -> Any:
    if isinstance(params, dict):
        return {key: value for key, value in params.items() if key != VERIFY}
    if isinstance(params, list):
        rest = [value for value in params if value != VERIFY]
        if len(rest) == 1 < len(params) and isinstance(rest[0], dict):
            return rest[0]
        return rest or None
    return params
