"""Our own stock of phone numbers."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.numbers.kinds import NumberType
from imiconnect.numbers.models.catalogue import Country


class Place(models.Model):
    """A city, or another place, that numbers of our stock belong to.

    ``folded`` is searched: each of its names behind a vertical bar (``|munich|munchen``).
    """

    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="places")
    name = models.CharField(_("name"), max_length=500)
    folded = models.CharField(max_length=1000, editable=False)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        constraints = [
            models.UniqueConstraint(fields=["country", "name"], name="place_once"),
        ]

    def __str__(self) -> str:
        return self.name


class StockNumber(models.Model):
    """A number of our own ranges; ``national`` is searched, by ``tokens`` under GIN.

    PostgreSQL's wheel has no pg_trgm, so the n-grams are ours; each token also holds country
    and type, so that one index lookup reads only the rows that can be sold here.
    """

    class State(models.TextChoices):
        """Whether it can be sold."""

        AVAILABLE = "available", _("Available")
        SOLD = "sold", _("Sold")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    e164 = models.CharField(_("number"), max_length=16, unique=True)
    national = models.CharField(max_length=15, editable=False)
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="stock")
    number_type = models.CharField(_("type"), max_length=20, choices=NumberType.choices)
    operator = models.CharField(_("operator"), max_length=80, blank=True)
    #: Where numbers like it are, if the metadata says so; ``stock_in_place`` is its index.
    place = models.ForeignKey(
        Place,
        on_delete=models.PROTECT,
        verbose_name=_("place"),
        related_name="stock",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )
    tokens = ArrayField(models.IntegerField(), editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.AVAILABLE
    )
    #: The order that bought it: the carrier's side of "asking twice buys once".
    sold_to = models.UUIDField(_("order"), null=True, blank=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("stock number")
        verbose_name_plural = _("stock")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="sold", sold_to__isnull=False)
                | (~Q(state="sold") & Q(sold_to__isnull=True)),
                name="stock_sold_to_an_order",
            ),
            models.CheckConstraint(
                condition=Q(e164__regex=r"^\+[1-9][0-9]{4,14}$"), name="stock_e164"
            ),
        ]
        indexes = [
            models.Index(
                fields=["country", "number_type", "national"],
                condition=Q(state="available"),
                name="stock_in_order",
            ),
            models.Index(
                fields=["place", "number_type", "national"],
                condition=Q(state="available", place__isnull=False),
                name="stock_in_place",
            ),
            GinIndex(fields=["tokens"], condition=Q(state="available"), name="stock_tokens"),
        ]

    def __str__(self) -> str:
        return self.e164
