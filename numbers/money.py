"""Amounts with their currency, as people read them; nothing known reads on request."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext


def amount(value: Decimal | None, currency: str) -> str:
    """Return ``1.15 USD``: two decimals, more where a rate has them."""
    if value is None:
        return gettext("On request")
    exact = value.normalize()
    exponent = exact.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{exact:,.{places}f} {currency}"


def money(number: Any) -> str:
    """Return a number's monthly cost; an empty text where it has none."""
    if number.monthly_cost is None:
        return ""
    return amount(number.monthly_cost, number.currency)
