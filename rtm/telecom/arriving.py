"""Whose an incoming SMS is: the number or short code, then the keyword, decide.

A phone number or a short code of its own belongs to one organization. On a shared code the
keyword says which; without one nobody is meant, and the text is dropped.
"""

import uuid
from dataclasses import dataclass

from django.db.models import Q

from imiconnect.numbers.carriers.messaging import IncomingSms
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.matching import match_on_code, reserved_keyword_of
from imiconnect.numbers.models import Number, PhoneLine, ShortCode
from imiconnect.numbers.text import folded
from imiconnect.rtm.telecom.addresses import country_of
from imiconnect.sharing.models import NumberAllocation


@dataclass(frozen=True)
class Recipient:
    """Who gets a text: the organization, the number behind it, the service, an own URL.

    ``url`` is the number's or its reserved keyword's and goes before the service. ``keyword``
    is the word that was matched, ``sends_from`` the number that the service sends from.
    """

    organization_id: uuid.UUID
    number: Number
    service_id: uuid.UUID | None
    sends_from: uuid.UUID | None = None
    url: str = ""
    keyword: str = ""


def codes_of(sms: IncomingSms) -> list[ShortCode]:
    """Return the short code that the text is for: that of its country, else the only one.

    Where several countries have the code and none is the sender's, it is for none of them,
    for it could reach another organization than it was meant for.
    """
    country = country_of(sms.sender)
    codes = list(ShortCode.objects.in_use().filter(code=sms.to).select_related("country"))
    at_home = [code for code in codes if code.country_id == country]
    return at_home or (codes if len(codes) == 1 else [])


def recipient_of(sms: IncomingSms) -> Recipient | None:
    """Return who gets a text, or None when it is meant for nobody."""
    phones = Number.objects.active().filter(kind=Kind.PHONE_NUMBER, folded=folded(sms.to))
    number = phones.first()
    if number:
        return _on_number(sms, number)
    for code in codes_of(sms):
        found = _on_code(sms, code)
        if found:
            return found
    return None


def _on_number(sms: IncomingSms, number: Number) -> Recipient:
    service, sends_from = _service_of(number)
    reserved = reserved_keyword_of(sms.text, number)
    line = PhoneLine.objects.filter(number=number).first()
    own = line.incoming_sms_url if line else ""
    return Recipient(
        number.organization_id,
        number,
        service,
        sends_from,
        reserved.url if reserved else own,
        reserved.word if reserved else "",
    )


def _on_code(sms: IncomingSms, code: ShortCode) -> Recipient | None:
    keyword = match_on_code(sms.text, code).keyword
    own = (
        Number.objects.active()
        .filter(kind=Kind.SHORT_CODE, short_code=code, is_dedicated=True)
        .first()
    )
    number = keyword or own
    if number is None:
        return None
    service, sends_from = _service_of(number)
    if service is None and own and own.organization_id == number.organization_id:
        service, sends_from = _service_of(own)
    word = keyword.value if keyword else ""
    return Recipient(number.organization_id, number, service, sends_from, keyword=word)


def _service_of(number: Number) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """Return the service that gets what comes in over a number, and the number it is mapped by.

    A phone number or short code may be mapped as the two-way Sender ID of the same digits.
    """
    numbers = Q(pk=number.pk)
    two_way = Q(
        organization=number.organization_id,
        kind=Kind.SENDER_ID,
        folded=number.folded,
        state=State.ACTIVE,
    )
    if number.kind == Kind.PHONE_NUMBER:
        numbers |= two_way
    elif number.kind == Kind.SHORT_CODE:
        numbers |= two_way & Q(country=number.country_id)
    rows = NumberAllocation.objects.filter(
        channel="sms", is_inbound=True, number__in=Number.objects.filter(numbers).values("pk")
    ).order_by("id")
    by_number = dict(rows.values_list("number", "service"))
    if not by_number:
        return None, None
    found = number.pk if number.pk in by_number else next(iter(by_number))
    return by_number[found], found
