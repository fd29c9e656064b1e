"""What a failed request is called, and what the user is told to do about it, rule by rule."""

import httpx
import pytest

from crowdsky_tui.base.errors import NetworkDown, ProtocolError, ServerError
from crowdsky_tui.base.least_rate import Allowance
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.services.http.connection import Connection, network_error
from crowdsky_tui.services.http.credentials import Anonymous, ApiKey, BasicLogin, Credentials
from crowdsky_tui.services.http.limits import Limits
from crowdsky_tui.services.http.reply import Reply

CLOCK, PROXY, NETWORK, ADDRESS = "clock", "network.proxy", "then try again", "the right one"


@pytest.mark.parametrize(
    ("error", "kind", "step"),
    [
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] expired"), NetworkDown, CLOCK),
        (httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER]"), NetworkDown, CLOCK),
        (httpx.ConnectError("CERTIFICATE unknown"), NetworkDown, CLOCK),
        (httpx.ProxyError("403 Forbidden"), NetworkDown, PROXY),
        (httpx.ReadTimeout(""), NetworkDown, "Check the network; then try again."),
        (httpx.ConnectError("no route"), NetworkDown, "the server's address"),
        (httpx.RemoteProtocolError("Server disconnected"), NetworkDown, NETWORK),
        (httpx.RemoteProtocolError("peer closed connection"), NetworkDown, NETWORK),
        (httpx.RemoteProtocolError("illegal header line"), ProtocolError, ADDRESS),
        (httpx.DecodingError("incorrect header check"), ProtocolError, ADDRESS),
    ],
)
def test_only_an_answer_that_is_no_http_is_the_servers_fault_and_each_trouble_has_its_step(
    error: httpx.HTTPError, kind: type[ServerError], step: str
) -> None:
    found = network_error("it failed", error)
    assert type(found) is kind and step in found.next_step


@pytest.mark.parametrize("error", [httpx.ConnectError(""), httpx.ReadTimeout("")])
def test_an_error_without_a_word_is_told_by_its_name(error: httpx.HTTPError) -> None:
    assert type(error).__name__ in network_error("it failed", error).why


@pytest.mark.parametrize(
    "credentials", [BasicLogin("alice", "x"), ApiKey("csk_1", "PAGE"), Anonymous()]
)
def test_only_a_refused_login_is_told_what_its_login_needs(credentials: Credentials) -> None:
    connection = Connection("https://x.example", credentials, "test", Limits(), NetworkSettings())
    for status in (400, 401, 403, 404, 500):
        reply = Reply(httpx.Response(status), Allowance(1.0))
        found = connection.refusal("it failed", "page", reply, b"{}")
        assert (found.next_step == credentials.hint) == (status == 401)
