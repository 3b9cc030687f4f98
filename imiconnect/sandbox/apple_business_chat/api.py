"""The gateway of the double: ``/v1/message`` and ``/v1/preUpload``."""

import json
import time
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from imiconnect.sandbox.apple_business_chat.tokens import is_of_platform
from imiconnect.sandbox.apple_business_chat.twin import SLUG
from imiconnect.sandbox.apple_business_chat.world import note, store

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
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or not _is_whole(request, body):
        return HttpResponse(status=400)
    customer = store.get("customer", body["destinationId"])
    if not customer or customer["business"] != business or not customer["open"]:
        return HttpResponse(status=404)
    note(body["destinationId"], body, out=False)
    return HttpResponse()


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


def _is_choice(body: dict[str, Any]) -> bool:
    told = body.get("interactiveData") or {}
    data = told.get("data") or {}
    if not str(told.get("bid", "")).endswith(".messages.business.extension"):
        return False
    if "quick-reply" in data:
        items = data["quick-reply"].get("items") or []
        named = all(item.get("identifier") and item.get("title") for item in items)
        return 2 <= len(items) <= 5 and named
    picker = data.get("listPicker") or {}
    return bool(picker.get("sections") and told.get("receivedMessage"))


_WHOLE: dict[str, Callable[[dict[str, Any]], bool]] = {
    "text": lambda body: bool(body.get("body")),
    "richLink": _is_link,
    "interactive": _is_choice,
}


@gateway("GET")
def pre_upload(request: HttpRequest, business: str) -> HttpResponse:
    """Name a place to upload to."""
    if not request.headers.get("size", "").isdigit():
        return HttpResponse(status=400)
    base = f"{settings.PUBLIC_URL}/sandbox/{SLUG}/mmcs/{uuid.uuid4()}"
    found = {"upload-url": base, "mmcs-url": base, "mmcs-owner": business}
    return JsonResponse(found)
