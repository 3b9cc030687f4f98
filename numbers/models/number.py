"""Numbers of organizations, all kinds in one table, so that one index pages the one list."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization, User
from imiconnect.identity import Identified
from imiconnect.numbers.kinds import LIVE, Kind, NumberType, State
from imiconnect.numbers.models.catalogue import Country
from imiconnect.numbers.querysets import NumberQuerySet, ShortCodeQuerySet


class ShortCode(Identified):
    """A code that exists at operators; numbers of kind short code and keywords stand on it."""

    code = models.CharField(
        _("code"), max_length=8, validators=[RegexValidator(r"^[0-9]{3,8}$")]
    )
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, related_name="short_codes", verbose_name=_("country")
    )
    #: The operators that it works at, with commas; empty: all of the country. It says where
    #: the code works and does not tell two codes apart: an incoming text names no operator.
    operator = models.CharField(_("operators"), max_length=2000, blank=True)
    is_shared = models.BooleanField(
        _("shared default code"),
        default=False,
        help_text=_("Given with keywords to organizations without a code of their own."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    help_reply = models.CharField(
        _("help text"),
        max_length=480,
        blank=True,
        help_text=_("On a shared code: the answer to HELP and to a text without a keyword."),
    )

    objects: ClassVar[Any] = ShortCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("short code")
        verbose_name_plural = _("short codes")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "code"],
                condition=Q(is_active=True),
                name="short_code_once",
                violation_error_message=_("This short code exists in the country."),
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{3,8}$"), name="short_code_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def where(self) -> str:
        """The country, and the operators where it is not for all of them."""
        return f"{self.country} ({self.operator})" if self.operator else str(self.country)


class Number(Identified):
    """A short code, phone number, Sender ID or keyword of an organization.

    ``value`` is as typed (phone numbers E.164); ``folded`` is what is compared: casefolded,
    normalized (NFKC), without plus sign. ``short_code`` is the code of a short code or the
    one that a keyword stands on.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="numbers"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    value = models.CharField(_("number"), max_length=64, blank=True)
    folded = models.CharField(max_length=200, blank=True, editable=False)
    #: What it looks like to a person, for look-alikes among keywords and Sender IDs.
    skeleton = models.CharField(max_length=200, blank=True, editable=False)
    #: Its n-grams, for search anywhere in it.
    grams = ArrayField(models.CharField(max_length=3), default=list, editable=False)
    country = models.ForeignKey(
        Country, on_delete=models.PROTECT, null=True, blank=True, related_name="numbers"
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    short_code = models.ForeignKey(
        ShortCode, on_delete=models.PROTECT, null=True, blank=True, related_name="numbers"
    )
    is_dedicated = models.BooleanField(_("dedicated"), default=False)
    number_type = models.CharField(
        _("type"), max_length=20, choices=NumberType.choices, blank=True
    )
    voice = models.BooleanField(_("voice"), default=False)
    sms = models.BooleanField(_("SMS"), default=True)
    monthly_cost = models.DecimalField(
        _("monthly cost"), max_digits=12, decimal_places=5, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    #: Until when a release can be undone.
    quarantine_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = NumberQuerySet.as_manager()

    class Meta:
        verbose_name = _("number")
        verbose_name_plural = _("numbers")
        constraints = [
            models.UniqueConstraint(
                fields=["value"],
                condition=Q(kind=Kind.PHONE_NUMBER, state__in=LIVE),
                name="phone_number_one_owner",
            ),
            models.UniqueConstraint(
                fields=["short_code", "folded"],
                condition=Q(kind=Kind.KEYWORD, state__in=LIVE),
                name="keyword_once_per_code",
            ),
            models.UniqueConstraint(
                fields=["short_code"],
                condition=Q(kind=Kind.SHORT_CODE, is_dedicated=True, state__in=LIVE),
                name="dedicated_code_one_owner",
            ),
            models.UniqueConstraint(
                fields=["organization", "country", "folded"],
                condition=Q(kind=Kind.SENDER_ID, state__in=LIVE),
                name="sender_id_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.PHONE_NUMBER) | Q(value__regex=r"^\+[1-9][0-9]{4,14}$"),
                name="phone_number_e164",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.KEYWORD)
                | (Q(short_code__isnull=False) & ~Q(folded="") & ~Q(value__regex=r"\s")),
                name="keyword_on_a_code",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.RELEASING) | Q(quarantine_until__isnull=False),
                name="releasing_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], name="number_newest"),
            models.Index(fields=["organization", "kind", "-id"], name="number_of_kind"),
            models.Index(fields=["organization", "country", "-id"], name="number_of_country"),
            models.Index(fields=["organization", "state", "-id"], name="number_of_state"),
            models.Index(fields=["short_code", "skeleton"], name="number_look_alike"),
            models.Index(
                fields=["quarantine_until"],
                condition=Q(state=State.RELEASING),
                name="number_to_release",
            ),
            GinIndex(fields=["grams"], name="number_grams"),
        ]

    def __str__(self) -> str:
        return self.value or gettext("Random short code")

    @property
    def is_two_way(self) -> bool:
        """Whether customers can answer: a phone number with SMS, a code, a keyword."""
        if self.kind == Kind.SENDER_ID:
            return self.folded.isdigit()
        return self.sms


class NumberEvent(Identified):
    """One line of a number's order history, written with the change it tells of."""

    number = models.ForeignKey(Number, on_delete=models.CASCADE, related_name="events")
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    text = models.CharField(_("what happened"), max_length=500)
    actor_name = models.CharField(_("who"), max_length=254, blank=True)

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.text


class ReservedKeyword(Identified):
    """A word that an organization reserves on its own phone number, with its own callback."""

    number = models.ForeignKey(
        Number, on_delete=models.CASCADE, related_name="reserved_keywords"
    )
    word = models.CharField(_("keyword"), max_length=30)
    folded = models.CharField(max_length=90, editable=False)
    url = models.URLField(_("callback URL"), max_length=500)

    class Meta:
        verbose_name = _("reserved keyword")
        verbose_name_plural = _("reserved keywords")
        constraints = [
            models.UniqueConstraint(fields=["number", "folded"], name="reserved_keyword_once")
        ]

    def __str__(self) -> str:
        return self.word
