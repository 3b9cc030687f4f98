"""Web push (facts/push.md, C): pywebpush encrypts, py-vapid signs, our own client calls.

The endpoint of a subscription comes from a browser, so it is dialled as any customer's URL:
no private address, no redirect, one time limit.
"""

import base64
import binascii
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02, VapidException

from imiconnect.apps.push.clients.outcomes import (
    Problem,
    PushError,
    Taken,
    wait_of,
)
from imiconnect.apps.push.credentials import WebPush
from imiconnect.apps.push.provider import web_push_double
from imiconnect.outbound import (
    Answer,
    Outbound,
    OutboundError,
    allows_plain_http,
    is_below,
    is_callable,
)

#: Of the whole encrypted body; every service must take it (RFC 8030, 7.2).
MAX_BODY = 4096
#: Header, delimiter and tag of one record (RFC 8188, RFC 8291).
OVERHEAD = 86 + 1 + 16
MAX_TEXT = MAX_BODY - OVERHEAD
URGENCIES = ("very-low", "low", "normal", "high")
#: A VAPID token may live a day at most.
_LIFE = 12 * 3600
#: The push services of browsers (facts/push.md, C); a visitor may name any other server.
_SERVICES = {"fcm.googleapis.com", "updates.push.services.mozilla.com"}
_SERVICES_BELOW = (".push.apple.com", ".notify.windows.com")
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")


class Keys(msgspec.Struct, frozen=True):
    """The browser's keys, base64url."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct, frozen=True):
    """What ``PushSubscription.toJSON()`` gives; ``expirationTime`` is left out."""

    endpoint: str
    keys: Keys


def read_subscription(value: Any) -> Subscription:
    """Return a subscription, checked; raises ``ValueError`` with a sentence."""
    try:
        if isinstance(value, str):
            found = msgspec.json.decode(value, type=Subscription)
        else:
            found = msgspec.convert(value, Subscription)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ValueError("It is no push subscription with endpoint and keys.") from None
    _check_endpoint(found.endpoint)
    point, secret = _decoded(found.keys.p256dh), _decoded(found.keys.auth)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise ValueError("keys.p256dh is not a public key on the curve P-256.") from None
    if len(point) != 65 or len(secret) != 16:
        raise ValueError("keys.p256dh must have 65 bytes, and keys.auth 16.")
    return found


def _check_endpoint(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname
    except ValueError:
        host, parts = None, urlsplit("")
    # A name, not an IPv6 address: py-vapid signs for none.
    named = host and ":" not in host and is_callable(endpoint)
    is_plain = allows_plain_http() or is_below(endpoint, web_push_double())
    schemes = {"https", "http"} if is_plain else {"https"}
    if not named or parts.scheme not in schemes or "@" in parts.netloc or len(endpoint) > 2000:
        raise ValueError("endpoint must be an address that starts with https://.")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("keys are not base64url.") from None


class WebPushClient:
    """One VAPID key pair; ``outbound`` keeps the connections, and is closed by its owner."""

    def __init__(
        self,
        *,
        credentials: WebPush,
        outbound: Outbound,
        timeout: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is connected yet."""
        self._credentials = credentials
        self._outbound = outbound
        self._timeout = timeout
        self._clock = clock
        self._vapid = Vapid02.from_raw(credentials.key.encode())
        self._signed: dict[str, tuple[float, str]] = {}

    async def send(
        self,
        subscription: Subscription,
        text: bytes,
        *,
        ttl: int,
        urgency: str = "normal",
        topic: str = "",
    ) -> Taken:
        """Send one notification; ``ttl`` in seconds, 0 for now or never.

        ``topic`` replaces a waiting notification with the same one. Raises ``PushError``.
        """
        if len(text) > MAX_TEXT:
            raise PushError(Problem.TOO_LARGE, f"{len(text)} bytes")
        headers = {
            "TTL": str(max(0, ttl)),
            "Urgency": urgency if urgency in URGENCIES else "normal",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": self.authorization(subscription.endpoint),
        }
        if _TOPIC.fullmatch(topic):
            headers["Topic"] = topic
        try:
            answer = await self._outbound.send(
                "POST",
                subscription.endpoint,
                body=encrypted(subscription, text),
                headers=headers,
                timeout=self._timeout,
            )
        except OutboundError as error:
            problem = Problem.UNAVAILABLE if error.retryable else Problem.GONE
            raise PushError(problem, error.reason) from error
        if 200 <= answer.status < 300:
            return Taken(answer.headers.get("location", ""))
        raise _refusal(answer, subscription.endpoint)

    def authorization(self, endpoint: str) -> str:
        """Return the VAPID header for an endpoint's origin, signed anew every hour.

        Raises ``PushError`` for an origin or a contact that a token cannot name.
        """
        parts = urlsplit(endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        made_at, header = self._signed.get(origin, (0.0, ""))
        if not header or self._clock() - made_at > 3600:
            made_at = self._clock()
            claims = {
                "aud": origin,
                "exp": int(made_at) + _LIFE,
                "sub": f"mailto:{self._credentials.contact}",
            }
            try:
                header = self._vapid.sign(claims)["Authorization"]
            except VapidException as error:
                raise PushError(Problem.CONTENT, f"VAPID: {error}") from error
            self._signed[origin] = (made_at, header)
        return header


def encrypted(subscription: Subscription, text: bytes) -> bytes:
    """Return the body of a push (RFC 8291); raises ``PushError`` for keys that do not fit."""
    # Here: it loads aiohttp, which nothing uses and each process would start with.
    from pywebpush import WebPusher, WebPushException

    try:
        body: bytes = WebPusher(msgspec.to_builtins(subscription)).encode(text)["body"]
    except (WebPushException, ValueError) as error:
        raise PushError(Problem.GONE, "keys") from error
    return body


def _is_of_a_browser(endpoint: str) -> bool:
    """Tell whether an endpoint is at a push service whose word on our key counts."""
    host = urlsplit(endpoint).hostname or ""
    known = host in _SERVICES or host.endswith(_SERVICES_BELOW)
    return known or is_below(endpoint, web_push_double())


def _refusal(answer: Answer, endpoint: str) -> PushError:
    said = f"HTTP {answer.status}"
    if answer.status in (404, 410):
        return PushError(Problem.GONE, said)
    if answer.status in (401, 403):
        of_a_browser = _is_of_a_browser(endpoint)
        return PushError(Problem.CREDENTIALS if of_a_browser else Problem.FOREIGN, said)
    if answer.status == 413:
        return PushError(Problem.TOO_LARGE, said)
    if answer.status == 429 or answer.status >= 500:
        problem = Problem.THROTTLED if answer.status == 429 else Problem.UNAVAILABLE
        return PushError(problem, said, after=wait_of(answer.headers.get("retry-after")))
    return PushError(Problem.CONTENT, said)
