"""The carrier that sells our own ranges."""

from collections.abc import Sequence

from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.numbers.carriers import base
from imiconnect.numbers.carriers.stock import places
from imiconnect.numbers.carriers.stock.tokens import like_pattern, tokens_for
from imiconnect.numbers.kinds import Match
from imiconnect.numbers.models import Reservation, StockNumber
from imiconnect.numbers.numbering import national_digits


class Carrier:
    """Rows of ``StockNumber``; buying is one conditional UPDATE that names the order."""

    slug = "stock"
    name = _("Own stock")

    def __init__(self, account: base.Account) -> None:
        """Need nothing of the account."""

    def search(self, query: base.Query) -> Sequence[base.Offer]:
        """Return available numbers that nobody has reserved, in their order."""
        parts = [matching(query)]
        if query.locality:
            found = places.named(query.country, query.locality)
            # One by one, so that each is read in the order of its digits and no further.
            parts = [matching(query).filter(place=place) for place in found]
        if not parts:
            return []
        first, *rest = (
            part.values_list("e164", "place__name", "national")[: query.limit] for part in parts
        )
        rows = first.union(*rest, all=True).order_by("national") if rest else first
        return [
            base.Offer(e164, self.slug, place or "") for e164, place, _ in rows[: query.limit]
        ]

    def cities(
        self, country: str, number_type: str = "", like: str = "", limit: int = 8
    ) -> Sequence[str]:
        """Return places of available numbers."""
        return places.offered(country, number_type, like, limit)

    def offers(self, e164: str, number_type: str) -> bool:
        """Tell whether the row is available as this type."""
        return StockNumber.objects.filter(
            e164=e164, number_type=number_type, state=StockNumber.State.AVAILABLE
        ).exists()

    def buy(self, e164: str, key: str, address: base.PostalAddress | None) -> str:
        """Sell the row to the order ``key``, a UUID."""
        available = StockNumber.objects.filter(e164=e164, state=StockNumber.State.AVAILABLE)
        try:
            sold = available.update(state=StockNumber.State.SOLD, sold_to=key)
        except IntegrityError:  # the order has bought another number
            raise base.NumberGone(e164) from None
        if not sold and not StockNumber.objects.filter(e164=e164, sold_to=key).exists():
            raise base.NumberGone(e164)
        return e164

    def release(self, e164: str, reference: str) -> None:
        """Offer the row again."""
        StockNumber.objects.filter(e164=e164, state=StockNumber.State.SOLD).update(
            state=StockNumber.State.AVAILABLE, sold_to=None
        )


def matching(query: base.Query) -> QuerySet[StockNumber]:
    """Return the rows for sale that fit, of any city, in order of their digits."""
    reserved = Reservation.objects.filter(e164=OuterRef("e164"), expires_at__gt=timezone.now())
    rows = StockNumber.objects.filter(
        country=query.country,
        number_type=query.number_type,
        state=StockNumber.State.AVAILABLE,
    ).filter(~Exists(reserved))
    for digits, match in ((query.digits, query.match), (query.area_code, Match.START)):
        wanted = tokens_for(query.country, query.number_type, digits, match)
        if wanted:
            rows = rows.filter(tokens__contains=wanted)
        if digits:
            rows = rows.filter(national__like=like_pattern(digits, match))
    if query.after:
        rows = rows.filter(national__gt=national_digits(query.after))
    return rows.order_by("national")
