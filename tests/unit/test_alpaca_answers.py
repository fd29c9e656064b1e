"""Answers, values, pictures and discoveries of Alpaca, right and hostile ones."""

import json
import struct
from typing import Any

import pytest

from crowdsky_tui.base.errors import CommandRefused, DeviceError, FileDamaged
from crowdsky_tui.instruments.alpaca.answers import (
    flag,
    number,
    read_answer,
    text,
    texts,
    whole,
)
from crowdsky_tui.instruments.alpaca.discovery import PROBE, read_port
from crowdsky_tui.instruments.alpaca.pictures import read_image_bytes, read_image_json
from crowdsky_tui.instruments.camera_picture import CameraPicture

ROOM = (6000, 4000)
SMALL = (100, 100)


def answer(**fields: Any) -> bytes:
    whole_one = {
        "Value": 1,
        "ClientTransactionID": 7,
        "ServerTransactionID": 3,
        "ErrorNumber": 0,
        "ErrorMessage": "",
    }
    return json.dumps({**whole_one, **fields}).encode()


def test_the_question_is_the_standards() -> None:
    assert bytes.fromhex("616C7061636164" + "6973636F7665727931") == PROBE


@pytest.mark.parametrize("echoed", [7, 0])
def test_an_answer_to_this_question_or_to_nobodys_is_taken(echoed: int) -> None:
    read = read_answer("x", answer(ClientTransactionID=echoed), 7)
    assert (read.value, read.server_id) == (1, 3)


def test_an_answer_to_another_question_is_refused() -> None:
    with pytest.raises(DeviceError, match="another question"):
        read_answer("x", answer(ClientTransactionID=8), 7)


@pytest.mark.parametrize("value", [None, "text", 5, [], {"Value": 1}])
def test_the_error_number_comes_before_the_value(value: Any) -> None:
    body = answer(Value=value, ErrorNumber=1025, ErrorMessage="The valid range is: -300 to 10000.")
    with pytest.raises(CommandRefused, match="The valid range") as refused:
        read_answer("siteelevation", body, 7)
    assert refused.value.code == 1025


def test_an_error_without_a_value_and_with_hostile_words_is_clean() -> None:
    body = b'{"ErrorNumber":1279,"ErrorMessage":"\\u001b[2J\\u0007wrong state"}'
    with pytest.raises(CommandRefused) as refused:
        read_answer("slew", body, 7)
    assert refused.value.code == 1279
    assert "\x1b" not in str(refused.value) and "wrong state" in str(refused.value)


def test_names_in_another_casing_are_understood() -> None:
    assert read_answer("x", b'{"value":2,"errornumber":0,"clienttransactionid":7}', 7).value == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"<html>",
        b'{"Value":1}{"Value":2}',
        b"\xff\xfe",
        b"[" * 100_000,
        answer(ErrorNumber="0"),
        answer(ErrorNumber=True),
        answer(ErrorNumber=None),
        answer(ErrorNumber=0.5),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(DeviceError) as error:
        read_answer("x", body, 7)
    assert not isinstance(error.value, CommandRefused)


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_answer("x", b"\xef\xbb\xbf" + answer(), 7).value == 1


def test_infinity_and_nan_are_no_values() -> None:
    body = b'{"Value":[NaN,Infinity,-Infinity,1.5],"ErrorNumber":0}'
    assert read_answer("x", body, 7).value == [None, None, None, 1.5]
    assert number(float("nan")) is None and number(float("inf")) is None


@pytest.mark.parametrize(
    ("value", "as_number", "as_whole", "as_flag"),
    [
        (3, 3.0, 3, None),
        (3.0, 3.0, 3, None),
        (3.5, 3.5, None, None),
        (True, None, None, True),
        ("3", None, None, None),
        (None, None, None, None),
        ([3], None, None, None),
        (1e300, None, None, None),
        (-91, None, None, None),
        (10**400, None, None, None),
        (-(10**400), None, None, None),
    ],
)
def test_a_value_of_another_type_or_out_of_range_is_none(
    value: Any, as_number: float | None, as_whole: int | None, as_flag: bool | None
) -> None:
    assert number(value, -90, 90) == as_number
    assert whole(value, -90, 90) == as_whole
    assert flag(value) is as_flag


def test_a_number_beyond_any_float_is_no_number_wherever_it_stands() -> None:
    huge = 10**400
    with pytest.raises(DeviceError, match="error number is no number"):
        read_answer("x", answer(ErrorNumber=huge), 7)
    noted: list[int] = []
    with pytest.raises(DeviceError, match="another question"):
        read_answer("x", answer(ClientTransactionID=huge), 7)
    told = answer(ServerTransactionID=huge, Value=huge)
    assert number(read_answer("x", told, 7, noted.append).value) is None
    assert noted == [0]
    with pytest.raises(FileDamaged):
        read_image_json(answer(Value=[[huge]], Type=2, Rank=2), most=SMALL)
    with pytest.raises(CommandRefused, match="code 0"):
        read_image_json(answer(ErrorNumber=huge), most=SMALL)


def test_texts_are_clean_and_bounded() -> None:
    assert text("\x1b[31mLP\n") == text("\x1b[31mLP\n") and "\x1b" not in (text("\x1b[31mLP") or "")
    assert len(text("x" * 10_000) or "") <= 80
    assert texts(["Dark", "IR"]) == ["Dark", "IR"]
    assert texts(["Dark", 1]) is None and texts("Dark") is None and texts(["x"] * 65) is None


