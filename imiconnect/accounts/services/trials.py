"""Trials: a business without an account asks, the support staff approve or decline.

The address is confirmed by the link of a mail before support sees the request, so nobody can
ask in another one's name. An approval makes the organization and invites its first Admin.
"""

import datetime as dt
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts import mail
from imiconnect.accounts.business_hours import business_time_after
from imiconnect.accounts.models import Organization, TrialRequest, User
from imiconnect.accounts.roles import Role
from imiconnect.accounts.services.invitations import invite, resend_invitation
from imiconnect.accounts.services.levels import create_organization, set_organization_active
from imiconnect.accounts.services.rules import lock_organization
from imiconnect.audit.services import record
from imiconnect.vault import digest, new_key

#: How long support takes, in its open hours (the specification: about two hours).
ANSWERED_WITHIN = dt.timedelta(hours=2)
#: A request whose address was never confirmed is forgotten after this.
UNCONFIRMED_FOR = dt.timedelta(days=7)

State = TrialRequest.State


def ask_for_trial(*, name: str, email: str, business: str, reason: str) -> None:
    """Write the request and mail its link; the page says the same in every case.

    An address with an account is told to sign in. A second request of the same address is
    mailed the link of the first one; what is typed replaces it until it is confirmed.
    """
    address = User.objects.normalize_email(email.strip()).lower()
    if User.objects.filter(email__iexact=address).exists():
        mail.send_trial_has_account(address)
        return
    try:
        request = _asked(address, name=name, business=business, reason=reason)
    except IntegrityError:
        # The same form at the same moment; the other one has made the row.
        request = TrialRequest.objects.open().get(email__iexact=address)
    mail.send_trial_link(request)


@transaction.atomic
def _asked(address: str, **details: str) -> TrialRequest:
    rows = TrialRequest.objects.select_for_update().filter(email__iexact=address)
    found: TrialRequest | None = rows.exclude(state=State.DECLINED).order_by("-id").first()
    if found is None or (found.state == State.APPROVED and found.organization_id is None):
        token = new_key()
        found = TrialRequest(email=address, token=token, token_digest=digest(token), **details)
        found.full_clean(validate_constraints=False)
        found.save(force_insert=True)
        record("trial.requested", found, after={"business": found.business})
    elif found.state == State.UNCONFIRMED:
        for field, value in details.items():
            setattr(found, field, value)
        found.full_clean(validate_constraints=False)
        found.save(update_fields=list(details))
    return found


@transaction.atomic
def confirm_trial(*, request: TrialRequest) -> TrialRequest:
    """Take the request to support: its address is the requester's. Once; then nothing."""
    now = timezone.now()
    due_at = business_time_after(now, ANSWERED_WITHIN)
    confirmed = TrialRequest.objects.filter(pk=request.pk, state=State.UNCONFIRMED).update(
        state=State.WAITING,
        confirmed_at=now,
        due_at=due_at,
    )
    request.refresh_from_db()
    if confirmed:
        record("trial.confirmed", request, after={"due": due_at.isoformat()})
        transaction.on_commit(partial(mail.tell_support_of_trial, request), robust=True)
    return request


@transaction.atomic
def approve_trial(*, request: TrialRequest, by: User | None) -> Organization:
    """Make the organization as a trial, and mail its first Admin an invitation.

    Raises ``ValidationError`` when the request does not wait: no second organization is made.
    """
    _decide(request, State.APPROVED, by)
    organization = create_organization(name=request.business)
    ends_at = timezone.now() + dt.timedelta(days=settings.TRIAL_DAYS)
    set_trial_end(organization=organization, ends_at=ends_at)
    offer = invite(email=request.email, level=organization, role=Role.ADMIN)
    request.organization, request.invitation = organization, offer.invitation
    request.save(update_fields=["organization", "invitation"])
    record(
        "trial.approved",
        request,
        organization_id=organization.pk,
        after={"organization": organization.name, "trial_ends": ends_at.isoformat()},
    )
    transaction.on_commit(partial(mail.send_invitation, offer), robust=True)
    return organization


@transaction.atomic
def decline_trial(*, request: TrialRequest, reason: str, by: User | None) -> None:
    """Refuse with a reason, which is mailed; ``ValidationError`` when it does not wait."""
    if not reason.strip():
        raise ValidationError({"answer": [_("Enter the reason; the requester reads it.")]})
    _decide(request, State.DECLINED, by, answer=reason.strip())
    record("trial.declined", request, after={"reason": request.answer})
    transaction.on_commit(partial(mail.send_trial_declined, request), robust=True)


def _decide(
    request: TrialRequest, state: TrialRequest.State, by: User | None, **more: Any
) -> None:
    decided = TrialRequest.objects.filter(pk=request.pk, state=State.WAITING).update(
        state=state, decided_at=timezone.now(), decided_by=by, **more
    )
    request.refresh_from_db()
    if not decided and request.state == State.UNCONFIRMED:
        raise ValidationError(_("The requester has not confirmed the address yet."))
    if not decided:
        raise ValidationError(_("This request was decided on already."), code="decided")


def mail_trial_invitation(*, request: TrialRequest) -> None:
    """Mail the invitation again, with a fresh link; the one before stops working.

    Raises ``ValidationError`` when there is none, or it was accepted.
    """
    if request.invitation is None:
        raise ValidationError(_("There is no invitation to send."))
    mail.send_invitation(resend_invitation(invitation=request.invitation))


@transaction.atomic
def set_trial_end(*, organization: Organization, ends_at: dt.datetime | None) -> None:
    """Make an organization a trial until ``ends_at``, or, with None, one without an end."""
    row = lock_organization(organization.pk)
    before = row.trial_ends_at
    if before == ends_at:
        return
    organization.trial_ends_at = row.trial_ends_at = ends_at
    row.save(update_fields=["trial_ends_at"])
    record(
        "organization.trial_changed",
        row,
        organization_id=row.pk,
        before={"trial_ends": before.isoformat() if before else None},
        after={"trial_ends": ends_at.isoformat() if ends_at else None},
    )


def end_trials() -> int:
    """Suspend every organization whose trial is over; return how many."""
    over = Organization.objects.filter(is_active=True, trial_ends_at__lte=timezone.now())
    return sum(end_trial(organization=organization) for organization in over)


@transaction.atomic
def end_trial(*, organization: Organization) -> bool:
    """Suspend one organization; False when support has given it more time meanwhile."""
    row = lock_organization(organization.pk)
    if row.trial_ends_at is None or row.trial_ends_at > timezone.now():
        return False
    set_organization_active(organization=row, active=False)
    return True


def forget_unconfirmed() -> int:
    """Delete requests whose address was not confirmed in ``UNCONFIRMED_FOR``."""
    before = timezone.now() - UNCONFIRMED_FOR
    rows = TrialRequest.objects.filter(state=State.UNCONFIRMED, created_at__lt=before)
    gone: int = rows.delete()[0]
    return gone
