"""Buying a phone number: reservation, order, address, charge, and the line that is got."""

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization, User
from imiconnect.identity import Identified, reference_of
from imiconnect.numbers.kinds import NumberType, OrderState
from imiconnect.numbers.models.catalogue import Country
from imiconnect.numbers.models.number import Number
from imiconnect.numbers.querysets import OwnedQuerySet

#: How long a number is kept for the one who is about to buy it.
RESERVED_FOR = dt.timedelta(minutes=10)


class Address(Identified):
    """An address that a country asks for, kept to be used again."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="addresses"
    )
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name of the person or company"), max_length=100)
    street = models.CharField(_("street and number"), max_length=200)
    city = models.CharField(_("city"), max_length=100)
    region = models.CharField(_("region or state"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[OwnedQuerySet] = OwnedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        parts = (self.name, self.street, self.postal_code, self.city, self.region)
        return ", ".join(part for part in (*parts, self.country.name) if part)


class Reservation(models.Model):
    """A number kept for a person who is about to buy it; one row per number, ever."""

    e164 = models.CharField(max_length=16, primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    #: Who of it is about to buy; anybody of it where that is not known.
    kept_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    carrier = models.SlugField(max_length=30)
    #: As what it was offered: it decides the price.
    number_type = models.CharField(max_length=20, choices=NumberType.choices)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")

    def __str__(self) -> str:
        return self.e164


class NumberOrder(Identified):
    """One purchase; its key is what the carrier is told, so that asking twice buys once."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="number_orders"
    )
    number = models.OneToOneField(Number, on_delete=models.PROTECT, related_name="order")
    carrier = models.SlugField(_("carrier"), max_length=30)
    number_type = models.CharField(_("type"), max_length=20, choices=NumberType.choices)
    address = models.ForeignKey(
        Address, on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    monthly_rental = models.DecimalField(max_digits=12, decimal_places=5)
    inbound_voice = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    inbound_sms = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    currency = models.CharField(max_length=3)
    #: The run of the wizard or the Idempotency-Key: the same one again is the same order.
    idempotency_key = models.CharField(max_length=100)
    state = models.CharField(
        _("state"), max_length=10, choices=OrderState.choices, default=OrderState.PLACED
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Nobody else takes the order up before this moment.
    next_attempt_at = models.DateTimeField()
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[OwnedQuerySet] = OwnedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "idempotency_key"], name="order_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=[OrderState.PLACED, OrderState.BUYING]),
                name="order_open",
            )
        ]

    def __str__(self) -> str:
        return reference_of("N", self.pk)


class PhoneLine(models.Model):
    """What only a phone number has: its carrier, and where calls and messages go."""

    number = models.OneToOneField(
        Number, on_delete=models.CASCADE, primary_key=True, related_name="line"
    )
    carrier = models.SlugField(_("carrier"), max_length=30)
    carrier_reference = models.CharField(_("carrier's reference"), max_length=80)
    inbound_voice = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    inbound_sms = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    incoming_call_url = models.URLField(_("incoming-call URL"), max_length=500, blank=True)
    incoming_sms_url = models.URLField(_("incoming-SMS URL"), max_length=500, blank=True)
    bought_at = models.DateTimeField()

    class Meta:
        verbose_name = _("phone line")
        verbose_name_plural = _("phone lines")

    def __str__(self) -> str:
        return str(self.number_id)


class Charge(Identified):
    """A month's rent; the database refuses to count the same month of a number twice."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="charges"
    )
    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="charges")
    month = models.DateField(_("month"))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=5)
    currency = models.CharField(_("currency"), max_length=3)

    objects: ClassVar[OwnedQuerySet] = OwnedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering: ClassVar[list[str]] = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["number", "month"], name="charge_once_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="charge_month_is_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
