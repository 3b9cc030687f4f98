"""The operator's API: a key, JSON in, an id out; errors as its documentation lists them.

400 ``bad_request`` (with ``field``), ``bad_number``, ``bad_sender``, ``unknown_number``,
``blocked``, ``bad_media``; 401 ``unauthorized``; 429 ``throttled`` with Retry-After;
503 ``down``. The same ``reference`` again is answered as the first time and sent once.

Numbers that end in these digits fare alike each time: 9901 is unknown, 9902 blocks messages,
9903 is unreachable, 9904 has a full memory, 9905 lets texts expire; calls to 9906 find the
line busy, 9907 rejects, 9908 does not answer, 9909 answers.
"""

import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from imiconnect.sandbox.carrier.exchange import Exchange
from imiconnect.sandbox.carrier.twin import key

_NUMBER = re.compile(r"[1-9][0-9]{6,14}")
_SENDER = re.compile(r"[0-9]{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 +\-_&.]{1,11}")
_REFUSED = {"9901": "unknown_number", "9902": "blocked"}
_PARTS = 10


class Refused(Exception):
    """A request that gets an error: its name, status and further fields."""

    def __init__(self, error: str, status: int = 400, **more: str) -> None:
        super().__init__(error)
        self.status, self.body = status, {"error": error, **more}


def _endpoint(take: Callable[[Exchange, dict[str, Any]], str]) -> Any:
    """Make an address of a function that takes a checked body and returns an id."""

    def view(request: HttpRequest) -> JsonResponse:
        exchange = Exchange()
        try:
            _misbehave(exchange)
            _check_key(request)
            body = _body(request)
            return JsonResponse({"id": take(exchange, body)}, status=202)
        except Refused as refused:
            answer = JsonResponse(refused.body, status=refused.status)
            if refused.status == 429:
                answer["Retry-After"] = "2"
            return answer

    return csrf_exempt(require_POST(view))


def _misbehave(exchange: Exchange) -> None:
    wrong = exchange.store.switches()
    if "slow" in wrong:
        time.sleep(3)
    if "down" in wrong:
        raise Refused("down", 503)
    if "rate_limit" in wrong:
        raise Refused("throttled", 429)
    for error in ("unknown_number", "blocked"):
        if error in wrong:
            raise Refused(error)


def _check_key(request: HttpRequest) -> None:
    told = request.headers.get("Authorization", "")
    if not hmac.compare_digest(told.encode(), f"Bearer {key()}".encode()):
        raise Refused("unauthorized", 401)


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Refused("bad_request", field="body") from None
    if not isinstance(body, dict) or not body.get("reference"):
        raise Refused("bad_request", field="reference")
    if not _NUMBER.fullmatch(str(body.get("to", ""))):
        raise Refused("bad_number")
    if not _SENDER.fullmatch(str(body.get("from", ""))):
        raise Refused("bad_sender")
    error = _REFUSED.get(body["to"][-4:])
    if error:
        raise Refused(error)
    return body


def _take_message(exchange: Exchange, body: dict[str, Any]) -> str:
    if not body.get("text") and not body.get("data"):
        raise Refused("bad_request", field="text")
    if not 1 <= int(body.get("parts") or 0) <= _PARTS:
        raise Refused("bad_request", field="parts")
    return exchange.take_message(body)


def _take_call(exchange: Exchange, body: dict[str, Any]) -> str:
    actions = body.get("actions")
    if not isinstance(actions, list) or not actions:
        raise Refused("bad_request", field="actions")
    for action in actions:
        if action.get("do") == "play" and not str(action.get("url", "")).startswith("http"):
            raise Refused("bad_media")
    return exchange.take_call(body)


messages = _endpoint(_take_message)
calls = _endpoint(_take_call)
