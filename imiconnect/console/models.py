"""The one table of the console: forms that were sent, so that none is acted on twice."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Submission(models.Model):
    """One sending of one form, claimed by its insert; ``location`` is where it led."""

    token = models.UUIDField(_("token"), primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        verbose_name=_("person"),
        related_name="+",
    )
    path = models.CharField(_("path"), max_length=500)
    location = models.CharField(_("led to"), max_length=2000, blank=True)
    finished = models.DateTimeField(_("finished"), null=True)
    created = models.DateTimeField(_("created"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("form submission")
        verbose_name_plural = _("form submissions")

    def __str__(self) -> str:
        return f"{self.path} {self.created:%Y-%m-%d %H:%M:%S}"
