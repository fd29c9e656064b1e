"""What only tests call is not in the program."""

import ast
import re
from collections import Counter
from pathlib import Path

import crowdsky_tui

PACKAGE = Path(crowdsky_tui.__file__).parent
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
BY_TESTS = {
    "tui/keymap.py keys_table": "docs/keys.md is compared with it",
    "night/calls/call.py every_call": "every call is tried over the agent's socket",
    "base/redaction.py forget_all": "secrets of one test are none of the next",
}
"""What tests need of the program itself, and for what."""
NOT_YET_USED = frozenset(
    {
        "fits/bayer.py colour_at",
        "fits/bayer.py stamp_slices",
        "instruments/alpaca/management.py server_devices",
        "instruments/sensors/reading.py naked_eye_limit_mag",
        "instruments/sensors/sky_quality_meter.py parse_identity",
        "plan/alerts/tns.py read_tns_json",
        "scheduling/sky_grid.py moon_age_d",
        "sky/atmosphere.py unrefracted_deg",
        "sky/horizontal.py parallactic_angle_deg",
        "timeseries/ensemble.py check_comparisons",
        "timeseries/error_budget.py differential_airmass",
        "timeseries/error_budget.py enclosure_offset",
        "timeseries/error_budget.py shown_error",
        "timeseries/julian_dates.py from_julian_date",
        "timeseries/julian_dates.py jd_of_mjd",
        "timeseries/julian_dates.py middle_of_exposure",
        "timeseries/period.py damping",
        "timeseries/period.py shortest_period",
        "timeseries/statistics.py welch_stetson",
    }
)
"""Formulas and parsers that stand ready. The list only becomes shorter."""


def test_no_function_is_called_by_tests_alone() -> None:
    """Each is named once more in the package. Stand-ins are made for tests."""
    texts = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    named = Counter(word for text in texts.values() for word in re.findall(r"\w+", text))
    found = {
        f"{path.relative_to(PACKAGE).as_posix()} {node.name}"
        for path, text in texts.items()
        if "simulator" not in path.relative_to(PACKAGE).parts
        for node in ast.parse(text).body
        if isinstance(node, FUNCTION | ast.ClassDef)
        and named[node.name] == 1
        and not node.decorator_list  # a verb or a rule is registered by its decorator
    }
    assert found - NOT_YET_USED - set(BY_TESTS) == set(), "only tests call it: take it out"
    assert (NOT_YET_USED | set(BY_TESTS)) - found == set(), "the list is longer than it need be"
