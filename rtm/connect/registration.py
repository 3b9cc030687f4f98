"""Writes of devices: registering, tokens, who uses them and which customer that is.

A device is registered by whoever has the app's client key; no person of the console does it,
so nothing of it is in the audit trail.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from imiconnect.apps.attributes import kept, merged
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.rtm.connect.endings import (
    Ended,
    Ending,
    disconnect_later,
    endings_by,
    hold,
)
from imiconnect.rtm.connect.presence import ask_for_pending
from imiconnect.rtm.models import Customer, Device, DeviceEvent, OwedMessage
from imiconnect.rtm.push import addresses as push_addresses
from imiconnect.rtm.rules.sources import DeviceNews, news_of, note_devices
from imiconnect.vault import digest, new_key

ACCESS_TOKEN_LIFE = dt.timedelta(days=30)
_GUEST_PREFIX = "guest-"


class UnknownDevice(LookupError):
    """No registered device has this name, or the token is nobody's."""


class NoProfile(LookupError):
    """The app registers only customers who have a master profile, and this one has none."""


@dataclass(frozen=True)
class Registered:
    """A device with the tokens that only its client knows."""

    device: Device
    access_token: str
    refresh_token: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a device tells of itself; empty values change nothing."""

    platform: str = ""
    push_id: str = ""
    attributes: dict[str, Any] | None = None


@dataclass(frozen=True)
class Link:
    """The customer whom a call names for a user.

    ``is_sure`` where it is not the device alone that says so: a one-time PIN, the JWT or the
    organization's server does. Only such a link tells whom a PIN for the user goes to.
    """

    customer_id: str = ""
    is_sure: bool = False


_NO_LINK = Link()


def registered_devices(app: App) -> "QuerySet[Device]":
    """Return the devices of an app that are registered."""
    devices: QuerySet[Device] = Device.objects.filter(app=app, unregistered_at__isnull=True)
    return devices


@transaction.atomic
def register_device(
    *, app: App, user_id: str, device_id: str, profile: Profile, link: Link = _NO_LINK
) -> Registered:
    """Register a device, again where it is registered already; its old tokens end.

    Without a ``user_id`` the user is a guest with an id of the server's making. Raises
    ``NoProfile`` where the app asks for a master profile first: that of the ``link``, or else
    the one whose customer ID is the ``user_id``.
    """
    guest = not user_id
    required = policy_of(app).profile_required
    customer = _customer(app, link.customer_id or (user_id if required else ""))
    user_id = user_id or new_guest_id()
    hold(app=app, user_id=user_id, device_id=device_id, platform=profile.platform)
    device, _ = Device.objects.select_for_update().get_or_create(
        app=app,
        user_id=user_id,
        device_id=device_id,
        defaults={"is_guest": guest},
    )
    device.app = app
    device.unregistered_at = None
    device.ended_by = ""
    _apply(device, profile)
    if customer:
        _link(device, customer, is_sure=link.is_sure)
    registered = _with_new_tokens(device)
    _end_others(device)
    _keep_push(device, profile)
    log_event(device, DeviceEvent.Kind.REGISTER, data=device.attributes)
    transaction.on_commit(lambda: ask_for_pending(app.pk, device.user_id))
    return registered


@transaction.atomic
def unregister_device(*, device: Device, ended_by: str = "") -> None:
    """End a registration: its tokens, and its connection if there is one.

    ``ended_by`` is a word of ``endings.py``; then the device is told, and its refresh token
    stays to find that word by. Raises ``UnknownDevice`` for one that is deleted meanwhile.
    """
    device = _locked(device)
    device.unregistered_at = timezone.now()
    device.ended_by = ended_by
    device.access_token_digest = None
    if not ended_by:
        device.refresh_token_digest = device.former_refresh_digest = None
    device.push_id = ""
    device.save()
    _forget_owed(device)
    push_addresses.forget_of(device)
    log_event(device, DeviceEvent.Kind.UNREGISTER)
    disconnect_later(device, ended_by)


@transaction.atomic
def forget_device(*, device: Device) -> None:
    """Delete all that is known of a device, and end its connection."""
    disconnect_later(device)
    _forget_owed(device)
    device.delete()


@transaction.atomic
def refresh_tokens(
    *, app: App, refresh_token: str, check: Callable[[Device], None] | None = None
) -> Registered:
    """Give new tokens for a refresh token, which works once; raises ``UnknownDevice``.

    ``check`` may raise to refuse the device; then its tokens stay. Raises ``Ended`` for a
    device whose registration another one has ended, also for the token before: a client that
    has lost the answer to its last renewal must not take that for leave to register again.
    """
    hexed = digest(refresh_token)
    rows = Device.objects.select_for_update(of=("self",)).select_related("app")
    named = Q(refresh_token_digest=hexed) | Q(former_refresh_digest=hexed)
    device = rows.filter(named, app=app).first()
    if device is None:
        raise UnknownDevice
    if device.ended_by:
        raise Ended(device.ended_by)
    if device.refresh_token_digest != hexed:
        raise UnknownDevice
    if check:
        check(device)
    return _with_new_tokens(device)


@transaction.atomic
def set_user_id(*, device: Device, user_id: str, link: Link = _NO_LINK) -> Device:
    """Give a device to another user, or to a new guest when ``user_id`` is empty.

    The tokens go with it. The client connects again under its new name. The device becomes the
    customer's whom the ``link`` names. Without one, where the app asks for a master profile
    first, the one whose customer ID is the ``user_id`` becomes the device's; without that the
    device stays its customer's, or, as nobody's, raises ``NoProfile``. Raises
    ``UnknownDevice`` for one that is deleted meanwhile, as by another one that gets its name.
    """
    target = user_id or new_guest_id()
    # Before any row is locked: a registration locks in this order, too.
    hold(app=device.app, user_id=target, device_id=device.device_id, platform=device.platform)
    name = Q(app=device.app_id, user_id=target, device_id=device.device_id)
    device, others = _locked_with(device, name)
    if target == device.user_id:
        if link.customer_id:
            _link(device, _customer(device.app, link.customer_id), is_sure=link.is_sure)
            device.save(update_fields=["customer", "is_link_sure"])
        return device
    # A link that was sure was so of the user before.
    device.is_link_sure = False
    if link.customer_id:
        _link(device, _customer(device.app, link.customer_id), is_sure=link.is_sure)
    elif user_id and policy_of(device.app).profile_required:
        device.customer = _customer_of_user(device, user_id)
    disconnect_later(device)
    # The other user may have had this device before: that row gives way.
    for other in others:
        other.delete()
    device.user_id = target
    device.is_guest = not user_id
    device.is_connected = False
    device.away_since = None
    device.save()
    _forget_owed(device)
    _end_others(device)
    app_pk = device.app_id
    transaction.on_commit(lambda: ask_for_pending(app_pk, target))
    return device


@transaction.atomic
def set_customer_id(*, device: Device, link: Link) -> Device:
    """Link a device to the customer of this id; an empty one unlinks.

    A customer that is not there is made, unless the app asks for a master profile first; then
    this raises ``NoProfile``. Raises ``UnknownDevice`` for a device that is deleted meanwhile.
    """
    device = _locked(device)
    customer = _customer(device.app, link.customer_id) if link.customer_id else None
    _link(device, customer, is_sure=link.is_sure)
    device.save(update_fields=["customer", "is_link_sure"])
    return device


@transaction.atomic
def update_profile(*, device: Device, profile: Profile) -> Device:
    """Merge what a device tells of itself into what is known.

    Raises ``UnknownDevice`` for a device that is deleted meanwhile.
    """
    device = _locked(device)
    before = dict(device.attributes)
    _apply(device, profile)
    device.save()
    _keep_push(device, profile)
    changed = {
        name: value for name, value in device.attributes.items() if before.get(name) != value
    }
    if changed:
        note_devices([news_of(device, {**changed, "event": "profile"}, before=before)])
    return device


def _forget_owed(device: Device) -> None:
    """Forget what a device has not had of messages that others of its user have."""
    OwedMessage.objects.filter(device_id=device.pk).delete()


def new_guest_id() -> str:
    """Return a fresh user id for somebody unknown."""
    return f"{_GUEST_PREFIX}{uuid.uuid4().hex}"


def _locked(device: Device) -> Device:
    """Lock a device's row; raises ``UnknownDevice`` when it is there no more."""
    return _locked_with(device, Q())[0]


