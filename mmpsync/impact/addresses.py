"""Where requests may go: https anywhere, plain http to this machine only."""

import ipaddress
import ssl
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from mmpsync.errors import ImpactError, UsageError

__all__ = ["API_URL", "checked_api_url", "is_loopback", "redirected", "transport_to"]

API_URL = "https://api.impact.com"


def checked_api_url(url: str) -> str:
    """The API's address without a slash at its end; raises UsageError unless it is https, or this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    plain = f"{parts.scheme}://{parts.netloc}"
    is_plain = url.rstrip("/") == plain and parts.username is None
    if not host or not is_plain or parts.scheme not in {"http", "https"}:
        raise UsageError("--api-url: write it as https://HOST, or http://127.0.0.1:PORT for a rehearsal")
    if parts.scheme == "http" and not is_loopback(url):
        raise UsageError(
            f"--api-url {plain}: the credentials would travel in the clear; plain http is for 127.0.0.1 only"
        )
    return plain


def is_loopback(url: str) -> bool:
    """Whether an address is this very machine, by its number: a name may lead anywhere."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False


def redirected(base: str, target: str, api_url: str) -> str:
    """Where a redirect leads; raises ImpactError where it would leave https."""
    url = urljoin(base, target)
    scheme = urlsplit(url).scheme
    is_rehearsal = scheme == "http" and is_loopback(url) and is_loopback(api_url)
    if scheme != "https" and not is_rehearsal:
        raise ImpactError("a download is redirected to an address without https, which is not followed")
    return url


def transport_to(api_url: str, connections: int) -> httpx.HTTPTransport:
    """Connections that verify TLS, through the proxy that the environment names, if it does."""
    parts = urlsplit(api_url)
    proxies = {} if is_loopback(api_url) or proxy_bypass(parts.hostname or "") else getproxies()
    verify: ssl.SSLContext | bool = httpx.create_ssl_context() if parts.scheme == "https" else True
    return httpx.HTTPTransport(
        verify=verify,
        proxy=proxies.get(parts.scheme),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
    )
