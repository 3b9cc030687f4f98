"""The API of the double: problem documents of version 2, numbered errors of version 1.1."""

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from imiconnect.sandbox.twitter import media, telling
from imiconnect.sandbox.twitter.signing import check, token_of
from imiconnect.sandbox.twitter.world import PEOPLE, accounts, add_message, store

Answer = HttpResponse
MAX_TEXT = 10_000


def problem(status: int, title: str, detail: str) -> JsonResponse:
    """Return a problem document."""
    body = {"type": "about:blank", "title": title, "detail": detail, "status": status}
    answer = JsonResponse(body, status=status)
    answer["Content-Type"] = "application/problem+json"
    return answer


def numbered(status: int, code: int, message: str) -> JsonResponse:
    """Return an error of version 1.1."""
    return JsonResponse({"errors": [{"code": code, "message": message}]}, status=status)


def _misbehaviour() -> HttpResponse | None:
    if store.misbehaves("slow"):
        time.sleep(3)
    if store.misbehaves("down"):
        return HttpResponse("over capacity", status=503)
    if store.misbehaves("rate_limit"):
        answer = problem(429, "Too Many Requests", "Too Many Requests")
        answer["x-rate-limit-reset"] = str(int(time.time()) + 60)
        return answer
    return None


def as_app(view: Callable[..., Answer]) -> Callable[..., Answer]:
    """Ask for the app's bearer token."""

    @csrf_exempt
    @wraps(view)
    def inner(request: HttpRequest, **names: str) -> Answer:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if store.get("bearer", token) is None:
            return problem(401, "Unauthorized", "Unauthorized")
        return view(request, **names)

    return inner


def as_user(view: Callable[..., Answer]) -> Callable[..., Answer]:
    """Ask for a request that is signed with the token of an account."""

    @csrf_exempt
    @wraps(view)
    def inner(request: HttpRequest, **names: str) -> Answer:
        if wrong := _misbehaviour():
            return wrong
        kept = store.get("token", token_of(request))
        if kept is None or store.misbehaves("expired_token"):
            return numbered(401, 89, "Invalid or expired token.")
        if check(request, kept["secret"]) is None:
            return numbered(401, 32, "Could not authenticate you.")
        return view(request, kept["user"], **names)

    return inner


@as_user
def me(request: HttpRequest, user: str) -> Answer:
    """``GET /2/users/me``."""
    account = dict(accounts())[user]
    data = {"id": user, "name": account["name"], "username": account["handle"]}
    return JsonResponse({"data": data})


@as_app
def webhooks(request: HttpRequest) -> Answer:
    """``GET`` and ``POST /2/webhooks``; the address has to pass the check at once."""
    if request.method == "GET":
        kept = store.all("hook")
        return JsonResponse({"data": [{"id": key, **data} for key, data in kept]})
    url = json.loads(request.body).get("url", "")
    if any(data["url"] == url for _key, data in store.all("hook")):
        return problem(400, "DuplicateUrlFailed", "The URL is registered already.")
    if not telling.answers_check(url):
        return problem(400, "CrcValidationFailed", "The URL did not meet the requirements.")
    key = str(time.time_ns())
    store.put("hook", key, url=url, valid=True)
    return JsonResponse({"data": {"id": key, "url": url, "valid": True}})


@as_app
def recheck(request: HttpRequest, hook: str) -> Answer:
    """``PUT /2/webhooks/{id}``."""
    kept = store.get("hook", hook)
    if kept is None or not telling.answers_check(kept["url"]):
        return problem(400, "CrcValidationFailed", "The URL did not meet the requirements.")
    store.change("hook", hook, valid=True)
    return JsonResponse({"data": {"valid": True}})


@as_user
def subscribe(request: HttpRequest, user: str, hook: str) -> Answer:
    """``POST …/subscriptions/all``."""
    if store.get("hook", hook) is None:
        return problem(404, "Not Found", "There is no such webhook.")
    store.change("account", user, hook=hook)
    return JsonResponse({"data": {"subscribed": True}})


@as_app
def unsubscribe(request: HttpRequest, hook: str, account: str) -> Answer:
    """``DELETE …/subscriptions/{user}/all``."""
    store.change("account", account, hook="")
    return JsonResponse({"data": {"subscribed": False}})


def _refusal(person: str) -> tuple[int, str] | None:
    if person not in PEOPLE:
        return 150, "You cannot send messages to users who are not following you."
    if store.misbehaves("closed_window"):
        return 349, "You cannot send messages to this user."
    return None


@as_user
def messages(request: HttpRequest, user: str, person: str) -> Answer:
    """``POST /2/dm_conversations/with/{id}/messages``: text and attachments, nothing else."""
    body = json.loads(request.body)
    if set(body) - {"text", "attachments"} or not body:
        return problem(
            400, "Invalid Request", "One or more parameters to your request was invalid."
        )
    if len(body.get("text", "")) > MAX_TEXT:
        return problem(400, "Invalid Request", "The text is too long.")
    if refusal := _refusal(person):
        return problem(403, "Forbidden", refusal[1])
    named = [str(part.get("media_id")) for part in body.get("attachments", [])]
    if len(named) > 1 or not all(media.is_ready(user, name) for name in named):
        return problem(400, "Invalid Request", "The media is not yours, or not ready.")
    text = body.get("text", "")
    event = add_message(user, person, text, out=False, options=[], media=named)
    ids = {"dm_conversation_id": f"{person}-{user}", "dm_event_id": event}
    return JsonResponse({"data": ids}, status=201)


@as_user
def legacy_message(request: HttpRequest, user: str) -> Answer:
    """``POST /1.1/direct_messages/events/new.json``."""
    made = json.loads(request.body)["event"]["message_create"]
    person, data = made["target"]["recipient_id"], made["message_data"]
    if refusal := _refusal(person):
        return numbered(403, *refusal)
    if wrong := _wrong_options(data):
        return numbered(400, 214, wrong)
    options = data.get("quick_reply", {}).get("options", [])
    attached = str(data.get("attachment", {}).get("media", {}).get("id", ""))
    if attached and not media.is_ready(user, attached):
        return numbered(400, 324, "The media is not yours, or not ready.")
    named = [attached] if attached else []
    event = add_message(user, person, data["text"], out=False, options=options, media=named)
    return JsonResponse({"event": {"type": "message_create", "id": event}})


def _wrong_options(data: dict[str, Any]) -> str:
    options = data.get("quick_reply", {}).get("options", [])
    if len(options) > 20 or any(len(o.get("label", "")) > 36 for o in options):
        return "quick_reply is not valid"
    if len({"description" in option for option in options}) > 1:
        return "All options must have a description, or none."
    return ""


@as_user
def welcome_message(request: HttpRequest, user: str) -> Answer:
    """``POST …/welcome_messages/new.json``."""
    data = json.loads(request.body)["welcome_message"]["message_data"]
    attached = data.get("attachment", {}).get("media", {}).get("id")
    if attached and not media.is_ready(user, str(attached)):
        return numbered(400, 214, "Media not found or not ready.")
    if wrong := _wrong_options(data):
        return numbered(400, 214, wrong)
    key = str(time.time_ns())
    store.put("welcome", key, user=user, data=data)
    return JsonResponse({"welcome_message": {"id": key, "message_data": data}})


@as_user
def welcome_rule(request: HttpRequest, user: str) -> Answer:
    """``POST …/rules/new.json``: the newest rule is the one that counts."""
    wanted = json.loads(request.body)["welcome_message_rule"]["welcome_message_id"]
    if store.get("welcome", wanted) is None:
        return numbered(404, 34, "Sorry, that page does not exist.")
    key = str(time.time_ns())
    store.put("rule", key, user=user, message=wanted)
    return JsonResponse({"welcome_message_rule": {"id": key, "welcome_message_id": wanted}})


@as_user
def welcome_rules(request: HttpRequest, user: str) -> Answer:
    """``GET …/rules/list.json``."""
    kept = [{"id": key} for key, _data in store.all("rule", user=user)]
    return JsonResponse({"welcome_message_rules": kept} if kept else {})


@as_user
def drop_rule(request: HttpRequest, user: str) -> Answer:
    """``DELETE …/rules/destroy.json``."""
    store.drop("rule", request.GET.get("id", ""))
    return HttpResponse(status=204)


@as_user
def initialize(request: HttpRequest, user: str) -> Answer:
    """``POST /2/media/upload/initialize``."""
    body = json.loads(request.body)
    kind, size = str(body.get("media_type", "")), body.get("total_bytes")
    found = media.begin(user, kind, size, str(body.get("media_category", "")))
    if not found:
        return problem(400, "Invalid Request", "media_type, total_bytes or media_category.")
    return JsonResponse({"data": {"id": found, "expires_after_secs": 86_400}})


@as_user
def append(request: HttpRequest, user: str, key: str) -> Answer:
    """``POST /2/media/upload/{id}/append``."""
    chunk, number = request.FILES.get("media"), request.POST.get("segment_index", "")
    if chunk is None or not number.isdigit():
        return problem(400, "Invalid Request", "media or segment_index is missing.")
    if not media.append(user, key, int(number), chunk.read()):
        return problem(400, "Invalid Request", "The segment does not belong here.")
    return HttpResponse(status=204)


@as_user
def finalize(request: HttpRequest, user: str, key: str) -> Answer:
    """``POST /2/media/upload/{id}/finalize``."""
    found = media.finalize(user, key)
    if found is None:
        return problem(400, "Invalid Request", "The file is not whole.")
    return JsonResponse({"data": {"id": key, **found}})


@as_user
def upload_state(request: HttpRequest, user: str) -> Answer:
    """``GET /2/media/upload?command=STATUS``."""
    found = media.state(user, request.GET.get("media_id", ""))
    if found is None or request.GET.get("command") != "STATUS":
        return problem(404, "Not Found", "There is no such media.")
    return JsonResponse({"data": found})


@as_user
def customers_file(request: HttpRequest, user: str, key: str, name: str) -> Answer:
    """``GET`` of a ``media_url_https``: only for the account that the message went to."""
    found = media.of_customer(user, key)
    if found is None:
        return HttpResponse(status=404)
    kind, data = found
    return HttpResponse(data, content_type=kind)
