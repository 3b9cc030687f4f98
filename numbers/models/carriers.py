"""Our accounts at carriers, which of them carries what, and how fast."""

from typing import Any, ClassVar

from django.core.validators import MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.numbers.models.catalogue import Country
from imiconnect.vault import EncryptedTextField


def _per_second() -> "models.FloatField[float | None, float | None]":
    return models.FloatField(
        _("messages a second"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.001)],
        help_text=_("Empty: no limit. 0.5 is one message in two seconds."),
    )


class CarrierAccount(models.Model):
    """Our account with a carrier; searches ask the active ones in their order.

    ``slug`` names the account, also in the address of its webhooks and on the numbers bought
    there. A second account of a carrier has another name and says the carrier in ``carrier``.
    """

    slug = models.SlugField(_("name of the account"), max_length=30, unique=True)
    carrier = models.SlugField(
        _("carrier"),
        max_length=30,
        blank=True,
        help_text=_("Empty: the account has the carrier's name."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(_("order"), default=1)
    base_url = models.CharField(
        _("base URL"),
        max_length=200,
        blank=True,
        validators=[URLValidator(["https", "http", "smpp", "smpps"])],
        help_text=_("Empty: the carrier's own address."),
    )
    account = models.CharField(_("account"), max_length=100, blank=True)
    secret = EncryptedTextField(_("secret"), blank=True, default="")
    options = models.JSONField(
        _("options"),
        default=dict,
        blank=True,
        help_text=_("What this carrier alone knows, as docs/carriers.md lists it."),
    )
    per_second = _per_second()

    class Meta:
        verbose_name = _("carrier")
        verbose_name_plural = _("carriers")
        ordering: ClassVar[list[str]] = ["position", "slug"]

    def __str__(self) -> str:
        return self.slug

    @property
    def kind(self) -> str:
        """The slug of the carrier that the account is at."""
        return self.carrier or self.slug


class CarrierRoute(models.Model):
    """Which account carries texts or calls to a country from a sender.

    An empty condition fits everything. Of the routes that fit, the one that says more is asked
    first (sender, then country, then kind of sender), then the lower ``position``.
    """

    class Medium(models.TextChoices):
        """What is carried; the value is the name of the channel."""

        SMS = "sms", _("SMS")
        VOICE = "voice", _("Voice")

    class SenderKind(models.TextChoices):
        """What kind of sender a route is for."""

        ALPHANUMERIC = "alphanumeric", _("Alphanumeric Sender ID")
        SHORT_CODE = "short_code", _("Short code")
        PHONE_NUMBER = "phone_number", _("Phone number")

    medium = models.CharField(
        _("carries"), max_length=10, choices=Medium.choices, default=Medium.SMS
    )
    account = models.ForeignKey(
        CarrierAccount,
        on_delete=models.PROTECT,
        related_name="routes",
        verbose_name=_("carrier"),
    )
    country = models.ForeignKey(
        Country,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("to country"),
        help_text=_("Empty: every country."),
    )
    sender_kind = models.CharField(
        _("kind of sender"),
        max_length=20,
        choices=SenderKind.choices,
        blank=True,
        help_text=_("Empty: every kind."),
    )
    sender = models.CharField(
        _("sender"),
        max_length=20,
        blank=True,
        help_text=_("One sender, as it is sent: digits without plus sign, or a name."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=1)
    per_second = _per_second()
    overflows = models.BooleanField(
        _("overflows"),
        default=False,
        help_text=_("At its limit use the next route instead of waiting."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering: ClassVar[list[str]] = ["position", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["medium", "account", "country", "sender_kind", "sender"],
                nulls_distinct=False,
                name="route_once",
                violation_error_message=_("There is such a route of this carrier."),
            ),
            models.CheckConstraint(
                condition=Q(per_second__isnull=True) | Q(per_second__gt=0), name="route_moves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_medium_display()} {self.country_id or '*'} {self.account_id}"


class Throughput(models.Model):
    """A bucket of tokens that all workers share: how many messages may go just now."""

    key = models.CharField(max_length=60, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    class Meta:
        verbose_name = _("throughput")
        verbose_name_plural = _("throughput")
        ordering: ClassVar[list[str]] = ["key"]

    def __str__(self) -> str:
        return self.key
