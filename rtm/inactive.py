"""Devices that were silent for longer than their app allows are forgotten.

The SDK gives a sign of life at least every 15 days; 40 days without one make a profile
inactive, unless the app's policy says otherwise (facts/imiconnect.md, 16). The client finds
itself not registered and registers again.
"""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.rtm.models import Device

_AT_ONCE = 1000


def inactive_devices(app: App, now: dt.datetime) -> "QuerySet[Device]":
    """Return the devices of an app that are due to be forgotten."""
    before = now - dt.timedelta(days=policy_of(app).inactive_days)
    devices: QuerySet[Device] = Device.objects.filter(app=app, is_connected=False)
    return devices.alias(heard_at=Coalesce("last_seen_at", "created_at")).filter(
        heard_at__lt=before
    )


def forget_inactive(now: dt.datetime) -> int:
    """Delete what is inactive, some at a time; return how many devices there were."""
    total = 0
    for app in App.objects.only("pk", "policy").iterator():
        while gone := _forget_some(app, now):
            total += gone
    return total


@transaction.atomic
def _forget_some(app: App, now: dt.datetime) -> int:
    """Delete some under lock, so that who connects meanwhile is judged by that."""
    rows = inactive_devices(app, now).order_by("pk").select_for_update()
    keys = list(rows.values_list("pk", flat=True)[:_AT_ONCE])
    Device.objects.filter(pk__in=keys).delete()
    return len(keys)
