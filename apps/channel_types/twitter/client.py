"""The calls of X's API that an account needs (facts/twitter.md), signed by oauthlib."""

import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from oauthlib.oauth1 import SIGNATURE_TYPE_AUTH_HEADER, Client

from imiconnect.apps.channel_types.errors import (
    BLOCKED,
    CONTENT,
    CREDENTIALS,
    PERMISSION,
    PROVIDER_FAILED,
    THROTTLED,
    UNAVAILABLE,
    UNREADABLE,
    ChannelError,
    Outcome,
)
from imiconnect.apps.channel_types.http import call, raise_for_transport, read_file, retry_after

#: By the number of an error of version 1.1 (facts, section 5).
_BY_CODE: dict[int, Outcome] = {
    32: CREDENTIALS,
    64: BLOCKED,
    88: THROTTLED,
    89: CREDENTIALS,
    93: PERMISSION,
    130: PROVIDER_FAILED,
    131: PROVIDER_FAILED,
    150: UNAVAILABLE,
    151: UNAVAILABLE,
    214: CONTENT,
    226: BLOCKED,
    261: PERMISSION,
    326: BLOCKED,
    349: UNAVAILABLE,
    354: CONTENT,
    415: PERMISSION,
}
_BY_STATUS: dict[int, Outcome] = {401: CREDENTIALS, 402: PERMISSION, 403: UNAVAILABLE}


#: Where X keeps the files of direct messages.
_HOSTS = (".twitter.com", ".twimg.com", ".x.com")


class TwitterClient:
    """One app's view of the API, for one account or, without a token, for itself."""

    def __init__(
        self,
        base_url: str,
        consumer_key: str,
        consumer_secret: str,
        token: str = "",
        token_secret: str = "",
        *,
        http: httpx.Client,
    ) -> None:
        """Keep the keys; opens no connection."""
        self._base = base_url.rstrip("/")
        self._keys = (consumer_key, consumer_secret, token, token_secret)
        self._http = http

    # Login ----------------------------------------------------------------------------

    def request_token(self, callback_url: str) -> tuple[str, str]:
        """Return a request token and its secret."""
        found = self._form("/oauth/request_token", callback_uri=callback_url)
        if found.get("oauth_callback_confirmed") != "true":
            raise ChannelError(PERMISSION, "the callback URL is not registered at X")
        return _text(found, "oauth_token"), _text(found, "oauth_token_secret")

    def access_token(self, verifier: str) -> dict[str, str]:
        """Trade the request token for the account's, with its id and handle."""
        found = self._form("/oauth/access_token", verifier=verifier)
        names = ("oauth_token", "oauth_token_secret", "user_id", "screen_name")
        return {name: _text(found, name) for name in names}

    def me(self) -> dict[str, Any]:
        """Return ``id``, ``name`` and ``username`` of the account."""
        found: dict[str, Any] = self._call("GET", "/2/users/me").get("data", {})
        return found

    # Webhook --------------------------------------------------------------------------

    def webhook(self, url: str) -> str:
        """Return the id of our webhook, registered where it is not yet."""
        bearer = self._app_bearer()
        hooks = self._call("GET", "/2/webhooks", bearer=bearer).get("data") or []
        for hook in hooks:
            if hook.get("url") == url:
                if not hook.get("valid", True):
                    self._call("PUT", f"/2/webhooks/{hook['id']}", bearer=bearer)
                return str(hook["id"])
        made = self._call("POST", "/2/webhooks", {"url": url}, bearer=bearer)
        return _text(made.get("data", made), "id")

    def subscribe(self, webhook: str) -> None:
        """Have what happens to the account told; again does no harm."""
        self._call("POST", f"/2/account_activity/webhooks/{webhook}/subscriptions/all", {})

    def unsubscribe(self, webhook: str, user_id: str) -> None:
        """Have it told no more."""
        path = f"/2/account_activity/webhooks/{webhook}/subscriptions/{user_id}/all"
        self._call("DELETE", path, bearer=self._app_bearer())

    # Messages -------------------------------------------------------------------------

    def send(self, user_id: str, body: dict[str, Any]) -> str:
        """Send a direct message; return the id of its event."""
        path = f"/2/dm_conversations/with/{user_id}/messages"
        return _text(self._call("POST", path, body).get("data", {}), "dm_event_id")

    def send_with_replies(self, user_id: str, data: dict[str, Any]) -> str:
        """Send one with quick replies, which only version 1.1 has."""
        message = {"target": {"recipient_id": user_id}, "message_data": data}
        body = {"event": {"type": "message_create", "message_create": message}}
        made = self._call("POST", "/1.1/direct_messages/events/new.json", body)
        return _text(made.get("event", {}), "id")

    def begin_upload(self, kind: str, size: int, category: str, *, shared: bool = False) -> str:
        """Begin a file of ``size`` bytes; return X's id of it."""
        body: dict[str, Any] = {"media_type": kind, "total_bytes": size}
        body |= {"media_category": category} | ({"shared": True} if shared else {})
        made = self._call("POST", "/2/media/upload/initialize", body)
        return _text(made.get("data", {}), "id")

    def append(self, media: str, number: int, chunk: bytes) -> None:
        """Hand over a chunk, counted from 0."""
        url = f"{self._base}/2/media/upload/{media}/append"
        # The parts of a form with files are not signed (RFC 5849, 3.4.1.3.1).
        answer = call(
            self._http,
            "POST",
            url,
            headers=self._signed("POST", url),
            data={"segment_index": str(number)},
            files={"media": ("chunk", chunk, "application/octet-stream")},
        )
        _read(answer)

    def finalize(self, media: str) -> dict[str, Any]:
        """End an upload; return how far X's look at the file is, empty where it needs none."""
        return _processing(self._call("POST", f"/2/media/upload/{media}/finalize"))

    def upload_state(self, media: str) -> dict[str, Any]:
        """Return how far X's look at the file is."""
        query = urlencode({"command": "STATUS", "media_id": media})
        return _processing(self._call("GET", f"/2/media/upload?{query}"))

    def download(self, url: str, *, most: int) -> bytes:
        """Return a file that a customer has sent; X opens it for the account alone."""
        host = urlsplit(url).hostname or ""
        is_of_x = url.startswith("https://") and host.endswith(_HOSTS)
        if not is_of_x and not url.startswith(f"{self._base}/"):
            raise ChannelError(CONTENT, "the file is not at X")
        headers = self._signed("GET", url)
        return read_file(self._http, url, most=most, headers=headers)

    def set_welcome(self, data: dict[str, Any]) -> None:
        """Make a welcome message the default one; the newest rule wins."""
        base = "/1.1/direct_messages/welcome_messages"
        body = {"welcome_message": {"name": "imiconnect", "message_data": data}}
        made = self._call("POST", f"{base}/new.json", body)
        message = _text(made.get("welcome_message", {}), "id")
        rule = {"welcome_message_rule": {"welcome_message_id": message}}
        self._call("POST", f"{base}/rules/new.json", rule)

    def drop_welcome(self) -> None:
        """Remove the rules, so that no welcome message is shown."""
        base = "/1.1/direct_messages/welcome_messages/rules"
        rules = self._call("GET", f"{base}/list.json").get("welcome_message_rules") or []
        for rule in rules:
            self._call("DELETE", f"{base}/destroy.json?{urlencode({'id': rule['id']})}")

    # Pieces ---------------------------------------------------------------------------

    def _signed(self, method: str, url: str, **more: str) -> dict[str, str]:
        key, secret, token, token_secret = self._keys
        signer = Client(
            key,
            secret,
            token or None,
            token_secret or None,
            signature_type=SIGNATURE_TYPE_AUTH_HEADER,
            **more,
        )
        sign: Any = signer.sign
        _url, headers, _body = sign(url, http_method=method)
        return dict(headers)

    def _form(self, path: str, **more: str) -> dict[str, str]:
        url = self._base + path
        answer = call(self._http, "POST", url, headers=self._signed("POST", url, **more))
        if answer.status_code != 200:
            raise _error(answer)
        return dict(parse_qsl(answer.text))

    def _app_bearer(self) -> str:
        key, secret, _token, _secret = self._keys
        answer = call(
            self._http,
            "POST",
            f"{self._base}/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(key, secret),
        )
        return _text(_read(answer), "access_token")

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, bearer: str = ""
    ) -> dict[str, Any]:
        url = self._base + path
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else self._signed(method, url)
        return _read(call(self._http, method, url, headers=headers, json=body))


