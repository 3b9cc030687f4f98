"""APNs over HTTP/2 (facts/push.md, A)."""

import datetime as dt
import hashlib
import re
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

import certifi
import httpx
import jwt
import msgspec

from imiconnect import outbound
from imiconnect.apps.push.clients.outcomes import (
    DEFAULT_WAIT,
    Problem,
    PushError,
    Taken,
    wait_of,
)
from imiconnect.apps.push.credentials import ApnsCertificate, ApnsToken

#: A token may be renewed every 20 minutes at most and must be within 60.
_RENEW_AFTER = 50 * 60
_SHORTEST_LIFE = 20 * 60
MAX_PAYLOAD = 4096
#: At most 64 bytes, as long as the digest that stands for a longer one.
_COLLAPSE_ID = re.compile(r"[!-~]{1,64}")
_encode = msgspec.json.Encoder().encode

_GONE = {"Unregistered", "ExpiredToken", "BadDeviceToken"}
_FOREIGN = {"DeviceTokenNotForTopic"}
_CREDENTIALS = {
    "BadTopic", "TopicDisallowed", "MissingTopic", "BadCertificate", "MissingProviderToken",
    "BadCertificateEnvironment", "ExpiredProviderToken", "Forbidden", "InvalidProviderToken",
    "UnrelatedKeyIdInToken", "BadEnvironmentKeyInToken", "BadEnvironmentKeyIdInToken",
}  # fmt: skip


class ApnsClient:
    """One set of credentials at one gateway; connections stay open between calls."""

    def __init__(
        self,
        *,
        base_url: str,
        credentials: ApnsToken | ApnsCertificate,
        timeout: float = 10.0,
        trusted: str = "",
        http: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is connected yet. ``http`` is for a gateway with its own TLS.

        ``trusted`` names a file with the only authority that is trusted, in place of the
        public ones.
        """
        self._credentials = credentials
        self._clock = clock
        self._token, self._made_at = "", 0.0
        self._http = http or httpx.AsyncClient(
            base_url=base_url,
            http1=False,
            http2=True,
            timeout=timeout,
            verify=tls_of(credentials, trusted),
            follow_redirects=False,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(
        self, token: str, payload: Mapping[str, Any], *, headers: Mapping[str, str]
    ) -> Taken:
        """Send one notification; ``headers`` are those of ``request_headers``.

        Raises ``PushError``.
        """
        body = _encode(payload)
        if len(body) > MAX_PAYLOAD:
            raise PushError(Problem.TOO_LARGE, f"{len(body)} bytes")
        answer = await self._post(token, body, headers)
        if answer.status_code == httpx.codes.FORBIDDEN and self._renew(answer):
            answer = await self._post(token, body, headers)
        if answer.status_code == httpx.codes.OK:
            return Taken(answer.headers.get("apns-id", ""))
        raise _refusal(answer)

    async def _post(
        self, token: str, body: bytes, headers: Mapping[str, str]
    ) -> httpx.Response:
        sent = {"apns-topic": self._credentials.bundle, **headers, **self._authorization()}
        try:
            return await self._http.post(f"/3/device/{token}", content=body, headers=sent)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PushError(Problem.UNAVAILABLE, type(error).__name__) from error

    def _authorization(self) -> dict[str, str]:
        if isinstance(self._credentials, ApnsCertificate):
            return {}
        if not self._token or self._clock() - self._made_at > _RENEW_AFTER:
            self._made_at = self._clock()
            self._token = provider_token(self._credentials, int(self._made_at))
        return {"authorization": f"bearer {self._token}"}

    def _renew(self, answer: httpx.Response) -> bool:
        """Drop a token that has ended; tell whether a new one may help."""
        if _reason(answer) != "ExpiredProviderToken":
            return False
        if self._clock() - self._made_at < _SHORTEST_LIFE:
            return False
        self._token = ""
        return True


def provider_token(credentials: ApnsToken, issued_at: int) -> str:
    """Return the JWT that names the team (ES256)."""
    return jwt.encode(
        {"iss": credentials.team_id, "iat": issued_at},
        credentials.key,
        algorithm="ES256",
        headers={"kid": credentials.key_id},
    )


def request_headers(
    *, tid: str, push_type: str = "alert", expires_at: int = 0, urgent: bool = True,
    collapse_id: str = "",
) -> dict[str, str]:  # fmt: skip
    """Return the headers of one notification; ``tid``, a UUID, makes it one at APNs too."""
    made = {
        "apns-push-type": push_type,
        "apns-priority": "10" if urgent and push_type == "alert" else "5",
        "apns-expiration": str(expires_at),
        "apns-id": tid,
    }
    return made | ({"apns-collapse-id": collapse_id_of(collapse_id)} if collapse_id else {})


def collapse_id_of(text: str) -> str:
    """Return a collapse id for a header: at most 64 bytes (facts/push.md, A).

    One that no header can carry goes as its digest, which replaces as well as it.
    """
    fits = _COLLAPSE_ID.fullmatch(text)
    return text if fits else hashlib.sha256(text.encode()).hexdigest()


def tls_of(credentials: ApnsToken | ApnsCertificate, trusted: str = "") -> ssl.SSLContext:
    """Return the TLS settings; with a certificate, it is what proves the app.

    ``trusted`` is as in ``ApnsClient``.
    """
    if not trusted and isinstance(credentials, ApnsToken):
        return outbound.trusted(http2=True)
    context = ssl.create_default_context(cafile=trusted or certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if isinstance(credentials, ApnsCertificate):
        # OpenSSL's binding reads a chain from a file alone; this one is gone at once.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(credentials.certificate + credentials.key)
            file.flush()
            context.load_cert_chain(file.name)
    return context


def _reason(answer: httpx.Response) -> str:
    try:
        values = answer.json()
    except ValueError:
        return ""
    return str(values.get("reason", "")) if isinstance(values, dict) else ""


def _refusal(answer: httpx.Response) -> PushError:
    status, reason = answer.status_code, _reason(answer)
    said = reason or f"HTTP {status}"
    if status == httpx.codes.GONE or reason in _GONE:
        return PushError(Problem.GONE, said, since=_since(answer))
    if reason in _FOREIGN:
        return PushError(Problem.FOREIGN, said)
    if status == httpx.codes.FORBIDDEN or reason in _CREDENTIALS:
        return PushError(Problem.CREDENTIALS, said)
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return PushError(Problem.TOO_LARGE, said)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        after = wait_of(answer.headers.get("retry-after"))
        return PushError(Problem.THROTTLED, said, after=after)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or reason in {"IdleTimeout", "Shutdown"}:
        return PushError(Problem.UNAVAILABLE, said, after=DEFAULT_WAIT)
    return PushError(Problem.CONTENT, said)


def _since(answer: httpx.Response) -> dt.datetime | None:
    try:
        milliseconds = answer.json().get("timestamp")
        return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC) if milliseconds else None
    except (ValueError, TypeError, AttributeError, OverflowError, OSError):
        return None
