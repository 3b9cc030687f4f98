"""Buying a phone number so that it is never bought and lost, and never paid twice.

1. ``reserve``: one UPSERT keeps the number for a person for ten minutes.
2. ``place_order``: one transaction writes the number (pending) and the order. From now on
   the database knows what is wanted, whatever crashes.
3. ``run_order``: claim the order by a conditional UPDATE that also says when somebody else
   may take it up; call the carrier with the order's id as key, outside any transaction;
   then one transaction writes the outcome. A crash after the carrier's answer is resumed by
   ``resume_orders``: the same key returns the same purchase.
"""

import datetime as dt
import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.base import CarrierError, PostalAddress
from imiconnect.numbers.kinds import ORDER_NEXT, Kind, OrderState, State
from imiconnect.numbers.models import (
    Address,
    Number,
    NumberOrder,
    PhoneLine,
    RateCard,
    Reservation,
)
from imiconnect.numbers.models.orders import RESERVED_FOR
from imiconnect.numbers.numbering import pretty, region_of
from imiconnect.numbers.services import charging, history, mailing

log = logging.getLogger(__name__)
#: While a carrier is asked nobody else takes the order up.
LEASE = dt.timedelta(seconds=60)
#: Seconds before each further try; the last one repeats.
PAUSES = (15, 60, 300, 1800)

_RESERVE = """
INSERT INTO numbers_reservation
    (e164, organization_id, kept_by_id, carrier, number_type, expires_at)
VALUES
    (%(e164)s, %(organization)s, %(person)s, %(carrier)s, %(number_type)s, %(until)s)
ON CONFLICT (e164) DO UPDATE
    SET organization_id = EXCLUDED.organization_id, kept_by_id = EXCLUDED.kept_by_id,
        carrier = EXCLUDED.carrier, number_type = EXCLUDED.number_type,
        expires_at = EXCLUDED.expires_at
    WHERE numbers_reservation.expires_at <= %(now)s
       OR (numbers_reservation.organization_id = EXCLUDED.organization_id
           AND coalesce(numbers_reservation.kept_by_id, EXCLUDED.kept_by_id)
               = EXCLUDED.kept_by_id)
RETURNING expires_at
"""


def reserve(*, member: Member, e164: str, number_type: str, carrier: str) -> dt.datetime:
    """Keep a number for a person and return until when.

    Raises ``ValidationError`` when somebody else is about to buy it or has it (a colleague is
    named), when it has no price, or when the carrier does not sell it as this type.
    """
    history.may_manage(member)
    rate_for(e164, number_type)
    if Number.objects.live().filter(kind=Kind.PHONE_NUMBER, value=e164).exists():
        raise _taken(member, e164)
    _check_offer(e164, number_type, carrier)
    now = timezone.now()
    values: dict[str, Any] = {
        "e164": e164,
        "organization": member.organization_id,
        "person": member.user_id,
        "carrier": carrier,
        "number_type": number_type,
        "until": now + RESERVED_FOR,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, values)
        row = cursor.fetchone()
    if row is None:
        raise _taken(member, e164)
    until: dt.datetime = values["until"]
    return until


def _taken(member: Member, e164: str) -> ValidationError:
    """Return why a number cannot be kept; of another organization nothing is told."""
    params = {"number": pretty(e164)}
    own = Number.objects.live().filter(organization=member.organization_id)
    if own.filter(kind=Kind.PHONE_NUMBER, value=e164).exists():
        text = _("Your organization has %(number)s already, or has ordered it.")
        return ValidationError(text, code="taken", params=params)
    kept = _reservations(member, e164).select_related("kept_by").first()
    if kept and kept.kept_by:
        params |= {
            "person": kept.kept_by.get_full_name(),
            "until": f"{kept.expires_at:%H:%M} UTC",
        }
        text = _(
            "%(person)s, of your organization, is about to buy %(number)s and keeps it until "
            "%(until)s. Choose another one."
        )
        return ValidationError(text, code="taken", params=params)
    text = _("Somebody else is about to buy %(number)s, or has it. Choose another one.")
    return ValidationError(text, code="taken", params=params)


