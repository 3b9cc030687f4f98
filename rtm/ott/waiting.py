"""Notifications of messages wait a moment for the profile of who has written.

A message of a customer whose profile is just being read (``profiles.py``) is logged and shown
at once; its notification is due ``PATIENCE`` later where the app's provider tells the fields
that it has. The profile fills it in and lets it go, and so does a provider's failure; one that
does not answer in time is waited for no longer.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, LiteralString

from django.db import transaction
from django.utils import timezone

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.apps.health import granted_to
from imiconnect.apps.models import App
from imiconnect.rtm.callbacks.nudge import nudge
from imiconnect.rtm.models import Callback, Contact, Message
from imiconnect.rtm.sql import cursor

#: For so long a notification waits.
PATIENCE = dt.timedelta(seconds=5)
#: A profile that is due later than this is not being read: its provider has failed.
SOON = dt.timedelta(seconds=30)
Place = tuple[uuid.UUID, str]

_KNOWN: LiteralString = """
SELECT k.app_id, k.address, k.profile, coalesce(k.profile_due_at <= now() + %b, false)
FROM unnest(%b::uuid[], %b::text[]) u (app_id, address)
JOIN rtm_contact k ON k.app_id = u.app_id AND k.address = u.address
"""
# Whoever keeps the profile waits for this transaction, and then finds its notifications.
_HOLD: LiteralString = """
SELECT k.id FROM unnest(%b::uuid[], %b::text[]) u (app_id, address)
JOIN rtm_contact k ON k.app_id = u.app_id AND k.address = u.address
ORDER BY k.id FOR SHARE OF k
"""


@dataclass(frozen=True)
class Known:
    """What is known of who has written, and whether more is just being read."""

    profile: dict[str, Any] = field(default_factory=dict)
    is_being_read: bool = False

    def due_at(self, now: dt.datetime) -> dt.datetime:
        """Return when a notification that tells of them is due."""
        return now + PATIENCE if self.is_being_read else now


def known_at(places: Iterable[Place]) -> dict[Place, Known]:
    """Return what is known of contacts; part of the transaction that notifies of them."""
    wanted = list(places)
    found = _known(wanted)
    reading = [place for place, known in found.items() if known.is_being_read]
    if not reading:
        return found
    telling = _telling({app for app, _address in reading})
    for place in reading:
        if place[0] not in telling:
            found[place] = Known(found[place].profile)
    reading = [place for place in reading if place[0] in telling]
    if reading:
        with cursor() as own:
            own.execute(_HOLD, _columns(reading))
        found |= _known(reading)
    return found


def _telling(keys: set[uuid.UUID]) -> set[uuid.UUID]:
    """Return the apps whose provider tells them a field that notifications have."""
    apps = App.objects.filter(pk__in=keys).select_related("checkup")
    return {app.pk for app in apps if _tells(app)}


def _tells(app: App) -> bool:
    request = registry.get(app.channel_type).request
    asked = set(request.profile_permissions) if request else set()
    return not asked or bool(asked & (granted_to(app) or frozenset()))


def let_notifications_go(contact: Contact) -> None:
    """Send the notifications that have waited for a profile, with what it tells now."""
    now = timezone.now()
    waiting = Callback.objects.filter(
        kind=Callback.Kind.MO,
        state=Callback.State.PENDING,
        attempts=0,
        due_at__gt=now,
        due_at__lte=now + PATIENCE,
    )
    said = list(waiting.values_list("message_id", flat=True))
    own = Message.objects.filter(pk__in=said, app_id=contact.app_id, address=contact.address)
    keys = list(own.values_list("pk", flat=True))
    if not keys:
        return
    with transaction.atomic():
        told = list(waiting.filter(message_id__in=keys).select_for_update().order_by("pk"))
        kind = registry.get(contact.app.channel_type)
        for row in told:
            row.body = json.dumps(json.loads(row.body) | profile_fields(kind, contact.profile))
            row.due_at = now
        Callback.objects.bulk_update(told, ["body", "due_at"])
        if told:
            transaction.on_commit(nudge, robust=True)


def profile_fields(kind: ChannelType, profile: Mapping[str, Any]) -> dict[str, str]:
    """Return what a notification of the channel tells of a profile; empty where unknown."""
    names = kind.request.profile_fields if kind.request else ()
    return {name: str(profile.get(name, "")) for name in names}


def _known(places: list[Place]) -> dict[Place, Known]:
    if not places:
        return {}
    with cursor() as own:
        own.execute(_KNOWN, [SOON, *_columns(places)])
        rows = own.fetchall()
    return {(app, address): Known(profile, reading) for app, address, profile, reading in rows}


def _columns(places: list[Place]) -> list[list[Any]]:
    return [[app for app, _ in places], [address for _, address in places]]
