"""A secret is found in every form, and what is none stays."""

import base64
import logging
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.base.crash_log import write_crash
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.logfiles import start_log
from crowdsky_tui.base.redaction import hide_for_file, hide_in_bytes, keep_place, keep_secret
from crowdsky_tui.base.secret_forms import MASK, Secrets
from crowdsky_tui.base.text import clean, path_component
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ServerSettings
from crowdsky_tui.doctor.redaction import Redaction
from crowdsky_tui.services.http.credentials import ApiKey, BasicLogin
from crowdsky_tui.services.http.replies import error_for
from tests.secrets_kit import SECRETS, USER, forms, traces

ALL = [
    pytest.param(secret, form, id=f"{number} {name}")
    for number, secret in enumerate(SECRETS)
    for name, form in forms(secret)
    if not (name == "old JavaScript" and not all(ord(char) < 65536 for char in secret))
]


@pytest.mark.parametrize(("secret", "form"), ALL)
def test_a_secret_is_hidden_in_every_form(secret: str, form: str) -> None:
    hidden = Secrets([secret], [USER]).hide(f"before {form} after")
    assert MASK in hidden
    left = hidden.replace(MASK, "").removeprefix("before ").removesuffix(" after")
    assert len(left) <= len('Authorization: Basic : \\\\"\\\\"'), left
    for trace in traces(secret):
        assert trace not in hidden
    assert hidden.startswith("before ") and hidden.endswith(" after")


@pytest.mark.parametrize(("secret", "form"), ALL)
def test_no_output_lets_it_through(secret: str, form: str, tmp_path: Path) -> None:
    BasicLogin(USER, secret)
    settings = Settings(server=ServerSettings("https://a", USER, secret))
    said = [
        clean(f"x {form}", 60),
        str(CrowdSkyError("what", f"the server said {form}", form)),
        hide_for_file(f"x\n{form}\ny"),
        hide_in_bytes(form.encode()).decode(),
        Redaction(settings).apply(f"x {form} y"),
        str(error_for("what", "my_stacks.php", 500, {}, f"x {form}".encode())),
        write_crash(ValueError(form), tmp_path).read_text(),
    ]
    for text in said:
        for trace in traces(secret):
            assert trace not in text


def test_a_log_line_holds_no_secret_and_no_place(tmp_path: Path) -> None:
    ApiKey("csk_c4nary77", "")
    keep_secret("c4nary-pass", user=USER)
    keep_place(48.20817, 16.37383)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        root.handlers = []
        start_log(tmp_path)
        token = base64.b64encode(b"alice:c4nary-pass").decode()
        log = logging.getLogger("crowdsky_tui.test")
        log.error("%s and %s", token, "csk_c4nary77")
        log.error("the place [16.37, 48.2082] 48°12'29\" at 05:31:02, M 81 at 9.93 69.07")
        log.error('{"passwd": "home-wifi", "lat": 1.5}')
    finally:
        start_log(None)
        root.handlers, root.level = handlers, level
    text = (tmp_path / "crowdsky-tui.log").read_text()
    for trace in (token, "c4nary", "16.37", "48.20", "48°", "home-wifi", "1.5"):
        assert trace not in text
    assert "M 81 at 9.93 69.07" in text and "05:31:02" in text


@pytest.mark.parametrize("password", ["Light", "CrowdSky", "2026", "M 51"])
def test_a_password_that_is_a_common_word_changes_no_data(password: str) -> None:
    keep_secret(password)
    name = "Light_M 51_10.0s_IRCUT_20260228-013000.fit"
    assert path_component(name) == name


def test_what_is_none_stays_and_costs_little() -> None:
    secrets = Secrets(SECRETS, [USER])
    line = "2026-02-28T05:31:02Z INFO stack M 81 20:15: 28 of 28 &c. 100% done\\n=3D%20 a+b/c"
    assert secrets.hide(line) == line
    body = b'[{"chunk_key":"20260227.91_HP026479","url":"https:\\/\\/a\\/b"}]' * 1000
    assert secrets.hide_bytes(body) is body
    assert Secrets(["abc"]).hide("abc") == "abc", "too short to be masked"
    begun = time.process_time()
    secrets.hide("%25" * 20000 + "\\u0041" * 5000)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("sign", ["x", "a-", '"', "1.", "°", "@", "=", "\\", "x.", "pass", "p="])
def test_a_long_line_costs_little(sign: str) -> None:
    keep_secret("c4nary-pass", user=USER)
    keep_place(48.20817, 16.37383)
    begun = time.process_time()
    Redaction(Settings()).apply(sign * (60_000 // len(sign)))
    assert time.process_time() - begun < 2


@given(
    st.text(st.sampled_from("\\uUxd8f2cDF{}%&#;=0123456789abn\r\n<br>…é\ud83c"), max_size=40),
    st.integers(0, 40),
)
def test_no_text_however_it_is_quoted_or_cut_leads_to_a_fault(text: str, cut: int) -> None:
    secrets = Secrets(["hush hush"])
    secrets.hide(text)
    secrets.hide(f"hush hush {text}"[: cut + 9] + "…")


@pytest.mark.parametrize(
    "text", ["\\ud83c\\udf2…", "\\ud8é\\udc00", "\\uD83C\\uDF2", "\\ud83c\\udzzzz"]
)
def test_half_of_an_escaped_pair_leads_to_no_fault(text: str) -> None:
    assert Secrets(["hush hush"]).hide(text) == text
