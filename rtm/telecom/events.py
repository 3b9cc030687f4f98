"""What carriers tell: receipts to the DR processor, texts to the MO processor, each once."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from imiconnect.numbers.carriers.messaging import (
    Carries,
    Event,
    IncomingSms,
    Receipt,
    Recorded,
    Status,
)
from imiconnect.rtm.models import Channel, Customer
from imiconnect.rtm.models import Receipt as Waiting
from imiconnect.rtm.processors import provider
from imiconnect.rtm.processors.provider import ProviderNews
from imiconnect.rtm.provider_inbox import ProviderMessage, take_in
from imiconnect.rtm.telecom import recordings, unclaimed, words
from imiconnect.rtm.telecom.answering import obey
from imiconnect.rtm.telecom.arriving import Recipient, recipient_of
from imiconnect.rtm.telecom.content import BINARY, TEXT

#: "Failed at operator": what is said of a failure without a reason.
_AT_OPERATOR = 7201
_KINDS = {
    Status.DELIVERED: Waiting.Kind.DELIVERED,
    Status.UNDELIVERED: Waiting.Kind.FAILED,
    Status.FAILED: Waiting.Kind.FAILED,
    Status.ANSWERED: Waiting.Kind.DELIVERED,
    Status.REJECTED: Waiting.Kind.FAILED,
    Status.BUSY: Waiting.Kind.FAILED,
    Status.NO_ANSWER: Waiting.Kind.FAILED,
}


@transaction.atomic
def carried(account: str, events: Sequence[Event]) -> None:
    """Take in what a carrier tells of texts; it may tell the same again, and in any order."""
    told = [event for event in events if isinstance(event, Receipt)]
    for carries in Carries:
        of_medium = [item for item in told if item.channel == carries]
        note_receipts(account, of_medium, carries.value)
    for event in events:
        if isinstance(event, IncomingSms):
            receive(account, event)
        elif isinstance(event, Recorded):
            recordings.note(account, event)


def note_receipts(account: str, receipts: Iterable[Receipt], channel: str) -> None:
    """Write receipts into the inbox; those that are not final say nothing new."""
    news = [
        ProviderNews(
            item.provider_id,
            _KINDS[item.status],
            item.reason.code if item.reason else _code(item),
            str(item.reason.text) if item.reason else "",
            {"carrier": item.detail} if item.detail else {},
            item.at or timezone.now(),
        )
        for item in receipts
        if item.status in _KINDS
    ]
    provider.note(channel, account, news)


def _code(item: Receipt) -> int:
    return 0 if item.status in (Status.DELIVERED, Status.ANSWERED) else _AT_OPERATOR


def receive(account: str, sms: IncomingSms) -> None:
    """Take in a text; part of the caller's transaction."""
    recipient = recipient_of(sms)
    said = words.said_by(sms.text, recipient.organization_id if recipient else None)
    if recipient is None:
        unclaimed.keep(account, sms, said)
        return
    is_new = take_in([_message(account, sms, recipient, said)])
    if is_new and said:
        obey(account, sms, recipient, said)


def _message(
    account: str, sms: IncomingSms, recipient: Recipient, said: words.Said | None
) -> ProviderMessage:
    body: dict[str, Any] = {
        "message": sms.text,
        "type": BINARY if sms.data else TEXT,
        "da": sms.to,
        "number": str(recipient.number.pk),
    }
    customer = customer_of(sms, recipient)
    more = {
        "body": sms.data.hex(),
        "keyword": recipient.keyword,
        "customer": customer,
        "opt": said.meaning if said else "",
    }
    return ProviderMessage(
        channel=Channel.SMS.value,
        address=sms.sender,
        body=body | {name: value for name, value in more.items() if value},
        provider_id=sms.provider_id,
        account=account,
        organization_id=recipient.organization_id,
        service_id=recipient.service_id,
        url=recipient.url,
        at=sms.at or timezone.now(),
    )


def customer_of(sms: IncomingSms, recipient: Recipient) -> str:
    """Return the customer id of the master profile that has the number, if one does."""
    found = Customer.objects.filter(organization=recipient.organization_id).with_msisdn(
        sms.sender
    )
    return str(found.order_by("id").values_list("customer_id", flat=True).first() or "")
