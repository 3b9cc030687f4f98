"""The RTMS API of the gateway, for one app."""

import ssl
from functools import cache
from typing import Any

import httpx

from imiconnect.rtm.client.errors import ENDINGS, ErrorCode, SdkError, conflict
from imiconnect.rtm.client.sealing import Unreadable, seal, unseal
from imiconnect.rtm.client.tokens import TokenProvider, Tokens

#: Name, bytes and type of a file.
Upload = tuple[str, bytes, str]
_TIMEOUT_SECONDS = 10.0
#: Codes of the RTMS API that say that the token is no longer good, or the device forgotten.
_CURABLE_CODES = frozenset({7, 38, 39, 40})
NO_KEY = "What the platform says cannot be decrypted: the key of this user is another one."
_UNREADABLE = "The answer is not JSON. Check that the domain is the platform's."
_SILENT = "The platform does not answer. Check the network and the domain."


class Rest:
    """Calls ``<domain>/rtmsAPI/api/v3``.

    ``access_token`` is set after registration, ``payload_key`` where the app encrypts.
    """

    def __init__(
        self, domain: str, client_key: str, token_provider: TokenProvider | None = None
    ) -> None:
        """Open nothing yet."""
        self._key, self._domain = client_key, domain
        self._tokens = Tokens(token_provider)
        self.access_token = self.payload_key = ""
        self._http = httpx.AsyncClient(
            base_url=f"{domain}/rtmsAPI/api/v3", timeout=_TIMEOUT_SECONDS, verify=_trusted()
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: dict[str, str] | None = None,
        failure: ErrorCode = ErrorCode.UNKNOWN,
        plain: bool = False,
    ) -> dict[str, Any]:
        """Return the answer; raises ``SdkError``, with ``failure`` for a refusal.

        A ``plain`` body is never encrypted. A refused JWT is asked for anew, once.
        """
        if body is not None and self.payload_key and not plain:
            body = {"encrypted": seal(self.payload_key, body)}
        return await self._told(method, path, failure, json=body, params=query)

    async def upload(self, path: str, form: dict[str, str], file: Upload) -> dict[str, Any]:
        """Send a file as a form, whose path begins at the domain; raises as ``call`` does.

        It is never encrypted, as it is no JSON.
        """
        url = f"{self._domain}{path}"
        return await self._told(
            "POST", url, ErrorCode.UNKNOWN, data=form, files={"media": file}
        )

    async def _told(
        self, method: str, path: str, failure: ErrorCode, **sent: Any
    ) -> dict[str, Any]:
        try:
            answer = await self._once(method, path, failure, sent)
        except SdkError as error:
            if error.reason != "jwt" or not self._tokens.are_there:
                raise
            self._tokens.forget()
            answer = await self._once(method, path, failure, sent)
        return self._opened(answer)

    async def _once(
        self, method: str, path: str, failure: ErrorCode, sent: dict[str, Any]
    ) -> dict[str, Any]:
        headers = {"secretKey": self._key}
        if self.access_token:
            headers["accessToken"] = self.access_token
        if token := await self._tokens.token():
            headers["Authorization"] = f"Bearer {token}"
        try:
            response = await self._http.request(method, path, headers=headers, **sent)
        except httpx.TransportError as cause:
            raise SdkError(ErrorCode.SERVER_UNREACHABLE, _SILENT) from cause
        return _answer_of(response, failure)

    def _opened(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "encrypted" not in answer:
            return answer
        try:
            return dict(unseal(self.payload_key, answer["encrypted"]))
        except (Unreadable, TypeError) as cause:
            code = ErrorCode.INVALID_RESPONSE
            raise SdkError(code, NO_KEY, reason="encryption") from cause

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


@cache
def _trusted() -> ssl.SSLContext:
    """Read the certificates once for all clients of the process: it takes 20 ms."""
    return httpx.create_ssl_context()


def _answer_of(response: httpx.Response, failure: ErrorCode) -> dict[str, Any]:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        sentence = f"The platform is busy (HTTP {status}). Try again in a moment."
        raise SdkError(ErrorCode.SERVER_UNREACHABLE, sentence, status=status)
    try:
        answer = response.json()
        code = int(answer.get("code") or 0)
    except (ValueError, AttributeError) as cause:
        raise SdkError(ErrorCode.INVALID_RESPONSE, _UNREADABLE, status=status) from cause
    if response.is_success and code == 0:
        return dict(answer)
    sentence = answer.get("description") or f"The call was refused (HTTP {status})."
    reason = str(answer.get("reason") or "")
    if reason in ENDINGS:
        raise conflict(sentence, reason)
    raise SdkError(failure, sentence, gateway=code or None, status=status, reason=reason)


def is_curable(error: SdkError) -> bool:
    """Tell whether new tokens, and the payload key that comes with them, may cure it."""
    if error.reason in ENDINGS or error.reason == "jwt":
        return False
    is_refused = error.status == httpx.codes.UNAUTHORIZED or error.gateway in _CURABLE_CODES
    return is_refused or error.reason == "encryption"
