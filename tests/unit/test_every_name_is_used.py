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
NOT_YET_USED = {
    "fits/bayer.py colour_at": "the colour of a pixel of a raw frame: no raw frame is measured yet",
    "fits/bayer.py stamp_slices": "stamps of raw frames that keep each colour's place: the same",
    "instruments/sensors/reading.py naked_eye_limit_mag": "no screen tells the eye's limit yet",
    "instruments/sensors/sky_quality_meter.py parse_identity": "the meter's model is not shown yet",
    "plan/alerts/tns.py read_tns_json": "the public list is CSV; JSON needs an account",
    "scheduling/sky_grid.py moon_age_d": "one moment of what the grid has for a whole night",
    "sky/atmosphere.py unrefracted_deg": "the way back of what is used, which tests go both ways",
    "sky/horizontal.py parallactic_angle_deg": "field rotation in EQ mode is not planned yet",
    "timeseries/ensemble.py check_comparisons": "the chain finds bad comparisons by its own rule",
    "timeseries/error_budget.py differential_airmass": "a term of the budget that no stack needs",
    "timeseries/error_budget.py enclosure_offset": "tells why an aperture's zero point is lower",
    "timeseries/error_budget.py shown_error": "errors are shown in mmag or as formats want them",
    "timeseries/julian_dates.py from_julian_date": "the way back of what is used",
    "timeseries/julian_dates.py jd_of_mjd": "surveys' MJD are read in their own columns",
    "timeseries/julian_dates.py middle_of_exposure": "photometry reads a frame's own dates",
    "timeseries/period.py damping": "tells what a block's length takes of an amplitude",
    "timeseries/period.py shortest_period": "the search begins where the span allows it",
    "timeseries/statistics.py welch_stetson": "needs two bands at once; curves have one",
}
"""Formulas and parsers with check values; why nobody asks yet. The list only becomes shorter."""


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
    assert found - set(NOT_YET_USED) - set(BY_TESTS) == set(), "only tests call it: take it out"
    assert {*NOT_YET_USED, *BY_TESTS} - found == set(), "the list is longer than it need be"