@pytest.mark.parametrize(
    ("data", "port"),
    [
        (b'{"AlpacaPort":11111}', 11111),
        (b'{"AlpacaPort":32323,"More":[1]}', 32323),
        (b'{"AlpacaPort":0}', None),
        (b'{"AlpacaPort":70000}', None),
        (b'{"AlpacaPort":"11111"}', None),
        (b'{"alpacaport":11111}', None),
        (b"alpacadiscovery1", None),
        (b"[]", None),
        (b'{"AlpacaPort\xff":11111}', None),
        (b'{"AlpacaPort":' + b"9" * 400 + b"}", None),
        (b"[" * 1000, None),
        (b'{"AlpacaPort":11111}' + b" " * 2000, None),
    ],
)
def test_an_answer_to_a_discovery_tells_a_port_or_nothing(data: bytes, port: int | None) -> None:
    assert read_port(data) == port


# --- pictures ---------------------------------------------------------------------------------

SIX = bytes.fromhex(
    "01000000 00000000 07000000 09000000 2c000000 02000000 08000000 02000000 03000000 02000000"
    "00000000 0a00 0b00 1400 1500 1e00 ffff"
)
"""Decoded by alpyca 3.1.3 as the columns [10, 11], [20, 21], [30, 65535]."""


def picture(
    *,
    sent: int = 8,
    rank: int = 2,
    shape: tuple[int, int, int] = (3, 2, 0),
    data: bytes = bytes(12),
    version: int = 1,
    error: int = 0,
    start: int = 44,
    client_id: int = 7,
) -> bytes:
    head = struct.pack("<iiIIi6i", version, error, client_id, 9, start, 2, sent, rank, *shape)
    return head + data


def test_a_picture_is_read_as_alpyca_reads_it() -> None:
    read = read_image_bytes(SIX, 7, most=ROOM)
    assert read == CameraPicture(3, 2, 1, "<u2", SIX[44:])
    values = struct.unpack("<6H", read.data)
    columns = [values[x * read.height : (x + 1) * read.height] for x in range(read.width)]
    assert columns == [(10, 11), (20, 21), (30, 65535)]


def test_bytes_and_three_planes() -> None:
    small = read_image_bytes(picture(sent=6, data=bytes(range(1, 7))), 7, most=ROOM)
    assert (small.element, small.data) == ("u1", bytes([1, 2, 3, 4, 5, 6]))
    colour = picture(rank=3, shape=(2, 2, 3), data=struct.pack("<12H", *range(12)))
    read = read_image_bytes(colour, 7, most=ROOM)
    values = struct.unpack("<12H", read.data)
    at = (1 * read.height + 0) * read.planes
    assert values[at : at + 3] == (6, 7, 8), "pixel (1, 0) of the ImageBytes paper's loop"


def test_the_value_of_the_paper() -> None:
    assert struct.pack("<i", 2_135_263_542) == bytes.fromhex("36 89 45 7F".replace(" ", ""))


def test_the_start_of_the_data_is_where_the_header_says() -> None:
    body = picture(start=48, data=b"pad!" + bytes(12))
    assert read_image_bytes(body, 7, most=ROOM).data == bytes(12)


def test_an_error_frame_is_the_devices_refusal() -> None:
    body = picture(error=1035, data="kein Bild – noch nicht".encode())
    with pytest.raises(CommandRefused, match="kein Bild") as refused:
        read_image_bytes(body, 7, most=ROOM)
    assert refused.value.code == 1035


@pytest.mark.parametrize(
    "body",
    [
        b"",
        SIX[:43],
        SIX[:-1],
        SIX + b"\0",
        picture(version=2),
        picture(sent=0),
        picture(sent=10),
        picture(sent=-8),
        picture(rank=1),
        picture(rank=4),
        picture(shape=(-3, -2, 0)),
        picture(shape=(0, 2, 0), data=b""),
        picture(shape=(6001, 1, 0), data=bytes(12002)),
        picture(shape=(2**31 - 1, 2**31 - 1, 0)),
        picture(rank=3, shape=(3, 2, -1)),
        picture(start=43),
        picture(start=-1),
        picture(start=2**31 - 1),
        picture(client_id=8),
    ],
)
def test_a_header_that_lies_is_found_out_before_memory_is_taken(body: bytes) -> None:
    with pytest.raises(FileDamaged):
        read_image_bytes(body, 7, most=ROOM)


def test_the_json_form_holds_the_same_columns() -> None:
    body = json.dumps({"Type": 2, "Rank": 2, "Value": [[10, 11], [20, 21], [30, 65535]]}).encode()
    read = read_image_json(body, most=SMALL)
    assert (read.width, read.height, read.planes, read.element) == (3, 2, 1, "<i4")
    assert struct.unpack("<6i", read.data) == (10, 11, 20, 21, 30, 65535)
    colour = {"Type": 3, "Value": [[[1, 2, 3], [4, 5, 6.5]]]}
    read = read_image_json(json.dumps(colour).encode(), most=SMALL)
    assert (read.planes, read.element) == (3, "<f8")
    assert struct.unpack("<6d", read.data) == (1, 2, 3, 4, 5, 6.5)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [[]],
        [[1, 2], [3]],
        [[1, "x"]],
        [1, 2],
        "x",
        [[[1, 2, 3], [1, 2]]],
        [[2**40]],
        [[1] * 5000],
    ],
)
def test_a_json_picture_of_another_form_is_damaged(value: Any) -> None:
    with pytest.raises(FileDamaged):
        read_image_json(json.dumps({"Type": 2, "Value": value}).encode(), most=SMALL)


def test_a_json_picture_with_an_error_or_too_large_is_refused() -> None:
    with pytest.raises(CommandRefused):
        read_image_json(b'{"ErrorNumber":1035,"Value":[[1]]}', most=(100, 100))
    with pytest.raises(DeviceError, match="binary form"):
        read_image_json(b"{}", most=(6000, 4000))
