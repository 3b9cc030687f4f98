"""Where carriers call us: receipts, texts and calls, each account below its own address."""

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from imiconnect.numbers import ports
from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.base import CarrierMisconfigured
from imiconnect.numbers.carriers.messaging import Hook, HookAnswer, Messenger, UnreadableHook
from imiconnect.numbers.carriers.voice import Caller, HangUp, Reject
from imiconnect.numbers.models import CarrierAccount

log = logging.getLogger(__name__)


@csrf_exempt  # a carrier has no session; its signature is checked
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, account: str, rest: str) -> HttpResponse:
    """Take what a carrier says; it is answered once that is written down.

    An account that is turned off is still heard: receipts of its messages are on their way.
    """
    messenger = _messenger(account)
    said = Hook(
        url=f"{settings.PUBLIC_URL}{request.get_full_path()}",
        path=rest,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        received_at=timezone.now(),
        method=request.method or "",
    )
    if not messenger.verify(said):
        log.warning("A request for carrier account %s has a wrong signature", account)
        return HttpResponseForbidden("The signature is wrong.", content_type="text/plain")
    try:
        answer = messenger.parse(said)
    except UnreadableHook as error:
        log.warning("Carrier account %s said what cannot be read: %s", account, error)
        return HttpResponseBadRequest("The request cannot be read.", content_type="text/plain")
    if answer.events:
        ports.answers.carried(account, answer.events)
    return _answered(account, messenger, answer)


def _messenger(account: str) -> Messenger:
    row = CarrierAccount.objects.filter(slug=account).first()
    if row is None:
        # A double's account is there from its first use, and that may be a text from it.
        row = next((row for row in registry.carrying() if row.slug == account), None)
    if row is None:
        raise Http404
    try:
        return registry.messenger(row)
    except CarrierMisconfigured:
        raise Http404 from None


def _answered(account: str, messenger: Messenger, answer: HookAnswer) -> HttpResponse:
    body, content_type = answer.body, answer.content_type
    if answer.call is not None and isinstance(messenger, Caller):
        actions = ports.answers.called(account, answer.call) or (Reject(),)
        body, content_type = messenger.script(actions)
    elif answer.went_on and isinstance(messenger, Caller):
        actions = ports.answers.went_on(account, answer.went_on) or (HangUp(),)
        body, content_type = messenger.script(actions)
    return HttpResponse(body, content_type=content_type)
