"""The twin's Graph API: tokens, pages, subscriptions, Messenger profile, Send API."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from imiconnect.sandbox.facebook import telling, world
from imiconnect.sandbox.facebook.twin import APP_ID, APP_SECRET
from imiconnect.sandbox.facebook.world import store

#: Seconds that "slow" takes; longer than people wait, shorter than clients do.
_SLOW = 3.0
_PAGE_OF_PAGES = 2


class GraphError(Exception):
    """An answer of the Graph API that is an error."""

    def __init__(self, status: int, code: int, message: str, subcode: int = 0) -> None:
        """Keep it in Meta's form."""
        super().__init__(message)
        body: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code}
        if subcode:
            body["error_subcode"] = subcode
        self.status, self.body = status, {"error": {**body, "fbtrace_id": "Sandbox1"}}


Endpoint = Callable[..., dict[str, Any]]


def endpoint(view: Endpoint) -> Callable[..., JsonResponse]:
    """Answer what ``view`` returns or raises as Meta would, misbehaving as told."""

    @csrf_exempt
    @wraps(view)
    def inner(request: HttpRequest, **kwargs: Any) -> JsonResponse:
        world.seed()
        kwargs.pop("version", None)
        try:
            _misbehave()
            return JsonResponse(view(request, **kwargs))
        except GraphError as error:
            return JsonResponse(error.body, status=error.status, headers=_usage(error))

    return inner


def _misbehave() -> None:
    if store.misbehaves("slow"):
        time.sleep(_SLOW)
    if store.misbehaves("down"):
        raise GraphError(500, 2, "Service temporarily unavailable")
    if store.misbehaves("rate_limit"):
        raise GraphError(400, 613, "Calls to this api have exceeded the rate limit.")


def _usage(error: GraphError) -> dict[str, str]:
    if error.body["error"]["code"] != 613:
        return {}
    usage = {"1": [{"type": "messenger", "estimated_time_to_regain_access": 0.05}]}
    return {"X-Business-Use-Case-Usage": json.dumps(usage)}


def _token(request: HttpRequest, kind: str = "page") -> tuple[str, dict[str, Any]]:
    """Return the caller's token and what is kept of it, or raise as Meta does."""
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = bearer or request.GET.get("access_token", "")
    found = store.get("token", token)
    if found is None or found.get("dead") or store.misbehaves("expired_token"):
        raise GraphError(
            400, 190, "Error validating access token: Session has expired.", subcode=463
        )
    proof = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(proof, request.GET.get("appsecret_proof", "")):
        raise GraphError(400, 100, "Invalid appsecret_proof provided in the API argument")
    if found["kind"] != kind:
        raise GraphError(403, 210, "A page access token is required to request this resource.")
    return token, found


def _of_page(request: HttpRequest, page: str) -> dict[str, Any]:
    if _token(request)[1]["page"] != page:
        raise GraphError(403, 200, "(#200) Permissions error")
    return store.get("page", page) or {}


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise GraphError(400, 100, "(#100) The body is no JSON") from None
    return body if isinstance(body, dict) else {}


@endpoint
def access_token(request: HttpRequest) -> dict[str, Any]:
    """Trade a code, or a short token, for a token."""
    query = request.GET
    if (query.get("client_id"), query.get("client_secret")) != (APP_ID, APP_SECRET):
        raise GraphError(400, 1, "Error validating client secret.")
    if query.get("grant_type") == "fb_exchange_token":
        if store.get("token", query.get("fb_exchange_token", "")) is None:
            raise GraphError(400, 190, "The access token could not be decrypted")
        token = world.new_token("user", person=world.PERSON)
        return {"access_token": token, "token_type": "bearer", "expires_in": 5183944}
    code = query.get("code", "")
    found = store.get("code", code)
    if found is None or found["redirect_uri"] != query.get("redirect_uri"):
        raise GraphError(400, 100, "This authorization code has been used or is not valid.")
    store.drop("code", code)
    for page in found["pages"]:
        store.change("page", page, scopes=found.get("scopes", world.SCOPES))
    token = world.new_token("user", person=world.PERSON, pages=found["pages"])
    return {"access_token": token, "token_type": "bearer", "expires_in": 5400}


@endpoint
def me(request: HttpRequest) -> dict[str, Any]:
    """Say whose token it is."""
    _token(request, "user")
    return {"id": "900000000000001", "name": world.PERSON}


@endpoint
def person(request: HttpRequest, person: str) -> dict[str, Any]:
    """Say who has written to the token's page; nobody else is told of.

    A field for which the page has no permission fails the whole call.
    """
    page = _token(request)[1]["page"]
    found = store.get("psid", person)
    if found is None or found["page"] != page:
        words = "Unsupported get request. Object does not exist or cannot be loaded."
        raise GraphError(400, 100, words, subcode=33)
    known: dict[str, Any] = {
        "name": f"{found['first']} {found['last']}",
        "first_name": found["first"],
        "last_name": found["last"],
        "profile_pic": f"https://platform-lookaside.example/{person}.jpg",
    }
    fields = request.GET.get("fields", "").split(",")
    for name in world.PROFILE_SCOPES.keys() & set(fields):
        scope = world.PROFILE_SCOPES[name]
        if scope not in world.scopes_of(page):
            raise GraphError(403, 230, f"(#230) Requires {scope} permission to read {name}")
    known |= found.get("more", {})
    return {name: known[name] for name in fields if name in known} | {"id": person}


@endpoint
def accounts(request: HttpRequest) -> dict[str, Any]:
    """List the pages, two in an answer, so that a client must follow the cursor."""
    _token(request, "user")
    rows = world.pages()
    start = int(request.GET.get("after") or 0)
    end = start + _PAGE_OF_PAGES
    data = [
        {
            "id": page,
            "name": kept["name"],
            "category": "Company",
            "access_token": world.page_token(page),
            "tasks": kept["tasks"],
        }
        for page, kept in rows[start:end]
    ]
    paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
    if end < len(rows):
        paging["next"] = request.build_absolute_uri(f"?after={end}")
    return {"data": data, "paging": paging}


@endpoint
def debug_token(request: HttpRequest) -> dict[str, Any]:
    """Say whether a token is good."""
    if request.GET.get("access_token") != f"{APP_ID}|{APP_SECRET}":
        raise GraphError(400, 190, "Invalid OAuth access token.")
    found = store.get("token", request.GET.get("input_token", ""))
    good = bool(found and not found.get("dead")) and not store.misbehaves("expired_token")
    scopes = world.scopes_of(str((found or {}).get("page", "")))
    data: dict[str, Any] = {"app_id": APP_ID, "is_valid": good, "scopes": scopes}
    if not good:
        words = "Error validating access token: Session has expired."
        data["error"] = {"code": 190, "subcode": 463, "message": words}
    return {"data": {**data, "expires_at": (found or {}).get("expires_at", 0)}}


@endpoint
def subscribed_apps(request: HttpRequest, page: str) -> dict[str, Any]:
    """Subscribe the app to a page, list, or remove."""
    kept = _of_page(request, page)
    if request.method == "GET":
        fields = kept["fields"].split(",") if kept["fields"] else []
        return {"data": [{"id": APP_ID, "subscribed_fields": fields}] if fields else []}
    fields = request.GET.get("subscribed_fields", "") if request.method == "POST" else ""
    if request.method == "POST" and not telling.verify_webhook():
        raise GraphError(400, 2200, "Callback verification failed")
    store.change("page", page, fields=fields)
    return {"success": True}


@endpoint
def messenger_profile(request: HttpRequest) -> dict[str, Any]:
    """Set, read or remove parts of the Messenger profile of the token's page."""
    page = _token(request)[1]["page"]
    profile = dict((store.get("page", page) or {}).get("profile", {}))
    if request.method == "GET":
        return {"data": [profile] if profile else []}
    body = _body(request)
    if request.method == "DELETE":
        gone = body.get("fields", [])
        if "get_started" in gone and "persistent_menu" in profile.keys() - set(gone):
            raise GraphError(400, 100, "(#100) You must delete persistent menu first")
        profile = {name: part for name, part in profile.items() if name not in gone}
    else:
        profile |= body
        if "persistent_menu" in profile and "get_started" not in profile:
            raise GraphError(400, 100, "(#100) You must set a Get Started button")
    store.change("page", page, profile=profile)
    return {"result": "success"}


@endpoint
def messages(request: HttpRequest, page: str) -> dict[str, Any]:
    """The Send API: a message appears in the conversation, and is delivered in a moment."""
    _of_page(request, page)
    body = _body(request)
    recipient = body.get("recipient", {})
    content = body.get("message")
    if "user_ref" in recipient:
        return _to_reference(page, str(recipient["user_ref"]), content)
    psid = str(recipient.get("id", ""))
    person = store.get("psid", psid)
    if person is None or person["page"] != page:
        raise GraphError(400, 100, "(#100) No matching user found", subcode=2018001)
    _check_window(person, body)
    _check_content(content)
    mid, kept = world.add_message(psid, from_page=True, content=content, state="delivered")
    mark = int(kept["at"] * 1000) + 1
    telling.tell_later(page, psid, delivery={"mids": [mid], "watermark": mark})
    return {"recipient_id": psid, "message_id": mid}


def _check_content(content: Any) -> None:
    if not isinstance(content, dict) or not (content.get("text") or content.get("attachment")):
        raise GraphError(400, 100, "(#100) The message has neither text nor attachment")
    if len(content.get("text", "")) > 2000:
        raise GraphError(400, 100, "(#100) Length of param message[text] must be at most 2000")


def _to_reference(page: str, reference: str, content: Any) -> dict[str, Any]:
    """Take one message to whoever ticked a checkbox; Meta tells no receipts of it."""
    ticked = store.get("user_ref", reference)
    if ticked is None or ticked["page"] != page or ticked["used"]:
        raise GraphError(400, 100, "(#100) Invalid parameter: user_ref", subcode=2018027)
    _check_content(content)
    store.change("user_ref", reference, used=True)
    mid, _kept = world.add_message(ticked["psid"], from_page=True, content=content)
    return {"message_id": mid}


def _check_window(person: dict[str, Any], body: dict[str, Any]) -> None:
    window = world.WINDOW * (7 if body.get("tag") == "HUMAN_AGENT" else 1)
    is_utility = body.get("messaging_type") == "UTILITY"
    if body.get("tag") in ("ACCOUNT_UPDATE", "CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE"):
        raise GraphError(400, 100, "(#100) This message tag is not supported any more")
    too_late = time.time() > person["last_act"] + window and not is_utility
    if too_late or store.misbehaves("closed_window"):
        words = "(#10) This message is sent outside of allowed window."
        raise GraphError(403, 10, words, subcode=2018278)
