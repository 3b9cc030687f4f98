"""Handing texts to carriers: which account takes each, and what it said."""

from collections.abc import Sequence

from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.messaging import NO_ROUTE, Carried, Declined, OutgoingSms
from imiconnect.numbers.models import CarrierAccount


def send(batch: Sequence[OutgoingSms]) -> list[Carried]:
    """Hand texts to their carriers; return what became of each, in their order.

    It waits for the network: call it outside of any transaction. It never raises for a carrier.
    """
    rows = CarrierAccount.objects.filter(is_active=True, slug__in=registry.messengers_by_slug())
    for row in rows:
        submissions = registry.messenger(row).submit(batch)
        return [Carried(row.slug, submission) for submission in submissions]
    return [Carried("", Declined(NO_ROUTE)) for _ in batch]
