"""Mutated answers for every pure reader of what strangers send, beside the two main protocols.

A reader may refuse: with an error of ours, or as its row says. Anything else is a fault.
"""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mutate import damaged, mutated_json

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.instruments.alpaca.answers import flag, number, read_answer, text, texts, whole
from crowdsky_tui.instruments.alpaca.discovery import read_port
from crowdsky_tui.instruments.alpaca.pictures import read_image_bytes, read_image_json
from crowdsky_tui.instruments.seestar.files.marks import decode as decode_mark
from crowdsky_tui.instruments.sensors import (
    boltwood,
    cloudwatcher,
    cloudwatcher_solo,
    json_line,
    nmea,
    sky_quality_meter,
)
from crowdsky_tui.plan.alerts import aavso, asassn, gcn, pasted, tns, voevent, vsx
from crowdsky_tui.plan.exchange import FORMAT, VERSION
from crowdsky_tui.plan.importers.read_list import read_list
from crowdsky_tui.plan.plan_file import not_again, read_plan
from crowdsky_tui.services.crowdsky.frames import decode_frames, decode_stars
from crowdsky_tui.services.telescope_org import pages
from crowdsky_tui.site.horizon_files import read_horizon

NOW = datetime(2026, 2, 27, 22, tzinfo=UTC)
SLOW_S = 10.0
"""Of processor time for one reading."""


def _alpaca(body: bytes) -> None:
    value = read_answer("x", body, 7).value
    for read in (number, whole, flag, text, texts):
        read(value)


def _image(body: bytes) -> None:
    read_image_json(body, most=(100, 100))


def _plan(body: bytes) -> None:
    not_again(read_plan(body, ("u1",)).runs)


