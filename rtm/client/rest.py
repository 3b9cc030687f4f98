"""The RTMS API of the gateway, for one app."""

import ssl
from functools import cache
from typing import Any

import httpx

from imiconnect.rtm.client.errors import ErrorCode, SdkError

_TIMEOUT_SECONDS = 10.0
#: Codes of the RTMS API that say that the token is no longer good.
_TOKEN_CODES = frozenset({38, 39, 40})
_UNREADABLE = "The answer is not JSON. Check that the domain is the platform's."
_SILENT = "The platform does not answer. Check the network and the domain."


class Rest:
    """Calls ``<domain>/rtmsAPI/api/v3``; ``access_token`` is set after registration."""

    def __init__(self, domain: str, client_key: str) -> None:
        """Open nothing yet."""
        self._key = client_key
        self.access_token = ""
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
    ) -> dict[str, Any]:
        """Return the answer; raises ``SdkError``, with ``failure`` for a refusal."""
        headers = {"secretKey": self._key}
        if self.access_token:
            headers["accessToken"] = self.access_token
        try:
            response = await self._http.request(
                method, path, json=body, params=query, headers=headers
            )
        except httpx.TransportError as cause:
            raise SdkError(ErrorCode.SERVER_UNREACHABLE, _SILENT) from cause
        return _answer_of(response, failure)

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
    raise SdkError(failure, sentence, gateway=code or None, status=status)


def is_token_error(error: SdkError) -> bool:
    """Tell whether registering anew may cure it."""
    return error.status == httpx.codes.UNAUTHORIZED or error.gateway in _TOKEN_CODES
