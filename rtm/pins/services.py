"""Asking for a one-time PIN, and what a right one is worth.

A PIN goes to the mobile number in the profile of the customer whose customer ID is the user ID,
never to one that the device names. Every answer is the same whether there is such a customer
or not. A right PIN proves the user ID on the device that asked: one registration there.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.models import Customer, UserPin
from imiconnect.rtm.models.pins import MOST_WRONG_PINS
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.onboarding import codes
from imiconnect.rtm.telecom.addresses import digits_of
from imiconnect.vault import digest, new_key

MINUTES = 30
#: Documented: a PIN is valid for 30 minutes; so is what a right one is worth.
LIFETIME = dt.timedelta(minutes=MINUTES)
HOUR = dt.timedelta(hours=1)
#: PINs in an hour that one user ID, and one address of the network, may ask for.
MOST_OF_USER, MOST_OF_SOURCE = 5, 30
#: Texts in an hour that the devices of an app, and of an organization, may cause.
MOST_OF_APP, MOST_OF_ORGANIZATION = 1000, 3000
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

    ``source`` is the address of the network that asks. Raises ``TooManyPins``.
    """
    app, key = asker.app, uuid7()
    with connection.cursor() as cursor:
        # One after the other in an organization: limits count what others have just asked.
        cursor.execute(_TURN, [f"user pins of {app.organization_id}"])
    source = salted_hmac("rtm.pins.source", source, algorithm="sha256").hexdigest()
    _check_limits(asker, source, now)
    customer, problem = _addressee(asker)
    code = codes.digest_of(app.pk, asker.name, codes.code_of(key))
    UserPin.objects.create(
        id=key,
        app=app,
        user_id=asker.user_id,
        device_id=asker.device_id,
        customer=customer,
        source=source,
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


def _check_limits(asker: Asker, source: str, now: dt.datetime) -> None:
    hour = UserPin.objects.filter(created_at__gt=now - HOUR)
    sent = hour.filter(customer__isnull=False)
    organization = asker.app.organization_id
    for rows, most in (
        (hour.filter(app=asker.app, user_id=asker.user_id), MOST_OF_USER),
        (hour.filter(app=asker.app, source=source), MOST_OF_SOURCE),
        (sent.filter(app=asker.app), MOST_OF_APP),
        (sent.filter(app__organization=organization), MOST_OF_ORGANIZATION),
    ):
        newest = rows.order_by("-created_at").values_list("created_at", flat=True)[:most]
        found = list(newest)
        if len(found) == most:
            left = found[-1] + HOUR - now
            raise TooManyPins(max(1, int(left.total_seconds())))


def _addressee(asker: Asker) -> tuple[Customer | None, str]:
    """Return the customer who gets the PIN, or why nobody does."""
    customer: Customer | None = Customer.objects.filter(
        organization=asker.app.organization_id, customer_id=asker.user_id
    ).first()
    if customer is None:
        return None, "No customer has the user ID as customer ID."
    if not digits_of(str(customer.attributes.get("msisdn", ""))):
        return None, "The customer's profile has no mobile number."
    return customer, ""