def _locked_with(device: Device, others: Q) -> tuple[Device, list[Device]]:
    """Lock a device's row and others, in one order for everybody: nobody waits in a circle."""
    rows = Device.objects.select_for_update(of=("self",)).select_related("app")
    wanted = rows.filter(Q(pk=device.pk) | others).order_by("pk")
    found = {row.pk: row for row in wanted}
    own = found.pop(device.pk, None)
    if own is None:
        raise UnknownDevice
    return own, list(found.values())


def _apply(device: Device, profile: Profile) -> None:
    device.last_seen_at = timezone.now()
    if profile.platform:
        device.platform = profile.platform.lower()
    if profile.push_id:
        if len(profile.push_id) > push_addresses.MAX_TOKEN:
            raise push_addresses.BadAddress("It is no push token.")
        device.push_id = profile.push_id
    if profile.attributes:
        told = kept(profile.attributes, policy_of(device.app).device_attributes)
        device.attributes = merged(device.attributes, told)


def _keep_push(device: Device, profile: Profile) -> None:
    if profile.push_id:
        push_addresses.remember(device=device, token=profile.push_id)


def _end_others(device: Device) -> None:
    """End the registrations that this one replaces, as the app's policy says."""
    for other, ending in endings_by(device):
        # One that is deleted meanwhile has ended, too.
        with suppress(UnknownDevice):
            if ending == Ending.INACTIVE:
                _silence(device=other)
            else:
                unregister_device(device=other, ended_by=ending.value)


