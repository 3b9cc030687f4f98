"""Where in the gateway a customer is found: users of apps, threads, addresses of channels."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from imiconnect.rtm.models import (
    Channel,
    Contact,
    Customer,
    Device,
    DeviceEvent,
    Message,
    PushAddress,
    Thread,
)

if TYPE_CHECKING:
    from imiconnect.rtm.querysets import MessageQuerySet

#: Attributes of a profile that are addresses on other channels (facts/imiconnect.md, 13).
ADDRESSES = ("msisdn", "email", "psid", "fbid", "twitterid", "wechatid")
#: The most threads of one customer that are looked into.
MOST_THREADS = 2000
_NOT_IN_NUMBERS = str.maketrans("", "", " -().")

User = tuple[uuid.UUID, str]


@dataclass(frozen=True)
class Places:
    """The users that a customer is, the threads of those users, and other addresses.

    ``shared`` are threads of an app that are for every user; a message there is the
    customer's by its address. ``pushed`` are the devices and tokens that pushes in those apps
    name; a push names a user or ``customer_id`` too.
    """

    organization: uuid.UUID
    users: tuple[User, ...]
    threads: tuple[uuid.UUID, ...]
    shared: tuple[uuid.UUID, ...]
    addresses: tuple[str, ...]
    customer_id: str
    pushed: tuple[str, ...] = ()
    #: Whether older threads than these are left out.
    is_cut: bool = False

    def messages(self) -> "MessageQuerySet":
        """Return the messages to and from the customer, on every channel."""
        names = sorted({user for _app, user in self.users})
        mine = Q(thread__in=self.threads) | Q(thread__in=self.shared, address__in=names)
        other = Q(thread=None, address__in=self.addresses)
        push = Q(thread=None, channel=Channel.PUSH)
        apps = {app for app, _user in self.users}
        by_name = Q(app__in=apps, address__in=[*names, *self.pushed])
        by_customer = Q(address_type="customerid", address=self.customer_id)
        mine |= push & (by_name & ~Q(address_type="customerid") | by_customer)
        found: MessageQuerySet = Message.objects.filter(mine | other)
        return found.filter(organization=self.organization)


def places_of(customer: Customer, *, whole: bool = False) -> Places:
    """Return where a customer is found now, also on devices that are forgotten since.

    Of each kind of threads the newest ``MOST_THREADS`` count, with ``whole`` all of them.
    """
    most = None if whole else MOST_THREADS
    users = users_of(customer)
    condition = Q(pk__in=[])
    for app, user in users:
        condition |= Q(app=app, user_id=user)
    apps = {app for app, _user in users}
    threads = _keys(Thread.objects.filter(condition), most)
    shared = _keys(Thread.objects.filter(app__in=apps, user_id=""), most)
    return Places(
        organization=customer.organization_id,
        users=tuple(users),
        threads=threads,
        shared=shared,
        is_cut=most is not None and most <= max(len(threads), len(shared)),
        addresses=tuple(addresses_of(customer)),
        customer_id=customer.customer_id,
        pushed=tuple(_pushed(customer)),
    )


def push_addresses_of(customer: Customer) -> "QuerySet[PushAddress]":
    """Return where push reaches a customer: by a device, or by a linked subscription."""
    rows: QuerySet[PushAddress] = PushAddress.objects.filter(
        Q(device__customer=customer) | Q(customer=customer)
    )
    return rows


def _pushed(customer: Customer) -> list[str]:
    tokens = push_addresses_of(customer).values_list("pk", "digest")
    devices = Device.objects.filter(customer=customer).values_list("device_id", flat=True)
    return sorted({*devices, *(str(name) for pair in tokens for name in pair)})


def users_of(customer: Customer) -> list[User]:
    """Return whom apps know as the customer: users of devices now or before, and contacts."""
    contacts = contacts_of(customer).values_list("app_id", "address")
    devices = Device.objects.filter(customer=customer).values_list("app_id", "user_id")
    events = DeviceEvent.objects.filter(customer=customer).values_list("app_id", "user_id")
    return sorted({*devices, *events.distinct(), *contacts})


def contacts_of(customer: Customer) -> "QuerySet[Contact]":
    """Return the contacts of apps that are linked with a customer."""
    contacts: QuerySet[Contact] = Contact.objects.filter(customer=customer)
    return contacts


def addresses_of(customer: Customer) -> list[str]:
    """Return the addresses of contacts, and those of the profile with and without plus sign."""
    found = set(contacts_of(customer).values_list("address", flat=True))
    for name in ADDRESSES:
        value = customer.attributes.get(name)
        if not isinstance(value, str | int) or not str(value).strip():
            continue
        text = str(value).strip()
        if name == "msisdn":
            digits = text.translate(_NOT_IN_NUMBERS).removeprefix("+")
            found |= {digits, f"+{digits}"}
        else:
            found.add(text)
    return sorted(found)


def _keys(threads: "QuerySet[Thread]", most: int | None) -> tuple[uuid.UUID, ...]:
    return tuple(threads.order_by("-id").values_list("pk", flat=True)[:most])
