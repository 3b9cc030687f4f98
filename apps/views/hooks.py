"""The addresses that providers call; no session, no cookie, no page."""

import logging

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from imiconnect.apps import hooks
from imiconnect.apps.channel_types.handler import HookRequest

log = logging.getLogger(__name__)

#: Bytes of one call: the largest batches of providers stay far below.
MAX_BODY = 1_000_000


@method_decorator(csrf_exempt, name="dispatch")
class Hook(View):
    """``/hooks/<channel>/[<app_id>/]``: GET is a provider's handshake, POST tells events."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, channel: str, app_id: str = "") -> HttpResponse:
        """Answer a handshake."""
        return self._answer(request, channel, app_id, b"")

    def post(self, request: HttpRequest, channel: str, app_id: str = "") -> HttpResponse:
        """Store what is told and answer at once."""
        if int(request.headers.get("Content-Length") or 0) > MAX_BODY:
            return HttpResponse(b"Too large.", status=413, content_type="text/plain")
        return self._answer(request, channel, app_id, request.body)

    def _answer(
        self, request: HttpRequest, channel: str, app_id: str, body: bytes
    ) -> HttpResponse:
        answer = hooks.receive(channel, app_id, call_of(request, body))
        return HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)


def call_of(request: HttpRequest, body: bytes) -> HookRequest:
    """Return a request as handlers read it."""
    return HookRequest(
        method=request.method or "",
        query={name: str(value) for name, value in request.GET.items()},
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )
