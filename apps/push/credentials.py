"""What a platform's push service wants of us: as it is kept, and how a page shows it.

Facts: facts/push.md and facts/imiconnect.md, section 7. All of it lies encrypted in
``App.secrets``; ``facts_of`` says what may be seen of it.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from django.db import models
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words


class Platform(models.TextChoices):
    """For which devices a push service is."""

    IOS = "ios", _("iOS")
    ANDROID = "android", _("Android")
    WEB = "web", _("Web push")


class Gateway(models.TextChoices):
    """Which APNs the app's device tokens belong to."""

    PRODUCTION = "production", _("Production: App Store and TestFlight")
    SANDBOX = "sandbox", _("Sandbox: started from Xcode")


class ApnsToken(msgspec.Struct, frozen=True, kw_only=True, tag="apns_token"):
    """A ``.p8`` key of an Apple team; ``key`` is its PEM."""

    key: str
    key_id: str
    team_id: str
    bundle: str
    gateway: str = Gateway.PRODUCTION.value
    name: ClassVar[Words] = _("APNs key (.p8)")
    platforms: ClassVar[tuple[str, ...]] = (Platform.IOS,)


class ApnsCertificate(msgspec.Struct, frozen=True, kw_only=True, tag="apns_certificate"):
    """A certificate for one bundle, with its key; both are PEM."""

    certificate: str
    key: str
    bundle: str
    valid_until: dt.datetime
    gateway: str = Gateway.PRODUCTION.value
    name: ClassVar[Words] = _("APNs certificate (.p12)")
    platforms: ClassVar[tuple[str, ...]] = (Platform.IOS,)


class Fcm(msgspec.Struct, frozen=True, kw_only=True, tag="fcm"):
    """A service account of a Firebase project; ``key`` is its PEM."""

    key: str
    key_id: str
    project_id: str
    client_email: str
    name: ClassVar[Words] = _("Firebase (FCM)")
    platforms: ClassVar[tuple[str, ...]] = (Platform.IOS, Platform.ANDROID)


class WebPush(msgspec.Struct, frozen=True, kw_only=True, tag="web_push"):
    """A VAPID key pair and the site that asks its visitors to subscribe.

    Both keys are base64url without padding: 32 bytes the private, 65 the public.
    """

    key: str
    public_key: str
    site_url: str
    contact: str
    icon_url: str = ""
    name: ClassVar[Words] = _("Web push (VAPID)")
    platforms: ClassVar[tuple[str, ...]] = (Platform.WEB,)


Credentials = ApnsToken | ApnsCertificate | Fcm | WebPush
METHODS: dict[str, type[Credentials]] = {
    "apns_token": ApnsToken,
    "apns_certificate": ApnsCertificate,
    "fcm": Fcm,
    "web_push": WebPush,
}
#: How pages call the fields that may be seen.
LABELS: Mapping[str, Words] = {
    "key_id": _("Key ID"),
    "team_id": _("Team ID"),
    "bundle": _("Bundle ID"),
    "gateway": _("Gateway"),
    "valid_until": _("Valid until"),
    "project_id": _("Project"),
    "client_email": _("Service account"),
    "public_key": _("Public VAPID key"),
    "site_url": _("Site URL"),
    "contact": _("Contact"),
    "icon_url": _("Icon"),
}


def method_of(credentials: Credentials) -> str:
    """Return the word for the kind of credentials."""
    return str(credentials.__struct_config__.tag)


def audience_of(credentials: Credentials | None) -> tuple[str, ...]:
    """Return what the addresses that these credentials reach belong to; empty for none.

    A site's subscriptions are of its public key, tokens of Apple of a bundle at a gateway, and
    tokens of Firebase of a project: whatever else changes, they are the same devices.
    """
    match credentials:
        case WebPush():
            return ("web", credentials.public_key)
        case ApnsToken() | ApnsCertificate():
            return ("apns", credentials.bundle, credentials.gateway)
        case Fcm():
            return ("fcm", credentials.project_id)
    return ()


def facts_of(credentials: Credentials) -> dict[str, Any]:
    """Return what may be seen: no private key, no password."""
    values: dict[str, Any] = msgspec.to_builtins(credentials)
    return {
        "method": method_of(credentials),
        **{name: value for name, value in values.items() if name in LABELS},
    }
