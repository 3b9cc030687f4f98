"""Invitations: a mailed link with which a person joins a level with a role.

The functions that make a link return it once; ``accounts.mail`` sends it after the commit,
since no network is used inside a transaction. The database keeps a digest only.
"""

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import Invitation, Member, User
from imiconnect.accounts.roles import Act, Role
from imiconnect.accounts.services.members import add_member
from imiconnect.accounts.services.rules import (
    Level,
    columns_of,
    lock_organization,
    may,
    organization_id_of,
)
from imiconnect.audit.services import record
from imiconnect.vault import digest, new_key

VALID_FOR = dt.timedelta(days=7)


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation with the token of its link, which is nowhere else to be had."""

    invitation: Invitation
    token: str


@transaction.atomic
def invite(*, email: str, level: Level, role: Role, by: Member | None = None) -> OpenInvitation:
    """Offer a seat to an e-mail address.

    Raises ``ValidationError`` when the address has a seat or an open invitation here. An
    expired one is replaced.
    """
    may(by, Act.MANAGE_PEOPLE, level)
    organization = lock_organization(organization_id_of(level))
    address = User.objects.normalize_email(email.strip()).lower()
    if Member.objects.filter(organization=organization, user__email__iexact=address).exists():
        raise ValidationError({"email": _("This person is in the organization already.")})
    open_ones = Invitation.objects.open().filter(
        organization=organization, email__iexact=address
    )
    now = timezone.now()
    open_ones.filter(expires_at__lte=now).update(revoked_at=now)
    if open_ones.exists():
        raise ValidationError(
            {"email": _("This address has an open invitation. Resend or withdraw that one.")}
        )
    token = new_key()
    invitation = Invitation(
        email=address,
        role=role,
        token_digest=digest(token),
        invited_by=by.user if by else None,
        expires_at=now + VALID_FOR,
        **columns_of(level),
    )
    invitation.full_clean()
    invitation.save(force_insert=True)
    record("invitation.sent", invitation, after={"role": str(role), "level": path_of(level)})
    return OpenInvitation(invitation, token)


@transaction.atomic
def resend_invitation(*, invitation: Invitation, by: Member | None = None) -> OpenInvitation:
    """Make a new link, valid for a week from now; the one mailed before stops working."""
    row = _locked(invitation)
    may(by, Act.MANAGE_PEOPLE, row.level)
    token = new_key()
    row.token_digest = digest(token)
    row.expires_at = timezone.now() + VALID_FOR
    row.save(update_fields=["token_digest", "expires_at"])
    record("invitation.resent", row)
    return OpenInvitation(row, token)


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: Member | None = None) -> None:
    """End an open invitation; its link stops working."""
    row = _locked(invitation)
    may(by, Act.MANAGE_PEOPLE, row.level)
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    record("invitation.withdrawn", row)


@transaction.atomic
def accept_invitation(*, invitation: Invitation, user: User) -> Member:
    """Seat ``user``, whose address the invitation names.

    Raises ``ValidationError`` when it is no longer open, or is for somebody else.
    """
    row = _locked(invitation)
    if row.expires_at <= timezone.now():
        raise ValidationError(_("This invitation has expired. Ask for a new one."))
    if row.email.lower() != user.email.lower():
        raise ValidationError(_("This invitation is for another e-mail address."))
    row.accepted_at = timezone.now()
    row.save(update_fields=["accepted_at"])
    member = add_member(user=user, level=row.level, role=Role(row.role))
    record("invitation.accepted", row)
    return member


def _locked(invitation: Invitation) -> Invitation:
    """Return the open row, held; raises ``ValidationError`` when it is closed."""
    lock_organization(invitation.organization_id)
    rows = Invitation.objects.open().select_related("organization", "group", "team__group")
    row: Invitation | None = (
        rows.select_for_update(of=("self",)).filter(pk=invitation.pk).first()
    )
    if row is None:
        raise ValidationError(
            _("This invitation was accepted or withdrawn meanwhile."), code="closed"
        )
    found: Invitation = row
    return found
