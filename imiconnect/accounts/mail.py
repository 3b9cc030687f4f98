"""Mails to people; sent outside of any transaction."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from imiconnect.accounts.levels import path_of
from imiconnect.accounts.services.invitations import OpenInvitation

log = logging.getLogger(__name__)


def send_invitation(offer: OpenInvitation) -> bool:
    """Mail the link of an invitation; False when the mail server did not take it."""
    invitation = offer.invitation
    path = reverse("accounts:invitation_link", args=[offer.token])
    context = {
        "invitation": invitation,
        "level": path_of(invitation.level),
        "link": f"{settings.PUBLIC_URL}{path}",
        "platform": settings.PLATFORM_NAME,
    }
    subject = gettext("Invitation to %(organization)s") % {
        "organization": invitation.organization.name
    }
    text = render_to_string("accounts/email/invitation.txt", context)
    try:
        send_mail(" ".join(subject.splitlines()), text, None, [invitation.email])
    except (OSError, SMTPException):
        log.exception("An invitation could not be mailed")
        return False
    return True
