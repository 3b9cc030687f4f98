"""Seats: who is in an organization, at which level, with which role."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import Member, User
from imiconnect.accounts.roles import Act, Role
from imiconnect.accounts.services.permission_groups import sync_permission_groups
from imiconnect.accounts.services.rules import (
    Level,
    columns_of,
    keep_an_admin,
    lock_organization,
    may,
    organization_id_of,
    runs_organization,
)
from imiconnect.accounts.standing import key_of
from imiconnect.audit.services import record


@transaction.atomic
def add_member(*, user: User, level: Level, role: Role, by: Member | None = None) -> Member:
    """Seat a person; raises ``ValidationError`` when the organization has them already."""
    may(by, Act.MANAGE_PEOPLE, level)
    lock_organization(organization_id_of(level))
    if Member.objects.filter(user=user, organization=organization_id_of(level)).exists():
        raise ValidationError(
            _("%(email)s is in this organization already."),
            code="has_seat",
            params={"email": user.email},
        )
    member = Member(user=user, role=role, **columns_of(level))
    member.full_clean()
    member.save(force_insert=True)
    sync_permission_groups(member)
    record("member.added", member, after=_told(member))
    return member


@transaction.atomic
def change_seat(
    *,
    member: Member,
    role: Role | None = None,
    level: Level | None = None,
    by: Member | None = None,
) -> Member:
    """Give a person another role or level; None leaves it. Returns the changed seat.

    Raises ``ValidationError`` when it would leave the organization without an Admin.
    """
    organization = lock_organization(member.organization_id)
    seat = _locked(member)
    may(by, Act.MANAGE_PEOPLE, seat.level)
    before, ran_all = _told(seat), runs_organization(seat)
    place = _place(seat)
    if level is not None:
        may(by, Act.MANAGE_PEOPLE, level)
        if organization_id_of(level) != seat.organization_id:
            raise ValidationError(_("That level belongs to another organization."))
        columns = columns_of(level)
        seat.group, seat.team = columns["group"], columns["team"]  # type: ignore[assignment]  # a dict of three kinds
    seat.role = role or seat.role
    if _place(seat) == place:
        return seat
    seat.full_clean()
    seat.save(update_fields=["role", "group", "team"])
    if ran_all:
        keep_an_admin(organization)
    sync_permission_groups(seat)
    record("member.changed", seat, before=before, after=_told(seat))
    return seat


@transaction.atomic
def deactivate_member(*, member: Member, by: Member | None = None) -> None:
    """Take the seat away, from the next request on; never from the last Admin."""
    _set_active(member, active=False, by=by)


@transaction.atomic
def reactivate_member(*, member: Member, by: Member | None = None) -> None:
    """Give a deactivated person the seat back, as it was."""
    _set_active(member, active=True, by=by)


def _set_active(member: Member, *, active: bool, by: Member | None) -> None:
    organization = lock_organization(member.organization_id)
    seat = _locked(member)
    may(by, Act.MANAGE_PEOPLE, seat.level)
    if seat.is_active == active:
        return
    seat.is_active = active
    seat.save(update_fields=["is_active"])
    if not active and runs_organization(seat):
        keep_an_admin(organization)
    sync_permission_groups(seat)
    record(
        "member.reactivated" if active else "member.deactivated",
        seat,
        before=_told(seat) | {"active": not active},
        after=_told(seat) | {"active": active},
    )


def _locked(member: Member) -> Member:
    """Return the row itself: the seat at hand may look from a narrowed level."""
    rows = Member.objects.select_related("user", "organization", "group", "team__group")
    seat: Member = rows.select_for_update(of=("self",)).get(pk=member.pk)
    return seat


def _place(member: Member) -> tuple[str, str]:
    """Return role and level; a name alone does not tell levels apart."""
    return str(member.role), key_of(member.level)


def _told(member: Member) -> dict[str, Any]:
    return {"role": str(member.role), "level": path_of(member.level)}
