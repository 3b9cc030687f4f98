"""How many messages a customer may get until they write again, where a channel limits it.

A place is taken before a message goes to its provider and given back when it did not go, so
that however many processors there are, no more messages go than the channel allows. What a
lesser act allows, such as following the account, lapses first and is used first.
"""

from collections.abc import Sequence
from enum import StrEnum

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.errors import WINDOW_CLOSED, ChannelError
from imiconnect.apps.models import App
from imiconnect.rtm.models import Contact


class Place(StrEnum):
    """Where a message has its place; ``NONE`` has none, ``FREE`` is not counted."""

    FREE = "free"
    FULL = "full"
    BRIEF = "brief"
    NONE = "none"


def taken(app: App, addresses: Sequence[str]) -> list[Place]:
    """Take a place for a message to each address.

    Of an address that was never heard the provider decides.
    """
    most = registry.get(app.channel_type).window_messages
    if not most or not addresses:
        return [Place.FREE] * len(addresses)
    with transaction.atomic():
        rows = Contact.objects.filter(app=app, address__in=set(addresses))
        rows = rows.exclude(last_in_at__isnull=True, brief_ends_at__isnull=True)
        contacts = {row.address: row for row in rows.select_for_update().order_by("id")}
        found = [_place(app, contacts.get(address)) for address in addresses]
        Contact.objects.bulk_update(contacts.values(), ["window_sent", "brief_left"])
    return found


def _place(app: App, contact: Contact | None) -> Place:
    if contact is None:
        return Place.FREE
    contact.app = app
    now = timezone.now()
    if contact.is_brief(now):
        contact.brief_left -= 1
        return Place.BRIEF
    if contact.full_left(now) == 0:
        return Place.NONE
    contact.window_sent += 1
    return Place.FULL


def briefly_open(app: App, addresses: Sequence[str]) -> set[str]:
    """Return those of the addresses to whom a lesser act allows a message now."""
    if not registry.get(app.channel_type).brief_messages:
        return set()
    rows = Contact.objects.filter(
        app=app, address__in=set(addresses), brief_ends_at__gt=timezone.now(), brief_left__gt=0
    )
    return set(rows.values_list("address", flat=True))


def give_back(app: App, address: str, place: Place) -> None:
    """Give back the place of a message that did not go."""
    rows = Contact.objects.filter(app=app, address=address)
    if place is Place.FULL:
        rows.filter(window_sent__gt=0).update(window_sent=F("window_sent") - 1)
    elif place is Place.BRIEF:
        # Never more than a new act allows: there may have been one meanwhile.
        most = registry.get(app.channel_type).brief_messages
        rows.filter(brief_left__lt=most).update(brief_left=F("brief_left") + 1)


def used_up(app: App) -> ChannelError:
    """Return how a message ends for which there is no place."""
    kind = registry.get(app.channel_type)
    words = _("They have had %(most)s messages since they last wrote.")
    if kind.brief_messages:
        words = _(
            "They have had %(most)s messages since they last wrote, or %(brief)s since they "
            "pressed, followed or scanned something."
        )
    counts = {"most": kind.window_messages, "brief": kind.brief_messages}
    return ChannelError(WINDOW_CLOSED, words % counts)
