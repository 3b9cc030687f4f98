"""The seat from which a person acts: the chosen organization, narrowed if they like."""

import uuid

from django.http import HttpRequest

from imiconnect.accounts.models import Group, Member, Team

ORGANIZATION_KEY = "organization"
LEVEL_KEY = "level"


def current_member(request: HttpRequest) -> Member | None:
    """Return the signed-in person's seat, or None when nobody is signed in or there is none.

    With several organizations it is the one chosen in the session, else the oldest. A
    narrowed view changes ``group`` and ``team`` of the returned object, never the row.
    """
    if not request.user.is_authenticated:
        return None
    seats = list(
        Member.objects.active()
        .filter(user=request.user)
        .select_related("user", "organization", "group", "team")
        .order_by("created_at")
    )
    chosen = request.session.get(ORGANIZATION_KEY)
    member = next((seat for seat in seats if str(seat.organization_id) == chosen), None)
    member = member or next(iter(seats), None)
    return _narrowed(member, request.session.get(LEVEL_KEY)) if member else None


def _narrowed(member: Member, level: str | None) -> Member:
    """Return ``member`` looking from a lower level; an unknown one changes nothing."""
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
