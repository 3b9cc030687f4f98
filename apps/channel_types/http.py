"""Calls to providers: one pool, short time limits, faults of the network by their names.

For addresses that the operator sets; those of customers go through ``imiconnect.outbound``.
"""

import email.utils
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx

from imiconnect.apps.channel_types.errors import (
    CONTENT,
    FILE_AWAY,
    PROVIDER_FAILED,
    THROTTLED,
    UNREACHABLE,
    UNREADABLE,
    ChannelError,
)
from imiconnect.outbound import File, OutboundError, fetch

#: Seconds to connect, and for each read; the claim of a message lasts longer.
TIMEOUT = httpx.Timeout(8.0, connect=4.0)
#: Seconds that a customer's file may take in all.
FILE_SECONDS = 8.0
#: Seconds that a provider's file may take in all; the claim of its call lasts longer.
PROVIDER_FILE_SECONDS = 30.0


@cache
def shared_client() -> httpx.Client:
    """Return the client of this process; it may be used from several threads."""
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, limits=limits)


def call(http: httpx.Client, method: str, url: str, **arguments: Any) -> httpx.Response:
    """Make one call and return the answer, whatever its status.

    Raises ``ChannelError`` ``UNREACHABLE`` when none comes.
    """
    try:
        return http.request(method, url, **arguments)
    except httpx.HTTPError as error:
        raise ChannelError(UNREACHABLE, type(error).__name__) from None


def file_at(url: str, *, most: int) -> File:
    """Return a customer's file that a message names, to hand it to a provider.

    Raises ``ChannelError``: ``FILE_AWAY`` where it may come later, ``CONTENT`` where not.
    """
    try:
        return fetch(url, most=most, timeout=FILE_SECONDS)
    except OutboundError as error:
        outcome = FILE_AWAY if error.retryable else CONTENT
        raise ChannelError(outcome, f"{url}: {error.words}") from None


def read_file(
    http: httpx.Client,
    url: str,
    *,
    most: int,
    headers: Mapping[str, str] | None = None,
    until: float | None = None,
) -> bytes:
    """Return a file of a provider's of ``most`` bytes; raises ``ChannelError``.

    ``until`` is when it has to be whole, by the monotonic clock.
    """
    data = bytearray()
    until = until or time.monotonic() + PROVIDER_FILE_SECONDS
    try:
        with http.stream("GET", url, headers=headers) as answer:
            raise_for_transport(answer)
            if answer.status_code != 200:
                raise ChannelError(CONTENT, str(answer.status_code))
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > most:
                    raise ChannelError(CONTENT, "the file is too large")
                if time.monotonic() > until:
                    raise ChannelError(UNREACHABLE, "the file comes too slowly")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ChannelError(UNREACHABLE, type(error).__name__) from None
    return bytes(data)


def raise_for_transport(answer: httpx.Response) -> None:
    """Raise for what every provider means alike: 429 and faults of the server."""
    if answer.status_code == 429:
        raise ChannelError(THROTTLED, "429", after=retry_after(answer))
    if answer.status_code >= 500:
        raise ChannelError(PROVIDER_FAILED, str(answer.status_code), after=retry_after(answer))


def json_of(answer: httpx.Response) -> Any:
    """Return the body as JSON; raises ``ChannelError`` ``UNREADABLE`` where it is none."""
    try:
        return answer.json()
    except ValueError:
        raise ChannelError(UNREADABLE, str(answer.status_code)) from None


def retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds of ``Retry-After`` (RFC 9110, 10.2.3: seconds or a date), or None."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    moment = email.utils.parsedate_tz(text) if text else None
    return max(email.utils.mktime_tz(moment) - time.time(), 0.0) if moment else None
