"""A second click does nothing twice: each form carries a token that is claimed by one insert.

The claim is a row of PostgreSQL, since a cache may forget and a session is read before it
is written by the request beside it.
"""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from imiconnect.console.models import Submission

FIELD = "once"
#: Seconds that the second click waits for where the first one leads.
PATIENCE = 3.0
KEPT = timedelta(days=2)


def new_token() -> str:
    """Return the value of a form's hidden field."""
    return str(uuid.uuid4())


def token_of(request: HttpRequest) -> uuid.UUID | None:
    """Return the token that a form was sent with, or None where it has none."""
    try:
        return uuid.UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return None


def claim(token: uuid.UUID, request: HttpRequest) -> bool:
    """Take a token for this request; False when another request has it.

    Committed at once, so call it outside a transaction.
    """
    user_id = request.user.pk if request.user.is_authenticated else None
    _, created = Submission.objects.get_or_create(
        token=token, defaults={"user_id": user_id, "path": request.path[:500]}
    )
    return created


def guarded(
    request: HttpRequest, act: Callable[[], HttpResponse], *, token: uuid.UUID | None = None
) -> HttpResponse:
    """Run ``act`` unless this form was sent before; then lead where the first one led.

    ``token`` names what must not happen twice, where it is not the form's own field.
    A form that was refused (an answer of 4xx) or that raised may be sent again.
    """
    token = token or token_of(request)
    if token is None:
        return act()
    if not claim(token, request):
        return _second_click(request, token)
    try:
        response = act()
    except BaseException:
        Submission.objects.filter(token=token).delete()
        raise
    if response.status_code >= 400:
        Submission.objects.filter(token=token).delete()
    else:
        finish(
            token, response.headers.get("Location") or response.headers.get("HX-Redirect", "")
        )
    return response


def finish(token: uuid.UUID, location: str) -> None:
    """Record where a claimed form led."""
    Submission.objects.filter(token=token).update(
        location=location[:2000], finished=timezone.now()
    )


def forget_old() -> int:
    """Delete submissions older than two days and return how many."""
    deleted, _ = Submission.objects.filter(created__lt=timezone.now() - KEPT).delete()
    return deleted


def _second_click(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        first = Submission.objects.filter(token=token).first()
        if first and first.user_id != request.user.pk:
            break
        if first and first.finished:
            if first.location:
                return HttpResponseRedirect(first.location)
            break
        time.sleep(0.1)
    return render(request, "console/already_sent.html", status=409)
