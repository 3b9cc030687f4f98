"""An id for every request, in its answer and in each log line, and the manners of htmx.

And what a form says that was sent after the session had ended.
"""

import json
import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers

from imiconnect.console.toasts import as_dict

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="-")

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdFilter(logging.Filter):
    """Give each log record the ``request_id`` of the request it was written in, or ``-``."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id; never drops a record."""
        record.request_id = _current.get()
        return True


class RequestIdMiddleware:
    """Name each request; a proxy's ``X-Request-Id`` is kept where it looks like an id."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex[:16]
        request.request_id = request_id  # type: ignore[attr-defined]  # as middleware do
        token = _current.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response["X-Request-Id"] = request_id
        return response


class HtmxMiddleware:
    """Answer htmx as it needs: sign-in opens as a page, toasts travel in a header.

    htmx follows a redirect silently, so that the sign-in page would land inside a card.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if not getattr(request, "htmx", False):
            return response
        if _leads_to_sign_in(response):
            page = request.headers.get("HX-Current-URL", "")
            url = _sign_in_url(page, unsent=request.method == "POST")
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        if response.status_code < 300:
            toasts = [as_dict(message) for message in get_messages(request)]
            if toasts:
                response["HX-Trigger"] = json.dumps({"toasts": {"items": toasts}})
        return response


class FormAddressMiddleware:
    """Answer people in words where an address takes forms and has no page of its own.

    A form that was sent after the session had ended leads, by the sign-in, back to the page
    that it was on; what was sent is gone, and the sign-in says so. Who opens the address of
    a form gets a page instead of Django's empty answer.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and _leads_to_sign_in(response, then_back=True):
            page = request.headers.get("Referer", "")
            own = urlsplit(page).netloc == request.get_host()
            return HttpResponseRedirect(_sign_in_url(page if own else "/", unsent=True))
        # Browsers name it; a client of the API takes anything.
        is_browser = "text/html" in request.headers.get("Accept", "")
        if is_browser and isinstance(response, HttpResponseNotAllowed):
            words = render(request, "errors/405.html", status=405)
            words["Allow"] = response["Allow"]
            return words
        return response


def _leads_to_sign_in(response: HttpResponse, *, then_back: bool = False) -> bool:
    location = urlsplit(response.headers.get("Location", ""))
    leads = 300 <= response.status_code < 400 and location.path == resolve_url(
        settings.LOGIN_URL
    )
    return leads and (not then_back or "next" in parse_qs(location.query))


def _sign_in_url(page: str, *, unsent: bool) -> str:
    parts = urlsplit(page)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    query = {"next": path, "unsent": "1"} if unsent else {"next": path}
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode(query, safe='/')}"
