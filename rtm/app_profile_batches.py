"""Writes of app profiles in batches, as the Profile API does them (facts/imiconnect.md, 16).

The app profile of a mobile or web app is a device of a user, named by ``userId`` and
``deviceId``; that of another channel is a contact, named by its address there (``psid``,
``twitterid``, ``wechat_user_id``). ``devices`` and ``contacts`` below do the same for either.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from imiconnect.accounts.models import Organization
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.rtm.connect.registration import forget_device, registered_devices
from imiconnect.rtm.customers.services import EXISTS, checked_attributes, prepare_device
from imiconnect.rtm.models import Contact, Customer, Device, ProfileBatch
from imiconnect.rtm.profile_batches import Outcome, Outcomes, Record, run_batch
from imiconnect.rtm.push import addresses as push_addresses

#: What the gateway says itself of an app profile: told by others, it changes nothing.
COMPUTED = frozenset(
    {"status", "verified", "connectStatus", "channel", "rtmId", "appId", "customerId"}
    | {"createdOn", "updatedOn", "created_on", "updated_on", "last_opened"}
)
MAX_ADDRESS = 128


@dataclass(frozen=True)
class Named:
    """Which app profiles are meant: ``user`` is a user ID or an address on the channel."""

    user: str = ""
    device_id: str = ""


class Unusable(ValueError):
    """A record has a value that an app profile cannot have."""


def create_app_profiles(*, app: App, records: Sequence[Record]) -> ProfileBatch:
    """Make app profiles of customers who have a master profile; 7018 for those without."""
    return run_batch("app_profiles.created", app.organization, records, partial(_create, app))


def update_app_profiles(*, app: App, records: Sequence[Record]) -> ProfileBatch:
    """Merge attributes into app profiles of customers; None as a value removes one.

    A record that names no user means every app profile that the customer has in the app. An
    app profile of nobody is linked with the customer; one of another customer is 7018.
    """
    return run_batch("app_profiles.updated", app.organization, records, partial(_update, app))


def delete_app_profiles(*, app: App, records: Sequence[Record]) -> ProfileBatch:
    """Delete app profiles of the customer or user whom a record's ``customerId`` names.

    Attributes that name a user or a device narrow it to that one.
    """
    return run_batch("app_profiles.deleted", app.organization, records, partial(_delete, app))


def app_profiles(app: App) -> "QuerySet[Any]":
    """Return the app profiles of an app: devices that are registered, or contacts."""
    rows: QuerySet[Any] = Contact.objects.filter(app=app)
    if not has_contacts(app):
        rows = registered_devices(app)
    return rows.select_related("app", "customer")


def has_contacts(app: App) -> bool:
    """Tell whether the app profiles of an app are contacts rather than devices."""
    return registry.get(app.channel_type).request is not None


def user_field(app: App) -> str:
    """Return the field of the rows of ``app_profiles`` that names the user."""
    return "address" if has_contacts(app) else "user_id"


def user_word(app: App) -> str:
    """Return the attribute of an app profile that names the user."""
    return _user_words(app)[0]


def _user_words(app: App) -> tuple[str, ...]:
    request = registry.get(app.channel_type).request
    return request.profile_ids if request else ("userId",)


def _each(
    app: App,
    organization: Organization,
    records: dict[int, Record],
    write: Callable[[App, Customer, Named, dict[str, Any]], Outcome],
) -> Outcomes:
    """Do a write for each record of a customer; one that fails leaves nothing behind."""
    wanted = {row.customer_id for row in records.values()}
    rows = Customer.objects.filter(organization=organization, customer_id__in=wanted)
    customers = {row.customer_id: row for row in rows}
    outcomes = {}
    for index, row in records.items():
        if row.customer_id not in customers:
            outcomes[index] = Outcome.NOT_LINKED
            continue
        try:
            with transaction.atomic():
                named, told = _read(app, row)
                outcomes[index] = write(app, customers[row.customer_id], named, told)
        except (Unusable, ValidationError):
            outcomes[index] = Outcome.INVALID
    return outcomes


def _create(app: App, organization: Organization, records: dict[int, Record]) -> Outcomes:
    make = _make_contact if has_contacts(app) else _make_device
    return _each(app, organization, records, make)


def _make_device(app: App, customer: Customer, named: Named, told: dict[str, Any]) -> Outcome:
    push_id = told.pop("pushId", None)
    # A device that signed off is no app profile any more.
    Device.objects.filter(
        app=app,
        user_id=named.user,
        device_id=named.device_id,
        unregistered_at__isnull=False,
    ).delete()
    try:
        device = prepare_device(
            app=app,
            user_id=named.user,
            device_id=named.device_id,
            customer=customer,
            attributes=told,
        )
    except ValidationError as error:
        if any(problem.code == EXISTS for problem in error.error_dict.get("device_id", ())):
            return Outcome.EXISTS
        raise
    _tell(device, push_id)
    return Outcome.DONE


def _tell(device: Device, push_id: Any) -> None:
    """Keep on which system a device is, and where push reaches it."""
    if not device.platform:
        device.platform = str(device.attributes.get("os") or "").lower()[:20]
    if push_id:
        device.push_id = str(push_id)
        if len(device.push_id) > push_addresses.MAX_TOKEN:
            raise Unusable("pushId is too long.")
        try:
            push_addresses.remember(device=device, token=device.push_id)
        except push_addresses.BadAddress as error:
            raise Unusable(str(error)) from None
    told = ["platform", "push_id", "attributes", "customer", "is_link_sure"]
    device.save(update_fields=told)


def _make_contact(app: App, customer: Customer, named: Named, told: dict[str, Any]) -> Outcome:
    if not 0 < len(named.user) <= MAX_ADDRESS or not named.user.isprintable():
        raise Unusable(named.user)
    _contact, made = Contact.objects.get_or_create(
        app=app,
        address=named.user,
        defaults={"customer": customer, "profile": checked_attributes(told)},
    )
    return Outcome.DONE if made else Outcome.EXISTS


def _update(app: App, organization: Organization, records: dict[int, Record]) -> Outcomes:
    return _each(app, organization, records, _merge)


def _merge(app: App, customer: Customer, named: Named, told: dict[str, Any]) -> Outcome:
    found = _named(app, named) if named.user else _named(app, named).filter(customer=customer)
    rows = list(found.select_for_update(of=("self",)).order_by("pk"))
    if not rows or any(row.customer_id not in (None, customer.pk) for row in rows):
        return Outcome.NOT_LINKED
    push_id = None if has_contacts(app) else told.pop("pushId", None)
    if push_id and len(rows) > 1:
        raise Unusable("pushId is one device's.")
    for row in rows:
        row.customer = customer
        if isinstance(row, Contact):
            row.profile = checked_attributes({**row.profile, **told})
            row.save(update_fields=["customer", "profile"])
        else:
            # Without a user the record takes the links as they are, devices' own ones too.
            row.is_link_sure = row.is_link_sure or bool(named.user)
            row.attributes = checked_attributes({**row.attributes, **told})
            _tell(row, push_id)
    return Outcome.DONE


def _delete(app: App, organization: Organization, records: dict[int, Record]) -> Outcomes:
    outcomes = {}
    for index, row in records.items():
        try:
            named, told = _read(app, row)
            if "deviceId" in told:
                raise Unusable("The app has no devices.")
        except Unusable:
            outcomes[index] = Outcome.INVALID
            continue
        # The documented address of a device has the customer's ID or the user's.
        whose = Q(customer__customer_id=row.customer_id) | Q(
            **{user_field(app): row.customer_id}
        )
        rows = list(_named(app, named).filter(whose))
        for profile in rows:
            if isinstance(profile, Device):
                forget_device(device=profile)
            else:
                profile.delete()
        outcomes[index] = Outcome.DONE if rows else Outcome.NO_APP_PROFILE
    return outcomes


def _named(app: App, named: Named) -> "QuerySet[Any]":
    rows = app_profiles(app)
    if named.user:
        rows = rows.filter(**{user_field(app): named.user})
    if named.device_id and not has_contacts(app):
        rows = rows.filter(device_id=named.device_id)
    return rows


def _read(app: App, row: Record) -> tuple[Named, dict[str, Any]]:
    """Return whom a record names and what else it tells; raises ``Unusable``."""
    told = {name: value for name, value in row.attributes.items() if name not in COMPUTED}
    kind = registry.get(app.channel_type)
    channel = row.attributes.get("channel")
    words = (
        (kind.channel, *kind.request.names) if kind.request else (kind.channel, "appmessaging")
    )
    if channel and channel not in words:
        raise Unusable("channel is another app's.")
    user = next((found for name in _user_words(app) if (found := told.pop(name, None))), "")
    device_id = "" if kind.request else told.pop("deviceId", "") or ""
    if not isinstance(user, str) or not isinstance(device_id, str):
        raise Unusable("Names are texts.")
    return Named(user, device_id), told
