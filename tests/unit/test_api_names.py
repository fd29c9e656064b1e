"""The Python functions are those of the documented CrowdSky module, by name and signature."""

import inspect
from datetime import UTC, datetime
from typing import Any

import pytest

from crowdsky_tui import api

NONE = inspect.Parameter.empty
DOCUMENTED: dict[str, dict[str, Any]] = {
    "compute_chunk_key": {"block_start": NONE, "ra_deg": NONE, "dec_deg": NONE},
    "filter_covered_blocks": {"blocks": NONE, "covered": NONE},
    "find_unstacked_blocks": {"target": NONE, "block_minutes": 15},
    "group_frames_into_blocks": {"parsed_frames": NONE, "block_minutes": 15},
    "list_targets": {},
    "local_dt_to_chunk_str": {"dt_local": NONE},
    "parse_coverage_from_filenames": {"filenames": NONE},
    "parse_light_filename": {"filename": NONE},
    "purge_crowdsky_stacks": {"folder": None},
    "stack_all": {"block_minutes": 15, "min_exptime": 240, "dry_run": False},
    "stack_blocks": {"target": NONE, "block_minutes": 15, "min_exptime": 240, "dry_run": False},
    "download_stack": {"chunk_keys": NONE, "dest": "."},
    "list_stacks": {"object_name": None},
    "raw_finalize": {"session_token": NONE, "scrub_location": False, "overwrite": False},
    "raw_start_session": {},
    "raw_upload_file": {"session_token": NONE, "fits_path": NONE},
    "set_base_url": {"url": NONE},
    "set_credentials": {"username": NONE, "password": NONE},
    "upload_all_stacks": {
        "target": None,
        "local_dir": None,
        "dest": ".",
        "skip_existing": True,
        "dry_run": False,
    },
    "upload_stack": {
        "fits_path": NONE,
        "thumbnail": None,
        "n_frames_input": None,
        "n_frames_aligned": None,
        "date_obs_start": None,
        "date_obs_end": None,
        "scrub_location": None,
    },
}
NO_IO = {"set_base_url", "set_credentials", "use_settings"}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_each_documented_function_has_its_parameters_and_defaults(name: str) -> None:
    parameters = inspect.signature(getattr(api, name)).parameters
    assert {key: each.default for key, each in parameters.items()} == DOCUMENTED[name]
    assert list(parameters) == list(DOCUMENTED[name])


def test_nothing_else_is_public_and_all_is_documented() -> None:
    assert set(api.__all__) == DOCUMENTED.keys() | {"use_settings"}
    for name in api.__all__:
        assert getattr(api, name).__doc__


def test_what_talks_to_telescope_or_server_is_async() -> None:
    pure = NO_IO | {name for name in DOCUMENTED if "filename" in name or "chunk" in name}
    pure |= {"filter_covered_blocks", "group_frames_into_blocks"}
    pure -= {"download_stack"}
    for name in api.__all__:
        assert inspect.iscoroutinefunction(getattr(api, name)) == (name not in pure)


def test_the_pure_functions_give_the_documented_fields() -> None:
    name = "Light_M 81_20.0s_LP_20260227-225203.fit"
    frame = api.parse_light_filename(name)
    assert frame == {
        "target": "M 81",
        "exposure": "20.0s",
        "filter": "LP",
        "datetime": datetime(2026, 2, 27, 22, 52, 3),
    }
    assert api.parse_light_filename("Stacked_3_M 81.fit") is None
    grouped = api.group_frames_into_blocks([{**frame, "filename": name}])
    (block,) = grouped.values()
    assert list(block) == [
        "block_start",
        "block_end",
        "exposure",
        "filter",
        "files",
        "frame_count",
    ]
    assert (block["block_start"].minute, block["block_end"].hour) == (45, 23)
    assert (block["files"], block["frame_count"]) == ([name], 1)
    assert api.filter_covered_blocks(grouped, set()) == [block]
    chunk = api.local_dt_to_chunk_str(block["block_start"])
    assert api.filter_covered_blocks(grouped, {(chunk, "20.0s", "LP")}) == []
    stack = "CrowdSky_38_M 81_20.0s_LP_20250115.78_HP049152.fit"
    assert api.parse_coverage_from_filenames([stack]) == {("20250115.78", "20.0s", "LP")}
    moment = datetime(2025, 1, 15, 19, 30, tzinfo=UTC)
    assert api.compute_chunk_key(moment, 148.888, 69.065) == "20250115.78_HP006478"
