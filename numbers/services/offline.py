"""Wishes for numbers that the catalogue does not sell, and support's answers."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from imiconnect.accounts.models import Member, User
from imiconnect.audit.services import record
from imiconnect.numbers.models import OfflineRequest
from imiconnect.numbers.services import history, mailing

FIELDS = ("country_name", "number_type", "quantity", "details")


@transaction.atomic
def place_request(*, member: Member, **fields: Any) -> OfflineRequest:
    """Write what is wanted; ``fields`` are ``FIELDS``."""
    history.may_manage(member)
    if not str(fields.get("country_name", "")).strip():
        raise ValidationError({"country_name": [_("Enter the country.")]})
    request: OfflineRequest = OfflineRequest.objects.create(
        organization_id=member.organization_id,
        created_by_id=member.user_id,
        **{name: fields[name] for name in FIELDS if name in fields},
    )
    record("offline_request.placed", request, after={"country": request.country_name})
    return request


@transaction.atomic
def answer(*, request: OfflineRequest, text: str, accepted: bool, by: User | None) -> None:
    """Answer a request, once; the requester reads it on the page and by mail."""
    text = text.strip()
    if not text:
        raise ValidationError({"answer": [_("Enter the answer; the requester reads it.")]})
    state = OfflineRequest.State.ANSWERED if accepted else OfflineRequest.State.DECLINED
    answered = OfflineRequest.objects.filter(
        pk=request.pk, state=OfflineRequest.State.OPEN
    ).update(state=state, answer=text, answered_at=timezone.now(), answered_by=by)
    _moved(request, answered)
    record("offline_request.answered", request, after={"state": state})
    mailing.tell_answer(request)


@transaction.atomic
def withdraw(*, member: Member, request: OfflineRequest) -> None:
    """Take a request back; raises ``ValidationError`` when support has answered meanwhile."""
    history.may_manage(member)
    if request.organization_id != member.organization_id:
        raise PermissionDenied
    withdrawn = OfflineRequest.objects.filter(
        pk=request.pk, state=OfflineRequest.State.OPEN
    ).update(state=OfflineRequest.State.WITHDRAWN)
    _moved(request, withdrawn)
    record("offline_request.withdrawn", request, after={"state": request.state})
    mailing.tell_withdrawn(request, member)


def _moved(request: OfflineRequest, rows: int) -> None:
    """Raise ``ValidationError`` where no row was changed; bring the request up to date."""
    request.refresh_from_db()
    if rows:
        return
    if request.state == OfflineRequest.State.WITHDRAWN:
        raise ValidationError(_("This request was withdrawn."))
    raise ValidationError(_("This request was answered already."))
