"""Calls to Apple's gateway, each with a token of its own."""

from typing import Any

import httpx

from imiconnect.apps.channel_types.apple_business_chat.tokens import token_for_apple
from imiconnect.apps.channel_types.errors import (
    CONTENT,
    CREDENTIALS,
    PROVIDER_FAILED,
    UNAVAILABLE,
    UNKNOWN_RECIPIENT,
    ChannelError,
    Outcome,
)
from imiconnect.apps.channel_types.http import call, raise_for_transport

#: By status; 429 and faults of the server are alike everywhere.
ERRORS: dict[int, Outcome] = {
    400: CONTENT,
    401: CREDENTIALS,
    403: CREDENTIALS,
    404: UNKNOWN_RECIPIENT,
    410: UNAVAILABLE,
    413: CONTENT,
}


class AppleClient:
    """The gateway, for one platform account; safe for several threads."""

    def __init__(self, base_url: str, csp_id: str, key: bytes, *, http: httpx.Client) -> None:
        """Keep the account; opens no connection."""
        self._base_url, self._csp_id, self._key = base_url.rstrip("/"), csp_id, key
        self._http = http

    def send(self, body: dict[str, Any]) -> None:
        """Send one message; raises ``ChannelError``."""
        headers = {
            "id": body["id"],
            "source-id": body["sourceId"],
            "destination-id": body["destinationId"],
            "msp-agent": "IMIconnect",
        }
        self._call("POST", "/message", headers, json=body)

    def check(self, business: str) -> None:
        """Ask for a place to upload to, which proves the token and reaches no customer."""
        self._call("GET", "/preUpload", {"source-id": business, "size": "1"})

    def _call(self, method: str, path: str, headers: dict[str, str], **arguments: Any) -> None:
        token = token_for_apple(self._csp_id, self._key)
        headers = headers | {"Authorization": f"Bearer {token}"}
        url = self._base_url + path
        answer = call(self._http, method, url, headers=headers, **arguments)
        raise_for_transport(answer)
        if answer.status_code >= 300:
            outcome = ERRORS.get(answer.status_code, PROVIDER_FAILED)
            raise ChannelError(outcome, f"{answer.status_code} {answer.text[:200]}".strip())
