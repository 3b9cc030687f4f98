"""Registrations that another one ends: one device per user, one user per phone.

A device whose registration was ended is told why on its downlink, disconnected, and refused
with the same word until it registers again, which is a decision of its user: a device that
did so by itself would end the other one, and so on for ever.
"""

import uuid
from collections.abc import Iterable

import msgspec
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.rtm.broker import link
from imiconnect.rtm.connect.kick import kick
from imiconnect.rtm.models import Device
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.sealing import sealer

#: Systems on which one device may be several users', where the app allows it.
PHONES = frozenset({"ios", "android"})
#: The ``payload_type`` by which a device hears of it; new here.
EVENT = "registrationEnded"
_encode = msgspec.json.Encoder().encode
#: In the order of the names: two who want the same ones never wait for each other.
_HOLD = """SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (name, place) ORDER BY place"""


class Ending(models.TextChoices):
    """What has ended a registration; the words are those that devices read as ``reason``."""

    REPLACED = "replaced", _("The user has registered another device")
    TAKEN = "taken", _("Another user has registered on the device")
    #: Still registered, and pushed to; another user of the phone gets messages in-app.
    INACTIVE = "inactive", _("Another user is active on the device")


_SENTENCES = {
    Ending.REPLACED: "Another device of this user has registered; the app allows one per user.",
    Ending.TAKEN: "Another user has registered on this device.",
    Ending.INACTIVE: "Another user of this device is the active one. Register to change that.",
}


class Ended(LookupError):
    """The device's registration was ended; ``reason`` and ``sentence`` say why."""

    def __init__(self, reason: str) -> None:
        """Find the sentence."""
        super().__init__(reason)
        self.reason = reason
        self.sentence = sentence_of(reason)


def sentence_of(reason: str) -> str:
    """Return what a device is told of an ending."""
    return _SENTENCES[Ending(reason)]


def hold(*, app: App, user_id: str, device_id: str, platform: str) -> None:
    """Let registrations that may end one another come one after the other.

    Two that do not see each other's rows would both stay, and of two with one name the later
    would fail. The locks end with the transaction.
    """
    names = [f"name/{app.pk}/{user_id}/{device_id}"]
    if policy_of(app).single_device_per_user:
        names.append(f"user/{app.pk}/{user_id}")
    if platform.lower() in PHONES:
        names.append(f"device/{app.pk}/{device_id}")
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [sorted(names)])


def endings_by(device: Device) -> Iterable[tuple[Device, Ending]]:
    """Yield the registrations that this one ends, as the app's policy says, each with why."""
    policy = policy_of(device.app)
    rows = Device.objects.filter(app=device.app, unregistered_at__isnull=True)
    rows = rows.exclude(pk=device.pk).order_by("pk")
    if policy.single_device_per_user:
        yield from ((other, Ending.REPLACED) for other in rows.filter(user_id=device.user_id))
    if device.platform in PHONES:
        ending = Ending.INACTIVE if policy.multi_user_per_device else Ending.TAKEN
        yield from ((other, ending) for other in rows.filter(device_id=device.device_id))


def disconnect_later(device: Device, ending: str = "") -> None:
    """End the device's connection once the change is committed, saying why if there is one."""
    app, user_id, device_id = device.app, device.user_id, device.device_id

    def disconnect() -> None:
        if ending:
            _tell(app, user_id, device_id, ending)
        kick(app.app_id, user_id, device_id)

    transaction.on_commit(disconnect)


def _tell(app: App, user_id: str, device_id: str, ending: str) -> None:
    now = iso(timezone.now())
    body = {
        "payload_type": EVENT,
        "tid": str(uuid.uuid4()),
        "appId": app.app_id,
        "userId": user_id,
        "deviceId": device_id,
        "channel": "rt",
        "reason": ending,
        "message": sentence_of(ending),
        "ts": now,
        "created_on": now,
    }
    payload = sealer(app)(user_id, _encode(body))
    link.publish([(topics.downlink(app.app_id, user_id), payload)])
