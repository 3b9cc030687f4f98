"""The numbers package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NumbersConfig(AppConfig):
    """Short codes, phone numbers, sender IDs and keywords."""

    name = "imiconnect.numbers"
    verbose_name = _("Numbers")
