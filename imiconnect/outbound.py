"""The one HTTP client for URLs given by customers.

A name is resolved (A and AAAA), every address is checked, and a checked address is dialled,
so that a name which changes its mind between check and call gains nothing. TLS and the Host
header keep the name. No redirect is followed, the whole exchange has one time limit, and of
the answer only the beginning is read.
"""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import certifi
import httpcore
import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Seconds for a whole exchange (facts/imiconnect.md, section 14).
TIMEOUT = 10.0
#: Bytes of an answer that are read before the connection is closed, and that are kept.
MAX_ANSWER, KEPT_ANSWER = 65_536, 2_000
USER_AGENT = "IMIconnect-Callback/1"

#: The only IPv6 addresses in public use (RFC 4291, 2.4), without those that carry an IPv4
#: address or serve protocols: Teredo and others (2001::/23), documentation, 6to4.
_PUBLIC_V6 = ipaddress.ip_network("2000::/3")
_SPECIAL_V6 = [
    ipaddress.ip_network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "64:ff9b::/96")
]
#: Beside what ``is_global`` knows: protocol assignments, 6to4 relays, all from multicast up.
_SPECIAL_V4 = [
    ipaddress.ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/3")
]


class OutboundError(Exception):
    """The exchange did not come to an answer.

    ``reason`` is a short code, ``words`` what people read, ``retryable`` whether the same
    call may succeed later.
    """

    def __init__(self, reason: str, words: Words, *, retryable: bool) -> None:
        """Keep what went wrong."""
        super().__init__(reason)
        self.reason, self.words, self.retryable = reason, words, retryable


@dataclass(frozen=True)
class Answer:
    """What a server answered: status, headers by small names, the body's beginning as text."""

    status: int
    body: str
    duration_ms: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """A file that a server has sent, and the type that it gives it."""

    data: bytes
    content_type: str


def fetch(url: str, *, most: int, timeout: float = 3 * TIMEOUT) -> File:
    """Return the file at a customer's URL, of at most ``most`` bytes; raises ``OutboundError``.

    It waits for the network: call it outside of any transaction, and of any event loop.
    """

    async def read() -> File:
        async with Outbound(connections=1) as client:
            return await client.read(url, most=most, timeout=timeout)

    return asyncio.run(read())


def allows_plain_http() -> bool:
    """Tell whether a callback may go to an ``http:`` URL: only where private hosts may."""
    return bool(settings.ALLOW_PRIVATE_CALLBACKS)


def is_public(address: IPAddress) -> bool:
    """Tell whether an address is reachable by anyone: not private, loopback, link-local,
    shared (100.64/10), multicast, reserved, nor IPv6 with an IPv4 address inside.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not any(address in network for network in _SPECIAL_V4)
    if address not in _PUBLIC_V6 or address.scope_id:
        return False
    return address.is_global and not any(address in network for network in _SPECIAL_V6)


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, each of them allowed.

    Raises ``OutboundError`` when there is none, or when one of them is not public and
    ``ALLOW_PRIVATE_CALLBACKS`` is not set.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError):
        sentence = _("The name of the server was not found.")
        raise OutboundError("name_not_found", sentence, retryable=True) from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not settings.ALLOW_PRIVATE_CALLBACKS:
        _refuse_private(addresses)
    return addresses


def _refuse_private(addresses: Iterable[str]) -> None:
    for address in addresses:
        if not is_public(ipaddress.ip_address(address)):
            sentence = _("The server is at a private or local address, which is not allowed.")
            raise OutboundError("private_address", sentence, retryable=False)


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Dials the address that was checked, not the name."""

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection to the first address that answers."""
        failure: Exception | None = None
        for address in await resolve(host, port):
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError()

    async def connect_unix_socket(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: a URL names a host."""
        raise httpcore.UnsupportedProtocol

    async def sleep(self, seconds: float) -> None:
        """Wait without blocking."""
        await self._network.sleep(seconds)


