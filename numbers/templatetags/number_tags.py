"""How pages write numbers and amounts."""

import datetime as dt
import math
from decimal import Decimal

from django import template
from django.utils import timezone

from imiconnect.numbers import money
from imiconnect.numbers.numbering import pretty

register = template.Library()
register.filter("pretty", pretty)


@register.simple_tag
def amount(value: Decimal | None, currency: str) -> str:
    """Write an amount with its currency, or On request."""
    return money.amount(value, currency)


@register.filter
def minutes_left(moment: dt.datetime) -> int:
    """Return the minutes until ``moment``, rounded up."""
    return max(0, math.ceil((moment - timezone.now()).total_seconds() / 60))