def _lines(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda body: read(body.decode("utf-8", "replace"))


TARGET = {
    "star_name": "SS Cyg", "ra": 325.67, "dec": 43.58, "var_type": "UG", "min_mag": 12.4,
    "max_mag": 7.7, "obs_cadence": 3, "priority": True, "obs_section": ["Alerts / Campaigns"],
    "other_info": "[[Notice https://www.aavso.org/aavso-alert-notice-812]]",
}  # fmt: skip
STAR = {
    "Name": "SS Cyg", "RA2000": "325.67", "Declination2000": "43.58", "Period": "6.603",
    "Epoch": "2451000.5", "MaxMag": "7.7 V", "MinMag": "12.4 V", "VariabilityType": "UGSS",
}  # fmt: skip
RUN = {
    "scope": "S50", "target": "u1", "name": "M 81",
    "start": "2026-02-27T22:00:00Z", "end": "2026-02-27T22:30:00Z",
}  # fmt: skip
FRIEND = {
    "format": FORMAT, "version": VERSION, "author": "a", "made_at": "2026-02-27",
    "targets": [{"uid": "u1", "name": "M 81", "ra_deg_j2000": 148.9, "dec_deg_j2000": 69.1}],
    "runs": [RUN],
}  # fmt: skip
NOTICE = {
    "id": ["GRB1"], "event_name": "x", "ra": 10.0, "dec": 5.0, "ra_dec_error": [0.1, 0.2, 3],
    "trigger_time": "2026-02-27T22:00:00Z", "alert_tense": "current", "alert_type": "initial",
}  # fmt: skip
JSON: dict[str, tuple[Callable[[bytes], object], Any]] = {
    "alpaca": (_alpaca, {"Value": [1, 2.5], "ClientTransactionID": 7, "ServerTransactionID": 1,
                         "ErrorNumber": 0, "ErrorMessage": ""}),
    "alpaca error": (_alpaca, {"ErrorNumber": 1025, "ErrorMessage": "no", "Value": None}),
    "alpaca picture": (_image, {"Type": 2, "Rank": 2, "Value": [[1, 2], [3, 4]],
                                "ErrorNumber": 0}),
    "alpaca port": (read_port, {"AlpacaPort": 11111}),
    "mark": (decode_mark, {"state": "sending", "copy": "a", "owner": "b", "machine": "c",
                           "at": "2026-02-27T22:00:00+00:00", "job": 5, "seen_since": 1.5}),
    "sensor line": (lambda body: json_line.parse(body, "x", NOW),
                    {"ambient_temp": 5.5, "humidity": 40, "millis": 9, "is_safe": True,
                     "timestamp": "2026-02-27T22:00:00Z", "cloud_condition": "clear"}),
    "aavso": (aavso.read_aavso, {"targets": [TARGET]}),
    "vsx": (vsx.read_vsx, {"VSXObject": STAR}),
    "vsp": (vsx.read_vsp, {"chartid": "X1", "photometry": [
        {"auid": "a", "ra": "1:2:3", "dec": "4:5:6", "label": "99",
         "bands": [{"band": "V", "mag": 9.9}]}]}),
    "tns": (tns.read_tns_json, {"data": {"reply": [{"objname": "2026abc", "radeg": 10.5,
            "decdeg": 5.0, "discoverydate": "2026-02-27 22:00:00", "discoverymag": 17.5}]}}),
    "gcn": (lambda body: gcn.read_gcn("gcn.notices.swift.bat", body), NOTICE),
    "list": (read_list, {"targets": [TARGET]}),
    "plan": (_plan, FRIEND),
    "frames": (decode_frames, [{"id": 5, "chunk_key": "20260227.80", "ra_deg": 5.0,
                                "date_obs_start": "2026-02-27 22:00:00", "sqm": 21.1}]),
    "stars": (decode_stars, {"width": 10, "height": 10, "stars": [{"x": 1, "y": 2, "flag": 0}]}),
}  # fmt: skip
_TABLE = (
    b"<table><tr><th>ASAS-SN</th><th>RA</th><th>Dec</th><th>Discovery</th><th>V/g</th></tr><tr>"
    b"<td>ASASSN-26ab</td><td>1:6:42.74</td><td>-1:2:3</td><td>2026-02-9.44</td><td>15.5</td></tr>"
    b"</table>"
)
_DETAILS = (
    b"<html><h1>Results</h1><table><tr><td>Job ID</td><td>1234</td></tr><tr><td>Status</td>"
    b"<td>Complete</td></tr><tr><td>Request Time</td><td>5 November 2024 (21:03:55 UTC)</td></tr>"
    b"<tr><td><a href='v3job-view.php?jid=55'>55</a></td></tr></table><form>"
    b"<input name=ticket value=abc></form><iframe src='/x.png'></iframe></html>"
)
_EVENT = (
    b"<VOEvent role='observation' ivorn='ivo://x#1'><What><Param name='TrigID' value='5'/></What>"
    b"<WhereWhen><AstroCoords><Time><TimeInstant><ISOTime>2026-02-27T22:00:00</ISOTime>"
    b"</TimeInstant></Time><Position2D unit='deg'><Value2><C1>10.5</C1><C2>5</C2></Value2>"
    b"<Error2Radius>0.1</Error2Radius></Position2D></AstroCoords></WhereWhen></VOEvent>"
)
_CLASSIC = (
    b"NOTICE_TYPE:   Swift-BAT GRB\nTRIGGER_NUM:  123\nGRB_RA:  10.5d {+00h} (J2000)\n"
    b"GRB_DEC:  5.5d (J2000)\nGRB_ERROR:  3.00 [arcmin]\nGRB_DATE: 14570 TJD; 98 DOY; 26/02/27\n"
    b"GRB_TIME: 79384.00 SOD {22:03:04.00} UT\n"
)
BYTES: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "asas-sn": (asassn.read_asassn, _TABLE),
    "details": (pages.read_details, _DETAILS),
    "job": (pages.read_job_of_request, _DETAILS + b"<script>var info = {\"jid\": 5};</script>"),
    "search": (pages.read_search, _DETAILS),
    "ticket": (pages.read_ticket, _DETAILS),
    "picture page": (pages.read_frame_address, _DETAILS),
    "weather": (pages.read_weather, _DETAILS),
    "voevent": (lambda body: voevent.read_voevent("gcn.classic.voevent.X", body), _EVENT),
    "classic": (lambda body: gcn.read_gcn("gcn.classic.text.X", body), _CLASSIC),
    "tns file": (tns.read_tns_file, b'"2026-02-27 00:00:00 - 23:59:59"\n"objid","name_prefix",'
                 b'"name","ra","declination","discoverydate","discoverymag"\n'
                 b'"1","AT","2026abc","10.5","5.0","2026-02-27 22:00:00","17.5"\n'),
    "pasted": (_lines(pasted.read_pasted), b"AT 2026abc 10:20:30 +05:06:07 17.5\nx 10.5 5.5\n"),
    "table": (read_list, b"name,ra,dec,priority\nM 81,09:55:33,+69:03:55,5\n"),
    "horizon": (lambda body: read_horizon(body, "x.txt"), b"0 10\n90 20.5\n180 30\n270 10\n"),
    "boltwood": (_lines(lambda line: boltwood.parse(line, "x", UTC)),
                 b"2026-02-27 22:00:00.00 C K -20.0 5.0 6.0 3.0 40 -5.0 000 0 0 00002 046080.5 "
                 b"1 1 1 1 0 0\n"),
    "cloudwatcher": (cloudwatcher.parse_blocks, b"!1        -1234!\x11            0"),
    "solo": (_lines(lambda line: cloudwatcher_solo.parse(line, "x")),
             b"dataGMTTime=2026/02/27 22:00:00\nclouds=-20.1\ntemp=5.0\nsafe=1\n"),
    "gps": (_lines(lambda line: nmea.parse(line.strip(), date(2026, 2, 27))),
            b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"),
    "sky quality": (_lines(lambda line: sky_quality_meter.reading(line, "x", NOW)),
                    b"r, 21.05m,0000000022Hz,0000020000c,0000000.500s, 039.4C\r\n"),
    "meter": (_lines(sky_quality_meter.parse_identity), b"i,00000004,00000003,00000023,00000413"),
    "alpaca bytes": (lambda body: read_image_bytes(body, 7, most=(100, 100)),
                     bytes.fromhex("0100000000000000070000000100000034000000020000000200000002000000"
                                   "020000000200000000000000") + bytes(24)),
}  # fmt: skip


async def fuzz_readers(seed: int, folder: Path, rounds: int = 200) -> list[str]:
    """What went wrong when every reader was given so many mutated answers. No folder is needed."""
    return await asyncio.to_thread(faults, seed, rounds)


def faults(seed: int, rounds: int) -> list[str]:
    """As `fuzz_readers`."""
    dice, found = random.Random(seed), []
    for name, (read, tree) in JSON.items():
        found += [_try(name, read, mutated_json(dice, tree)) for _ in range(rounds)]
    for name, (read, sample) in BYTES.items():
        for _ in range(rounds):
            data = sample
            for _ in range(dice.randint(1, 3)):
                data = damaged(dice, data)
            found.append(_try(name, read, data))
    return [each for each in found if each]


def _try(name: str, read: Callable[[bytes], object], data: bytes) -> str:
    begun = time.process_time()
    try:
        read(data)
    except CrowdSkyError:
        pass
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{name}: {type(error).__name__}: {error} for {data[:200]!r}"
    took = time.process_time() - begun
    return f"{name}: {took:.0f} s for {data[:200]!r}" if took > SLOW_S else ""
