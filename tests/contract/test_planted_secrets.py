"""Secrets planted everywhere, in every form: in no output, file, report, bundle or recording."""

import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from commands_kit import Simulation, simulation

from crowdsky_tui.base.redaction import hide_for_file, keep_place, keep_secret
from crowdsky_tui.instruments.seestar.connection.redact import redacted
from crowdsky_tui.recorder.lines import Said
from crowdsky_tui.recorder.writer import Writer, new_file
from tests.secrets_kit import SECRETS, forms, traces

SECRET = SECRETS[1]
PLACE = ("48.20817", "16.37383")


@contextmanager
def repeating(status: int) -> Iterator[str]:
    """A server that answers each request with the login, in one form after the other."""
    said = [form for _, form in forms(SECRET)]
    turn = count()

    class Repeating(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            text = f"no: {self.headers['Authorization']} {said[next(turn) % len(said)]}"
            body = json.dumps({"error": text}).encode() if next(turn) % 3 else text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Repeating)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path / "sim", "--scopes", "1") as running:
        yield running


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(status, marks=() if status == 401 else pytest.mark.long)
        for status in (400, 401, 403, 500)
    ],
)
def test_a_server_that_repeats_the_login_gets_it_nowhere(
    sim: Simulation, tmp_path: Path, status: int
) -> None:
    with repeating(status) as url:
        account = {"url": url, "username": "alice", "password": SECRET}
        text = sim.config.read_text()
        head, _, rest = text.partition("[server]\n")
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in account.items())
        rest = "".join(
            line
            for line in rest.splitlines(keepends=True)
            if not line.startswith(("url =", "username =", "password ="))
        )
        sim.config.write_text(f"{head}[server]\n{lines}{rest}")
        said = []
        for verb in (
            ("stacks",),
            ("stacks", "--json"),
            ("sync", "M 51", "--wait", "2"),
            ("sync", "M 51", "--wait", "1", "--json"),
            ("report",),
            ("doctor",),
            ("raw-upload", "M 51", "--yes", "--wait", "1"),
            ("bundle", "--dest", str(tmp_path)),
        ):
            done = sim.run(*verb)
            assert "Traceback" not in done.stderr, verb
            said += [(" ".join(verb), done.stdout + done.stderr)]
        assert any("********" in text for _, text in said), "it was repeated, and hidden"
    for path in sim.state.rglob("*"):
        if path.is_file():
            said.append((path.name, path.read_bytes().decode("utf-8", "replace")))
    (made,) = tmp_path.glob("*.zip")
    with zipfile.ZipFile(made) as archive:
        said += [(name, archive.read(name).decode()) for name in archive.namelist()]
    assert {"crowdsky-tui.log", "journal.sqlite3"} <= {name for name, _ in said}
    for name, text in said:
        for trace in traces(SECRET):
            assert trace not in text, (name, trace)


def test_a_recording_holds_no_form_of_a_secret_and_no_place(tmp_path: Path) -> None:
    keep_secret(SECRET, user="alice")
    keep_place(*map(float, PLACE))
    path = tmp_path / "night.jsonl"
    writer = Writer(new_file(path), hide_for_file)
    for name, form in forms(SECRET):
        reply = {"method": "x", "result": {name: form, "around": [form, 16.3738, 48.2]}}
        writer.put(Said(0.0, "from scope", "garden", json.dumps(reply).encode()))
        writer.put(Said(0.0, "server", "server", form))
    writer.put(Said(0.0, "from scope", "garden", b'{"said":"here: 48.208, 16.374"}'))
    writer.close()
    text = path.read_text()
    assert len(text.splitlines()) == 2 * len(list(forms(SECRET))) + 1
    for trace in (*traces(SECRET), "16.37", "48.20"):
        assert trace not in text


@pytest.mark.parametrize(
    "key",
    [
        "wifipassword", "wifi_password", "wifiPassword", "WIFIPASSWORD", "wifipasswd", "wlanpwd",
        "wifikey", "wifi_key", "appsk", "wpa", "wpa2_psk", "apssid", "e-mail", "email", "e_mail",
        "userEmail", "mailaddress", "account", "account_name", "accountId", "login", "loginname",
        "user", "user_name", "username", "userid", "nickname", "owner", "phone", "mobile",
        "accesstoken", "access-token", "refresh_token", "clientsecret", "credentials", "apikey",
        "gpslat", "gps", "lonlat", "location_lon_lat", "observer_latitude", "sn", "serial",
    ],
)  # fmt: skip
def test_a_recording_misses_no_sibling_of_a_secret_name(key: str) -> None:
    for value in ("c4nary", ["c4nary"], {"deep": "c4nary"}, 4711):
        assert "c4nary" not in str(redacted({"result": {"ap": {key: value}}}))
        assert "4711" not in str(redacted([{key: value}]))


def test_what_a_developer_needs_stays_in_a_recording() -> None:
    plain = {
        "method": "get_device_state",
        "result": {
            "device": {"firmware_ver_int": 2670, "product_model": "Seestar S50"},
            "setting": {"user_stack_sim": False, "calib_location": 2, "exp_ms": {"stack_l": 10000}},
            "compass_sensor": {"code": 0},
            "keys": ["mount"],
            "storage": {"free_mb": 4},
        },
    }
    assert redacted(plain) == plain
