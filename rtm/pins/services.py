"""Asking for a one-time PIN, and what a right one is worth.

A PIN goes to the mobile number in the master profile of the user's customer, never to one that
the device names. That is the customer with whom the organization has linked the user, or
another PIN; without such a link, the one whose customer ID is the user ID. A link that only a
device has made tells nothing. Every answer is the same whether there is such a customer or
not. A right PIN proves the user ID on the device that asked: one registration there.

Whoever knows a user ID can ask for its PINs. So one address of the network may ask for a few
only, which leaves the rest of the hour to others, and a device that has proved the user ID
before has an allowance that nobody else can use up.
"""

import datetime as dt
import ipaddress
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.models import Customer, Device, UserPin
from imiconnect.rtm.models.pins import MOST_WRONG_PINS
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.onboarding import codes
from imiconnect.rtm.telecom.addresses import digits_of
from imiconnect.vault import digest, new_key

MINUTES = 30
#: Documented: a PIN is valid for 30 minutes; so is what a right one is worth.
LIFETIME = dt.timedelta(minutes=MINUTES)
HOUR = dt.timedelta(hours=1)
#: PINs in an hour for a user ID on a device that has proved it before.
MOST_OF_KNOWN_DEVICE = 5
#: Those on other devices: asked for from one address of the network, and from all together.
MOST_OF_STRANGER, MOST_OF_STRANGERS = 3, 9
#: PINs in an hour, for whomever, that one address of the network may ask for.
MOST_OF_SOURCE = 30
#: Texts in an hour that the devices of an app, and of an organization, may cause.
MOST_OF_APP, MOST_OF_ORGANIZATION = 1000, 3000
#: An address of IPv6 is one of so many that one connection has.
_PREFIX_V6 = 64
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class WrongPin(ValueError):
    """The PIN is not the one that was sent, or that is over; which, nobody is told."""


class TooManyPins(ValueError):
    """Too many PINs were asked for; ``wait`` is in seconds."""

    def __init__(self, wait: int) -> None:
        """Keep how long to wait."""
        super().__init__(f"Too many PINs were asked for. Try again in {wait} s.")
        self.wait = wait


class NotProved(ValueError):
    """A user ID was not proved by a PIN."""


@dataclass(frozen=True)
class Asker:
    """A device that wants to be a user's."""

    app: App
    user_id: str
    device_id: str

    @property
    def rows(self) -> "QuerySet[UserPin]":
        """What it has asked for."""
        rows: QuerySet[UserPin] = UserPin.objects.filter(
            app=self.app, user_id=self.user_id, device_id=self.device_id
        )
        return rows

    @property
    def name(self) -> str:
        """What a PIN is for: nobody else can use it."""
        return f"{self.user_id}\0{self.device_id}"


@transaction.atomic
def ask_pin(*, asker: Asker, source: str, now: dt.datetime) -> None:
    """Send a PIN to the customer who is the user; the earlier one of the device is over.

    ``source`` is the address of the network that asks. Raises ``TooManyPins`` with the wait
    after which no limit is in the way any more.
    """
    app, key = asker.app, uuid7()
    with connection.cursor() as cursor:
        # One after the other in an organization: limits count what others have just asked.
        cursor.execute(_TURN, [f"user pins of {app.organization_id}"])
    network = _network_of(source)
    source = salted_hmac("rtm.pins.source", network, algorithm="sha256").hexdigest()
    is_known = _has_proved(asker)
    _check_limits(asker, source, now, is_known=is_known)
    customer, problem = _addressee(asker)
    code = codes.digest_of(app.pk, asker.name, codes.code_of(key))
    UserPin.objects.create(
        id=key,
        app=app,
        user_id=asker.user_id,
        device_id=asker.device_id,
        customer=customer,
        source=source,
        is_known=is_known,
        digest=code if customer else codes.no_digest(),
        ends_at=now + LIFETIME,
        problem=problem,
        due_at=now if customer else None,
    )
    transaction.on_commit(lambda: nudge("rules"), robust=True)


def check_pin(*, asker: Asker, pin: str, now: dt.datetime) -> str:
    """Return the proof that a right PIN is worth; raises ``WrongPin``.

    A PIN is good once. Each wrong one counts, also for a user ID that no customer has.
    """
    proof = _checked(asker, codes.typed_code(pin), now)
    if proof is None:
        raise WrongPin
    return proof


