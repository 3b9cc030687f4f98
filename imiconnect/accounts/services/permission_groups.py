"""Who is in which ``auth.Group``: the only writer of that membership.

django-guardian gives a share to the ``auth.Group`` of an organization, group or team. A
person is in that of the own level, and in the organization's, because a share to all is one
row there. Somebody in a team is not in the group's: a share to a group covers its teams only
with "include teams", which ``sharing.querysets.shared_with`` reads from the share itself.
Those at the organization's level see every app of it anyway.
"""

import uuid

from django.contrib.auth.models import Group as PermissionGroup
from django.db.models import Q

from imiconnect.accounts.models import Group, Member, Organization, Team


def new_permission_group(kind: str, row_id: uuid.UUID) -> PermissionGroup:
    """Make the permission group of a level that is about to be saved with ``row_id``."""
    return PermissionGroup.objects.create(name=f"{kind}:{row_id}")


def sync_permission_groups(member: Member) -> None:
    """Put the person into the permission groups of this seat, and out of the others."""
    of_organization = _permission_group_ids(member.organization_id)
    wanted: set[int] = set()
    if member.is_active:
        wanted = {
            member.level.permission_group_id,
            member.organization.permission_group_id,
        }
    held = set(member.user.groups.filter(pk__in=of_organization).values_list("pk", flat=True))
    member.user.groups.remove(*(held - wanted))
    member.user.groups.add(*(wanted - held))


def _permission_group_ids(organization_id: uuid.UUID) -> list[int]:
    owners = (
        Organization.objects.filter(pk=organization_id),
        Group.objects.filter(organization=organization_id),
        Team.objects.filter(group__organization=organization_id),
    )
    condition = Q()
    for rows in owners:
        condition |= Q(pk__in=rows.values("permission_group"))
    return list(PermissionGroup.objects.filter(condition).values_list("pk", flat=True))
