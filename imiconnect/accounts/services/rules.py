"""What every write to people checks and locks."""

import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.roles import Act, Role

Level = Organization | Group | Team


def lock_organization(organization_id: uuid.UUID) -> Organization:
    """Return the organization's row, held until the transaction ends."""
    rows = Organization.objects.select_for_update(of=("self",))
    organization: Organization = rows.get(pk=organization_id)
    return organization


def organization_id_of(level: Level) -> uuid.UUID:
    """Return the id of the organization to which a level belongs."""
    if isinstance(level, Organization):
        return level.pk
    return level.organization_id if isinstance(level, Group) else level.group.organization_id


def columns_of(level: Level) -> dict[str, Organization | Group | Team | None]:
    """Return the three columns of ``LevelOwned`` for a row at ``level``."""
    if isinstance(level, Team):
        group = level.group
        return {"organization": group.organization, "group": group, "team": level}
    if isinstance(level, Group):
        return {"organization": level.organization, "group": level, "team": None}
    return {"organization": level, "group": None, "team": None}


def holds(by: Member, level: Level) -> bool:
    """Tell whether ``level`` is the seat's own level or below it."""
    columns = columns_of(level)
    if by.organization_id != organization_id_of(level):
        return False
    if by.team_id:
        return columns["team"] is not None and columns["team"].pk == by.team_id
    if by.group_id:
        return columns["group"] is not None and columns["group"].pk == by.group_id
    return True


def may(by: Member | None, act: Act, level: Level) -> None:
    """Raise ``PermissionDenied`` unless ``by`` may do ``act`` at ``level``."""
    if by is not None and not (by.can(act) and holds(by, level)):
        raise PermissionDenied


def runs_organization(seat: Member) -> bool:
    """Tell whether this is the seat of an Admin of the whole organization."""
    return seat.role == Role.ADMIN and seat.group_id is None


def keep_an_admin(organization: Organization) -> None:
    """Raise ``ValidationError`` when nobody is left to run the whole organization."""
    admins = Member.objects.active().filter(
        organization=organization, role=Role.ADMIN, group=None, team=None
    )
    # A suspended organization has no active seats at all; its last Admin stays one too.
    if organization.is_active and not admins.exists():
        raise ValidationError(
            _("This is the last Admin of the organization. Make somebody else Admin first."),
            code="last_admin",
        )
