"""The gateway of the double: messages, the store of files, and interactive data in it."""

import gzip
import json
import re
import time
import uuid
import zlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from imiconnect.sandbox.apple_business_chat import mmcs, payloads, questions
from imiconnect.sandbox.apple_business_chat.tokens import is_of_platform
from imiconnect.sandbox.apple_business_chat.world import note, store

#: No seconds, and no colon in the offset.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d[+-]\d{4}")
View = Callable[[HttpRequest, str], HttpResponse]


def gateway(method: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Misbehave where told, and check the token and the business of a call."""

    def wrap(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def inner(request: HttpRequest) -> HttpResponse:
            return _misbehaved() or _refused(request, method) or view(request, _source(request))

        return inner

    return wrap


def _source(request: HttpRequest) -> str:
    return request.headers.get("source-id", "")


def _misbehaved() -> HttpResponse | None:
    if store.misbehaves("slow"):
        time.sleep(3)
    if store.misbehaves("down"):
        return HttpResponse(status=500)
    if store.misbehaves("rate_limit"):
        return HttpResponse(status=429, headers={"Retry-After": "7"})
    return None


def _refused(request: HttpRequest, method: str) -> HttpResponse | None:
    if request.method != method:
        return HttpResponse(status=405)
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        return HttpResponse(status=401)
    if store.misbehaves("expired_token") or not is_of_platform(token):
        return HttpResponse(status=403)
    business = store.get("business", _source(request))
    # A business that has not chosen this platform is as unknown as one that is none.
    return None if business and business["csp"] else HttpResponse(status=404)


@gateway("POST")
def message(request: HttpRequest, business: str) -> HttpResponse:
    """Deliver to a customer who has written first and not closed the conversation."""
    try:
        body = payloads.whole(json.loads(_plain(request)))
    except (ValueError, OSError, EOFError, zlib.error):
        body = None
    if not isinstance(body, dict) or not _is_whole(request, body):
        return HttpResponse(status=400)
    customer = store.get("customer", body["destinationId"])
    if not customer or customer["business"] != business or not customer["open"]:
        return HttpResponse(status=404)
    note(body["destinationId"], body, out=False)
    return _noted(business, body)


def _noted(business: str, body: dict[str, Any]) -> HttpResponse:
    """Answer with nothing, or with a reference to data above 10 KB that came in the message."""
    data = body.get("interactiveData")
    if data is None or "interactiveDataRef" in body or not payloads.is_large(data):
        return HttpResponse()
    reference = payloads.stored(business, data, data["receivedMessage"].get("title", ""))
    return JsonResponse({"interactiveDataRef": reference})


def _plain(request: HttpRequest) -> bytes:
    packed = request.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(request.body) if packed else request.body


def _is_whole(request: HttpRequest, body: dict[str, Any]) -> bool:
    named = {"id": "id", "source-id": "sourceId", "destination-id": "destinationId"}
    if body.get("v") != 1 or any(
        not body.get(name) or request.headers.get(header) != body[name]
        for header, name in named.items()
    ):
        return False
    try:
        uuid.UUID(body["id"])
    except ValueError:
        return False
    check = _WHOLE.get(body.get("type", ""))
    return check is not None and check(body)


def _is_link(body: dict[str, Any]) -> bool:
    data = body.get("richLinkData") or {}
    return bool(data.get("url") and data.get("title")) and isinstance(data.get("assets"), dict)


def _is_text(body: dict[str, Any]) -> bool:
    """A file has its place in the text, and is what its key opens."""
    files = body.get("attachments") or []
    if str(body.get("body", "")).count("\ufffc") != len(files):
        return False
    return bool(body.get("body")) and all(mmcs.is_whole(file) for file in files)


def _is_choice(body: dict[str, Any]) -> bool:
    told = body.get("interactiveData") or {}
    data = told.get("data") or {}
    if not str(told.get("bid", "")).endswith(".messages.business.extension"):
        return False
    if "quick-reply" in data:
        items = data["quick-reply"].get("items") or []
        return 2 <= len(items) <= 5 and _are_named(items, "title")
    if not (told.get("receivedMessage") and told.get("replyMessage")):
        return False
    if "dynamic" in data:
        return questions.is_form(data)
    if "event" in data:
        slots = data["event"].get("timeslots") or []
        times = all(_TIME.fullmatch(str(slot.get("startTime", ""))) for slot in slots)
        lasting = all(isinstance(slot.get("duration"), int) for slot in slots)
        return times and lasting and _are_named(slots, "startTime")
    sections = (data.get("listPicker") or {}).get("sections") or []
    return bool(sections) and all(_are_named(part.get("items"), "title") for part in sections)


def _are_named(items: Any, title: str) -> bool:
    return bool(items) and all(item.get("identifier") and item.get(title) for item in items)


_WHOLE: dict[str, Callable[[dict[str, Any]], bool]] = {
    "text": _is_text,
    "richLink": _is_link,
    "interactive": _is_choice,
}


@gateway("POST")
def encode_payload(request: HttpRequest, business: str) -> HttpResponse:
    """Return interactive data as the store keeps it."""
    try:
        data = json.loads(request.body).get("interactiveData")
    except (ValueError, AttributeError):
        data = None
    if not isinstance(data, dict) or not data.get("bid"):
        return HttpResponse(status=400)
    return HttpResponse(payloads.encoded(data), content_type="application/octet-stream")


@gateway("POST")
def decode_payload(request: HttpRequest, business: str) -> HttpResponse:
    """Return what the store has kept as JSON, to whoever names its extension."""
    try:
        data = payloads.decoded(request.body)
    except ValueError:
        return HttpResponse(status=400)
    known = request.headers.get("bid", "") == data.get("bid")
    return JsonResponse(data) if known else HttpResponse(status=400)


@gateway("GET")
def pre_upload(request: HttpRequest, business: str) -> HttpResponse:
    """Name a place to upload to."""
    if not request.headers.get("size", "").isdigit():
        return HttpResponse(status=400)
    place = mmcs.new_place(business)
    found = {"upload-url": place, "mmcs-url": place, "mmcs-owner": business}
    return JsonResponse(found)


@gateway("GET")
def pre_download(request: HttpRequest, business: str) -> HttpResponse:
    """Name where a file is read, to whoever knows its place, owner and checksum."""
    named = (request.headers.get(name, "") for name in ("url", "owner", "signature"))
    url = mmcs.download_url(*named)
    return JsonResponse({"download-url": url}) if url else HttpResponse(status=400)


@csrf_exempt
def stored(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Take cipher text at a place that was named, or hand it out to one who may read it."""
    if request.method == "POST":
        checksum = mmcs.keep(key, request.body)
        told = {"singleFile": {"fileChecksum": checksum}}
        return JsonResponse(told) if checksum else HttpResponse(status=404)
    data = mmcs.sealed_of(key, request.GET.get("ticket", ""))
    found = HttpResponse(data, content_type="application/octet-stream")
    return HttpResponse(status=404) if data is None else found
