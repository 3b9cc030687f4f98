"""What templates ask about the person who looks."""

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from imiconnect.accounts import browsers
from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import Member, Organization, User
from imiconnect.accounts.standing import seats_of

register = template.Library()
register.filter(browsers.browser_words)


@register.simple_tag
def other_seats(request: HttpRequest) -> list[Member]:
    """Return the person's seats in organizations other than the one at hand."""
    member = getattr(request, "member", None)
    if not member:
        return []
    return [seat for seat in seats_of(request) if seat.pk != member.pk]


@register.simple_tag
def level_path(request: HttpRequest) -> str:
    """Return the level from which the person looks, with those above it."""
    member = getattr(request, "member", None)
    return path_of(member.level) if member else ""


@register.simple_tag
def trial_link() -> str:
    """Return where businesses ask for a trial; empty where none is offered."""
    if not settings.TRIAL_SIGN_UP:
        return ""
    return f"{settings.PUBLIC_URL}{reverse('accounts:trial')}"


@register.simple_tag
def ended_trials(user: User) -> list[Organization]:
    """Return the organizations of a person that are suspended since their trial ended."""
    rows = Organization.objects.filter(
        members__user=user, is_active=False, trial_ends_at__lte=timezone.now()
    )
    return list(rows.order_by("name"))
