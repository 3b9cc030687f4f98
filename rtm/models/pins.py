"""One-time PINs with which a user proves a user ID (facts/imiconnect.md, section 17)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.models.customers import Customer
from imiconnect.rtm.querysets import AppOwnedQuerySet

#: So many wrong PINs end a request.
MOST_WRONG_PINS = 5


class UserPin(Identified):
    """A device has asked for a PIN for a user ID; of a device and user the newest counts.

    ``customer`` is whose mobile number gets it: nobody's for a user ID that no customer has,
    which is waited for all the same, so that nobody can tell. ``due_at`` is when the text is
    to be sent, and after that (``sent_at``) when the PIN is to be taken out of the message
    log; the PIN itself is nowhere, only its ``digest``. What a right PIN is worth is kept as
    ``proof_digest``: one registration of the user ID on that device.
    """

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="+")
    user_id = models.CharField(_("user ID"), max_length=128)
    device_id = models.CharField(_("device ID"), max_length=128)
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: A keyed digest of the address that asked.
    source = models.CharField(max_length=64, blank=True, editable=False)
    #: Whether the device had proved the user ID before: then it has an allowance of its own.
    is_known = models.BooleanField(_("known device"), default=False, db_default=False)
    digest = models.CharField(max_length=64, editable=False)
    wrong = models.PositiveSmallIntegerField(_("wrong PINs"), default=0)
    ends_at = models.DateTimeField(_("ends"))
    transid = models.UUIDField(null=True, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    validated_at = models.DateTimeField(_("validated"), null=True, blank=True)
    proof_digest = models.CharField(  # noqa: DJ001 - unique where set
        max_length=64, unique=True, null=True, editable=False
    )
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("one-time PIN")
        verbose_name_plural = _("one-time PINs")
        constraints = [
            models.CheckConstraint(
                condition=Q(wrong__lte=MOST_WRONG_PINS), name="user_pin_most_wrong"
            ),
            models.CheckConstraint(
                condition=Q(validated_at__isnull=False, proof_digest__isnull=False)
                | Q(validated_at__isnull=True, proof_digest__isnull=True),
                name="user_pin_proof_of_a_right_pin",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(validated_at__isnull=False),
                name="user_pin_used_after_right",
            ),
        ]
        indexes = [
            models.Index(fields=["app", "user_id", "-id"], name="user_pin_newest"),
            models.Index(fields=["app", "source", "-id"], name="user_pin_source"),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="user_pin_due"
            ),
        ]

    def __str__(self) -> str:
        return self.user_id
