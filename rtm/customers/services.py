"""Writes of master profiles and app profiles by people and by the REST interface.

The Profile API does the same in batches (``profile_batches``). The audit trail names the
attributes that changed and never their values, which would outlive an erasure.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from imiconnect import locks
from imiconnect.apps.models import App
from imiconnect.audit.services import record
from imiconnect.rtm.connect.registration import forget_device
from imiconnect.rtm.models import Customer, Device
from imiconnect.rtm.protocol.topics import name_problem
from imiconnect.rtm.rest.fields import unstorable

MAX_ATTRIBUTES = 32 * 1024
#: The code of an error: there is one with this name.
EXISTS = "exists"
#: Of a device that nobody has registered yet.
_PREPARED = "prepared-"


def checked_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes that can be kept; None as a value leaves the attribute out.

    Raises ``ValidationError`` for the field ``attributes``.
    """
    kept = {name: value for name, value in attributes.items() if value is not None}
    why = unstorable(kept)
    if why is None and len(repr(kept)) > MAX_ATTRIBUTES:
        why = "is larger than 32 KB"
    if why or not all(name.strip() and len(name) <= 100 for name in kept):
        sentence = _("Attributes must have names, and texts without control characters.")
        raise ValidationError({"attributes": [sentence]})
    return kept


@transaction.atomic
def update_customer(*, customer: Customer, attributes: Mapping[str, Any]) -> Customer:
    """Put other attributes in the place of those of a profile."""
    locked = locks.locked(customer)
    after = checked_attributes(attributes)
    before = locked.attributes
    changed = [
        name for name in sorted({*before, *after}) if before.get(name) != after.get(name)
    ]
    if changed:
        locked.attributes = after
        locked.save(update_fields=["attributes", "updated_at"])
        record("customer.updated", locked, after={"attributes": changed})
    return locked


@transaction.atomic
def delete_customer(*, customer: Customer) -> None:
    """Delete a master profile with its events; devices stay registered, without a customer."""
    record("customer.deleted", customer)
    customer.delete()


@transaction.atomic
def create_app_profile(
    *,
    app: App,
    user_id: str,
    device_id: str = "",
    customer: Customer | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Device:
    """Make the app profile of a user before a device of theirs registers.

    The device gets its tokens when it registers under the same names. Raises
    ``ValidationError`` by field.
    """
    device = prepare_device(
        app=app,
        user_id=user_id,
        device_id=device_id,
        customer=customer,
        attributes=attributes or {},
    )
    record("app_profile.created", device, organization_id=app.organization_id)
    return device


@transaction.atomic
def prepare_device(
    *,
    app: App,
    user_id: str,
    device_id: str,
    customer: Customer | None,
    attributes: Mapping[str, Any],
) -> Device:
    """Make the row of a device that nobody has registered yet; the caller records it.

    Raises ``ValidationError`` by field, with the code ``exists`` where there is one.
    """
    device_id = device_id or f"{_PREPARED}{uuid.uuid4().hex[:12]}"
    for field, value in (("user_id", user_id), ("device_id", device_id)):
        if not value or (problem := name_problem(value)):
            sentence = _("Enter the ID.") if not value else f"The name {problem}."
            raise ValidationError({field: [sentence]})
    _check_together(app, customer)
    device, made = Device.objects.get_or_create(
        app=app,
        user_id=user_id,
        device_id=device_id,
        defaults={
            "customer": customer,
            "is_link_sure": customer is not None,
            "attributes": checked_attributes(attributes),
        },
    )
    if not made:
        sentence = _("The user has this device already.")
        raise ValidationError({"device_id": [ValidationError(sentence, EXISTS)]})
    return device


@transaction.atomic
def update_app_profile(
    *,
    device: Device,
    attributes: Mapping[str, Any] | None = None,
    customer: Customer | None = None,
    unlink: bool = False,
) -> Device:
    """Change the attributes of an app profile, link it to a customer, or unlink it."""
    locked = locks.locked(device, "app")
    if attributes is not None:
        locked.attributes = checked_attributes(attributes)
    if customer or unlink:
        _check_together(locked.app, customer)
        locked.customer, locked.is_link_sure = customer, customer is not None
    locked.save(update_fields=["attributes", "customer", "is_link_sure"])
    record("app_profile.updated", locked, organization_id=locked.app.organization_id)
    return locked


@transaction.atomic
def delete_app_profile(*, device: Device) -> None:
    """Forget a device: its tokens end, its connection too, and it must register again."""
    record("app_profile.deleted", device, organization_id=device.app.organization_id)
    forget_device(device=device)


def _check_together(app: App, customer: Customer | None) -> None:
    if customer and customer.organization_id != app.organization_id:
        raise ValidationError({"customer": [_("The customer is another organization's.")]})
