"""Mails to people; sent outside of any transaction."""

import logging
from collections.abc import Mapping
from smtplib import SMTPException
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import TrialRequest, User

if TYPE_CHECKING:
    from imiconnect.accounts.services.invitations import OpenInvitation

log = logging.getLogger(__name__)


def send_invitation(offer: "OpenInvitation") -> bool:
    """Mail the link of an invitation; False when the mail server did not take it."""
    invitation = offer.invitation
    subject = gettext("Invitation to %(organization)s") % {
        "organization": invitation.organization.name
    }
    return _send(
        subject,
        "invitation",
        invitation.email,
        {
            "invitation": invitation,
            "level": path_of(invitation.level),
            "link": _link("accounts:invitation_link", offer.token),
            "trial_ends_at": invitation.organization.trial_ends_at,
        },
    )


def send_trial_link(request: TrialRequest) -> bool:
    """Mail the link of a request, behind which the address is confirmed and the state shown."""
    subject = gettext("Your trial of %(platform)s") % {"platform": settings.PLATFORM_NAME}
    return _send(subject, "trial_link", request.email, _of(request))


def send_trial_has_account(address: str) -> bool:
    """Tell an address that asks for a trial that it has an account."""
    subject = gettext("You have an account at %(platform)s") % {
        "platform": settings.PLATFORM_NAME
    }
    links = {
        "link": _link("account_login"),
        "reset_link": _link("account_reset_password"),
    }
    return _send(subject, "trial_has_account", address, links)


def send_trial_declined(request: TrialRequest) -> bool:
    """Mail the reason why there is no trial."""
    subject = gettext("Your request for a trial of %(platform)s") % {
        "platform": settings.PLATFORM_NAME
    }
    return _send(subject, "trial_declined", request.email, _of(request))


def tell_support_of_trial(request: TrialRequest) -> None:
    """Mail everybody of the support staff that a request waits, and until when."""
    subject = gettext("A trial for %(business)s waits") % {"business": request.business}
    staff = User.objects.filter(is_staff=True, is_active=True).values_list("email", flat=True)
    link = _link("admin:accounts_trialrequest_change", request.pk)
    for address in staff:
        _send(subject, "trial_waits", address, {"trial": request, "link": link})


def _of(request: TrialRequest) -> dict[str, object]:
    return {"trial": request, "link": _link("accounts:trial_status", request.token)}


def _link(name: str, *args: object) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=args)}"


def _send(subject: str, template: str, to: str, words: Mapping[str, object]) -> bool:
    context = {**words, "platform": settings.PLATFORM_NAME}
    text = render_to_string(f"accounts/email/{template}.txt", context)
    try:
        send_mail(" ".join(subject.split()), text, None, [to])
    except (OSError, SMTPException):
        log.exception("The mail %s could not be sent", template)
        return False
    return True
