"""What of a country's SMS rules is applied when a text goes out: hours and content.

``SmsRestriction`` has the rules in words, for people; these rows are what a machine can hold
against a text. Support edits both.
"""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from imiconnect.numbers.models.catalogue import Country, Sourced
from imiconnect.public_holidays import check_place


class Covers(models.TextChoices):
    """Which texts a rule is about."""

    PROMOTIONAL = "promotional", _("Promotional texts")
    EVERY = "every", _("Every text")


def _days() -> list[int]:
    return [1, 2, 3, 4, 5, 6, 7]


class SmsHours(Sourced):
    """Hours of the recipient's day in which a country lets texts in.

    Outside of all rows of a country are its quiet hours; a country without a row has none.
    """

    country = models.ForeignKey(Country, on_delete=models.CASCADE, related_name="sms_hours")
    covers = models.CharField(
        _("covers"), max_length=12, choices=Covers.choices, default=Covers.PROMOTIONAL
    )
    #: 1 is Monday, 7 Sunday (ISO 8601).
    days = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("days"),
        default=_days,
        help_text=_("1 is Monday, 7 Sunday; with commas between."),
    )
    opens = models.TimeField(_("from"))
    closes = models.TimeField(_("until"))
    holidays = models.CharField(
        _("not on public holidays of"),
        max_length=10,
        blank=True,
        validators=[check_place],
        help_text=_(
            "The ISO code of the country, or of a part of it such as FR-57; empty where texts "
            "go out on public holidays too."
        ),
    )

    class Meta:
        verbose_name = _("SMS hours")
        verbose_name_plural = _("SMS hours")
        ordering: ClassVar[list[str]] = ["country", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["country", "covers", "days", "opens"], name="sms_hours_once"
            ),
            models.CheckConstraint(
                condition=Q(opens__lt=F("closes")), name="sms_hours_in_order"
            ),
            models.CheckConstraint(
                condition=Q(days__contained_by=[1, 2, 3, 4, 5, 6, 7], days__len__gte=1),
                name="sms_hours_on_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country_id} {self.opens:%H:%M}-{self.closes:%H:%M}"


class SmsContentRule(Sourced):
    """One thing that a country asks of the content of a text, or of its sender."""

    class Kind(models.TextChoices):
        """What is asked."""

        NO_LINKS = "no_links", _("No links")
        NO_PHONE_NUMBERS = "no_phone_numbers", _("No phone numbers")
        BEGINS_WITH = "begins_with", _("The text begins with")
        SENDER_BEGINS_WITH = "sender_begins_with", _("The Sender ID begins with")
        NAMES_OPT_OUT = "names_opt_out", _("The text says how to opt out")

    country = models.ForeignKey(
        Country, on_delete=models.CASCADE, related_name="sms_content_rules"
    )
    kind = models.CharField(_("rule"), max_length=20, choices=Kind.choices)
    value = models.CharField(
        _("beginning"),
        max_length=20,
        blank=True,
        help_text=_("For the rules about a beginning; upper and lower case are the same."),
    )
    covers = models.CharField(
        _("covers"), max_length=12, choices=Covers.choices, default=Covers.PROMOTIONAL
    )

    class Meta:
        verbose_name = _("SMS content rule")
        verbose_name_plural = _("SMS content rules")
        ordering: ClassVar[list[str]] = ["country", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["country", "kind", "value"], name="sms_content_rule_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("begins_with", "sender_begins_with")) ^ Q(value=""),
                name="sms_content_rule_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country_id} {self.get_kind_display()} {self.value}".strip()