def _read(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= 400:
        raise _error(answer)
    if answer.status_code == 204 or not answer.content:
        return {}
    try:
        found = answer.json()
    except ValueError:
        raise ChannelError(UNREADABLE, str(answer.status_code)) from None
    if not isinstance(found, dict):
        raise ChannelError(UNREADABLE, "not an object")
    if found.get("errors") and not found.get("data"):
        raise _error(answer)
    return found


def _error(answer: httpx.Response) -> ChannelError:
    """Name an error by its number (1.1), else by the status (2)."""
    try:
        found = answer.json()
    except ValueError:
        found = {}
    first = (found.get("errors") or [{}])[0] if isinstance(found, dict) else {}
    code = first.get("code") if isinstance(first, dict) else None
    if answer.status_code == 429 and code not in _BY_CODE:
        return ChannelError(THROTTLED, "429", after=_after(answer))
    if code not in _BY_CODE:
        raise_for_transport(answer)
    outcome = _BY_CODE.get(code or 0) or _BY_STATUS.get(answer.status_code, CONTENT)
    told = [found.get("title"), found.get("detail") or first.get("message")]
    words = ": ".join(str(part) for part in told if part) or json.dumps(found)
    detail = f"({code or answer.status_code}) {words}"[:300]
    return ChannelError(outcome, detail, after=_after(answer))


def _after(answer: httpx.Response) -> float | None:
    """Return the seconds until X takes calls again: it names the moment, not the pause."""
    moment = answer.headers.get("x-rate-limit-reset", "")
    if moment.isdigit():
        return max(float(moment) - time.time(), 0.0)
    return retry_after(answer)


def _processing(found: dict[str, Any]) -> dict[str, Any]:
    info = (found.get("data") or {}).get("processing_info")
    return info if isinstance(info, dict) else {}


def _text(found: Any, name: str) -> str:
    value = found.get(name) if isinstance(found, dict) else None
    if not isinstance(value, str) or not value:
        raise ChannelError(UNREADABLE, f"{name} is missing")
    return value