def _check_offer(e164: str, number_type: str, carrier: str) -> None:
    """Raise ``ValidationError`` unless the carrier sells the number as this type now."""
    try:
        if registry.get(carrier).offers(e164, number_type):
            return
    except CarrierError as error:
        raise ValidationError(error.user_message, code="carrier") from error
    raise ValidationError(
        _("%(number)s is not for sale any more. Choose another one."),
        code="taken",
        params={"number": pretty(e164)},
    )


def reservation_of(member: Member, e164: str) -> Reservation | None:
    """Return the person's reservation of a number while it lasts."""
    return _reservations(member, e164).filter(_is_of(member)).first()


def let_go(*, member: Member, e164: str) -> None:
    """End the person's reservation of a number that is not to be bought after all."""
    mine = Reservation.objects.filter(e164=e164, organization=member.organization_id)
    mine.filter(_is_of(member)).delete()


def _is_of(member: Member) -> Q:
    """Return which reservations of the organization are the person's."""
    return Q(kept_by=member.user_id) | Q(kept_by=None)


def _reservations(member: Member, e164: str) -> "QuerySet[Reservation]":
    return Reservation.objects.filter(
        e164=e164, organization=member.organization_id, expires_at__gt=timezone.now()
    )


@transaction.atomic
def place_order(*, member: Member, e164: str, address: Address | None, key: str) -> NumberOrder:
    """Write the number (pending) and its order; the same ``key`` returns the same order.

    Raises ``ValidationError`` when the key has ordered another number, the reservation has run
    out, the price is not known, the country wants another address, or somebody else has the
    number.
    """
    history.may_manage(member)
    # Held first: the same confirm at the same moment waits here, and then finds the order.
    reservation = _reservations(member, e164).select_for_update().first()
    is_colleagues = reservation and reservation.kept_by_id not in (None, member.user_id)
    known: NumberOrder | None = (
        NumberOrder.objects.filter(organization=member.organization_id, idempotency_key=key)
        .select_related("number")
        .first()
    )
    if known and known.number.value != e164:
        raise ValidationError(
            _("This key has ordered %(number)s. Another number needs another key."),
            code="key_used",
            params={"number": known.number.value},
        )
    if known:
        return known
    if is_colleagues:
        raise _taken(member, e164)
    if reservation is None:
        raise ValidationError(
            _("The 10 minutes for %(number)s are over. Search again and choose a number."),
            code="reservation_over",
            params={"number": pretty(e164)},
        )
    rate = rate_for(e164, reservation.number_type)
    check_address(rate, member, address)
    number = _pending(member, e164, rate)
    return NumberOrder.objects.create(
        organization_id=member.organization_id,
        number=number,
        carrier=reservation.carrier,
        number_type=rate.number_type,
        address=address,
        monthly_rental=rate.monthly_rental or 0,
        inbound_voice=rate.inbound_voice,
        inbound_sms=rate.inbound_sms,
        currency=rate.currency,
        idempotency_key=key,
        next_attempt_at=timezone.now(),
        created_by_id=member.user_id,
    )


def _pending(member: Member, e164: str, rate: RateCard) -> Number:
    try:
        with transaction.atomic():
            return history.create(
                member=member,
                kind=Kind.PHONE_NUMBER,
                value=e164,
                text=_("Ordered"),
                state=State.PENDING,
                country=rate.country,
                number_type=rate.number_type,
                voice=rate.voice,
                sms=rate.sms,
                monthly_cost=rate.monthly_rental,
                currency=rate.currency,
            )
    except IntegrityError:
        raise ValidationError(
            _("%(number)s has just been sold to somebody else. Choose another one."),
            code="taken",
            params={"number": pretty(e164)},
        ) from None


def rate_for(e164: str, number_type: str) -> RateCard:
    """Return the price of a number; raises ``ValidationError`` where there is none."""
    rate = (
        RateCard.objects.filter(country=region_of(e164), number_type=number_type)
        .select_related("country")
        .first()
    )
    if rate is None or not rate.can_be_bought:
        raise ValidationError(
            _("The price of this number is on request. Send an offline request."),
            code="on_request",
        )
    return rate


def check_address(rate: RateCard, member: Member, address: Address | None) -> None:
    """Raise ``ValidationError`` unless the address is what the country asks for."""
    if not rate.needs_address:
        return
    if address is None or address.organization_id != member.organization_id:
        raise ValidationError({"address": [_("Enter the address that the country asks for.")]})
    inside = address.country_id == rate.country_id
    if rate.address_requirement == "local" and not inside:
        raise ValidationError(
            {"address": [_("The address must be in %s.") % rate.country.name]}
        )
    if rate.address_requirement == "foreign" and inside:
        raise ValidationError(
            {"address": [_("The address must be outside %s.") % rate.country.name]}
        )