def take_proof(*, asker: Asker, proof: str, now: dt.datetime) -> Customer:
    """Use up a proof and return the customer whom it names; raises ``NotProved``.

    Call it in the transaction that registers: what is refused there leaves the proof good.
    """
    good = asker.rows.filter(
        proof_digest=digest(proof),
        used_at=None,
        validated_at__gt=now - LIFETIME,
        customer__isnull=False,
    )
    if not proof or not good.update(used_at=now):
        raise NotProved
    row = UserPin.objects.select_related("customer").get(proof_digest=digest(proof))
    customer: Customer | None = row.customer
    if customer is None:
        raise NotProved
    return customer


@transaction.atomic
def _checked(asker: Asker, code: str, now: dt.datetime) -> str | None:
    rows = asker.rows.select_for_update(of=("self",)).order_by("-id")
    row = rows.first()
    if row is None or row.validated_at or row.ends_at <= now or row.wrong >= MOST_WRONG_PINS:
        return None
    if not (code and codes.is_code(row.digest, asker.app.pk, asker.name, code)):
        row.wrong += 1
        row.save(update_fields=["wrong"])
        return None
    proof = new_key()
    row.validated_at, row.proof_digest = now, digest(proof)
    # The PIN has served: it leaves the message log now.
    row.due_at = now if row.transid else row.due_at
    row.save(update_fields=["validated_at", "proof_digest", "due_at"])
    transaction.on_commit(lambda: nudge("rules"), robust=True)
    return proof


def customer_id_of(app: App, user_id: str) -> str:
    """Return the customer ID that the user may be linked with, empty where nobody can say."""
    links = _sure_links(app, user_id)
    if not links:
        return user_id
    known = Customer.objects.filter(pk__in=links).values_list("customer_id", flat=True)
    return str(known[0]) if len(links) == 1 else ""


def _has_proved(asker: Asker) -> bool:
    """Tell whether the device has proved the user ID before.

    Its registration says so as long as there is one; of a device that is another user's now,
    the PIN that it has used, which is kept for 30 days.
    """
    linked = Device.objects.filter(
        app=asker.app, user_id=asker.user_id, device_id=asker.device_id, is_link_sure=True
    )
    return bool(linked.exists() or asker.rows.filter(used_at__isnull=False).exists())


def _network_of(address: str) -> str:
    """Return what stands for one who asks: the address, of IPv6 the network of a connection."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address) or known.ipv4_mapped:
        return address
    return str(ipaddress.ip_network((known, _PREFIX_V6), strict=False))


def _check_limits(asker: Asker, source: str, now: dt.datetime, *, is_known: bool) -> None:
    waits = []
    for rows, most in _limits(asker, source, now, is_known=is_known):
        newest = rows.order_by("-created_at").values_list("created_at", flat=True)[:most]
        found = list(newest)
        if len(found) == most:
            waits.append((found[-1] + HOUR - now).total_seconds())
    if waits:
        raise TooManyPins(max(1, int(max(waits))))


def _limits(
    asker: Asker, source: str, now: dt.datetime, *, is_known: bool
) -> "Iterator[tuple[QuerySet[UserPin], int]]":
    """Yield what was asked for in the last hour, and how much of it there may be."""
    hour = UserPin.objects.filter(created_at__gt=now - HOUR)
    of_user = hour.filter(app=asker.app, user_id=asker.user_id, is_known=is_known)
    if is_known:
        yield of_user.filter(device_id=asker.device_id), MOST_OF_KNOWN_DEVICE
    else:
        yield of_user.filter(source=source), MOST_OF_STRANGER
        yield of_user, MOST_OF_STRANGERS
    sent = hour.filter(customer__isnull=False)
    yield hour.filter(app=asker.app, source=source), MOST_OF_SOURCE
    yield sent.filter(app=asker.app), MOST_OF_APP
    yield sent.filter(app__organization=asker.app.organization_id), MOST_OF_ORGANIZATION


def _sure_links(app: App, user_id: str) -> set[uuid.UUID]:
    """Return whom the user is surely linked with: by registered devices, or by those before."""
    rows = Device.objects.filter(
        app=app, user_id=user_id, is_link_sure=True, customer__isnull=False
    )
    links = list(rows.values_list("customer_id", "unregistered_at"))
    return {key for key, ended in links if ended is None} or {key for key, _ended in links}


def _addressee(asker: Asker) -> tuple[Customer | None, str]:
    """Return the customer who gets the PIN, or why nobody does."""
    links = _sure_links(asker.app, asker.user_id)
    if len(links) > 1:
        return None, "The user's devices are linked with different customers."
    named = {"pk__in": links} if links else {"customer_id": asker.user_id}
    customer: Customer | None = Customer.objects.filter(
        organization=asker.app.organization_id, **named
    ).first()
    if customer is None:
        return None, "No customer is linked with the user ID or has it as customer ID."
    if not digits_of(str(customer.attributes.get("msisdn", ""))):
        return None, "The customer's profile has no mobile number."
    return customer, ""
