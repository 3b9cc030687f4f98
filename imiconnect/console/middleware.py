"""An id for every request, in its answer and in each log line, and the manners of htmx."""

import json
import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
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
        if self._leads_to_sign_in(response):
            return HttpResponse(status=204, headers={"HX-Redirect": _sign_in_url(request)})
        if response.status_code < 300:
            toasts = [as_dict(message) for message in get_messages(request)]
            if toasts:
                response["HX-Trigger"] = json.dumps({"toasts": {"items": toasts}})
        return response

    def _leads_to_sign_in(self, response: HttpResponse) -> bool:
        location = urlsplit(response.headers.get("Location", "")).path
        return 300 <= response.status_code < 400 and location == resolve_url(settings.LOGIN_URL)


def _sign_in_url(request: HttpRequest) -> str:
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    path = f"{page.path or '/'}?{page.query}" if page.query else page.path or "/"
    return f"{resolve_url(settings.LOGIN_URL)}?next={quote(path)}"
