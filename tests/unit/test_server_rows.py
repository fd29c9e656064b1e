"""The server's answers: strict about shape, lenient about rows."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowdsky_tui.base.errors import ProtocolError
from crowdsky_tui.services.crowdsky.frames import decode_frames, decode_stars
from crowdsky_tui.services.crowdsky.rows import ServerStack, decode_receipt, decode_rows, parse_time
from crowdsky_tui.services.http.replies import error_in

FULL_ROW = {
    "id": 4711,
    "chunk_key": "20260724.84_HP006478",
    "object_name": "M 81",
    "telescope_id": "S50_8a95aa90",
    "filter_name": "IRCUT",
    "date_obs_start": "2026-07-24 21:03:55",
    "date_obs_end": "2026-07-24 21:14:50",
    "n_frames_input": 41,
    "n_frames_aligned": 39,
    "total_exptime": 410,
    "ra_deg": 148.888,
    "dec_deg": 69.065,
    "file_size_bytes": 14712480,
    "created_at": "2026-07-25 05:12:09",
    "eq_mode": 0,
    "sqm": 19.8,
    "n_stars_detected": 469,
}


def rows_of(*rows: Any) -> list[ServerStack]:
    return decode_rows(msgspec.json.encode(rows))


def test_a_full_row() -> None:
    (row,) = rows_of(FULL_ROW)
    assert row == ServerStack(
        id=4711,
        chunk_key="20260724.84_HP006478",
        object_name="M 81",
        telescope_id="S50_8a95aa90",
        filter_name="IRCUT",
        date_obs_start=datetime(2026, 7, 24, 21, 3, 55, tzinfo=UTC),
        date_obs_end=datetime(2026, 7, 24, 21, 14, 50, tzinfo=UTC),
        n_frames_input=41,
        n_frames_aligned=39,
        total_exptime=410.0,
        ra_deg=148.888,
        dec_deg=69.065,
        file_size_bytes=14712480,
        created_at=datetime(2026, 7, 25, 5, 12, 9, tzinfo=UTC),
        n_stars_detected=469,
    )
    assert row.sub_exposure_s == 10.0


def test_numbers_as_text_read_like_numbers() -> None:
    as_text = {
        key: str(value) if isinstance(value, int | float) else value
        for key, value in FULL_ROW.items()
    }
    (text_row,) = rows_of(as_text)
    (row,) = rows_of(FULL_ROW)
    assert text_row == row


def test_nulls_and_absent_columns() -> None:
    empty, nulls = rows_of({}, dict.fromkeys(FULL_ROW))
    assert nulls == empty
    assert (empty.id, empty.chunk_key, empty.telescope_id, empty.date_obs_start) == (
        None,
        "",
        "",
        None,
    )
    assert empty.sub_exposure_s is None


@pytest.mark.parametrize(
    ("given_id", "expected"),
    [(7, "7"), ("7", "7"), ("S30 Pro_10d57b1d", "S30 Pro_10d57b1d"), (None, ""), (True, "")],
)
def test_telescope_ids_are_text(given_id: object, expected: str) -> None:
    (row,) = rows_of({"telescope_id": given_id})
    assert row.telescope_id == expected


@pytest.mark.parametrize("value", ["abc", True, [], {}, "nan", "inf", 1.5, "1e400", 2**80, ""])
def test_a_count_that_is_none(value: object) -> None:
    (row,) = rows_of({"n_frames_input": value, "total_exptime": 10})
    assert row.n_frames_input is None
    assert row.sub_exposure_s is None


@pytest.mark.parametrize("frames", [0, -3])
def test_no_sub_exposure_without_frames(frames: int) -> None:
    (row,) = rows_of({"n_frames_input": frames, "total_exptime": 10})
    assert row.sub_exposure_s is None


def test_outside_text_is_cleaned() -> None:
    (row,) = rows_of({"object_name": "M\x1b[2J 81\n", "note\x07": "a\u202eb", "deep": ["\x1b"]})
    assert row.object_name.isprintable()
    assert "\x1b" not in row.object_name


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"{}", b'{"stacks": []}', b'"[]"', b"3", b"[1]", b"[null]", b"[[]]"),
        *(b"[{]", b"[{}] trailing", b"<html>login</html>", b"\xff\xfe", b"[" * 100_000),
        b'[{"a": "\xff"}]',
    ],
)
def test_another_shape_is_never_an_empty_list(body: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_rows(body)
    assert caught.value.why
    assert str(caught.value).isprintable()


def test_half_a_character_in_one_name_hides_no_row() -> None:
    rows = decode_rows(
        b'[{"id": 1, "object_name": "M\\ud800 81", "n_frames_input": NaN},'
        b' {"id": "2", "object_name": "\\ud83d\\ude00"}]'
    )
    assert [(row.id, row.object_name) for row in rows] == [
        (1, "M\N{REPLACEMENT CHARACTER} 81"),
        (2, "\N{GRINNING FACE}"),
    ]
    assert rows[0].n_frames_input is None


@pytest.mark.parametrize(
    "body",
    [
        b'[{"a": "\\ud800"',
        b'{"a": "\\ud800"}',
        b'["\\ud800", ' + b"9" * 5000 + b"]",
        b"\xff\\ud800",
    ],
)
def test_half_a_character_excuses_no_other_shape(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_rows(body)


def test_html_names_the_captive_portal() -> None:
    with pytest.raises(ProtocolError, match="captive portal"):
        decode_rows(b"\n <!DOCTYPE html><html>")


def test_a_row_that_is_known_already_is_that_very_object() -> None:
    before = rows_of({"id": 1, "object_name": "M 81"}, {"id": 2, "object_name": "M 82"})
    body = msgspec.json.encode([{"id": 2, "object_name": "M 33"}, {"id": 1, "object_name": "M 81"}])
    changed, same = decode_rows(body, before)
    assert same is before[0]
    assert changed.object_name == "M 33"


def test_equal_texts_share_memory() -> None:
    first, second = rows_of(FULL_ROW, FULL_ROW)
    assert first.object_name is second.object_name


@pytest.mark.parametrize(
    "text",
    [
        *("2026-07-24 21:03:55", "2026-07-24T21:03:55", "2026-07-24T21:03:55Z"),
        *("2026-07-24 21:03:55.000", "2026-07-24T23:03:55+02:00", " 2026-07-24 21:03:55 "),
    ],
)
def test_the_forms_of_a_time(text: str) -> None:
    assert parse_time(text) == datetime(2026, 7, 24, 21, 3, 55, tzinfo=UTC)
    moment = parse_time(text)
    assert moment is not None and moment.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    ["", "0000-00-00 00:00:00", "soon", 20260724, None, "0001-01-01T00:00:00+10:00", "2026" * 20],
)
def test_what_is_no_time(value: object) -> None:
    assert parse_time(value) is None


@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_any_offset_gives_the_same_moment(moment: datetime, minutes: int) -> None:
    local = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    assert parse_time(local.isoformat()) == local
    assert parse_time(local.isoformat(" ")) == local


@settings(max_examples=40)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_value_in_any_column_is_survived(value: object) -> None:
    for name in (*FULL_ROW, "other"):
        try:
            body = msgspec.json.encode([{name: value}])
        except (OverflowError, UnicodeEncodeError, msgspec.MsgspecError):
            continue
        (row,) = decode_rows(body)
        assert isinstance(row.chunk_key, str)


def test_the_present_receipt() -> None:
    receipt = decode_receipt(
        b'{"ok": true, "job_id": 812, "chunk_key": "20260724.84_HP006478", "status": "queued"}'
    )
    assert (receipt.ok, receipt.job_id, receipt.stack_id) == (True, 812, None)
    assert (receipt.chunk_key, receipt.status) == ("20260724.84_HP006478", "queued")


def test_the_older_receipt() -> None:
    receipt = decode_receipt(
        b'{"ok": true, "stack_id": 42, "chunk_key": "abc123", "telescope_id": 7}'
    )
    assert (receipt.job_id, receipt.stack_id, receipt.status) == (None, 42, "stored")
    assert receipt.chunk_key == "abc123"


@pytest.mark.parametrize("body", [b"[]", b"", b"{}", b'{"ok": "maybe"}', b"null", b'{"job_id": 1}'])
def test_what_is_no_receipt(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_receipt(body)


@pytest.mark.parametrize(
    ("total", "input_frames", "aligned", "seconds"),
    [(720, 41, 36, 20.0), (820, 41, 36, 20.0), (400, 40, 20, 20.0), (410, None, 39, None)],
)
def test_a_total_may_count_the_aligned_or_all_sub_frames(
    total: float, input_frames: int | None, aligned: int, seconds: float | None
) -> None:
    counts = {"n_frames_input": input_frames, "n_frames_aligned": aligned}
    (row,) = rows_of({"total_exptime": total, **counts})
    assert row.sub_exposure_s == seconds


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "1799-12-31T23:59:59", "2300-01-01"]
)
def test_a_time_is_never_one_that_a_zones_clock_cannot_show(moment: str) -> None:
    assert parse_time(moment) is None


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" + "0" * 400, "9" * 5000, "1e300"])
def test_a_number_beyond_reason_costs_only_its_own_field(number: str) -> None:
    body = '[{"id":7,"total_exptime":%s},{"id":%s,"file_size_bytes":%s}]' % ((number,) * 3)
    rows = decode_rows(body.encode())
    assert [(row.id, row.total_exptime, row.file_size_bytes) for row in rows] == [
        (7, None, None),
        (None, None, None),
    ]


@pytest.mark.parametrize("value", ["{}", "1", "[]", '""', "null"])
@pytest.mark.parametrize("decode", [decode_rows, decode_frames, decode_stars])
def test_a_list_never_holds_more_values_than_memory(
    decode: Callable[[bytes], object], value: str
) -> None:
    body = b"[" + (value + ",").encode() * 5_000_000 + value.encode() + b"]"
    if decode is decode_stars:
        body = b'{"width":1,"height":1,"stars":' + body + b"}"
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError):
            decode(body)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_an_error_is_never_looked_for_in_what_is_long() -> None:
    assert error_in(b'{"error":"No."}') == "No."
    assert error_in(b'{"error":"No.","more":[' + b"{}," * 100_000 + b"1]}") == ""
