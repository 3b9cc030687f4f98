"""The end of a group or team: deleted when nothing hangs on it, or merged into another one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.contents import Contents, Part, contents_of, move_contents
from imiconnect.accounts.models import Group, Invitation, Member, Organization, Team
from imiconnect.accounts.ports import answers
from imiconnect.accounts.roles import Act
from imiconnect.accounts.services.permission_groups import sync_permission_groups
from imiconnect.accounts.services.rules import lock_organization, may, organization_id_of
from imiconnect.audit.services import record
from imiconnect.console.words import Words


@dataclass(frozen=True)
class MergePreview:
    """What a merge would do: what moves, and sentences on who gains and loses by it."""

    moves: Sequence[Contents]
    changes: Sequence[Words]


def above(level: Part) -> Organization | Group:
    """Return the level above, whose Admin decides on the end of this one."""
    return level.group if isinstance(level, Team) else level.organization


@transaction.atomic
def delete_level(*, level: Part, by: Member | None = None) -> None:
    """Delete a group or team on which nothing hangs.

    Raises ``ValidationError`` with one sentence for each kind of thing that hangs on it.
    """
    may(by, Act.MANAGE_PEOPLE, above(level))
    organization_id = organization_id_of(level)
    lock_organization(organization_id)
    found = contents_of(level)
    if found:
        raise ValidationError([str(kind) for kind in found], code="in_use")
    kind = level._meta.model_name
    before = {"name": level.name, "in": above(level).name}
    record(f"{kind}.deleted", level, organization_id=organization_id, before=before)
    _remove(level)


@transaction.atomic
def merge_levels(*, source: Part, target: Part, by: Member | None = None) -> None:
    """Give everything of ``source`` to ``target``, a level of the same kind; delete ``source``.

    People, apps, services and shares go along. Raises ``ValidationError`` when both have
    what a level can have once, such as two teams of the same name.
    """
    for level in (source, target):
        may(by, Act.MANAGE_PEOPLE, above(level))
    organization_id = organization_id_of(source)
    lock_organization(organization_id)
    if type(source) is not type(target) or source.pk == target.pk:
        raise ValidationError({"target": [_("Choose another one of the same kind.")]})
    if organization_id_of(target) != organization_id:
        raise ValidationError({"target": [_("That level belongs to another organization.")]})
    moved = {str(kind.kind): kind.count for kind in contents_of(source)}
    seats = Member.objects.filter(**{str(source._meta.model_name): source})
    people = list(seats.values_list("pk", flat=True))
    for unite in answers.merging:
        unite(source, target)
    move_contents(source, target)
    rows = Member.objects.select_related("user", "organization", "group", "team__group")
    for member in rows.filter(pk__in=people):
        sync_permission_groups(member)
    record(
        f"{source._meta.model_name}.merged",
        target,
        organization_id=organization_id,
        before={"merged": source.name, "id": str(source.pk), "in": above(source).name},
        after={"into": target.name, "moved": moved},
    )
    _remove(source)


def preview_of_merge(*, source: Part, target: Part, by: Member | None = None) -> MergePreview:
    """Return what ``merge_levels`` would do now, and raise what it would raise.

    The merge is done and taken back, so nothing that would refuse it is overlooked.
    """
    with transaction.atomic():
        kept: Part = type(source)._base_manager.get(pk=source.pk)  # its row ends below
        merge_levels(source=kept, target=target, by=by)
        transaction.set_rollback(True)
    changes = [say for tell in answers.merge_changes for say in tell(source, target)]
    return MergePreview(contents_of(source), changes)


def _remove(level: Part) -> None:
    """Delete the row, its permission group, and invitations that were answered long ago."""
    Invitation.objects.filter(**{str(level._meta.model_name): level}).delete()
    group = level.permission_group
    level.delete()
    group.delete()
