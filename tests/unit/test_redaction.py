"""Nothing secret leaves in a bundle."""

import pytest

from crowdsky_tui.base.redaction import HIDDEN, hide_places
from crowdsky_tui.config.automatic_settings import AutomaticSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import NoticeSettings, ServerSettings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.doctor.redaction import Redaction

SETTINGS = Settings(
    server=ServerSettings(username="alice77", password="c4nary-pass", api_key="csk_c4nary"),
    scopes=(ScopeSettings(host="h", name="S50 a349", serial="a3497936"),),
    automatic=AutomaticSettings(latitude=48.20817, longitude=16.37383),
    notices=NoticeSettings(url="https://ntfy.sh/c4nary-topic"),
)


@pytest.mark.parametrize(
    "text",
    [
        "login with c4nary-pass failed",
        "key csk_c4nary and csk_another1",
        "posted to https://ntfy.sh/c4nary-topic",
        "at 48.20817 and 16.37383",
        '{"ap":{"ssid":"home-c4nary","passwd":"c4nary-wifi"}}',
        "passwd: c4nary-wifi",
        "Authorization: Basic c4naryc4nary",
        "SITELAT = 48.2081 / c4n",
        '"location_lon_lat": [16.3738, 48.2081]',
        "https://bob:c4nary@example.org/x",
        "-----BEGIN RSA PRIVATE KEY-----\nc4nary\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nc4nary",
        "user alice77 on a3497936",
    ],
)
def test_canaries_are_gone(text: str) -> None:
    clean = Redaction(SETTINGS).apply(text)
    for canary in ("c4nary", "48.208", "16.373", "alice77", "a3497936", "csk_another1"):
        assert canary not in clean


def test_what_helps_stays() -> None:
    plain = "2026-02-28T05:31:02Z INFO stack M 81 20:15: done: 28 of 28; S50 a349 at 127.0.0.1:4700"
    assert Redaction(SETTINGS).apply(plain) == plain
    assert Redaction(Settings()).apply(plain) == plain
    assert Redaction(SETTINGS, ["5c3e0de2"]).apply("scope 5c3e0de2") == "scope 5c3e…"


def test_one_decimal_tells_a_place_only_where_that_is_all_we_know() -> None:
    exact, coarse = [48.20817, 16.37383], [48.2, -16.4]
    plain = "seeing 48.2 and 16.4, focus at 1248.2, version 1.16.4"
    assert hide_places(plain, exact) == plain
    assert hide_places("at 48.2 and 16.4", coarse) == f"at {HIDDEN} and {HIDDEN}"
    assert hide_places("at 48.21 and 16.38", exact) == f"at {HIDDEN} and {HIDDEN}"
    assert hide_places("at 48.3 and 16.5", coarse) == "at 48.3 and 16.5"
    assert hide_places("48°12'29\" and 16 d 22 m", exact) == f"{HIDDEN} and {HIDDEN}"
