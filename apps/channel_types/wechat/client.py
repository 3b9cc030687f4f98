"""Calls to the WeChat API: one token for all callers, one retry with a fresh one."""

import threading
import time
from typing import Any

import httpx

from imiconnect.apps.channel_types import http
from imiconnect.apps.channel_types.errors import (
    BLOCKED,
    CONTENT,
    CREDENTIALS,
    PERMISSION,
    PROVIDER_FAILED,
    THROTTLED,
    UNAVAILABLE,
    UNKNOWN_RECIPIENT,
    WINDOW_CLOSED,
    ChannelError,
    Outcome,
)

#: By ``errcode`` (facts/wechat.md, section 6); HTTP says 200 whatever happens.
ERRORS: dict[int, Outcome] = {
    -1: PROVIDER_FAILED,
    40001: CREDENTIALS,
    40003: UNKNOWN_RECIPIENT,
    40004: CONTENT,
    40007: CONTENT,
    40008: CONTENT,
    40013: CREDENTIALS,
    40014: CREDENTIALS,
    40125: CREDENTIALS,
    40164: PERMISSION,
    41002: CREDENTIALS,
    42001: CREDENTIALS,
    43004: UNAVAILABLE,
    45002: CONTENT,
    45009: THROTTLED,
    45011: THROTTLED,
    45015: WINDOW_CLOSED,
    45047: WINDOW_CLOSED,
    47001: CONTENT,
    48001: PERMISSION,
    48004: BLOCKED,
    50002: UNAVAILABLE,
    61004: PERMISSION,
}
_STALE_TOKEN = {40001, 40014, 42001}
#: Seconds before its end that a token is asked for anew.
_EARLY = 120
#: Seconds to wait when a quota is used up.
_QUOTA_PAUSE = 60.0

_tokens: dict[tuple[str, str, str], tuple[float, str]] = {}
_lock = threading.Lock()


class WeChatClient:
    """One official account; safe for several threads."""

    def __init__(
        self, base_url: str, appid: str, appsecret: str, *, client: httpx.Client | None = None
    ) -> None:
        """Keep the account; opens no connection."""
        self._base_url = base_url.rstrip("/")
        self._appid, self._appsecret = appid, appsecret
        self._http = client or http.shared_client()

    def send(self, message: dict[str, Any]) -> None:
        """Send a customer-service message; raises ``ChannelError``."""
        self._with_token("/cgi-bin/message/custom/send", message)

    def typing(self, openid: str) -> None:
        """Show the customer that somebody types."""
        self._with_token(
            "/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing"}
        )

    def token(self, *, fresh: bool = False) -> str:
        """Return the access token of the account, the same for all callers."""
        key = (self._base_url, self._appid, self._appsecret)
        with _lock:
            until, token = _tokens.get(key, (0.0, ""))
            if token and not fresh and time.monotonic() < until:
                return token
        body = {
            "grant_type": "client_credential",
            "appid": self._appid,
            "secret": self._appsecret,
            "force_refresh": False,
        }
        found = self._post("/cgi-bin/stable_token", body)
        token = str(found.get("access_token", ""))
        lives = max(float(found.get("expires_in", 0)) - _EARLY, 0.0)
        with _lock:
            _tokens[key] = (time.monotonic() + lives, token)
        return token

    def _with_token(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        token = self.token()
        try:
            return self._post(path, body, token)
        except _Answered as error:
            if error.errcode not in _STALE_TOKEN:
                raise
        return self._post(path, body, self.token(fresh=True))

    def _post(self, path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        query = {"access_token": token} if token else {}
        answer = http.call(self._http, "POST", self._base_url + path, params=query, json=body)
        http.raise_for_transport(answer)
        found = http.json_of(answer)
        if not isinstance(found, dict):
            raise ChannelError(PROVIDER_FAILED, "not an object")
        errcode = int(found.get("errcode") or 0)
        if errcode:
            raise _Answered(errcode, str(found.get("errmsg", "")))
        return found


class _Answered(ChannelError):
    """WeChat's own word for what went wrong."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        outcome = ERRORS.get(errcode, PROVIDER_FAILED if errcode < 0 else CONTENT)
        after = _QUOTA_PAUSE if outcome is THROTTLED else None
        super().__init__(outcome, f"{errcode} {errmsg}"[:300], after=after)
        self.errcode = errcode