def _silence(*, device: Device) -> None:
    """End a user's connection and tokens on a device that they share; push stays."""
    device = _locked(device)
    if device.ended_by == Ending.INACTIVE:
        return
    device.access_token_digest = None
    device.ended_by = Ending.INACTIVE.value
    device.save()
    disconnect_later(device, device.ended_by)


def log_event(
    device: Device,
    kind: DeviceEvent.Kind,
    name: str = "",
    data: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
) -> DeviceEvent:
    """Write that something happened to a device, for the timeline of its customer.

    Rules hear of it too; ``before`` are the attributes as they were.
    """
    event = event_of(device, kind, name, data)
    event.save()
    note_devices([news_of_event(event, device, before or {})])
    return event


def event_of(
    device: Device, kind: DeviceEvent.Kind, name: str = "", data: dict[str, Any] | None = None
) -> DeviceEvent:
    """Return an event of a device that is not written yet."""
    return DeviceEvent(
        app_id=device.app_id,
        device=device,
        customer_id=device.customer_id,
        user_id=device.user_id,
        device_name=device.device_id,
        kind=kind,
        name=name,
        data=data or {},
    )


def news_of_event(event: DeviceEvent, device: Device, before: dict[str, Any]) -> DeviceNews:
    """Return an event as rules hear of it."""
    told = {**event.data, "event": str(event.kind), "name": event.name}
    return news_of(device, told, before=before, id=event.pk)


def _link(device: Device, customer: Customer | None, *, is_sure: bool) -> None:
    """Link a device; what was sure of the same customer stays so, whoever repeats it."""
    same = customer is not None and device.customer_id == customer.pk
    device.is_link_sure = customer is not None and (is_sure or (same and device.is_link_sure))
    device.customer = customer


def _with_new_tokens(device: Device) -> Registered:
    access, refresh = new_key(), new_key()
    device.former_refresh_digest = device.refresh_token_digest
    device.access_token_digest, device.refresh_token_digest = digest(access), digest(refresh)
    device.token_expires_at = timezone.now() + ACCESS_TOKEN_LIFE
    device.save()
    return Registered(device, access, refresh)


def _customer_of_user(device: Device, user_id: str) -> Customer | None:
    try:
        return _customer(device.app, user_id)
    except NoProfile:
        if device.customer_id is None:
            raise
        return device.customer


def _customer(app: App, customer_id: str) -> Customer | None:
    """Return the customer of an id, made where the app allows it; None without an id."""
    if policy_of(app).profile_required:
        known = Customer.objects.filter(
            organization_id=app.organization_id, customer_id=customer_id
        ).first()
        if known is None:
            raise NoProfile
        return known  # type: ignore[no-any-return]  # the manager is not typed
    if not customer_id:
        return None
    made, _ = Customer.objects.get_or_create(
        organization_id=app.organization_id, customer_id=customer_id
    )
    return made
