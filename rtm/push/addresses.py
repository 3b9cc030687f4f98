"""Writes and reads of push addresses: registering, linking, quarantine, finding."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.apps.ports import PushDevices
from imiconnect.apps.push.clients.web import read_subscription
from imiconnect.rtm.models import Customer, Device, PushAddress
from imiconnect.vault import digest

Platform = PushAddress.Platform
#: How long a dead address is kept, so that people can see why nothing arrives.
QUARANTINE = dt.timedelta(days=7)
MAX_TOKEN = 4096
#: Reasons that may be the credentials' fault: another gateway, bundle, project or service.
MISNAMED = (
    "gone: BadDeviceToken",
    "gone: INVALID_ARGUMENT",
    "foreign: DeviceTokenNotForTopic",
    "foreign: SENDER_ID_MISMATCH",
)
#: A destination's own words for a token, and for which platform each is.
PUSH_IDS = {
    "pushid": "",
    "ios_pushid": Platform.IOS.value,
    "android_pushid": Platform.ANDROID.value,
    "chrome_pushid": Platform.WEB.value,
    "firefox_pushid": Platform.WEB.value,
    "safari_pushid": Platform.WEB.value,
}


class BadAddress(ValueError):
    """A token or subscription cannot be one; the text says why."""


def platform_of(device_platform: str, token: str) -> str:
    """Return the push platform of a device by what it runs on and what its token looks like."""
    if token.lstrip().startswith("{"):
        return str(Platform.WEB.value)
    known = {Platform.IOS.value, Platform.ANDROID.value}
    return device_platform if device_platform in known else ""


def _read(platform: str, token: str) -> tuple[str, str]:
    """Return an address as it is kept, and its digest; raises ``BadAddress``."""
    if platform == Platform.WEB:
        try:
            found = read_subscription(token)
        except ValueError as error:
            raise BadAddress(str(error)) from None
        return msgspec.json.encode(found).decode(), digest(found.endpoint)
    if not token.isascii() or not token.isprintable() or len(token) > MAX_TOKEN or " " in token:
        raise BadAddress("It is no push token.")
    if platform == Platform.IOS:
        bare = token.lower()
        token = bare if all(c in "0123456789abcdef" for c in bare) else token
    return token, digest(token)


@transaction.atomic
def remember(*, device: Device, token: str) -> PushAddress | None:
    """Keep the address that a device tells; its others end, and so do others' with the same.

    Returns None for a device that is neither a phone nor a browser with a subscription; raises
    ``BadAddress``.
    """
    platform = platform_of(device.platform, token)
    if not platform:
        return None
    address, hexed = _read(platform, token)
    same = PushAddress.objects.filter(app=device.app_id, digest=hexed)
    if policy_of(device.app).multi_user_per_device:
        same = same.filter(Q(device__isnull=True) | Q(device=device))
    same.exclude(device=device).delete()
    PushAddress.objects.filter(device=device).exclude(digest=hexed).delete()
    return _upsert(device.app, hexed, device, platform=platform, address=address)


@transaction.atomic
def subscribe(
    *, app: App, subscription: Any, device: Device | None = None, replaces: str = ""
) -> PushAddress:
    """Keep a browser's subscription; without a device it has no profile and no contact.

    ``replaces`` is the endpoint of one that the browser has given up for it. Raises
    ``BadAddress``.
    """
    if not isinstance(subscription, str):
        subscription = msgspec.json.encode(subscription).decode()
    if replaces:
        PushAddress.objects.filter(app=app, digest=digest(replaces)).delete()
    if device is not None:
        found = remember(device=device, token=subscription)
        if found is None:
            raise BadAddress("It is no push subscription.")
        return found
    address, hexed = _read(Platform.WEB, subscription)
    known = PushAddress.objects.filter(app=app, digest=hexed, device__isnull=False).first()
    if known is not None:
        return _upsert(app, hexed, known.device, platform=Platform.WEB, address=address)
    return _upsert(app, hexed, None, platform=Platform.WEB, address=address)


def _upsert(app: App, hexed: str, device: Device | None, **fields: str) -> PushAddress:
    made: PushAddress
    alive = {"quarantined_at": None, "reason": "", "registered_at": timezone.now()}
    made, _new = PushAddress.objects.update_or_create(
        app=app, digest=hexed, device=device, defaults={**fields, **alive}
    )
    return made


@transaction.atomic
def link(*, address: PushAddress, customer_id: str) -> PushAddress:
    """Link a subscription to a customer of the organization; empty unlinks it."""
    customer = None
    if customer_id:
        customer = Customer.objects.filter(
            organization=address.app.organization_id, customer_id=customer_id
        ).first()
        if customer is None:
            raise LookupError(customer_id)
    address.customer = customer
    address.save(update_fields=["customer"])
    return address


def forget(*, app: App, push_id: uuid.UUID, endpoint: str) -> bool:
    """Delete a subscription; knowing its endpoint is what proves whose it is."""
    rows = PushAddress.objects.filter(app=app, pk=push_id, digest=digest(endpoint))
    return bool(rows.delete()[0])


def forget_of(device: Device) -> None:
    """Delete the addresses of a device."""
    PushAddress.objects.filter(device=device).delete()


def quarantine(dead: Sequence[tuple[uuid.UUID, str, dt.datetime | None]]) -> None:
    """Send nothing more to addresses, each with the reason and the moment of its end.

    One that registered again after that moment stays.
    """
    now = timezone.now()
    for key, reason, since in dead:
        rows = PushAddress.objects.filter(pk=key, quarantined_at__isnull=True)
        if since is not None:
            rows = rows.filter(registered_at__lte=since)
        rows.update(quarantined_at=now, reason=reason[:200])


def change_audience(app: App, platform: str) -> None:
    """Hear that a platform is pushed to with other keys, or for another bundle or project.

    A site's subscriptions end, which were made with its keys. Phones that were refused for what
    the credentials named are tried again.
    """
    rows = PushAddress.objects.filter(app=app, platform=platform)
    if platform == Platform.WEB:
        alive = rows.filter(quarantined_at__isnull=True)
        alive.update(quarantined_at=timezone.now(), reason="gone: other keys")
    else:
        rows.filter(reason__in=MISNAMED).update(quarantined_at=None, reason="")


def delete_dead(now: dt.datetime) -> int:
    """Delete what has been in quarantine for long enough."""
    rows = PushAddress.objects.filter(quarantined_at__lt=now - QUARANTINE)
    return int(rows.delete()[0])


def counted(app: App) -> dict[str, PushDevices]:
    """Return how many addresses of each platform are alive, and in quarantine."""
    rows = PushAddress.objects.filter(app=app).values("platform")
    dead = Count("pk", filter=Q(quarantined_at__isnull=False))
    return {
        row["platform"]: PushDevices(row["all"] - row["dead"], row["dead"])
        for row in rows.annotate(all=Count("pk"), dead=dead)
    }


Wanted = tuple[uuid.UUID, str, str]


def find(wanted: Iterable[Wanted]) -> dict[Wanted, list[PushAddress]]:
    """Return the live addresses behind (app key, kind of id, id), at once for a batch."""
    by_kind: dict[str, set[Wanted]] = defaultdict(set)
    for item in wanted:
        by_kind["pushid" if item[1] in PUSH_IDS else item[1]].add(item)
    found: dict[Wanted, list[PushAddress]] = defaultdict(list)
    for kind, items in by_kind.items():
        apps = {app for app, _, _ in items}
        rows = PushAddress.objects.filter(
            _having(kind, {name for _, _, name in items}),
            app__in=apps,
            quarantined_at__isnull=True,
        ).select_related("device", "customer", "device__customer")
        for row in rows:
            for item in items:
                if item[0] == row.app_id and item[2] in _names(kind, row):
                    found[item].append(row)
    return found


def _having(kind: str, names: set[str]) -> Q:
    if kind == "customerid":
        return Q(customer__customer_id__in=names) | Q(device__customer__customer_id__in=names)
    if kind == "deviceid":
        return Q(device__device_id__in=names)
    if kind == "pushid":
        keys = [name for name in names if _is_uuid(name)]
        return Q(pk__in=keys) | Q(digest__in=names)
    return Q(device__user_id__in=names)


def _names(kind: str, row: PushAddress) -> set[str]:
    if kind == "customerid":
        known = (row.customer, row.device.customer if row.device else None)
        return {customer.customer_id for customer in known if customer}
    if kind == "pushid":
        return {str(row.pk), row.digest}
    if row.device is None:
        return set()
    return {row.device.device_id if kind == "deviceid" else row.device.user_id}


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
