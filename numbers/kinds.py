"""The vocabulary of numbers: kinds, types, states, and which state may follow which."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What sort of number a row is."""

    SHORT_CODE = "short_code", _("Short Code")
    PHONE_NUMBER = "phone_number", _("Phone Number")
    SENDER_ID = "sender_id", _("Sender ID")
    KEYWORD = "keyword", _("Keyword")


class NumberType(models.TextChoices):
    """What a phone number is sold as; ``voice`` and ``sms`` of its rate say what it can do."""

    MULTI_FUNCTION = "multi_function", _("Multi-Function")
    LANDLINE = "landline", _("Landline")
    MOBILE = "mobile", _("Mobile")
    TOLLFREE = "tollfree", _("Tollfree")


class State(models.TextChoices):
    """Where a number stands between its request and its release."""

    PENDING = "pending", _("Pending")
    VERIFYING = "verifying", _("Verifying")
    ACTIVE = "active", _("Active")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    RELEASING = "releasing", _("Releasing")
    RELEASED = "released", _("Released")


#: States in which nobody else can have the same number.
LIVE = (State.PENDING, State.VERIFYING, State.ACTIVE, State.RELEASING)

#: Which state may follow which; what is not here cannot happen.
NEXT: dict[str, frozenset[str]] = {
    State.PENDING: frozenset({State.VERIFYING, State.ACTIVE, State.REJECTED, State.WITHDRAWN}),
    State.VERIFYING: frozenset({State.ACTIVE, State.REJECTED, State.WITHDRAWN}),
    State.ACTIVE: frozenset({State.RELEASING}),
    State.RELEASING: frozenset({State.ACTIVE, State.RELEASED}),
    State.REJECTED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.RELEASED: frozenset(),
}


class AddressRule(models.TextChoices):
    """Which address a country asks of the owner of a number (the catalogue's words)."""

    NONE = "none", _("None")
    ANY = "any", _("Any address")
    LOCAL = "local", _("Local address")
    FOREIGN = "foreign", _("Foreign address")
    UNKNOWN = "", _("Not known: any address")


class OrderState(models.TextChoices):
    """How far the purchase of a phone number has come."""

    PLACED = "placed", _("Placed")
    BUYING = "buying", _("Being bought")
    COMPLETED = "completed", _("Completed")
    REFUSED = "refused", _("Refused")


#: An order in ``buying`` may be taken up again after a crash, so it follows itself.
ORDER_NEXT: dict[str, frozenset[str]] = {
    OrderState.PLACED: frozenset({OrderState.BUYING}),
    OrderState.BUYING: frozenset({OrderState.BUYING, OrderState.COMPLETED, OrderState.REFUSED}),
    OrderState.COMPLETED: frozenset(),
    OrderState.REFUSED: frozenset(),
}


class Match(models.TextChoices):
    """Where in the number the preferred digits stand."""

    ANYWHERE = "anywhere", _("Anywhere in the number")
    START = "start", _("At the start")
    END = "end", _("At the end")


class Choice(models.TextChoices):
    """How a short code is chosen."""

    VANITY = "vanity", _("Vanity")
    RANDOM = "random", _("Random")
