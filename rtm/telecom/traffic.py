"""What went over a number in the last 30 days."""

import datetime as dt

from django.db.models import Count, Q
from django.utils import timezone

from imiconnect.identity import first_uuid7_at
from imiconnect.numbers.models import Number
from imiconnect.numbers.ports import Traffic
from imiconnect.rtm.models import Channel, Message

MONTH = dt.timedelta(days=30)
#: The log has no index by number: so many of the newest of its organization are looked at.
_LOOKED_AT = 100_000


def traffic_of(number: Number) -> Traffic:
    """Return the messages and calls of a number, among the newest of its organization."""
    since = first_uuid7_at(timezone.now() - MONTH)
    newest = Message.objects.filter(organization=number.organization_id, pk__gte=since)
    ids = newest.order_by("-pk").values("pk")[:_LOOKED_AT]
    found = Message.objects.filter(
        pk__gte=since,
        pk__in=ids,
        channel__in=(Channel.SMS, Channel.VOICE),
        payload__number=str(number.pk),
    )
    out, sms = Q(direction=Message.Direction.MT), Q(channel=Channel.SMS)
    counts = found.aggregate(
        sent=Count("pk", filter=out & sms),
        received=Count("pk", filter=~out & sms),
        calls=Count("pk", filter=~sms),
    )
    return Traffic(**counts)
