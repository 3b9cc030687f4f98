"""How many messages a customer may get until they write again, where a channel limits it.

A place is taken before a message goes to its provider and given back when it did not go, so
that however many processors there are, no more messages go than the channel allows.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.errors import WINDOW_CLOSED, ChannelError
from imiconnect.apps.models import App
from imiconnect.rtm.models import Contact


def taken(app: App, addresses: Sequence[str]) -> list[bool]:
    """Take a place for a message to each address; tell for each whether there was one.

    Of an address that was never heard the provider decides.
    """
    most = registry.get(app.channel_type).window_messages
    if not most or not addresses:
        return [True] * len(addresses)
    with transaction.atomic():
        rows = Contact.objects.filter(
            app=app, address__in=set(addresses), last_in_at__isnull=False
        )
        contacts = {row.address: row for row in rows.select_for_update().order_by("id")}
        found = []
        for address in addresses:
            contact = contacts.get(address)
            is_free = contact is None or contact.window_sent < most
            if contact and is_free:
                contact.window_sent += 1
            found.append(is_free)
        Contact.objects.bulk_update(contacts.values(), ["window_sent"])
    return found


def give_back(app: App, address: str) -> None:
    """Give back the place of a message that did not go."""
    if registry.get(app.channel_type).window_messages:
        rows = Contact.objects.filter(app=app, address=address, window_sent__gt=0)
        rows.update(window_sent=F("window_sent") - 1)


def used_up(app: App) -> ChannelError:
    """Return how a message ends for which there is no place."""
    most = registry.get(app.channel_type).window_messages
    return ChannelError(
        WINDOW_CLOSED, _("They have had %s messages since they last wrote.") % most
    )