def buy_number(*, member: Member, e164: str, address: Address | None, key: str) -> NumberOrder:
    """Place the order and run it once; what the carrier leaves open goes on by itself.

    Raises ``ValidationError`` also when the carrier refuses for good.
    """
    order = place_order(member=member, e164=e164, address=address, key=key)
    run_order(order)
    order.refresh_from_db()
    if order.state == OrderState.REFUSED:
        raise ValidationError(order.reason, code="refused")
    return order


def run_order(order: NumberOrder) -> bool:
    """Ask the carrier once, if nobody else does; True when the order has come to its end."""
    if not _claim(order):
        return False
    try:
        carrier = registry.get(order.carrier)
        reference = carrier.buy(order.number.value, str(order.pk), _postal(order.address))
    except CarrierError as error:
        if error.retryable:
            log.warning("Order %s waits: %r", order, error)
            return _postpone(order, str(error.user_message))
        return _refuse(order, str(error.user_message))
    return _complete(order, reference)


def resume_orders(limit: int = 100) -> int:
    """Take up every open order whose time has come; return how many came to their end."""
    due = NumberOrder.objects.filter(
        state__in=[OrderState.PLACED, OrderState.BUYING], next_attempt_at__lte=timezone.now()
    ).select_related("number", "address__country")
    return sum(run_order(order) for order in due.order_by("next_attempt_at")[:limit])


def _move_order(order: NumberOrder, to: str, **fields: Any) -> bool:
    sources = [state for state, following in ORDER_NEXT.items() if to in following]
    rows = NumberOrder.objects.filter(pk=order.pk, state__in=sources)
    changed = rows.update(state=to, updated_at=timezone.now(), **fields)
    order.refresh_from_db()
    return bool(changed)


def _claim(order: NumberOrder) -> bool:
    now = timezone.now()
    claimed = NumberOrder.objects.filter(
        pk=order.pk,
        state__in=[OrderState.PLACED, OrderState.BUYING],
        next_attempt_at__lte=now,
    ).update(
        state=OrderState.BUYING,
        attempts=F("attempts") + 1,
        next_attempt_at=now + LEASE,
        updated_at=now,
    )
    order.refresh_from_db()
    return bool(claimed)


def _postal(address: Address | None) -> PostalAddress | None:
    if address is None:
        return None
    return PostalAddress(
        name=address.name,
        street=address.street,
        city=address.city,
        region=address.region,
        postal_code=address.postal_code,
        country=address.country_id,
    )


def _postpone(order: NumberOrder, why: str) -> bool:
    pause = PAUSES[min(order.attempts, len(PAUSES)) - 1]
    again = timezone.now() + dt.timedelta(seconds=pause)
    is_news = why != order.reason
    with transaction.atomic():
        moved = _move_order(order, OrderState.BUYING, next_attempt_at=again, reason=why)
        if moved and is_news:
            history.tell(order.number, why)
    return False


@transaction.atomic
def _refuse(order: NumberOrder, why: str) -> bool:
    if _move_order(order, OrderState.REFUSED, reason=why):
        history.move(order.number, State.REJECTED, why, reason=why)
        Reservation.objects.filter(e164=order.number.value).delete()
        _tell_later(order)
    return True


def _tell_later(order: NumberOrder) -> None:
    """Mail the end of an order to its requester, who saw that of the first try on the page."""
    if order.attempts > 1:
        mailing.tell_requester(order.number)


@transaction.atomic
def _complete(order: NumberOrder, reference: str) -> bool:
    if not _move_order(order, OrderState.COMPLETED, reason=""):
        return True
    PhoneLine.objects.create(
        number=order.number,
        carrier=order.carrier,
        carrier_reference=reference,
        inbound_voice=order.inbound_voice,
        inbound_sms=order.inbound_sms,
        bought_at=timezone.now(),
    )
    history.move(order.number, State.ACTIVE, _("Bought"))
    charging.charge_month(order.number)
    Reservation.objects.filter(e164=order.number.value).delete()
    _tell_later(order)
    return True
