"""FCM's HTTP v1 interface (facts/push.md, B)."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import jwt
import msgspec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from imiconnect.apps.push.clients.outcomes import (
    Problem,
    PushError,
    Taken,
    wait_of,
)
from imiconnect.apps.push.credentials import Fcm
from imiconnect.outbound import trusted

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE = 3600
#: A token is renewed so many seconds before it ends.
_EARLY = 300
MAX_PAYLOAD = 4096
_encode = msgspec.json.Encoder().encode

#: What the token's endpoint says of an account; any other answer tells nothing of it.
_REFUSED = {httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}

_TIMED_OUT = httpx.codes.REQUEST_TIMEOUT
#: By ``details[].errorCode``, which says more than the status.
_PROBLEMS = {
    "UNREGISTERED": Problem.GONE,
    "SENDER_ID_MISMATCH": Problem.FOREIGN,
    "THIRD_PARTY_AUTH_ERROR": Problem.CREDENTIALS,
    "APNS_AUTH_ERROR": Problem.CREDENTIALS,
    "INVALID_ARGUMENT": Problem.CONTENT,
    "QUOTA_EXCEEDED": Problem.THROTTLED,
    "UNAVAILABLE": Problem.UNAVAILABLE,
    "INTERNAL": Problem.UNAVAILABLE,
}


class FcmClient:
    """One service account; its access token is kept until shortly before it ends."""

    def __init__(
        self,
        *,
        base_url: str,
        token_url: str,
        credentials: Fcm,
        timeout: float = 10.0,
        http: httpx.AsyncClient | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; nothing is connected yet."""
        self._base_url, self._token_url = base_url.rstrip("/"), token_url
        self._credentials = credentials
        self._clock = clock
        self._token, self._ends_at = "", 0.0
        self._asking = asyncio.Lock()
        self._http = http or httpx.AsyncClient(
            http2=True, timeout=timeout, follow_redirects=False, verify=trusted(http2=True)
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, message: Mapping[str, Any], *, validate_only: bool = False) -> Taken:
        """Send one ``message`` object, which names its target; raises ``PushError``."""
        body = _encode({"validate_only": validate_only, "message": message})
        answer = await self._post(body, await self._access_token())
        if answer.status_code == httpx.codes.UNAUTHORIZED and not _error_code(answer):
            self._token = ""
            answer = await self._post(body, await self._access_token())
        if answer.status_code == httpx.codes.OK:
            return Taken(str(_json(answer).get("name", "")))
        raise _refusal(answer)

    async def check(self) -> None:
        """Ask Google for a token, which proves the account; raises ``PushError``."""
        await self._access_token()

    async def _post(self, body: bytes, token: str) -> httpx.Response:
        url = f"{self._base_url}/v1/projects/{self._credentials.project_id}/messages:send"
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        try:
            return await self._http.post(url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PushError(Problem.UNAVAILABLE, type(error).__name__) from error

    async def _access_token(self) -> str:
        async with self._asking:
            if not self._token or self._clock() > self._ends_at - _EARLY:
                await self._ask()
            return self._token

    async def _ask(self) -> None:
        now = int(self._clock())
        form = {"grant_type": _GRANT, "assertion": self._assertion(now)}
        try:
            answer = await self._http.post(self._token_url, data=form)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PushError(Problem.UNAVAILABLE, type(error).__name__) from error
        values = _json(answer)
        token = values.get("access_token")
        if answer.status_code in _REFUSED:
            raise PushError(Problem.CREDENTIALS, f"token: {values.get('error', 'refused')}")
        if answer.status_code != httpx.codes.OK or not isinstance(token, str):
            reason = f"token: HTTP {answer.status_code}"
            is_throttled = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
            problem = Problem.THROTTLED if is_throttled else Problem.UNAVAILABLE
            after = wait_of(answer.headers.get("retry-after"))
            raise PushError(problem, reason, after=after)
        self._token = token
        self._ends_at = now + float(values.get("expires_in", _LIFE))

    def _assertion(self, now: int) -> str:
        claims = {
            "iss": self._credentials.client_email,
            "scope": SCOPE,
            "aud": self._token_url,
            "iat": now,
            "exp": now + _LIFE,
        }
        headers = {"kid": self._credentials.key_id} if self._credentials.key_id else {}
        # Its primes were tried when the file was taken (``keyfiles``): 50 ms of a processor.
        key: Any = load_pem_private_key(
            self._credentials.key.encode(), None, unsafe_skip_rsa_key_validation=True
        )
        return jwt.encode(claims, key, algorithm="RS256", headers=headers)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        values = answer.json()
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _error_code(answer: httpx.Response) -> str:
    error = _json(answer).get("error")
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and detail.get("errorCode"):
            return str(detail["errorCode"])
    return ""


def _refusal(answer: httpx.Response) -> PushError:
    status, code = answer.status_code, _error_code(answer)
    said = code or f"HTTP {status}"
    problem = _PROBLEMS.get(code) or _by_status(status)
    if problem is Problem.CONTENT and _field_at_fault(answer) == "message.token":
        problem = Problem.GONE
    after = wait_of(answer.headers.get("retry-after")) if problem.retryable else None
    return PushError(problem, said, after=after)


def _by_status(status: int) -> Problem:
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND):
        return Problem.CREDENTIALS
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Problem.THROTTLED
    passing = status >= httpx.codes.INTERNAL_SERVER_ERROR or status == _TIMED_OUT
    return Problem.UNAVAILABLE if passing else Problem.CONTENT


def _field_at_fault(answer: httpx.Response) -> str:
    """Return the field that a ``BadRequest`` detail names first: a malformed token is gone."""
    error = _json(answer).get("error")
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        found = detail.get("fieldViolations") if isinstance(detail, dict) else None
        if isinstance(found, list) and found and isinstance(found[0], dict):
            return str(found[0].get("field", ""))
    return ""
