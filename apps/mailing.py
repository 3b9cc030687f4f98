"""Mails about apps, to the people who can do something about them.

Sent outside of any transaction; one that cannot be sent is logged, the page says the same.
"""

import datetime as dt
import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import ALLOWED, Act
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App

log = logging.getLogger(__name__)


def people_of(app: App) -> list[str]:
    """Return the addresses of those who manage an app: of its own level and those above."""
    roles = [role for role, acts in ALLOWED.items() if Act.MANAGE_APPS in acts]
    above = Q(group__isnull=True, team__isnull=True)
    if app.group_id:
        above |= Q(group=app.group_id, team__isnull=True)
    if app.team_id:
        above |= Q(team=app.team_id)
    members = Member.objects.active().filter(
        above, organization=app.organization_id, role__in=roles
    )
    return sorted(set(members.values_list("user__email", flat=True)))


def tell_broken(app: App, problem: str) -> None:
    """Say that an app has failed its health check."""
    subject = gettext("The app %(name)s needs attention") % {"name": app.name}
    _send(app, subject, "apps/email/broken.txt", {"problem": problem})


def tell_storage_full(app: App, megabytes: int) -> None:
    """Say that an app keeps as many megabytes of files as its policy allows."""
    subject = gettext("The storage of the app %(name)s is full") % {"name": app.name}
    _send(app, subject, "apps/email/storage_full.txt", {"megabytes": megabytes})


def warn_of_expiry(app: App, name: str, expires_at: dt.datetime, days: int) -> None:
    """Say that a token or certificate of an app ends soon."""
    label = registry.get(app.channel_type).ending_labels.get(name, name)
    subject = gettext("%(what)s of the app %(name)s ends in %(days)s days or less") % {
        "what": label,
        "name": app.name,
        "days": days,
    }
    if days == 1:
        subject = gettext("%(what)s of the app %(name)s ends within a day") % {
            "what": label,
            "name": app.name,
        }
    _send(app, subject, "apps/email/expiry.txt", {"what": label, "expires_at": expires_at})


def _send(app: App, subject: str, template: str, words: dict[str, object]) -> None:
    addresses = people_of(app)
    context = words | {
        "app": app,
        "channel": registry.get(app.channel_type).name,
        "link": f"{settings.PUBLIC_URL}{reverse('apps:manage', args=[app.pk])}",
        "platform": settings.PLATFORM_NAME,
    }
    text = render_to_string(template, context)
    for address in addresses:
        try:
            send_mail(" ".join(subject.split()), text, None, [address])
        except (OSError, SMTPException):
            log.exception("A mail about the app %s could not be sent", app.app_id)
