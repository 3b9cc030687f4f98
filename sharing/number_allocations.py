"""Which numbers a service uses on SMS and on voice, and who gets what comes in over them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Team, User
from imiconnect.audit.services import record
from imiconnect.locks import locked
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Number
from imiconnect.numbers.querysets import NumberQuerySet
from imiconnect.sharing.allocations import check_holder
from imiconnect.sharing.changes import tell
from imiconnect.sharing.models import NumberAllocation, Service

Channel = NumberAllocation.Channel
#: What each constraint of the database says; the first one found in its error is meant.
_TAKEN = {
    "number_allocation_once": _("The service uses this number for them already."),
    "number_allocation_sender_for_all": _(
        "The service has a Sender ID already. Remove that one first."
    ),
    "number_allocation_sender_per_team": _(
        "The team has a Sender ID in this service already. Remove that one first."
    ),
    "number_allocation_sender_per_user": _(
        "The person has a Sender ID in this service already. Remove that one first."
    ),
}


def mappable(service: Service, channel: str) -> NumberQuerySet:
    """Return the numbers that a service may use on a channel: active and able to.

    Numbers belong to the organization as a whole and are not shared: every service of the
    organization may use them.
    """
    numbers: NumberQuerySet = Number.objects.active()
    return numbers.filter(_able(channel), organization=service.organization_id)


def _able(channel: str) -> Q:
    if channel == Channel.VOICE:
        return Q(kind=Kind.PHONE_NUMBER, voice=True)
    return Q(sms=True)


@transaction.atomic
def allocate_number(
    *,
    service: Service,
    number: Number,
    channel: str,
    team: Team | None = None,
    user: User | None = None,
) -> NumberAllocation:
    """Let a service use a number on a channel: for all, or one team or person.

    The first service that uses a number gets its incoming messages or calls until another is
    chosen. Raises ``ValidationError`` on ``number`` when it is not active, cannot do what the
    channel needs, or there is a Sender ID already; two at the same time end the same way.
    """
    service = locked(service)
    number = locked(number)
    _check_number(service, number, channel)
    check_holder(service, team, user)
    beside = NumberAllocation.objects.filter(number=number, channel=channel, is_inbound=True)
    try:
        with transaction.atomic():
            allocation = NumberAllocation.objects.create(
                service=service,
                number=number,
                kind=number.kind,
                channel=channel,
                team=team,
                user=user,
                is_inbound=number.is_two_way and not beside.exists(),
            )
    except IntegrityError as error:
        raise _taken(error) from None
    after = _described(allocation) | {"holder": str(team or user or "")}
    record("service.number_allocated", service, after=after)
    tell(service)
    return allocation


def _check_number(service: Service, number: Number, channel: str) -> None:
    sentence = None
    if number.organization_id != service.organization_id:
        sentence = _("There is no such number.")
    elif channel not in Channel.values:
        raise ValidationError({"channel": [_("The channel is sms or voice.")]})
    elif number.state != State.ACTIVE:
        sentence = _("The number is not active, so nothing can be sent from it.")
    elif not Number.objects.filter(_able(channel), pk=number.pk).exists():
        sentence = (
            _("This number takes and makes no calls.")
            if channel == Channel.VOICE
            else _("This number sends and receives no SMS.")
        )
    if sentence:
        raise ValidationError({"number": [sentence]})


@transaction.atomic
def deallocate_number(*, allocation: NumberAllocation) -> None:
    """Take a number away from a service; what comes in then goes to the longest user."""
    number = locked(allocation.number)
    rows = NumberAllocation.objects.select_related("service", "number")
    current = rows.filter(pk=allocation.pk).first()
    if current is None:
        return
    before = _described(current)
    NumberAllocation.objects.filter(pk=current.pk).delete()
    if current.is_inbound:
        heirs = NumberAllocation.objects.filter(number=number, channel=current.channel)
        heir = heirs.order_by("id").first()
        if heir:
            NumberAllocation.objects.filter(pk=heir.pk).update(is_inbound=True)
    record("service.number_deallocated", current.service, before=before)
    tell(current.service)


@transaction.atomic
def choose_inbound(*, allocation: NumberAllocation) -> None:
    """Let the service of ``allocation`` get what comes in over its number on its channel."""
    number = locked(allocation.number)
    rows = NumberAllocation.objects.filter(number=number, channel=allocation.channel)
    if not rows.filter(pk=allocation.pk).exists():
        raise ValidationError({"allocation": [_("The service does not use it any more.")]})
    if not number.is_two_way:
        raise ValidationError({"allocation": [_("Nobody can answer to this Sender ID.")]})
    if rows.filter(pk=allocation.pk, is_inbound=True).exists():
        return
    rows.filter(is_inbound=True).update(is_inbound=False)
    rows.filter(pk=allocation.pk).update(is_inbound=True)
    after = {"service": str(allocation.service), "channel": allocation.channel}
    record("number.inbound_service_chosen", number, after=after)
    tell(allocation.service)


def _described(allocation: NumberAllocation) -> dict[str, Any]:
    return {
        "number": str(allocation.number),
        "kind": allocation.kind,
        "channel": allocation.channel,
    }


def _taken(error: IntegrityError) -> ValidationError:
    text = str(error)
    for constraint, sentence in _TAKEN.items():
        if constraint in text:
            return ValidationError({"number": [sentence]}, code="taken")
    raise error
