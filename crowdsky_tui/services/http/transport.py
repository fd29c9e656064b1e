"""The road to the server: certificate authorities, a proxy, and the sockets' options."""

import functools
import os
import socket
import ssl
import urllib.request

import httpx

from crowdsky_tui.base.addresses import is_loopback
from crowdsky_tui.base.errors import NetworkDown
from crowdsky_tui.base.redaction import keep_secret
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.schema import NetworkSettings

NO_PROXY = "none"
_UNSENT_BYTES = 256 * 1024


def proxy_for(url: httpx.URL, network: NetworkSettings) -> str:
    """The proxy's address for `url`, "" for none: the settings', or else the environment's.

    This machine is never asked through one, nor is what NO_PROXY names if the proxy is the
    environment's.
    """
    if is_loopback(url.host) or network.proxy.lower() == NO_PROXY:
        return ""
    if network.proxy:
        return network.proxy
    proxies = urllib.request.getproxies_environment()
    if urllib.request.proxy_bypass_environment(url.host, proxies):  # type: ignore[attr-defined]
        return ""
    return proxies.get(url.scheme) or proxies.get("all") or ""


def transport_for(url: httpx.URL, network: NetworkSettings) -> httpx.AsyncHTTPTransport:
    """A transport to the server at `url`. Reads certificates: blocks. Raises NetworkDown."""
    context = _tls_context(network.ca_file, os.environ.get("SSL_CERT_FILE", ""))
    proxy = proxy_for(url, network)
    if not proxy:
        return httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, socket_options=_socket_options()
        )
    try:
        address = httpx.URL(proxy if "://" in proxy else f"http://{proxy}")
        road = httpx.Proxy(address, ssl_context=context if address.scheme == "https" else None)
        if road.auth is not None:
            keep_secret(road.auth[1], user=road.auth[0])
        return httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, proxy=road, socket_options=_socket_options()
        )
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise NetworkDown(
            "The proxy cannot be used",
            "its address has to be http://host:port or https://host:port",
            "Check network.proxy in the settings, or HTTPS_PROXY in the environment.",
        ) from error


@functools.cache
def _tls_context(*files: str) -> ssl.SSLContext:
    """The usual certificate authorities and those in `files`, read once. Blocks."""
    context = httpx.create_ssl_context(trust_env=False)
    for file in filter(None, files):
        try:
            authorities = os.path.expanduser(file)  # noqa: PTH111 - Path raises without a home
            context.load_verify_locations(authorities)
        except (OSError, ssl.SSLError) as error:
            raise NetworkDown(
                f"The certificates in {clean(file)} cannot be used",
                error.strerror or "it is no file of certificates (PEM)",
                "Check network.ca_file in the settings, or SSL_CERT_FILE in the environment.",
            ) from error
    return context


def _socket_options() -> list[tuple[int, int, int]]:
    """Keep few unsent bytes in the kernel, so that progress is what has really left."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        options.append((socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES))
    return options
