"""The seat from which a person acts: the chosen organization, narrowed if they like."""

import uuid
from typing import Any

from django.http import HttpRequest

from imiconnect.accounts.models import Group, Member, Organization, Team

ORGANIZATION_KEY = "organization"
LEVEL_KEY = "level"


def seats_of(request: HttpRequest) -> list[Member]:
    """Return every seat of the signed-in person, the oldest first; read once a request."""
    known: list[Member] | None = getattr(request, "_seats", None)
    if known is None:
        user: Any = request.user
        known, user.seats_at_hand = user.seats_at_hand, None
        if known is None:
            # From the person's own seats, so that each has the person at hand.
            known = list(user.memberships.with_levels())
        request._seats = known  # type: ignore[attr-defined]  # kept for this request
    return known


def forget_seats(request: HttpRequest) -> None:
    """Read the person's seats anew when they are asked for again: they have changed."""
    request.__dict__.pop("_seats", None)
    request.user.seats_at_hand = None  # type: ignore[union-attr]  # signed in


def current_member(request: HttpRequest) -> Member | None:
    """Return the signed-in person's seat, or None when nobody is signed in or there is none.

    With several organizations it is the one chosen in the session, else the oldest. A
    narrowed view changes ``group`` and ``team`` of the returned object, never the row.
    """
    if not request.user.is_authenticated:
        return None
    seats = seats_of(request)
    chosen = request.session.get(ORGANIZATION_KEY)
    member = next((seat for seat in seats if str(seat.organization_id) == chosen), None)
    member = member or next(iter(seats), None)
    return _narrowed(member, request.session.get(LEVEL_KEY)) if member else None


def member_of(user: Any, session: Any) -> Member | None:
    """Return the seat of a signed-in person on a WebSocket, which has no request."""
    request = HttpRequest()
    request.user, request.session = user, {} if session is None else session
    return current_member(request)


def choose_organization(request: HttpRequest, organization_id: uuid.UUID) -> Member:
    """Act in another organization from the next request on, at the own level there.

    Raises ``Member.DoesNotExist`` when the person has no working seat in it.
    """
    for seat in seats_of(request):
        if seat.organization_id == organization_id:
            request.session[ORGANIZATION_KEY] = str(organization_id)
            request.session.pop(LEVEL_KEY, None)
            return seat
    raise Member.DoesNotExist


def choose_level(request: HttpRequest, seat: Member, level: str) -> bool:
    """Look from ``level`` (as ``key_of`` writes it) from the next request on.

    False, with nothing changed, when it is not below the seat's own level. The own level
    widens the view again. ``seat`` is the row as it is, not a narrowed one.
    """
    own = seat.level
    if level == key_of(own):
        request.session.pop(LEVEL_KEY, None)
        return True
    if key_of(_narrowed(seat, level).level) != level:
        return False
    request.session[LEVEL_KEY] = level
    return True


def key_of(level: Organization | Group | Team) -> str:
    """Return a level as one word, such as ``team:0192...``."""
    return f"{level._meta.model_name}:{level.pk}"


def _narrowed(member: Member, level: str | None) -> Member:
    """Return ``member`` looking from a lower level; an unknown one changes nothing."""
    member.seat_is_team = bool(member.team_id)
    kind, _, key = (level or "").partition(":")
    try:
        row_id = uuid.UUID(key)
    except ValueError:
        return member
    if kind == "group" and not member.group_id:
        group = Group.objects.filter(organization=member.organization_id, pk=row_id).first()
        if group:
            member.group = group
    if kind == "team" and not member.team_id:
        teams = Team.objects.filter(group__organization=member.organization_id, pk=row_id)
        if member.group_id:
            teams = teams.filter(group=member.group_id)
        team = teams.select_related("group").first()
        if team:
            member.group, member.team = team.group, team
    return member
