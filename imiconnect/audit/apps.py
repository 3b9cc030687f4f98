"""The audit package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """The record of who changed what."""

    name = "imiconnect.audit"
    verbose_name = _("Audit")
