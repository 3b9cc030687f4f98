"""What templates ask about the person who looks."""

from django import template
from django.http import HttpRequest

from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import Member
from imiconnect.accounts.standing import seats_of

register = template.Library()


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
