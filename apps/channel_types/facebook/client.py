"""The calls of Meta's Graph API that a page needs (facts/facebook.md, sections 1, 2, 5, 6).

Thin: one method a call, ``ChannelError`` for what Meta says no to. Each call with a token
carries the proof that the caller knows the app's secret.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import httpx

from imiconnect.apps.channel_types.errors import (
    BLOCKED,
    CONTENT,
    CREDENTIALS,
    PERMISSION,
    PROVIDER_FAILED,
    THROTTLED,
    UNAVAILABLE,
    UNKNOWN_RECIPIENT,
    UNREADABLE,
    WINDOW_CLOSED,
    ChannelError,
    Outcome,
)
from imiconnect.apps.channel_types.http import call, retry_after

FIELDS = (
    "messages,messaging_postbacks,messaging_optins,message_deliveries,message_reads,"
    "messaging_referrals"
)
#: Fields of a profile, and the permission that each needs (User Profile API reference).
PERMISSIONS = {
    "locale": "pages_user_locale",
    "gender": "pages_user_gender",
    "timezone": "pages_user_timezone",
}
#: Pages of accounts that are read at most; a person with more than 10,000 pages there is not.
_MOST_PAGES = 100
_BY_SUBCODE: dict[int, Outcome] = {
    2018278: WINDOW_CLOSED,
    2018065: WINDOW_CLOSED,
    2534022: WINDOW_CLOSED,
    2018001: UNKNOWN_RECIPIENT,
    1545041: UNAVAILABLE,
}
_BY_CODE: dict[int, Outcome] = {
    1: PROVIDER_FAILED,
    2: PROVIDER_FAILED,
    4: THROTTLED,
    10: PERMISSION,
    17: THROTTLED,
    32: THROTTLED,
    100: CONTENT,
    190: CREDENTIALS,
    200: PERMISSION,
    210: PERMISSION,
    230: PERMISSION,
    299: PERMISSION,
    368: BLOCKED,
    551: UNAVAILABLE,
    613: THROTTLED,
    2022: BLOCKED,
    10900: UNAVAILABLE,
    10903: UNAVAILABLE,
    10904: UNAVAILABLE,
    80001: THROTTLED,
    80004: THROTTLED,
    80006: THROTTLED,
}


class GraphClient:
    """One Meta app's view of the Graph API."""

    def __init__(
        self, base_url: str, app_id: str, app_secret: str, *, http: httpx.Client
    ) -> None:
        """Keep the address with its version (``https://graph.facebook.com/v25.0``)."""
        self._base, self._app_id, self._secret = base_url.rstrip("/"), app_id, app_secret
        self._http = http

    # Login ----------------------------------------------------------------------------

    def token_of_code(self, code: str, redirect_uri: str) -> str:
        """Trade a code of the dialog for a user's token that lives for about 60 days."""
        short = self._app_call(
            "oauth/access_token",
            client_id=self._app_id,
            client_secret=self._secret,
            redirect_uri=redirect_uri,
            code=code,
        )
        long = self._app_call(
            "oauth/access_token",
            grant_type="fb_exchange_token",
            client_id=self._app_id,
            client_secret=self._secret,
            fb_exchange_token=_text(short, "access_token"),
        )
        return _text(long, "access_token")

    def name_of(self, token: str) -> str:
        """Return the name of the person whose token this is."""
        return _text(self._call("GET", "me", token, fields="id,name"), "name")

    def pages(self, token: str) -> Iterator[dict[str, Any]]:
        """Return the pages that a person manages, with a token for each."""
        wanted = {"fields": "id,name,access_token,tasks,picture", "limit": "100"}
        for _page in range(_MOST_PAGES):
            answer = self._call("GET", "me/accounts", token, None, **wanted)
            yield from answer.get("data", [])
            paging = answer.get("paging", {})
            if not paging.get("next"):
                return
            wanted["after"] = str(paging.get("cursors", {}).get("after", ""))

    def about_token(self, token: str) -> dict[str, Any]:
        """Return what Meta knows of a token: ``is_valid``, ``scopes``, ``expires_at``."""
        answer = self._app_call(
            "debug_token", input_token=token, access_token=f"{self._app_id}|{self._secret}"
        )
        found: dict[str, Any] = answer.get("data", {})
        return found

    # Pages ----------------------------------------------------------------------------

    def subscribe(self, page_id: str, token: str) -> None:
        """Have the events of a page told; again does no harm."""
        self._call("POST", f"{page_id}/subscribed_apps", token, subscribed_fields=FIELDS)

    def unsubscribe(self, page_id: str, token: str) -> None:
        """Have them told no more."""
        self._call("DELETE", f"{page_id}/subscribed_apps", token)

    def send(self, page_id: str, token: str, body: dict[str, Any]) -> str:
        """Send one message; return its ``message_id``."""
        return _text(self._call("POST", f"{page_id}/messages", token, body), "message_id")

    def person(self, psid: str, token: str, *more: str) -> dict[str, str]:
        """Return who has written to the page (User Profile API); what is not told is left out.

        ``more`` are fields that need permissions of their own (``PERMISSIONS``): without them
        they fail the whole call.
        """
        wanted = ("name", "first_name", "last_name", "profile_pic", *more)
        answer = self._call("GET", psid, token, fields=",".join(wanted))
        return {
            name: str(answer[name]) for name in wanted if answer.get(name) not in (None, "")
        }

    def set_profile(self, token: str, body: dict[str, Any]) -> None:
        """Set parts of the Messenger profile; ten calls in ten minutes are allowed."""
        self._call("POST", "me/messenger_profile", token, body)

    def delete_profile(self, token: str, *fields: str) -> None:
        """Remove parts of the Messenger profile."""
        self._call("DELETE", "me/messenger_profile", token, {"fields": list(fields)})

    # Pieces ---------------------------------------------------------------------------

    def _call(
        self,
        method: str,
        path: str,
        token: str,
        body: dict[str, Any] | None = None,
        **query: str,
    ) -> dict[str, Any]:
        proof = hmac.new(self._secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        answer = call(
            self._http,
            method,
            f"{self._base}/{path}",
            params={**query, "appsecret_proof": proof},
            headers={"Authorization": f"Bearer {token}"},
            json=body,
        )
        return _read(answer)

    def _app_call(self, path: str, **query: str) -> dict[str, Any]:
        return _read(call(self._http, "GET", f"{self._base}/{path}", params=query))


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        raise _error(body["error"], answer)
    if answer.status_code >= 500:
        raise ChannelError(PROVIDER_FAILED, str(answer.status_code), after=retry_after(answer))
    if answer.status_code != 200 or not isinstance(body, dict):
        raise ChannelError(UNREADABLE, str(answer.status_code))
    return body


def _error(error: dict[str, Any], answer: httpx.Response) -> ChannelError:
    """Name an error by its subcode, else its code, else the status (Error codes reference)."""
    code, subcode = error.get("code"), error.get("error_subcode")
    unknown = PROVIDER_FAILED if answer.status_code >= 500 else CONTENT
    outcome = _BY_SUBCODE.get(subcode or 0) or _BY_CODE.get(code or 0) or unknown
    words = f"{code}/{subcode}" if subcode else str(code)
    detail = f"({words}) {error.get('message', '')}"[:300]
    return ChannelError(outcome, detail, after=_pause(answer) if outcome.retryable else None)


def _pause(answer: httpx.Response) -> float | None:
    """Return how long Meta wants no calls: its usage header says minutes."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        minutes = max(
            float(item.get("estimated_time_to_regain_access", 0))
            for items in usage.values()
            for item in items
        )
    except (ValueError, TypeError, AttributeError):
        return retry_after(answer)
    return minutes * 60 or retry_after(answer)


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise ChannelError(UNREADABLE, f"{name} is missing")
    return value
