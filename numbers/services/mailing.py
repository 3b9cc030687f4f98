"""Telling the requester by mail what became of a request; the page says the same."""

import logging
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from imiconnect.accounts.models import Member, User
from imiconnect.numbers.models import Number, OfflineRequest

log = logging.getLogger(__name__)


def tell_requester(number: Number) -> None:
    """Mail the state of a number to whoever asked for it, once this transaction is through."""
    words = {**_named(number), "state": number.get_state_display()}
    subject = _("%(kind)s %(number)s: %(state)s") % words
    lines = [subject]
    if number.reason:
        lines.append(_("Reason: %s") % number.reason)
    _send(number, subject, lines, reverse("numbers:manage", args=[number.pk]))


def tell_answer(request: OfflineRequest) -> None:
    """Mail the answer to an offline request."""
    subject = _("Your request for numbers in %s was answered") % request.country_name
    _send(request, subject, [subject, request.answer], reverse("numbers:requests"))


def tell_withdrawn(row: Number | OfflineRequest, by: Member) -> None:
    """Mail whoever asked that a colleague has withdrawn the request."""
    if row.created_by_id == by.user_id:
        return
    if isinstance(row, Number):
        subject = _("%(kind)s %(number)s: withdrawn") % _named(row)
        path = reverse("numbers:manage", args=[row.pk])
    else:
        subject = _("Your request for numbers in %s was withdrawn") % row.country_name
        path = reverse("numbers:requests")
    _send(row, subject, [subject, _("By %s.") % by.user], path)


def tell_support(number: Number) -> None:
    """Mail the support staff that a short code is withdrawn which operators are verifying."""
    subject = _("%(kind)s %(number)s of %(organization)s: withdrawn") % {
        **_named(number),
        "organization": number.organization,
    }
    path = reverse("admin:numbers_shortcodeorder_change", args=[number.pk])
    lines = [subject, _("Tell the operators; nothing is to be verified any more.")]
    staff = User.objects.filter(is_staff=True, is_active=True).values_list("email", flat=True)
    for address in staff:
        _later(subject, [*lines, f"{settings.PUBLIC_URL}{path}"], address)


def _named(number: Number) -> dict[str, str]:
    return {"kind": number.get_kind_display(), "number": str(number)}


def _send(row: Number | OfflineRequest, subject: str, lines: list[str], path: str) -> None:
    if row.created_by is None or not row.created_by.is_active:
        return
    _later(subject, [*lines, f"{settings.PUBLIC_URL}{path}"], row.created_by.email)


def _later(subject: str, lines: list[str], to: str) -> None:
    send = partial(_deliver, " ".join(subject.split()), "\n\n".join(lines), to)
    transaction.on_commit(send, robust=True)


def _deliver(subject: str, text: str, to: str) -> None:
    """Send one mail; one that fails is logged, for the page tells the same."""
    try:
        send_mail(subject, text, None, [to])
    except OSError:
        log.exception("A mail about a number could not be sent")
