"""Telling the requester by mail what became of a request; the page says the same."""

import logging
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from imiconnect.numbers.models import Number, OfflineRequest

log = logging.getLogger(__name__)


def tell_requester(number: Number) -> None:
    """Mail the state of a number to whoever asked for it, once this transaction is through."""
    words = {
        "kind": number.get_kind_display(),
        "number": str(number),
        "state": number.get_state_display(),
    }
    subject = _("%(kind)s %(number)s: %(state)s") % words
    lines = [subject]
    if number.reason:
        lines.append(_("Reason: %s") % number.reason)
    _send(number, subject, lines, reverse("numbers:manage", args=[number.pk]))


def tell_answer(request: OfflineRequest) -> None:
    """Mail the answer to an offline request."""
    subject = _("Your request for numbers in %s was answered") % request.country_name
    _send(request, subject, [subject, request.answer], reverse("numbers:requests"))


def _send(row: Number | OfflineRequest, subject: str, lines: list[str], path: str) -> None:
    if row.created_by is None or not row.created_by.is_active:
        return
    text = "\n\n".join([*lines, f"{settings.PUBLIC_URL}{path}"])
    send = partial(_deliver, " ".join(subject.split()), text, row.created_by.email)
    transaction.on_commit(send, robust=True)


def _deliver(subject: str, text: str, to: str) -> None:
    """Send one mail; one that fails is logged, for the page tells the same."""
    try:
        send_mail(subject, text, None, [to])
    except OSError:
        log.exception("A mail about a number could not be sent")
