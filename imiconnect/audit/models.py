"""The record of who changed what, when and from where."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.identity import Identified


class AuditEntry(Identified):
    """One change or sign-in, written in the transaction of the change itself.

    It names the organization and the object by id, without foreign keys, so that the record
    outlives what it tells of. ``before`` and ``after`` hold fingerprints instead of secrets.
    """

    organization_id = models.UUIDField(_("organization"), null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    actor_name = models.CharField(_("who"), max_length=254, blank=True)
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(_("kind of object"), max_length=60, blank=True)
    object_id = models.CharField(_("object"), max_length=60, blank=True)
    object_name = models.CharField(_("name of the object"), max_length=200, blank=True)
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)
    address = models.GenericIPAddressField(_("from"), null=True, blank=True)
    #: Whether the chain holds this entry; see ``audit.chain``.
    is_chained = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering: ClassVar[list[str]] = ["-id"]
        indexes = [
            models.Index(fields=["organization_id", "-id"], name="audit_newest"),
            models.Index(fields=["object_type", "object_id"], name="audit_object"),
            models.Index(
                fields=["id"], condition=Q(is_chained=False), name="audit_not_chained"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_name}".strip()


class AuditLink(models.Model):
    """One link of the chain of an organization; entries of nobody's have the nil id's chain.

    ``digest`` is the SHA-256 of the link before it and of everything that the entry says, so
    that a changed, removed or inserted entry breaks each link from there on.
    """

    entry_id = models.UUIDField(_("entry"), primary_key=True, editable=False)
    organization_id = models.UUIDField(_("organization"), editable=False)
    number = models.BigIntegerField(_("number"), editable=False)
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("link of the audit chain")
        verbose_name_plural = _("links of the audit chain")
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "number"], name="audit_link_number_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"
