"""How the Profile API writes profiles (facts/imiconnect.md, 16; the vendor's getappprofile).

A record has ``Attributes`` as a list of ``ID``, ``Name`` and ``Value``. ``InwardLinks`` are the
app profiles of a customer, ``OutwardLinks`` the customer of an app profile. The documentation
does not show what an inward link has: here the app, the channel and who it is there.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from imiconnect.apps.channel_types import registry
from imiconnect.rtm.models import Contact, Customer, Device
from imiconnect.rtm.protocol.clock import iso

#: Links of one customer that are listed.
MOST_LINKS = 100
PROFILE_STORE = "customerprofile"


def records(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the answer to a GET."""
    return {
        "Status": 0,
        "Description": "Success",
        "code": "1000",
        "Records": list(rows),
    }


def master(customer: Customer) -> dict[str, Any]:
    """Return a master profile with its links."""
    return {
        "customerId": customer.customer_id,
        "Attributes": _listed(customer.attributes),
        "InwardLinks": _links(customer),
        "OutwardLinks": [],
        "createdOn": iso(customer.created_at),
        "updatedOn": iso(customer.updated_at),
    }


def app_profile(row: Device | Contact) -> dict[str, Any]:
    """Return an app profile; ``row`` has its app and its customer."""
    attributes = _of_device(row) if isinstance(row, Device) else _of_contact(row)
    customer = row.customer
    linked = {"customerId": customer.customer_id, **customer.attributes} if customer else {}
    store = {"ProfileName": PROFILE_STORE, "Records": _listed(linked)}
    return {
        "Attributes": _listed(attributes),
        "InwardLinks": [],
        "OutwardLinks": [{"ProfileId": str(customer.pk), **store}] if customer else [],
    }


def _listed(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"ID": number, "Name": name, "Value": value}
        for number, (name, value) in enumerate(attributes.items(), 1)
    ]


def _links(customer: Customer) -> list[dict[str, str]]:
    devices = customer.devices.filter(unregistered_at__isnull=True).select_related("app")
    contacts = customer.contacts.select_related("app")
    links = [
        _link(row, row.user_id, DeviceId=row.device_id)
        for row in devices.order_by("id")[:MOST_LINKS]
    ]
    links += [_link(row, row.address) for row in contacts.order_by("id")[:MOST_LINKS]]
    return links[:MOST_LINKS]


def _link(row: Device | Contact, identifier: str, **more: str) -> dict[str, str]:
    channel = registry.get(row.app.channel_type).channel
    link = {"AppId": row.app.app_id, "Channel": channel, "Identifier": identifier}
    return link | more


def _of_device(device: Device) -> dict[str, Any]:
    known: dict[str, Any] = device.attributes
    return known | {
        "status": "Active",
        "verified": device.customer is not None,
        "connectStatus": "Connected" if device.is_connected else "Disconnected",
        "userId": device.user_id,
        "channel": "rt",
        "deviceId": device.device_id,
        "rtmId": f"{device.user_id}_{device.device_id}",
        "appId": device.app.app_id,
        "pushId": device.push_id,
        "customerId": device.customer.customer_id if device.customer else "",
        "createdOn": iso(device.created_at),
        "updatedOn": iso(device.last_seen_at or device.created_at),
        "last_opened": iso(device.last_seen_at),
    }


def _of_contact(contact: Contact) -> dict[str, Any]:
    kind = registry.get(contact.app.channel_type)
    ids = kind.request.profile_ids if kind.request else ("address",)
    known: dict[str, Any] = contact.profile
    return known | {
        "status": "Active",
        "verified": contact.customer is not None,
        "channel": kind.channel,
        ids[0]: contact.address,
        "appId": contact.app.app_id,
        "customerId": contact.customer.customer_id if contact.customer else "",
        "createdOn": iso(contact.created_at),
        "updatedOn": iso(contact.last_in_at or contact.created_at),
    }
