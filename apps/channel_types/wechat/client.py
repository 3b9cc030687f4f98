"""Calls to the WeChat API: one token for all callers, one retry with a fresh one."""

import io
import json
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

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
    UNREACHABLE,
    UNREADABLE,
    WINDOW_CLOSED,
    ChannelError,
    Outcome,
)
from imiconnect.outbound import File

T = TypeVar("T")

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
#: The ``errcode`` of an id that WeChat does not know, or not any more.
NO_SUCH_MEDIA = 40007
#: Bytes of an answer about a file that is no file: an error, or where a film is.
_MOST_WORDS = 4096
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
        self._told("/cgi-bin/message/custom/send", message)

    def typing(self, openid: str) -> None:
        """Show the customer that somebody types."""
        self._told("/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing"})

    def upload(self, kind: str, name: str, file: File, *, until: float) -> str:
        """Hand a file to WeChat and return its id of it, good for three days.

        ``kind`` is image, voice, video or thumb; WeChat looks at the ending of ``name``.
        ``until`` is when it has to be there, by the monotonic clock. Raises ``ChannelError``.
        """

        def hand_over(token: str) -> dict[str, Any]:
            answer = http.call(
                self._http,
                "POST",
                f"{self._base_url}/cgi-bin/media/upload",
                params={"access_token": token, "type": kind},
                files={"media": (name, _InTime(file.data, until), file.content_type)},
            )
            return _read(answer)

        found = self._with_token(hand_over)
        media_id = found.get("media_id") or found.get("thumb_media_id")
        if not isinstance(media_id, str) or not media_id:
            raise ChannelError(UNREADABLE, "media_id is missing")
        return media_id

    def download(self, media_id: str, *, most: int) -> bytes:
        """Return a file that WeChat keeps; raises ``ChannelError``.

        Of a film WeChat tells where it is, and gives it out there.
        """
        until = time.monotonic() + http.PROVIDER_FILE_SECONDS

        def read(token: str) -> bytes:
            query = urlencode({"access_token": token, "media_id": media_id})
            url = f"{self._base_url}/cgi-bin/media/get?{query}"
            data = http.read_file(self._http, url, most=most, until=until)
            told = _words_in(data)
            _raise_for(told)
            if film := told.get("video_url"):
                return http.read_file(self._http, str(film), most=most, until=until)
            return data

        return self._with_token(read)

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

    def _told(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._with_token(lambda token: self._post(path, body, token))

    def _with_token(self, act: Callable[[str], T]) -> T:
        try:
            return act(self.token())
        except Answered as error:
            if error.errcode not in _STALE_TOKEN:
                raise
        return act(self.token(fresh=True))

    def _post(self, path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        query = {"access_token": token} if token else {}
        return _read(
            http.call(self._http, "POST", self._base_url + path, params=query, json=body)
        )


class Answered(ChannelError):
    """WeChat's own word for what went wrong."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        outcome = ERRORS.get(errcode, PROVIDER_FAILED if errcode < 0 else CONTENT)
        after = _QUOTA_PAUSE if outcome is THROTTLED else None
        super().__init__(outcome, f"{errcode} {errmsg}"[:300], after=after)
        self.errcode = errcode


class _InTime(io.BytesIO):
    """A file that is handed over in time or not at all: the claim of its message ends."""

    def __init__(self, data: bytes, until: float) -> None:
        super().__init__(data)
        self._until = until

    def read(self, size: int | None = -1, /) -> bytes:
        """Return what comes next, while there is time."""
        if time.monotonic() > self._until:
            raise ChannelError(UNREACHABLE, "WeChat takes the file too slowly")
        return super().read(size)


def _read(answer: httpx.Response) -> dict[str, Any]:
    http.raise_for_transport(answer)
    found = http.json_of(answer)
    if not isinstance(found, dict):
        raise ChannelError(PROVIDER_FAILED, "not an object")
    _raise_for(found)
    return found


def _raise_for(found: dict[str, Any]) -> None:
    errcode = int(found.get("errcode") or 0)
    if errcode:
        raise Answered(errcode, str(found.get("errmsg", "")))


def _words_in(data: bytes) -> dict[str, Any]:
    """Return what WeChat says in place of a file, nothing where it is one.

    Pictures, voices and films do not begin with a brace, whatever type the answer names.
    """
    if len(data) > _MOST_WORDS or not data.lstrip().startswith(b"{"):
        return {}
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
