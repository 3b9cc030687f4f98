"""Rent: one charge per number and month, from the month of purchase to that of release."""

import datetime as dt

from django.db.models import Exists, OuterRef
from django.utils import timezone

from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Charge, Number


def first_of_month(moment: dt.datetime) -> dt.date:
    """Return the first day of the month of ``moment``, in UTC."""
    return moment.astimezone(dt.UTC).date().replace(day=1)


def charge_month(number: Number, month: dt.date | None = None) -> bool:
    """Count a month's rent once; False when it was counted or nothing is to pay."""
    if not number.monthly_cost:
        return False
    _charge, created = Charge.objects.get_or_create(
        number=number,
        month=month or first_of_month(timezone.now()),
        defaults={
            "organization_id": number.organization_id,
            "amount": number.monthly_cost,
            "currency": number.currency,
        },
    )
    return created


def charge_all(month: dt.date | None = None, limit: int = 1000) -> int:
    """Count this month's rent of numbers that have none yet; return how many were counted.

    The month of a release is charged in full; a number in quarantine still costs.
    """
    month = month or first_of_month(timezone.now())
    counted = Charge.objects.filter(number=OuterRef("pk"), month=month)
    due = Number.objects.filter(
        ~Exists(counted),
        kind=Kind.PHONE_NUMBER,
        state__in=[State.ACTIVE, State.RELEASING],
        monthly_cost__gt=0,
    )
    return sum(charge_month(number, month) for number in due.order_by("pk")[:limit])
