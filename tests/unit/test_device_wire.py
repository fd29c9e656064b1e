"""Lines on the command socket: splitting and decoding."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.instruments.seestar.connection.wire import (
    Event,
    LineBuffer,
    Reply,
    decode_line,
    encode_command,
)


@given(
    st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line and line.strip())),
    st.integers(1, 7),
)
def test_lines_come_out_whole_however_they_are_cut(lines: list[bytes], step: int) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    buffer = LineBuffer()
    found = [
        line
        for start in range(0, len(stream), step)
        for line in buffer.feed(stream[start : start + step])
    ]
    assert found == lines


def test_a_line_of_one_mebibyte_passes_and_a_longer_one_is_dropped_alone() -> None:
    buffer = LineBuffer(limit=1024)
    assert list(buffer.feed(b"a" * 1024 + b"\r\n")) == [b"a" * 1024 + b"\r"]
    assert list(buffer.feed(b"b" * 700)) == []
    assert list(buffer.feed(b"b" * 700)) == []
    assert list(buffer.feed(b"b" * 700 + b"\nnext\n")) == [b"next"]


def test_success_is_code_zero_whatever_error_says() -> None:
    line = b'{"id":7,"method":"x","error":"expected object param","code":0,"result":0}\r'
    assert decode_line(line) == Reply(7, 0, 0, "expected object param")
    refused = decode_line(b'{"id":7,"error":"method not found"}')
    assert isinstance(refused, Reply)
    assert refused.code != 0


def test_events_and_nonsense() -> None:
    event = decode_line(b'{"Event":"PiStatus","Timestamp":"1.0","temp":59.900002}')
    assert isinstance(event, Event)
    assert (event.name, event.fields["temp"]) == ("PiStatus", 59.900002)
    for nonsense in (b"hello", b"[1]", b'{"id":true,"code":0}', b'{"id":"7"}', b"[" * 5000):
        assert decode_line(nonsense) is None


def test_invalid_utf8_spoils_only_its_own_text() -> None:
    reply = decode_line(b'{"id":3,"code":0,"result":"M\xff81"}')
    assert reply == Reply(3, 0, "M�81")


def test_commands_are_one_line_with_their_own_id() -> None:
    line = encode_command(12, "get_setting")
    assert line.endswith(b"\r\n")
    assert line.count(b"\n") == 1
    assert msgspec.json.decode(line) == {"id": 12, "method": "get_setting", "verify": True}
    assert msgspec.json.decode(encode_command(1, "x", None))["params"] is None


HUGE = ("1" + "0" * 400, "9" * 5000, "1e999", "-1e400", str(2**53 + 1), str(-(2**64)))


@pytest.mark.parametrize("number", HUGE)
def test_a_number_that_no_telescope_means_is_not_said_and_the_rest_counts(number: str) -> None:
    line = f'{{"id":7,"code":0,"result":{{"free_mb":{number},"list":[1,{number}],"sn":"a"}}}}'
    assert decode_line(line.encode()) == Reply(
        7, 0, {"free_mb": None, "list": [1, None], "sn": "a"}, ""
    )


def test_what_is_nested_too_deeply_is_no_message() -> None:
    assert decode_line(b'{"id":7,"code":0,"result":' + b"[" * 5000 + b"]" * 5000 + b"}") is None
    assert decode_line(b'{"id":7,"code":1e999,"result":0}') == Reply(7, -1, 0, "")
