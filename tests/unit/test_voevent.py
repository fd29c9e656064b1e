"""VOEvents: what they hold, and what is none."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.plan.alerts.gcn import read_gcn
from crowdsky_tui.plan.alerts.reading import NotUnderstood

AT = datetime(2026, 2, 27, 21, 36, tzinfo=UTC)
VOEVENT = "gcn.classic.voevent.SWIFT_BAT_GRB_POS_ACK"


def voevent(
    role: str = "observation", more: str = "", unit: str = "deg", ra: str = "30.2"
) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<voe:VOEvent ivorn="ivo://nasa.gsfc.gcn/SWIFT#BAT_GRB_Pos_1234" role="{role}" version="2.0"
  xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0">
<Who><Date>2026-02-27T21:40:00</Date></Who>
<What><Param name="TrigID" value="1234"/><Group><Param name="x" value="y"/></Group></What>
<WhereWhen><ObsDataLocation><ObservationLocation><AstroCoords coord_system_id="UTC-FK5-GEO">
<Time unit="s"><TimeInstant><ISOTime>2026-02-27T21:36:00.00</ISOTime></TimeInstant></Time>
<Position2D unit="{unit}"><Name1>RA</Name1><Name2>Dec</Name2>
<Value2><C1>{ra}</C1><C2>-5.5</C2></Value2><Error2Radius>0.05</Error2Radius></Position2D>
</AstroCoords></ObservationLocation></ObsDataLocation></WhereWhen>
<Why importance="0.9"><Inference><Concept>process.variation.burst</Concept></Inference></Why>
{more}</voe:VOEvent>""".encode()


def test_a_voevent_has_place_error_and_moment() -> None:
    [found] = read_gcn(VOEVENT, voevent()).alerts
    assert (found.ra_deg, found.dec_deg, found.error_deg) == (30.2, -5.5, 0.05)
    assert found.discovered == AT and found.id == "SWIFT_BAT_GRB_POS_ACK 1234"
    assert not (found.test or found.retraction)
    assert "gcn ivo://nasa.gsfc.gcn/SWIFT#BAT_GRB_Pos_1234" in found.also


def test_a_voevent_that_is_a_test_or_taken_back_is_said_to_be_so() -> None:
    assert read_gcn(VOEVENT, voevent("test")).alerts[0].test
    cited = '<Citations><EventIVORN cite="retraction">ivo://x</EventIVORN></Citations>'
    assert read_gcn(VOEVENT, voevent(more=cited)).alerts[0].retraction
    followed = cited.replace("retraction", "followup")
    assert not read_gcn(VOEVENT, voevent(more=followed)).alerts[0].retraction
    for role in ("utility", "prediction"):
        assert read_gcn(VOEVENT, voevent(role)).alerts == ()


@pytest.mark.parametrize("odd", [{"unit": "rad"}, {"ra": "soon"}, {"ra": "nan"}])
def test_a_voevent_without_a_usable_place_has_none(odd: dict[str, str]) -> None:
    [found] = read_gcn(VOEVENT, voevent(**odd)).alerts
    assert found.ra_deg is None


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'


@pytest.mark.parametrize(
    "body",
    [b"", b"<a>", b"<a/>", BOMB, voevent()[:300], b"x" * 2_000_000, BOMB.decode().encode("utf-16")],
)
def test_what_is_no_voevent_is_not_understood(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read_gcn(VOEVENT, body)


@given(st.integers(0, 1200), st.binary(max_size=8))
def test_a_damaged_voevent_is_read_or_not_understood(at: int, put: bytes) -> None:
    body = voevent()
    with contextlib.suppress(NotUnderstood):
        read_gcn(VOEVENT, body[:at] + put + body[at + len(put) :])