class Outbound:
    """A client that keeps connections open between calls; use it as ``async with``."""

    def __init__(self, *, connections: int = 100, double: str = "") -> None:
        """Prepare a pool; no connection is opened yet.

        ``double`` is the address of a provider's double, empty in production: what is below
        it, and nothing else, may be private and plain HTTP.
        """
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=connections,
            keepalive_expiry=30,
            network_backend=_CheckedBackend(),
        )
        self._double = double
        self._near = (
            httpcore.AsyncConnectionPool(max_connections=connections) if double else None
        )

    async def __aenter__(self) -> "Outbound":
        """Return the client."""
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Close every connection."""
        await self._pool.aclose()
        if self._near:
            await self._near.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> Answer:
        """Make one call and return the answer, whatever its status; a redirect too.

        Raises ``OutboundError`` when no answer comes within ``timeout`` seconds.
        """
        status, named, start, took = await self._call(
            method, url, body, headers or {}, timeout, most=MAX_ANSWER
        )
        text = start[:KEPT_ANSWER].decode(errors="replace").replace("\x00", "")
        return Answer(status, text, took, named)

    async def read(self, url: str, *, most: int, timeout: float) -> "File":
        """Return the file at a URL, of at most ``most`` bytes.

        Raises ``OutboundError``, also when the server answers anything but 200.
        """
        status, named, data, _took = await self._call("GET", url, b"", {}, timeout, most=most)
        if status != 200:
            sentence = _("The server answered %(status)s.") % {"status": status}
            is_passing = status == 429 or status >= 500
            raise OutboundError(f"status_{status}", sentence, retryable=is_passing)
        if len(data) > most:
            raise OutboundError("too_large", _("The file is too large."), retryable=False)
        kind = named.get("content-type", "").partition(";")[0].strip().lower()
        return File(data, kind)

    async def _call(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        timeout: float,
        *,
        most: int,
    ) -> tuple[int, dict[str, str], bytes, int]:
        """Return status, headers, the body's beginning and the milliseconds that it took."""
        near = self._near if is_below(url, self._double) else None
        target, host = _target(url, plain=near is not None)
        sent = {"Host": host, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        sent |= {"Content-Length": str(len(body))} if method != "HEAD" else {}
        sent |= headers
        begun = time.monotonic()
        try:
            async with asyncio.timeout(timeout):
                status, named, start = await self._exchange(
                    near or self._pool, method, target, sent, body, most
                )
        except OutboundError:
            raise
        except (TimeoutError, httpcore.TimeoutException):
            sentence = _("The server did not answer in time.")
            raise OutboundError("timeout", sentence, retryable=True) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise _broken(error) from error
        return status, named, start, int((time.monotonic() - begun) * 1000)

    @staticmethod
    async def _exchange(
        pool: httpcore.AsyncConnectionPool,
        method: str,
        target: httpcore.URL,
        headers: Mapping[str, str],
        body: bytes,
        most: int,
    ) -> tuple[int, dict[str, str], bytes]:
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        start = bytearray()
        async with pool.stream(method, target, headers=raw, content=body) as answer:
            async for chunk in answer.aiter_stream():
                start += chunk
                if len(start) > most:
                    break
        named = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in answer.headers
        }
        return answer.status, named, bytes(start)


@dataclass(frozen=True)
class Probe:
    """What came back when a callback URL was tried before it is saved.

    ``may_save`` is false where saving anyway is no choice: the address is not allowed.
    """

    passed: bool
    words: Words
    may_save: bool = True


def probe(url: str) -> Probe:
    """Try a URL with HEAD, then with an empty JSON object by POST; 2xx passes.

    It waits for the network: call it outside of any transaction.
    """
    return asyncio.run(_probe(url))


async def _probe(url: str) -> Probe:
    try:
        async with Outbound(connections=1) as client:
            answer = await client.send("HEAD", url)
            if not 200 <= answer.status < 300:
                kind = {"Content-Type": "application/json"}
                answer = await client.send("POST", url, body=b"{}", headers=kind)
    except OutboundError as error:
        return Probe(False, error.words, may_save=error.reason not in _FORBIDDEN)
    if 200 <= answer.status < 300:
        return Probe(True, _("The server answered %(status)s.") % {"status": answer.status})
    sentence = _("The server answered %(status)s; it must answer 200.")
    return Probe(False, sentence % {"status": answer.status})


_FORBIDDEN = {"private_address", "bad_url", "plain_http"}


@cache
def trusted(*, http2: bool = False) -> ssl.SSLContext:
    """Return the TLS settings of calls to servers of the world; nobody may change them.

    They are read once in a process, since OpenSSL takes 80 ms for the authorities. An HTTP
    client writes into them which protocols it offers, so HTTP/2 has settings of its own.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_below(url: str, double: str) -> bool:
    """Tell whether a URL is at a double's address: same server, and its path begins there."""
    if not double:
        return False
    try:
        found, base = httpx.URL(url), httpx.URL(double)
    except (httpx.InvalidURL, TypeError):
        return False
    same = (found.scheme, found.netloc) == (base.scheme, base.netloc)
    inside = found.path.startswith(f"{base.path.rstrip('/')}/")
    return same and inside and ".." not in found.path and not found.userinfo


def is_callable(url: str) -> bool:
    """Tell whether a URL names a server of the web by a name and a port that can be dialled.

    Its scheme may be ``http`` or ``https``; where it leads is not asked.
    """
    return _parsed(url) is not None


def _parsed(url: str) -> httpx.URL | None:
    try:
        parsed = httpx.URL(url)
        # The name of an ``xn--`` label is decoded only when it is read, and may be none.
        host, port = parsed.host, parsed.port
    except (httpx.InvalidURL, TypeError, ValueError):
        return None
    # A zone (RFC 6874) names an interface of one machine, never a server of the web.
    whole = parsed.scheme in {"http", "https"} and host and "%" not in host
    return parsed if whole and (port is None or 0 < port < 65_536) else None


def _target(url: str, *, plain: bool = False) -> tuple[httpcore.URL, str]:
    """Return what is called, and its server as the header names it."""
    parsed = _parsed(url)
    if parsed is None:
        raise OutboundError("bad_url", _("The URL cannot be called."), retryable=False)
    if parsed.scheme == "http" and not plain and not allows_plain_http():
        raise OutboundError(
            "plain_http", _("The URL must start with https://."), retryable=False
        )
    target = httpcore.URL(
        scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
    )
    return target, parsed.netloc.decode("ascii")


def _broken(error: Exception) -> OutboundError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            sentence = _("The TLS certificate or handshake of the server failed.")
            return OutboundError("tls", sentence, retryable=True)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.ConnectError):
        sentence = _("The server refused the connection or cannot be reached.")
        return OutboundError("unreachable", sentence, retryable=True)
    sentence = _("The server broke off the connection.")
    return OutboundError("broken_off", sentence, retryable=True)
