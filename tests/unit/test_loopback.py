"""The app in a browser: which addresses are served, and which requests are answered."""

import pytest

from crowdsky_tui.web.loopback import is_own_host, loopback_address, why_refused

OWN = {"localhost": "127.0.0.1", "LOCALHOST": "127.0.0.1", "127.0.0.1": "127.0.0.1",
       "127.9.8.7": "127.9.8.7", "::1": "::1", "0:0:0:0:0:0:0:1": "::1"}  # fmt: skip
OTHERS = (
    "", "0.0.0.0", "::", "0", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1",  # every, or odd
    "192.168.1.20", "10.0.0.1", "172.16.0.1", "169.254.1.1", "100.64.0.1", "192.0.2.1",  # networks
    "8.8.8.8", "255.255.255.255", "224.0.0.1",
    "fe80::1", "fe80::1%eth0", "::1%eth0", "fd00::1", "2001:db8::1", "ff02::1", "::ffff:192.0.2.1",
    "raspberrypi", "raspberrypi.local", "localhost.example.org", "127.0.0.1.example.org",
    "localhost.", "example.org", "[::1]", "127.0.0.1:8000", "http://127.0.0.1", "127.0.0.1\n",
)  # fmt: skip


@pytest.mark.parametrize("host", OWN)
def test_this_machine_alone_is_served(host: str) -> None:
    assert loopback_address(host) == OWN[host]


@pytest.mark.parametrize("host", OTHERS)
def test_every_other_address_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=r"this machine|others"):
        loopback_address(host)


def test_the_hosts_of_requests() -> None:
    for own in ("localhost", "localhost:9000", "127.0.0.1:8000", "[::1]:8000"):
        assert is_own_host(own), own
    for other in ("", "evil.example", "evil.example:8000", "127.0.0.1.evil.example:8000",
                  "127.0.0.1@evil.example", "user@127.0.0.1", "192.168.1.20:8000", "[::]:80",
                  "[fe80::1", ":8000"):  # fmt: skip
        assert not is_own_host(other), other


HOST = {"Host": "127.0.0.1:8000"}
PAGE = {**HOST, "Origin": "http://127.0.0.1:8000"}


def test_only_our_own_page_with_the_key_is_answered() -> None:
    assert why_refused(HOST, "key", "key", wants_origin=False) is None
    assert why_refused(PAGE, "key", "key", wants_origin=True) is None


@pytest.mark.parametrize(
    ("headers", "given", "why"),
    [
        (PAGE, None, "key"),
        (PAGE, "", "key"),
        (PAGE, "kez", "key"),
        (PAGE, "kéy", "key"),
        (HOST, "key", "does not say"),
        ({**HOST, "Origin": "null"}, "key", "another page"),
        ({**HOST, "Origin": "http://evil.example"}, "key", "another page"),
        ({**HOST, "Origin": "http://127.0.0.1:9999"}, "key", "another page"),
        ({**HOST, "Origin": "https://127.0.0.1:8000"}, "key", "another page"),
        ({"Host": "evil.example:8000", "Origin": "http://evil.example:8000"}, "key", "machine"),
        ({}, "key", "machine"),
    ],
)
def test_a_socket_is_refused(headers: dict[str, str], given: str | None, why: str) -> None:
    assert why in (why_refused(headers, "key", given, wants_origin=True) or "")
