"""Files that devices have uploaded, for their messages."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.rtm.querysets import AppOwnedQuerySet


class MediaFile(Identified):
    """A file in the storage, parsed before it was stored; reached by signed addresses alone."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="+")
    user_id = models.CharField(_("user ID"), max_length=128)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.PositiveIntegerField(_("size (bytes)"))
    #: Path in the storage; a preview lies beside it, with ``-preview`` behind.
    path = models.CharField(max_length=200)
    has_preview = models.BooleanField(_("preview"), default=False)
    #: 0 without a preview, and for one from before they were counted, until the sweeper comes.
    preview_size = models.PositiveIntegerField(
        _("size of the preview (bytes)"), default=0, db_default=0
    )

    objects: ClassVar[Any] = AppOwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("media file")
        verbose_name_plural = _("media files")
        indexes = [models.Index(fields=["created_at"], name="media_age")]

    def __str__(self) -> str:
        return f"{self.content_type} {self.pk}"


class MediaUsage(models.Model):
    """How much an app keeps in files; counted with each file, and anew by the sweeper."""

    app = models.OneToOneField(
        App, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    bytes = models.BigIntegerField(_("bytes"), default=0, db_default=0)
    #: When a file was last refused for want of room, and when its people were last told so.
    refused_at = models.DateTimeField(_("last refused"), null=True, blank=True)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)

    class Meta:
        verbose_name = _("files of an app")
        verbose_name_plural = _("files of apps")

    def __str__(self) -> str:
        return f"{self.app_id} {self.bytes}"
