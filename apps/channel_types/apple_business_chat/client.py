"""Calls to Apple's gateway, each with a token of its own."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from imiconnect.apps.channel_types.apple_business_chat.tokens import token_for_apple
from imiconnect.apps.channel_types.errors import (
    CONTENT,
    CREDENTIALS,
    PROVIDER_FAILED,
    UNAVAILABLE,
    UNKNOWN_RECIPIENT,
    UNREADABLE,
    ChannelError,
    Outcome,
)
from imiconnect.apps.channel_types.http import (
    call,
    json_of,
    raise_for_transport,
    read_file,
)

#: By status; 429 and faults of the server are alike everywhere.
ERRORS: dict[int, Outcome] = {
    400: CONTENT,
    401: CREDENTIALS,
    403: CREDENTIALS,
    404: UNKNOWN_RECIPIENT,
    410: UNAVAILABLE,
    413: CONTENT,
}


@dataclass(frozen=True)
class Kept:
    """Where Apple keeps a file: its address there, its owner, the checksum in base64."""

    url: str
    owner: str
    checksum: str


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
        headers |= {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        packed = gzip.compress(json.dumps(body).encode(), mtime=0)
        self._call("POST", "/message", headers, content=packed)

    def upload(self, business: str, sealed: bytes) -> Kept:
        """Hand cipher text to Apple's store; raises ``ChannelError``."""
        size = str(len(sealed))
        place = json_of(self._call("GET", "/preUpload", {"source-id": business, "size": size}))
        try:
            url, named, owner = (
                str(place[name]) for name in ("upload-url", "mmcs-url", "mmcs-owner")
            )
        except (KeyError, TypeError):
            raise ChannelError(UNREADABLE, "preUpload") from None
        kind = {"Content-Type": "application/octet-stream"}
        answer = call(self._http, "POST", url, content=sealed, headers=kind)
        _raise_for(answer)
        try:
            return Kept(named, owner, str(json_of(answer)["singleFile"]["fileChecksum"]))
        except (KeyError, TypeError):
            raise ChannelError(UNREADABLE, "upload") from None

    def download(self, business: str, kept: Kept, *, most: int) -> bytes:
        """Return cipher text from Apple's store; raises ``ChannelError``."""
        headers = {
            "source-id": business,
            "url": kept.url,
            "owner": kept.owner,
            "signature": kept.checksum,
        }
        place = json_of(self._call("GET", "/preDownload", headers))
        url = str(place.get("download-url", "")) if isinstance(place, dict) else ""
        if not url:
            raise ChannelError(UNREADABLE, "preDownload")
        return read_file(self._http, url, most=most)

    def encode(self, business: str, data: Mapping[str, Any]) -> bytes:
        """Return interactive data as a phone reads it from Apple's store."""
        body = {"v": 1, "type": "interactive", "interactiveData": data}
        return self._call("POST", "/encodePayload", {"source-id": business}, json=body).content

    def decode(self, business: str, bid: str, encoded: bytes) -> bytes:
        """Return as JSON what a phone has put into Apple's store; raises ``ChannelError``."""
        headers = {
            "source-id": business,
            "bid": bid,
            "Content-Type": "application/octet-stream",
        }
        answer = self._call("POST", "/decodePayload", headers, content=encoded)
        json_of(answer)
        return answer.content

    def check(self, business: str) -> None:
        """Ask for a place to upload to, which proves the token and reaches no customer."""
        self._call("GET", "/preUpload", {"source-id": business, "size": "1"})

    def _call(
        self, method: str, path: str, headers: dict[str, str], **arguments: Any
    ) -> httpx.Response:
        token = token_for_apple(self._csp_id, self._key)
        headers = headers | {"Authorization": f"Bearer {token}"}
        url = self._base_url + path
        answer = call(self._http, method, url, headers=headers, **arguments)
        _raise_for(answer)
        return answer


def _raise_for(answer: httpx.Response) -> None:
    raise_for_transport(answer)
    if answer.status_code >= 300:
        outcome = ERRORS.get(answer.status_code, PROVIDER_FAILED)
        raise ChannelError(outcome, f"{answer.status_code} {answer.text[:200]}".strip())
