"""What is known of each country: rates, SMS rules, short code formats. Support edits it."""

import datetime as dt
from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.numbers.kinds import AddressRule, NumberType

#: What people call a country who do not use its ISO code, by that code.
CALLED = {"AE": "UAE", "GB": "UK", "US": "USA"}


class Country(models.Model):
    """A country or territory, by its ISO 3166-1 code (XK for Kosovo)."""

    iso2 = models.CharField(_("ISO code"), max_length=2, primary_key=True)
    name = models.CharField(_("name"), max_length=80)
    calling_code = models.CharField(_("calling code"), max_length=4, blank=True)

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def codes(self) -> list[str]:
        """What stands for its name: the ISO code, what people use in its place, +44."""
        code = f"+{self.calling_code}" if self.calling_code else ""
        return [word for word in (self.iso2, CALLED.get(self.iso2), code) if word]

    @property
    def flag(self) -> str:
        """The flag as two regional indicator letters (Unicode, annex to UTS 51)."""
        return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in self.iso2)


class Sourced(models.Model):
    """A row of reference data: where it comes from and when it was checked."""

    source = models.TextField(_("source"), blank=True)
    checked_on = models.DateField(_("checked"), default=dt.date.today)

    class Meta:
        abstract = True


def _rate(label: object) -> "models.DecimalField[Decimal | None, Decimal | None]":
    return models.DecimalField(
        label,  # type: ignore[arg-type]  # a lazy string
        max_digits=12,
        decimal_places=5,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Empty means on request, never free."),
    )


class RateCard(Sourced):
    """What a type of number costs in a country and what it can do; amounts before tax."""

    country = models.ForeignKey(Country, on_delete=models.CASCADE, related_name="rates")
    number_type = models.CharField(_("type"), max_length=20, choices=NumberType.choices)
    voice = models.BooleanField(_("voice"))
    sms = models.BooleanField(_("SMS"))
    address_requirement = models.CharField(
        _("address"), max_length=10, choices=AddressRule.choices, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    monthly_rental = _rate(_("monthly rental"))
    inbound_voice = _rate(_("inbound voice, per minute"))
    inbound_sms = _rate(_("inbound SMS"))
    outbound_sms = _rate(_("outbound SMS, from"))

    class Meta:
        verbose_name = _("rate")
        verbose_name_plural = _("rate card")
        constraints = [
            models.UniqueConstraint(fields=["country", "number_type"], name="rate_once"),
            models.CheckConstraint(
                condition=Q(voice=True) | Q(sms=True), name="rate_can_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country_id} {self.get_number_type_display()}"

    @property
    def can_be_bought(self) -> bool:
        """Whether the price is known; an unknown one leads to the offline request."""
        return self.monthly_rental is not None

    @property
    def needs_address(self) -> bool:
        """Whether the address form is shown; also where the rule is not known."""
        return self.address_requirement != AddressRule.NONE


class SmsRestriction(Sourced):
    """What a country allows and forbids for SMS and Sender IDs."""

    class Alphanumeric(models.TextChoices):
        """Whether a name may be the sender."""

        SUPPORTED = "supported", _("Supported")
        PREREGISTRATION = "preregistration", _("Preregistration")
        NOT_SUPPORTED = "not_supported", _("Not supported")
        UNKNOWN = "unknown", _("Unknown")

    class Numeric(models.TextChoices):
        """How a numeric sender fares."""

        SUPPORTED = "supported", _("Supported")
        OVERWRITTEN = "overwritten", _("Overwritten on the way")
        NOT_SUPPORTED = "not_supported", _("Not supported")
        UNKNOWN = "unknown", _("Unknown")

    class Known(models.TextChoices):
        """A fact that may not be known."""

        YES = "yes", _("Yes")
        NO = "no", _("No")
        UNKNOWN = "unknown", _("Unknown")

    country = models.OneToOneField(
        Country, on_delete=models.CASCADE, related_name="sms_restriction"
    )
    alphanumeric_sender_id = models.CharField(
        _("alphanumeric Sender ID"), max_length=20, choices=Alphanumeric.choices
    )
    numeric_sender = models.CharField(
        _("numeric sender"), max_length=20, choices=Numeric.choices
    )
    two_way_sms = models.CharField(_("two-way SMS"), max_length=10, choices=Known.choices)
    short_code_available = models.CharField(
        _("short codes"), max_length=10, choices=Known.choices
    )
    quiet_hours = models.TextField(_("quiet hours"), blank=True)
    other_content_restrictions = models.TextField(_("other restrictions"), blank=True)

    class Meta:
        verbose_name = _("SMS restriction")
        verbose_name_plural = _("SMS restrictions")

    def __str__(self) -> str:
        return str(self.country)


class ShortCodeFormat(Sourced):
    """Which lengths short codes have in a country, beside 5 and 7 digits."""

    country = models.OneToOneField(
        Country, on_delete=models.CASCADE, related_name="short_code_format"
    )
    lengths = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("lengths"))
    dedicated_available = models.CharField(
        _("dedicated codes"), max_length=10, choices=SmsRestriction.Known.choices
    )
    shared_available = models.CharField(
        _("shared codes"), max_length=10, choices=SmsRestriction.Known.choices
    )
    lead_time = models.CharField(_("lead time"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("short code format")
        verbose_name_plural = _("short code formats")

    def __str__(self) -> str:
        return str(self.country)


class ReservedWord(models.Model):
    """A word that no organization gets as a keyword, for it means something everywhere."""

    class Meaning(models.TextChoices):
        """What the word does when somebody sends it."""

        OPT_OUT = "opt_out", _("Opt-out")
        OPT_IN = "opt_in", _("Opt-in")
        HELP = "help", _("Help")
        RESERVED = "reserved", _("Reserved by the platform")

    word = models.CharField(_("word"), max_length=50)
    folded = models.CharField(max_length=150, unique=True, editable=False)
    meaning = models.CharField(_("meaning"), max_length=10, choices=Meaning.choices)

    class Meta:
        verbose_name = _("reserved word")
        verbose_name_plural = _("reserved words")
        ordering: ClassVar[list[str]] = ["word"]

    def __str__(self) -> str:
        return self.word
