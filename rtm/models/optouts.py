"""Who does not want SMS any more, and the words by which people say so."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization, User
from imiconnect.identity import Identified
from imiconnect.rtm.querysets import OwnedQuerySet


class OptOut(Identified):
    """A customer's number to which nothing is sent from a sender, or from any sender.

    ``address`` and ``sender`` are as messages have them: digits, or the Sender ID. Without an
    organization it holds for a shared code as a whole: whoever said STOP there cannot be told
    apart by organization.
    """

    class Source(models.TextChoices):
        """How it came about."""

        MESSAGE = "message", _("By message")
        CONSOLE = "console", _("In the console")
        API = "api", _("By REST")

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    address = models.CharField(_("mobile number"), max_length=20)
    #: Empty: every sender of the organization.
    sender = models.CharField(_("sender"), max_length=64, blank=True)
    source = models.CharField(_("how"), max_length=10, choices=Source.choices)
    word = models.CharField(_("word"), max_length=50, blank=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[Any] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "address", "sender"],
                nulls_distinct=False,
                name="opt_out_once",
            ),
            models.CheckConstraint(
                condition=Q(organization__isnull=False) | ~Q(sender=""),
                name="opt_out_of_something",
            ),
        ]
        indexes = [
            models.Index(fields=["address"], name="opt_out_address"),
            models.Index(fields=["organization", "-id"], name="opt_out_newest"),
        ]

    def __str__(self) -> str:
        return f"…{self.address[-4:]}"


class OptWord(Identified):
    """A word of an organization's own by which customers leave, come back or ask for help.

    One that the platform has as well changes the reply alone, see ``ReservedWord``.
    """

    class Meaning(models.TextChoices):
        """What it does when a customer sends it."""

        OPT_OUT = "opt_out", _("Opt-out")
        OPT_IN = "opt_in", _("Opt-in")
        HELP = "help", _("Help")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    word = models.CharField(_("word"), max_length=50)
    folded = models.CharField(max_length=150, editable=False)
    meaning = models.CharField(_("meaning"), max_length=10, choices=Meaning.choices)
    #: Sent to the customer from the number that got the word; empty for none.
    reply = models.CharField(_("reply"), max_length=480, blank=True)

    objects: ClassVar[Any] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("opt-out word")
        verbose_name_plural = _("opt-out words")
        constraints = [
            models.UniqueConstraint(fields=["organization", "folded"], name="opt_word_once")
        ]
        ordering: ClassVar[list[str]] = ["folded"]

    def __str__(self) -> str:
        return self.word
