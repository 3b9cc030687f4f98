"""The contract of a carrier that sells numbers, and the few outcomes it may tell.

A carrier is a folder with ``carrier.py`` that has a class ``Carrier`` as described here, with
``messenger.py`` as ``messaging.py`` describes it, or with both. Nothing here knows of orders or
organizations; network calls happen outside transactions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words
from imiconnect.numbers.kinds import Match


@dataclass(frozen=True)
class Account:
    """What a carrier needs to know to speak for us.

    ``key`` names the account among ours; ``hooks_url`` is the public address, without a slash
    at its end, below which the carrier's webhooks reach us; ``options`` are the carrier's own.
    """

    base_url: str = ""
    account: str = ""
    secret: str = ""
    key: str = ""
    hooks_url: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Query:
    """A search. ``digits`` holds digits and ``*`` for any one digit; empty means any.

    ``area_code`` is given for the countries of ``numbering.AREAS`` only; ``locality`` is the
    name of a city.
    ``after`` is the E.164 form of the last number that was shown, empty for the first ones.
    """

    country: str
    number_type: str
    digits: str = ""
    match: str = Match.ANYWHERE
    needs_voice: bool = False
    needs_sms: bool = False
    limit: int = 20
    area_code: str = ""
    locality: str = ""
    after: str = ""


@dataclass(frozen=True)
class Offer:
    """A number that can be bought now."""

    e164: str
    carrier: str
    locality: str = ""


@dataclass(frozen=True)
class PostalAddress:
    """The address that goes to a carrier with a purchase."""

    name: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str


class CarrierError(Exception):
    """Something a carrier said; ``retryable`` decides whether an order tries again."""

    retryable = False
    user_message: Words = _("The carrier refused the number.")


class NumberGone(CarrierError):
    """Somebody else has it, or the carrier no longer sells it."""

    user_message = _("This number has just been sold to somebody else. Choose another one.")


class AddressRefused(CarrierError):
    """The carrier does not accept the address or wants documents."""

    user_message = _(
        "The carrier did not accept the address for this number. Send an offline request; "
        "support will tell you which documents are needed."
    )


class CarrierBusy(CarrierError):
    """No answer, too many requests, a fault at the carrier: try again."""

    retryable = True
    user_message = _("The carrier does not answer just now. The order goes on by itself.")


class CarrierMisconfigured(CarrierError):
    """Our own account there does not work; support has to look."""

    retryable = True
    user_message = _("Numbers of this carrier cannot be bought just now. Support is told.")


class Carrier(Protocol):
    """What every carrier can do."""

    slug: str
    name: Words

    def __init__(self, account: Account) -> None:
        """Keep the account; opens no connection."""

    def search(self, query: Query) -> Sequence[Offer]:
        """Return numbers for sale above ``after``, lowest first; raises ``CarrierError``."""

    def cities(
        self, country: str, number_type: str = "", like: str = "", limit: int = 8
    ) -> Sequence[str]:
        """Return names of cities in which it has numbers of the type, or of any type.

        Those most like ``like`` come first. Empty where it does not know, without asking a
        network; never raises.
        """

    def offers(self, e164: str, number_type: str) -> bool:
        """Tell whether this number is for sale as this type; raises ``CarrierError``."""

    def buy(self, e164: str, key: str, address: PostalAddress | None) -> str:
        """Buy and return the carrier's reference.

        The same ``key`` again returns the same reference and buys nothing. Raises
        ``NumberGone``, ``AddressRefused``, ``CarrierBusy`` or ``CarrierMisconfigured``.
        """

    def release(self, e164: str, reference: str) -> None:
        """Give the number back; one that is no longer ours is no error."""
