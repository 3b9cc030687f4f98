"""The API of the double: errors come with status 200, as WeChat's do."""

import json
import secrets
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from imiconnect.sandbox.wechat import files
from imiconnect.sandbox.wechat.world import STORE

LIFETIME = 7200


class Window(NamedTuple):
    """What an act of a follower allows: since when, and how many were sent, by their fields."""

    since: str
    counter: str
    seconds: int
    most: int


#: After following, a tapped menu item or a scanned code; after a message.
WINDOWS = (
    Window("acted_at", "acted_answers", 60, 3),
    Window("heard_at", "answers", 48 * 3600, 5),
)
MAX_TEXT = 2048
#: For each kind of message, the fields without which WeChat refuses it.
KINDS = {
    "text": ("content",),
    "image": ("media_id",),
    "voice": ("media_id",),
    "video": ("media_id", "thumb_media_id"),
    "news": ("articles",),
    "msgmenu": ("list",),
}

View = Callable[[HttpRequest, dict[str, Any]], HttpResponse]
Bare = Callable[..., HttpResponse]


def note_message(follower: str, kind: str, body: dict[str, Any], *, out: bool) -> str:
    """Keep a message, ``out`` of the follower's hands or into them; return its id."""
    name = f"{time.time_ns():020d}"
    STORE.put("message", name, follower=follower, out=out, body=body, type=kind)
    return name


def errcode(code: int, message: str = "") -> JsonResponse:
    """Return what WeChat says of a call that did not work, or of one that did."""
    return JsonResponse({"errcode": code, "errmsg": message or ("ok" if code == 0 else "")})


def bare(view: Bare) -> Bare:
    """Misbehave where told."""

    @csrf_exempt
    @wraps(view)
    def inner(request: HttpRequest, **names: str) -> HttpResponse:
        if STORE.misbehaves("slow"):
            time.sleep(3)
        if STORE.misbehaves("down"):
            return HttpResponse("bad gateway", status=502)
        if STORE.misbehaves("rate_limit"):
            return errcode(45009, "reach max api daily quota limit")
        return view(request, **names)

    return inner


def call(view: View) -> Bare:
    """Read the body, and misbehave where told."""

    @bare
    @wraps(view)
    def inner(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return errcode(43002, "require POST method")
        try:
            body = json.loads(request.body)
        except ValueError:
            return errcode(47001, "data format error")
        return view(request, body)

    return inner


@call
def stable_token(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """``POST /cgi-bin/stable_token``: the same token until shortly before its end."""
    appid = str(body.get("appid", ""))
    account = STORE.get("account", appid)
    if account is None:
        return errcode(40013, "invalid appid")
    if account["secret"] != body.get("secret"):
        return errcode(40125, "invalid appsecret")
    now = time.time()
    if account.get("token_until", 0) < now + 300 or body.get("force_refresh"):
        token, until = secrets.token_urlsafe(48), now + LIFETIME
        STORE.change("account", appid, token=token, token_until=until)
        STORE.put("token", token, appid=appid, until=until)
        account = STORE.get("account", appid) or {}
    left = int(account["token_until"] - now)
    return JsonResponse({"access_token": account["token"], "expires_in": left})


def account_of(request: HttpRequest) -> tuple[str, HttpResponse | None]:
    token = request.GET.get("access_token", "")
    if not token:
        return "", errcode(41001, "access_token missing")
    found = STORE.get("token", token)
    if found is None:
        return "", errcode(40001, "invalid credential")
    if STORE.misbehaves("expired_token") or found["until"] < time.time():
        return "", errcode(42001, "access_token expired")
    return str(found["appid"]), None


@call
def custom_send(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """``POST /cgi-bin/message/custom/send``, within the window of the customer."""
    appid, problem = account_of(request)
    if problem:
        return problem
    follower = STORE.get("follower", f"{appid}/{body.get('touser')}")
    if follower is None:
        return errcode(40003, "invalid openid")
    wrong = _wrong(appid, body)
    if wrong:
        return wrong
    if not follower["follows"]:
        return errcode(43004, "require subscribe")
    open_now = [window for window in WINDOWS if _is_open(follower, window)]
    if STORE.misbehaves("closed_window") or not open_now:
        return errcode(45015, "response out of time limit or subscription is canceled")
    free = [w for w in open_now if follower.get(w.counter, 0) < w.most]
    if not free:
        return errcode(45047, "out of response count limit")
    key = f"{appid}/{body['touser']}"
    STORE.change("follower", key, **{free[0].counter: follower.get(free[0].counter, 0) + 1})
    kind = body["msgtype"]
    STORE.put(
        "message", f"{time.time_ns():020d}", follower=key, out=False, body=body[kind], type=kind
    )
    return errcode(0)


def _is_open(follower: dict[str, Any], window: Window) -> bool:
    return float(follower.get(window.since, 0)) >= time.time() - window.seconds


def _wrong(appid: str, body: dict[str, Any]) -> HttpResponse | None:
    kind = body.get("msgtype")
    if kind not in KINDS:
        return errcode(40008, "invalid message type")
    content = body.get(kind)
    if not isinstance(content, dict) or any(not content.get(name) for name in KINDS[kind]):
        return errcode(47001, "data format error")
    if kind == "text" and len(content["content"].encode()) > MAX_TEXT:
        return errcode(45002, "content size out of limit")
    for name, word in (("media_id", kind), ("thumb_media_id", "thumb")):
        named = content.get(name)
        if named and not files.is_kept(appid, str(named), word):
            return errcode(40007, "invalid media_id")
    return None


@call
def custom_typing(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """``POST /cgi-bin/message/custom/typing``."""
    _appid, problem = account_of(request)
    return problem or errcode(0)
